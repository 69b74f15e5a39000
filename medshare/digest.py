"""The two hashes of the project and the one encoding under them (design, section 11)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import sha3
from eth_abi import encode

from medshare.hexadecimal import Bytes32


def keccak(data: bytes) -> Bytes32:
    """Return Keccak-256 of `data`, as the chain computes it."""
    return bytes(sha3.keccak_256(data).digest())


def sha256(data: bytes) -> Bytes32:
    """Return SHA-256 of `data`: the digest of bodies and texts."""
    return hashlib.sha256(data).digest()


def digest_of(types: Sequence[str], *values: object) -> Bytes32:
    """Return `keccak256(abi.encode(values))` for Solidity `types`."""
    return keccak(encode(types, values))
