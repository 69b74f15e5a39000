"""Randomness as a parameter, with its length checked."""

from __future__ import annotations

from collections.abc import Callable

from medshare.age.errors import EntropyBroken

Entropy = Callable[[int], bytes]
"""Gives that many random bytes; `secrets.token_bytes` unless a test says otherwise."""


def draw(entropy: Entropy, length: int) -> bytes:
    """Return `length` bytes of `entropy`.

    Raises:
        EntropyBroken: The source gave another number of bytes.
    """
    data = entropy(length)
    if len(data) != length:
        raise EntropyBroken(given=len(data), expected=length)
    return data
