"""Recursive Length Prefix, as far as a transaction needs it: byte strings and lists.

Source: Ethereum Yellow Paper, appendix B. Decoding is strict: one value has one encoding.
"""

from __future__ import annotations

from medshare.errors import InputError

Item = bytes | list["Item"]

_SHORT = 56
"""Lengths below this stand in the first byte."""


class NotRlp(InputError):
    """Raised when bytes are not the one encoding of a value."""

    code = "ledger.not-rlp"
    cause = "These bytes are not in Recursive Length Prefix form."
    remedy = "Give the bytes of a signed transaction as they were saved."


def encode(item: Item) -> bytes:
    """Return the encoding of `item`."""
    if isinstance(item, list):
        return _framed(b"".join(encode(part) for part in item), 0xC0)
    if len(item) == 1 and item[0] < 0x80:
        return item
    return _framed(item, 0x80)


def number(value: int) -> bytes:
    """Return a number as RLP takes it: big-endian, without leading zeros, nothing for 0."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def decode(data: bytes) -> Item:
    """Return the one item that `data` encodes.

    Raises:
        NotRlp: Cut, lengthened, or not the shortest form.
    """
    item, end = _read(data, 0)
    if end != len(data):
        raise NotRlp
    return item


def _framed(payload: bytes, base: int) -> bytes:
    if len(payload) < _SHORT:
        return bytes([base + len(payload)]) + payload
    size = number(len(payload))
    return bytes([base + _SHORT - 1 + len(size)]) + size + payload


def _read(data: bytes, at: int) -> tuple[Item, int]:
    if at >= len(data):
        raise NotRlp
    first = data[at]
    if first < 0x80:
        return data[at : at + 1], at + 1
    base = 0xC0 if first >= 0xC0 else 0x80
    start, end = _span(data, at, first - base)
    if base == 0x80:
        if end - start == 1 and data[start] < 0x80:
            raise NotRlp
        return data[start:end], end
    parts: list[Item] = []
    while start < end:
        part, start = _read(data, start)
        parts.append(part)
    if start != end:
        raise NotRlp
    return parts, end


def _span(data: bytes, at: int, length: int) -> tuple[int, int]:
    """Return where the payload begins and ends."""
    start = at + 1
    if length >= _SHORT:
        start += length - _SHORT + 1
        size = data[at + 1 : start]
        length = int.from_bytes(size, "big")
        if length < _SHORT or size[0] == 0:
            raise NotRlp
    if start + length > len(data):
        raise NotRlp
    return start, start + length
