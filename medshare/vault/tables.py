"""The tables of a vault, made from the rows: one column per field, three for a signed message.

What the schema itself holds to, whoever writes: keys are unique, digests have 32 bytes, a `seq` only
rises, receipts are numbered without a gap and each names the digest of the one before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Table,
    UniqueConstraint,
    create_mock_engine,
    event,
)

from medshare.vault.columns import BadValue, WordField, fields_of
from medshare.vault.errors import NotAVault, RowForm
from medshare.vault.row import Row, Rule
from medshare.vault.rows import ROWS, ReceiptRow

METADATA: Final = MetaData()

FOUND_BY: Final = (
    "patient",
    "provider",
    "grantee",
    "requester",
    "institution",
    "validator",
    "holder",
    "owner",
    "root",
    "act",
    "state",
    "period",
    "call",
    "head",
    "cid",
    "leaf",
)
"""Fields that get an index where they are not the head of a key."""

WITH_KEY: Final = ("period", "call", "head")
"""Of them those that are asked for together with the head of the key; then the whole key stands in the index too.

SQLite would go by the key otherwise, through everything under its head: its rows are in the order that is asked for.
"""

_WORD: Final = re.compile(r"(?<!^)(?=[A-Z])")


class Shape:
    """How one kind of row lies in its table."""

    def __init__(self, kind: type[Row]) -> None:
        self.kind = kind
        self.noun = kind.__name__.removesuffix("Row").lower()
        self.name = _WORD.sub("_", kind.__name__.removesuffix("Row")).lower()
        self.fields = {field.name: field for field in fields_of(kind)}
        self.columns = tuple(name for field in self.fields.values() for name, _ in field.columns)
        """The columns that hold the fields, in their order."""
        self._key = [self.fields[name] for name in kind.KEY]
        self._read = [
            (name, self._place(name), field.read) for name, field in self.fields.items() if field.read is not None
        ]
        self._plain = [name for name, field in self.fields.items() if field.read is None]
        self._plain_of = _getter([self.columns.index(name) for name in self._plain])
        self.table = Table(self.name, METADATA, *self._columns(), *self._constraints())
        _index(self)
        _guard(self)

    def to_columns(self, row: Row) -> dict[str, object]:
        """Return the values of the columns of `row`, in the order of the table.

        Raises:
            RowForm: A field has not its form.
        """
        values = self.filters({name: getattr(row, name) for name in self.fields})
        if isinstance(row, ReceiptRow):
            values["previous_seq"] = None if row.seq == 1 else row.seq - 1
        return values

    def filters(self, equal: Mapping[str, object]) -> dict[str, object]:
        """Return the columns and values that fields and values in `equal` stand for.

        Raises:
            RowForm: No such field, or a value has not its form.
        """
        values: dict[str, object] = {}
        fields = self.fields
        for name, value in equal.items():
            field = fields.get(name)
            if field is None:
                raise RowForm(field=name, kind=self.noun)
            try:
                written = field.write(value)
            except BadValue as error:
                raise RowForm(field=name, kind=self.noun) from error
            if field.wide == 1:
                values[name] = written
            else:
                values.update(zip((column for column, _ in field.columns), written, strict=True))
        return values

    def key(self, given: Mapping[str, object]) -> list[Any]:
        """Return the values of the columns of the key, in its order.

        Raises:
            RowForm: Not exactly the fields of the key, or a value has not its form.
        """
        if len(given) != len(self._key):
            raise RowForm(field=", ".join(self.kind.KEY), kind=self.noun)
        values = []
        for field in self._key:
            if field.name not in given:
                raise RowForm(field=", ".join(self.kind.KEY), kind=self.noun)
            try:
                values.append(field.write(given[field.name]))
            except BadValue as error:
                raise RowForm(field=field.name, kind=self.noun) from error
        return values

    def to_row(self, values: Sequence[Any]) -> Any:
        """Return the row that the `columns` hold.

        Raises:
            NotAVault: A value cannot have been written by a vault.
        """
        found = dict(zip(self._plain, self._plain_of(values), strict=True))
        try:
            for name, place, read in self._read:
                found[name] = read(values[place])
        except ValueError as error:
            raise NotAVault(place=self.name) from error
        return self.kind(**found)

    def _place(self, name: str) -> int | slice:
        """Return where the columns of a field stand among all."""
        field = self.fields[name]
        start = self.columns.index(field.columns[0][0])
        return start if field.wide == 1 else slice(start, start + field.wide)

    def _columns(self) -> list[Column[Any]]:
        columns = [
            Column(name, sql, primary_key=name in self.kind.KEY, nullable=field.optional, autoincrement=False)
            for field in self.fields.values()
            for name, sql in field.columns
        ]
        if self.kind is ReceiptRow:
            columns.append(Column("previous_seq", BigInteger, nullable=True))
        return columns

    def _constraints(self) -> list[Any]:
        constraints: list[Any] = [
            CheckConstraint(f'length("{name}") = 32', name=f"{self.name}_{name}_length")
            for name, field in self.fields.items()
            if isinstance(field, WordField)
        ]
        if self.kind.RULE is Rule.NUMBERED:
            constraints += [
                UniqueConstraint("gateway", "patient", "seq", "digest", name="receipt_link"),
                ForeignKeyConstraint(
                    ["gateway", "patient", "previous_seq", "previous"],
                    ["receipt.gateway", "receipt.patient", "receipt.seq", "receipt.digest"],
                    name="receipt_previous",
                ),
                CheckConstraint(
                    "(seq = 1 AND previous_seq IS NULL) OR (seq > 1 AND previous_seq = seq - 1)",
                    name="receipt_without_gap",
                ),
            ]
        return constraints


def _getter(places: Sequence[int]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    found = itemgetter(*places)
    # itemgetter of one place gives the value alone.
    return found if len(places) > 1 else lambda values: (found(values),)


def _index(shape: Shape) -> None:
    for name in shape.fields:
        if name in FOUND_BY and name != shape.kind.KEY[0]:
            names = (name, *shape.kind.KEY) if name in WITH_KEY else (name,)
            Index(f"{shape.name}_by_{name}", *(shape.table.c[one] for one in names))


def _guard(shape: Shape) -> None:
    """Let the database itself refuse a number that does not rise."""
    if shape.kind.RULE is not Rule.RISING:
        return
    name = shape.name
    trigger: Callable[[str], Any] = DDL
    event.listen(
        shape.table,
        "after_create",
        trigger(
            f"CREATE TRIGGER {name}_rises BEFORE UPDATE ON {name} WHEN NEW.seq <= OLD.seq "
            f"BEGIN SELECT RAISE(ABORT, 'seq does not rise'); END"
        ).execute_if(dialect="sqlite"),
    )
    event.listen(
        shape.table,
        "after_create",
        trigger(
            f"CREATE FUNCTION {name}_rises() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF NEW.seq <= OLD.seq THEN RAISE integrity_constraint_violation "
            f"USING MESSAGE = 'seq does not rise'; END IF; RETURN NEW; END $$; "
            f"CREATE TRIGGER {name}_rises BEFORE UPDATE ON {name} FOR EACH ROW EXECUTE FUNCTION {name}_rises()"
        ).execute_if(dialect="postgresql"),
    )


SHAPES: Final[dict[type[Row], Shape]] = {kind: Shape(kind) for kind in ROWS}
"""How every kind of row lies in its table."""


@cache
def schema_of(dialect: str) -> tuple[str, ...]:
    """Return the statements that make every table, index and trigger in the words of a dialect, in order."""
    made: list[str] = []

    def keep(statement: Any, *_: Any, **__: Any) -> None:
        made.append(str(statement.compile(dialect=engine.dialect)))

    engine: Any = create_mock_engine(f"{dialect}://", keep)
    METADATA.create_all(engine, checkfirst=False)
    return tuple(made)
