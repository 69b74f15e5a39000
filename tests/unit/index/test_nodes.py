"""What a node says is believed only as far as the chain proves it. R09."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from medshare.clock import HandClock
from medshare.errors import IntegrityError, MedShareError
from medshare.index import (
    HeaderDiffers,
    HeadTooOld,
    Index,
    IndexStopped,
    LogForged,
    LogsMissing,
    NodesDisagree,
    ParentDiffers,
    ReceiptsDiffer,
)
from medshare.index.evidence import header_hash
from medshare.ledger import BlockGone, NodeRefused, NodeUnreachable, WrongChain
from medshare.ledger.chain.rpc import Rpc
from medshare.ledger.errors import BadEvent, CodeDiffers, NoContract
from medshare.ledger.events import Registered
from tests.scenarios.scripted_node import (
    ADDRESSES,
    GENESIS_TIME,
    SLOT,
    Bend,
    RawLog,
    ScriptedChain,
    ScriptedNode,
    foreign_log,
)
from tests.unit.index.people import OTHER_PATIENT, PATIENT, granted, locked_down, revoked

OLD = 12
"""Blocks that are older than the index's limit when a test reads the chain: their receipts are not looked at unasked."""


@pytest.fixture
def chain() -> ScriptedChain:
    """Two old blocks with logs, and twelve empty ones."""
    made = ScriptedChain()
    made.mine(granted(1), granted(2), revoked(granted(1)), locked_down(3))
    made.mine(granted(4), granted(5))
    for _ in range(OLD):
        made.mine()
    return made


def bent(chain: ScriptedChain, bend: Bend) -> Rpc:
    return Rpc(ScriptedNode(chain, bend=bend), "bent")


def logs_bent(change: Callable[[list[dict[str, Any]]], Any]) -> Bend:
    """Bend only the answers of eth_getLogs that have logs."""

    def bend(method: str, params: Any, result: Any) -> Any:
        if method == "eth_getLogs" and result:
            change(result)
        return result

    return bend


def test_an_honest_node_is_believed(chain: ScriptedChain, index: Index) -> None:
    index.follow(chain.rpc, chain.deployment)
    assert len(index.find()) == 6


class TestMissingLogs:
    """[X-003] R09: a log that a block has and the node left out."""

    def refused(self, chain: ScriptedChain, index: Index, change: Callable[[list[dict[str, Any]]], Any]) -> None:
        with pytest.raises(LogsMissing):
            index.follow(bent(chain, logs_bent(change)), chain.deployment)
        assert index.status().alarm == "index.logs-missing"
        assert index.status().entries == 0

    def test_all_logs_of_a_block(self, chain: ScriptedChain, index: Index) -> None:
        self.refused(chain, index, lambda logs: logs.__delitem__(slice(0, 4)))

    def test_all_logs_whatever(self, chain: ScriptedChain, index: Index) -> None:
        self.refused(chain, index, lambda logs: logs.clear())

    @pytest.mark.parametrize("place", [0, 1, 2, 3])
    def test_one_log_of_a_block(self, chain: ScriptedChain, index: Index, place: int) -> None:
        """The first three leave a gap in the numbers, the last one a bit of the bloom that nothing explains."""
        self.refused(chain, index, lambda logs: logs.__delitem__(place))

    def test_the_last_log_of_a_block_whose_kind_came_before(self, index: Index) -> None:
        """No gap and no bit: shown by the receipts, of the newest blocks always."""
        chain = ScriptedChain()
        chain.mine(granted(1), granted(2))
        self.refused(chain, index, lambda logs: logs.pop())

    def test_the_same_in_an_old_block_when_every_block_is_to_be_proven(
        self, chain: ScriptedChain, index: Index
    ) -> None:
        with pytest.raises(LogsMissing):
            index.follow(bent(chain, logs_bent(lambda logs: logs.pop())), chain.deployment, prove=True)

    def test_the_same_in_an_old_block_is_not_seen_otherwise(self, chain: ScriptedChain, index: Index) -> None:
        """The limit of what is looked at unasked; the threat model says so."""
        index.follow(bent(chain, logs_bent(lambda logs: logs.pop())), chain.deployment)
        assert len(index.find()) == 5

    def test_a_block_of_other_contracts_is_no_reason_for_an_alarm(self, chain: ScriptedChain, index: Index) -> None:
        for _ in range(20):
            chain.mine(*[foreign_log(chain.transaction(), topics=4) for _ in range(5)], granted(9))
        index.follow(chain.rpc, chain.deployment)
        assert len(index.find()) == 26


