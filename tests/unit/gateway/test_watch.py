"""How a gateway follows the chain: no answer from an older block, one question for many, each process for itself."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from medshare.clock import HandClock
from medshare.consent.reasons import Reason
from medshare.consent.rules import Query
from medshare.gateway import view as views
from medshare.gateway.office import Office
from medshare.gateway.view import HeadView, View
from medshare.hexadecimal import ZERO_32, ZERO_ADDRESS
from medshare.keys.account import AccountKey
from medshare.ledger import Block, Log, NodeUnreachable, PathTooLong, Power, RecordQuery, RecordState, RecordStatus
from medshare.ledger import SuccessorOf as SuccessorOfPatient
from medshare.ledger.events import Revoked
from medshare.ledger.memory import MemoryLedger
from medshare.sandbox import START, Sandbox
from medshare.store import MemoryStore
from medshare.vault import ErasureRow, LockdownRow, RevocationRow
from medshare.vault.sql import memory_vault
from tests.unit.actors.world import LedgerDouble

WHO = "0x" + "a1" * 20
QUERY = Query(patient=WHO, grantee=WHO, terms=ZERO_32, accessor=WHO, slot=1, purpose=60, action=1)
RECORD = RecordQuery(provider=WHO, root=ZERO_32, patient=WHO, inner=ZERO_32, proof=())


def until(reached: Callable[[], bool]) -> None:
    event = threading.Event()
    for _ in range(3000):
        if reached():
            return
        event.wait(0.01)
    pytest.fail("it never happened")


class Node:
    """A ledger whose heads are handed out one at a time, and which counts what it is asked."""

    def __init__(self, *, moves: int = 0) -> None:
        self.block_number = 7
        self.final_number = 3
        self.asked: list[tuple[int, tuple[object, ...]]] = []
        self.heads = 0
        self.finals = 0
        self.gate = threading.Event()
        self.gate.set()
        self.down: Exception | None = None
        self.moves = moves

    def pinned(self) -> Node:
        return self

    def head(self) -> Block:
        self.heads += 1
        number, down = self.block_number, self.down
        assert self.gate.wait(30)
        if down is not None:
            raise down
        return block(number)

    def final(self) -> Block:
        self.finals += 1
        return block(self.final_number)

    def block(self, number: int) -> Block:
        return block(number)

    def events(self, *_: object) -> list[object]:
        return []

    def answers(self, questions, *, block):
        self.asked.append((block.number, tuple(questions)))
        return tuple(self.answer(one) for one in questions)

    def answer(self, question):
        match question:
            case Query():
                return Reason.ENDED
            case RecordQuery():
                return RecordState(status=RecordStatus.CONFIRMED)
            case SuccessorOfPatient(patient=patient):
                step = int(patient, 0) - int(WHO, 0)
                return f"0x{int(patient, 0) + 1:040x}" if step < self.moves else ZERO_ADDRESS
        return 5


def block(number: int) -> Block:
    return Block(number, number.to_bytes(32, "big"), 1_800_000_000 + number)


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
def office(node, world) -> Office:
    original = world.gateway.office
    return Office(
        institution=original.institution,
        key=original.key,
        ledger=LedgerDouble(
            world.ledger, **{name: getattr(node, name) for name in ("head", "final", "block", "events", "answers")}
        ),
        vault=original.vault,
        store=original.store,
        clock=original.clock,
        entropy=original.entropy,
    )


# One look for many


def test_a_question_is_never_answered_from_a_head_that_was_asked_for_before_it_came(node, office):
    """[R-022] The first look may have missed what was mined meanwhile."""
    node.gate.clear()
    found: list[HeadView] = []
    first = threading.Thread(target=lambda: found.append(office.watch()))
    first.start()
    until(lambda: node.heads == 1)
    node.block_number = 8
    later = [threading.Thread(target=lambda: found.append(office.watch())) for _ in range(10)]
    for thread in later:
        thread.start()
    node.gate.set()
    for thread in (first, *later):
        thread.join(30)
    assert sorted(view.block.number for view in found) == [7] + [8] * 10


def test_whoever_comes_while_the_node_is_asked_shares_the_next_question(node, office):
    node.gate.clear()
    threads = [threading.Thread(target=office.watch) for _ in range(40)]
    threads[0].start()
    until(lambda: node.heads == 1)
    for thread in threads[1:]:
        thread.start()
    event = threading.Event()
    event.wait(0.2)
    node.gate.set()
    for thread in threads:
        thread.join(30)
    # One for the first, one for all who came by then; a straggler may need one more.
    assert 2 <= node.heads <= 4


def test_a_node_that_fails_is_told_to_all_who_shared_the_question_and_asked_anew_by_the_next(node, office):
    node.down = NodeUnreachable(node="here")
    node.gate.clear()
    told: list[Exception | HeadView] = []

    def look() -> None:
        try:
            told.append(office.watch())
        except NodeUnreachable as error:
            told.append(error)

    threads = [threading.Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    until(lambda: node.heads == 1)
    node.gate.set()
    for thread in threads:
        thread.join(30)
    assert len(told) == 6
    assert all(isinstance(one, NodeUnreachable) for one in told)
    node.down = None
    assert office.watch().block.number == 7


def test_one_who_is_stopped_while_looking_leaves_the_turn_to_the_next(node, office, monkeypatch):
    class StoppedError(BaseException):
        pass

    def stopped() -> Block:
        raise StoppedError

    with monkeypatch.context() as patch:
        patch.setattr(office, "ledger", LedgerDouble(office.ledger, head=stopped))
        with pytest.raises(StoppedError):
            office.watch()
    assert office.watch().block.number == 7


# What is remembered, and for how long


def test_the_same_is_asked_once_at_one_block_and_together(node, office):
    """[R-023]"""
    view = office.watch()
    view.ask([QUERY, RECORD, SuccessorOfPatient(WHO), QUERY])
    assert node.asked == [(7, (QUERY, RECORD, SuccessorOfPatient(WHO)))]
    assert view.why_not(QUERY) is Reason.ENDED
    assert view.record_state(RECORD).status is RecordStatus.CONFIRMED
    assert view.end_of(WHO) == WHO
    view.ask([RECORD])
    assert office.watch() is view
    assert len(node.asked) == 1
    assert view.acts_until(WHO, WHO, Power.READ) == 5


def test_no_answer_outlives_its_block(node, office):
    """[R-023] What was true at the block before is asked again at the next one."""
    office.watch().why_not(QUERY)
    node.block_number = 8
    assert office.watch().block == block(8)
    office.watch().why_not(QUERY)
    assert [number for number, _ in node.asked] == [7, 8]


def test_another_block_at_the_same_height_is_another_block(node, office, monkeypatch):
    """[R-023] A reorganisation: the number says nothing."""
    office.watch().why_not(QUERY)
    other = Block(7, b"o" * 32, block(7).time)
    monkeypatch.setattr(office.ledger, "head", lambda: other)
    view = office.watch()
    view.why_not(QUERY)
    assert view.block == other
    assert len(node.asked) == 2


def test_the_final_block_is_asked_for_once_for_each_head_and_its_answers_stay_while_it_does(node, office):
    """[R-010, R-023]"""
    for _ in range(3):
        office.watch().final.why_not(QUERY)
    assert node.finals == 1
    node.block_number = 8
    office.watch().final.why_not(QUERY)
    assert node.finals == 2
    assert node.asked == [(3, (QUERY,))]
    node.block_number, node.final_number = 9, 4
    assert office.watch().final.block == block(4)
    office.watch().final.why_not(QUERY)
    assert [number for number, _ in node.asked] == [3, 4]


def test_a_chain_that_stands_still_does_not_fill_the_memory(node, monkeypatch):
    monkeypatch.setattr(views, "MOST_ANSWERS", 3)
    view = View(node, block(7))
    kept = []
    for number in range(9):
        view.ask([SuccessorOfPatient(f"0x{number:040x}")])
        kept.append(len(view._answers))
    assert kept == [1, 2, 3, 4, 1, 2, 3, 4, 1]
    view.why_not(QUERY)
    assert view.why_not(QUERY) is Reason.ENDED


def test_an_answer_too_few_is_no_answer(node, monkeypatch):
    """A node that leaves one out must not shift the others to the wrong question."""
    monkeypatch.setattr(node, "answers", lambda questions, *, block: (Reason.PERMITTED,))
    with pytest.raises(ValueError, match="shorter"):
        View(node, block(7)).ask([QUERY, RECORD])


@pytest.mark.parametrize("moves", [0, 1, 8])
def test_the_successors_are_followed_to_their_end(moves):
    view = View(Node(moves=moves), block(7))
    assert view.end_of(WHO) == f"0x{int(WHO, 0) + moves:040x}"


def test_a_path_of_more_than_eight_successors_is_refused():
    with pytest.raises(PathTooLong):
        View(Node(moves=9), block(7)).end_of(WHO)


# Several processes


def test_what_two_processes_see_at_once_is_kept_once(world):
    """Each watches for itself; what one saw shut is shut for the other."""
    office = world.gateway.office
    rows = [
        (
            office.saw_revocation,
            RevocationRow,
            "consent_id",
            lambda at: RevocationRow(consent_id=b"r" * 32, patient=WHO, at=at),
        ),
        (office.saw_erasure, ErasureRow, "target", lambda at: ErasureRow(target=b"e" * 32, patient=WHO, at=at)),
        (office.saw_lockdown, LockdownRow, "patient", lambda at: LockdownRow(patient=WHO, seq=at)),
    ]
    for saw, kind, field, make in rows:
        threads = [threading.Thread(target=saw, args=(make(at),)) for at in range(1, 9)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        found = [row for row in office.vault.find(kind) if getattr(row, field) == getattr(make(1), field)]
        assert len(found) == 1
    assert office.vault.require(LockdownRow, patient=WHO).seq == 8


def test_what_another_branch_mined_below_the_final_block_of_today_is_not_overlooked() -> None:
    """R07: a gateway that slept through a reorganisation reads on from the last block that still stands."""
    clock, regulator = HandClock(START), AccountKey.generate()
    ledger = MemoryLedger(regulator.address, clock, finality_depth=4)
    sandbox = Sandbox(
        ledger=ledger,
        clock=clock,
        regulator=regulator,
        fund=lambda _: None,
        vault=lambda _: memory_vault(),
        store=lambda _: MemoryStore(),
    )
    city, hill, anna = sandbox.institution("City"), sandbox.institution("Hill"), sandbox.patient()
    sandbox.enrol(anna, city)
    ledger.mine()
    ledger.mine()
    hill.gateway.office.watch()
    ledger.take_back(2)
    anna.lock_down()
    for _ in range(10):
        ledger.mine()
    hill.gateway.office.watch()
    assert hill.gateway.office.vault.get(LockdownRow, patient=anna.address) is not None


# Several nodes


class Second:
    """A ledger of two nodes: it is asked at the first until that one is down."""

    def __init__(self, first: Node, second: Node, deployment: object) -> None:
        self.first, self.second, self.deployment = first, second, deployment

    def pinned(self) -> Node:
        return self.second if self.first.down else self.first


def test_a_look_whose_node_goes_away_is_made_at_another_one_from_the_beginning(node, office):
    """[G-004, R-022] R04: head, events and answers are those of the second."""
    other = Node()
    other.block_number = 9
    office.ledger = Second(node, other, office.ledger.deployment)
    office.watch()
    node.down = NodeUnreachable(node="test")
    view = office.watch()
    assert view.block.number == 9
    assert view.why_not(QUERY) is Reason.ENDED
    assert (node.asked, [at for at, _ in other.asked]) == ([], [9])
    other.down = NodeUnreachable(node="test")
    with pytest.raises(NodeUnreachable):
        office.watch()


def test_a_view_is_answered_by_the_node_that_showed_its_head_though_another_is_used_by_now(node, office):
    """[G-004, R-023] R09: no decision is put together from two nodes."""
    other = Node()
    office.ledger = Second(node, other, office.ledger.deployment)
    view = office.watch()
    node.down = NodeUnreachable(node="test")
    assert office.watch() is not view
    view.why_not(QUERY)
    assert view.final is not None
    assert ([at for at, _ in node.asked], other.asked, node.finals, other.finals) == ([7], [], 1, 0)


def test_a_revocation_seen_at_a_node_that_is_left_keeps_the_door_shut(node, office):
    """[R-007] R07, R14: the other side of a split has not heard of it."""
    revoked = Revoked(patient=WHO, consent_id=b"\x05" * 32)
    log = Log(event=revoked, block_number=7, block_hash=block(7).hash, transaction=ZERO_32, index=0)
    node.events = lambda *_: [log]  # type: ignore[method-assign]
    office.ledger = Second(node, Node(), office.ledger.deployment)
    office.watch()
    node.down = NodeUnreachable(node="test")
    office.watch()
    assert office.vault.get(RevocationRow, consent_id=b"\x05" * 32) is not None
