"""JSON-RPC to one node: requests, batches, and every failure as one of our errors.

Source: the Ethereum JSON-RPC specification (execution-apis); EIP-1474 for the codes; a refusal by a
contract has its data in the error's `data`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError

from medshare.errors import MedShareError
from medshare.hexadecimal import Address, Bytes32, to_hex
from medshare.ledger.chain.provider import HttpProvider
from medshare.ledger.errors import BlockGone, MethodMissing, NodeRefused, NodeUnreachable
from medshare.ledger.reverts import decode_revert
from medshare.ledger.types import Block

if TYPE_CHECKING:
    from web3.types import RPCEndpoint

TIMEOUT: Final = 10
"""Seconds that a node has for one answer."""

BATCH: Final = 200
"""Requests in one HTTP request: small enough for every node's limits."""

METHOD_NOT_FOUND: Final = -32601
"""JSON-RPC 2.0, section 5.1."""

GONE: Final = ("not found", "canonical", "out of range", "outofrange", "missing trie node", "pruned", "unknown block")
"""What nodes say about a block that is not, or no longer, there."""


class Provider(Protocol):
    """What a web3 provider offers: `HttpProvider`, web3's `IPCProvider`, or Brownie's."""

    def make_request(self, method: RPCEndpoint, params: Any) -> Any:
        """Send one request and return the answer as JSON."""
        ...

    def make_batch_request(self, batch_requests: list[tuple[RPCEndpoint, Any]]) -> Any:
        """Send several and return the answers in their order."""
        ...


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a node answers, and how many seconds it has. The URL may hold a key, so it is not shown."""

    url: str = field(repr=False)
    timeout: float


class Rpc:
    """One node. `place` is what errors call it; it must not hold a password or a key.

    `endpoint` is where another process finds the same node, None where it cannot.
    """

    def __init__(self, provider: Provider, place: str, endpoint: Endpoint | None = None) -> None:
        self._provider = provider
        self.place = place
        self.endpoint = endpoint

    def pinned(self) -> Rpc:
        """Return the one node that this is now: what is asked there is answered by it alone, however long it takes."""
        return self

    def decision(self) -> AbstractContextManager[None]:
        """Let whatever the running thread asks here until the end be answered by one node."""
        return nullcontext()

    @classmethod
    def http(cls, url: str, *, timeout: float = TIMEOUT) -> Rpc:
        """Return the node at `url`, which has `timeout` seconds for each answer."""
        return cls(HttpProvider(url, timeout), place_of(url), Endpoint(url, timeout))

    def request(self, method: str, *params: object) -> Any:
        """Return the result of one request.

        Raises:
            NodeUnreachable: No answer, or not JSON-RPC.
            NodeRefused: The node refused.
            BlockGone: It does not know the block.
            MedShareError: A contract refused: the class of its error.
        """
        return self._result(
            method, self._send(lambda: self._provider.make_request(cast("RPCEndpoint", method), list(params)))
        )

    def batch(self, method: str, parameters: Sequence[Sequence[object]]) -> list[Any]:
        """Return the results of the same `method` with each of `parameters`, asked together. Raises as `request`."""
        results: list[Any] = []
        for start in range(0, len(parameters), BATCH):
            part = [(cast("RPCEndpoint", method), list(params)) for params in parameters[start : start + BATCH]]
            answers = self._send(lambda part=part: self._provider.make_batch_request(part))
            if not isinstance(answers, list) or len(answers) != len(part):
                raise self._useless()
            results += [self._result(method, answer) for answer in answers]
        return results

    def together(self, *requests: tuple[str, Sequence[object]]) -> Iterator[Any]:
        """Yield the results of different methods, asked in one go. Raises as `request`, at the one that failed."""
        part = [(cast("RPCEndpoint", method), list(params)) for method, params in requests]
        answers = self._send(lambda: self._provider.make_batch_request(part))
        if not isinstance(answers, list) or len(answers) != len(part):
            raise self._useless()
        return (self._result(method, answer) for (method, _), answer in zip(requests, answers, strict=True))

    def chain_id(self) -> int:
        """Return the chain's id."""
        return self.number(self.request("eth_chainId"))

    def code(self, address: Address, *, block: str = "latest") -> bytes:
        """Return the code at `address`, empty if there is none."""
        return self.data(self.request("eth_getCode", address, block))

    def call(self, to: Address, data: bytes, block: Block | None = None, *, gas: int | None = None) -> bytes:
        """Return what a read-only call answers, at `block` found by its hash (EIP-1898), or at the head.

        `gas` is all that it may use; without it the node's own limit.
        """
        what, at = call_parameters(to, data, block)
        if gas is not None:
            what["gas"] = hex(gas)
        return self.data(self.request("eth_call", what, at))

    def calls(self, reads: Sequence[tuple[Address, bytes]], block: Block | None = None) -> list[bytes]:
        """Return the answers of several read-only calls, asked together."""
        answers = self.batch("eth_call", [call_parameters(to, data, block) for to, data in reads])
        return [self.data(answer) for answer in answers]

    def block(self, tag: str | int) -> Block:
        """Return the block of a tag ("latest", "finalized" …) or a number; `BlockGone` if there is none."""
        found = self.request("eth_getBlockByNumber", hex(tag) if isinstance(tag, int) else tag, False)
        return self.block_of(found, tag)

    def blocks(self, numbers: Sequence[int]) -> list[Block]:
        """Return the blocks of these numbers, asked together; `BlockGone` if there is none."""
        found = self.batch("eth_getBlockByNumber", [(hex(number), False) for number in numbers])
        return [self.block_of(answer, number) for answer, number in zip(found, numbers, strict=True)]

    def block_by_hash(self, block_hash: Bytes32) -> Block:
        """Return the block with this hash; `BlockGone` if there is none."""
        return self.block_of(self.request("eth_getBlockByHash", to_hex(block_hash), False), to_hex(block_hash))

    def number(self, value: object) -> int:
        """Return a quantity of JSON-RPC; `NodeUnreachable` where it is none."""
        try:
            return int(cast("str", value), 16)
        except (TypeError, ValueError) as error:
            raise self._useless() from error

    def data(self, value: object) -> bytes:
        """Return data of JSON-RPC; `NodeUnreachable` where it is none."""
        try:
            return bytes.fromhex(cast("str", value)[2:])
        except (TypeError, ValueError) as error:
            raise self._useless() from error

    def block_of(self, found: Any, name: object) -> Block:
        """Return a block of JSON-RPC; `BlockGone` where it is null, `NodeUnreachable` where it is none."""
        if found is None:
            raise BlockGone(block=name)
        try:
            number, block_hash, time = found["number"], found["hash"], found["timestamp"]
        except (KeyError, TypeError) as error:
            raise self._useless() from error
        return Block(self.number(number), self.data(block_hash), self.number(time))

    def _useless(self) -> NodeUnreachable:
        """Return what is raised where the node gave no answer, or none of JSON-RPC."""
        return NodeUnreachable(node=self.place)

    def _send(self, send: Any) -> Any:
        try:
            return send()
        except (HTTPError, RequestException, _web3_exception(), OSError, ValueError) as error:
            raise self._useless() from error

    def _result(self, method: str, answer: Any) -> Any:
        if not isinstance(answer, dict) or ("result" not in answer and "error" not in answer):
            raise self._useless()
        if answer.get("error") is None:
            return answer["result"]
        raise self._refusal(method, answer["error"])

    def _refusal(self, method: str, error: Any) -> MedShareError:
        message = str(error.get("message", error)) if isinstance(error, dict) else str(error)
        data = error.get("data") if isinstance(error, dict) else None
        if isinstance(error, dict) and error.get("code") == METHOD_NOT_FOUND:
            return MethodMissing(method=method, message=message)
        if isinstance(data, str) and data.startswith("0x"):
            return decode_revert(self.data(data))
        if "revert" in message.lower():
            return decode_revert(b"")
        if any(word in message.lower() for word in GONE):
            return BlockGone(block="asked for")
        return NodeRefused(method=method, message=message)


def place_of(url: str) -> str:
    """Return what a node is called: keys of node services stand in the path, so that only scheme and host are shown."""
    return "/".join(url.split("/")[:3]).rpartition("@")[2]


def call_parameters(to: Address, data: bytes, block: Block | None) -> tuple[dict[str, str], object]:
    """Return the parameters of `eth_call`."""
    at: object = "latest" if block is None else {"blockHash": to_hex(block.hash), "requireCanonical": True}
    return {"to": to, "data": to_hex(data)}, at


def _web3_exception() -> type[Exception]:
    # What follows `except` is looked at when something was raised: only then is web3 imported, half a second.
    from web3.exceptions import Web3Exception

    return Web3Exception
