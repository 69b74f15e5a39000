"""What the index answers with: frozen values, ready for a page, a report or JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from medshare.consent.reasons import Reason
from medshare.consent.word import unpack
from medshare.hexadecimal import Address, Bytes32
from medshare.ledger.events import Log
from medshare.ledger.types import Block

LOG_BITS: Final = 20
"""Bits of a position that count the logs of one block; the bits above are the block's number."""


def position_of(block_number: int, log_index: int) -> int:
    """Return the number by which the index orders and pages its entries."""
    return block_number << LOG_BITS | log_index


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event on the canonical chain; `time` is its block's, in seconds since 1970."""

    log: Log
    time: int

    @property
    def position(self) -> int:
        """Its place in the order of the chain: give it as `after` to get what follows."""
        return position_of(self.log.block_number, self.log.index)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedConsent:
    """A consent as the chain's events tell it. `word` is the packed word as granted.

    `granted_at` and `revoked_at` are seconds of blocks; `mark` is the patient's lockdown mark, 0 if
    there is none. `position` is that of the grant.
    """

    patient: Address
    grantee: Address
    terms: Bytes32
    consent_id: Bytes32
    word: int
    position: int
    granted_at: int
    revoked_at: int | None
    mark: int

    def standing(self, *, at: int) -> Reason:
        """Return why the consent is not in force at second `at`, `PERMITTED` if it is.

        The order is the contract's. Slot, purpose, action and the people are not looked at.
        """
        word = unpack(self.word)
        if self.revoked_at is not None:
            return Reason.REVOKED
        if word.issued_at <= self.mark:
            return Reason.LOCKED
        if at < word.not_before:
            return Reason.EARLY
        return Reason.PERMITTED if at < word.not_after else Reason.ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Reorganisations:
    """How often the chain took blocks back that the index had, and how many at most and at last."""

    count: int = 0
    deepest: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Where the index stands.

    `first` is the block before the deployment, `tip` the last one that was read; both None in an
    index that never read a chain. `indexed` says that pages are quick: it is false until the first
    run came to its end. `alarm` is the code of the error that stopped it, None while all is well.
    """

    place: str
    chain_id: int | None
    first: Block | None
    tip: Block | None
    entries: int
    indexed: bool
    reorganisations: Reorganisations
    alarm: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far one run is: blocks from `first` to `last` are read, of those up to `goal`; `entries` so far."""

    first: int
    last: int
    goal: int
    entries: int

    @property
    def share(self) -> float:
        """The part of the blocks that is done, from 0 to 1."""
        return 1.0 if self.goal < self.first else (self.last - self.first + 1) / (self.goal - self.first + 1)
