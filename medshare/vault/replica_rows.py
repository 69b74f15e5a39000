"""What a vault keeps about copies of bodies: who has one, whose turn it is, and what is below the rule."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from medshare.hexadecimal import Address, Bytes32
from medshare.vault.row import Row, Rule


class ReplicaState(IntEnum):
    """What is known of another holder's copy."""

    PROVEN = 1
    """It answered the last challenge rightly."""

    SILENT = 2
    """It did not answer the last challenge."""

    MISSING = 3
    """It said that it has no whole copy now."""

    WRONG = 4
    """It answered the last challenge wrongly."""

    ERASING = 5
    """The document was erased here, and the holder has not given its word that it destroyed its copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaRow(Row):
    """Another institution's copy of a body that is, or was, kept here.

    `url` is the holder's door. `proven` is the second of its last right answer, 0 before the first; `at` that of
    the last change or question.
    """

    KEY: ClassVar = ("leaf", "holder")
    RULE: ClassVar = Rule.RISING

    leaf: Bytes32
    holder: Address
    url: str
    state: ReplicaState
    proven: int
    at: int
    seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PinTurnRow(Row):
    """When the body of a leaf is looked at again: whose `cycle` and secret random `ticket` are least comes next."""

    KEY: ClassVar = ("cycle", "ticket", "leaf")
    RULE: ClassVar = Rule.ONCE

    cycle: int
    ticket: Bytes32
    leaf: Bytes32


@dataclass(frozen=True, slots=True, kw_only=True)
class DeficitRow(Row):
    """The alarm that a confirmed body was found on fewer nodes than the rule says; it goes when that is healed.

    `found` of `needed` copies at the last look; `at` is the second since which there are too few.
    """

    KEY: ClassVar = ("leaf",)
    RULE: ClassVar = Rule.RISING

    leaf: Bytes32
    cid: str
    found: int
    needed: int
    at: int
    seq: int = 0


REPLICA_ROWS: tuple[type[Row], ...] = (ReplicaRow, PinTurnRow, DeficitRow)
"""Every kind of row above."""
