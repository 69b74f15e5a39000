"""The tables of a vault, made from the rows: one column per field, three for a signed message.

What the schema itself holds to, whoever writes: keys are unique, digests have 32 bytes, a `seq` only
rises, receipts are numbered without a gap and each names the digest of the one before.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any, Final, TypeVar, get_args, get_type_hints

from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
)

from medshare.hexadecimal import NotAnAddress, address
from medshare.vault.errors import NotAVault, RowForm
from medshare.vault.outbox_rows import Stage
from medshare.vault.row import Row, Rule, SignedBytes
from medshare.vault.rows import ROWS, ReceiptRow

METADATA: Final = MetaData()
PARTS: Final = ("message", "signer", "signature")
"""The three columns of a `SignedBytes`."""

FOUND_BY: Final = (
    "patient",
    "provider",
    "grantee",
    "requester",
    "institution",
    "validator",
    "owner",
    "root",
    "kind",
    "state",
    "period",
    "call",
)
"""Fields that get an index where they are not the head of a key."""

_WORD: Final = re.compile(r"(?<!^)(?=[A-Z])")
R = TypeVar("R", bound=Row)


class Shape:
    """How one kind of row lies in its table."""

    def __init__(self, kind: type[Row]) -> None:
        self.kind = kind
        self.noun = kind.__name__.removesuffix("Row").lower()
        self.name = _WORD.sub("_", kind.__name__.removesuffix("Row")).lower()
        hints = get_type_hints(kind)
        self.types: dict[str, Any] = {field.name: hints[field.name] for field in fields(kind)}  # type: ignore[arg-type]
        self.table = Table(self.name, METADATA, *self._columns(), *self._constraints())
        _index(self)
        _guard(self)

    def to_columns(self, row: Row) -> dict[str, object]:
        """Return the values of the columns of `row`.

        Raises:
            RowForm: A field has not its form.
        """
        values: dict[str, object] = {}
        for name, kind in self.types.items():
            values.update(self._column_values(name, kind, getattr(row, name)))
        if isinstance(row, ReceiptRow):
            values["previous_seq"] = None if row.seq == 1 else row.seq - 1
        return values

    def filters(self, equal: dict[str, object]) -> dict[str, object]:
        """Return the columns and values that fields and values in `equal` stand for."""
        values: dict[str, object] = {}
        for name, value in equal.items():
            if name not in self.types:
                raise RowForm(field=name, kind=self.noun)
            values.update(self._column_values(name, self.types[name], value))
        return values

    def to_row(self, columns: Any) -> Any:
        """Return the row that these columns hold.

        Raises:
            NotAVault: A value cannot have been written by a vault.
        """
        values: dict[str, Any] = {}
        try:
            for name, kind in self.types.items():
                if _is(kind, SignedBytes):
                    parts = [columns[f"{name}_{part}"] for part in PARTS]
                    values[name] = None if parts[0] is None else SignedBytes(**dict(zip(PARTS, parts, strict=True)))
                elif _is_words(kind):
                    packed = columns[name]
                    values[name] = tuple(packed[at : at + 32] for at in range(0, len(packed), 32))
                else:
                    values[name] = Stage(columns[name]) if kind is Stage else columns[name]
        except ValueError as error:
            raise NotAVault(place=self.name) from error
        return self.kind(**values)

    def _column_values(self, name: str, kind: Any, value: Any) -> dict[str, object]:
        if value is None:
            if type(None) not in get_args(kind):
                raise RowForm(field=name, kind=self.noun)
            return {f"{name}_{part}": None for part in PARTS} if _is(kind, SignedBytes) else {name: None}
        if _is(kind, SignedBytes):
            if not isinstance(value, SignedBytes):
                raise RowForm(field=name, kind=self.noun)
            self._check_address(name, value.signer)
            return {f"{name}_{part}": getattr(value, part) for part in PARTS}
        if _is_words(kind):
            if not isinstance(value, tuple) or any(type(word) is not bytes or len(word) != 32 for word in value):
                raise RowForm(field=name, kind=self.noun)
            return {name: b"".join(value)}
        expected = int if kind is Stage else next(part for part in (bytes, int, str) if _is(kind, part))
        if not isinstance(value, expected) or isinstance(value, bool):
            raise RowForm(field=name, kind=self.noun)
        if name in _addresses(self.kind):
            self._check_address(name, value)
        if isinstance(value, bytes) and name in _words(self.kind) and len(value) != 32:
            raise RowForm(field=name, kind=self.noun)
        if isinstance(value, int) and not 0 <= value < 2**63:
            raise RowForm(field=name, kind=self.noun)
        return {name: int(value) if isinstance(value, int) else value}

    def _check_address(self, name: str, value: object) -> None:
        try:
            address(value)
        except NotAnAddress as error:
            raise RowForm(field=name, kind=self.noun) from error

    def _columns(self) -> list[Column[Any]]:
        columns: list[Column[Any]] = []
        for name, kind in self.types.items():
            optional = type(None) in get_args(kind)
            if _is(kind, SignedBytes):
                columns += [
                    Column(f"{name}_message", LargeBinary, nullable=optional),
                    Column(f"{name}_signer", String(42), nullable=optional),
                    Column(f"{name}_signature", LargeBinary, nullable=optional),
                ]
                continue
            sql: Any = LargeBinary
            if name in _addresses(self.kind):
                sql = String(42)
            elif _is(kind, int):
                sql = BigInteger
            elif _is(kind, str):
                sql = Text
            key = name in self.kind.KEY
            columns.append(Column(name, sql, primary_key=key, nullable=optional, autoincrement=False))
        if self.kind is ReceiptRow:
            columns.append(Column("previous_seq", BigInteger, nullable=True))
        return columns

    def _constraints(self) -> list[Any]:
        constraints: list[Any] = [
            CheckConstraint(f'length("{name}") = 32', name=f"{self.name}_{name}_length")
            for name in self.types
            if name in _words(self.kind)
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


def _is(kind: Any, wanted: type) -> bool:
    options = [part for part in get_args(kind) if part is not type(None)] or [kind]
    return any(isinstance(part, type) and issubclass(part, wanted) for part in options)


def _is_words(kind: Any) -> bool:
    return getattr(kind, "__origin__", None) is tuple


def _named(kind: type[Row], alias: str) -> frozenset[str]:
    # `Address` and `Bytes32` are aliases: the annotation's text tells them from str and bytes.
    return frozenset(
        field.name
        for field in fields(kind)  # type: ignore[arg-type]
        if str(field.type).split(" |")[0] == alias
    )


def _addresses(kind: type[Row]) -> frozenset[str]:
    return _named(kind, "Address")


def _words(kind: type[Row]) -> frozenset[str]:
    return _named(kind, "Bytes32")


def _index(shape: Shape) -> None:
    for name in shape.types:
        if name in FOUND_BY and name != shape.kind.KEY[0]:
            Index(f"{shape.name}_by_{name}", shape.table.c[name])


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
