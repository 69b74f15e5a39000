"""Rows of the agent's backup: frozen dataclasses that read and write themselves as strict JSON.

A field's type says how it is checked and written, as in `medshare.typed_data.fields`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any, Protocol, Self, get_type_hints

from medshare.canonical_json import LARGEST_INTEGER
from medshare.errors import InputError
from medshare.hexadecimal import Bytes32, from_hex, to_hex
from medshare.keys.account import AccountKey
from medshare.keys.errors import DocumentMalformed
from medshare.keys.root import RootSecret
from medshare.typed_data.errors import FieldType
from medshare.typed_data.fields import Account, Bytes32Kind, Text, Word32, camel


class RowKind(Protocol):
    """Checks and writes one kind of value."""

    def check(self, field: str, value: object) -> None:
        """Check that `value` is of this kind."""
        ...

    def to_json(self, value: Any) -> Any:
        """Return a checked `value` as JSON."""
        ...

    def from_json(self, field: str, value: object) -> object:
        """Return what `to_json` wrote; its check follows."""
        ...


class _Plain:
    """A value of one Python type that JSON writes as it is."""

    def __init__(self, kind: type) -> None:
        self._type = kind

    def check(self, field: str, value: object) -> None:
        if type(value) is not self._type:
            raise FieldType(field=field, found=type(value).__name__, expected=self._type.__name__)

    def to_json(self, value: Any) -> Any:
        return value

    def from_json(self, field: str, value: object) -> object:  # noqa: ARG002 (others need it)
        return value


class _Count(_Plain):
    """A whole number from zero to 2^53."""

    def check(self, field: str, value: object) -> None:
        super().check(field, value)
        if not isinstance(value, int) or not 0 <= value <= LARGEST_INTEGER:
            raise FieldType(field=field, found="number out of range", expected="count")


class _Blob(_Plain):
    """Bytes of any length."""

    def to_json(self, value: Any) -> Any:
        return to_hex(value)

    def from_json(self, field: str, value: object) -> object:  # noqa: ARG002
        return from_hex(value)


class _Leaves:
    """A tuple of 32-byte values."""

    _one = Bytes32Kind("bytes32")

    def check(self, field: str, value: object) -> None:
        if type(value) is not tuple:
            raise FieldType(field=field, found=type(value).__name__, expected="tuple")
        for item in value:
            self._one.check(field, item)

    def to_json(self, value: Any) -> Any:
        return [to_hex(item) for item in value]

    def from_json(self, field: str, value: object) -> object:
        if not isinstance(value, list):
            raise FieldType(field=field, found=type(value).__name__, expected="list")
        return tuple(self._one.from_json(field, item) for item in value)


class _SecretKind(_Plain):
    """A secret of 32 bytes; only the sealed backup ever holds its JSON."""

    def to_json(self, value: Any) -> Any:
        return to_hex(value.secret_bytes())

    def from_json(self, field: str, value: object) -> object:  # noqa: ARG002
        return self._type(from_hex(value, 32))


Name = Text
Count = Annotated[int, _Count(int)]
Blob = Annotated[bytes, _Blob(bytes)]
Yes = Annotated[bool, _Plain(bool)]
Leaves = Annotated[tuple[Bytes32, ...], _Leaves()]
Root = Annotated[RootSecret, _SecretKind(RootSecret)]
OwnKey = Annotated[AccountKey, _SecretKind(AccountKey)]

__all__ = ["Account", "Blob", "Count", "Leaves", "Name", "OwnKey", "Root", "Row", "Word32", "Yes"]


class Row:
    """A frozen dataclass of the kinds above. Building one checks every field.

    Raises:
        FieldType, FieldLength, FieldForm: A field is not what its type says.
    """

    __slots__ = ()

    def __post_init__(self) -> None:
        for attribute, name, kind in members(type(self)):
            kind.check(name, getattr(self, attribute))

    def to_json(self) -> dict[str, Any]:
        """Return the row as JSON. It may hold secrets: only for what is sealed at once."""
        return {name: kind.to_json(getattr(self, attribute)) for attribute, name, kind in members(type(self))}

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Return the row that `to_json` wrote.

        Raises:
            DocumentMalformed: Other keys, or a value that is not in its one form.
        """
        rows = members(cls)
        if not isinstance(value, Mapping) or set(value) != {name for _, name, _ in rows}:
            raise DocumentMalformed(kind="state", why=f"a {cls.__name__} does not have exactly its own keys")
        failed = None
        try:
            return cls(**{attribute: kind.from_json(name, value[name]) for attribute, name, kind in rows})
        except InputError as error:
            failed = type(error).__name__
        # Raised out here: the chained error could hold the value, which may be a secret.
        raise DocumentMalformed(kind="state", why=f"a {cls.__name__} holds a wrong value ({failed})")


_MEMBERS: dict[str, tuple[tuple[str, str, RowKind], ...]] = {}


def members(cls: type[Row]) -> tuple[tuple[str, str, RowKind], ...]:
    """Return attribute, name in JSON, and kind of each field of a row."""
    key = f"{cls.__module__}.{cls.__qualname__}"
    if key not in _MEMBERS:
        hints = get_type_hints(cls, include_extras=True)
        names = [field.name for field in fields(cls)]  # type: ignore[arg-type]
        _MEMBERS[key] = tuple((name, camel(name), hints[name].__metadata__[0]) for name in names)
    return _MEMBERS[key]
