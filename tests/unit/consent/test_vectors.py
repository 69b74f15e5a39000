"""The vectors that Solidity and JavaScript read too, and that the generator still writes them."""

from __future__ import annotations

import json

import pytest

from medshare.consent import errors, purposes, slots
from medshare.consent.categories import Category
from medshare.consent.terms import Opening, consent_id, request_digest, request_id, statement_hash, terms
from medshare.consent.word import check_form, check_fresh, unpack
from medshare.errors import MedShareError
from medshare.hexadecimal import from_hex, to_hex
from tests.vectors.generate_consent import FOLDER, VECTORS, text_of


def rows(name):
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", list(VECTORS))
def test_the_generator_writes_the_same_file_again(name):
    assert (FOLDER / name).read_text(encoding="utf-8") == text_of(name)


def test_purposes_and_closures_are_pinned():
    pinned = rows("purposes")
    assert tuple(pinned["codes"]) == purposes.PURPOSES
    assert set(pinned["neverAdded"]) == purposes.NEVER_ADDED
    for code, mask in pinned["closures"].items():
        assert purposes.closure((code,)) == int(mask, 16)


@pytest.mark.parametrize("row", rows("slots"), ids=lambda row: row["nonce"][:10])
def test_slots_and_scopes_are_pinned(row):
    nonce = from_hex(row["nonce"], 32)
    assert list(slots.slot_map(nonce)) == row["slots"]
    assert slots.categories_of(nonce, int(row["scope"], 16)) == tuple(Category(c) for c in row["categories"])


@pytest.mark.parametrize("row", rows("words"), ids=lambda row: f"{row['error']}-{row['word'][-24:]}")
def test_words_and_their_errors_are_pinned(row):
    word = unpack(int(row["word"], 16))
    assert {name: int(value, 16) for name, value in row["fields"].items()} == {
        name: getattr(word, name) for name in row["fields"]
    }
    found = None
    try:
        check_form(word)
        check_fresh(word, at=row["at"])
    except MedShareError as error:
        found = type(error)
    assert found is (row["error"] and getattr(errors, row["error"]))


@pytest.mark.parametrize("row", rows("terms"), ids=lambda row: row["terms"][:10])
def test_terms_and_consent_ids_are_pinned(row):
    assert to_hex(statement_hash(row["statement"])) == row["statementHash"]
    own = terms(
        patient=row["patient"],
        grantee=row["grantee"],
        word=unpack(int(row["word"], 16)),
        request=from_hex(row["request"], 32),
        statement=from_hex(row["statementHash"], 32),
    )
    assert to_hex(own) == row["terms"]
    assert to_hex(consent_id(patient=row["patient"], grantee=row["grantee"], terms=own)) == row["consentId"]


@pytest.mark.parametrize("row", rows("requests"), ids=lambda row: row["digest"][:10])
def test_request_digests_and_ids_are_pinned(row):
    digest = request_digest(
        Opening(
            patient=row["patient"],
            requester=row["requester"],
            grantee=row["grantee"],
            purposes=int(row["purposes"], 16),
            actions=row["actions"],
            not_before=row["notBefore"],
            not_after=row["notAfter"],
            document_digest=from_hex(row["documentDigest"], 32),
            salt=from_hex(row["salt"], 32),
        )
    )
    assert to_hex(digest) == row["digest"]
    assert to_hex(request_id(requester=row["requester"], digest=digest)) == row["requestId"]
