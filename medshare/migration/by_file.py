"""The short way for FHIR: each file that is one patient's Bundle is a batch of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from medshare.hexadecimal import Bytes32
from medshare.migration.digests import keyed_file
from medshare.migration.direct import Apart, TakeFile
from medshare.migration.ending import FileRead
from medshare.migration.errors import NothingRead
from medshare.migration.items import Batch, Outcome, Refused
from medshare.migration.landing import Landing
from medshare.migration.pool import Converting

_LINES: Final = (".ndjson", ".jsonl")
_KNOWN: Final = (".json", ".fhir", ".xml", *_LINES)


@dataclass(frozen=True, slots=True)
class _Reading:
    path: Path
    digest: Bytes32
    size: int


@dataclass(slots=True, kw_only=True)
class ByFile:
    """Takes files in, and gives back those that are something else.

    Attributes:
        landing, pool: Where results go, and where they come from.
        about: What the digest of a file is taken with: settings under which it is known.
        progress: Told of the bytes that were dealt with.
        files: How many files there were.
    """

    landing: Landing
    pool: Converting
    about: Bytes32
    progress: Callable[[int], None]
    files: int = 0
    _read: dict[str, _Reading] = field(default_factory=dict)
    _apart: list[tuple[Path, str]] = field(default_factory=list)

    def take(self, files: Iterable[tuple[Path, str]]) -> list[tuple[Path, str]]:
        """Take in what is one patient's Bundle; return the other files.

        Raises:
            NothingRead: A file cannot be read.
        """
        for result in self.pool.map(self._tasks(files)):
            self._land(result)
        return self._apart

    def _tasks(self, files: Iterable[tuple[Path, str]]) -> Iterator[TakeFile]:
        for path, file in files:
            plain = file.lower().removesuffix(".gz")
            if not plain.endswith(_KNOWN):
                continue
            self.files += 1
            if plain.endswith(_LINES):
                self._apart.append((path, file))
                continue
            try:
                digest, size = keyed_file(self.landing.journal.key, self.about, path), path.stat().st_size
            except OSError as error:
                raise NothingRead(place=path) from error
            if self.landing.journal.read_before(self.landing.run, file, digest):
                self.progress(size)
                continue
            self._read[file] = _Reading(path, digest, size)
            yield TakeFile(path=path, file=file)

    def _land(self, result: Any) -> None:
        """Bring what a file became to its end."""
        journal = self.landing.journal
        if isinstance(result, Batch) and (known := journal.stored(mark.digest for mark in result.marks)):  # [J-004]
            (file,) = result.coverage
            result = self.pool.one(TakeFile(path=self._read[file].path, file=file, without=frozenset(known)))
        if isinstance(result, Apart):
            self._apart.append((self._read.pop(result.file).path, result.file))
            return
        file = next(iter(result.coverage)) if isinstance(result, Batch) else result.marks[0].file
        reading = self._read.pop(file)
        if isinstance(result, Batch):
            result = self._store(result, FileRead(file=file, digest=reading.digest, coverage=result.coverage[file]))
        if isinstance(result, Refused):
            self.landing.refuse(result, reading.path)
            journal.note_file(self.landing.run, FileRead(file=file, digest=reading.digest))
        self.progress(reading.size)

    def _store(self, batch: Batch, read: FileRead) -> Refused | None:
        self.landing.note(batch.repeated, Outcome.DUPLICATE)
        if batch.marks:
            return self.landing.store(batch, (read,), batch.issues[read.file])
        self.landing.journal.note_file(self.landing.run, read)
        return None
