"""The facts of a statement, and the bundles that are refused."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

from medshare.consent.actions import ALL as ALL_ACTIONS
from medshare.consent.actions import BY_PROCESSOR, Action
from medshare.consent.categories import CATEGORIES, FOLDERS, SENSITIVE, Category
from medshare.consent.errors import BadActions, CategoriesNone, CategoryTwice
from medshare.consent.purposes import CARE_BITS, MARKETING_BITS, RESEARCH_BITS, closed
from medshare.consent.word import check_period
from medshare.hexadecimal import ZERO_32, Address, Bytes32, address
from medshare.statement.accreditation import AccreditationRecord, check_name
from medshare.statement.errors import (
    BadDigest,
    BadFolder,
    BadMoment,
    CareWithResearchOrMarketing,
    GranteeIsCustodian,
    ResearcherIsProcessor,
    ResearcherMissing,
    ResearcherWithoutUse,
    SensitiveNotAlone,
    WriteNotAlone,
    WriteNotEverything,
)

MOST_DOCUMENTS: Final = 2**32 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who is named: account, name in the statement's language, digest of the accreditation record."""

    account: Address
    name: str
    record: Bytes32

    def __post_init__(self) -> None:
        address(self.account)
        check_name(self.name)
        _check_32(self.record)

    @classmethod
    def of(cls, record: AccreditationRecord, language: str) -> Party:
        """Return the party of an accreditation record, named in `language`."""
        return cls(account=record.account, name=record.name_in(language), record=record.digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A frozen folder: how many documents, from which day to which, Keccak-256 of its sorted leaves.

    `sensitive`: it holds a leaf of a sensitive category.
    """

    number: Category
    documents: int
    first: date
    last: date
    leaves: Bytes32
    sensitive: bool = False

    def __post_init__(self) -> None:
        number = int(self.number)
        if self.number not in FOLDERS:
            raise BadFolder(number=number, why="folders have the numbers 24 to 31")
        if not 0 < self.documents <= MOST_DOCUMENTS:
            raise BadFolder(number=number, why="it has no document, or too many")
        if self.first > self.last:
            raise BadFolder(number=number, why="its last day is before its first")
        _check_32(self.leaves)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementFacts:
    """The numbers of a consent, as its statement says them.

    `categories` are the categories proper, and `folders` the folders, both in ascending order.
    `purposes` is a closed mask. Times are seconds since 1970; the period is half-open. `request`
    is zero if none is answered. `researcher` is the one for whom the grantee processes.
    """

    patient: Address
    grantee: Party
    categories: tuple[Category, ...]
    purposes: int
    actions: Action
    not_before: int
    not_after: int
    issued_at: int
    nonce: Bytes32
    folders: tuple[Folder, ...] = ()
    researcher: Party | None = None
    request: Bytes32 = ZERO_32

    def __post_init__(self) -> None:
        address(self.patient)
        _check_32(self.nonce)
        _check_32(self.request)
        if not self.categories and not self.folders:
            raise CategoriesNone
        numbers = [folder.number for folder in self.folders]
        for given, of in ((self.categories, CATEGORIES), (numbers, FOLDERS)):
            # The tables are in ascending order: anything twice, foreign or out of order differs.
            if list(given) != [category for category in of if category in given]:
                raise CategoryTwice
        if not self.actions or int(self.actions) & ~ALL_ACTIONS:
            raise BadActions(actions=int(self.actions))
        if not 0 <= self.issued_at < 1 << 32:
            raise BadMoment(field="signing", value=self.issued_at)
        check_period(not_before=self.not_before, not_after=self.not_after, issued_at=self.issued_at)


def check_bundle(facts: StatementFacts) -> None:
    """Refuse what must not be asked for in one breath.

    Raises:
        PurposesNotClosed, BadPurposes: The purposes are no closed mask.
        WriteNotAlone, WriteNotEverything: Writing with something else, or into a part only.
        SensitiveNotAlone: A sensitive category or folder with another one, except to write.
        CareWithResearchOrMarketing: As it says.
        ResearcherMissing, ResearcherWithoutUse, ResearcherIsProcessor: Who processes for whom.
    """
    closed(facts.purposes)  # [S-008]
    if facts.actions & Action.WRITE:
        if facts.actions != Action.WRITE:  # [S-005]
            raise WriteNotAlone
        if facts.categories != CATEGORIES or facts.folders:  # [S-005]
            raise WriteNotEverything
    else:
        sensitive = any(c in SENSITIVE for c in facts.categories) or any(f.sensitive for f in facts.folders)
        if sensitive and len(facts.categories) + len(facts.folders) > 1:  # [S-003]
            raise SensitiveNotAlone
    if facts.purposes & CARE_BITS and facts.purposes & (RESEARCH_BITS | MARKETING_BITS):  # [S-004]
        raise CareWithResearchOrMarketing
    if facts.researcher is None:
        if facts.actions & BY_PROCESSOR:
            raise ResearcherMissing
    elif not facts.actions & BY_PROCESSOR:
        raise ResearcherWithoutUse
    elif facts.researcher.account == facts.grantee.account:
        raise ResearcherIsProcessor


def check_custodians(grantee: Address, custodians: Collection[Address]) -> None:
    """Refuse a grantee that keeps the patient's capsules: it would hold capsules and keys.

    Raises:
        GranteeIsCustodian: It is one of `custodians`.
    """
    if grantee in custodians:  # [S-006]
        raise GranteeIsCustodian(grantee=grantee)


def _check_32(data: bytes) -> None:
    if len(data) != 32:
        raise BadDigest(length=len(data))
