"""What the commands of `medshare import` return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from medshare.cli.frame.page import Page
from medshare.migration.quarantine import Held
from medshare.migration.report import Counts, FileCounts, FoundIssue

if TYPE_CHECKING:
    from medshare.migration.report import ImportReport

MOST_ISSUES = 40
"""Lines of issues that are shown; --json has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did, or would do: read = stored + quarantined + duplicate, as a whole and for each file.

    `run` is the number of the import, 0 for a dry run. `share` is that of the elements which FHIR now says.
    `in_quarantine` counts the items that wait there now, of all imports. `checked` says that nothing was read but
    a mapping and the headers of tables.
    """

    run: int
    dry_run: bool
    format: str
    counts: Counts
    files: tuple[FileCounts, ...]
    documents: int
    elements: int
    mapped: int
    share: float
    issues: tuple[FoundIssue, ...]
    in_quarantine: int
    checked: bool = False

    @classmethod
    def of(cls, report: ImportReport, *, dry_run: bool, in_quarantine: int) -> Imported:
        """Return the result of a report."""
        return cls(
            run=0 if dry_run else report.run,
            dry_run=dry_run,
            format=report.format,
            counts=report.counts,
            files=report.files,
            documents=report.documents,
            elements=report.elements,
            mapped=report.mapped,
            share=round(report.share, 6),
            issues=report.issues,
            in_quarantine=in_quarantine,
        )

    @property
    def exit_code(self) -> int:
        """0, also where something is in the quarantine; 2 where nothing of what was read can be stored.

        Of a check: 2 where an import would be refused.
        """
        if self.checked:
            return 2 if any(one.severity == "error" for one in self.issues) else 0
        return 2 if self.counts.read and self.counts.quarantined == self.counts.read else 0

    def show(self, page: Page) -> None:
        """Say what went where."""
        if self.checked:
            self._show_check(page)
            return
        if self.dry_run:
            page.say("This is what would happen; nothing was written.")
        page.say(
            "{read} items read: {stored} stored, {quarantined} in quarantine, {duplicate} duplicates.",
            read=f"{self.counts.read:,}",
            stored=f"{self.counts.stored:,}",
            quarantined=f"{self.counts.quarantined:,}",
            duplicate=f"{self.counts.duplicate:,}",
        )
        page.say("{count} documents, sealed each to its patient.", count=f"{self.documents:,}")
        if self.elements:
            page.say(
                "{mapped} of {elements} elements are mapped: {share}.",
                mapped=f"{self.mapped:,}",
                elements=f"{self.elements:,}",
                share=f"{self.share:.2%}",
            )
        faulty = [one for one in self.files if one.counts.quarantined]
        if faulty:
            page.table(
                ("file", "read", "stored", "quarantined", "duplicate"),
                [
                    (
                        one.file,
                        one.counts.read,
                        one.counts.stored,
                        one.counts.quarantined,
                        one.counts.duplicate,
                    )
                    for one in faulty[:MOST_ISSUES]
                ],
            )
        self._show_issues(page)
        if self.in_quarantine:
            page.say(
                "{count} items are in the quarantine: see medshare import quarantine, and replay them when corrected.",
                count=f"{self.in_quarantine:,}",
            )
        if not self.dry_run and self.documents:
            page.say("Ask for the validators' signatures with: medshare record confirm")

    def _show_check(self, page: Page) -> None:
        if self.exit_code:
            page.say("The mapping is wrong, or does not fit; no row was read.")
        else:
            page.say("The mapping fits the headers of the tables; no row was read.")
        self._show_issues(page)

    def _show_issues(self, page: Page) -> None:
        if self.issues:
            page.table(
                ("severity", "count", "element", "what", "remedy"),
                [
                    (page.word(one.severity), one.count, one.path, page.word(one.message), page.word(one.remedy))
                    for one in self.issues[:MOST_ISSUES]
                ],
            )
        if len(self.issues) > MOST_ISSUES:
            page.say("{count} further kinds of issues: see --json.", count=len(self.issues) - MOST_ISSUES)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldLine:
    """An entry of the quarantine: why it is there, and where its bytes can be corrected."""

    id: str
    format: str
    file: str
    place: str
    items: int
    code: str
    cause: str
    remedy: str
    source: str

    @classmethod
    def of(cls, held: Held, source: str) -> HeldLine:
        """Return the line of an entry."""
        return cls(
            id=held.id,
            format=held.format,
            file=held.file,
            place=held.place,
            items=held.items,
            code=held.code,
            cause=held.cause,
            remedy=held.remedy,
            source=source,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldList:
    """What is in the quarantine."""

    entries: tuple[HeldLine, ...]
    items: int

    def show(self, page: Page) -> None:
        """Write a line for each."""
        if not self.entries:
            page.say("The quarantine is empty.")
            return
        page.table(
            ("id", "format", "file", "place", "items", "why", "remedy", "bytes"),
            [
                (one.id, one.format, one.file, one.place, one.items, one.cause, one.remedy, one.source)
                for one in self.entries
            ],
        )
        page.say("Correct what lies there, or the list of patients; then: medshare import replay")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What became of entries of the quarantine: an import for each format. `in_quarantine` items wait there now."""

    entries: int
    imports: tuple[Imported, ...]
    in_quarantine: int

    def show(self, page: Page) -> None:
        """Say what arrived."""
        if not self.entries:
            page.say("The quarantine is empty.")
        for one in self.imports:
            one.show(page)


@dataclass(frozen=True, slots=True, kw_only=True)
class Discarded:
    """What was given up: these items are stored nowhere."""

    entries: int
    items: int

    def show(self, page: Page) -> None:
        """Say so."""
        page.say(
            "{entries} entries with {items} items are out of the quarantine, and stored nowhere.",
            entries=self.entries,
            items=self.items,
        )
