"""The directory is the one that the chain names, or nobody seals to it. Cases K02, K04, K06, K07."""

from __future__ import annotations

import dataclasses

import pytest

from medshare import canonical_json
from medshare.digest import keccak
from medshare.keys.directory import LARGEST_DIRECTORY, MOST_PLACES, KeyDirectory, Place, key_digest
from medshare.keys.errors import CompartmentUnknown, DigestDiffers, DocumentForeign, DocumentMalformed
from tests.unit.keys.actors import (
    CLINIC,
    CLINIC_KEY,
    CUSTODIAN,
    DIRECTORY,
    DOMAINS,
    EPOCH,
    KEYS,
    OTHER_DOMAINS,
    OTHER_KEYS,
    PATIENT,
    STRANGER,
)

DATA = DIRECTORY.to_bytes()


def parse(data, *, digest=None, domains=DOMAINS, patient=PATIENT):
    return KeyDirectory.parse(data, digest=digest or keccak(data), domains=domains, patient=patient)


def changed(**changes):
    value = canonical_json.loads(DATA)
    for name, change in changes.items():
        if change is None:
            del value[name]
        else:
            value[name] = change
    return canonical_json.dumps(value)


def test_a_directory_is_read_again_as_it_was_written():
    assert parse(DATA, digest=DIRECTORY.digest) == DIRECTORY
    assert parse(DATA).to_bytes() == DATA
    assert DIRECTORY.digest == keccak(DATA)


def test_it_has_some_50_kilobytes():
    assert 40_000 < len(DATA) < 55_000


def test_it_names_the_public_halves_of_one_epoch_and_no_folder():
    assert DIRECTORY.category(7) == KEYS.identity(7, EPOCH).recipient
    assert DIRECTORY.inbox == KEYS.inbox(EPOCH).recipient
    assert DIRECTORY.agent == KEYS.agent
    for folder in (24, 31, -1, 254):
        with pytest.raises(CompartmentUnknown):
            DIRECTORY.category(folder)


def test_a_new_epoch_changes_every_key():
    newer = KeyDirectory.of(KEYS, domains=DOMAINS, patient=PATIENT, epoch=EPOCH + 1)
    assert not {k.key for k in newer.categories} & {k.key for k in DIRECTORY.categories}
    assert newer.inbox != DIRECTORY.inbox
    assert newer.agent == DIRECTORY.agent


def test_a_directory_that_the_chain_does_not_name_is_refused():
    """Cases K06, K07: a gateway puts other keys in its place, or serves an old one. [K-005]"""
    swapped = KeyDirectory.of(OTHER_KEYS, domains=DOMAINS, patient=PATIENT, epoch=EPOCH)
    older = KeyDirectory.of(KEYS, domains=DOMAINS, patient=PATIENT, epoch=EPOCH - 1)
    for other in (swapped, older):
        with pytest.raises(DigestDiffers):
            parse(other.to_bytes(), digest=DIRECTORY.digest)


def test_a_directory_of_another_chain_registry_or_patient_is_refused():
    """Case K04."""
    with pytest.raises(DocumentForeign, match="chain"):
        parse(DATA, domains=OTHER_DOMAINS)
    with pytest.raises(DocumentForeign, match="registry"):
        parse(DATA, domains=dataclasses.replace(DOMAINS, participants="0x" + "99" * 20))
    with pytest.raises(DocumentForeign, match="patient"):
        parse(DATA, patient=STRANGER)


KEY_TEXTS = canonical_json.loads(DATA)["categories"]


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"v": True},
        {"v": None},
        {"folders": []},
        {"chainId": 0},
        {"chainId": "1"},
        {"registry": "0x"},
        {"patient": PATIENT.upper()},
        {"epoch": 0},
        {"epoch": 4096},
        {"agent": None},
        {"agent": 1},
        {"inbox": KEY_TEXTS[0]},
        {"inbox": "age1pq1"},
        {"inbox": 5},
        {"inbox": "a" * 3000},
        {"categories": KEY_TEXTS[:23]},
        {"categories": [*KEY_TEXTS, KEY_TEXTS[0]]},
        {"categories": [*KEY_TEXTS[:23], KEY_TEXTS[0]]},
        {"categories": [*KEY_TEXTS[:23], 7]},
        {"categories": [*KEY_TEXTS[:23], KEY_TEXTS[23].upper()]},
        {"categories": {}},
        {"custodians": [{"account": CLINIC, "url": "https://a.example"}] * 2},
        {"custodians": [{"account": CLINIC, "url": f"https://{n}.example"} for n in range(MOST_PLACES + 1)]},
        {"custodians": [{"account": CLINIC}]},
        {"custodians": [{"account": "0x", "url": "https://a.example"}]},
        {"postboxes": [{"account": CLINIC, "url": 7}]},
        {"postboxes": "none"},
    ],
)
def test_a_directory_in_any_other_form_is_refused(changes):
    """Case K02 among them: a key that no honest program makes."""
    with pytest.raises(DocumentMalformed):
        parse(changed(**changes))


@pytest.mark.parametrize(
    "data", [b"", b"{}", DATA + b"\n", b" " + DATA, b"[]", b"\xff", b"x" * (LARGEST_DIRECTORY + 1)]
)
def test_bytes_that_are_not_canonical_are_refused(data):
    with pytest.raises(DocumentMalformed):
        parse(data)


def test_the_length_is_looked_at_before_the_digest_is_made():
    with pytest.raises(DocumentMalformed, match="more than"):
        parse(b"x" * (LARGEST_DIRECTORY + 1), digest=bytes(32))


@pytest.mark.parametrize(
    "url",
    ["https://clinic.example", "http://127.0.0.1:8545/gateway", "https://[::1]:9/x", "https://xn--fiqs8s.example/"],
)
def test_a_door_has_a_plain_url(url):
    assert Place(account=CLINIC, url=url).url == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "clinic.example",
        "ftp://clinic.example",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://",
        "https://user:pass@clinic.example",
        "https://clinic.example/?patient=1",
        "https://clinic.example/#x",
        "https://clinic.example/a b",
        "https://clinic.example/\n",
        "https://クリニック.example",
        "https://clinic.example:99999",
        "https://clinic.example:0",
        "https://[::1",
        "https://clinic.example/" + "a" * 500,
    ],
)
def test_a_door_has_no_other_url(url):
    with pytest.raises(DocumentMalformed):
        Place(account=CLINIC, url=url)


def test_a_directory_may_be_without_custodians_and_not_without_keys():
    assert KeyDirectory.of(KEYS, domains=DOMAINS, patient=PATIENT, epoch=1).custodians == ()
    with pytest.raises(DocumentMalformed):
        dataclasses.replace(DIRECTORY, categories=DIRECTORY.categories[1:])
    with pytest.raises(DocumentMalformed):
        dataclasses.replace(DIRECTORY, postboxes=(CUSTODIAN, CUSTODIAN))


def test_a_key_is_named_by_keccak_of_its_bytes():
    assert key_digest(CLINIC_KEY.recipient) == keccak(CLINIC_KEY.recipient.key)
