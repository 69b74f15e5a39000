"""Several nodes of one chain, asked as one: which of them answers, when it is left, when it is tried again.

A decision is made from the answers of one node. Nodes change between two decisions and never within one:
`pinned` and `decision` say what belongs together, and a question outside of them is a decision of its own. A node
is looked at before it is used and every second while it is. What two nodes say is never put together; what they
must share, so that one may follow the other, is in `medshare.ledger.chain.fitness`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from medshare.clock import Clock, SystemClock
from medshare.ledger.chain.fitness import Fitness, Known, Seen, judge, look
from medshare.ledger.chain.provider import HttpProvider
from medshare.ledger.chain.rpc import TIMEOUT, Endpoint, Provider, Rpc, place_of
from medshare.ledger.errors import BlockGone, NodeRefused, NodeUnreachable, NoGoodNode

EXAMINED_EVERY: Final = 1.0
"""Seconds for which a node that was found good is used without being looked at again."""

EXAMINE_TIMEOUT: Final = 3.0
"""Seconds that a node has to show itself: one that hangs must not hold up every door for long."""

LONGEST_PAUSE: Final = 30.0
"""Seconds after which a node that could not be used is tried again, at the latest; the first time after one."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The way to one node. `examiner` leads to the same node and is less patient."""

    place: str
    provider: Provider
    examiner: Provider
    endpoint: Endpoint | None = None

    @classmethod
    def http(cls, url: str, *, timeout: float = TIMEOUT, examine_timeout: float = EXAMINE_TIMEOUT) -> Route:
        """Return the way to the node at `url`."""
        return cls(
            place=place_of(url),
            provider=HttpProvider(url, timeout),
            examiner=HttpProvider(url, min(timeout, examine_timeout)),
            endpoint=Endpoint(url, timeout),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeReport:
    """What one node was when it was last looked at.

    `head` and `final` are block numbers, `head_age` seconds at that time; None for what it did not show. `again_in`
    is the number of seconds until it may be tried again, None where it is never.
    """

    place: str
    fitness: Fitness
    used: bool
    head: int | None
    head_age: int | None
    final: int | None
    again_in: float | None

    @property
    def unfinalised(self) -> int | None:
        """How many blocks stand above the last final one; None where none is final."""
        return None if self.head is None or self.final is None else max(0, self.head - self.final)


class _Node(Rpc):
    """One of several nodes; `left` is told when it gave no answer."""

    def __init__(self, route: Route, left: Callable[[_Node], None]) -> None:
        super().__init__(route.provider, route.place, route.endpoint)
        self.examiner = Rpc(route.examiner, route.place, route.endpoint)
        self.fitness = Fitness.UNTRIED
        self.seen: Seen | None = None
        self.age: int | None = None
        self.examined = float("-inf")
        self.again = float("-inf")
        self.failures = 0
        self._left = left

    def _useless(self) -> NodeUnreachable:
        self._left(self)
        return super()._useless()


class _Decisions(threading.local):
    """What the running thread is deciding: how deep it is in decisions, and at which node."""

    depth = 0
    node: _Node | None = None


class Nodes(Rpc):
    """The nodes at `routes`, the first one preferred at the beginning; afterwards a node is used as long as it is good.

    Args:
        routes: At least one.
        known: What every node must show. What is not known is learnt from the first node that is used.
        clock: Tells how old a head is.
        monotonic: A clock that only goes forward.
    """

    def __init__(
        self,
        routes: Sequence[Route],
        *,
        known: Known | None = None,
        clock: Clock | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        first = routes[0]
        super().__init__(first.provider, first.place, first.endpoint)
        self._nodes = tuple(_Node(route, self._leave) for route in routes)
        self._known = known or Known()
        self._clock = clock or SystemClock()
        self._monotonic = monotonic
        self._turn = threading.RLock()
        self._using: _Node | None = None
        self._deciding = _Decisions()

    # One node for what belongs together

    def pinned(self) -> Rpc:
        """Return the node that is used now, or the one of the running decision.

        Raises:
            NoGoodNode: None can be used.
        """
        return self._at()

    @contextmanager
    def decision(self) -> Iterator[None]:
        """Let whatever the running thread asks here until the end be answered by one node.

        A decision within another one belongs to it. When the node fails, what was begun fails with it.
        """
        mine = self._deciding
        mine.depth += 1
        try:
            yield
        finally:
            mine.depth -= 1
            if not mine.depth:
                mine.node = None

    def request(self, method: str, *params: object) -> Any:
        """Return the result of one request. Raises as `Rpc.request`."""
        return self._ask(lambda node: node.request(method, *params))

    def batch(self, method: str, parameters: Sequence[Sequence[object]]) -> list[Any]:
        """Return the results of the same `method` with each of `parameters`. Raises as `Rpc.request`."""
        return self._ask(lambda node: node.batch(method, parameters))

    def together(self, *requests: tuple[str, Sequence[object]]) -> Iterator[Any]:
        """Yield the results of different methods. Raises as `Rpc.together`."""
        return self._ask(lambda node: node.together(*requests))

    # What the nodes are

    def reports(self) -> tuple[NodeReport, ...]:
        """Return what each node was when it was last looked at; none is asked."""
        with self._turn:
            return tuple(self._report(node) for node in self._nodes)

    def survey(self) -> tuple[NodeReport, ...]:
        """Look at every node now, and return what each is."""
        with self._turn:
            with suppress(NoGoodNode):  # the reports say why
                self._choose()
            for node in self._nodes:
                if not node.fitness.foreign:
                    self._examine(node)
            return self.reports()

    def _report(self, node: _Node) -> NodeReport:
        seen = node.seen
        return NodeReport(
            place=node.place,
            fitness=node.fitness,
            used=node is self._using,
            head=seen.head.number if seen else None,
            head_age=node.age,
            final=seen.final.number if seen and seen.final else None,
            again_in=None if node.fitness.foreign else max(0.0, node.again - self._monotonic()),
        )

    # Choosing

    def _at(self) -> _Node:
        mine = self._deciding
        if not mine.depth:
            return self._choose()
        if mine.node is None:
            mine.node = self._choose()
        return mine.node

    def _ask(self, ask: Callable[[_Node], T]) -> T:
        if self._deciding.depth:
            return ask(self._at())  # [G-004]
        for _ in self._nodes:
            try:
                return ask(self._choose())
            except NoGoodNode:
                raise
            except NodeUnreachable:
                continue  # it was left: the next one is asked
        raise self._none()

    def _choose(self) -> _Node:
        """Return the node to use. Whoever comes while one is being looked at waits for it."""
        with self._turn:
            using, now = self._using, self._monotonic()
            if using is not None and using.fitness is Fitness.GOOD and now - using.examined < EXAMINED_EVERY:
                return using
            for node in self._in_turn():
                if node.fitness.foreign or now < node.again:  # [G-005, G-008]
                    continue
                self._examine(node)
                if node.fitness is Fitness.GOOD:
                    return self._use(node)
            # Where no head is young enough the newest is shown: every door refuses it by its age.
            late = [node for node in self._nodes if node.fitness in {Fitness.STALE, Fitness.AHEAD}]
            if not late:
                self._using = None
                raise self._none()  # [G-009]
            return self._use(max(late, key=lambda node: node.seen.head.number if node.seen else 0))

    def _in_turn(self) -> Iterator[_Node]:
        """Yield the node in use, then the others as they stand."""
        if self._using is not None:
            yield self._using
        yield from (node for node in self._nodes if node is not self._using)

    def _use(self, node: _Node) -> _Node:
        if node.seen is not None:
            self._known = self._known.learnt(node.seen)
        self._using, self.place, self.endpoint = node, node.place, node.endpoint
        return node

    def _examine(self, node: _Node) -> None:
        try:
            seen = look(node.examiner, self._known)
        except (NodeUnreachable, NodeRefused, BlockGone):
            self._put_off(node, Fitness.SILENT)
            return
        now = self._clock.now()
        node.seen, node.age, node.examined = seen, now - seen.head.time, self._monotonic()
        fitness = judge(seen, self._known, now)
        if fitness is Fitness.GOOD:
            node.fitness, node.failures, node.again = fitness, 0, float("-inf")
        else:
            self._put_off(node, fitness)

    def _put_off(self, node: _Node, fitness: Fitness) -> None:
        node.fitness = fitness
        node.failures += 1
        node.again = self._monotonic() + min(LONGEST_PAUSE, 2.0 ** min(node.failures - 1, 10))

    def _leave(self, node: _Node) -> None:
        with self._turn:
            if not node.fitness.foreign:
                self._put_off(node, Fitness.SILENT)  # [G-008]
            if self._using is node:
                self._using = None

    def _none(self) -> NoGoodNode:
        told = "; ".join(f"{node.place} {node.fitness}" for node in self._nodes)
        return NoGoodNode(node=self.place, nodes=told)
