"""The journal: what was read, what became of it, and what is under way, so that nothing is stored twice.

A SQLite file in the home, written ahead and synced before a step counts, as the vault does it. It knows items by
keyed digests; neither a word of a record nor an identifier is in it, only the names of files.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, case, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.exc import SQLAlchemyError

from medshare.conversion import Coverage
from medshare.hexadecimal import Bytes32
from medshare.migration.digests import KEY_BYTES
from medshare.migration.ending import Ending, FileRead
from medshare.migration.errors import JournalUnreachable, NoSuchRun
from medshare.migration.items import IssueLine, Mark, Outcome
from medshare.migration.journal_tables import BATCH, CONTENT, FILE, ISSUE, ITEM, METADATA, RUN
from medshare.vault.engine import WRITE, connect_engine

_MANY: Final = 500
"""Values in one question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One import: its number, its format, and the FHIR instant at which it began."""

    number: int
    format: str
    recorded: str


class Journal:
    """The journal in `folder`, made where there is none.

    Args:
        folder: A folder of the home; made readable by its owner alone.
        entropy: Gives the key.
        rehearsal: Whether to forget what is written: nothing on the disk is made or changed.

    Raises:
        JournalUnreachable: It cannot be read or written. So do all methods.
    """

    def __init__(
        self, folder: Path, *, entropy: Callable[[int], bytes] = secrets.token_bytes, rehearsal: bool = False
    ) -> None:
        self.place = folder / "journal.db"
        self._held: Connection | None = None
        with self._translated():
            if rehearsal:
                self._rehearse(folder, entropy)
                return
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.key = _key(folder / "journal.key", entropy)
            os.close(os.open(self.place, os.O_RDWR | os.O_CREAT, 0o600))
            self._engine = connect_engine(URL.create("sqlite", database=str(self.place)))
            METADATA.create_all(self._engine)

    def close(self) -> None:
        """Let go of the database."""
        if self._held is not None:
            self._held.close()  # what was not committed never was
        self._engine.dispose()

    # Runs

    def begin(self, source: Bytes32, name: str, *, now: int) -> Run:
        """Return the run over `source` that was interrupted, or a new one."""
        with self._writing() as rows:
            found = rows.execute(
                select(RUN).where(RUN.c.source == source, RUN.c.ended == 0).order_by(RUN.c.number.desc()).limit(1)
            ).first()
            if found is not None:
                return Run(number=found.number, format=found.format, recorded=found.recorded)
            recorded = dt.datetime.fromtimestamp(now, dt.UTC).isoformat().replace("+00:00", "Z")
            new = insert(RUN).values(source=source, format=name, recorded=recorded, ended=0).returning(RUN.c.number)
            return Run(number=rows.execute(new).scalar_one(), format=name, recorded=recorded)

    def end(self, run: Run) -> None:
        """Write down that a run came to its end."""
        with self._writing() as rows:
            rows.execute(update(RUN).where(RUN.c.number == run.number).values(ended=1))

    def run(self, number: int | None = None) -> Run:
        """Return a run, by default the last one.

        Raises:
            NoSuchRun: There is none.
        """
        wanted = select(RUN).order_by(RUN.c.number.desc()).limit(1)
        if number is not None:
            wanted = wanted.where(RUN.c.number == number)
        with self._reading() as rows:
            found = rows.execute(wanted).first()
        if found is None:
            raise NoSuchRun(number=number or 1)
        return Run(number=found.number, format=found.format, recorded=found.recorded)

    # Items

    def stored(self, digests: Iterable[Bytes32]) -> set[Bytes32]:
        """Return those of `digests` whose items are stored, by this run or an earlier one."""
        return self._among(digests, CONTENT.c.digest)

    def stored_names(self, names: Iterable[Bytes32]) -> set[Bytes32]:
        """Return those of `names` under which an item is stored, whatever its content."""
        return self._among(names, CONTENT.c.name)

    def settled(self, run: Run, marks: Sequence[Mark]) -> set[tuple[str, str]]:
        """Return file and place of those `marks` that this run has stored or found to be duplicates already."""
        found: set[tuple[str, str]] = set()
        with self._reading() as rows:
            for file in {mark.file for mark in marks}:
                places = iter([mark.place for mark in marks if mark.file == file])
                while some := list(islice(places, _MANY)):
                    known = select(ITEM.c.place).where(
                        ITEM.c.run == run.number,
                        ITEM.c.file == file,
                        ITEM.c.place.in_(some),
                        ITEM.c.outcome != Outcome.QUARANTINED,
                    )
                    found |= {(file, place) for place in rows.execute(known).scalars()}
        return found

    def note(self, run: Run, marks: Iterable[Mark], outcome: Outcome) -> None:
        """Write down what became of items that are not stored."""
        with self._writing() as rows:
            _put_items(rows, run.number, marks, outcome)

    # Files

    def read_before(self, run: Run, file: str, digest: Bytes32) -> bool:
        """Return whether a file need not be read: all of its items are stored. They are noted as this run's."""
        with self._writing() as rows:
            known = rows.execute(select(FILE.c.run, FILE.c.name).where(FILE.c.digest == digest)).all()
            if (run.number, file) in {(row.run, row.name) for row in known}:
                return not _any_quarantined(rows, run.number, file)
            for row in known:
                if not _any_quarantined(rows, row.run, row.name):
                    _copy_as_duplicates(rows, run, file, row.run, row.name)
                    _put_file(rows, run.number, FileRead(file=file, digest=digest))
                    return True
        return False

    def note_file(self, run: Run, one: FileRead) -> None:
        """Write down that a file was read to its end."""
        with self._writing() as rows:
            _put_file(rows, run.number, one)

    # Batches

    def begin_batch(self, run: Run, ending: Ending) -> None:
        """Write down that a batch is about to be sealed, and what is to be written when it is stored."""
        row = {
            "id": ending.batch,
            "run": run.number,
            "patient": ending.patient,
            "documents": ending.documents,
            "stored": 0,
            "work": ending.to_text(),
        }
        with self._writing() as rows:
            rows.execute(upsert(BATCH).values(row).on_conflict_do_nothing())

    def end_batch(self, ending: Ending) -> None:
        """Write down that every document of a batch is deposited."""
        with self._writing() as rows:
            number = rows.execute(select(BATCH.c.run).where(BATCH.c.id == ending.batch)).scalar_one()
            rows.execute(update(BATCH).where(BATCH.c.id == ending.batch).values(stored=1, work=""))
            _put_items(rows, number, ending.marks, Outcome.STORED)
            contents = [{"digest": mark.digest, "name": mark.name, "batch": ending.batch} for mark in ending.marks]
            rows.execute(insert(CONTENT).prefix_with("OR REPLACE"), contents)
            for one in ending.files:
                _put_file(rows, number, one)
            _put_issues(rows, number, ending.marks[0].file, ending.batch, ending.issues)

    def drop_batch(self, batch: Bytes32) -> None:
        """Forget a batch of which nothing was deposited."""
        with self._writing() as rows:
            rows.execute(delete(BATCH).where(BATCH.c.id == batch, BATCH.c.stored == 0))

    def under_way(self) -> list[Ending]:
        """Return what is to be written for the batches that were begun and are not known to be stored."""
        with self._reading() as rows:
            found = rows.execute(select(BATCH.c.work).where(BATCH.c.stored == 0)).scalars().all()
        return [Ending.of_text(text) for text in found]

    # What the report needs

    def counts(self, run: Run) -> list[tuple[str, int, int, int]]:
        """Return for each file how many items were stored, quarantined and duplicates, in the order of their names."""
        columns = [func.sum(case((ITEM.c.outcome == one, 1), else_=0)) for one in Outcome]
        wanted = select(ITEM.c.file, *columns).where(ITEM.c.run == run.number).group_by(ITEM.c.file)
        with self._reading() as rows:
            return [(row[0], row[1], row[2], row[3]) for row in rows.execute(wanted.order_by(ITEM.c.file))]

    def coverage(self, run: Run) -> Coverage:
        """Return how much of everything that the run read was mapped."""
        wanted = select(func.total(FILE.c.elements), func.total(FILE.c.mapped)).where(FILE.c.run == run.number)
        with self._reading() as rows:
            elements, mapped = rows.execute(wanted).one()
        return Coverage(elements=int(elements), mapped=int(mapped))

    def issues(self, run: Run) -> list[tuple[IssueLine, str]]:
        """Return the issues of a run over all files, each with the first file that has it."""
        kind = (ISSUE.c.severity, ISSUE.c.path, ISSUE.c.code, ISSUE.c.message, ISSUE.c.remedy)
        wanted = (
            select(*kind, func.sum(ISSUE.c.count).label("number"), func.min(ISSUE.c.file).label("first"))
            .where(ISSUE.c.run == run.number)
            .group_by(*kind)
            .order_by(ISSUE.c.severity, func.sum(ISSUE.c.count).desc(), ISSUE.c.path)
        )
        with self._reading() as rows:
            found = rows.execute(wanted).all()
        return [
            (
                IssueLine(
                    severity=row.severity,
                    path=row.path,
                    code=row.code,
                    message=row.message,
                    remedy=row.remedy,
                    count=row.number,
                ),
                row.first,
            )
            for row in found
        ]

    def totals(self, run: Run) -> tuple[int, int]:
        """Return how many batches and documents a run stored."""
        wanted = select(func.count(), func.total(BATCH.c.documents)).where(
            BATCH.c.run == run.number, BATCH.c.stored == 1
        )
        with self._reading() as rows:
            batches, documents = rows.execute(wanted).one()
        return batches, int(documents)

    # Inside

    def _rehearse(self, folder: Path, entropy: Callable[[int], bytes]) -> None:
        """Open what there is in one transaction that is never committed; without a journal, one in memory."""
        there = self.place.exists()
        self.key = _key(folder / "journal.key", entropy) if there else entropy(KEY_BYTES)
        self._engine = connect_engine(URL.create("sqlite", database=str(self.place) if there else None))
        self._held = self._engine.connect()
        self._held.begin()
        if not there:
            METADATA.create_all(self._held)

    def _among(self, values: Iterable[Bytes32], column: Any) -> set[Bytes32]:
        wanted, found = iter(dict.fromkeys(values)), set[Bytes32]()
        with self._reading() as rows:
            while some := list(islice(wanted, _MANY)):
                known = rows.execute(select(column).distinct().where(column.in_(some)))
                found |= set(known.scalars())
        return found

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._translated():
            if self._held is not None:
                yield self._held
                return
            with self._engine.connect().execution_options(**{WRITE: False}) as rows, rows.begin():
                yield rows

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._translated():
            if self._held is not None:
                yield self._held
                return
            with self._engine.begin() as rows:
                yield rows

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            why = str(getattr(error, "orig", None) or type(error).__name__)
            raise JournalUnreachable(place=self.place, why=why) from error
        except OSError as error:
            raise JournalUnreachable(place=self.place, why=error.strerror or "the disk fails") from error


