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
        return self._outbox.earlier(call, sender) or self._outbox.act(call, sender)  # [U-003]


def earlier(outbox: Outbox, call: Call, sender: Signer) -> Transaction | None:
    """Return what was mined when `sender` carried out `call` before, if it succeeded.

    Raises:
        The refusals of the contract: It would be refused now.
    """
    for row in outbox.vault.find(ChainTransactionRow, account=sender.address, call=outbox.identity(call)):
        if row.state in {Stage.MINED, Stage.FINAL}:
            outbox.ledger.dry_run.act(call, sender.address)
            done = _succeeded(outbox, row)
            if done is not None:
                return done
    return None


def _succeeded(outbox: Outbox, row: ChainTransactionRow) -> Transaction | None:
    try:
        return outbox.result(row)
    except UnreachableError:
        raise
    except MedShareError:
        return None  # it was mined and refused: another try is another transaction
