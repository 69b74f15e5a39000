"""Reading and writing rows within one transaction, by the driver's own connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from medshare.hexadecimal import ZERO_32, Address, Bytes32
from medshare.vault.errors import ReceiptGap, RowConflict, RowForm, RowMissing, RowOutdated
from medshare.vault.outbox_rows import OutboxRow
from medshare.vault.row import Row, Rule
from medshare.vault.rows import CapsuleRow, EnvelopeRow, ReceiptRow
from medshare.vault.statements import Statement, Statements, bound
from medshare.vault.tables import SHAPES, Shape

R = TypeVar("R", bound=Row)


class SqlRows:
    """The rows within one transaction.

    `remains` says that something was overwritten or destroyed whose bytes must not stay in a log.

    Args:
        connection: The driver's, with a transaction open.
        statements: The questions in the words of that database.
    """

    def __init__(self, connection: Any, statements: Statements) -> None:
        self._connection = connection
        self._statements = statements
        self.remains = False

    def put(self, row: Row) -> None:
        """Keep `row`, by the rule of its kind; the same again changes nothing."""
        shape = SHAPES[type(row)]
        values = shape.to_columns(row)
        key = {name: values[name] for name in shape.kind.KEY}
        kept = self._one(shape, list(key.values()))
        if kept is None:
            if isinstance(row, ReceiptRow):
                self._check_continues(row)
            self._insert(shape, values)
            return
        if kept == row:
            return
        if shape.kind.RULE in {Rule.ONCE, Rule.NUMBERED}:
            raise RowConflict(kind=shape.noun)
        _check_newer(shape, row, kept)
        self._run(self._statements.update(shape, key), {**values, **bound(key)})
        dropped = isinstance(kept, OutboxRow) and kept.secret is not None and values["secret"] is None
        if dropped or isinstance(row, (CapsuleRow, EnvelopeRow)):
            self.remains = True

    def add(self, row: Row) -> None:
        """Keep `row`, whose key nobody has yet; the database itself refuses a second one."""
        shape = SHAPES[type(row)]
        self._insert(shape, shape.to_columns(row))

    def get(self, kind: type[R], **key: object) -> R | None:
        """Return the one row under the full `key`, or None."""
        shape = SHAPES[kind]
        row: R | None = self._one(shape, shape.key(key))
        return row

    def require(self, kind: type[R], **key: object) -> R:
        """Return the one row under the full `key`; `RowMissing` if there is none."""
        row = self.get(kind, **key)
        if row is None:
            raise RowMissing(kind=SHAPES[kind].noun)
        return row

    def find(self, kind: type[R], *, after: int | None = None, limit: int | None = None, **equal: object) -> list[R]:
        """Return the rows whose fields equal what is given, in the order of their keys."""
        shape = SHAPES[kind]
        if after is not None:
            _check_field(shape, "seq")
        columns = shape.filters(equal)
        question = self._statements.find(shape, columns, after=after is not None, limited=limit is not None)
        cursor = self._run(question, {**bound(columns), "after": after, "limit": limit})
        return [shape.to_row(values) for values in cursor.fetchall()]

    def pick(self, kind: type[Row], fields: Sequence[str], **equal: object) -> list[tuple[Any, ...]]:
        """Return some fields of the rows whose fields equal what is given, in the order of their keys."""
        shape = SHAPES[kind]
        for field in fields:
            _check_field(shape, field)
            if shape.fields[field].read is not None:
                raise RowForm(field=field, kind=shape.noun)
        columns = shape.filters(equal)
        cursor = self._run(self._statements.pick(shape, fields, columns), bound(columns))
        return [tuple(values) for values in cursor.fetchall()]

    def last(self, kind: type[R], **equal: object) -> R | None:
        """Return the row with the greatest `seq` among those whose fields equal what is given."""
        shape = SHAPES[kind]
        _check_field(shape, "seq")
        columns = shape.filters(equal)
        values = self._run(self._statements.last(shape, columns), {**bound(columns), "limit": 1}).fetchone()
        row: R | None = None if values is None else shape.to_row(values)
        return row

    def line_end(self, *, gateway: Address, patient: Address) -> tuple[int, Bytes32]:
        """Return number and digest of the last receipt of a patient's line; 0 and zero before the first."""
        shape = SHAPES[ReceiptRow]
        columns = shape.filters({"gateway": gateway, "patient": patient})
        found = self._run(self._statements.line_end(shape), {**bound(columns), "limit": 1}).fetchone()
        return (0, ZERO_32) if found is None else (found[0], found[1])

    def beyond(self, kind: type[R], marks: type[Row], **equal: object) -> list[R]:
        """Return the rows whose `seq` is greater than that of the row in `marks` for their line."""
        shape, mark = SHAPES[kind], SHAPES[marks]
        for one in (shape, mark):
            _check_field(one, "seq")
        columns = shape.filters(equal)
        cursor = self._run(self._statements.beyond(shape, mark, columns), bound(columns))
        return [shape.to_row(values) for values in cursor.fetchall()]

    def count(self, kind: type[Row], **equal: object) -> int:
        """Return how many rows there are whose fields equal what is given."""
        shape = SHAPES[kind]
        columns = shape.filters(equal)
        return int(self._run(self._statements.count(shape, columns), bound(columns)).fetchone()[0])

    def destroy(self, kind: type[Row], **equal: object) -> int:
        """Delete these rows for good and return how many there were."""
        shape = SHAPES[kind]
        if not equal:
            raise RowForm(field=", ".join(kind.KEY), kind=shape.noun)
        columns = shape.filters(equal)
        gone = int(self._run(self._statements.delete(shape, columns), bound(columns)).rowcount)
        if gone:
            self.remains = True
        return gone

    def drop_older(self, kind: type[Row], *, at: int) -> int:
        """Delete the rows whose `at` lies before `at`, and return how many there were."""
        shape = SHAPES[kind]
        _check_field(shape, "at")
        return int(self._run(self._statements.delete_older(shape), {"before": at}).rowcount)

    def _one(self, shape: Shape, key: list[Any]) -> Any:
        question = self._statements.by_key(shape)
        cursor = self._connection.cursor()
        cursor.execute(question.text, question.bind(key))
        values = cursor.fetchone()
        return None if values is None else shape.to_row(values)

    def _insert(self, shape: Shape, values: Mapping[str, Any]) -> None:
        question = self._statements.insert(shape)
        self._connection.cursor().execute(question.text, question.bind(list(values.values())))

    def _run(self, statement: Statement, values: Mapping[str, Any]) -> Any:
        cursor = self._connection.cursor()
        cursor.execute(statement.text, statement.bind(values))
        return cursor

    def _check_continues(self, row: ReceiptRow) -> None:
        number, digest = self.line_end(gateway=row.gateway, patient=row.patient)
        if row.seq != number + 1 or row.previous != digest:
            raise ReceiptGap(given=row.seq)


def _check_field(shape: Shape, field: str) -> None:
    if field not in shape.fields:
        raise RowForm(field=field, kind=shape.noun)


def _check_newer(shape: Shape, row: Row, kept: Row) -> None:
    if isinstance(row, OutboxRow) and isinstance(kept, OutboxRow):
        given, stored = int(row.state), int(kept.state)
        newer = row.state.may_follow(kept.state)
    else:
        given, stored = (int(one.seq) for one in (row, kept))  # type: ignore[attr-defined]  # Rule.RISING has a seq
        newer = given > stored
    if not newer:
        raise RowOutdated(kind=shape.noun, given=given, kept=stored)
