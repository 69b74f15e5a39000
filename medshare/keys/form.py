"""Strict reading of our own JSON documents, and the padded age file that some of them travel in."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from typing import Any, Final

from medshare import canonical_json
from medshare.age import HybridIdentity, HybridRecipient, decrypt, encrypt
from medshare.age.entropy import Entropy
from medshare.errors import InputError
from medshare.hexadecimal import Address, address, from_hex
from medshare.keys.errors import DocumentMalformed
from medshare.record.padding import padded_length

HEADER_ROOM: Final = 4096
"""Bytes. More than the header and the tags of a small age file take."""


class Form:
    """One JSON object with exactly the keys it must have, read field by field.

    Raises:
        DocumentMalformed: Not an object, or other keys. So do all its methods for a wrong value.
    """

    def __init__(self, kind: str, value: object, keys: Collection[str]) -> None:
        self._kind = kind
        if not isinstance(value, dict) or set(value) != set(keys):
            raise DocumentMalformed(kind=kind, why="it does not have exactly its own keys")
        self._value: dict[str, Any] = value

    def integer(self, name: str, *, low: int = 0, high: int = canonical_json.LARGEST_INTEGER) -> int:
        """Return a whole number from `low` to `high`."""
        value = self._value[name]
        if type(value) is not int or not low <= value <= high:
            raise self.malformed(name)
        return value

    def text(self, name: str, *, longest: int) -> str:
        """Return a text of at most `longest` characters."""
        value = self._value[name]
        if not isinstance(value, str) or len(value) > longest:
            raise self.malformed(name)
        return value

    def address(self, name: str) -> Address:
        """Return an address."""
        try:
            return address(self._value[name])
        except InputError as error:
            raise self.malformed(name) from error

    def data(self, name: str, length: int) -> bytes:
        """Return `length` bytes."""
        try:
            return from_hex(self._value[name], length)
        except InputError as error:
            raise self.malformed(name) from error

    def rows(self, name: str, *, most: int) -> list[Any]:
        """Return a list of at most `most` values, which are not looked at."""
        value = self._value[name]
        if not isinstance(value, list) or len(value) > most:
            raise self.malformed(name)
        return value

    def map(self, name: str, *, most: int) -> dict[str, Any]:
        """Return an object of at most `most` values, which are not looked at."""
        value = self._value[name]
        if not isinstance(value, dict) or len(value) > most:
            raise self.malformed(name)
        return value

    def optional(self, name: str) -> Any:
        """Return the value of a field, None where it is null; it is not looked at."""
        return self._value[name]

    @property
    def whole(self) -> dict[str, Any]:
        """The object itself."""
        return self._value

    def malformed(self, name: str) -> DocumentMalformed:
        """Return the error about the field `name`."""
        return DocumentMalformed(kind=self._kind, why=f"its {name} is not what it should be")


def parse_json(kind: str, data: bytes, *, limit: int) -> Any:
    """Return the value of canonical JSON of at most `limit` bytes.

    Raises:
        DocumentMalformed: Anything else.
    """
    try:
        return canonical_json.loads(data, limit=limit)
    except canonical_json.NotCanonical as error:
        raise DocumentMalformed(kind=kind, why="it is not canonical JSON, or too long") from error


def seal_json(
    value: object, recipient: HybridRecipient, *, size: int | None = None, entropy: Entropy = secrets.token_bytes
) -> bytes:
    """Return an age file of canonical JSON and line feeds up to `size`, or up to a Padmé size.

    The caller sees to it that the JSON is not longer than `size`.
    """
    text = canonical_json.dumps(value)
    length = padded_length(len(text)) if size is None else size
    return encrypt(text.ljust(length, b"\n"), [recipient], entropy)


def open_json(kind: str, file: bytes, identity: HybridIdentity, *, limit: int, size: int | None = None) -> Any:
    """Return the value that `seal_json` sealed.

    Raises:
        DocumentMalformed: Too long, not padded as it must be, or not canonical JSON.
        HeaderError, NoIdentityMatches, HeaderForged, PayloadDamaged: The file does not open.
    """
    if len(file) > limit + HEADER_ROOM:
        raise DocumentMalformed(kind=kind, why=f"it has more than {limit} bytes")
    padded = decrypt(file, [identity])
    text = padded.rstrip(b"\n")
    if len(padded) != (padded_length(len(text)) if size is None else size):  # [K-003]
        raise DocumentMalformed(kind=kind, why="it is not padded to its size")
    return parse_json(kind, text, limit=limit)
