"""A vault in dictionaries: the rules of `medshare.vault.transaction`, some thirty times as fast as SQLite.

It is held to the tests of the real vault in `tests/unit/simulation/test_vault.py`. A transaction is kept as a whole or
not at all; there is one writer at a time, since nothing pauses inside a transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from medshare.hexadecimal import ZERO_32, Address, Bytes32
from medshare.vault import OutboxRow, ReceiptGap, ReceiptRow, Row, RowConflict, RowForm, RowMissing, RowOutdated, Rule
from medshare.vault.tables import SHAPES

R = TypeVar("R", bound=Row)
Tables = dict[type[Row], dict[tuple[Any, ...], Any]]


class MemoryVault:
    """A `Vault` that lives as long as its tables.

    Args:
        tables: What it begins with; taken over, not copied.
        saw: Called with every row that is kept, once its transaction has ended well.
    """

    def __init__(self, tables: Tables | None = None, saw: Callable[[Row], None] | None = None) -> None:
        self.tables: Tables = tables if tables is not None else {}
        self.saw = saw
        self._undo: list[tuple[type[Row], tuple[Any, ...], Any]] | None = None
        self._put: list[Row] = []

    def copy_of_tables(self) -> Tables:
        """Return the rows in tables of their own; rows never change."""
        return {kind: dict(rows) for kind, rows in self.tables.items()}

    # Transactions

    @contextmanager
    def transaction(self) -> Iterator[MemoryVault]:
        """Return a transaction: all of it is kept, or, when an error leaves the block, nothing."""
        if self._undo is not None:
            raise RuntimeError("a transaction within a transaction")
        self._undo, self._put = [], []
        try:
            yield self
        except BaseException:
            for kind, key, before in reversed(self._undo):
                if before is None:
                    self.tables[kind].pop(key, None)
                else:
                    self.tables[kind][key] = before
            raise
        else:
            put, self._put = self._put, []
            if self.saw is not None:
                for row in put:
                    self.saw(row)
        finally:
            self._undo = None

    @contextmanager
    def reading(self) -> Iterator[MemoryVault]:
        """Return the rows for several questions at once."""
        yield self

    def close(self) -> None:
        """Nothing is held."""

    # Writing

    def put(self, row: Row) -> None:
        """Keep `row`, by the rule of its kind; the same again changes nothing."""
        kind = type(row)
        key = _key(row)
        kept = self._table(kind).get(key)
        if kept is None:
            if isinstance(row, ReceiptRow):
                self._check_continues(row)
        elif kept == row:
            return
        elif kind.RULE in {Rule.ONCE, Rule.NUMBERED}:
            raise RowConflict(kind=SHAPES[kind].noun)
        else:
            _check_newer(row, kept)
        self._write(kind, key, row)

    def add(self, row: Row) -> None:
        """Keep `row`, whose key is not taken."""
        kind, key = type(row), _key(row)
        if key in self._table(kind):
            raise RowConflict(kind="row")
        if isinstance(row, ReceiptRow) and (row.seq - 1, row.previous) != self.line_end(
            gateway=row.gateway, patient=row.patient
        ):
            raise RowConflict(kind="row")
        self._write(kind, key, row)

    def destroy(self, kind: type[Row], **equal: object) -> int:
        """Delete these rows for good and return how many there were."""
        if not equal:
            raise RowForm(field=", ".join(kind.KEY), kind=SHAPES[kind].noun)
        gone = self._matching(kind, equal)
        for key, _ in gone:
            self._write(kind, key, None)
        return len(gone)

    def drop_older(self, kind: type[Row], *, at: int) -> int:
        """Delete the rows whose `at` lies before `at`, and return how many there were."""
        gone = [key for key, row in self._table(kind).items() if row.at < at]
        for key in gone:
            self._write(kind, key, None)
        return len(gone)

    # Reading

    def get(self, kind: type[R], **key: object) -> R | None:
        """Return the one row under the full `key`, or None."""
        if len(key) != len(kind.KEY):
            raise RowForm(field=", ".join(kind.KEY), kind=SHAPES[kind].noun)
        found: R | None = self._table(kind).get(tuple([key[name] for name in kind.KEY]))
        return found

    def require(self, kind: type[R], **key: object) -> R:
        """Return the one row under the full `key`; `RowMissing` if there is none."""
        row = self.get(kind, **key)
        if row is None:
            raise RowMissing(kind=SHAPES[kind].noun)
        return row

    def find(self, kind: type[R], *, after: int | None = None, limit: int | None = None, **equal: object) -> list[R]:
        """Return the rows whose fields equal what is given, in the order of their keys."""
        found: list[R] = [row for _, row in self._matching(kind, equal)]
        if after is not None:
            found = [row for row in found if row.seq > after]  # type: ignore[attr-defined]
        return found[:limit]

    def pick(self, kind: type[Row], fields: Sequence[str], **equal: object) -> list[tuple[Any, ...]]:
        """Return some fields of the rows whose fields equal what is given, in the order of their keys."""
        return [tuple(getattr(row, name) for name in fields) for _, row in self._matching(kind, equal)]

    def last(self, kind: type[R], **equal: object) -> R | None:
        """Return the row with the greatest `seq` among those whose fields equal what is given."""
        return max(self.find(kind, **equal), key=lambda row: row.seq, default=None)  # type: ignore[attr-defined]

    def beyond(self, kind: type[R], marks: type[Row], **equal: object) -> list[R]:
        """Return the rows whose `seq` is greater than that of the row in `marks` for their line."""
        marked = self._table(marks)
        found = []
        for row in self.find(kind, **equal):
            mark = marked.get(tuple([getattr(row, name) for name in marks.KEY]))
            if mark is not None and row.seq > mark.seq:  # type: ignore[attr-defined]
                found.append(row)
        return found

    def line_end(self, *, gateway: Address, patient: Address) -> tuple[int, Bytes32]:
        """Return number and digest of the last receipt of a patient's line; 0 and zero before the first."""
        line = [row for row in self._table(ReceiptRow).values() if (row.gateway, row.patient) == (gateway, patient)]
        end = max(line, key=lambda row: row.seq, default=None)
        return (0, ZERO_32) if end is None else (end.seq, end.digest)

    def count(self, kind: type[Row], **equal: object) -> int:
        """Return how many rows there are whose fields equal what is given."""
        return len(self._matching(kind, equal))

    def _table(self, kind: type[Row]) -> dict[tuple[Any, ...], Any]:
        table = self.tables.get(kind)
        if table is None:
            table = self.tables[kind] = {}
        return table

    def _matching(self, kind: type[Row], equal: dict[str, object]) -> list[tuple[tuple[Any, ...], Any]]:
        asked = list(equal.items())
        found = [
            one for one in self._table(kind).items() if all(getattr(one[1], name) == value for name, value in asked)
        ]
        return sorted(found, key=_first) if len(found) > 1 else found

    def _write(self, kind: type[Row], key: tuple[Any, ...], row: Row | None) -> None:
        table = self._table(kind)
        if self._undo is not None:
            self._undo.append((kind, key, table.get(key)))
        if row is None:
            table.pop(key, None)
            return
        table[key] = row
        if self._undo is not None:
            self._put.append(row)
        elif self.saw is not None:
            self.saw(row)

    def _check_continues(self, row: ReceiptRow) -> None:
        number, digest = self.line_end(gateway=row.gateway, patient=row.patient)
        if row.seq != number + 1 or row.previous != digest:
            raise ReceiptGap(given=row.seq)


def _first(one: tuple[Any, Any]) -> Any:
    return one[0]


def _key(row: Row) -> tuple[Any, ...]:
    return tuple([getattr(row, name) for name in type(row).KEY])


def _check_newer(row: Row, kept: Row) -> None:
    if isinstance(row, OutboxRow) and isinstance(kept, OutboxRow):
        given, stored, newer = int(row.state), int(kept.state), row.state.may_follow(kept.state)
    else:
        given, stored = (int(one.seq) for one in (row, kept))  # type: ignore[attr-defined]
        newer = given > stored
    if not newer:
        raise RowOutdated(kind=SHAPES[type(row)].noun, given=given, kept=stored)
