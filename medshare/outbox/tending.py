"""Going over the transactions that nobody waits for any more: after a restart, and every few minutes.

What was saved is sent again, what waits too long is replaced, a nonce that was leased and has no transaction is
filled, what a reorganisation took waits again, and what is final is closed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from medshare.errors import MedShareError
from medshare.hexadecimal import Address
from medshare.ledger import Block, Signer
from medshare.ledger.finality import final_of
from medshare.outbox.book import FLYING
from medshare.outbox.errors import TransactionGivenUp
from medshare.outbox.sender import PASSING, Outbox
from medshare.vault import ChainTransactionRow, LeaseRow, Stage


class Fate(Enum):
    """Where a transaction stood after it was looked at."""

    WAITS = "waits"
    """The node has it, no block yet."""

    MINED = "mined"
    """In a block that may still be taken back."""

    FINAL = "final"
    REFUSED = "refused"
    """Mined, and the contract said no."""

    GIVEN_UP = "given up"
    UNREACHABLE = "unreachable"
    """The node did not answer, or did not take it; it stays saved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tended:
    """What was done with the transactions that were not final yet.

    `fates` counts every one of them once. `replaced`, `taken_back` and `filled` say what was done on the way: a
    higher fee or another nonce, a block that is gone, an empty transaction under a nonce that had none.
    """

    fates: Mapping[Fate, int]
    replaced: int = 0
    taken_back: int = 0
    filled: int = 0

    @property
    def looked_at(self) -> int:
        """How many transactions there were."""
        return sum(self.fates.values())


class _Round:
    """One round over the book."""

    def __init__(self, outbox: Outbox, signers: Iterable[Signer]) -> None:
        self._outbox = outbox
        self._signers: dict[Address, Signer] = {signer.address: signer for signer in signers}
        self._fates: Counter[Fate] = Counter()
        self._replaced = self._taken_back = self._filled = 0

    def run(self) -> Tended:
        vault = self._outbox.vault
        for signer in self._signers.values():
            self._fill(signer)
        open_rows = [row for state in (*FLYING, Stage.MINED) for row in vault.find(ChainTransactionRow, state=state)]
        for row in sorted(open_rows, key=lambda row: (row.account, row.nonce)):
            self._fates[self._look(row)] += 1
        return Tended(
            fates=dict(self._fates), replaced=self._replaced, taken_back=self._taken_back, filled=self._filled
        )

    def _fill(self, signer: Signer) -> None:
        """Fill the nonces that were leased and have no transaction: everything after them waits for them."""
        vault, account = self._outbox.vault, signer.address
        lease = vault.get(LeaseRow, account=account)
        if lease is None:
            return
        try:
            for nonce in range(self._outbox.ledger.mined_nonce(account), lease.seq):
                if vault.get(ChainTransactionRow, account=account, nonce=nonce) is None:
                    self._outbox.fill(signer, nonce)  # [U-008]
                    self._filled += 1
        except PASSING:
            return  # the next round fills them

    def _look(self, row: ChainTransactionRow) -> Fate:
        try:
            return self._closed(row) if row.state is Stage.MINED else self._pushed(row)
        except TransactionGivenUp:
            return Fate.GIVEN_UP
        except PASSING:
            return Fate.UNREACHABLE
        except MedShareError:
            return Fate.REFUSED

    def _closed(self, row: ChainTransactionRow) -> Fate:
        """Close a mined row whose block is final; one whose block is gone is sent again."""
        with self._outbox.ledger.decision():  # [G-004]
            done = self._outbox.settle(row)
            if done is not None and self._is_under_final(done.block):
                self._outbox.finalise(row, done)
                return Fate.FINAL
        if done is not None:
            return Fate.MINED
        self._taken_back += 1
        return self._pushed(self._outbox.take_back(row))

    def _is_under_final(self, block: Block) -> bool:
        ledger = self._outbox.ledger
        final = final_of(ledger)
        return final is not None and block.number <= final.number and ledger.block(block.number).hash == block.hash

    def _pushed(self, row: ChainTransactionRow) -> Fate:
        outbox, signer = self._outbox, self._signers.get(row.account)
        row, done, failure = outbox.push(row)
        mended = row if done else outbox.mend(row, signer, failure)
        if mended.transaction != row.transaction:
            self._replaced += 1
            row, done, failure = outbox.push(mended)
        if done:
            return Fate.MINED
        return Fate.WAITS if failure is None else Fate.UNREACHABLE


def tend(outbox: Outbox, signers: Iterable[Signer] = ()) -> Tended:
    """Look at every transaction that is not final, and bring it on. Without its signer, one is only sent again.

    Raises:
        VaultUnreachable: Nothing can be written down.
    """
    return _Round(outbox, signers).run()
