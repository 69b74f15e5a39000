"""The ledger on a real chain, by JSON-RPC."""

from __future__ import annotations

from medshare.ledger.chain.ledger import ChainLedger
from medshare.ledger.chain.rpc import Rpc

__all__ = ["ChainLedger", "Rpc"]