def _key(place: Path, entropy: Callable[[int], bytes]) -> bytes:
    """Return the key of the journal, made where there is none; it appears whole or not at all."""
    if not place.exists():
        fresh = place.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(entropy(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(place)
    return place.read_bytes()


def _put_items(rows: Connection, run: int, marks: Iterable[Mark], outcome: Outcome) -> None:
    values = [
        {
            "run": run,
            "file": mark.file,
            "place": mark.place,
            "outcome": outcome.value,
        }
        for mark in marks
    ]
    if values:
        rows.execute(insert(ITEM).prefix_with("OR REPLACE"), values)


def _put_file(rows: Connection, run: int, one: FileRead) -> None:
    row = {
        "run": run,
        "name": one.file,
        "digest": one.digest,
        "elements": one.coverage.elements,
        "mapped": one.coverage.mapped,
    }
    rows.execute(insert(FILE).prefix_with("OR REPLACE"), row)
    rows.execute(delete(ISSUE).where(ISSUE.c.run == run, ISSUE.c.file == one.file, ISSUE.c.batch == b""))
    _put_issues(rows, run, one.file, b"", one.issues)


def _put_issues(rows: Connection, run: int, file: str, batch: bytes, issues: Iterable[IssueLine]) -> None:
    values = [{"run": run, "file": file, "batch": batch, **asdict(line)} for line in issues]
    if values:
        rows.execute(insert(ISSUE).prefix_with("OR REPLACE"), values)


def _any_quarantined(rows: Connection, run: int, file: str) -> bool:
    wanted = select(ITEM.c.place).where(ITEM.c.run == run, ITEM.c.file == file, ITEM.c.outcome == Outcome.QUARANTINED)
    return rows.execute(wanted.limit(1)).first() is not None


def _copy_as_duplicates(rows: Connection, run: Run, file: str, other_run: int, other_file: str) -> None:
    known = rows.execute(select(ITEM.c.place).where(ITEM.c.run == other_run, ITEM.c.file == other_file))
    values = [
        {"run": run.number, "file": file, "place": place, "outcome": Outcome.DUPLICATE.value}
        for place in known.scalars()
    ]
    if values:
        rows.execute(insert(ITEM).prefix_with("OR REPLACE"), values)
