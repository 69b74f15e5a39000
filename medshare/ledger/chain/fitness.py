"""Whether a node may be used: a rule over what it shows of itself and what is known of the chain.

A chain is told from another by its id, its first block, and by the last block that a node in use called final:
every node of the same chain has these three. How old a head may be is the deployment's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from medshare.hexadecimal import Address, Bytes32
from medshare.ledger.chain.rpc import Rpc
from medshare.ledger.errors import BlockGone, NodeRefused
from medshare.ledger.types import Block

FINAL: Final = "finalized"
"""The strongest word that a node has for a block, whatever the deployment's own tag is."""


class Fitness(StrEnum):
    """What a node was found to be."""

    UNTRIED = "untried"
    GOOD = "good"
    SILENT = "silent"
    """It does not answer, or not in JSON-RPC."""
    STALE = "stale"
    """Its newest block is older than the deployment allows."""
    AHEAD = "ahead"
    """Its newest block is from the future by as much."""
    BEHIND = "behind"
    """It has not come to the last final block yet."""
    NO_CONTRACTS = "no-contracts"
    """The deployment's contracts are not on its chain, or not yet."""
    TWO_CHAINS = "two-chains"
    """It has another block in the place of the last final one, or forgot it."""
    OTHER_CHAIN = "other-chain"
    """It has another chain id."""
    OTHER_GENESIS = "other-genesis"
    """Its chain has the same id and began otherwise."""

    @property
    def foreign(self) -> bool:
        """Whether it is no node of this chain and will never be one."""
        return self in {Fitness.OTHER_CHAIN, Fitness.OTHER_GENESIS}

    @property
    def usable(self) -> bool:
        """Whether doors may open on what the node shows."""
        return self is Fitness.GOOD

    @property
    def wrong(self) -> bool:
        """Whether it shows a chain that is not this one, rather than being late or away."""
        return self.foreign or self in {Fitness.TWO_CHAINS, Fitness.NO_CONTRACTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of the chain so far; None for what is not.

    `head_max_age` in seconds; `contract` is one of the deployment's; `settled` is the highest block that a node in
    use called final.
    """

    chain_id: int | None = None
    head_max_age: int | None = None
    contract: Address | None = None
    genesis: Bytes32 | None = None
    settled: Block | None = None

    def learnt(self, seen: Seen) -> Known:
        """Return what is known after a node was used that showed `seen`."""
        final = seen.final
        older = self.settled is not None and final is not None and final.number <= self.settled.number
        return replace(
            self,
            chain_id=seen.chain_id,
            genesis=seen.genesis,
            settled=self.settled if final is None or older else final,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a node showed: its last final block is None where it names none.

    `at_settled` is the hash of its block at the number of the last final block that is known, None where it has
    none there or none is known. `deployed` tells whether a contract stands where the deployment's does.
    """

    chain_id: int
    genesis: Bytes32
    head: Block
    final: Block | None
    at_settled: Bytes32 | None
    deployed: bool


def look(rpc: Rpc, known: Known) -> Seen:
    """Ask a node for all that it is judged by, in one request.

    Raises:
        NodeUnreachable, NodeRefused, BlockGone: It does not answer what every node knows.
    """
    asked: list[tuple[str, tuple[object, ...]]] = [
        ("eth_chainId", ()),
        ("eth_getBlockByNumber", ("0x0", False)),
        ("eth_getBlockByNumber", ("latest", False)),
    ]
    if known.contract is not None:
        asked.append(("eth_getTransactionCount", (known.contract, "latest")))
    if known.settled is not None:
        asked.append(("eth_getBlockByNumber", (hex(known.settled.number), False)))
    answers = rpc.together(*asked, ("eth_getBlockByNumber", (FINAL, False)))
    chain_id = rpc.number(next(answers))
    genesis, head = rpc.block_of(next(answers), 0), rpc.block_of(next(answers), "latest")
    # A contract has made a transaction from its first moment on (EIP-161); an empty address has made none.
    deployed = known.contract is None or rpc.number(next(answers)) > 0
    there = next(answers) if known.settled is not None else None
    try:
        final = rpc.block_of(next(answers), FINAL)
    except (BlockGone, NodeRefused):
        final = None  # none yet, or a client that has no such tag
    return Seen(
        chain_id=chain_id,
        genesis=genesis.hash,
        head=head,
        final=final,
        at_settled=None if there is None else rpc.block_of(there, "settled").hash,
        deployed=deployed,
    )


def judge(seen: Seen, known: Known, now: int) -> Fitness:
    """Return what a node is that shows `seen` at second `now`."""
    if known.chain_id is not None and seen.chain_id != known.chain_id:  # [G-005]
        return Fitness.OTHER_CHAIN
    if known.genesis is not None and seen.genesis != known.genesis:  # [G-005]
        return Fitness.OTHER_GENESIS
    if known.settled is not None and seen.at_settled != known.settled.hash:  # [G-006]
        late = seen.at_settled is None and seen.head.number < known.settled.number
        return Fitness.BEHIND if late else Fitness.TWO_CHAINS
    if not seen.deployed:
        return Fitness.NO_CONTRACTS
    if known.head_max_age is not None and now - seen.head.time > known.head_max_age:  # [G-007]
        return Fitness.STALE
    if known.head_max_age is not None and seen.head.time - now > known.head_max_age:
        return Fitness.AHEAD
    return Fitness.GOOD
