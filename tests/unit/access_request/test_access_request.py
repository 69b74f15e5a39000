"""The request document: sealed to the patient's inbox, known to the chain by a salted digest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare import canonical_json
from medshare.access_request import LARGEST, LONGEST_TEXT, AccessRequest, NotARequest, new_salt
from medshare.age import HybridIdentity
from medshare.age.errors import NoIdentityMatches
from medshare.canonical_json import NotCanonical
from medshare.consent.categories import Category
from medshare.consent.errors import PurposesNotClosed
from medshare.consent.purposes import closure
from medshare.errors import MedShareError
from medshare.hexadecimal import NotAnAddress, NotHex
from medshare.statement.errors import BadName

NOW = 1_800_000_000
INBOX = HybridIdentity.generate()
REQUEST = AccessRequest(
    chain_id=31337,
    registry="0x" + "01" * 20,
    patient="0x" + "22" * 20,
    requester="0x" + "33" * 20,
    grantee="0x" + "44" * 20,
    requester_name="Institute of Heart Research",
    categories=(Category.LABORATORY, Category.GENETICS),
    purposes=closure(["BIORCH"]),
    actions=1,
    not_before=NOW,
    not_after=NOW + 60 * 86_400,
    why="A study of cholesterol",
    in_return="A summary of the results",
    url="https://heart.example",
    salt=b"\x07" * 32,
)


def test_a_request_comes_back_from_its_bytes():
    assert AccessRequest.from_bytes(REQUEST.to_bytes()) == REQUEST


def test_only_the_inbox_key_opens_a_sealed_request():
    """E-001 of the specification, for requests; P01: the chain sees nothing of it."""
    sealed = REQUEST.seal(INBOX.recipient)
    assert b"cholesterol" not in sealed
    assert AccessRequest.unseal(sealed, [HybridIdentity.generate(), INBOX]) == REQUEST
    with pytest.raises(NoIdentityMatches):
        AccessRequest.unseal(sealed, [HybridIdentity.generate()])


def test_a_cut_request_does_not_open():
    """S04."""
    with pytest.raises(MedShareError):
        AccessRequest.unseal(REQUEST.seal(INBOX.recipient)[:-1], [INBOX])


@pytest.mark.parametrize(
    "change",
    [
        {"salt": b"\x08" * 32},
        {"why": "Another reason"},
        {"patient": "0x" + "23" * 20},
        {"not_after": NOW + 1},
        {"categories": (Category.LABORATORY,)},
    ],
)
def test_the_digest_on_the_chain_covers_the_whole_document(change):
    """P02: and its salt keeps a guess from being tried out."""
    other = replace(REQUEST, **change)
    assert other.digest != REQUEST.digest
    assert other.request != REQUEST.request


def test_the_same_document_of_another_requester_is_another_request():
    """[Q-003] It is kept under requester and digest."""
    assert replace(REQUEST, requester="0x" + "34" * 20).request != REQUEST.request


def test_salts_are_fresh():
    assert new_salt() != new_salt()
    assert len(new_salt()) == 32


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"categories": ()}, NotARequest),
        ({"why": "x" * (LONGEST_TEXT + 1)}, NotARequest),
        ({"in_return": "x" * (LONGEST_TEXT + 1)}, NotARequest),
        ({"requester_name": "Two\nlines"}, BadName),
        ({"purposes": closure(["TREAT"]) & -2 & ~(closure(["TREAT"]) & -closure(["TREAT"]))}, PurposesNotClosed),
    ],
)
def test_a_request_that_nobody_can_answer_is_not_made(change, error):
    with pytest.raises(error):
        replace(REQUEST, **change)


def fields() -> dict:
    return canonical_json.loads(REQUEST.to_bytes())


def without(name: str) -> dict:
    return {key: value for key, value in fields().items() if key != name}


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ([], NotARequest),
        ({}, NotARequest),
        (without("salt"), NotARequest),
        ({**fields(), "more": 1}, NotARequest),
        ({**fields(), "v": 2}, NotARequest),
        ({**fields(), "why": 1}, NotARequest),
        ({**fields(), "purposes": 1}, NotARequest),
        ({**fields(), "purposes": "-1"}, NotARequest),
        ({**fields(), "notAfter": "1"}, NotARequest),
        ({**fields(), "notAfter": True}, NotARequest),
        ({**fields(), "categories": 7}, NotARequest),
        ({**fields(), "categories": ["7"]}, NotARequest),
        ({**fields(), "categories": [99]}, NotARequest),
        ({**fields(), "categories": []}, NotARequest),
        ({**fields(), "patient": "Anna"}, NotAnAddress),
        ({**fields(), "salt": "0x12"}, NotHex),
    ],
)
def test_anything_else_is_no_request(value, error):
    """A10: one fault each."""
    with pytest.raises(error):
        AccessRequest.from_bytes(canonical_json.dumps(value))


@pytest.mark.parametrize("data", [b"", b"{", b" {}", b"[" * 100, b'"' + b"x" * LARGEST + b'"'])
def test_bytes_that_are_not_canonical_or_too_many_are_refused(data):
    """A10."""
    with pytest.raises(NotCanonical):
        AccessRequest.from_bytes(data)
