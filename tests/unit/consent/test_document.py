"""The consent document: canonical bytes, and its check against word and terms."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare import canonical_json
from medshare.consent import errors
from medshare.consent.categories import Category
from medshare.consent.document import LARGEST, LONGEST_SIGNATURE, LONGEST_STATEMENT, ConsentDocument, nonce_of
from medshare.consent.slots import scope, slot_map, slot_of
from medshare.consent.terms import consent_id
from medshare.digest import keccak
from medshare.hexadecimal import ZERO_32, NotAnAddress, NotHex
from tests.unit.consent.steady import STEADY
from tests.vectors.generate_consent import HOSPITAL, PATIENT, RESEARCHER, good_word, stream

NONCE = bytes(range(32))
GRANTED = (Category.ALLERGIES, Category.FOLDER_25)
DOCUMENT = ConsentDocument(
    chain_id=31337,
    registry=RESEARCHER,
    patient=PATIENT,
    grantee=HOSPITAL,
    word=good_word(scope=scope(NONCE, GRANTED, entropy=stream("document"))),
    request=ZERO_32,
    statement="我同意\n" + NONCE.hex(),
    signer=PATIENT,
    signature=b"\x01" * 65,
)


def changed(**fields):
    return canonical_json.dumps({**json.loads(DOCUMENT.to_bytes()), **fields})


def test_the_bytes_give_the_document_back():
    assert ConsentDocument.from_bytes(DOCUMENT.to_bytes()) == DOCUMENT


@given(st.binary(max_size=100), st.integers(1, 2**53 - 1), st.integers(0, 2**64 - 1))
@STEADY
def test_any_document_comes_back_from_its_bytes(signature, chain_id, purposes):
    document = replace(DOCUMENT, signature=signature, chain_id=chain_id, word=replace(DOCUMENT.word, purposes=purposes))
    assert ConsentDocument.from_bytes(document.to_bytes()) == document


def test_the_document_derives_nonce_categories_terms_and_id():
    assert DOCUMENT.nonce == NONCE
    assert DOCUMENT.categories == GRANTED
    assert DOCUMENT.consent_id == consent_id(patient=PATIENT, grantee=HOSPITAL, terms=DOCUMENT.terms)


def test_a_granted_category_has_its_slot_and_no_other_has_one():
    assert DOCUMENT.category_slot(Category.ALLERGIES) == slot_of(NONCE, Category.ALLERGIES)
    for category in set(Category) - set(GRANTED):
        with pytest.raises(errors.CategoryNotCovered) as refusal:
            DOCUMENT.category_slot(category)
        assert category.name.lower() not in str(refusal.value).lower()


def test_a_good_document_passes_its_check():
    DOCUMENT.check()
    DOCUMENT.check(terms=DOCUMENT.terms)


def test_another_consents_terms_are_refused():
    with pytest.raises(errors.TermsDiffer):
        DOCUMENT.check(terms=keccak(b"other"))


@pytest.mark.parametrize(
    "change",
    [
        {"statement": "我不同意\n" + NONCE.hex()},
        {"grantee": RESEARCHER},
        {"request": b"\x01" * 32},
        {"word": replace(DOCUMENT.word, actions=5)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_one_changed_field_no_longer_hashes_to_the_terms(change):
    with pytest.raises(errors.TermsDiffer):
        replace(DOCUMENT, **change).check(terms=DOCUMENT.terms)


def test_signer_and_signature_are_no_part_of_the_terms():
    replace(DOCUMENT, signer=HOSPITAL, signature=b"").check(terms=DOCUMENT.terms)


def test_a_word_of_the_wrong_form_is_refused():
    with pytest.raises(errors.BadActions):
        replace(DOCUMENT, word=replace(DOCUMENT.word, actions=0)).check()


def test_a_scope_of_decoys_only_is_refused():
    decoys = sum(1 << slot for slot in slot_map(NONCE)[32:])
    with pytest.raises(errors.ScopeWithoutCategory):
        replace(DOCUMENT, word=replace(DOCUMENT.word, scope=decoys)).check()


@pytest.mark.parametrize(
    "statement",
    [
        "",
        NONCE.hex() + "\n",
        "a\n" + NONCE.hex()[:-1],
        "a\n" + "AB" * 32,
        "a\n0x" + NONCE.hex(),
        "a\n " + NONCE.hex(),
        "a\r\n" + NONCE.hex(),
        "a\x00\n" + NONCE.hex(),
        "\ud800\n" + NONCE.hex(),
        "e\u0301\n" + NONCE.hex(),
        "a" * LONGEST_STATEMENT + "\n" + NONCE.hex(),
    ],
)
def test_a_statement_of_another_form_is_refused(statement):
    with pytest.raises(errors.StatementForm):
        nonce_of(statement)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"v": 2}, errors.NotAConsentDocument),
        ({"v": True}, errors.NotAConsentDocument),
        ({"more": 1}, errors.NotAConsentDocument),
        ({"chainId": 0}, errors.NotAConsentDocument),
        ({"chainId": "1"}, errors.NotAConsentDocument),
        ({"statement": 1}, errors.NotAConsentDocument),
        ({"statement": "no nonce"}, errors.StatementForm),
        ({"scope": 1}, errors.NotAConsentDocument),
        ({"scope": "01"}, errors.NotAConsentDocument),
        ({"scope": "-1"}, errors.NotAConsentDocument),
        ({"scope": "1e3"}, errors.NotAConsentDocument),
        ({"scope": "18446744073709551616"}, errors.WordRange),
        ({"purposes": "1" * 21}, errors.NotAConsentDocument),
        ({"actions": True}, errors.NotAConsentDocument),
        ({"actions": 256}, errors.WordRange),
        ({"notBefore": -1}, errors.WordRange),
        ({"notAfter": None}, errors.NotAConsentDocument),
        ({"issuedAt": 1 << 32}, errors.WordRange),
        ({"registry": "0x" + "AB" * 20}, NotAnAddress),
        ({"patient": "0x00"}, NotAnAddress),
        ({"grantee": 1}, NotAnAddress),
        ({"signer": None}, NotAnAddress),
        ({"request": "0x" + "00" * 31}, NotHex),
        ({"signature": "00"}, NotHex),
        ({"signature": "0x" + "00" * (LONGEST_SIGNATURE + 1)}, errors.NotAConsentDocument),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_document_with_one_fault_is_refused(fields, error):
    """E15: unknown keys, other types and lengths."""
    with pytest.raises(error):
        ConsentDocument.from_bytes(changed(**fields))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        DOCUMENT.to_bytes() + b"\n",
        b" " + DOCUMENT.to_bytes(),
        DOCUMENT.to_bytes()[:-1],
        b"[" + b"0," * LARGEST + b"0]",
    ],
    ids=range(8),
)
def test_other_bytes_are_no_document(data):
    with pytest.raises(errors.NotAConsentDocument):
        ConsentDocument.from_bytes(data)


def test_a_missing_field_is_refused():
    value = json.loads(DOCUMENT.to_bytes())
    for key in value:
        rest = {name: other for name, other in value.items() if name != key}
        with pytest.raises(errors.NotAConsentDocument):
            ConsentDocument.from_bytes(canonical_json.dumps(rest))
