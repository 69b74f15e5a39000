"""A node that answers JSON-RPC from a list of blocks: honest by construction, bent by hand.

Its headers, blooms and receipts agree, as those of a real client do (`tests/integration/test_index.py` holds the
same code to Anvil's). `ScriptedChain` is the chain, `ScriptedNode` a provider for `Rpc` on top of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field, fields
from itertools import count
from typing import Any, Final

from eth_abi.abi import encode

from medshare.deployment.artefact import DEPLOYED, artefact
from medshare.deployment.file import Deployment, Settings
from medshare.digest import keccak
from medshare.hexadecimal import Address, Bytes32, to_hex
from medshare.index.evidence import bloom_bits, header_hash, receipts_root
from medshare.ledger.abi import event_shapes, topic_of
from medshare.ledger.chain.rpc import Rpc
from medshare.ledger.events import Event

CHAIN_ID: Final = 31_337
ADDRESSES: Final = {name: f"0x{place:02x}{'c0' * 19}" for place, name in enumerate(DEPLOYED, 1)}
ZEROS: Final = "0x" + "00" * 32
GENESIS_TIME: Final = 1_700_000_000
SLOT: Final = 12


@dataclass(frozen=True, slots=True)
class RawLog:
    """A log as a contract wrote it; each stands in a transaction of its own."""

    address: Address
    topics: tuple[Bytes32, ...]
    data: bytes
    transaction: Bytes32


def raw_log(event: Event, transaction: Bytes32, addresses: dict[str, Address] = ADDRESSES) -> RawLog:
    """Return the log that the contract of `event` writes for it."""
    shape = event_shapes(event.contract)[topic_of(type(event))]
    topics = tuple(encode([kind], [getattr(event, name)]) for name, kind in shape.indexed)
    data = encode([kind for _, kind in shape.plain], [getattr(event, name) for name, _ in shape.plain])
    return RawLog(addresses[event.contract], (shape.topic, *topics), data, transaction)


def foreign_log(transaction: Bytes32, *, address: Address = "0x" + "ee" * 20, topics: int = 1) -> RawLog:
    """Return a log of a contract that is none of ours."""
    return RawLog(address, tuple(keccak(bytes([place])) for place in range(topics)), b"", transaction)


@dataclass(slots=True)
class ScriptedBlock:
    """One block: its header, its receipts and its logs as JSON."""

    header: dict[str, Any]
    receipts: list[dict[str, Any]]
    logs: list[dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        self.logs = [log for receipt in self.receipts for log in receipt["logs"]]

    @property
    def number(self) -> int:
        return int(self.header["number"], 16)

    @property
    def hash(self) -> str:
        return str(self.header["hash"])


def make_block(
    number: int, parent: str, logs: Sequence[RawLog], *, salt: bytes = b"", time: int | None = None
) -> ScriptedBlock:
    """Return a block with these logs, whose hashes and blooms are right."""
    receipts: list[dict[str, Any]] = []
    whole = 0
    for place, log in enumerate(logs):
        bloom = bloom_bits(bytes.fromhex(log.address[2:]))
        for topic in log.topics:
            bloom |= bloom_bits(topic)
        whole |= bloom
        receipts.append(
            {
                "type": "0x2",
                "status": "0x1",
                "cumulativeGasUsed": hex(50_000 * (place + 1)),
                "logsBloom": f"0x{bloom:0512x}",
                "transactionHash": to_hex(log.transaction),
                "logs": [
                    {
                        "address": log.address,
                        "topics": [to_hex(topic) for topic in log.topics],
                        "data": to_hex(log.data),
                        "blockNumber": hex(number),
                        "transactionHash": to_hex(log.transaction),
                        "transactionIndex": hex(place),
                        "logIndex": hex(place),
                        "removed": False,
                    }
                ],
            }
        )
    header: dict[str, Any] = {
        "parentHash": parent,
        "sha3Uncles": ZEROS,
        "miner": "0x" + "00" * 20,
        "stateRoot": ZEROS,
        "transactionsRoot": ZEROS,
        "receiptsRoot": to_hex(receipts_root(receipts)),
        "logsBloom": f"0x{whole:0512x}",
        "difficulty": "0x0",
        "number": hex(number),
        "gasLimit": hex(30_000_000),
        "gasUsed": hex(50_000 * len(logs)),
        "timestamp": hex(GENESIS_TIME + SLOT * number if time is None else time),
        "extraData": to_hex(salt),
        "mixHash": ZEROS,
        "nonce": "0x" + "00" * 8,
        "baseFeePerGas": "0x7",
        "withdrawalsRoot": ZEROS,
        "blobGasUsed": "0x0",
        "excessBlobGas": "0x0",
        "parentBeaconBlockRoot": ZEROS,
        "requestsHash": ZEROS,
        "transactions": [to_hex(log.transaction) for log in logs],
    }
    header["hash"] = to_hex(header_hash(header))
    for receipt in receipts:
        receipt["blockHash"] = header["hash"]
        for log_ in receipt["logs"]:
            log_["blockHash"] = header["hash"]
    return ScriptedBlock(header, receipts)


class ScriptedChain:
    """A chain that grows and forks by hand. The contracts stand from block `first` on; nothing is in the blocks before."""

    def __init__(self, *, first: int = 3, chain_id: int = CHAIN_ID, salt: bytes = b"") -> None:
        self.chain_id = chain_id
        self.final_depth: int | None = 0  # blocks above the final one; None while nothing is final
        self.first = first
        self.blocks: list[ScriptedBlock] = []
        self._salts = count()
        self._transactions = count(1)
        self._salt = salt
        for _ in range(first + 1):
            self.mine()

    @property
    def deployment(self) -> Deployment:
        """Where the contracts stand."""
        return Deployment(
            chain_id=self.chain_id,
            block=self.first,
            first_nonce=0,
            deployer="0x" + "d0" * 20,
            regulator="0x" + "d1" * 20,
            addresses=ADDRESSES,
            settings=Settings(),
        )

    def transaction(self) -> Bytes32:
        """Return the hash of a new transaction."""
        return keccak(b"transaction" + next(self._transactions).to_bytes(8, "big"))

    def mine(self, *happened: Event | RawLog) -> ScriptedBlock:
        """Put a block behind the last one, with these events in it."""
        logs = [log if isinstance(log, RawLog) else raw_log(log, self.transaction()) for log in happened]
        parent = self.blocks[-1].hash if self.blocks else ZEROS
        # A salt makes every block another one, also one that is mined anew after a fork.
        salt = self._salt + next(self._salts).to_bytes(4, "big")
        self.blocks.append(make_block(len(self.blocks), parent, logs, salt=salt))
        return self.blocks[-1]

    def copy(self) -> ScriptedChain:
        """Return another chain with the same past."""
        other = copy(self)
        other.blocks = list(self.blocks)
        return other

    def fork(self, depth: int) -> list[ScriptedBlock]:
        """Take the last `depth` blocks away and return them: what is mined next is another branch."""
        gone = self.blocks[len(self.blocks) - depth :]
        del self.blocks[len(self.blocks) - depth :]
        return gone

    @property
    def rpc(self) -> Rpc:
        """An honest node of this chain."""
        return Rpc(ScriptedNode(self), "scripted")


Bend = Callable[[str, Any, Any], Any]


class ScriptedNode:
    """A provider that answers from a chain.

    Args:
        chain: The chain.
        bend: Called with method, parameters and the honest result; what it returns is answered instead.
        most: Logs in one answer at most; more are refused, as hosted nodes do.
    """

    def __init__(self, chain: ScriptedChain, *, bend: Bend | None = None, most: int | None = None) -> None:
        self.chain = chain
        self.bend = bend
        self.most = most
        self.asked: list[tuple[str, Any]] = []

    def make_request(self, method: str, params: Any) -> Any:
        """Answer one request."""
        self.asked.append((method, params))
        answer = self._answer(method, params)
        if isinstance(answer, _Refused):
            return {"error": {"code": -32005, "message": answer.why}}
        # Through JSON, as over HTTP: no object is shared with the chain.
        result = json.loads(json.dumps(answer))
        return {"result": result if self.bend is None else self.bend(method, params, result)}

    def make_batch_request(self, batch_requests: Any) -> Any:
        """Answer several, in their order."""
        return [self.make_request(method, params) for method, params in batch_requests]

    def _answer(self, method: str, params: Any) -> Any:
        blocks = self.chain.blocks
        if method == "eth_chainId":
            return hex(self.chain.chain_id)
        if method == "eth_getCode":
            names = [name for name, address in ADDRESSES.items() if address == params[0]]
            return to_hex(artefact(names[0]).runtime) if names else "0x"
        if method == "eth_getBlockByNumber":
            if params[0] in {"finalized", "safe"} and self.chain.final_depth is None:
                return _Refused(f"{params[0]} block not found")  # as geth says it
            if params[0] in {"finalized", "safe"}:
                return blocks[max(0, len(blocks) - 1 - (self.chain.final_depth or 0))].header
            if params[0] == "latest":
                return blocks[-1].header
            number = int(params[0], 16)
            return blocks[number].header if number < len(blocks) else None
        if method == "eth_getTransactionCount":
            return hex(int(params[0] in ADDRESSES.values()))
        if method == "eth_getBlockReceipts":
            return next((block.receipts for block in blocks if block.hash == params[0]["blockHash"]), None)
        if method == "eth_getLogs":
            return self._logs(params[0])
        return _Refused(f"the method {method} does not exist")

    def _logs(self, question: dict[str, Any]) -> Any:
        start, end = int(question["fromBlock"], 16), int(question["toBlock"], 16)
        found = [
            log
            for block in self.chain.blocks[start : end + 1]
            for log in block.logs
            if log["address"] in question["address"]
        ]
        if self.most is not None and len(found) > self.most:
            return _Refused(f"query returned more than {self.most} results")
        return found


@dataclass(frozen=True, slots=True)
class _Refused:
    why: str


def names_of(event: Event) -> tuple[str, ...]:
    """Return the names of an event's fields."""
    return tuple(one.name for one in fields(event))  # type: ignore[arg-type]
