"""Following a chain: read what is new, roll back what is gone, stop where it would be a guess."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from typing import Final

from medshare.clock import Clock
from medshare.deployment.file import Deployment
from medshare.hexadecimal import Bytes32
from medshare.index.apart import spans_apart
from medshare.index.database import Database
from medshare.index.errors import (
    ChainReplaced,
    HeadTooOld,
    NodeBehind,
    NodesDisagree,
    ParentDiffers,
    ReorganisationTooDeep,
)
from medshare.index.logs import Sources
from medshare.index.reading import spans
from medshare.index.span import Span
from medshare.index.values import Progress
from medshare.ledger.acts import CONTRACTS
from medshare.ledger.chain.rpc import Rpc
from medshare.ledger.chain.writing import check_contracts
from medshare.ledger.errors import BlockGone
from medshare.ledger.types import Block

APART_FROM: Final = 2_000
"""Blocks that are to be read from which on a second process is worth its start."""

STUBBORN: Final = 5
"""How often in a row a node may show a next block that does not follow from the last one."""


def deployment_digest(deployment: Deployment) -> Bytes32:
    """Return what an index is of: the chain id, the contracts and the block before them."""
    facts = [deployment.chain_id, deployment.block, [deployment.addresses[name] for name in CONTRACTS]]
    return hashlib.sha256(json.dumps(facts).encode()).digest()


class Follower:
    """One run over the chain behind `rpc`; `limit` is the deepest reorganisation that is rolled back."""

    def __init__(self, database: Database, rpc: Rpc, deployment: Deployment, *, limit: int, prove: bool) -> None:
        self._database = database
        self._rpc = rpc
        self._deployment = deployment
        self._limit = limit
        self._prove = prove

    def begin(self) -> None:
        """Check that the node shows the chain that the index is of; note it in a new index.

        Raises:
            WrongChain, NoContract, CodeDiffers: The contracts are not there.
            OtherDeployment: The index is of other contracts.
            ChainReplaced: The chain is another one with the same id.
        """
        check_contracts(self._rpc, self._deployment.info)
        first = self._rpc.block(self._deployment.block)
        begun = self._database.begin(deployment_digest(self._deployment), self._deployment.chain_id, first)
        if begun != first.hash:
            raise ChainReplaced(number=first.number)

    def run(self, until: int | None, clock: Clock | None, tell: Callable[[Progress], None]) -> None:
        """Read up to the head, or to block `until`; see `medshare.index.Index.follow`."""
        entries, first, stubborn = 0, None, 0
        while True:
            head = self._rpc.block("latest")
            if clock is not None and clock.now() - head.time > self._deployment.settings.head_max_age:
                raise HeadTooOld(age=clock.now() - head.time, allowed=self._deployment.settings.head_max_age)
            tip = self._settle(head)
            goal = head.number if until is None else min(until, head.number)
            if tip.number >= goal:
                return
            first = tip.number + 1 if first is None else min(first, tip.number + 1)
            stubborn += 1
            with closing(self._spans(tip.number + 1, goal, head)) as reading, _bearing(stubborn):
                for span in reading:
                    if not self._database.append(span, keep=self._limit):
                        break
                    stubborn = 0
                    entries += len(span.rows)
                    tell(Progress(first=first, last=span.end, goal=goal, entries=entries))
            if stubborn == STUBBORN:
                raise ParentDiffers(number=tip.number + 1)

    def compare(self, witness: Rpc) -> None:
        """Check that another node shows the same block where reorganisations do not reach.

        Raises:
            NodesDisagree: It does not.
        """
        settled = self._database.recent()[0]
        if witness.block(settled.number).hash != settled.hash:
            raise NodesDisagree(number=settled.number)

    def _spans(self, start: int, goal: int, head: Block) -> Generator[Span]:
        prove_from = start if self._prove else head.number - self._limit
        endpoint, addresses = self._rpc.endpoint, self._deployment.addresses
        if endpoint is not None and goal - start >= APART_FROM:
            place = self._rpc.place
            yield from spans_apart(endpoint, place, addresses, start=start, goal=goal, prove_from=prove_from)
        else:
            yield from spans(self._rpc, Sources(addresses), start=start, goal=goal, prove_from=prove_from)

    def _settle(self, head: Block) -> Block:
        """Return the last block that the index and the node agree on, after taking back what stands above it."""
        recent = self._database.recent()
        tip = recent[-1]
        if head.number < tip.number:
            known = next((block for block in recent if block.number == head.number), None)
            if known is None or known.hash == head.hash:
                raise NodeBehind(found=head.number, known=tip.number)
        elif self._rpc.block(tip.number).hash == tip.hash:
            return tip
        shared = [block for block in recent if block.number <= head.number]
        found = self._rpc.blocks([block.number for block in shared])
        ancestor = next(
            (known for known, shown in zip(reversed(shared), reversed(found), strict=True) if known.hash == shown.hash),
            None,
        )
        if ancestor is None or tip.number - ancestor.number > self._limit:
            raise ReorganisationTooDeep(limit=self._limit, known=tip.number)
        if ancestor != tip:
            self._database.roll_back(tip, ancestor)
        return ancestor


@contextmanager
def _bearing(stubborn: int) -> Iterator[None]:
    """Let a block be gone that was there a moment ago: the chain may just have changed. But not for ever."""
    try:
        yield
    except BlockGone:
        if stubborn >= STUBBORN:
            raise