class TestForgedLogs:
    """[X-003] R09: a log that cannot be of the block that it names."""

    def refused(
        self,
        chain: ScriptedChain,
        index: Index,
        change: Callable[[list[dict[str, Any]]], Any],
        error: type[MedShareError] = LogForged,
    ) -> None:
        with pytest.raises(error):
            index.follow(bent(chain, logs_bent(change)), chain.deployment)
        assert index.status().entries == 0
        with pytest.raises(IndexStopped):
            index.find()

    def test_of_an_event_that_the_bloom_excludes(self, chain: ScriptedChain, index: Index) -> None:
        other = ScriptedChain()
        log = other.mine(Registered(patient=PATIENT, directory=b"d" * 32)).logs[0]
        self.refused(
            chain, index, lambda logs: logs[0].update({name: log[name] for name in ("address", "topics", "data")})
        )

    def test_in_a_block_that_has_none(self, chain: ScriptedChain, index: Index) -> None:
        empty = chain.blocks[-1]

        def add(logs: list[dict[str, Any]]) -> None:
            logs.append({**logs[-1], "blockNumber": hex(empty.number), "blockHash": empty.hash, "logIndex": "0x0"})

        self.refused(chain, index, add)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"blockHash": "0x" + "77" * 32},
            {"blockNumber": "0x1"},
            {"blockNumber": "0xffff"},
            {"logIndex": "0x1"},
            {"logIndex": "0x100000"},
            {"removed": True},
            {"transactionHash": "0x77"},
            {"address": "0x" + "77" * 20},
        ],
        ids=str,
    )
    def test_with_a_wrong_place(self, chain: ScriptedChain, index: Index, wrong: dict[str, Any]) -> None:
        self.refused(chain, index, lambda logs: logs[2].update(wrong))

    def test_twice(self, chain: ScriptedChain, index: Index) -> None:
        self.refused(chain, index, lambda logs: logs.insert(1, logs[0]))

    def test_in_another_order(self, chain: ScriptedChain, index: Index) -> None:
        self.refused(chain, index, lambda logs: logs.reverse())

    def test_of_an_event_that_the_contract_does_not_have(self, chain: ScriptedChain, index: Index) -> None:
        self.refused(chain, index, lambda logs: logs[0]["topics"].__setitem__(0, "0x" + "77" * 32), BadEvent)

    def test_with_a_topic_too_many(self, chain: ScriptedChain, index: Index) -> None:
        self.refused(chain, index, lambda logs: logs[0]["topics"].append("0x" + "77" * 32), BadEvent)

    def test_with_bytes_too_many(self, chain: ScriptedChain, index: Index) -> None:
        self.refused(chain, index, lambda logs: logs[0].update(data=logs[0]["data"] + "00"), BadEvent)

    def test_with_another_patient_in_one_of_the_newest_blocks(self, index: Index) -> None:
        """Nothing of the place is wrong; the receipts say otherwise."""
        chain = ScriptedChain()
        chain.mine(granted(1), granted(2, patient=OTHER_PATIENT))
        topic = "0x" + "00" * 12 + OTHER_PATIENT[2:]
        self.refused(chain, index, lambda logs: logs[0]["topics"].__setitem__(1, topic), LogsMissing)


class TestForgedReceipts:
    """[X-003] R09: receipts that are not those of the header."""

    @pytest.mark.parametrize(
        "change",
        [
            lambda receipts: receipts.pop(),
            lambda receipts: receipts[0]["logs"].clear(),
            lambda receipts: receipts[0].update(status="0x0"),
            lambda receipts: receipts.reverse(),
        ],
        ids=["one less", "without its log", "another status", "another order"],
    )
    def test_they_stop_the_index(self, index: Index, change: Callable[[Any], Any]) -> None:
        chain = ScriptedChain()
        chain.mine(granted(1), granted(2))

        def bend(method: str, params: Any, result: Any) -> Any:
            if method == "eth_getBlockReceipts":
                change(result)
            return result

        with pytest.raises(ReceiptsDiffer):
            index.follow(bent(chain, bend), chain.deployment)
        assert index.status().alarm == "index.receipts-differ"

    def test_so_do_receipts_that_are_not_there(self, index: Index) -> None:
        chain = ScriptedChain()
        chain.mine(granted(1))

        def bend(method: str, params: Any, result: Any) -> Any:
            return None if method == "eth_getBlockReceipts" else result

        with pytest.raises(ReceiptsDiffer):
            index.follow(bent(chain, bend), chain.deployment)

    def test_left_out_logs_are_not_hidden_by_receipts_without_them(self, chain: ScriptedChain, index: Index) -> None:
        """A node that lies twice in the same way is found out by the header."""

        def bend(method: str, params: Any, result: Any) -> Any:
            if method == "eth_getLogs":
                return []
            if method == "eth_getBlockReceipts":
                return [{**receipt, "logs": []} for receipt in result]
            return result

        with pytest.raises(ReceiptsDiffer):
            index.follow(bent(chain, bend), chain.deployment)


