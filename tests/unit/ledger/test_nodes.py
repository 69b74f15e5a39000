"""Several nodes asked as one: which of them answers, when it is left, and what is never put together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from medshare.clock import HandClock
from medshare.hexadecimal import to_hex
from medshare.ledger import BlockGone, NodeUnreachable, NoGoodNode, NothingFinal
from medshare.ledger.acts import PARTICIPANTS
from medshare.ledger.chain import ChainLedger
from medshare.ledger.chain.fitness import Fitness, Known
from medshare.ledger.chain.nodes import EXAMINED_EVERY, LONGEST_PAUSE, Nodes, Route
from tests.scenarios.scripted_node import ADDRESSES, CHAIN_ID, GENESIS_TIME, SLOT, ScriptedChain, ScriptedNode

MAX_AGE = 36


class Wire:
    """The way to a scripted node, which can be cut: `broken` is raised in the place of an answer."""

    def __init__(self, chain: ScriptedChain) -> None:
        self.node = ScriptedNode(chain)
        self.broken: Exception | None = None
        self.asked: list[str] = []
        self.between: Callable[[], None] = lambda: None

    def make_request(self, method: str, params: Any) -> Any:
        return self.make_batch_request([(method, params)])[0]

    def make_batch_request(self, requests: Any) -> Any:
        self.asked += [method for method, _ in requests]
        if self.broken is not None:
            raise self.broken
        answer = self.node.make_batch_request(requests)
        self.between()
        return answer


class Town:
    """Nodes of one chain with a clock, and what reads them."""

    def __init__(self, *chains: ScriptedChain, known: Known | None = None) -> None:
        self.wires = [Wire(chain) for chain in chains]
        self.clock = HandClock(0)
        self.seconds = 0.0
        self.catch_up()
        self.nodes = Nodes(
            [Route(place=f"node-{place}", provider=wire, examiner=wire) for place, wire in enumerate(self.wires)],
            known=known or Known(chain_id=CHAIN_ID, head_max_age=MAX_AGE, contract=ADDRESSES[PARTICIPANTS]),
            clock=self.clock,
            monotonic=lambda: self.seconds,
        )

    def catch_up(self) -> None:
        """Set the clock to the newest head."""
        self.clock.set(max(GENESIS_TIME + SLOT * (len(wire.node.chain.blocks) - 1) for wire in self.wires))

    def wait(self, seconds: float = EXAMINED_EVERY) -> None:
        self.seconds += seconds

    @property
    def fitness(self) -> list[Fitness]:
        return [report.fitness for report in self.nodes.survey()]

    @property
    def used(self) -> str | None:
        return next((report.place for report in self.nodes.reports() if report.used), None)


def a_chain(
    *, blocks: int = 10, final_depth: int | None = 2, chain_id: int = CHAIN_ID, salt: bytes = b""
) -> ScriptedChain:
    chain = ScriptedChain(chain_id=chain_id, salt=salt)
    chain.final_depth = final_depth
    for _ in range(blocks):
        chain.mine()
    return chain


def test_the_first_good_node_is_used_and_stays_in_use() -> None:
    """[G-004] R04: the others are not asked while it is good."""
    chain = a_chain()
    town = Town(chain, chain)
    assert town.nodes.block("latest").number == len(chain.blocks) - 1
    town.wait()
    assert town.nodes.chain_id() == CHAIN_ID
    assert town.used == "node-0"
    assert town.wires[1].asked == []


def test_a_node_that_does_not_answer_is_left_and_the_question_is_asked_of_the_next() -> None:
    """[G-008] R04."""
    chain = a_chain()
    town = Town(chain, chain)
    town.nodes.chain_id()
    town.wires[0].broken = OSError("gone")
    assert town.nodes.block("latest").number == len(chain.blocks) - 1
    assert town.used == "node-1"


@pytest.mark.parametrize("answer", [None, [], {"jsonrpc": "2.0"}, "0x", {"result": "0x12"}])
def test_a_node_that_answers_with_something_else_is_left_too(answer: Any) -> None:
    """[G-008] R04: half an answer."""
    chain = a_chain()
    town = Town(chain, chain)
    pinned = town.nodes.pinned()
    town.wires[0].make_batch_request = lambda requests: answer  # type: ignore[method-assign]
    town.wires[0].make_request = lambda method, params: answer  # type: ignore[method-assign]
    with pytest.raises(NodeUnreachable):
        pinned.block("latest")
    assert town.nodes.pinned() is not pinned
    assert town.used == "node-1"


def test_within_a_decision_no_other_node_is_asked_and_after_it_one_is() -> None:
    """[G-004] R04, R09: what was begun with a node fails with it."""
    chain = a_chain()
    town = Town(chain, chain)
    with town.nodes.decision():
        town.nodes.chain_id()
        town.wires[0].broken = OSError("gone")
        with pytest.raises(NodeUnreachable):
            town.nodes.chain_id()
        with town.nodes.decision(), pytest.raises(NodeUnreachable):  # it belongs to the outer one
            town.nodes.chain_id()
    assert town.wires[1].asked == []
    assert town.nodes.chain_id() == CHAIN_ID
    assert town.used == "node-1"


def test_a_decision_is_of_one_thread_and_does_not_hold_another_one() -> None:
    """[G-004]"""
    chain = a_chain()
    town = Town(chain, chain)
    found: list[int] = []
    with town.nodes.decision():
        town.nodes.chain_id()
        town.wires[0].broken = OSError("gone")
        other = threading.Thread(target=lambda: found.append(town.nodes.chain_id()))
        other.start()
        other.join()
    assert found == [CHAIN_ID]


def test_a_ledger_that_is_pinned_stays_at_its_node_while_the_nodes_change() -> None:
    """[G-004] R09: the same node gives the same ledger, another one another."""
    chain = a_chain()
    town = Town(chain, chain)
    ledger = ChainLedger(town.nodes, chain.deployment.info)
    first = ledger.pinned()
    assert ledger.pinned() is first is first.pinned()
    town.wires[0].broken = OSError("gone")
    with pytest.raises(NodeUnreachable):
        first.head()
    second = ledger.pinned()
    assert second is not first
    assert second.head() == ledger.head()
    town.wires[0].broken = None
    assert first.head() == second.head()


def test_a_node_on_another_chain_is_never_used_and_never_asked_again() -> None:
    """[G-005] R04: another id."""
    good = a_chain()
    town = Town(a_chain(chain_id=5), good)
    assert town.nodes.block("latest").hash == bytes.fromhex(good.blocks[-1].hash[2:])
    town.wires[1].broken = OSError("gone")
    asked = len(town.wires[0].asked)
    for _ in range(5):
        town.wait(LONGEST_PAUSE)
        with pytest.raises(NoGoodNode, match="node-0 other-chain; node-1 silent"):
            town.nodes.chain_id()
    assert len(town.wires[0].asked) == asked
    assert town.fitness == [Fitness.OTHER_CHAIN, Fitness.SILENT]


def test_a_node_whose_chain_began_otherwise_is_never_used() -> None:
    """[G-005] R09: the same id, another first block."""
    town = Town(a_chain(), a_chain(salt=b"else"))
    town.nodes.chain_id()
    town.wires[0].broken = OSError("gone")
    with pytest.raises(NoGoodNode):
        town.nodes.chain_id()
    assert town.fitness == [Fitness.SILENT, Fitness.OTHER_GENESIS]


def test_a_chain_without_the_contracts_is_not_used_though_its_node_stands_first() -> None:
    """[G-005] R09: what it says of its beginning is not learnt."""
    other, good = a_chain(salt=b"else"), a_chain()
    town = Town(other, good)
    town.wires[0].node.bend = lambda method, _, answer: "0x0" if method == "eth_getTransactionCount" else answer
    town.nodes.chain_id()
    assert town.used == "node-1"
    assert town.fitness[0] is not Fitness.GOOD


def test_a_node_with_another_block_in_the_place_of_the_final_one_is_refused_and_doors_stay_shut() -> None:
    """[G-006, G-009] R07, R09, R14: two chains with one past, each calling its own blocks final."""
    one = a_chain()
    two = one.copy()
    two.fork(4)
    for _ in range(6):
        one.mine()
    for _ in range(10):
        two.mine()
    town = Town(one, two)
    town.nodes.chain_id()
    town.wires[0].broken = OSError("gone")
    with pytest.raises(NoGoodNode, match="node-1 two-chains"):
        town.nodes.block("latest")
    town.wires[0].broken = None
    town.wait(LONGEST_PAUSE)
    assert town.nodes.block("latest").hash == bytes.fromhex(one.blocks[-1].hash[2:])


def test_a_fork_above_the_final_block_is_no_other_chain() -> None:
    """[G-006] R07: the node is used, and its branch counts."""
    one = a_chain(final_depth=4)
    two = one.copy()
    two.fork(3)
    for _ in range(4):
        two.mine()
    town = Town(one, two)
    town.nodes.chain_id()
    town.wires[0].broken = OSError("gone")
    assert town.nodes.block("latest").hash == bytes.fromhex(two.blocks[-1].hash[2:])


def test_a_node_that_takes_a_final_block_back_is_left() -> None:
    """[G-006] R07, R09: it broke its own word; the other one kept it."""
    one = a_chain()
    two = one.copy()
    town = Town(one, two)
    town.nodes.chain_id()
    one.fork(4)
    for _ in range(6):
        one.mine()
    for _ in range(3):
        two.mine()
    town.catch_up()
    town.wait()
    assert town.nodes.block("latest").hash == bytes.fromhex(two.blocks[-1].hash[2:])
    assert town.fitness == [Fitness.TWO_CHAINS, Fitness.GOOD]


def test_a_node_that_has_not_come_to_the_final_block_waits_until_it_has() -> None:
    """[G-006] R09: it is late and no liar."""
    ahead = a_chain()
    late = ahead.copy()
    late.fork(5)
    town = Town(ahead, late)
    town.nodes.chain_id()
    town.wires[0].broken = OSError("gone")
    with pytest.raises(NoGoodNode, match="node-1 behind"):
        town.nodes.chain_id()
    late.blocks = list(ahead.blocks)
    town.wait(LONGEST_PAUSE)
    assert town.nodes.chain_id() == CHAIN_ID


def test_a_node_with_an_old_head_is_left_for_one_that_keeps_up() -> None:
    """[G-007] R09: it lags."""
    keeps_up = a_chain(blocks=10)
    lags = keeps_up.copy()
    town = Town(lags, keeps_up)
    town.nodes.chain_id()
    assert town.used == "node-0"
    for _ in range(1 + MAX_AGE // SLOT):
        keeps_up.mine()
    town.catch_up()
    town.wait()
    assert town.nodes.block("latest").number == len(keeps_up.blocks) - 1
    assert town.fitness == [Fitness.BEHIND, Fitness.GOOD]


def test_where_every_head_is_old_the_newest_is_shown_and_no_other_node_is_trusted_more() -> None:
    """[G-007] R15: doors refuse it by its age; what waits to be mined is still handed over."""
    one, two = a_chain(blocks=10, final_depth=9), a_chain(blocks=10, final_depth=9)
    two.blocks = one.blocks[:-2]
    town = Town(two, one)
    town.clock.advance(10 * MAX_AGE)
    assert town.nodes.block("latest").number == len(one.blocks) - 1
    assert set(town.fitness) == {Fitness.STALE}


def test_a_head_from_the_future_is_not_young() -> None:
    """[G-007] R09: a node that lies about its head, or a clock that is wrong."""
    lies = a_chain(blocks=10)
    honest = lies.copy()
    for _ in range(20):
        lies.mine()
    lies.final_depth = 22
    town = Town(lies, honest)
    town.clock.set(GENESIS_TIME + SLOT * 13)
    town.nodes.chain_id()
    assert town.used == "node-1"
    assert town.fitness == [Fitness.AHEAD, Fitness.GOOD]


def test_a_node_that_comes_back_is_tried_again_within_half_a_minute() -> None:
    """[G-008] R04: pauses grow, and end."""
    town = Town(a_chain())
    town.wires[0].broken = OSError("gone")
    pauses = []
    for _ in range(9):
        with pytest.raises(NoGoodNode):
            town.nodes.chain_id()
        (report,) = town.nodes.reports()
        assert report.again_in is not None
        pauses.append(report.again_in)
        asked = len(town.wires[0].asked)
        with pytest.raises(NoGoodNode):  # not before its time
            town.nodes.chain_id()
        assert len(town.wires[0].asked) == asked
        town.wait(report.again_in)
    assert pauses == [1, 2, 4, 8, 16, *[LONGEST_PAUSE] * 4]
    town.wires[0].broken = None
    assert town.nodes.chain_id() == CHAIN_ID


def test_a_chain_without_a_final_block_is_used_and_says_that_nothing_is_final() -> None:
    """[G-010] geth answers "finalized block not found" in the first minute of a network."""
    chain = a_chain(final_depth=None)
    town = Town(chain, chain)
    ledger = ChainLedger(town.nodes, chain.deployment.info)
    with pytest.raises(NothingFinal):
        ledger.final()
    (report, _) = town.nodes.survey()
    assert (report.fitness, report.final, report.unfinalised) == (Fitness.GOOD, None, None)
    chain.final_depth = 3
    assert ledger.final().number == len(chain.blocks) - 4
    (report, _) = town.nodes.survey()
    assert report.unfinalised == 3


def test_a_final_block_that_goes_back_is_not_believed_and_is_no_fault() -> None:
    """[G-006] After a restart a node calls an older block final for a while; the newer one stays known."""
    chain = a_chain(final_depth=1)
    other = chain.copy()
    town = Town(chain, other)
    town.nodes.chain_id()
    chain.final_depth = 5
    town.wait()
    town.nodes.chain_id()
    other.fork(3)
    for _ in range(3):
        other.mine()
    assert town.fitness == [Fitness.GOOD, Fitness.TWO_CHAINS]


def test_what_each_node_is_stands_in_plain_values() -> None:
    """[G-009] For the doctor and for whoever watches; a URL's key is not among them."""
    chain = a_chain(final_depth=4)
    town = Town(chain, chain)
    town.wires[1].broken = OSError("gone")
    used, other = town.nodes.survey()
    assert (used.place, used.used, used.head, used.head_age, used.final) == ("node-0", True, 13, 0, 9)
    assert used.unfinalised == 4
    assert (other.fitness, other.used, other.head, other.unfinalised) == (Fitness.SILENT, False, None, None)
    assert Route.http("https://name:word@node.example/key").place == "node.example"


def test_the_process_that_reads_for_an_index_goes_to_the_node_in_use() -> None:
    """[G-004] The endpoint is that of one node."""
    chain = a_chain()
    town = Town(chain, chain)
    assert town.nodes.pinned().endpoint is None
    route = Route.http("http://127.0.0.1:9/key", timeout=2)
    assert route.endpoint is not None
    assert (route.endpoint.url, route.endpoint.timeout) == ("http://127.0.0.1:9/key", 2)


def test_a_block_that_one_node_has_not_is_gone_and_nobody_else_is_asked() -> None:
    """[G-004] R09: a node that does not know a block has answered."""
    chain = a_chain()
    town = Town(chain, chain)
    with pytest.raises(BlockGone):
        town.nodes.block(999)
    assert town.wires[1].asked == []
    assert to_hex(town.nodes.block(3).hash) == chain.blocks[3].hash
