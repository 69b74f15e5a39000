"""Sending to a chain: estimate, sign (EIP-1559), send, wait, and say why something was refused."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from medshare.errors import MedShareError
from medshare.hexadecimal import Address, Bytes32, to_hex
from medshare.ledger import raw
from medshare.ledger.chain.rpc import Rpc
from medshare.ledger.errors import MethodMissing, NodeRefused, NoFunds, NonceTaken, NotMined, Underpriced, WrongChain
from medshare.ledger.reverts import OutOfGas, RevertedSilently
from medshare.ledger.types import Estimate, Quote, SignedTransaction, Signer, UnsignedTransaction

PATIENCE: Final = 120
"""Seconds that a transaction has to be mined."""

POLL: Final = 0.05
"""Seconds between two looks, at first; it doubles up to a second."""

TAKEN: Final = ("nonce too low", "oldnonce", "nonce is too low")
"""What nodes say when a transaction with this nonce was mined: these bytes, or others."""

KNOWN: Final = ("already known", "already imported", "known transaction", *TAKEN)
"""What nodes say when the same bytes come again."""

UNDERPRICED: Final = ("underpriced", "less than block base fee", "feetoolow", "gas price too low")
"""What nodes say when bytes do not pay enough: for the block, or to replace others with this nonce."""


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

    def through(self, rpc: Rpc) -> Sender:
        """Return this sender at another node of the same chain: an account's nonces stay in one line."""
        other = copy.copy(self)
        other._rpc = rpc  # noqa: SLF001  # the same class
        return other

    def estimate(self, sender: Address, to: Address | None, data: bytes) -> Estimate:
        """Return what a transaction would cost; a contract's refusal raises."""
        gas = _with_room(self._rpc.number(self._rpc.request("eth_estimateGas", _request(sender, to, data))))
        return Estimate(gas=gas, max_fee_wei=gas * self.fees()[0])

    def quote(self, sender: Address, to: Address | None, data: bytes) -> Quote:
        """Try a transaction out and return what is needed to sign it: one question to the node.

        Raises:
            WrongChain: The node follows another chain now.
            MedShareError: A contract refuses.
            NoFunds: The account cannot pay.
        """
        answers = self._rpc.together(
            ("eth_chainId", ()),
            ("eth_estimateGas", (_request(sender, to, data),)),
            ("eth_getBlockByNumber", ("latest", False)),
            ("eth_getBalance", (sender, "latest")),
            ("eth_getTransactionCount", (sender, "pending")),
            ("eth_maxPriorityFeePerGas", ()),
        )
        self._check_chain(next(answers))
        gas, block = _with_room(self._rpc.number(next(answers))), next(answers)
        balance, next_nonce = self._rpc.number(next(answers)), self._rpc.number(next(answers))
        fee, tip = self._fees(block, answers)
        if balance < gas * fee:
            raise NoFunds(sender=sender)
        return Quote(
            transaction=UnsignedTransaction(to=to, data=data, gas=gas, fee=fee, tip=tip),
            next_nonce=next_nonce,
            head=self._rpc.number(block["number"]),
        )

    def prepare(
        self, signer: Signer, to: Address | None, data: bytes, *, nonce: int | None = None
    ) -> SignedTransaction:
        """Return a signed transaction; without a nonce, the next one of the account."""
        quote = self.quote(signer.address, to, data)
        return self.sign(quote.transaction, signer, nonce=quote.next_nonce if nonce is None else nonce)

    def sign(self, unsigned: UnsignedTransaction, signer: Signer, *, nonce: int) -> SignedTransaction:
        """Return `unsigned` signed for this chain under `nonce`; the node is not asked."""
        return raw.sign(unsigned, signer, nonce=nonce, chain_id=self._chain_id)

    def next_nonce(self, account: Address) -> int:
        """Return the number of the account's next transaction, pending ones counted."""
        return self._rpc.number(self._rpc.request("eth_getTransactionCount", account, "pending"))

    def mined_nonce(self, account: Address, tag: str) -> int:
        """Return how many transactions of the account are mined, as of the block of `tag`.

        Raises:
            WrongChain: The node follows another chain now.
        """
        answers = self._rpc.together(("eth_chainId", ()), ("eth_getTransactionCount", (account, tag)))
        self._check_chain(next(answers))
        return self._rpc.number(next(answers))

    def fees(self) -> tuple[int, int]:
        """Return what a transaction should offer now: the most per gas, and the tip, in wei."""
        answers = self._rpc.together(("eth_getBlockByNumber", ("latest", False)), ("eth_maxPriorityFeePerGas", ()))
        return self._fees(next(answers), answers)

    def send(self, transaction: SignedTransaction) -> None:
        """Hand over the bytes; the same again changes nothing.

        Raises:
            NoFunds: The account cannot pay.
            NonceTaken: Another transaction with this nonce was mined.
            Underpriced: It offers too little, for the block or to replace another one.
            NodeRefused: The node does not take it for another reason.
        """
        try:
            self._rpc.request("eth_sendRawTransaction", to_hex(transaction.raw))
        except NodeRefused as error:
            message = str(error.facts["message"]).lower()
            if "insufficient funds" in message:
                raise NoFunds(sender=transaction.sender) from error
            known = self._rpc.request("eth_getTransactionByHash", to_hex(transaction.hash)) is not None
            if known and any(words in message for words in (*KNOWN, *UNDERPRICED)):
                return
            if any(words in message for words in TAKEN):
                raise NonceTaken(**error.facts) from error
            if any(words in message for words in UNDERPRICED):
                raise Underpriced(**error.facts) from error
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
        with self._rpc.decision():
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

    def _check_chain(self, answer: object) -> None:
        found = self._rpc.number(answer)
        if found != self._chain_id:
            raise WrongChain(found=found, expected=self._chain_id)

    def _fees(self, block: dict[str, Any], tip: Iterator[object]) -> tuple[int, int]:
        """Return what to offer at `block`; `tip` yields the node's answer to `eth_maxPriorityFeePerGas`."""
        base = self._rpc.number(block.get("baseFeePerGas", "0x0"))
        try:
            most = self._rpc.number(next(tip))
        except MethodMissing:
            # It stands in no specification. What every client says is a price: what is not the base fee is the tip.
            most = max(1, self._rpc.number(self._rpc.request("eth_gasPrice")) - base)  # [U-020]
        # Twice the base fee lasts for six full blocks in a row.
        return 2 * base + most, most

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


def _request(sender: Address, to: Address | None, data: bytes) -> dict[str, str]:
    return {"from": sender, "data": to_hex(data)} | ({} if to is None else {"to": to})


def _with_room(gas: int) -> int:
    """Add room for what differs between the block of the estimate and the block of the transaction."""
    return gas + gas // 4 + 10_000
