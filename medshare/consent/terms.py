"""What identifies a consent and a request: the terms and the two ids (design, sections 3.1 and 11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from medshare.consent.word import ConsentWord
from medshare.digest import digest_of, keccak
from medshare.hexadecimal import Address, Bytes32

CONSENT_TYPE: Final = (
    "Consent(address patient,address grantee,uint64 scope,uint64 purposes,uint8 actions,"
    "uint40 notBefore,uint40 notAfter,uint32 issuedAt,bytes32 request,string statement)"
)
"""The EIP-712 type of the message that a patient signs."""

CONSENT_TYPEHASH: Final = keccak(CONSENT_TYPE.encode())


def statement_hash(statement: str) -> Bytes32:
    """Return Keccak-256 of the statement's UTF-8 bytes: what the chain gets of the text."""
    return keccak(statement.encode("utf-8"))


def terms(*, patient: Address, grantee: Address, word: ConsentWord, request: Bytes32, statement: Bytes32) -> Bytes32:
    """Return the EIP-712 struct hash of the Consent message; `statement` is the hash of its text.

    The status of the word is no part of it.
    """
    return digest_of(
        (
            "bytes32",
            "address",
            "address",
            "uint64",
            "uint64",
            "uint8",
            "uint40",
            "uint40",
            "uint32",
            "bytes32",
            "bytes32",
        ),
        CONSENT_TYPEHASH,
        patient,
        grantee,
        word.scope,
        word.purposes,
        word.actions,
        word.not_before,
        word.not_after,
        word.issued_at,
        request,
        statement,
    )


def consent_id(*, patient: Address, grantee: Address, terms: Bytes32) -> Bytes32:
    """Return the id under which the registry keeps this very consent."""
    return digest_of(("address", "address", "bytes32"), patient, grantee, terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a request's digest covers: it names nobody in public until it is opened."""

    patient: Address
    requester: Address
    grantee: Address
    purposes: int
    actions: int
    not_before: int
    not_after: int
    document_digest: Bytes32
    salt: Bytes32


def request_digest(opening: Opening) -> Bytes32:
    """Return the salted digest of a request."""
    return digest_of(
        ("address", "address", "address", "uint64", "uint8", "uint40", "uint40", "bytes32", "bytes32"),
        opening.patient,
        opening.requester,
        opening.grantee,
        opening.purposes,
        opening.actions,
        opening.not_before,
        opening.not_after,
        opening.document_digest,
        opening.salt,
    )


def request_id(*, requester: Address, digest: Bytes32) -> Bytes32:
    """Return the id under which a request is kept; a consent that answers it carries the same."""
    return digest_of(("address", "bytes32"), requester, digest)
