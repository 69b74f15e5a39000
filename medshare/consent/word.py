"""The packed word of a consent: the fields that the chain keeps in one slot (design, section 11).

From the top bit: scope 64, purposes 64, notBefore 40, notAfter 40, issuedAt 32, actions 8, status 8.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Final

from medshare.consent.actions import ALL as ALL_ACTIONS
from medshare.consent.errors import (
    BadActions,
    BadPeriod,
    IssuedInFuture,
    Stale,
    StatusSet,
    TooLong,
    WordRange,
)
from medshare.consent.purposes import codes_of
from medshare.consent.slots import check_scope

DAY: Final = 86_400
LONGEST: Final = 1827 * DAY
"""Seconds from issuedAt to the latest notAfter: five years with two leap days in them."""

UNSENT: Final = 7 * DAY
"""Seconds after which a signed and unsent consent is dead."""

BITS: Final = {
    "scope": 64,
    "purposes": 64,
    "not_before": 40,
    "not_after": 40,
    "issued_at": 32,
    "actions": 8,
    "status": 8,
}
"""Field and width, from the top bit."""


class Status(IntEnum):
    """The last byte of the word: 0 in calldata, the registry stores 1 or 2."""

    NEVER = 0
    GRANTED = 1
    REVOKED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWord:
    """The fields of one packed word. Times are seconds since 1970; the period is half-open."""

    scope: int
    purposes: int
    not_before: int
    not_after: int
    issued_at: int
    actions: int
    status: int = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            value, bits = getattr(self, field.name), BITS[field.name]
            if value < 0 or value >> bits:
                raise WordRange(field=field.name, bits=bits, value=value)

    def pack(self) -> int:
        """Return the word as one number of 256 bits."""
        number = 0
        for name, bits in BITS.items():
            number = number << bits | getattr(self, name)
        return number


def unpack(number: int) -> ConsentWord:
    """Return the fields of a packed word; the form is not checked (`check_form` does).

    Raises:
        WordRange: Negative, or more than 256 bits.
    """
    if number < 0 or number >> 256:
        raise WordRange(field="word", bits=256, value=number)
    values: dict[str, int] = {}
    for name, bits in reversed(BITS.items()):
        values[name] = number & (1 << bits) - 1
        number >>= bits
    return ConsentWord(**values)


def check_form(word: ConsentWord) -> None:
    """Check every rule on the form of a word that is to be granted.

    Raises:
        StatusSet, BadActions, BadPurposes, BadScope, BadPeriod, TooLong: The first that is broken,
            in the contract's order.
    """
    if word.status != Status.NEVER:
        raise StatusSet(status=word.status)
    if word.actions == 0 or word.actions & ~ALL_ACTIONS:  # [C-006]
        raise BadActions(actions=word.actions)
    codes_of(word.purposes)  # [C-007]
    check_scope(word.scope)  # [C-008]
    check_period(not_before=word.not_before, not_after=word.not_after, issued_at=word.issued_at)


def check_period(*, not_before: int, not_after: int, issued_at: int) -> None:
    """Check the times of a consent against each other, in seconds.

    Raises:
        BadPeriod: It starts at zero, or does not end after its start.
        TooLong: It ends more than 1,827 days after `issued_at`.
    """
    if not_before <= 0 or not_before >= not_after:  # [C-009]
        raise BadPeriod(not_before=not_before, not_after=not_after)
    if not_after > issued_at + LONGEST:  # [C-009]
        raise TooLong(issued_at=issued_at, not_after=not_after)


def check_fresh(word: ConsentWord, *, at: int) -> None:
    """Check that a word may be granted at second `at`: issuedAt <= at < issuedAt + 7 days.

    Raises:
        IssuedInFuture, Stale: It may not.
    """
    if word.issued_at > at:  # [C-010]
        raise IssuedInFuture(issued_at=word.issued_at, time=at)
    if at >= word.issued_at + UNSENT:  # [C-010]
        raise Stale(issued_at=word.issued_at, time=at)
