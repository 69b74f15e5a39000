"""How much a relay pays for one patient in a day, kept in the vault so that several processes share it.

What shuts a door has a budget of its own, which nothing else can use up. The same signed message is
paid for once, however often it comes: nobody uses up a patient's budget by sending her words again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from medshare.clock import Clock
from medshare.errors import RefusedError
from medshare.hexadecimal import ZERO_32, Address, Bytes32
from medshare.vault import BudgetRow, CarriedRow, Rows, Vault
from medshare.vault.errors import RowConflict

DAY: Final = 86_400


class OverBudget(RefusedError):
    """Raised when a relay has paid for a patient all that it pays in a day."""

    code = "relay.over-budget"
    cause = "This relay has paid for this patient what it pays in a day."
    remedy = "Send the same signed bytes by another relay or by an account of your own, or wait until tomorrow (UTC)."


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """The most for one patient on one day (UTC). `gas` counts as estimated before each transaction."""

    transactions: int
    gas: int


ORDINARY: Final = Allowance(transactions=200, gas=60_000_000)
SHUTTING: Final = Allowance(transactions=1_000, gas=200_000_000)


class Budget:
    """Counts for one relay.

    Args:
        vault: Where the counts are kept.
        clock: What day it is.
        ordinary: For registration, directories, recovery, delegations, consents.
        shutting: For revocations, lockdowns and erasures.
    """

    def __init__(
        self, vault: Vault, clock: Clock, *, ordinary: Allowance = ORDINARY, shutting: Allowance = SHUTTING
    ) -> None:
        self._vault = vault
        self._clock = clock
        self._ordinary = ordinary
        self._shutting = shutting

    def reserve(self, patient: Address, *, shuts: bool, gas: int, message: Bytes32) -> None:
        """Count one transaction of `gas` before it is paid, for the message with this digest.

        Until `note` or `release`, the same message counts no second time: it waits, and is tried again.

        Raises:
            OverBudget: That would be more than the day's allowance; nothing was counted.
        """
        try:
            self._reserve(patient, shuts=shuts, gas=gas, message=message)
        except RowConflict:
            # Another process made the day's row at the same moment.
            self._reserve(patient, shuts=shuts, gas=gas, message=message)

    def _reserve(self, patient: Address, *, shuts: bool, gas: int, message: Bytes32) -> None:
        purse, allowed = ("shutting", self._shutting) if shuts else ("ordinary", self._ordinary)
        day = self._clock.now() // DAY
        with self._vault.transaction() as rows:
            known = rows.get(CarriedRow, digest=message)
            if known is not None and known.transaction == ZERO_32:  # [H-018]
                return
            row = rows.get(BudgetRow, account=patient, purse=purse, day=day)
            if row is None:
                _forget_other_days(rows, patient, purse)
            count, spent = (row.seq, row.gas) if row else (0, 0)
            if count >= allowed.transactions or spent + gas > allowed.gas:  # [H-013]
                raise OverBudget
            rows.put(BudgetRow(account=patient, purse=purse, day=day, seq=count + 1, gas=spent + gas))
            rows.put(CarriedRow(digest=message, seq=known.seq + 1 if known else 0, transaction=ZERO_32))

    def release(self, message: Bytes32) -> None:
        """Let the message with this digest count again: what was tried is over, and may have been paid."""
        with self._vault.transaction() as rows:
            rows.destroy(CarriedRow, digest=message, transaction=ZERO_32)  # [H-018]

    def carried(self, digest: Bytes32) -> Bytes32 | None:
        """Return the transaction that carried the message with this digest, if one did."""
        row = self._vault.get(CarriedRow, digest=digest)
        return row.transaction if row and row.transaction != ZERO_32 else None

    def note(self, digest: Bytes32, transaction: Bytes32) -> None:
        """Remember that `transaction` carried the message with this digest."""
        with self._vault.transaction() as rows:
            before = rows.get(CarriedRow, digest=digest)
            rows.put(CarriedRow(digest=digest, seq=before.seq + 1 if before else 0, transaction=transaction))


def _forget_other_days(rows: Rows, patient: Address, purse: str) -> None:
    if rows.count(BudgetRow, account=patient, purse=purse):
        rows.destroy(BudgetRow, account=patient, purse=purse)
