"""Sending to a chain: estimate, sign (EIP-1559), send, wait, and say why something was refused."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final

from eth_account.typed_transactions.typed_transaction import TypedTransaction

from medshare.digest import keccak
from medshare.errors import MedShareError
from medshare.hexadecimal import Address, Bytes32, to_hex
from medshare.ledger.chain.rpc import Rpc
from medshare.ledger.errors import NodeRefused, NoFunds, NotMined
from medshare.ledger.reverts import OutOfGas, RevertedSilently
from medshare.ledger.types import Estimate, SignedTransaction, Signer

PATIENCE: Final = 120
"""Seconds that a transaction has to be mined."""

POLL: Final = 0.05
"""Seconds between two looks, at first; it doubles up to a second."""

KNOWN: Final = ("already known", "already imported", "nonce too low", "known transaction")
"""What nodes say when the same bytes come again."""


class Sender:
    """Sends for any signer, one transaction of an account after the other.

    Args:
        rpc: The node.
        chain_id: The chain that transactions are signed for.
        patience: Seconds to wait for a transaction to be mined.
        sleep: Waits that many seconds.
        monotonic: A clock that only goes forward.
    """

    def __init__(
        self,
        rpc: Rpc,
        chain_id: int,
        *,
        patience: float = PATIENCE,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rpc = rpc
        self._chain_id = chain_id
        self._patience = patience
        self._sleep = sleep
        self._monotonic = monotonic
        self._lock = threading.Lock()

    def estimate(self, sender: Address, to: Address | None, data: bytes) -> Estimate:
        """Return what a transaction would cost; a contract's refusal raises."""
        request = {"from": sender, "data": to_hex(data)} | ({} if to is None else {"to": to})
        gas = self._rpc.number(self._rpc.request("eth_estimateGas", request))
        # Room for what differs between the block of the estimate and the block of the transaction.
        gas += gas // 4 + 10_000
        return Estimate(gas=gas, max_fee_wei=gas * self._fees()[0])

    def prepare(
        self, signer: Signer, to: Address | None, data: bytes, *, nonce: int | None = None
    ) -> SignedTransaction:
        """Return a signed transaction; without a nonce, the next one of the account."""
        gas = self.estimate(signer.address, to, data).gas
        if nonce is None:
            nonce = self.next_nonce(signer.address)
        most, tip = self._fees()
        return sign(
            signer,
            {
                "chainId": self._chain_id,
                "nonce": nonce,
                "value": 0,
                "gas": gas,
                "maxFeePerGas": most,
                "maxPriorityFeePerGas": tip,
                "data": to_hex(data),
                **({} if to is None else {"to": bytes.fromhex(to[2:])}),
            },
        )

    def next_nonce(self, account: Address) -> int:
        """Return the number of the account's next transaction, pending ones counted."""
        return self._rpc.number(self._rpc.request("eth_getTransactionCount", account, "pending"))

    def send(self, transaction: SignedTransaction) -> None:
        """Hand over the bytes; the same again changes nothing.

        Raises:
            NoFunds: The account cannot pay.
            NodeRefused: The node does not take it; another transaction has its nonce, for one.
        """
        try:
            self._rpc.request("eth_sendRawTransaction", to_hex(transaction.raw))
        except NodeRefused as error:
            message = str(error.facts["message"]).lower()
            if "insufficient funds" in message:
                raise NoFunds(sender=transaction.sender) from error
            known = self._rpc.request("eth_getTransactionByHash", to_hex(transaction.hash))
            if known is None or not any(words in message for words in KNOWN):
                raise

    def run(self, signer: Signer, to: Address | None, data: bytes) -> dict[str, Any]:
        """Sign, send and wait; return the receipt of success."""
        # Two threads must not take the same nonce; waiting for the block needs no lock.
        with self._lock:
            transaction = self.prepare(signer, to, data)
            self.send(transaction)
        return self.wait(transaction.hash)

    def receipt(self, transaction: Bytes32) -> dict[str, Any] | None:
        """Return the receipt of a transaction that succeeded, None while it is not mined.

        Raises:
            MedShareError: It was mined and refused: the class of the refusal.
        """
        receipt: dict[str, Any] | None = self._rpc.request("eth_getTransactionReceipt", to_hex(transaction))
        if receipt is not None and self._rpc.number(receipt["status"]) == 0:
            raise self._reason(receipt)
        return receipt

    def wait(self, transaction: Bytes32) -> dict[str, Any]:
        """Return the receipt once there is one; `NotMined` when patience ends."""
        end, pause = self._monotonic() + self._patience, POLL
        while True:
            receipt = self.receipt(transaction)
            if receipt is not None:
                return receipt
            if self._monotonic() >= end:
                raise NotMined(transaction=to_hex(transaction), seconds=self._patience)
            self._sleep(pause)
            pause = min(2 * pause, 1.0)

    def _fees(self) -> tuple[int, int]:
        block = self._rpc.request("eth_getBlockByNumber", "latest", False)
        tip = self._rpc.number(self._rpc.request("eth_maxPriorityFeePerGas"))
        base = self._rpc.number(block.get("baseFeePerGas", "0x0"))
        # Twice the base fee lasts for six full blocks in a row.
        return 2 * base + tip, tip

    def _reason(self, receipt: dict[str, Any]) -> MedShareError:
        sent = self._rpc.request("eth_getTransactionByHash", receipt["transactionHash"])
        request = {"from": sent["from"], "to": sent["to"], "data": sent["input"], "gas": sent["gas"]}
        number = self._rpc.number(receipt["blockNumber"])
        if self._rpc.number(receipt["gasUsed"]) >= self._rpc.number(sent["gas"]):
            return OutOfGas(gas=self._rpc.number(sent["gas"]))
        # What refused it may have come before it in the same block: ask before and after the block.
        for block in (number - 1, number):
            try:
                self._rpc.request("eth_call", request, hex(block))
            except MedShareError as error:
                return error
        return RevertedSilently()


def sign(signer: Signer, transaction: dict[str, Any]) -> SignedTransaction:
    """Return the EIP-1559 `transaction` signed by `signer`: a 32-byte digest is all that it signs."""
    unsigned = {**transaction, "type": 2, "accessList": []}
    signature = signer.sign_digest(bytes(TypedTransaction.from_dict(unsigned).hash()))
    signed = TypedTransaction.from_dict(
        {
            **unsigned,
            "v": signature[64] - 27,
            "r": int.from_bytes(signature[:32], "big"),
            "s": int.from_bytes(signature[32:64], "big"),
        }
    )
    raw = bytes(signed.encode())
    return SignedTransaction(sender=signer.address, nonce=transaction["nonce"], hash=keccak(raw), raw=raw)
