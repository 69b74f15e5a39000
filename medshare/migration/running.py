"""One import from its first file to its last period."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from medshare.conversion import Format
from medshare.conversion.fhir import Fhir
from medshare.conversion.standardise import Settings as Standard
from medshare.migration.batches import Settings
from medshare.migration.by_file import ByFile
from medshare.migration.by_patient import ByPatient
from medshare.migration.depositing import Deposit
from medshare.migration.digests import keyed
from medshare.migration.errors import NothingRead
from medshare.migration.journal import Journal, Run
from medshare.migration.landing import Holding, Landing
from medshare.migration.patients import PatientIndex
from medshare.migration.pool import Converting, converting
from medshare.migration.report import ImportReport, make_report
from medshare.migration.sources import files_of
from medshare.migration.stage import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What is needed to import a source.

    Attributes:
        journal: Remembers what was read; that of a dry run forgets.
        deposit: Where batches go.
        hold: Takes what is not stored; see `landing.into`.
        patients: Whose records these are.
        format: The format of the source.
        standard: What the hospital says about its own data.
        now: The time, in seconds.
        folder: Where the stage lies; None in a dry run: in memory.
        workers: How many processes convert, by default one for each processor; 0: this one does.
        progress: Told of the bytes that were dealt with.
    """

    journal: Journal
    deposit: Deposit
    hold: Holding
    patients: PatientIndex
    format: Format
    now: int
    folder: Path | None
    standard: Standard = field(default_factory=Standard)
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    progress: Callable[[int], None] = lambda _: None

    def run(self, source: Path, *, name: str = "") -> ImportReport:
        """Import everything at `source`; go on where it was interrupted.

        Args:
            source: A file or a folder; where the format is one that asks a server, what it is asked for.
            name: What an interrupted run is known by; by default the path.

        Raises:
            NothingRead: There is nothing, or nothing of the format.
            InputError, NotFoundError: As `Format.items`.
            UnreachableError: A disk, a node or a store does not answer; the same import goes on later.
        """
        name = name or str(source.resolve())
        if isinstance(self.format, Fhir):
            return self.run_files(files_of(source), name)
        return self._run([(source, None)], name)

    def run_files(self, files: Iterable[tuple[Path, str]], name: str) -> ImportReport:
        """Import single files, each with the name that reports have for it; `name` is that of all. Raises as `run`."""
        return self._run(files, name)

    def _run(self, sources: Iterable[tuple[Path, str | None]], name: str) -> ImportReport:
        key = self.journal.key
        about = keyed(key, self.format.name.encode(), self.patients.to_bytes())
        run = self.journal.begin(keyed(key, b"run", name.encode(), about), self.format.name, now=self.now)
        settings = Settings(key=key, patients=self.patients, recorded=run.recorded, standard=self.standard)
        landing = Landing(journal=self.journal, deposit=self.deposit, run=run, hold=self.hold)
        self.deposit.resume()
        with converting(settings, workers=self.workers) as pool:
            found = self._take(sources, landing, pool, about)
        if not found:
            raise NothingRead(place=name)
        self.deposit.finish()
        self.journal.end(run)
        return report_of(self.journal, run)

    def _take(
        self, sources: Iterable[tuple[Path, str | None]], landing: Landing, pool: Converting, about: bytes
    ) -> int:
        """Take everything in; return how many files or items there were."""
        found, left = 0, sources
        if isinstance(self.format, Fhir):
            by_file = ByFile(landing=landing, pool=pool, about=about, progress=self.progress)
            left = by_file.take((path, file or path.name) for path, file in sources)
            found = by_file.files
            if not left:
                return found
        with contextlib.closing(Stage(self.folder)) as stage:
            by_patient = ByPatient(
                landing=landing,
                pool=pool,
                patients=self.patients,
                format=self.format,
                stage=stage,
                progress=self.progress,
            )
            by_patient.take(left)
            return found + by_patient.items


def report_of(journal: Journal, run: Run) -> ImportReport:
    """Return the report of a run."""
    _, documents = journal.totals(run)
    return make_report(
        run=run.number,
        name=run.format,
        counts=journal.counts(run),
        documents=documents,
        coverage=journal.coverage(run),
        issues=journal.issues(run),
    )
