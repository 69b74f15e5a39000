"""One import from its first file to its last period."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from medshare.errors import IntegrityError, MedShareError, UnreachableError
from medshare.hexadecimal import Bytes32
from medshare.intake import Issue
from medshare.migration.batches import Settings
from medshare.migration.depositing import Deposit
from medshare.migration.digests import keyed, keyed_file
from medshare.migration.direct import Apart, TakeFile
from medshare.migration.ending import Ending, FileRead
from medshare.migration.errors import NothingRead
from medshare.migration.items import Batch, Fault, Mark, Outcome, Refused, issue_lines
from medshare.migration.journal import Journal, Run
from medshare.migration.patients import PatientIndex
from medshare.migration.pool import Converting, converting
from medshare.migration.quarantine import Held, Quarantine
from medshare.migration.report import ImportReport, make_report
from medshare.migration.sources import files_of

Progress = Callable[[int], None]
"""Told of the bytes of source that were dealt with."""

_CHANGED: Final = Issue(
    "information",
    "Bundle.entry.resource",
    "changed",
    "Another version of this resource was stored before.",
    "Nothing: both are kept. Take the old one back if it was wrong.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What is needed to import a source.

    Attributes:
        journal: Remembers what was read; that of a dry run forgets.
        deposit: Where batches go.
        quarantine: Where faulty items go; None in a dry run.
        patients: Whose records these are.
        now: The time, in seconds.
        workers: How many processes convert, by default one for each processor; 0: this one does.
        progress: Told of the bytes that were dealt with.
    """

    journal: Journal
    deposit: Deposit
    quarantine: Quarantine | None
    patients: PatientIndex
    now: int
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    progress: Progress = lambda _: None

    def run(self, source: Path, name: str) -> ImportReport:
        """Import everything at `source`, which is of the format called `name`; go on where it was interrupted.

        Raises:
            NothingRead: There is nothing.
            UnreachableError: A disk, a node or a store does not answer; the same import goes on later.
        """
        about = (name.encode(), self.patients.to_bytes())
        run = self.journal.begin(
            keyed(self.journal.key, b"run", str(source.resolve()).encode(), *about), name, now=self.now
        )
        settings = Settings(key=self.journal.key, patients=self.patients, recorded=run.recorded)
        under_way = UnderWay(about=keyed(self.journal.key, *about))
        self.deposit.resume()
        with converting(settings, workers=self.workers) as pool:
            for result in pool.map(self._tasks(run, source, under_way)):
                self._take(run, pool, result, under_way)
        if not under_way.files:
            raise NothingRead(place=source)
        self.deposit.finish()
        self.journal.end(run)
        return report_of(self.journal, run)

    def _tasks(self, run: Run, source: Path, under_way: UnderWay) -> Iterator[TakeFile]:
        for path, file in files_of(source):
            under_way.files += 1
            try:
                digest = keyed_file(self.journal.key, under_way.about, path)
                size = path.stat().st_size
            except OSError as error:
                raise NothingRead(place=path) from error
            if self.journal.read_before(run, file, digest):
                self.progress(size)
                continue
            under_way.read[file] = _Reading(path, digest, size)
            yield TakeFile(path=path, file=file)

    def _take(self, run: Run, pool: Converting, result: Any, under_way: UnderWay) -> None:
        """Bring what a file became to its end."""
        if isinstance(result, Batch):
            known = self.journal.stored(mark.digest for mark in result.marks)
            if known:  # [J-004]
                reading = under_way.read[_file_of(result)]
                again = TakeFile(path=reading.path, file=_file_of(result), without=frozenset(known))
                result = pool.one(again)
        if isinstance(result, Apart):
            reading = under_way.read[result.file]
            mark = Mark(file=result.file, place="", digest=reading.digest)
            result = Refused(marks=(mark,), fault=result.fault)
        file = _file_of(result)
        reading = under_way.read.pop(file)
        if isinstance(result, Batch):
            result = self._store(run, result, reading.digest)
        if isinstance(result, Refused):
            self._hold(run, result, reading.path)
            self.journal.note_file(run, FileRead(file=file, digest=reading.digest))
        self.progress(reading.size)

    def _store(self, run: Run, batch: Batch, digest: Bytes32) -> Batch | Refused:
        """Store a batch, or say why nobody may."""
        file = _file_of(batch)
        self._note(run, batch.repeated, Outcome.DUPLICATE)
        changed = self.journal.stored_names(mark.name for mark in batch.marks if mark.name is not None)
        issues = (*batch.issues[file], *issue_lines([_CHANGED] * len(changed)))
        read = FileRead(file=file, digest=digest, coverage=batch.coverage[file], issues=issues)
        if not batch.marks:
            self.journal.note_file(run, read)
            return batch
        ending = Ending(
            batch=batch.id,
            patient=batch.patient,
            documents=len(batch.documents),
            marks=batch.marks,
            files=(read,),
        )
        try:
            self.deposit.store(run, batch, ending)
        except (UnreachableError, IntegrityError):
            raise
        except MedShareError as error:
            self.journal.drop_batch(batch.id)
            return Refused(marks=batch.marks, fault=Fault.of(error))
        return batch

    def _hold(self, run: Run, refused: Refused, content: Path) -> None:
        """Put items into the quarantine; their rows follow their bytes."""
        first = refused.marks[0]
        if self.quarantine is not None:
            held = Held(
                id="",
                format=run.format,
                file=first.file,
                place=first.place if len(refused.marks) == 1 else "",
                items=len(refused.marks),
                code=refused.fault.code,
                cause=refused.fault.cause,
                remedy=refused.fault.remedy,
            )
            name = keyed(self.journal.key, b"held", first.file.encode(), *(mark.digest for mark in refused.marks))
            self.quarantine.hold(name, held, content)  # [J-005]
        self._note(run, refused.marks, Outcome.QUARANTINED)

    def _note(self, run: Run, marks: Sequence[Mark], outcome: Outcome) -> None:
        """Write down what became of items, unless this run did so before it was interrupted."""
        settled = self.journal.settled(run, marks)
        self.journal.note(run, [mark for mark in marks if (mark.file, mark.place) not in settled], outcome)


@dataclass(frozen=True, slots=True)
class _Reading:
    path: Path
    digest: Bytes32
    size: int


@dataclass(slots=True, kw_only=True)
class UnderWay:
    """What one run remembers while it runs: the files that are being read, and how many there were."""

    about: Bytes32
    files: int = 0
    read: dict[str, _Reading] = field(default_factory=dict)


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


def _file_of(result: Batch | Refused) -> str:
    return next(iter(result.coverage)) if isinstance(result, Batch) else result.marks[0].file
