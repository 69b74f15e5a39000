"""The terms against an independent EIP-712 encoder, and what they cover."""

from __future__ import annotations

from dataclasses import replace

from eth_account.messages import encode_typed_data

from medshare.consent.terms import CONSENT_TYPE, statement_hash, terms
from medshare.digest import keccak
from medshare.hexadecimal import ZERO_32, to_hex
from tests.vectors.generate_consent import HOSPITAL, PATIENT, RESEARCHER, good_word

STATEMENT = "我同意\nI consent\n" + "ab" * 32
FIELDS = [field.split(" ") for field in CONSENT_TYPE[len("Consent(") : -1].split(",")]


def of(**changes):
    fields = {
        "patient": PATIENT,
        "grantee": HOSPITAL,
        "word": good_word(),
        "request": ZERO_32,
        "statement": statement_hash(STATEMENT),
    }
    return terms(**{**fields, **changes})


def test_the_terms_are_the_eip712_struct_hash_of_the_consent_message():
    word = good_word()
    message = {
        "patient": PATIENT,
        "grantee": HOSPITAL,
        "scope": word.scope,
        "purposes": word.purposes,
        "actions": word.actions,
        "notBefore": word.not_before,
        "notAfter": word.not_after,
        "issuedAt": word.issued_at,
        "request": ZERO_32,
        "statement": STATEMENT,
    }
    types = {"Consent": [{"name": name, "type": kind} for kind, name in FIELDS]}
    domain = {"name": "MedShare", "version": "1", "chainId": 1, "verifyingContract": RESEARCHER}
    assert to_hex(encode_typed_data(domain, types, message).body) == to_hex(of())


def test_every_field_changes_the_terms():
    word = good_word()
    others = [
        of(patient=RESEARCHER),
        of(grantee=RESEARCHER),
        of(request=keccak(b"r")),
        of(statement=statement_hash(STATEMENT + "0")),
        *(
            of(word=replace(word, **{name: getattr(word, name) + 1}))
            for name in ("scope", "purposes", "not_before", "not_after", "issued_at", "actions")
        ),
    ]
    assert len({of(), *others}) == len(others) + 1


def test_the_status_is_no_part_of_the_terms():
    assert of(word=replace(good_word(), status=1)) == of()
