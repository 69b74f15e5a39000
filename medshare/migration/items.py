"""What becomes of items: the nouns that the parts of an import hand to each other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from medshare.conversion import Coverage
from medshare.errors import MedShareError
from medshare.hexadecimal import Address, Bytes32
from medshare.intake import Document, Issue

NOTHING: Final = Coverage(elements=0, mapped=0)
_NUMBER: Final = re.compile(r"\[\d+\]")


class Outcome(StrEnum):
    """What became of an item."""

    STORED = "stored"
    QUARANTINED = "quarantined"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """An item as the journal knows it: where it stood, and keyed digests of what it is.

    Attributes:
        place: Where it stands in its file.
        digest: Of its content, and of its patient once she is known: equal for items of which one is enough.
        name: Of its identifier, likewise: equal for versions of one thing. None where it has no identifier.
        file: Its file, relative to what the user named.
    """

    file: str
    place: str
    digest: Bytes32
    name: Bytes32 | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueLine:
    """Issues that differ only in where they stand in lists: `path` without numbers, `count` of them."""

    severity: str
    path: str
    code: str
    message: str
    remedy: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why something was not stored: an error's code, cause and remedy."""

    code: str
    cause: str
    remedy: str

    @classmethod
    def of(cls, error: MedShareError) -> Fault:
        """Return what there is to say about an error."""
        facts = error.facts
        return cls(code=error.code, cause=error.cause.format(**facts), remedy=error.remedy.format(**facts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Items of one patient that are stored together, split into documents.

    Attributes:
        id: Keyed digest of patient and items: the same items give the same batch.
        marks: The items that are to be stored.
        repeated: The items that were left out, because they are stored already or stand here twice.
        documents: By their record ids, which follow from `id`.
        coverage, issues: Of each file.
        numbers: Of the items on the stage, if they lie there.
    """

    id: Bytes32
    patient: Address
    marks: tuple[Mark, ...]
    repeated: tuple[Mark, ...]
    documents: dict[Bytes32, Document] = field(repr=False)
    coverage: dict[str, Coverage]
    issues: dict[str, tuple[IssueLine, ...]]
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Items that go to the quarantine together, and why; their numbers on the stage, if they lie there."""

    marks: tuple[Mark, ...]
    fault: Fault
    numbers: tuple[int, ...] = ()


def issue_lines(issues: Iterable[Issue]) -> tuple[IssueLine, ...]:
    """Return issues, those alike counted together."""
    found = Counter((one.severity, _NUMBER.sub("[]", one.path), one.code, one.message, one.remedy) for one in issues)
    return tuple(
        IssueLine(severity=severity, path=path, code=code, message=message, remedy=remedy, count=count)
        for (severity, path, code, message, remedy), count in sorted(found.items())
    )
