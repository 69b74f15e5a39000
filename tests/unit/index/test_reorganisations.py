"""The chain takes blocks back, and the index follows, or stops where it would have to guess. R07, R08, R10."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from medshare.index import (
    ChainReplaced,
    Index,
    IndexStopped,
    NodeBehind,
    OtherDeployment,
    ReorganisationTooDeep,
)
from medshare.ledger.events import Event
from tests.scenarios.scripted_node import RawLog, ScriptedChain, raw_log
from tests.unit.index.happenings import any_event
from tests.unit.index.people import PATIENT, granted, locked_down, revoked

LIMIT = 8
"""The deepest reorganisation that the index of these tests rolls back."""


def rebuilt(chain: ScriptedChain) -> list[str]:
    """The rows of an index that reads the chain from nothing."""
    with Index.open("sqlite://") as fresh:
        fresh.follow(chain.rpc, chain.deployment)
        return list(fresh.dump())


def events(index: Index) -> list[Event]:
    return [entry.log.event for entry in index.find()]


@pytest.fixture
def grown(chain: ScriptedChain, index: Index) -> ScriptedChain:
    """A chain of twelve blocks with a consent in each, which the index has read."""
    for number in range(12):
        chain.mine(granted(number))
    index.follow(chain.rpc, chain.deployment)
    return chain


@pytest.mark.parametrize("depth", [1, 2, LIMIT - 1, LIMIT])
@pytest.mark.parametrize("growth", [1, 5])
def test_a_reorganisation_within_the_limit_is_rolled_back(
    grown: ScriptedChain, index: Index, depth: int, growth: int
) -> None:
    """[X-001] [X-002] R07, R10: the index is that of one who read only the new branch."""
    grown.fork(depth)
    for number in range(depth + growth):
        grown.mine(locked_down(number))
    status = index.follow(grown.rpc, grown.deployment)
    assert list(index.dump()) == rebuilt(grown)
    assert status.entries == len(index.find())
    assert (status.reorganisations.count, status.reorganisations.deepest, status.reorganisations.last) == (
        1,
        depth,
        depth,
    )
    assert status.alarm is None


@pytest.mark.parametrize("depth", [LIMIT + 1, 11])
def test_a_deeper_reorganisation_changes_nothing_and_stops_the_index(
    grown: ScriptedChain, index: Index, depth: int
) -> None:
    """[X-002] [X-006] R07: no guess, an alarm that stays, and no answer to any question."""
    before = index.status()
    grown.fork(depth)
    for number in range(depth + 3):
        grown.mine(locked_down(number))
    for _ in range(2):
        with pytest.raises(ReorganisationTooDeep):
            index.follow(grown.rpc, grown.deployment)
    after = index.status()
    assert after.alarm == "index.reorganisation-too-deep"
    assert (after.tip, after.entries, after.reorganisations) == (before.tip, before.entries, before.reorganisations)
    for question in (lambda: index.page(PATIENT), lambda: index.consents(PATIENT), index.find, index.digest):
        with pytest.raises(IndexStopped):
            question()


def test_rebuilding_ends_the_alarm(grown: ScriptedChain, index: Index) -> None:
    """[X-006]."""
    grown.fork(LIMIT + 1)
    for number in range(LIMIT + 2):
        grown.mine(locked_down(number))
    with pytest.raises(ReorganisationTooDeep):
        index.follow(grown.rpc, grown.deployment)
    assert index.rebuild(grown.rpc, grown.deployment).alarm is None
    assert list(index.dump()) == rebuilt(grown)


def test_the_alarm_ends_when_the_chain_comes_back(grown: ScriptedChain, index: Index) -> None:
    """[X-006]: the node was on a wrong branch, and is on the right one again."""
    right = grown.fork(LIMIT + 1)
    for number in range(LIMIT + 2):
        grown.mine(locked_down(number))
    with pytest.raises(ReorganisationTooDeep):
        index.follow(grown.rpc, grown.deployment)
    grown.fork(LIMIT + 2)
    grown.blocks += right
    assert index.follow(grown.rpc, grown.deployment).alarm is None
    assert list(index.dump()) == rebuilt(grown)


def test_a_transaction_in_both_branches_counts_once(grown: ScriptedChain, index: Index) -> None:
    """[X-002] R08: in another block and at another place."""
    log = raw_log(granted(99), grown.transaction())
    grown.mine(log)
    index.follow(grown.rpc, grown.deployment)
    assert events(index).count(granted(99)) == 1
    grown.fork(2)
    grown.mine()
    moved = grown.mine(locked_down(5), log)
    grown.mine()
    index.follow(grown.rpc, grown.deployment)
    (entry,) = (entry for entry in index.find() if entry.log.event == granted(99))
    assert (entry.log.block_number, entry.log.block_hash.hex(), entry.log.index) == (moved.number, moved.hash[2:], 1)
    assert entry.log.transaction == log.transaction
    assert list(index.dump()) == rebuilt(grown)


def test_a_transaction_that_only_the_orphan_had_is_gone(grown: ScriptedChain, index: Index) -> None:
    """[X-002] R08: a revocation on the lost branch revokes nothing."""
    grown.mine(revoked(granted(3)))
    index.follow(grown.rpc, grown.deployment)
    assert index.consents(PATIENT)[3].revoked_at is not None
    grown.fork(1)
    grown.mine()
    index.follow(grown.rpc, grown.deployment)
    assert index.consents(PATIENT)[3].revoked_at is None


def test_a_branch_that_is_shorter_is_followed(grown: ScriptedChain, index: Index) -> None:
    """[X-002]: the head goes back, to another block than the index had there."""
    grown.fork(5)
    grown.mine(locked_down(1))
    status = index.follow(grown.rpc, grown.deployment)
    assert status.reorganisations.last == 5
    assert list(index.dump()) == rebuilt(grown)


@pytest.mark.parametrize("missing", [1, 5, LIMIT, LIMIT + 3])
def test_a_node_that_is_behind_is_not_followed_and_nothing_is_lost(
    grown: ScriptedChain, index: Index, missing: int
) -> None:
    """[X-005] R09: it shows a part of what the index has. That is no alarm."""
    rows = list(index.dump())
    newest = grown.fork(missing)
    with pytest.raises(NodeBehind):
        index.follow(grown.rpc, grown.deployment)
    assert list(index.dump()) == rows
    grown.blocks += newest
    grown.mine(locked_down(1))
    assert index.follow(grown.rpc, grown.deployment).reorganisations.count == 0


def test_a_chain_that_was_made_anew_is_refused_though_it_has_the_same_id(grown: ScriptedChain, index: Index) -> None:
    """[X-005] R09."""
    other = ScriptedChain(salt=b"another chain")
    for number in range(20):
        other.mine(granted(number))
    with pytest.raises(ChainReplaced):
        index.follow(other.rpc, other.deployment)
    assert index.status().alarm == "index.chain-replaced"
    index.rebuild(other.rpc, other.deployment)
    assert list(index.dump()) == rebuilt(other)


def test_an_index_is_of_one_deployment(grown: ScriptedChain, index: Index) -> None:
    """[X-005]."""
    other = ScriptedChain(first=2)
    with pytest.raises(OtherDeployment):
        index.follow(other.rpc, other.deployment)
    assert index.status().alarm is None


class Reorganising(RuleBasedStateMachine):
    """Any chain with any reorganisations within the limit: following gives what rebuilding gives. [X-001] R07, R10."""

    @initialize()
    def begin(self) -> None:
        self.chain = ScriptedChain(first=1)
        self.index = Index.open("sqlite://", limit=LIMIT)
        self.lost: list[RawLog] = []
        self.unread = 0
        self.index.follow(self.chain.rpc, self.chain.deployment)

    @rule(happened=st.lists(any_event(), max_size=4))
    def mine(self, happened: list[Event]) -> None:
        self.chain.mine(*happened)
        self.unread += 1

    @rule(blocks=st.integers(1, 12))
    def mine_nothing(self, blocks: int) -> None:
        for _ in range(blocks):
            self.chain.mine()
        self.unread += blocks

    @rule(depth=st.integers(1, LIMIT), more=st.integers(0, 3), kept=st.booleans())
    def reorganise(self, depth: int, more: int, kept: bool) -> None:
        """Take blocks back; what was in them is mined anew in another order, or is lost."""
        depth = min(depth, len(self.chain.blocks) - self.chain.first - 1, LIMIT + self.unread)
        gone = self.chain.fork(depth)
        logs = [
            RawLog(
                log["address"],
                tuple(bytes.fromhex(topic[2:]) for topic in log["topics"]),
                bytes.fromhex(log["data"][2:]),
                bytes.fromhex(log["transactionHash"][2:]),
            )
            for block in gone
            for log in block.logs
        ]
        self.chain.mine(*(reversed(logs) if kept else ()))
        for _ in range(depth + more):
            self.chain.mine()
        # The index has not seen the new branch: the next reorganisation may not reach below this one.
        self.follow()

    @rule()
    def follow(self) -> None:
        self.index.follow(self.chain.rpc, self.chain.deployment)
        self.unread = 0
        assert list(self.index.dump()) == rebuilt(self.chain)

    @rule()
    def forget_nothing_when_opened_anew(self) -> None:
        status = self.index.status()
        assert status.tip is not None
        assert status.entries == len(self.index.find())

    @invariant()
    def every_row_is_of_a_block_that_was_canonical_when_it_was_read(self) -> None:
        if hasattr(self, "index"):
            assert self.index.status().alarm is None

    def teardown(self) -> None:
        if hasattr(self, "index"):
            self.follow()
            self.index.close()


TestReorganising = Reorganising.TestCase
TestReorganising.settings = settings(max_examples=25, stateful_step_count=15)
