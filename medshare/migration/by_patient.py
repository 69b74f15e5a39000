"""The long way for every format: items converted one by one, staged on the disk, and taken in patient by patient."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from medshare.conversion import Coverage, Format, Identifier, SourceItem
from medshare.conversion.fhir import Tie, closure
from medshare.errors import MedShareError
from medshare.hexadecimal import Address
from medshare.migration.converting import Convert, Staged, TakePatient
from medshare.migration.direct import of_patient
from medshare.migration.ending import FileRead
from medshare.migration.errors import PatientUnstated
from medshare.migration.items import NOTHING, Batch, Fault, IssueLine, Outcome, Refused
from medshare.migration.landing import Landing
from medshare.migration.patients import PatientIndex
from medshare.migration.pool import Converting
from medshare.migration.stage import Stage, StagedItem

_ITEMS: Final = 64
_BYTES: Final = 2**20
"""Items and bytes that are handed to a process together."""


@dataclass(slots=True, kw_only=True)
class ByPatient:
    """Takes in items of a format.

    Attributes:
        landing, pool, patients: Where results go, where they come from, and who is who.
        format: The format.
        stage: Where items wait.
        progress: Told of the bytes that were converted.
        items: How many items there were.
    """

    landing: Landing
    pool: Converting
    patients: PatientIndex
    format: Format
    stage: Stage
    progress: Callable[[int], None]
    items: int = 0
    _chunks: dict[int, tuple[SourceItem, ...]] = field(default_factory=dict)
    _ties: list[Tie] = field(default_factory=list)
    _named: dict[int, tuple[Identifier, ...]] = field(default_factory=dict)
    _files: dict[str, tuple[Coverage, dict[IssueLine, int]]] = field(default_factory=dict)

    def take(self, sources: Iterable[tuple[Path, str | None]]) -> None:
        """Take in everything at some paths; where a name is given with one, it is that of its file.

        Raises:
            InputError, NotFoundError: Nothing can be read there.
        """
        tasks = (Convert(format=self.format, items=chunk) for chunk in self._chunked(sources))
        for number, results in enumerate(self.pool.map(tasks)):
            self._stage_all(self._chunks.pop(number), results)
        self._end_file()
        self._tell_owners()
        for result in self.pool.map(self._patients_left()):
            refused = self.landing.store(result, issues=_issues_of(result)) if isinstance(result, Batch) else result
            if refused is not None:
                self._refuse_staged(refused)

    # Converting

    def _chunked(self, sources: Iterable[tuple[Path, str | None]]) -> Iterator[tuple[SourceItem, ...]]:
        """Yield a few items at a time, and remember them until they are converted."""
        chunk: list[SourceItem] = []
        size = number = 0
        for path, name in sources:
            for one in self.format.items(path):
                item = one if name is None else replace(one, file=name)
                if chunk and (len(chunk) == _ITEMS or size + len(item.content) > _BYTES):
                    self._chunks[number] = tuple(chunk)
                    number += 1
                    yield tuple(chunk)
                    chunk, size = [], 0
                chunk.append(item)
                size += len(item.content)
        if chunk:
            self._chunks[number] = tuple(chunk)
            yield tuple(chunk)

    def _stage_all(self, items: tuple[SourceItem, ...], results: tuple[Staged | Refused, ...]) -> None:
        rows, owned = [], dict[Address, list[int]]()
        for item, result in zip(items, results, strict=True):
            self.items += 1
            self._begin_file(item.file)
            self.progress(len(item.content))
            if isinstance(result, Refused):
                self.landing.refuse(result, item.content)
                continue
            self._count(item.file, result)
            if result.tie is None or self.patients.only is not None:
                try:
                    patient = self.patients.find(result.patient)
                except MedShareError as error:
                    self.landing.refuse(Refused(marks=(result.mark,), fault=Fault.of(error)), item.content)
                    continue
                owned.setdefault(patient, []).append(self.items)
            else:
                self._ties.append(replace(result.tie, number=self.items))
                if result.patient:
                    self._named[self.items] = result.patient
            rows.append((self.items, result.mark, result.entries, item.content))
        self.stage.add(rows)
        for patient, numbers in owned.items():
            self.stage.own(patient, numbers)

    def _begin_file(self, file: str) -> None:
        if file not in self._files:
            self._end_file()
            self._files[file] = (NOTHING, {})

    def _count(self, file: str, staged: Staged) -> None:
        coverage, issues = self._files[file]
        for line in staged.issues:
            alike = replace(line, count=0)
            issues[alike] = issues.get(alike, 0) + line.count
        self._files[file] = (coverage + staged.coverage, issues)

    def _end_file(self) -> None:
        """Write down how much of a file was mapped: items of a file come one after the other."""
        for file, (coverage, issues) in self._files.items():
            lines = tuple(replace(line, count=count) for line, count in issues.items())
            self.landing.journal.note_file(
                self.landing.run, FileRead(file=file, digest=None, coverage=coverage, issues=lines)
            )
        self._files.clear()

    # Grouping

    def _tell_owners(self) -> None:
        """Say to whom each tied item belongs: by its references, else by an identifier that it has itself."""
        if not self._ties:
            return
        belongs = closure(self._ties)
        faults: dict[int, Fault] = {}
        owned: set[int] = set()
        for person, numbers in belongs.patients.items():
            self._own(self._named.get(person, ()), numbers, owned, faults)
        for number in (*belongs.unowned, *belongs.missing):
            self._own(self._named.get(number, ()), (number,), owned, faults)
        for number in sorted(faults.keys() - owned):
            for mark, content in self.stage.contents([number]):
                self.landing.refuse(Refused(marks=(mark,), fault=faults[number]), content)

    def _own(
        self, named: tuple[Identifier, ...], numbers: tuple[int, ...], owned: set[int], faults: dict[int, Fault]
    ) -> None:
        try:
            if not named:
                raise PatientUnstated
            self.stage.own(self.patients.find(named), numbers)
            owned.update(numbers)
        except MedShareError as error:
            fault = Fault.of(error)
            for number in numbers:
                faults.setdefault(number, fault)

    def _patients_left(self) -> Iterator[TakePatient]:
        """Yield for each patient what is not stored already."""
        key, journal = self.landing.journal.key, self.landing.journal
        for patient in self.stage.patients():
            items = [_of(key, patient, one) for one in self.stage.of(patient)]
            known = journal.stored(one.mark.digest for one in items)  # [J-004]
            new: dict[bytes, StagedItem] = {}
            repeated = []
            for one in items:
                if one.mark.digest in known or one.mark.digest in new:
                    repeated.append(one.mark)
                else:
                    new[one.mark.digest] = one
            self.landing.note(repeated, Outcome.DUPLICATE)
            if new:
                yield TakePatient(
                    format=self.format.name,
                    patient=patient,
                    marks=tuple(one.mark for one in new.values()),
                    numbers=tuple(one.number for one in new.values()),
                    entries=tuple(one.entries for one in new.values()),
                )

    def _refuse_staged(self, refused: Refused) -> None:
        """Put the items of a patient into the quarantine one by one: each can be corrected and replayed."""
        for mark, (_, content) in zip(refused.marks, self.stage.contents(refused.numbers), strict=True):
            self.landing.refuse(Refused(marks=(mark,), fault=refused.fault), content)


def _of(key: bytes, patient: Address, one: StagedItem) -> StagedItem:
    """Return an item with the digests that it has for a patient."""
    name = None if one.mark.name is None else of_patient(key, patient, one.mark.name)
    mark = replace(one.mark, digest=of_patient(key, patient, one.mark.digest), name=name)
    return replace(one, mark=mark)


def _issues_of(batch: Batch) -> tuple[IssueLine, ...]:
    return tuple(line for lines in batch.issues.values() for line in lines)
