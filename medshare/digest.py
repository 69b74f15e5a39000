"""The two hashes of the project and the one encoding under them (design, section 11)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Final

import sha3
from eth_abi import encode

from medshare.errors import InputError
from medshare.hexadecimal import Bytes32

_ADDRESS: Final = re.compile("0x[0-9a-f]{40}")
_UINTS: Final = {f"uint{bits}": bits for bits in range(8, 257, 8)}


class WordLength(InputError):
    """Raised when a value of 32 bytes has another length."""

    code = "digest.word-length"
    cause = "A value of 32 bytes has {length}."
    remedy = "Give exactly 32 bytes; nothing is padded."


def keccak(data: bytes) -> Bytes32:
    """Return Keccak-256 of `data`, as the chain computes it."""
    return bytes(sha3.keccak_256(data).digest())


def sha256(data: bytes) -> Bytes32:
    """Return SHA-256 of `data`: the digest of bodies and texts."""
    return hashlib.sha256(data).digest()


def digest_of(types: Sequence[str], *values: object) -> Bytes32:
    """Return `keccak256(abi.encode(values))` for Solidity `types`.

    Raises:
        WordLength: A `bytes32` has another length. The library would pad a short one, and so give it
            the digest of another value.
        eth_abi.exceptions.EncodingError: Another value does not fit its type.
    """
    words = b""
    for kind, value in zip(types, values, strict=True):
        if kind == "bytes32" and isinstance(value, bytes):
            if len(value) != 32:
                raise WordLength(length=len(value))
            words += value
        elif kind == "address" and isinstance(value, str) and _ADDRESS.fullmatch(value):
            words += bytes(12) + bytes.fromhex(value[2:])
        elif type(value) is int and (bits := _UINTS.get(kind)) and 0 <= value < 1 << bits:
            words += value.to_bytes(32, "big")
    if len(words) == 32 * len(types):
        return keccak(words)  # the library takes six times as long for the same bytes
    return keccak(encode(types, values))
