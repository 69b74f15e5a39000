"""What an import did: counts that add up, how much was mapped, and what a person should look at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from medshare.conversion import Coverage
from medshare.migration.items import IssueLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Items: read = stored + quarantined + duplicate."""

    read: int
    stored: int
    quarantined: int
    duplicate: int

    @classmethod
    def of(cls, *, stored: int = 0, quarantined: int = 0, duplicate: int = 0) -> Counts:
        """Return the counts with their sum."""
        return cls(
            read=stored + quarantined + duplicate,  # [J-001]
            stored=stored,
            quarantined=quarantined,
            duplicate=duplicate,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCounts:
    """What became of the items of a file."""

    file: str
    counts: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundIssue:
    """An issue by element path, how often it was found, and the first file that has it."""

    severity: str
    path: str
    code: str
    message: str
    remedy: str
    count: int
    file: str

    @classmethod
    def of(cls, line: IssueLine, file: str) -> FoundIssue:
        """Return the issue of `line` in a file."""
        return cls(
            severity=line.severity,
            path=line.path,
            code=line.code,
            message=line.message,
            remedy=line.remedy,
            count=line.count,
            file=file,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What one import did.

    Attributes:
        run: Its number; 0 for a dry run.
        format: The format that was read.
        counts: Of all files together.
        files: The counts of each file.
        documents: Documents sealed and deposited; in a dry run, those that would be.
        elements, mapped: Elements of the source that hold something, and those that FHIR now says.
        issues: What a person should look at.
    """

    run: int
    format: str
    counts: Counts
    files: tuple[FileCounts, ...]
    documents: int
    elements: int
    mapped: int
    issues: tuple[FoundIssue, ...]

    @property
    def share(self) -> float:
        """The share of elements that were mapped: 1 where there are none."""
        return self.mapped / self.elements if self.elements else 1.0


def make_report(
    *,
    run: int,
    name: str,
    counts: Iterable[tuple[str, int, int, int]],
    documents: int,
    coverage: Coverage,
    issues: Iterable[tuple[IssueLine, str]],
) -> ImportReport:
    """Return the report of a run; `counts` are stored, quarantined and duplicate by file."""
    files = tuple(
        FileCounts(file=file, counts=Counts.of(stored=stored, quarantined=quarantined, duplicate=duplicate))
        for file, stored, quarantined, duplicate in counts
    )
    return ImportReport(
        run=run,
        format=name,
        counts=Counts.of(
            stored=sum(one.counts.stored for one in files),
            quarantined=sum(one.counts.quarantined for one in files),
            duplicate=sum(one.counts.duplicate for one in files),
        ),
        files=files,
        documents=documents,
        elements=coverage.elements,
        mapped=coverage.mapped,
        issues=tuple(FoundIssue.of(line, file) for line, file in issues),
    )
