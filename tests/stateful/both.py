"""One call on both sides: the deployed contracts and the package's model of them, in the same second.

The model is the twin of the ledger: it runs `medshare.consent.rules` and `.requests`, the only places in Python that
know when a consent permits (decision record 0004).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from brownie import web3

from medshare.clock import HandClock
from medshare.consent.reasons import Reason
from medshare.consent.rules import Query
from medshare.errors import MedShareError
from medshare.ledger.abi import calldata, event_shapes, function
from medshare.ledger.acts import CONTRACTS
from medshare.ledger.events import Event
from medshare.ledger.memory.ledger import MemoryLedger
from medshare.ledger.reverts import decode_revert
from medshare.ledger.types import Call
from tests.contracts.chainclock import next_block_at, now, rpc
from tests.contracts.people import key_of, low
from tests.contracts.world import World

Outcome = tuple[Any, ...]
"""The events of a call that succeeded, or the class and the facts of the refusal."""


@dataclass
class Difference(AssertionError):
    """The two sides disagree."""

    what: object
    contract: object
    model: object


class Both:
    """The contracts and their model; `time` is the second of both."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.addresses = {
            name: low(contract)
            for name, contract in zip(
                CONTRACTS,
                (world.participants, world.consents, world.requests, world.records, world.audit),
                strict=True,
            )
        }
        self.time = now()
        self.clock = HandClock(self.time)
        self.model = MemoryLedger(
            low(world.regulator), self.clock, chain_id=world.domains.chain_id, addresses=self.addresses
        )

    def wait(self, seconds: int) -> None:
        """Let the next step happen later."""
        self.time += seconds
        self.clock.set(self.time)

    def act(self, sender: object, contract: str, name: str, *arguments: object) -> bool:
        """Do the same on both sides; whether it was done.

        Raises:
            Difference: One side refused what the other did, or for another reason, or told other events.
        """
        self.wait(1)
        call = Call(contract, name, arguments)
        on_chain, in_model = self._on_chain(sender, call), self._in_model(sender, call)
        if on_chain != in_model:
            raise Difference(call, on_chain, in_model)
        return not (on_chain and on_chain[0] == "refused")

    def outside(self, act: Callable[[], object]) -> None:
        """Do on the chain what the model is told otherwise, in a second of its own."""
        self.wait(1)
        next_block_at(self.time)
        act()

    def settle(self) -> None:
        """Bring the chain to the model's second, so that views answer as of it."""
        if now() < self.time:
            rpc("evm_mine", hex(self.time))

    def _in_model(self, sender: object, call: Call) -> Outcome:
        try:
            done = self.model.act(call, key_of(sender))
        except MedShareError as error:
            return "refused", type(error).__name__, sorted(error.facts.items())
        return tuple(log.event for log in done.logs)

    def _on_chain(self, sender: object, call: Call) -> Outcome:
        sent = {
            "from": str(sender),
            "to": self.addresses[call.contract],
            "data": "0x" + calldata(call).hex(),
            "gas": hex(10_000_000),
        }
        answer = web3.provider.make_request("eth_call", [sent, "latest", {}, {"time": hex(self.time)}])
        if "error" in answer:
            error = decode_revert(bytes.fromhex(answer["error"]["data"][2:]))
            return "refused", type(error).__name__, sorted(error.facts.items())
        next_block_at(self.time)
        receipt = mined(rpc("eth_sendTransaction", sent))
        if receipt["status"] != "0x1":
            raise Difference(call, "tried well, then refused", receipt["transactionHash"])
        return tuple(self._event(log) for log in receipt["logs"])

    def _event(self, log: dict[str, Any]) -> Event:
        contract = next(name for name, address in self.addresses.items() if address == log["address"].lower())
        topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
        return event_shapes(contract)[topics[0]].decode(topics, bytes.fromhex(log["data"][2:]))

    # Views

    def views(self, asked: Sequence[tuple[str, str, tuple[object, ...]]]) -> list[tuple[Any, ...]]:
        """The answers of the contracts, in one request."""
        shapes = [function(contract, name) for contract, name, _ in asked]
        batch = [
            ("eth_call", [{"to": self.addresses[one[0]], "data": "0x" + shape.encode(one[2]).hex()}, "latest"])
            for one, shape in zip(asked, shapes, strict=True)
        ]
        answers = web3.provider.make_batch_request(batch) if batch else []
        return [
            shape.decode(bytes.fromhex(answer["result"][2:])) for shape, answer in zip(shapes, answers, strict=True)
        ]

    def same_reasons(self, queries: Sequence[Query]) -> list[Reason]:
        """Both sides' reasons for each query, which must be the same."""
        asked = [
            (
                "ConsentRegistry",
                "whyNot",
                (one.patient, one.grantee, one.terms, one.accessor, one.slot, one.purpose, one.action),
            )
            for one in queries
        ]
        found = [Reason(answer[0]) for answer in self.views(asked)]
        expected = list(self.model.why_not_each(queries))
        for query, here, there in zip(queries, found, expected, strict=True):
            if here is not there:
                raise Difference(query, here, there)
        return found


def mined(transaction: str) -> dict[str, Any]:
    """The receipt, as the node gives it; it mines at once, but not always before it answers."""
    while (receipt := rpc("eth_getTransactionReceipt", transaction)) is None:
        time.sleep(0.001)
    return receipt
