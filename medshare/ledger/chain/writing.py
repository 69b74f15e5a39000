"""What `ChainLedger` writes: it tries out, signs, sends and waits, and reads what was mined."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Self

from medshare.deployment.artefact import artefact
from medshare.hexadecimal import Address, Bytes32
from medshare.ledger import raw
from medshare.ledger.abi import calldata, event_shapes
from medshare.ledger.acts import CONTRACTS, Acts
from medshare.ledger.chain.rpc import Rpc
from medshare.ledger.chain.sender import PATIENCE, Sender
from medshare.ledger.errors import BlockGone, CodeDiffers, NoContract, NothingFinal, WrongChain
from medshare.ledger.events import Log
from medshare.ledger.modes import DryRun, Prepared
from medshare.ledger.types import (
    Call,
    DeploymentInfo,
    Estimate,
    Quote,
    SignedTransaction,
    Signer,
    Transaction,
    UnsignedTransaction,
)


class ChainWriting(Acts[Signer, Transaction]):
    """The contracts of `deployment` on the chain behind `rpc`.

    Args:
        rpc: The node.
        deployment: Where the contracts stand.
        patience: Seconds that a transaction has to be mined.
        sleep: Waits that many seconds.
        monotonic: A clock that only goes forward.

    Raises:
        WrongChain: The node is on another chain.
        NoContract: There is no code at an address of the deployment.
        CodeDiffers: The code is not that of the contract.
        NodeUnreachable: The node does not answer.
    """

    def __init__(
        self,
        rpc: Rpc,
        deployment: DeploymentInfo,
        *,
        patience: float = PATIENCE,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rpc = rpc
        self._deployment = deployment
        check_contracts(rpc, deployment)
        self._contract_at = {deployment.addresses[name]: name for name in CONTRACTS}
        self._sender = Sender(rpc, deployment.chain_id, patience=patience, sleep=sleep, monotonic=monotonic)
        self._pinned: dict[Rpc, Self] = {}

    @property
    def deployment(self) -> DeploymentInfo:
        """Where the contracts stand."""
        return self._deployment

    def pinned(self) -> Self:
        """Return the ledger at the one node that is asked now; the same node gives the same ledger each time."""
        node = self._rpc.pinned()
        if node is self._rpc:
            return self
        found = self._pinned.get(node)
        if found is None:
            found = copy.copy(self)
            found._rpc, found._sender = node, self._sender.through(node)  # noqa: SLF001  # the same class
            # Two threads that come first make two: one of them stays.
            found = self._pinned.setdefault(node, found)
        return found

    def decision(self) -> AbstractContextManager[None]:
        """Let whatever the running thread asks until the end be answered by one node."""
        return self._rpc.decision()

    def act(self, call: Call, sender: Signer) -> Transaction:
        """Send `call` and wait until it is mined."""
        return self._transaction(self._sender.run(sender, self._deployment.addresses[call.contract], calldata(call)))

    @property
    def dry_run(self) -> Acts[Address, Estimate]:
        """The acts, only estimated."""
        return DryRun(self)

    @property
    def prepared(self) -> Acts[Signer, SignedTransaction]:
        """The acts, only signed."""
        return Prepared(self)

    def estimate(self, call: Call, sender: Address) -> Estimate:
        """Return what `call` would cost; a refusal raises."""
        return self._sender.estimate(sender, self._deployment.addresses[call.contract], calldata(call))

    def prepare(self, call: Call, sender: Signer) -> SignedTransaction:
        """Return `call` as a signed transaction; a refusal raises."""
        return self._sender.prepare(sender, self._deployment.addresses[call.contract], calldata(call))

    def quote(self, call: Call, sender: Address) -> Quote:
        """Try `call` out and return what is needed to sign it; a refusal raises."""
        return self._sender.quote(sender, self._deployment.addresses[call.contract], calldata(call))

    def sign(self, unsigned: UnsignedTransaction, sender: Signer, *, nonce: int) -> SignedTransaction:
        """Return `unsigned` signed under `nonce`; the node is not asked."""
        return self._sender.sign(unsigned, sender, nonce=nonce)

    @staticmethod
    def unsigned(transaction: bytes) -> UnsignedTransaction:
        """Return what stands in signed bytes."""
        return raw.unsigned_of(transaction)

    def fees(self) -> tuple[int, int]:
        """Return what a transaction should offer now: the most per gas, and the tip, in wei."""
        return self._sender.fees()

    def mined_nonce(self, account: Address, *, final: bool = False) -> int:
        """Return how many transactions of the account are mined, at the head or at the final block."""
        tag = self._deployment.finality if final else "latest"
        try:
            return self._sender.mined_nonce(account, tag)
        except BlockGone as error:
            raise NothingFinal(block=tag) from error

    def balance_of(self, account: Address) -> int:
        """Return what the account holds at the head, in wei."""
        return self._rpc.number(self._rpc.request("eth_getBalance", account, "latest"))

    def send(self, transaction: SignedTransaction) -> None:
        """Hand over signed bytes; the same again changes nothing."""
        self._sender.send(transaction)

    def mined(self, transaction: Bytes32) -> Transaction | None:
        """Return the mined transaction, None while it is not; raises if it was refused."""
        with self.decision():
            receipt = self._sender.receipt(transaction)
            return None if receipt is None else self._transaction(receipt)

    def wait(self, transaction: Bytes32) -> Transaction:
        """Return the transaction once it is mined."""
        return self._transaction(self._sender.wait(transaction))

    def _transaction(self, receipt: dict[str, Any]) -> Transaction:
        logs = (self._log(entry) for entry in receipt["logs"])
        return Transaction(
            hash=self._rpc.data(receipt["transactionHash"]),
            block=self._rpc.block_by_hash(self._rpc.data(receipt["blockHash"])),
            sender=str(receipt["from"]).lower(),
            gas_used=self._rpc.number(receipt["gasUsed"]),
            logs=tuple(log for log in logs if log is not None),
        )

    def _log(self, entry: dict[str, Any]) -> Log | None:
        contract = self._contract_at.get(str(entry["address"]).lower())
        if contract is None:
            return None
        topics = [self._rpc.data(topic) for topic in entry["topics"]]
        shape = event_shapes(contract).get(topics[0]) if topics else None
        if shape is None:
            # OpenZeppelin's own events say nothing about participants, consents or records.
            return None
        return Log(
            event=shape.decode(topics, self._rpc.data(entry["data"])),
            block_number=self._rpc.number(entry["blockNumber"]),
            block_hash=self._rpc.data(entry["blockHash"]),
            transaction=self._rpc.data(entry["transactionHash"]),
            index=self._rpc.number(entry["logIndex"]),
        )


def check_contracts(rpc: Rpc, deployment: DeploymentInfo) -> None:
    """Check that the node is on the deployment's chain and that the contracts stand there.

    Raises:
        WrongChain, NoContract, CodeDiffers: They do not.
    """
    found = rpc.chain_id()
    if found != deployment.chain_id:  # [G-002]
        raise WrongChain(found=found, expected=deployment.chain_id)
    for name in CONTRACTS:
        address = deployment.addresses[name]
        code = rpc.code(address)
        if not code:  # [G-002]
            raise NoContract(contract=name, address=address)
        if not artefact(name).is_code(code):  # [G-002]
            raise CodeDiffers(contract=name, address=address)
