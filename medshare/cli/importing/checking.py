"""Whether a mapping file is right and fits tables, before anything is taken in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from medshare.cli.importing.results import Imported
from medshare.migration.formats import CSV
from medshare.migration.report import Counts, FoundIssue

if TYPE_CHECKING:
    from medshare.intake import Issue


def check(mapping: Path, source: Path) -> Imported:
    """Return what is wrong with a mapping, or else between it and the headers of the tables; no row is read.

    Raises:
        MappingMissingError, TableMissingError, TableUnreadableError, HeaderInvalidError: Something is not there, or is
            nothing that could be checked.
    """
    issues = tuple(_found(mapping, source))
    return Imported(
        run=0,
        dry_run=True,
        checked=True,
        format=CSV,
        counts=Counts(read=0, stored=0, quarantined=0, duplicate=0),
        files=(),
        documents=0,
        elements=0,
        mapped=0,
        share=0.0,
        issues=issues,
        in_quarantine=0,
    )


def _found(mapping: Path, source: Path) -> Iterator[FoundIssue]:
    from medshare.conversion.tabular import check_mapping, check_tables, read_mapping

    own = check_mapping(mapping)
    yield from _counted(own, mapping.name)
    if any(one.severity == "error" for one in own):
        return
    for table, issues in check_tables(read_mapping(mapping), source):
        yield from _counted(issues, table)


def _counted(issues: tuple[Issue, ...], file: str) -> Iterator[FoundIssue]:
    for one, count in Counter(issues).items():
        yield FoundIssue(
            severity=one.severity,
            path=one.path,
            code=one.code,
            message=one.message,
            remedy=one.remedy,
            count=count,
            file=file,
        )
