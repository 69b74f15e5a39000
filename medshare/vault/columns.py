"""How one field of a row lies in the columns of its table: one class per kind of field.

The kind is told by the annotation: `Address` and `Bytes32` are aliases of str and bytes, and only the
annotation's text tells them apart. Each class checks a value, writes it and reads it back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import fields
from enum import IntEnum
from typing import Any, Final, get_args, get_type_hints

from sqlalchemy import BigInteger, LargeBinary, String, Text

from medshare.hexadecimal import NotAnAddress, address
from medshare.vault.row import Row, SignedBytes

LARGEST: Final = 2**63 - 1
"""The greatest number that both databases hold."""


class BadValue(ValueError):
    """A value has not the form of its field; the table that knows the row makes a `RowForm` of it."""


class Field(ABC):
    """One field: its columns, and how a value goes into them and comes out."""

    sql: Any
    wide = 1
    """How many columns it takes."""

    def __init__(self, name: str, *, optional: bool) -> None:
        self.name = name
        self.optional = optional

    @property
    def columns(self) -> tuple[tuple[str, Any], ...]:
        """The names of its columns with their SQL types."""
        return ((self.name, self.sql),)

    def write(self, value: Any) -> Any:
        """Return the value of its column, a tuple if it has several; `BadValue` where `value` has not its form."""
        if value is not None:
            return self.encode(value)
        if not self.optional:
            raise BadValue
        return None if self.wide == 1 else (None,) * self.wide

    @abstractmethod
    def encode(self, value: Any) -> Any:
        """Return what `write` does for a `value` that is not None."""

    read: Callable[[Any], Any] | None = None
    """Returns the value of a column, or of a tuple of them; ValueError where no vault wrote it. None: it is itself."""


class AddressField(Field):
    """An account."""

    sql = String(42)

    def encode(self, value: Any) -> Any:
        """Return the column's value."""
        return _checked_address(value)


class WordField(Field):
    """Exactly 32 bytes."""

    sql = LargeBinary

    def encode(self, value: Any) -> Any:
        """Return the column's value."""
        if not isinstance(value, bytes) or len(value) != 32:
            raise BadValue
        return value


class BytesField(Field):
    """Any bytes."""

    sql = LargeBinary

    def encode(self, value: Any) -> Any:
        """Return the column's value."""
        if not isinstance(value, bytes):
            raise BadValue
        return value


class TextField(Field):
    """Any text that both databases hold: Unicode without the character zero."""

    sql = Text

    def encode(self, value: Any) -> Any:
        """Return the column's value."""
        if not isinstance(value, str) or "\0" in value:
            raise BadValue
        if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise BadValue
        return value


class NumberField(Field):
    """A whole number from 0 to 2^63 - 1."""

    sql = BigInteger

    def encode(self, value: Any) -> Any:
        """Return the column's value."""
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST:
            raise BadValue
        return int(value)


class ChoiceField(NumberField):
    """A member of an `IntEnum`, kept as its number."""

    def __init__(self, name: str, choices: type[IntEnum], *, optional: bool) -> None:
        super().__init__(name, optional=optional)
        self.read = lambda number: None if number is None else choices(number)


class SignedField(Field):
    """A `SignedBytes`: message, signer, signature."""

    wide = 3

    @property
    def columns(self) -> tuple[tuple[str, Any], ...]:
        """The names of its columns with their SQL types."""
        return (
            (f"{self.name}_message", LargeBinary),
            (f"{self.name}_signer", String(42)),
            (f"{self.name}_signature", LargeBinary),
        )

    def encode(self, value: Any) -> Any:
        """Return the values of the three columns."""
        if not isinstance(value, SignedBytes):
            raise BadValue
        return value.message, _checked_address(value.signer), value.signature

    @staticmethod
    def read(values: Any) -> SignedBytes | None:
        """Return the signed message."""
        message, signer, signature = values
        return None if message is None else SignedBytes(message=message, signer=signer, signature=signature)


class WordsField(Field):
    """Several words of 32 bytes, one after the other."""

    sql = LargeBinary

    def encode(self, value: Any) -> Any:
        """Return the column's value."""
        if not isinstance(value, tuple) or any(type(word) is not bytes or len(word) != 32 for word in value):
            raise BadValue
        return b"".join(value)

    @staticmethod
    def read(packed: Any) -> tuple[bytes, ...]:
        """Return the words."""
        return tuple([packed[at : at + 32] for at in range(0, len(packed), 32)])


def fields_of(kind: type[Row]) -> tuple[Field, ...]:
    """Return how each field of `kind` lies in its table."""
    hints = get_type_hints(kind)
    return tuple(
        _field(field.name, str(field.type).split(" |")[0], hints[field.name])
        for field in fields(kind)  # type: ignore[arg-type]  # every row is a dataclass
    )


_BY_ALIAS: Final[dict[str, Callable[..., Field]]] = {"Address": AddressField, "Bytes32": WordField}
_BY_TYPE: Final[dict[Any, Callable[..., Field]]] = {bytes: BytesField, str: TextField, int: NumberField}


def _field(name: str, alias: str, hint: Any) -> Field:
    optional = type(None) in get_args(hint)
    if getattr(hint, "__origin__", None) is tuple:
        return WordsField(name, optional=optional)
    kind = next((part for part in get_args(hint) if part is not type(None)), hint)
    if alias in _BY_ALIAS:
        return _BY_ALIAS[alias](name, optional=optional)
    if issubclass(kind, SignedBytes):
        return SignedField(name, optional=optional)
    if issubclass(kind, IntEnum):
        return ChoiceField(name, kind, optional=optional)
    return _BY_TYPE[kind](name, optional=optional)


def _checked_address(value: object) -> str:
    try:
        return address(value)
    except NotAnAddress as error:
        raise BadValue from error
