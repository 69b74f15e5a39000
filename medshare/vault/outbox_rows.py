"""What the outbox keeps: acts that touch two systems, the transactions they need, and whose turn it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from medshare.hexadecimal import Address, Bytes32
from medshare.vault.row import Row, Rule


class Stage(IntEnum):
    """Where an upload, another two-system act, or a transaction stands (design, section 7)."""

    DRAFT = 0
    SEALED = 1
    STORED = 2
    SIGNED = 3
    SENT = 4
    MINED = 5
    FINAL = 6
    ABANDONED = 7
    """Given up: nothing of it is left to do, and it never reached the chain."""

    def may_follow(self, before: Stage) -> bool:
        """Return whether a row goes from `before` to this stage.

        It goes forward. It goes back to SENT when a reorganisation took its block, and to STORED when its
        transaction can never be mined and another one is needed.
        """
        return self >= before or (before, self) in _BACK


_BACK = frozenset(
    {
        (Stage.MINED, Stage.SENT),
        (Stage.SIGNED, Stage.STORED),
        (Stage.SENT, Stage.STORED),
        (Stage.MINED, Stage.STORED),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow(Row):
    """One act that touches two systems, written before each step.

    `work` is what is still to be done, in the owner's own form. `secret` is what must not stay: the plaintext
    of a draft; capsule and body of a sealed document until they are deposited. Putting a row without it
    really deletes them. `period` is the root that a document is anchored under. `account` and `nonce`
    name the transaction that carries the act, once there is one.
    """

    KEY: ClassVar = ("id",)
    RULE: ClassVar = Rule.STAGED

    id: Bytes32
    act: str
    state: Stage
    work: bytes
    secret: bytes | None = None
    period: Bytes32 | None = None
    account: Address | None = None
    nonce: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainTransactionRow(Row):
    """One nonce of a sending account, and the bytes signed for it: saved before they are sent.

    `raw` are the newest bytes and `transaction` their hash; `earlier` are the hashes of what they replaced at a
    higher fee, each of which may still be mined in their place. `call` is the Keccak-256 of the contract's
    address and the calldata. `work` is the id of the `OutboxRow` that it carries, if there is one.
    `at` is the number of the head when `raw` was signed; `block` is where one of them was mined.
    """

    KEY: ClassVar = ("account", "nonce")
    RULE: ClassVar = Rule.RISING

    account: Address
    nonce: int
    seq: int
    state: Stage
    raw: bytes
    transaction: Bytes32
    earlier: tuple[Bytes32, ...]
    call: Bytes32
    at: int
    work: Bytes32 | None = None
    block: Bytes32 | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRow(Row):
    """The next nonce of a sending account: one sender at a time."""

    KEY: ClassVar = ("account",)
    RULE: ClassVar = Rule.RISING

    account: Address
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRow(Row):
    """An offer of enrolment that the desk shows; `seq` 1 once `patient` has answered it. It ends at `expiry`."""

    KEY: ClassVar = ("nonce",)
    RULE: ClassVar = Rule.RISING

    nonce: Bytes32
    institution: Address
    expiry: int
    seq: int = 0
    patient: Address | None = None
