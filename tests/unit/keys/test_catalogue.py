"""The catalogue shows a reader what is kept back. Cases K03, K04, K08."""

from __future__ import annotations

import dataclasses

import pytest

from medshare import canonical_json
from medshare.age import decrypt
from medshare.age.errors import NoIdentityMatches
from medshare.digest import keccak
from medshare.hexadecimal import ZERO_32
from medshare.keys.catalogue import MOST_ROWS, CatalogueRow, SealedCatalogue, open_catalogue, seal_catalogue
from medshare.keys.errors import DigestDiffers, DocumentForeign, DocumentMalformed, DocumentStale
from medshare.keys.form import seal_json
from medshare.record.padding import padded_length
from medshare.signed import Signed
from medshare.typed_data import Catalogue
from medshare.typed_data.errors import SignatureForeign
from tests.unit.keys.actors import (
    CLINIC,
    DOMAINS,
    EPOCH,
    KEYS,
    LABORATORY,
    NOW,
    OTHER_DOMAINS,
    PATIENT,
    STRANGER,
    STRANGER_ACCOUNT,
)

KEY = KEYS.identity(LABORATORY, EPOCH)


def row_of(number, **changes):
    fields = {
        "leaf": keccak(bytes([number])),
        "previous_leaf": ZERO_32,
        "provider": CLINIC,
        "gateway": STRANGER,
        "version": 1,
        "date": NOW,
        **changes,
    }
    return CatalogueRow(**fields)


ROWS = [row_of(number) for number in range(3)]
SORTED = tuple(sorted(ROWS, key=lambda row: row.leaf))


def seal(rows=ROWS, **changes):
    arguments = {
        "patient": PATIENT,
        "category": LABORATORY,
        "recipient": KEY.recipient,
        "seq": 4,
        "at": NOW,
        "domains": DOMAINS,
        "agent": KEYS.agent_key,
        **changes,
    }
    return seal_catalogue(rows, **arguments)


def open_(catalogue, **changes):
    arguments = {
        "patient": PATIENT,
        "category": LABORATORY,
        "identity": KEY,
        "agent": KEYS.agent,
        "last_seq": 0,
        "domains": DOMAINS,
        **changes,
    }
    return open_catalogue(catalogue, **arguments)


GOOD = seal()
CONTENT = canonical_json.loads(decrypt(GOOD.data, [KEY]).rstrip(b"\n"))


def resealed(value, **changes):
    data = seal_json(value, KEY.recipient)
    message = Catalogue(
        **{"patient": PATIENT, "category": LABORATORY, "seq": 4, "digest": keccak(data), "at": NOW, **changes}
    )
    return SealedCatalogue(data=data, signed=Signed.by(KEYS.agent_key, message, DOMAINS))


def test_a_reader_with_the_categorys_key_reads_the_rows_in_the_order_of_their_leaves():
    """[K-008]."""
    assert open_(GOOD) == SORTED
    assert open_(seal(ROWS[::-1])) == SORTED
    assert open_(seal([])) == ()


def test_a_reader_with_another_categorys_key_reads_nothing():
    """[K-008]."""
    with pytest.raises(NoIdentityMatches):
        open_(GOOD, identity=KEYS.identity(18, EPOCH))


def test_its_size_tells_the_number_of_rows_only_roughly():
    assert len(seal(ROWS[:1]).data) == len(seal(ROWS).data) == len(seal([]).data)
    padded = decrypt(GOOD.data, [KEY])
    assert len(padded) == padded_length(len(padded.rstrip(b"\n")))


def test_the_same_catalogue_may_be_read_again_and_an_older_one_not():
    assert open_(GOOD, last_seq=4) == SORTED
    with pytest.raises(DocumentStale):
        open_(GOOD, last_seq=5)


def test_a_catalogue_that_the_agent_did_not_sign_is_refused():
    """Case K08. [K-008]"""
    with pytest.raises(SignatureForeign):
        open_(seal(agent=STRANGER_ACCOUNT))
    with pytest.raises(SignatureForeign):
        open_(GOOD, domains=OTHER_DOMAINS)


@pytest.mark.parametrize("change", [{"patient": STRANGER}, {"category": 8}, {"seq": 5}, {"at": 0}, {"digest": ZERO_32}])
def test_changing_any_field_of_the_message_is_noticed(change):
    """Case K03."""
    message = dataclasses.replace(GOOD.signed.message, **change)
    with pytest.raises((DigestDiffers, DocumentForeign, SignatureForeign)):
        open_(SealedCatalogue(data=GOOD.data, signed=dataclasses.replace(GOOD.signed, message=message)))


def test_a_catalogue_of_another_patient_or_category_is_refused():
    """Case K04."""
    with pytest.raises(DocumentForeign, match="patient"):
        open_(GOOD, patient=STRANGER)
    with pytest.raises(DocumentForeign, match="category"):
        open_(GOOD, category=8)


def test_changed_bytes_are_refused():
    with pytest.raises(DigestDiffers):
        open_(dataclasses.replace(GOOD, data=GOOD.data + b"\n"))


def rows(**changes):
    return [{**CONTENT["rows"][0], **changes}]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"v": 0}, DocumentMalformed),
        ({"x": 0}, DocumentMalformed),
        ({"chainId": 1}, DocumentForeign),
        ({"registry": DOMAINS.records}, DocumentForeign),
        ({"patient": STRANGER}, DocumentForeign),
        ({"category": 8}, DocumentForeign),
        ({"seq": 5}, DocumentForeign),
        ({"rows": None}, DocumentMalformed),
        ({"rows": [1]}, DocumentMalformed),
        ({"rows": CONTENT["rows"][::-1]}, DocumentMalformed),
        ({"rows": CONTENT["rows"][:1] * 2}, DocumentMalformed),
        ({"rows": rows(leaf="0x00")}, DocumentMalformed),
        ({"rows": rows(version=0)}, DocumentMalformed),
        ({"rows": rows(version=2**32)}, DocumentMalformed),
        ({"rows": rows(date=-1)}, DocumentMalformed),
        ({"rows": rows(provider="")}, DocumentMalformed),
        ({"rows": rows(name="")}, DocumentMalformed),
    ],
)
def test_a_catalogue_of_a_broken_agent_is_refused_although_it_is_signed(change, error):
    """Cases K03, K04."""
    with pytest.raises(error):
        open_(resealed({**CONTENT, **change}))


def test_a_catalogue_is_of_one_of_24_categories_and_names_each_leaf_once():
    for category in (-1, 24, 254):
        with pytest.raises(DocumentMalformed):
            seal(category=category)
    with pytest.raises(DocumentMalformed):
        seal([ROWS[0], ROWS[0]])


def test_a_catalogue_has_a_greatest_number_of_rows(monkeypatch):
    assert MOST_ROWS >= 65_536
    monkeypatch.setattr("medshare.keys.catalogue.MOST_ROWS", 2)
    with pytest.raises(DocumentMalformed):
        seal()
