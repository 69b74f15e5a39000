"""Asking a contract wallet whether it accepts a signature (ERC-1271)."""

from __future__ import annotations

from typing import Final

from eth_abi.abi import encode

from medshare.digest import keccak
from medshare.errors import MedShareError, UnreachableError
from medshare.hexadecimal import Address, Bytes32
from medshare.ledger.chain.rpc import Rpc
from medshare.ledger.errors import BlockGone
from medshare.ledger.types import Block

MAGIC: Final = keccak(b"isValidSignature(bytes32,bytes)")[:4]
"""The function's selector, and what it answers where it accepts."""


def wallet_accepts(rpc: Rpc, wallet: Address, signed: Bytes32, signature: bytes, block: Block | None) -> bool:
    """Return whether the contract at `wallet` accepts; an account without code accepts nothing.

    Raises:
        NodeUnreachable, NodeRefused, BlockGone: As every read.
    """
    question = MAGIC + encode(("bytes32", "bytes"), (signed, signature))
    try:
        answer = rpc.call(wallet, question, block)
    except (UnreachableError, BlockGone):
        raise
    except MedShareError:
        return False  # a wallet may say no by reverting, with whatever error it has
    return answer[:4] == MAGIC and len(answer) >= 32
