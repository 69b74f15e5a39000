"""The stage: converted items on the disk until all of a patient's are there.

A SQLite file in the home, its owner's alone; it holds records in the clear and is deleted at the end of the run, and
at the beginning of the next one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Column, Index, Integer, LargeBinary, MetaData, Table, Text, insert, select

from medshare.hexadecimal import Address
from medshare.migration.items import Mark
from medshare.vault.engine import connect_engine

_METADATA: Final = MetaData()
_ITEM: Final = Table(
    "item",
    _METADATA,
    Column("number", Integer, primary_key=True),
    Column("file", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("name", LargeBinary, nullable=True),
    Column("entries", LargeBinary, nullable=False),
    Column("content", LargeBinary, nullable=False),
)
_OWNED: Final = Table(
    "owned",
    _METADATA,
    Column("patient", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    sqlite_with_rowid=False,
)
Index("owned_by_number", _OWNED.c.number)


@dataclass(frozen=True, slots=True)
class StagedItem:
    """An item on the stage: its number, its mark, and its entries as JSON."""

    number: int
    mark: Mark
    entries: bytes = field(repr=False)


class Stage:
    """A fresh stage in `folder`; without one, in memory."""

    def __init__(self, folder: Path | None) -> None:
        self._place = None if folder is None else folder / "stage.db"
        if self._place is not None:
            self._delete()
            os.close(os.open(self._place, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        self._engine = connect_engine(URL.create("sqlite", database=str(self._place) if self._place else None))
        _METADATA.create_all(self._engine)

    def add(self, items: Iterable[tuple[int, Mark, bytes, bytes]]) -> None:
        """Put items on the stage: number, mark, entries and the bytes as they came."""
        values = [
            {
                "number": number,
                "file": mark.file,
                "place": mark.place,
                "digest": mark.digest,
                "name": mark.name,
                "entries": entries,
                "content": content,
            }
            for number, mark, entries, content in items
        ]
        if values:
            with self._engine.begin() as rows:
                rows.execute(insert(_ITEM), values)

    def own(self, patient: Address, numbers: Iterable[int]) -> None:
        """Say that items belong to a patient."""
        values = [{"patient": patient, "number": number} for number in numbers]
        if values:
            with self._engine.begin() as rows:
                rows.execute(insert(_OWNED).prefix_with("OR IGNORE"), values)

    def patients(self) -> list[Address]:
        """Return everybody to whom something belongs."""
        with self._engine.begin() as rows:
            return list(rows.execute(select(_OWNED.c.patient).distinct().order_by(_OWNED.c.patient)).scalars())

    def of(self, patient: Address) -> list[StagedItem]:
        """Return what belongs to a patient, in the order of the source."""
        wanted = select(_ITEM).join(_OWNED, _OWNED.c.number == _ITEM.c.number)
        with self._engine.begin() as rows:
            found = rows.execute(wanted.where(_OWNED.c.patient == patient).order_by(_ITEM.c.number)).all()
        return [
            StagedItem(row.number, Mark(file=row.file, place=row.place, digest=row.digest, name=row.name), row.entries)
            for row in found
        ]

    def contents(self, numbers: Iterable[int]) -> Iterator[tuple[Mark, bytes]]:
        """Yield the marks and bytes of items."""
        for number in numbers:
            with self._engine.begin() as rows:
                row = rows.execute(select(_ITEM).where(_ITEM.c.number == number)).one()
            yield Mark(file=row.file, place=row.place, digest=row.digest, name=row.name), row.content

    def close(self) -> None:
        """Delete the stage."""
        self._engine.dispose()
        self._delete()

    def _delete(self) -> None:
        if self._place is not None:
            for ending in ("", "-wal", "-shm"):
                self._place.with_name(self._place.name + ending).unlink(missing_ok=True)
