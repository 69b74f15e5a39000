"""The book of transactions: which nonce is whose, which bytes were signed for it, and how far they got.

Each entry is one transaction of the vault. What several processes do to one row at the same time ends as if
they had done it one after the other: the later one sees what the earlier one wrote.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

from medshare.digest import keccak
from medshare.hexadecimal import Address, Bytes32
from medshare.ledger import Ledger, SignedTransaction, Signer, UnsignedTransaction
from medshare.vault import ChainTransactionRow, LeaseRow, OutboxRow, Rows, Stage, Vault

FLYING = frozenset((Stage.SIGNED, Stage.SENT))
"""Where a transaction may still be mined or not."""

EMPTY = keccak(b"")
"""The `call` of an empty transaction."""


class Owner(Enum):
    """What a step of a transaction means for the work that it carries."""

    FOLLOWS = "follows"
    """The work reached the same stage."""

    STAYS = "stays"
    """Nothing yet: it was refused, or an empty one was mined, in a block that may still be taken back."""

    LOSES = "loses"
    """It needs another transaction, if it is still wanted: it goes back to STORED and names none."""


class Book:
    """The transactions of a vault. `ledger` signs; no node is asked here."""

    def __init__(self, ledger: Ledger, vault: Vault) -> None:
        self._ledger = ledger
        self._vault = vault

    def lease(
        self,
        rows: Rows,
        sender: Signer,
        unsigned: UnsignedTransaction,
        *,
        first: int,
        at: int,
        call: Bytes32,
        work: Bytes32 | None = None,
    ) -> ChainTransactionRow:
        """Take the account's next nonce, sign under it, and save the bytes, within the transaction of `rows`.

        `first` is the next nonce as the chain sees it, `at` the number of the head.
        """
        lease = rows.get(LeaseRow, account=sender.address)
        nonce = max(first, lease.seq if lease else 0)  # [U-002]
        row = _row(self._ledger.sign(unsigned, sender, nonce=nonce), call=call, at=at, work=work)
        rows.put(LeaseRow(account=sender.address, seq=nonce + 1))
        rows.put(row)  # [U-002]
        return row

    def fill(self, sender: Signer, unsigned: UnsignedTransaction, *, nonce: int, at: int) -> ChainTransactionRow:
        """Save an empty transaction under a nonce that was leased and has none."""
        row = _row(self._ledger.sign(unsigned, sender, nonce=nonce), call=EMPTY, at=at, work=None)
        self._vault.put(row)
        return row

    def kept(self, row: ChainTransactionRow) -> ChainTransactionRow:
        """Return a row as it is now."""
        return self._vault.require(ChainTransactionRow, account=row.account, nonce=row.nonce)

    def replace(
        self, row: ChainTransactionRow, sender: Signer, unsigned: UnsignedTransaction, *, at: int
    ) -> ChainTransactionRow:
        """Sign `unsigned` under the nonce of `row`, and save it in its place; nothing where another was quicker."""
        signed = self._ledger.sign(unsigned, sender, nonce=row.nonce)
        with self._vault.transaction() as rows:
            kept = _now(rows, row)
            if kept.seq != row.seq:
                return kept
            new = replace(
                kept,
                seq=kept.seq + 1,
                state=Stage.SIGNED,
                raw=signed.raw,
                transaction=signed.hash,
                earlier=(*kept.earlier, kept.transaction),
                at=at,
            )
            rows.put(new)
        return new

    def lease_again(
        self, row: ChainTransactionRow, sender: Signer, unsigned: UnsignedTransaction, *, first: int, at: int
    ) -> ChainTransactionRow:
        """Give up a nonce that another transaction took for good, and lease a new one for the same call."""
        with self._vault.transaction() as rows:
            kept = _now(rows, row)
            if kept.seq != row.seq:
                return kept
            rows.put(replace(kept, seq=kept.seq + 1, state=Stage.ABANDONED))
            new = self.lease(rows, sender, unsigned, first=first, at=at, call=kept.call, work=kept.work)
            owner = None if kept.work is None else rows.get(OutboxRow, id=kept.work)
            if owner is not None:
                rows.put(replace(owner, account=new.account, nonce=new.nonce))
        return new

    def advance(
        self, row: ChainTransactionRow, state: Stage, owner: Owner, *, block: Bytes32 | None = None
    ) -> ChainTransactionRow:
        """Write down that a row reached `state`, and what that means for the work it carries; return the row as kept.

        What another process wrote meanwhile stands, if it is as far or further on.
        """
        with self._vault.transaction() as rows:
            kept = _now(rows, row)
            if kept.state >= state:
                return kept
            new = replace(kept, seq=kept.seq + 1, state=state, block=block)
            rows.put(new)
            _lead(rows, new, owner)
        return new

    def take_back(self, row: ChainTransactionRow) -> ChainTransactionRow:
        """Write down that the block of a mined row is gone; return the row as it is kept."""
        with self._vault.transaction() as rows:
            kept = _now(rows, row)
            if kept.seq != row.seq:
                return kept
            new = replace(kept, seq=kept.seq + 1, state=Stage.SENT, block=None)  # [U-007]
            rows.put(new)
            _lead(rows, new, Owner.FOLLOWS)
        return new


def flying(rows: Rows, account: Address, call: Bytes32) -> ChainTransactionRow | None:
    """Return the transaction of `account` for `call` that is neither mined nor given up."""
    found = rows.find(ChainTransactionRow, account=account, call=call)
    return next((row for row in found if row.state in FLYING), None)


def _now(rows: Rows, row: ChainTransactionRow) -> ChainTransactionRow:
    return rows.require(ChainTransactionRow, account=row.account, nonce=row.nonce)


def _row(signed: SignedTransaction, *, call: Bytes32, at: int, work: Bytes32 | None) -> ChainTransactionRow:
    return ChainTransactionRow(
        account=signed.sender,
        nonce=signed.nonce,
        seq=0,
        state=Stage.SIGNED,
        raw=signed.raw,
        transaction=signed.hash,
        earlier=(),
        call=call,
        at=at,
        work=work,
    )


def _lead(rows: Rows, row: ChainTransactionRow, owner: Owner) -> None:
    """Take the work of a transaction where the transaction went."""
    work = None if row.work is None else rows.get(OutboxRow, id=row.work)
    if owner is Owner.STAYS or work is None or (work.account, work.nonce) != (row.account, row.nonce):
        return
    if owner is Owner.LOSES:
        rows.put(replace(work, state=Stage.STORED, account=None, nonce=None))
    elif row.state.may_follow(work.state):
        rows.put(replace(work, state=row.state))
