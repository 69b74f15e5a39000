"""What of a consent goes out, and what comes back of one.

A `GivenConsent` is an on-chain consent with its words and how it stands. A `ConsentDraft` is what a patient decides:
whom, what, why, what they may, from when until when. Writing a FHIR Consent of one and reading it back gives the same
draft. What FHIR has no element for is listed in `UNSAID`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from medshare.consent.actions import Action
from medshare.consent.categories import Category
from medshare.consent.document import ConsentDocument
from medshare.hexadecimal import Address
from medshare.statement import parse
from medshare.statement.facts import StatementFacts
from medshare.statement.rendering import language_of


class Standing(StrEnum):
    """How a consent stands."""

    DRAFT = "draft"
    """Nobody granted it yet."""
    ACTIVE = "active"
    """Granted, and neither revoked, locked nor over; it may not have begun."""
    REVOKED = "revoked"
    LOCKED = "locked"
    """Void by a lockdown of the patient."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """An institution: account, and name as people read it."""

    account: Address
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenConsent:
    """A consent as it goes out.

    Attributes:
        document: Its numbers, words and signature.
        standing: How it stands.
        enforcers: Whose gateways enforce it (IHE PCF 1.1, FoundationConsent: `organization`).
        facts: The numbers that its words say.
    """

    document: ConsentDocument
    standing: Standing
    enforcers: tuple[Organisation, ...] = ()
    facts: StatementFacts = field(init=False)

    def __post_init__(self) -> None:
        """Read the words.

        Raises:
            NotAStatement, and what `parse` raises: The words are no statement.
        """
        object.__setattr__(self, "facts", parse(self.document.statement))

    @property
    def language(self) -> str:
        """The language that was signed: `en` or `zh-Hant`."""
        return language_of(self.document.statement)

    @property
    def template(self) -> str:
        """The template of its words: `MEDSHARE-CONSENT-1`."""
        return self.document.statement.partition(" ")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentDraft:
    """What a patient would decide by signing.

    `categories` may hold folders. `purposes` is a closed mask. Times are seconds since 1970; the period is half-open.
    `researcher` is the one for whom the grantee processes.
    """

    patient: Address
    grantee: Address
    categories: tuple[Category, ...]
    purposes: int
    actions: Action
    not_before: int
    not_after: int
    researcher: Address | None = None

    @classmethod
    def of(cls, given: GivenConsent) -> ConsentDraft:
        """Return the decision in a consent."""
        document, researcher = given.document, given.facts.researcher
        return cls(
            patient=document.patient,
            grantee=document.grantee,
            categories=document.categories,
            purposes=document.word.purposes,
            actions=Action(document.word.actions),
            not_before=document.word.not_before,
            not_after=document.word.not_after,
            researcher=None if researcher is None else researcher.account,
        )


@dataclass(frozen=True, slots=True)
class Unsaid:
    """Something of a consent that FHIR has no element for, and where it stands instead."""

    code: str
    what: str
    where: str


_WORDS: Final = "in the signed words, which are attached"
UNSAID: Final = (
    Unsaid(
        "slots", "the slots of the categories and the decoys among them", "in the consent document and on the chain"
    ),
    Unsaid("nonce", "the nonce from which the slots follow", _WORDS),
    Unsaid("folders", "what a folder holds", _WORDS),
    Unsaid("records", "the digests of the accreditation records of those who are named", _WORDS),
    Unsaid("request", "which request the consent answers", _WORDS),
    Unsaid("signature", "the signature", "in the Provenance that targets the Consent"),
)
"""What no FHIR Consent says of a consent of ours, R4 or R5."""
