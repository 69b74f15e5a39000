"""An institution's key is the one that the chain names, or nobody seals to it. Cases K02, K06, K07."""

from __future__ import annotations

import dataclasses

import pytest

from medshare import canonical_json
from medshare.digest import keccak
from medshare.keys.errors import DigestDiffers, DocumentForeign, DocumentMalformed
from medshare.keys.key_document import LARGEST_KEY_DOCUMENT, KeyDocument
from tests.unit.keys.actors import CLINIC, CLINIC_KEY, DOMAINS, OTHER_DOMAINS, STRANGER, STRANGER_KEY

DOCUMENT = KeyDocument(
    chain_id=DOMAINS.chain_id, registry=DOMAINS.participants, account=CLINIC, key=CLINIC_KEY.recipient
)
DATA = DOCUMENT.to_bytes()


def parse(data, *, digest=None, domains=DOMAINS, account=CLINIC):
    return KeyDocument.parse(data, digest=digest or keccak(data), domains=domains, account=account)


def test_a_key_document_is_read_again_as_it_was_written_and_fits_the_event():
    assert parse(DATA, digest=DOCUMENT.digest) == DOCUMENT
    assert len(DATA) < LARGEST_KEY_DOCUMENT


def test_a_key_that_somebody_put_in_its_place_is_refused():
    """Case K06: the patient's agent does not seal to it. [K-005]"""
    swapped = dataclasses.replace(DOCUMENT, key=STRANGER_KEY.recipient)
    with pytest.raises(DigestDiffers):
        parse(swapped.to_bytes(), digest=DOCUMENT.digest)


def test_a_key_document_of_another_chain_registry_or_account_is_refused():
    with pytest.raises(DocumentForeign, match="chain"):
        parse(DATA, domains=OTHER_DOMAINS)
    with pytest.raises(DocumentForeign, match="registry"):
        parse(DATA, domains=dataclasses.replace(DOMAINS, participants="0x" + "99" * 20))
    with pytest.raises(DocumentForeign, match="account"):
        parse(DATA, account=STRANGER)


@pytest.mark.parametrize(
    "change", [{"v": 2}, {"key": "age1pq1"}, {"key": 1}, {"account": ""}, {"registry": None}, {"chainId": 0}, {"x": 1}]
)
def test_a_key_document_in_any_other_form_is_refused(change):
    with pytest.raises(DocumentMalformed):
        parse(canonical_json.dumps({**canonical_json.loads(DATA), **change}))


@pytest.mark.parametrize("data", [b"", b"{}", DATA + b" ", b"x" * (LARGEST_KEY_DOCUMENT + 1)])
def test_bytes_that_are_not_canonical_are_refused(data):
    with pytest.raises(DocumentMalformed):
        parse(data)
