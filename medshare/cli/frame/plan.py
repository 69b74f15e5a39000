"""What a command would send: each transaction, its cost, and the statement that would be signed."""

from __future__ import annotations

from dataclasses import dataclass

from medshare.cli.frame.page import Page

GWEI = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTransaction:
    """A transaction that would be sent: who pays, the contract and its function, and what it costs at most."""

    payer: str
    contract: str
    function: str
    gas: int
    max_fee_wei: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a command would do. `statement` is what would be signed, if anything; nothing was sent.

    Transactions that can only be worked out once the first is mined are not among `transactions`.
    """

    transactions: tuple[PlannedTransaction, ...]
    statement: str

    def show(self, page: Page) -> None:
        """Say what would be sent."""
        if self.statement:
            page.write(self.statement)
            page.write("")
        for one in self.transactions:
            show_transaction(page, one)
        page.say("Nothing was sent.")


class Rehearsed(Exception):
    """Ends a command that was only rehearsed, with what it would have done."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        super().__init__(plan)


def show_transaction(page: Page, one: PlannedTransaction) -> None:
    """Say what one transaction is and what it costs at most."""
    page.say(
        "Transaction: {function} of {contract}, paid by {payer}; {gas} gas, at most {cost} gwei.",
        function=one.function,
        contract=one.contract,
        payer=one.payer,
        gas=f"{one.gas:,}",
        cost=f"{one.max_fee_wei / GWEI:,.0f}",
    )
