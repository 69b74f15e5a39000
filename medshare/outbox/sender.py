"""Sending, so that a transaction is sent once and never lost (design, section 7).

An act is tried out first: a refusal costs nothing and leases nothing. Then, in one transaction of the
vault, its nonce is leased and its signed bytes are saved; only after that are they sent, and from then on
the same bytes are sent again, after a restart, a timeout, a half answer. What waits too long for a block is
replaced by the same call under the same nonce at a higher fee, so that one of the two is mined and never both.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from medshare.digest import keccak
from medshare.errors import MedShareError
from medshare.hexadecimal import Bytes32, to_hex
from medshare.ledger import (
    Acts,
    BlockGone,
    Call,
    Ledger,
    NodeRefused,
    NodeUnreachable,
    NoFunds,
    NonceTaken,
    NothingFinal,
    NotMined,
    SignedTransaction,
    Signer,
    Transaction,
    Underpriced,
    UnsignedTransaction,
    WrongChain,
)
from medshare.ledger.abi import calldata
from medshare.ledger.raw import dearer, filler, is_filler
from medshare.outbox import steps
from medshare.outbox.book import FLYING, Book, Owner, flying
from medshare.outbox.errors import TransactionGivenUp
from medshare.outbox.once import Once, earlier
from medshare.outbox.policy import Policy
from medshare.vault import ChainTransactionRow, Rows, Stage, Vault

PASSING = (NodeUnreachable, NodeRefused, NoFunds, WrongChain, BlockGone)
"""What a node says that may be otherwise at the next question: nothing is decided by it."""

Also = Callable[[Rows, ChainTransactionRow], None]
"""What is written together with the signed bytes, in the same transaction of the vault."""


def nothing(rows: Rows, row: ChainTransactionRow) -> None:
    """Write nothing else."""
    del rows, row


class Outbox(Acts[Signer, Transaction]):
    """The acts of a ledger, carried out through a vault that remembers them.

    All processes that send for an account share its vault: it hands out the nonces. Several threads and
    processes may act at once.

    Args:
        ledger: The chain.
        vault: Where nonces are leased and bytes are saved.
        policy: Patience and prices.
        step: Called between all steps.
        sleep: Waits that many seconds.
        monotonic: A clock that only goes forward.
    """

    def __init__(
        self,
        ledger: Ledger,
        vault: Vault,
        *,
        policy: Policy | None = None,
        step: steps.Step = steps.no_step,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ledger = ledger
        self.vault = vault
        self.policy = policy or Policy()
        self.step = step
        self._book = Book(ledger, vault)
        self._sleep = sleep
        self._monotonic = monotonic

    def act(self, call: Call, sender: Signer) -> Transaction:
        """Carry out `call` and wait until it is mined. The same call in flight is not sent a second time.

        Raises:
            Reverted and the other refusals of the contracts: Nothing was leased or paid, as a rule; where another
                transaction was quicker, it was mined and refused.
            NotMined, NodeUnreachable: It is saved and will be sent and mined later, without the caller.
        """
        return self.finish(self.save(call, sender), sender)

    @property
    def once(self) -> Acts[Signer, Transaction]:
        """The acts for calls that somebody signed: the same one again is answered with what was mined first."""
        return Once(self)

    def earlier(self, call: Call, sender: Signer) -> Transaction | None:
        """Return what was mined when `sender` carried out this very call before; raises what refuses it now."""
        return earlier(self, call, sender)

    def save(
        self, call: Call, sender: Signer, *, work: Bytes32 | None = None, also: Also = nothing
    ) -> ChainTransactionRow:
        """Try `call` out, lease a nonce, sign, and save the bytes: nothing is sent.

        Args:
            call: What to do.
            sender: Who signs and pays.
            work: The id of the `OutboxRow` that follows the transaction from stage to stage.
            also: Writes more in the same transaction of the vault.

        Raises:
            Reverted and the other refusals of the contracts, NoFunds, WrongChain: Nothing is leased.
        """
        identity = self.identity(call)
        waiting = flying(self.vault, sender.address, identity)
        quote = None if waiting else self.ledger.quote(call, sender.address)  # [U-001]
        self.step(steps.QUOTED)
        with self.vault.transaction() as rows:
            row = waiting or flying(rows, sender.address, identity)  # [U-003]
            if row is None and quote is not None:
                row = self._book.lease(
                    rows, sender, quote.transaction, first=quote.next_nonce, at=quote.head, call=identity, work=work
                )
            assert row is not None  # noqa: S101  # what waited needs no quote
            also(rows, row)
        self.step(steps.SAVED)
        return row

    def finish(self, row: ChainTransactionRow, sender: Signer | None = None) -> Transaction:
        """Send saved bytes and wait until they, or what replaced them, are mined.

        Without `sender` nothing can be signed again: the fee stays as it is.

        Raises:
            MedShareError: It was mined and refused: the class of the refusal.
            TransactionGivenUp: An empty transaction took its nonce.
            NotMined, NodeUnreachable, NodeRefused: It stays saved, and is sent again by `tend`.
        """
        end, pause = self._monotonic() + self.policy.patience, self.policy.poll
        handed_over: Bytes32 | None = None
        while True:
            again = handed_over != row.transaction or pause >= self.policy.slowest_poll
            row, done, failure = self.push(row, again=again)
            if done is not None:
                return done
            handed_over = row.transaction if failure is None else None
            if self._monotonic() >= end:
                raise failure or NotMined(transaction=to_hex(row.transaction), seconds=self.policy.patience)
            self._sleep(pause)
            pause = min(2 * pause, self.policy.slowest_poll)
            try:
                row = self.mend(row, sender, failure)
            except PASSING:
                continue  # the next look tells more

    def push(
        self, row: ChainTransactionRow, *, again: bool = True
    ) -> tuple[ChainTransactionRow, Transaction | None, MedShareError | None]:
        """Send saved bytes, if `again`, and look whether they are mined; a node that does not take them may have.

        Returns the row as it is now, what was mined, and what the node said if it did not take the bytes.

        Raises:
            The refusals of `settle`.
        """
        failure: MedShareError | None = None
        try:
            if again:
                self.hand_over(row)  # [U-004]
        except PASSING as error:
            failure = error
        try:
            done = self.settle(row)
            return row if done or failure else self.sent(row), done, failure
        except PASSING as error:
            return row, None, failure or error

    def hand_over(self, row: ChainTransactionRow) -> None:
        """Send the saved bytes of a row that is not mined; the same again changes nothing. Raises as `Ledger.send`."""
        if row.state in FLYING:
            self.ledger.send(SignedTransaction(sender=row.account, nonce=row.nonce, hash=row.transaction, raw=row.raw))
            self.step(steps.HANDED_OVER)

    def sent(self, row: ChainTransactionRow) -> ChainTransactionRow:
        """Write down that the bytes of a row were sent."""
        if row.state is not Stage.SIGNED:
            return row
        row = self._book.advance(row, Stage.SENT, Owner.FOLLOWS)
        self.step(steps.SENT)
        return row

    def identity(self, call: Call) -> Bytes32:
        """Return what two transactions with the same effect share: the digest of contract and calldata."""
        to = self.ledger.deployment.addresses[call.contract]
        return keccak(bytes.fromhex(to[2:]) + calldata(call))

    def result(self, row: ChainTransactionRow) -> Transaction | None:
        """Return what was mined of a row, None if nothing was; raises if it was refused."""
        for identifier in (row.transaction, *row.earlier):
            try:
                done = self.ledger.mined(identifier)
            except BlockGone:
                continue  # the block that held it was just taken back
            if done is not None:
                return done
        return None

    def settle(self, row: ChainTransactionRow) -> Transaction | None:
        """Look whether a row is mined, and write that down; None while it is not.

        Raises:
            MedShareError: It was mined and refused.
            TransactionGivenUp: What was mined is the empty transaction.
        """
        with self.ledger.decision():  # what is mined, and what is final, as one node says both  # [G-004]
            return self._settle(row)

    def _settle(self, row: ChainTransactionRow) -> Transaction | None:
        try:
            done = self.result(row)
        except PASSING:
            raise
        except MedShareError:
            self._end_refused(row)
            raise
        if done is None:
            return None
        if done.hash == row.transaction and is_filler(self.ledger.unsigned(row.raw), row.account):
            if not self.is_final(row):
                return None  # the bytes that it replaced may still be mined in its place
            self._book.advance(row, Stage.ABANDONED, Owner.LOSES, block=done.block.hash)
            raise TransactionGivenUp(account=row.account, nonce=row.nonce)
        self._book.advance(row, Stage.MINED, Owner.FOLLOWS, block=done.block.hash)
        self.step(steps.MINED)
        return done

    def take_back(self, row: ChainTransactionRow) -> ChainTransactionRow:
        """Write down that a reorganisation took the block of a row: it waits again."""
        return self._book.take_back(row)

    def finalise(self, row: ChainTransactionRow, done: Transaction) -> ChainTransactionRow:
        """Write down that no reorganisation takes the block of a row any more."""
        row = self._book.advance(row, Stage.FINAL, Owner.FOLLOWS, block=done.block.hash)
        self.step(steps.FINAL)
        return row

    def _end_refused(self, row: ChainTransactionRow) -> None:
        """Write down that a row was mined and refused; another branch may still see it otherwise until it is final."""
        if self.is_final(row):
            self._book.advance(row, Stage.FINAL, Owner.LOSES)
        else:
            self._book.advance(row, Stage.MINED, Owner.STAYS)

    def is_final(self, row: ChainTransactionRow) -> bool:
        """Return whether a final block has a transaction under the nonce of a row."""
        try:
            return self.ledger.mined_nonce(row.account, final=True) > row.nonce
        except NothingFinal:
            return False  # [G-010]

    def is_refused(self, row: ChainTransactionRow) -> bool:
        """Return whether a row was mined and refused, and no reorganisation changes that: as one node says both."""
        with self.ledger.decision():  # [G-004]
            if not self.is_final(row):
                return False
            try:
                self.result(row)
            except PASSING:
                raise
            except MedShareError:
                return True
            return False

    # Prices and nonces

    def mend(
        self, row: ChainTransactionRow, sender: Signer | None, failure: MedShareError | None = None
    ) -> ChainTransactionRow:
        """Replace what was not mined in time, or what another transaction overtook; return the row as it is now.

        Without `sender` nothing can be signed. `failure` is what the node said last.

        Raises:
            TransactionGivenUp: The nonce is another transaction's, and nothing took its place.
        """
        kept = self._book.kept(row)
        if kept.state is Stage.ABANDONED:
            successor = flying(self.vault, kept.account, kept.call)
            if successor is None:
                raise TransactionGivenUp(account=row.account, nonce=row.nonce)
            return successor
        if sender is None or kept.state not in FLYING:
            return kept
        if isinstance(failure, NonceTaken):
            return self._lease_again(kept, sender)
        late = self.ledger.head().number - kept.at >= self.policy.replace_after
        # Only the account's next transaction waits for its price; the others wait for it.
        if isinstance(failure, Underpriced) or (late and self.ledger.mined_nonce(kept.account) == kept.nonce):
            return self._replace(kept, sender, self.ledger.unsigned(kept.raw))  # [U-005]
        return kept

    def give_up(self, row: ChainTransactionRow, sender: Signer) -> ChainTransactionRow:
        """Put an empty transaction in the place of one that is not mined yet: one of the two will be."""
        old = self.ledger.unsigned(row.raw)
        return self._replace(row, sender, filler(row.account, fee=old.fee, tip=old.tip))

    def fill(self, sender: Signer, nonce: int) -> ChainTransactionRow:
        """Save an empty transaction under a nonce that was leased and has none."""
        fee, tip = self.ledger.fees()
        empty = filler(sender.address, fee=fee, tip=tip)
        row = self._book.fill(sender, empty, nonce=nonce, at=self.ledger.head().number)
        self.step(steps.SAVED)
        return row

    def _replace(self, row: ChainTransactionRow, sender: Signer, unsigned: UnsignedTransaction) -> ChainTransactionRow:
        """Save `unsigned` in the place of `row`, an eighth dearer, or leave it where that exceeds the most."""
        fee, tip = self.ledger.fees()
        unsigned = dearer(unsigned, fee=fee, tip=tip)
        if unsigned.fee > self.policy.most_fee:  # [U-006]
            return row
        row = self._book.replace(row, sender, unsigned, at=self.ledger.head().number)
        self.step(steps.SAVED)
        return row

    def _lease_again(self, row: ChainTransactionRow, sender: Signer) -> ChainTransactionRow:
        """Sign the same call under a new nonce, once a final block has another transaction under the old one."""
        with self.ledger.decision():  # another node may not know yet what this one calls final  # [G-004]
            lost = self.is_final(row) and self.result(row) is None
        if not lost:
            return row
        fee, tip = self.ledger.fees()
        unsigned = replace(self.ledger.unsigned(row.raw), fee=fee, tip=tip)
        first = self.ledger.mined_nonce(row.account)
        row = self._book.lease_again(row, sender, unsigned, first=first, at=self.ledger.head().number)
        self.step(steps.SAVED)
        return row
