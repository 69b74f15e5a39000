"""The twin of the chain: the rules of the contracts in dictionaries."""

from __future__ import annotations

from medshare.ledger.memory.ledger import MemoryLedger

__all__ = ["MemoryLedger"]
