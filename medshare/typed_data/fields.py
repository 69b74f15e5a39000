"""The seven kinds of value a signed message may hold, each with one accepted form.

eth-account pads a short `bytes32`, takes "1" for a number and drops unknown keys; here nothing is
converted. Encoding: EIP-712, "Definition of encodeData".
"""

# ruff: noqa: D102 (the base class says what each method does)

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, cast

from medshare.canonical_json import LARGEST_INTEGER
from medshare.digest import keccak
from medshare.errors import InputError
from medshare.hexadecimal import Address, Bytes32, address, from_hex, to_hex
from medshare.typed_data.errors import FieldForm, FieldLength, FieldRange, FieldType

Json = bool | int | str
"""What a field becomes in our canonical JSON."""


class Kind(ABC):
    """One Solidity type: its check, its 32 bytes, its JSON."""

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def check(self, field: str, value: object) -> None:
        """Check that `value` is of this kind, exactly.

        Raises:
            FieldType, FieldRange, FieldLength, FieldForm: It is not.
        """

    @abstractmethod
    def encode(self, value: object) -> Bytes32:
        """Return the 32 bytes that stand for a checked `value` in the struct hash."""

    @abstractmethod
    def to_json(self, value: object) -> Json:
        """Return a checked `value` as JSON."""

    def from_json(self, field: str, value: object) -> object:  # noqa: ARG002 (numbers and bytes need it)
        """Return the value that `to_json` wrote. Its check follows when the message is built.

        Raises:
            FieldForm: `to_json` would have written it differently.
        """
        return value

    def _must_be(self, kind: type, field: str, value: object) -> None:
        # `type` and not isinstance: True is an int, and subclasses may carry another meaning.
        if type(value) is not kind:
            raise FieldType(field=field, found=type(value).__name__, expected=self.name)


class UnsignedKind(Kind):
    """`uint8` to `uint64`: an int that fits."""

    def __init__(self, bits: int) -> None:
        super().__init__(f"uint{bits}")
        self.largest = (1 << bits) - 1

    def check(self, field: str, value: object) -> None:
        self._must_be(int, field, value)
        if not 0 <= cast("int", value) <= self.largest:
            raise FieldRange(field=field, expected=self.name)

    def encode(self, value: object) -> Bytes32:
        return cast("int", value).to_bytes(32, "big")

    def to_json(self, value: object) -> Json:
        number = cast("int", value)
        return number if number <= LARGEST_INTEGER else str(number)

    def from_json(self, field: str, value: object) -> object:
        if type(value) is not str:
            return value
        number = int(value) if value.isascii() and value.isdigit() and len(value) <= 20 else 0
        if number <= LARGEST_INTEGER or str(number) != value:
            raise FieldForm(field=field, expected=self.name)
        return number


class BoolKind(Kind):
    """`bool`: True or False."""

    def check(self, field: str, value: object) -> None:
        self._must_be(bool, field, value)

    def encode(self, value: object) -> Bytes32:
        return bytes(31) + (b"\x01" if value else b"\x00")

    def to_json(self, value: object) -> Json:
        return bool(value)


class AddressKind(Kind):
    """`address`: lower-case 0x hex."""

    def check(self, field: str, value: object) -> None:
        self._must_be(str, field, value)
        try:
            address(value)
        except InputError as error:
            raise FieldForm(field=field, expected=self.name) from error

    def encode(self, value: object) -> Bytes32:
        return bytes(12) + bytes.fromhex(str(value)[2:])

    def to_json(self, value: object) -> Json:
        return str(value)


class Bytes32Kind(Kind):
    """`bytes32`: exactly 32 bytes."""

    def check(self, field: str, value: object) -> None:
        self._must_be(bytes, field, value)
        length = len(cast("bytes", value))
        if length != 32:
            raise FieldLength(field=field, found=length)

    def encode(self, value: object) -> Bytes32:
        return cast("bytes", value)

    def to_json(self, value: object) -> Json:
        return to_hex(cast("bytes", value))

    def from_json(self, field: str, value: object) -> object:
        try:
            return from_hex(value, 32)
        except InputError as error:
            raise FieldForm(field=field, expected=self.name) from error


class TextKind(Kind):
    """`string`: text that UTF-8 can write; hashed as its bytes."""

    def check(self, field: str, value: object) -> None:
        self._must_be(str, field, value)
        try:
            str(value).encode("utf-8")
        except UnicodeEncodeError as error:
            raise FieldForm(field=field, expected=self.name) from error

    def encode(self, value: object) -> Bytes32:
        return keccak(str(value).encode("utf-8"))

    def to_json(self, value: object) -> Json:
        return str(value)


Uint8 = Annotated[int, UnsignedKind(8)]
Uint16 = Annotated[int, UnsignedKind(16)]
Uint32 = Annotated[int, UnsignedKind(32)]
Uint40 = Annotated[int, UnsignedKind(40)]
Uint64 = Annotated[int, UnsignedKind(64)]
Flag = Annotated[bool, BoolKind("bool")]
Account = Annotated[Address, AddressKind("address")]
Word32 = Annotated[Bytes32, Bytes32Kind("bytes32")]
Text = Annotated[str, TextKind("string")]


def camel(name: str) -> str:
    """Return a Python name as Solidity and JSON write it: `not_before` is `notBefore`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
