"""The acts, done otherwise than by sending: only estimated, or only signed."""

from __future__ import annotations

from typing import Protocol

from medshare.hexadecimal import Address
from medshare.ledger.acts import Acts
from medshare.ledger.types import Call, Estimate, SignedTransaction, Signer


class Sender(Protocol):
    """What a ledger does with one call."""

    def estimate(self, call: Call, sender: Address) -> Estimate:
        """Return what the call would cost; a refusal raises."""
        ...

    def prepare(self, call: Call, sender: Signer) -> SignedTransaction:
        """Return the call as a signed transaction; a refusal raises."""
        ...


class DryRun(Acts[Address, Estimate]):
    """The acts of `ledger`, only estimated."""

    def __init__(self, ledger: Sender) -> None:
        self._ledger = ledger

    def act(self, call: Call, sender: Address) -> Estimate:
        """Estimate `call`."""
        return self._ledger.estimate(call, sender)


class Prepared(Acts[Signer, SignedTransaction]):
    """The acts of `ledger`, only signed."""

    def __init__(self, ledger: Sender) -> None:
        self._ledger = ledger

    def act(self, call: Call, sender: Signer) -> SignedTransaction:
        """Sign `call`."""
        return self._ledger.prepare(call, sender)
