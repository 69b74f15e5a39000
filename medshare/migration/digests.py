"""Keyed digests: what the journal knows items by, and everything that must come out alike a second time.

A bare hash of a record would let anyone who guesses the record find it again; these need the journal's key.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from medshare.hexadecimal import Bytes32
from medshare.intake import Numeral

KEY_BYTES = 32


def keyed(key: bytes, *parts: bytes) -> Bytes32:
    """Return HMAC-SHA-256 (RFC 2104) over `parts`, each after its length of 8 bytes."""
    mac = hmac.new(key, digestmod=hashlib.sha256)
    for part in parts:
        mac.update(len(part).to_bytes(8, "big"))
        mac.update(part)
    return mac.digest()


def keyed_file(key: bytes, label: bytes, place: Path) -> Bytes32:
    """Return the same over a label and the bytes of a file, read in pieces.

    Raises:
        OSError: It cannot be read.
    """
    with place.open("rb") as file:
        inner = hashlib.file_digest(file, lambda: hmac.new(key, digestmod=hashlib.sha256))
    return keyed(key, label, inner.digest())


def stream(key: bytes, *parts: bytes) -> Callable[[int], bytes]:
    """Return a source of bytes that are random to whoever lacks the key, and alike for the same `parts`."""
    seed, number, rest = keyed(key, *parts), 0, b""

    def draw(size: int) -> bytes:
        nonlocal number, rest
        while len(rest) < size:
            rest += keyed(seed, number.to_bytes(8, "big"))
            number += 1
        drawn, rest = rest[:size], rest[size:]
        return drawn

    return draw


def canonical(resource: Any) -> bytes:
    """Return one text for equal resources, whatever the order of their keys. 1.10 is not 1.1."""
    return json.dumps(resource, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_numeral).encode(
        "utf-8", "surrogatepass"
    )


def _numeral(value: Numeral) -> dict[str, str]:
    return {"\0": value.text}  # no element has such a name
