"""Addresses and byte strings as text: one accepted form, lower-case hex with 0x."""

from __future__ import annotations

import re

from medshare.errors import InputError

Address = str
"""Twenty bytes as `0x` and 40 lower-case hex digits."""

Bytes32 = bytes
"""Exactly 32 bytes."""

ZERO_ADDRESS: Address = "0x" + "00" * 20
ZERO_32: Bytes32 = bytes(32)

_ADDRESS = re.compile(r"0x[0-9a-f]{40}\Z")
_HEX = re.compile(r"0x(?:[0-9a-f]{2})*\Z")


class NotAnAddress(InputError):
    """Raised when a text is not a lower-case hex address. It is not repeated: people paste keys by mistake."""

    code = "hexadecimal.not-an-address"
    cause = "This is not an address."
    remedy = "Give 0x and 40 lower-case hex digits."


class NotHex(InputError):
    """Raised when a text is not lower-case hex of the expected length."""

    code = "hexadecimal.not-hex"
    cause = "This is not a byte string in hex of the expected length."
    remedy = "Give 0x and two lower-case hex digits for each of the {length} bytes."


def address(text: object) -> Address:
    """Return `text` if it is an address in the one accepted form.

    Raises:
        NotAnAddress: It is anything else, a checksummed address too.
    """
    if isinstance(text, str) and _ADDRESS.match(text):
        return text
    raise NotAnAddress


def to_hex(data: bytes) -> str:
    """Return `data` as `0x` and lower-case hex digits."""
    return "0x" + data.hex()


def from_hex(text: object, length: int | None = None) -> bytes:
    """Return the bytes of `text`; `length` in bytes is checked if given.

    Raises:
        NotHex: Upper case, no prefix, an odd number of digits, or another length.
    """
    if isinstance(text, str) and _HEX.match(text) and length in (None, len(text) // 2 - 1):
        return bytes.fromhex(text[2:])
    raise NotHex(length="any number of" if length is None else length)
