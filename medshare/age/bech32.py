"""Bech32 without a length limit: the text form of age keys (BIP 173, C2SP age "Conventions")."""

from __future__ import annotations

from functools import reduce
from operator import xor

from medshare.age.errors import NotAKeyText

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUE = {character: value for value, character in enumerate(_ALPHABET)}
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_STEPS = tuple(
    reduce(xor, (generator for bit, generator in enumerate(_GENERATOR) if top >> bit & 1), 0) for top in range(32)
)
"""What a step of the checksum adds for each value of its five highest bits."""

MAX_TEXT = 4096
"""Characters. The longest key text of age has about 2,000."""


def encode(prefix: str, data: bytes) -> str:
    """Return `data` as lower-case Bech32 under the lower-case `prefix`."""
    groups = _regroup(data)
    checksum = _polymod(_expanded(prefix) + groups + [0] * 6) ^ 1
    tail = [checksum >> shift & 31 for shift in (25, 20, 15, 10, 5, 0)]
    return prefix + "1" + "".join(_ALPHABET[group] for group in groups + tail)


def decode(text: str, *, prefix: str, kind: str, upper: bool = False) -> bytes:
    """Return the bytes of `text`, which must be in one case and under exactly `prefix` (given in lower case).

    Raises:
        NotAKeyText: Another prefix or case, a foreign character, a wrong checksum, or bits left over.
    """
    folded = text.lower()
    right_case = text == (text.upper() if upper else folded)
    if len(text) > MAX_TEXT or not text.isascii() or not right_case or not folded.startswith(prefix + "1"):
        raise NotAKeyText(kind=kind)
    body = folded[len(prefix) + 1 :]
    if len(body) < 6 or any(character not in _VALUE for character in body):
        raise NotAKeyText(kind=kind)
    groups = [_VALUE[character] for character in body]
    if _polymod(_expanded(prefix) + groups) != 1:
        raise NotAKeyText(kind=kind)
    return _ungroup(groups[:-6], kind)


def _polymod(values: list[int]) -> int:
    """Return the BCH checksum of 5-bit `values`."""
    checksum = 1
    for value in values:
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value ^ _STEPS[checksum >> 25]
    return checksum


def _expanded(prefix: str) -> list[int]:
    """Return the prefix as it enters the checksum: high bits, zero, low bits."""
    return [ord(character) >> 5 for character in prefix] + [0] + [ord(character) & 31 for character in prefix]


def _regroup(data: bytes) -> list[int]:
    """Return `data` as 5-bit groups, the last one filled with zero bits."""
    length = (len(data) * 8 + 4) // 5
    number = int.from_bytes(data, "big") << (length * 5 - len(data) * 8)
    return [number >> 5 * index & 31 for index in range(length - 1, -1, -1)]


def _ungroup(groups: list[int], kind: str) -> bytes:
    """Return the whole bytes in `groups`; what is left over must be fewer than 5 bits, all zero."""
    number = 0
    for group in groups:
        number = number << 5 | group
    length, rest = divmod(len(groups) * 5, 8)
    if rest > 4 or number & ((1 << rest) - 1):
        raise NotAKeyText(kind=kind)
    return (number >> rest).to_bytes(length, "big")
