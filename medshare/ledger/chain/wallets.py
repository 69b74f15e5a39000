"""Asking a contract wallet whether it accepts a signature (ERC-1271), as `Signatures.requireWallet` asks it."""

from __future__ import annotations

from typing import Final

from eth_abi.abi import encode

from medshare.digest import keccak
from medshare.hexadecimal import Address, Bytes32
from medshare.ledger.chain.rpc import Rpc
from medshare.ledger.errors import NodeRefused
from medshare.ledger.reverts import REFUSALS
from medshare.ledger.types import Block

MAGIC: Final = keccak(b"isValidSignature(bytes32,bytes)")[:4]
"""The function's selector, and what it answers where it accepts."""

_HALTS: Final = (
    "out of gas",
    "evm error ",
    "invalid opcode",
    "opcode not found",
    "stack underflow",
    "stack limit reached",
    "stack overflow",
    "invalid jump",
    "write protection",
    "return data out of bounds",
    "gas uint64 overflow",
    "vm execution error",
)
"""How nodes say that code ran into its end without a revert (Yellow Paper, 9.4.2), each in words of its own."""

WALLET_GAS: Final = 100_000
"""What a wallet may spend on one answer: `CALL_GAS` of Signatures.sol."""


def wallet_accepts(rpc: Rpc, wallet: Address, signed: Bytes32, signature: bytes, block: Block | None) -> bool:
    """Return whether the contract at `wallet` accepts; an account without code accepts nothing.

    A wallet that reverts, answers with anything but the one word, or needs more than 100,000 gas does not accept.

    Raises:
        NodeUnreachable, NodeRefused, BlockGone: As every read: what a node says of itself is no wallet's answer.
    """
    question = MAGIC + encode(("bytes32", "bytes"), (signed, signature))
    try:
        answer = rpc.call(wallet, question, block, gas=_intrinsic_gas(question) + WALLET_GAS)
    except REFUSALS:
        return False
    except NodeRefused as error:
        message = str(error.facts["message"]).lower()
        if not any(halt in message for halt in _HALTS):
            raise  # too many requests, for one: the next question may be answered
        return False
    return answer == MAGIC + bytes(28)  # [C-005]


def _intrinsic_gas(data: bytes) -> int:
    """Return what a call costs before its first step (EIP-2028): the wallet's own gas begins after it."""
    zeros = data.count(0)
    return 21_000 + 4 * zeros + 16 * (len(data) - zeros)