class TestForgedHeaders:
    """[X-004] R09: a header that its hash does not name, or that does not follow."""

    def headers_bent(self, chain: ScriptedChain, number: int, change: Callable[[dict[str, Any]], Any]) -> Rpc:
        def bend(method: str, params: Any, result: Any) -> Any:
            if method == "eth_getBlockByNumber" and params[0] == hex(number):
                change(result)
            return result

        return bent(chain, bend)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"logsBloom": "0x" + "00" * 256},
            {"timestamp": "0x1"},
            {"receiptsRoot": "0x" + "77" * 32},
            {"hash": "0x" + "77" * 32},
            {"number": "0x7"},
        ],
        ids=lambda wrong: next(iter(wrong)),
    )
    def test_a_changed_field(self, chain: ScriptedChain, index: Index, wrong: dict[str, Any]) -> None:
        rpc = self.headers_bent(chain, chain.first + 1, lambda header: header.update(wrong))
        with pytest.raises(HeaderDiffers):
            index.follow(rpc, chain.deployment)
        assert index.status().alarm == "index.header-differs"

    def test_another_block_with_a_hash_of_its_own(self, chain: ScriptedChain, index: Index) -> None:
        def replace_block(header: dict[str, Any]) -> None:
            header.update(parentHash="0x" + "77" * 32)
            header["hash"] = "0x" + header_hash(header).hex()

        for number in (chain.first + 4, chain.first + 1):
            with pytest.raises(ParentDiffers):
                index.follow(self.headers_bent(chain, number, replace_block), chain.deployment)


class TestOtherNodes:
    """[X-005] R09: a node that cannot be followed, and why."""

    def test_another_chain_id(self, chain: ScriptedChain, index: Index) -> None:
        with pytest.raises(WrongChain):
            index.follow(chain.rpc, replace(chain.deployment, chain_id=1))

    def test_no_contract_and_another_contract(self, chain: ScriptedChain, index: Index) -> None:
        for code, error in (("0x", NoContract), ("0x6001", CodeDiffers)):

            def bend(method: str, params: Any, result: Any, code: str = code) -> Any:
                return code if method == "eth_getCode" and params[0] == ADDRESSES["AuditLog"] else result

            with pytest.raises(error):
                index.follow(bent(chain, bend), chain.deployment)

    def test_a_head_that_is_older_than_the_deployment_allows(self, chain: ScriptedChain, index: Index) -> None:
        newest = GENESIS_TIME + SLOT * (len(chain.blocks) - 1)
        allowed = chain.deployment.settings.head_max_age
        index.follow(chain.rpc, chain.deployment, clock=HandClock(newest + allowed))
        with pytest.raises(HeadTooOld):
            index.follow(chain.rpc, chain.deployment, clock=HandClock(newest + allowed + 1))
        assert index.status().alarm is None

    def test_a_node_that_does_not_answer(self, chain: ScriptedChain, index: Index) -> None:
        def bend(method: str, params: Any, result: Any) -> Any:
            raise OSError

        with pytest.raises(NodeUnreachable):
            index.follow(bent(chain, bend), chain.deployment)

    @pytest.mark.parametrize(
        "change",
        [
            lambda log: log.pop("topics"),
            lambda log: log.update(topics=[]),
            lambda log: log.update(data="0xzz"),
            lambda log: log.update(logIndex=None),
            lambda log: log.update(blockHash=7) or log.update(blockNumber=7),
        ],
    )
    def test_an_answer_that_is_no_log(self, chain: ScriptedChain, index: Index, change: Callable[[Any], Any]) -> None:
        with pytest.raises((NodeUnreachable, IntegrityError)):
            index.follow(bent(chain, logs_bent(lambda logs: change(logs[0]))), chain.deployment)
        assert index.status().entries == 0

    def test_a_block_that_vanishes_while_it_is_asked_for(self, chain: ScriptedChain, index: Index) -> None:
        """Once, the chain just changed. For ever, the node is no node."""
        last = hex(len(chain.blocks) - 1)
        times = [0]

        def bend(method: str, params: Any, result: Any) -> Any:
            times[0] += 1
            return None if method == "eth_getBlockByNumber" and params[0] == last and times[0] < 40 else result

        index.follow(bent(chain, bend), chain.deployment)
        assert len(index.find()) == 6
        with Index.open("sqlite://") as other, pytest.raises(BlockGone):
            other.follow(
                bent(chain, lambda method, params, result: None if params[:1] == [last] else result), chain.deployment
            )


