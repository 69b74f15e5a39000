"""Questions that are asked together, at one block: the answer to each is a function of that block alone."""

from __future__ import annotations

from dataclasses import dataclass

from medshare.consent.reasons import Reason
from medshare.consent.rules import Query
from medshare.hexadecimal import Address
from medshare.ledger.types import Power, RecordQuery, RecordState


@dataclass(frozen=True, slots=True)
class SuccessorOf:
    """To which address `patient` moved; the zero address if to none."""

    patient: Address


@dataclass(frozen=True, slots=True)
class ActsUntil:
    """Until when `delegate` holds every power in `powers`, in seconds; 0 if it does not at that block."""

    patient: Address
    delegate: Address
    powers: Power


Question = Query | RecordQuery | SuccessorOf | ActsUntil
Answer = Reason | RecordState | Address | int
"""In the same order: why a consent does not permit, where a record stands, and the two above."""
