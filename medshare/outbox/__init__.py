"""The outbox: what touches two systems is written down before each step, and finished after any crash.

`sender` is how every transaction reaches the chain: leased, saved, sent, replaced, looked after. `tending` goes
over what nobody waits for any more. On top of it stand the acts of more than one step: an upload, a grant,
an erasure. `reconciler` compares chain, vault and store, repairs what can be repaired, and says what it did.
"""

from __future__ import annotations

from medshare.outbox.errors import TransactionGivenUp
from medshare.outbox.policy import Policy
from medshare.outbox.sender import Outbox

__all__ = ["Outbox", "Policy", "TransactionGivenUp"]
