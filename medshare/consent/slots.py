"""Scope without leaks: 32 categories and folders hidden among 64 slots (design, section 11).

The nonce of the statement seeds a shuffle `p` of the 64 slots. Category c has slot p[c]; the 32
slots p[32] to p[63] are decoys. A scope is 64 bits, bit s for slot s, and always has 32 of them
set: the real ones and as many decoys as it takes. So the chain learns neither which nor how many.
"""

from __future__ import annotations

import functools
import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from medshare.consent.categories import Category
from medshare.consent.errors import BadScope, CategoriesNone, CategoryTwice, NonceLength, ScopeWithoutCategory
from medshare.hexadecimal import Bytes32

LABEL: Final = b"medshare/v1/slots\x00"
SLOTS: Final = 64
CATEGORY_SLOTS: Final = 32
"""p[0] to p[31] belong to categories and folders; the rest are decoys."""

SCOPE_BITS: Final = 32
"""How many bits every scope has."""


@functools.lru_cache(maxsize=1024)
def slot_map(nonce: Bytes32) -> tuple[int, ...]:
    """Return p: 64 slots, shuffled by Fisher and Yates on SHAKE256(label, 00, nonce).

    Raises:
        NonceLength: The nonce is not 32 bytes.
    """
    if len(nonce) != 32:
        raise NonceLength(length=len(nonce))
    stream = _shake(LABEL + nonce)
    slots = list(range(SLOTS))
    for last in range(SLOTS - 1, 0, -1):
        other = _below(last + 1, stream)
        slots[last], slots[other] = slots[other], slots[last]  # [S-009]
    return tuple(slots)


def slot_of(nonce: Bytes32, category: Category) -> int:
    """Return the slot of `category` under `nonce`, 0 to 63."""
    return slot_map(nonce)[Category(category)]


def category_at(nonce: Bytes32, slot: int) -> Category | None:
    """Return the category at `slot` under `nonce`; None if the slot is a decoy."""
    place = slot_map(nonce).index(slot)
    return Category(place) if place < CATEGORY_SLOTS else None


def scope(
    nonce: Bytes32, categories: Iterable[Category], *, entropy: Callable[[int], bytes] = secrets.token_bytes
) -> int:
    """Return the 64-bit scope of `categories`, filled up to 32 bits with decoys.

    Every choice of decoys is equally likely. `entropy(n)` gives n random bytes.

    Raises:
        CategoriesNone: No category.
        CategoryTwice: The same one twice.
    """
    granted = [Category(category) for category in categories]
    if not granted:
        raise CategoriesNone
    if len(set(granted)) != len(granted):
        raise CategoryTwice
    slots = slot_map(nonce)
    mask = 0
    for category in granted:
        mask |= 1 << slots[category]
    decoys = list(slots[CATEGORY_SLOTS:])
    stream = _one_by_one(entropy)
    for _ in range(SCOPE_BITS - len(granted)):
        mask |= 1 << decoys.pop(_below(len(decoys), stream))  # [N-002]  # [S-009]
    return mask


def categories_of(nonce: Bytes32, mask: int) -> tuple[Category, ...]:
    """Return the categories that the scope `mask` grants under `nonce`, in their order.

    Raises:
        BadScope: The mask does not have 32 of 64 bits.
        ScopeWithoutCategory: Only decoys are set.
    """
    check_scope(mask)
    slots = slot_map(nonce)
    found = tuple(category for category in Category if mask >> slots[category] & 1)
    if not found:
        raise ScopeWithoutCategory
    return found


def check_scope(mask: int) -> None:
    """Check that `mask` has 32 of 64 bits; that is all the chain can check.

    Raises:
        BadScope: It has not.
    """
    if mask < 0 or mask >> SLOTS or mask.bit_count() != SCOPE_BITS:
        raise BadScope(scope=mask)


def _below(count: int, stream: Iterator[int]) -> int:
    """Return an even choice of 0 to count - 1: bytes that would favour the lower ones are skipped."""
    limit = 256 - 256 % count
    byte = next(stream)
    while byte >= limit:
        byte = next(stream)
    return byte % count


def _shake(seed: bytes) -> Iterator[int]:
    # hashlib has no streaming squeeze: a longer output starts with the shorter one.
    done, length = 0, 256
    while True:
        yield from hashlib.shake_256(seed).digest(length)[done:]
        done, length = length, 2 * length


def _one_by_one(entropy: Callable[[int], bytes]) -> Iterator[int]:
    while True:
        yield from entropy(32)
