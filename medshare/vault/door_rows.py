"""What a gateway keeps about those who come to its door: sessions, and what its relay paid for whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from medshare.hexadecimal import Address, Bytes32
from medshare.vault.row import Row, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow(Row):
    """One session. `digest` is SHA-256 of its token: who reads the vault cannot go in with it.

    `owner` is the account, `acts_for` whom it acted for when it signed in, or zero. Of a contract wallet's
    session the signed digest and the signature stay, to ask the wallet again; other sessions have neither.
    """

    KEY: ClassVar = ("digest",)
    RULE: ClassVar = Rule.ONCE

    digest: Bytes32
    owner: Address
    acts_for: Address
    expires: int
    signed: Bytes32 | None = None
    signature: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorKeyRow(Row):
    """A secret that the processes of one gateway share. `name` says what it makes."""

    KEY: ClassVar = ("name",)
    RULE: ClassVar = Rule.ONCE

    name: str
    secret: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetRow(Row):
    """What a relay spent for one patient on one day out of a purse: `seq` transactions, `gas` as estimated."""

    KEY: ClassVar = ("account", "purse", "day")
    RULE: ClassVar = Rule.RISING

    account: Address
    purse: str
    day: int
    seq: int
    gas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedRow(Row):
    """A signed message that a relay carried, by what was signed; `seq` rises when it is carried again.

    `transaction` is zero while it is only paid for from the day's allowance and waits.
    """

    KEY: ClassVar = ("digest",)
    RULE: ClassVar = Rule.RISING

    digest: Bytes32
    seq: int
    transaction: Bytes32
