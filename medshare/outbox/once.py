"""Calls that somebody signed: carried out once, however often they are handed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medshare.errors import MedShareError, UnreachableError
from medshare.ledger import Acts, Call, Signer, Transaction
from medshare.vault import ChainTransactionRow, Stage

if TYPE_CHECKING:
    from medshare.outbox.sender import Outbox


class Once(Acts[Signer, Transaction]):
    """The acts of an outbox for calls that carry a signature, which nobody needs a second time."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def act(self, call: Call, sender: Signer) -> Transaction:
        """Carry out `call`, or return what was mined when it was carried out before. Raises as `Outbox.act`."""
        outbox = self._outbox
        for row in outbox.vault.find(ChainTransactionRow, account=sender.address, call=outbox.identity(call)):
            if row.state in {Stage.MINED, Stage.FINAL}:
                outbox.ledger.dry_run.act(call, sender.address)  # what the contract refuses now is refused
                done = self._succeeded(row)
                if done is not None:
                    return done  # [U-003]
        return outbox.act(call, sender)

    def _succeeded(self, row: ChainTransactionRow) -> Transaction | None:
        try:
            return self._outbox.result(row)
        except UnreachableError:
            raise
        except MedShareError:
            return None  # it was mined and refused: another try is another transaction
