"""Rows about what others were handed, and must be asked to destroy again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from medshare.hexadecimal import Address, Bytes32
from medshare.vault.row import Row, Rule, SignedBytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionRow(Row):
    """A period that waits for validators, or that one has checked: the signed `Submission` and its items.

    In the provider's own vault it stands until the period is confirmed. `source` is the URL of
    the provider's door, where the bodies are.
    """

    KEY: ClassVar = ("provider", "root")
    RULE: ClassVar = Rule.ONCE

    provider: Address
    root: Bytes32
    items: bytes
    superseded: tuple[Bytes32, ...]
    source: str
    signed: SignedBytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedRow(Row):
    """A validator that is asked about a period at `url`: from then on it may keep bodies."""

    KEY: ClassVar = ("provider", "root", "validator")
    RULE: ClassVar = Rule.ONCE

    provider: Address
    root: Bytes32
    validator: Address
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderRow(Row):
    """Somebody who may hold copies of an erased document: kept when the rows that told it are destroyed."""

    KEY: ClassVar = ("leaf", "holder")
    RULE: ClassVar = Rule.ONCE

    leaf: Bytes32
    holder: Address
    patient: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class DestructionRow(Row):
    """An erasure that was seen, while something is still to be destroyed here. `target` as in `ErasureRow`."""

    KEY: ClassVar = ("target",)
    RULE: ClassVar = Rule.ONCE

    target: Bytes32
    patient: Address
