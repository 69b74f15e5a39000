"""What a gateway keeps of disputes: the patient's word about a document, and the provider's answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from medshare.hexadecimal import Address, Bytes32
from medshare.vault.row import Row, Rule, SignedBytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeRow(Row):
    """A patient's signed `Dispute` of a leaf; `at` is when the first that nobody has answered came, in seconds."""

    KEY: ClassVar = ("leaf",)
    RULE: ClassVar = Rule.RISING

    leaf: Bytes32
    patient: Address
    provider: Address
    seq: int
    at: int
    signed: SignedBytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledRow(Row):
    """The provider's signed `Settle` of the dispute with number `seq` of a leaf; `at` is when it came."""

    KEY: ClassVar = ("leaf", "seq")
    RULE: ClassVar = Rule.ONCE

    leaf: Bytes32
    seq: int
    at: int
    signed: SignedBytes
