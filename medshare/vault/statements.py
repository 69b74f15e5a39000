"""The SQL of a vault's questions, each written once for its database and then only bound to values.

SQLAlchemy writes it; the driver runs it. Writing takes some fifty times as long as running.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Dialect, and_, bindparam, delete, func, insert, select, update
from sqlalchemy.sql.expression import ClauseElement

from medshare.vault.row import Row
from medshare.vault.tables import Shape

EQUAL: Final = "is_"
"""Before the name of a column that is compared: a plain name is a value that is written."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One question. `order` names its values by place; None where the driver takes them by name.

    `fixed` are values that SQLAlchemy added itself.
    """

    text: str
    order: tuple[str, ...] | None
    fixed: Mapping[str, Any]

    def bind(self, values: Mapping[str, Any]) -> Any:
        """Return `values` as the driver takes them."""
        if self.fixed:
            values = {**self.fixed, **values}
        if self.order is None:
            return values
        return tuple([values[name] for name in self.order])


@dataclass(frozen=True, slots=True)
class InOrder:
    """A question whose values are given in the order of `names`."""

    text: str
    names: tuple[str, ...]
    positional: bool

    def bind(self, values: Sequence[Any]) -> Any:
        """Return `values` as the driver takes them."""
        return values if self.positional else dict(zip(self.names, values, strict=True))


class Statements:
    """Every question that was asked so far, in the words of one database."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._known: dict[Hashable, Statement] = {}
        self._by_key: dict[type[Row], InOrder] = {}
        self._inserts: dict[type[Row], InOrder] = {}

    def by_key(self, shape: Shape) -> InOrder:
        """Select the row under a key, whose columns are given in its order."""
        known = self._by_key.get(shape.kind)
        if known is None:
            key = dict.fromkeys(shape.kind.KEY, b"")
            written = self._statement(("key", shape.name), lambda: select(*_columns(shape)).where(*_where(shape, key)))
            known = self._by_key[shape.kind] = _in_order(written, tuple(bound(key)))
        return known

    def insert(self, shape: Shape) -> InOrder:
        """Insert one row, every column given in the order of the table."""
        known = self._inserts.get(shape.kind)
        if known is None:
            written = self._statement(("insert", shape.name), lambda: insert(shape.table))
            names = tuple(column.name for column in shape.table.columns)
            known = self._inserts[shape.kind] = _in_order(written, names)
        return known

    def line_end(self, shape: Shape) -> Statement:
        """Select number and digest of a line's last row; the values are `is_gateway` and `is_patient`."""

        def write() -> ClauseElement:
            columns = shape.table.c
            return (
                select(columns["seq"], columns["digest"])
                .where(*_where(shape, {"gateway": "", "patient": ""}))
                .order_by(columns["seq"].desc())
                .limit(bindparam("limit"))
            )

        return self._statement(("line end", shape.name), write)

    def find(self, shape: Shape, equal: Mapping[str, Any], *, after: bool, limited: bool) -> Statement:
        """Select in the order of the key; the values `after` and `limit` stand for themselves."""

        def write() -> ClauseElement:
            question = select(*_columns(shape)).where(*_where(shape, equal))
            if after:
                question = question.where(shape.table.c["seq"] > bindparam("after"))
            if limited:
                question = question.limit(bindparam("limit"))
            return question.order_by(*(shape.table.c[name] for name in shape.kind.KEY))

        return self._statement(("find", after, limited, *_form(shape, equal)), write)

    def pick(self, shape: Shape, fields: Sequence[str], equal: Mapping[str, Any]) -> Statement:
        """Select some columns, in the order of the key."""
        columns = shape.table.c

        def write() -> ClauseElement:
            question = select(*(columns[name] for name in fields)).where(*_where(shape, equal))
            return question.order_by(*(columns[name] for name in shape.kind.KEY))

        return self._statement(("pick", tuple(fields), *_form(shape, equal)), write)

    def last(self, shape: Shape, equal: Mapping[str, Any]) -> Statement:
        """Select in the order of `seq`, the greatest first; the value `limit` says how many."""

        def write() -> ClauseElement:
            question = select(*_columns(shape)).where(*_where(shape, equal))
            return question.order_by(shape.table.c["seq"].desc()).limit(bindparam("limit"))

        return self._statement(("last", *_form(shape, equal)), write)

    def beyond(self, shape: Shape, marks: Shape, equal: Mapping[str, Any]) -> Statement:
        """Select the rows whose `seq` is greater than that of the row in `marks` under the same key."""

        def write() -> ClauseElement:
            same = [shape.table.c[name] == marks.table.c[name] for name in marks.kind.KEY]
            newer = shape.table.c["seq"] > marks.table.c["seq"]
            return (
                # From the marks, which are few, to the rows: filter and order say so to the database.
                select(*_columns(shape))
                .select_from(marks.table)
                .join(shape.table, and_(*same, newer))
                .where(*_where(marks, equal))
                .order_by(*(marks.table.c[name] for name in marks.kind.KEY), shape.table.c["seq"])
            )

        return self._statement(("beyond", marks.name, *_form(shape, equal)), write)

    def count(self, shape: Shape, equal: Mapping[str, Any]) -> Statement:
        """Count."""
        return self._statement(
            ("count", *_form(shape, equal)),
            lambda: select(func.count()).select_from(shape.table).where(*_where(shape, equal)),
        )

    def update(self, shape: Shape, key: Mapping[str, Any]) -> Statement:
        """Give every column of the row under `key` a new value."""
        return self._statement(("update", *_form(shape, key)), lambda: update(shape.table).where(*_where(shape, key)))

    def delete(self, shape: Shape, equal: Mapping[str, Any]) -> Statement:
        """Delete."""
        return self._statement(
            ("delete", *_form(shape, equal)), lambda: delete(shape.table).where(*_where(shape, equal))
        )

    def delete_older(self, shape: Shape) -> Statement:
        """Delete what has an `at` before the value `before`."""
        return self._statement(
            ("delete older", shape.name), lambda: delete(shape.table).where(shape.table.c["at"] < bindparam("before"))
        )

    def _statement(self, name: Hashable, write: Callable[[], ClauseElement]) -> Statement:
        known = self._known.get(name)
        if known is None:
            compiled: Any = write().compile(dialect=self._dialect)
            order = tuple(compiled.positiontup) if compiled.positional else None
            # Two threads may write the same words: the later ones stand.
            fixed = {key: value for key, value in compiled.params.items() if value is not None}
            known = self._known[name] = Statement(str(compiled), order, fixed)
        return known


def _in_order(written: Statement, names: tuple[str, ...]) -> InOrder:
    assert written.order in {None, names}  # noqa: S101  # SQL has its values in the order in which they were written
    return InOrder(written.text, names, written.order is not None)


def bound(equal: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of columns that are compared, under the names that a statement has for them."""
    return {EQUAL + name: value for name, value in equal.items()}


def _form(shape: Shape, equal: Mapping[str, Any]) -> tuple[Hashable, ...]:
    return (shape.name, *((name, value is None) for name, value in equal.items()))


def _columns(shape: Shape) -> list[ColumnElement[Any]]:
    return [shape.table.c[name] for name in shape.columns]


def _where(shape: Shape, equal: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    return [
        shape.table.c[name].is_(None) if value is None else shape.table.c[name] == bindparam(EQUAL + name)
        for name, value in equal.items()
    ]
