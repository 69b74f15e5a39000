"""What a vault keeps so that a log can be proven: periods, lines, replays, objections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from medshare.hexadecimal import Address, Bytes32
from medshare.vault.row import Row, Rule, SignedBytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodRow(Row):
    """One period of a gateway, as it is anchored: `seq` from 1, the two roots, the head that they make.

    `digests` are those of the period's receipts, `at` the gateway's second. It is kept before it is sent, and
    whether it was sent is the chain's to say.
    """

    KEY: ClassVar = ("gateway", "seq")
    RULE: ClassVar = Rule.ONCE

    gateway: Address
    seq: int
    head: Bytes32
    previous: Bytes32
    receipts: Bytes32
    heads: Bytes32
    digests: tuple[Bytes32, ...]
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow(Row):
    """How far a patient's line is in a period: the last number and digest there; number 0 while it is in none."""

    KEY: ClassVar = ("gateway", "patient")
    RULE: ClassVar = Rule.RISING

    gateway: Address
    patient: Address
    seq: int
    tag: Bytes32
    digest: Bytes32


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshRow(Row):
    """A patient's line with receipts that are in no period: those whose number is greater than `seq`.

    It stands from the first such receipt to the close of the period, so that nobody looks for them among all lines.
    """

    KEY: ClassVar = ("gateway", "patient")
    RULE: ClassVar = Rule.RISING

    gateway: Address
    patient: Address
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LineStepRow(Row):
    """Where a line stood at the end of a period in which it grew."""

    KEY: ClassVar = ("gateway", "patient", "seq")
    RULE: ClassVar = Rule.ONCE

    gateway: Address
    patient: Address
    seq: int
    tag: Bytes32
    digest: Bytes32
    period: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayRow(Row):
    """The receipt of the first refusal of a request that no later moment mends; `request` is its digest."""

    KEY: ClassVar = ("gateway", "request")
    RULE: ClassVar = Rule.ONCE

    gateway: Address
    request: Bytes32
    patient: Address
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectionRow(Row):
    """A patient's signed `Objection` to one receipt of her line: she does not recognise it."""

    KEY: ClassVar = ("gateway", "patient", "seq")
    RULE: ClassVar = Rule.ONCE

    gateway: Address
    patient: Address
    seq: int
    at: int
    signed: SignedBytes


AUDIT_ROWS: tuple[type[Row], ...] = (PeriodRow, LineRow, FreshRow, LineStepRow, ReplayRow, ObjectionRow)
"""Every kind of row above."""
