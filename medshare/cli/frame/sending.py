"""Before a transaction is sent: say what it is and what it costs, ask, or stop there (--dry-run)."""

from __future__ import annotations

from collections.abc import Callable

from medshare.cli.frame.plan import PlannedTransaction
from medshare.hexadecimal import Address
from medshare.ledger.chain.ledger import ChainLedger
from medshare.ledger.types import Call, Estimate, Quote, SignedTransaction, Signer, Transaction


class CarefulLedger(ChainLedger):
    """A chain to which nothing is sent before `before` has agreed to it."""

    def with_care(self, before: Callable[[PlannedTransaction], None]) -> CarefulLedger:
        """Return this ledger, which calls `before` with every transaction from now on."""
        self._before = before
        return self

    def act(self, call: Call, sender: Signer) -> Transaction:
        """Send `call` after it was agreed to."""
        self._before(planned(call, sender.address, self.estimate(call, sender.address)))
        return super().act(call, sender)

    def prepare(self, call: Call, sender: Signer) -> SignedTransaction:
        """Sign `call` after it was agreed to."""
        self._before(planned(call, sender.address, self.estimate(call, sender.address)))
        return super().prepare(call, sender)

    def quote(self, call: Call, sender: Address) -> Quote:
        """Try `call` out for whoever signs it apart from sending, after it was agreed to."""
        found = super().quote(call, sender)
        cost = Estimate(gas=found.transaction.gas, max_fee_wei=found.transaction.gas * found.transaction.fee)
        self._before(planned(call, sender, cost))
        return found


def planned(call: Call, payer: str, estimate: Estimate) -> PlannedTransaction:
    """Return what is said of a call before it is sent."""
    return PlannedTransaction(
        payer=payer,
        contract=call.contract,
        function=call.function,
        gas=estimate.gas,
        max_fee_wei=estimate.max_fee_wei,
    )
