"""An act whose transaction carries an `OutboxRow`: both are saved together, and a second try finds the first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from medshare.ledger import Acts, Call, Signer, Transaction
from medshare.outbox.sender import Outbox
from medshare.vault import ChainTransactionRow, OutboxRow, Rows, Stage


class _OvertakenError(Exception):
    """Another process saved a transaction for this work first."""


def _nothing(rows: Rows) -> None:
    del rows


class Staged(Acts[Signer, Transaction]):
    """The acts of `outbox`, on behalf of `work`.

    `work` is saved with the transaction, or was saved before; where it names a transaction already, that
    one is finished and no other is made. `also` writes more in the transaction of the vault that saves it.
    Several processes may act on behalf of one work at once: the first to save is the one whose transaction is sent.
    """

    def __init__(self, outbox: Outbox, work: OutboxRow, *, also: Callable[[Rows], None] = _nothing) -> None:
        self._outbox = outbox
        self._work = work
        self._also = also
        self._known = outbox.vault.count(OutboxRow, id=work.id) > 0

    def act(self, call: Call, sender: Signer) -> Transaction:
        """Carry out `call` once and wait until it is mined. Raises as `Outbox.act`."""
        before = self._saved()
        if before is None:
            done = self._outbox.earlier(call, sender)
            if done is not None:
                return done
            try:
                before = self._outbox.save(call, sender, work=self._work.id, also=self._link)
            except _OvertakenError:
                self._known = False
                return self.act(call, sender)
        return self._outbox.finish(before, sender)

    def _saved(self) -> ChainTransactionRow | None:
        kept = self._outbox.vault.get(OutboxRow, id=self._work.id)
        if kept is None or kept.account is None:
            return None
        return self._outbox.vault.require(ChainTransactionRow, account=kept.account, nonce=kept.nonce)

    def _link(self, rows: Rows, row: ChainTransactionRow) -> None:
        self._also(rows)
        kept = rows.get(OutboxRow, id=self._work.id)
        if kept is None and self._known:
            raise _OvertakenError  # finished and cleared away; or given up, and then this is another try
        if kept is not None and kept.account is not None:
            if (kept.account, kept.nonce) != (row.account, row.nonce):
                raise _OvertakenError
            return  # the same transaction, and perhaps further on
        rows.put(replace(self._work, state=Stage.SIGNED, account=row.account, nonce=row.nonce))  # [U-009]


def finish_saved(outbox: Outbox, work: OutboxRow, sender: Signer | None) -> Transaction | None:
    """Finish the transaction that a row names; None where it names none. Raises as `Outbox.finish`."""
    if work.account is None:
        return None
    row = outbox.vault.require(ChainTransactionRow, account=work.account, nonce=work.nonce)
    return outbox.finish(row, sender)
