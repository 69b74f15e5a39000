"""What a patient takes along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from medshare.consent.categories import Category
from medshare.exchange.assembly import Assembly, Held, Missing, assemble, outcome_of
from medshare.exchange.consent import GivenConsent
from medshare.hexadecimal import Address, Bytes32


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDocument:
    """One of her documents: its leaf and category, who wrote it and when (seconds), and its bytes."""

    leaf: Bytes32
    category: Category
    provider: str
    at: int
    held: Held

    @property
    def stem(self) -> str:
        """The name of its file, without what comes after the dot."""
        return stem_of(self.category, self.leaf)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnConsent:
    """One of her consents, how it stands in words, and the name of whom it was given to."""

    given: GivenConsent
    state: str
    grantee: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLook:
    """One look: when (seconds), and who, what, why, allowed by what, receipt, in words; `line` is the same as data."""

    at: int
    who: str
    what: str
    why: str
    allowed: str
    receipt: str
    line: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class OwnRecord:
    """Everything of a patient.

    Attributes:
        patient: Her address.
        at: When it was put together, seconds.
        instant: The same as a FHIR instant.
        identifier: A `urn:uuid:` for the summary.
        language: Of the pages: en or zh-Hant.
        documents: Those that opened.
        missing: Those that did not, and why.
        consents: All that she gave.
        looks: Who looked, oldest first.
        proof: The audit export as bytes; empty where there is none, and then `no_proof` says why.
        events: AuditEvents of the receipts.
    """

    patient: Address
    at: int
    instant: str
    identifier: str
    language: str
    documents: tuple[OwnDocument, ...]
    missing: tuple[Missing, ...]
    consents: tuple[OwnConsent, ...] = ()
    looks: tuple[OwnLook, ...] = ()
    proof: bytes = b""
    no_proof: str = ""
    events: tuple[dict[str, Any], ...] = ()

    @cached_property
    def assembly(self) -> Assembly:
        """What the documents are together."""
        return assemble(one.held for one in self.documents)

    @cached_property
    def outcome(self) -> dict[str, Any]:
        """The OperationOutcome on what is missing."""
        listed = len(self.documents) + len(self.missing)
        return outcome_of(listed=listed, missing=self.missing, assembly=self.assembly)


def stem_of(category: Category, leaf: Bytes32) -> str:
    """Return the name of a document's file: `laboratory-9c2e…`."""
    return f"{category.name.lower().replace('_', '-')}-{leaf.hex()[:16]}"