class TestWitness:
    """[X-009] R09: a second node must show the same chain."""

    def test_two_nodes_of_one_chain_agree(self, chain: ScriptedChain, index: Index) -> None:
        index.follow(chain.rpc, chain.deployment, witness=chain.rpc)

    def test_two_nodes_that_differ_where_nothing_may_change_stop_the_index(
        self, chain: ScriptedChain, index: Index
    ) -> None:
        other = ScriptedChain(salt=b"another chain")
        for _ in range(20):
            other.mine()
        with pytest.raises(NodesDisagree):
            index.follow(chain.rpc, chain.deployment, witness=other.rpc)
        assert index.status().alarm == "index.nodes-disagree"
        with pytest.raises(IndexStopped):
            index.find()
        index.follow(chain.rpc, chain.deployment)
        assert len(index.find()) == 6

    def test_two_nodes_that_differ_at_the_head_only_are_no_reason_for_an_alarm(
        self, chain: ScriptedChain, index: Index
    ) -> None:
        other = ScriptedChain()
        other.blocks = [*chain.blocks]
        other.fork(2)
        other.mine(granted(77))
        index.follow(chain.rpc, chain.deployment, witness=other.rpc)


class TestLimitsOfNodes:
    """Questions grow and shrink to what a node answers."""

    def test_a_node_that_gives_few_logs_at_a_time_is_asked_for_less(self, chain: ScriptedChain, index: Index) -> None:
        for number in range(60):
            chain.mine(*[granted(100 * number + more) for more in range(number % 4)])
        node = ScriptedNode(chain, most=5)
        index.follow(Rpc(node, "hosted"), chain.deployment)
        with Index.open("sqlite://") as other:
            other.follow(chain.rpc, chain.deployment)
            assert list(index.dump()) == list(other.dump())

    def test_a_block_that_alone_is_too_much_is_an_error(self, chain: ScriptedChain, index: Index) -> None:
        with pytest.raises(NodeRefused, match="more than 3"):
            index.follow(Rpc(ScriptedNode(chain, most=3), "hosted"), chain.deployment)

    def test_a_node_that_breaks_off_long_answers_is_asked_for_less(self, chain: ScriptedChain, index: Index) -> None:
        def bend(method: str, params: Any, result: Any) -> Any:
            if method == "eth_getLogs" and len(result) > 4:
                raise OSError
            return result

        index.follow(bent(chain, bend), chain.deployment)
        assert len(index.find()) == 6

    def test_a_chain_that_changes_between_two_questions_is_asked_again(
        self, chain: ScriptedChain, index: Index
    ) -> None:
        """The headers are of one branch, the logs of another: no alarm."""
        changed: list[bool] = []
        chain.mine(granted(50))

        def bend(method: str, params: Any, result: Any) -> Any:
            if method == "eth_getLogs" and not changed:
                changed.append(True)
                chain.fork(1)
                chain.mine(granted(51), granted(52))
                return node._logs(params[0])
            return result

        node = ScriptedNode(chain, bend=bend)
        index.follow(Rpc(node, "changing"), chain.deployment)
        assert [entry.log.event for entry in index.find()][-2:] == [granted(51), granted(52)]

    def test_mixed_case_addresses_are_the_same_addresses(self, chain: ScriptedChain, index: Index) -> None:
        def shout(logs: list[dict[str, Any]]) -> None:
            for log in logs:
                log["address"] = "0x" + log["address"][2:].upper()

        index.follow(bent(chain, logs_bent(shout)), chain.deployment)
        assert len(index.find()) == 6


def test_a_raw_log_that_says_nothing_is_no_event_of_a_contract(index: Index) -> None:
    """[X-003]: our contracts never write a log without topics."""
    chain = ScriptedChain()
    chain.mine(RawLog(ADDRESSES["ConsentRegistry"], (), b"", chain.transaction()))
    with pytest.raises((NodeUnreachable, BadEvent)):
        index.follow(chain.rpc, chain.deployment)
