"""Every transaction is tried out, leased, saved, sent, looked after: once, and never lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import cycle
from typing import Any

import pytest

from medshare.consent.errors import BadDeadline
from medshare.errors import MedShareError
from medshare.ledger import (
    NodeRefused,
    NodeUnreachable,
    NoFunds,
    NonceTaken,
    NothingFinal,
    NotMined,
    Underpriced,
    WrongChain,
)
from medshare.ledger.memory.writing import FEE
from medshare.ledger.raw import unsigned_of
from medshare.outbox import Policy, TransactionGivenUp
from medshare.outbox.tending import Fate, tend
from medshare.vault import ChainTransactionRow, LeaseRow, OutboxRow, RowConflict, Stage
from tests.unit.outbox.chain import KEY, OTHER, START, Desk, asking, refused

DOWN = NodeUnreachable(node="test")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_act_is_mined_and_its_bytes_were_saved_before_they_were_sent(desk: Desk) -> None:
    """[U-002]."""
    kept_when_sent: list[ChainTransactionRow] = []
    send = desk.node.send
    desk.node.send = lambda transaction: (kept_when_sent.append(desk.row), send(transaction))  # type: ignore[method-assign]
    done = desk.outbox.act(asking(), KEY)
    (saved,) = kept_when_sent
    assert (saved.state, saved.transaction, saved.raw) == (Stage.SIGNED, done.hash, desk.row.raw)
    assert desk.row.state is Stage.MINED
    assert desk.row.block == done.block.hash
    assert desk.vault.require(LeaseRow, account=KEY.address).seq == 1
    assert desk.steps == ["quoted", "saved", "handed-over", "sent", "mined"]


def test_what_a_contract_refuses_leases_no_nonce_and_costs_nothing(desk: Desk) -> None:
    """[U-001] R02."""
    with pytest.raises(BadDeadline):
        desk.outbox.act(refused(), KEY)
    assert desk.rows() == []
    assert desk.vault.count(LeaseRow) == 0
    assert desk.node.sent == []
    desk.outbox.act(asking(), KEY)
    assert desk.row.nonce == 0


@pytest.mark.parametrize("error", [NoFunds(sender=KEY.address), WrongChain(found=1, expected=2), DOWN])
def test_a_node_that_cannot_be_used_leases_no_nonce(desk: Desk, error: MedShareError) -> None:
    """[U-001] R04: wrong chain id."""
    desk.node.plans["quote"] = [error]
    with pytest.raises(type(error)):
        desk.outbox.act(asking(), KEY)
    assert desk.vault.count(LeaseRow) == 0


def test_nonces_follow_each_other_and_each_account_has_its_own(desk: Desk) -> None:
    for number in range(3):
        desk.outbox.save(asking(number), KEY)
    desk.outbox.save(asking(9), OTHER)
    assert [(row.account, row.nonce) for row in desk.rows()] == sorted(
        [(KEY.address, 0), (KEY.address, 1), (KEY.address, 2), (OTHER.address, 0)]
    )


def test_a_nonce_that_the_account_used_elsewhere_is_not_leased(desk: Desk) -> None:
    desk.twin.act(asking(5), KEY)
    assert desk.outbox.save(asking(), KEY).nonce == 1


def test_the_same_call_in_flight_is_not_sent_twice(desk: Desk) -> None:
    """[U-003]."""
    desk.outbox.save(asking(), KEY)
    desk.outbox.act(asking(), KEY)
    assert desk.row.state is Stage.MINED
    assert desk.requests() == 1


def test_another_call_and_the_same_call_of_another_account_are_others(desk: Desk) -> None:
    """[U-003]."""
    for call, key in ((asking(1), KEY), (asking(2), KEY), (asking(1), OTHER)):
        desk.outbox.act(call, key)
    assert len(desk.rows()) == 3


def test_what_somebody_signed_is_carried_out_once_however_often_it_is_handed_in(desk: Desk) -> None:
    """[U-003] R05."""
    first = desk.outbox.once.act(asking(), KEY)
    assert desk.outbox.once.act(asking(), KEY) == first
    desk.restart()
    assert desk.outbox.once.act(asking(), KEY) == first
    assert len(desk.rows()) == 1
    assert desk.outbox.act(asking(), KEY) != first


def test_what_the_contract_refuses_by_now_is_refused_though_it_was_carried_out_once(desk: Desk) -> None:
    """[U-003]."""
    desk.outbox.once.act(asking(days=1), KEY)
    desk.twin.clock.advance(2 * 86_400)
    with pytest.raises(BadDeadline):
        desk.outbox.once.act(asking(days=1), KEY)


def test_what_was_refused_when_mined_may_be_tried_again(desk: Desk) -> None:
    """[U-003]."""
    first = desk.outbox.once.act(asking(), KEY)
    desk.node.plans["mined"] = [BadDeadline(deadline=1, time=2)]
    second = desk.outbox.once.act(asking(), KEY)
    assert second.hash != first.hash
    desk.node.plans["mined"] = [DOWN]
    with pytest.raises(NodeUnreachable):
        desk.outbox.once.act(asking(), KEY)
    assert len(desk.rows()) == 2


FULL = ("too many requests", "txpool is full", "account limit exceeded: pooled 65 txs", "nonce too high")
"""What nodes say whose pool has no room for the bytes now."""


@pytest.mark.parametrize("plan", [DOWN, (DOWN, "after"), *(NodeRefused(method="x", message=text) for text in FULL)])
def test_the_same_bytes_are_sent_again_when_the_answer_was_lost(desk: Desk, plan: object) -> None:
    """[U-004] R04: a timeout after the node took it, a refusal of the moment: one transaction."""
    desk.node.plans["send"] = [plan, plan]
    desk.node.plans["mined"] = [DOWN]
    done = desk.outbox.act(asking(), KEY)
    assert {sent.raw for sent in desk.node.sent} == {desk.row.raw}
    assert len(desk.node.sent) >= 2
    assert desk.requests() == 1
    assert desk.row.transaction == done.hash


def test_patience_ends_and_the_act_goes_on_without_the_caller(desk: Desk) -> None:
    """[U-004]."""
    desk.blocks_come = False
    with pytest.raises(NotMined, match="30"):
        desk.outbox.act(asking(), KEY)
    assert desk.row.state is Stage.SENT
    desk.blocks_come = True
    assert desk.restart().finish(desk.row).hash == desk.row.transaction


def test_a_node_that_stays_down_is_told_and_the_bytes_stay_saved(desk: Desk) -> None:
    """[U-004] R04."""
    desk.node.plans["send"] = [DOWN] * 100
    with pytest.raises(NodeUnreachable):
        desk.outbox.act(asking(), KEY)
    assert desk.row.state is Stage.SIGNED
    desk.node.plans["send"] = []
    desk.restart().finish(desk.row, KEY)
    assert desk.requests() == 1


def test_a_node_that_forgot_what_waits_is_told_again(desk: Desk) -> None:
    """[U-004]."""
    desk.policy = replace(desk.policy, replace_after=1_000)
    desk.restart()
    row = desk.outbox.save(asking(), KEY)
    desk.outbox.hand_over(row)
    desk.twin.lose_pool()
    desk.outbox.finish(desk.outbox.sent(row), KEY)
    assert desk.requests() == 1


def test_what_waits_too_long_is_replaced_at_the_same_nonce_for_an_eighth_more(desk: Desk) -> None:
    """[U-005] R06: not mined within three blocks."""
    row = desk.outbox.save(asking(), KEY)
    mine = desk.twin.mine
    desk.twin.mine = lambda: desk.twin._add(desk.twin._chain[-1].world).block  # type: ignore[assignment]  # blocks without it
    prices = []
    for _ in range(4):
        desk.outbox.hand_over(desk.row)
        desk.twin.mine()
        prices.append(unsigned_of(desk.outbox.mend(desk.row, KEY).raw).fee)
    assert prices == [FEE, FEE, FEE + FEE // 8 + 1, FEE + FEE // 8 + 1]
    assert (desk.row.nonce, desk.row.earlier) == (0, (row.transaction,))
    desk.twin.mine = mine  # type: ignore[method-assign]
    assert desk.outbox.finish(desk.row, KEY).hash == desk.row.transaction
    assert desk.requests() == 1


def test_the_bytes_that_were_replaced_may_be_the_ones_that_are_mined(desk: Desk) -> None:
    """[U-005] No second transaction, whichever of the two the chain took."""
    row = desk.outbox.save(asking(), KEY)
    desk.outbox.hand_over(row)
    dearer = desk.outbox._replace(row, KEY, unsigned_of(row.raw))
    assert dearer.transaction != row.transaction
    desk.twin.mine()
    assert desk.outbox.finish(desk.row, KEY).hash == row.transaction
    assert desk.requests() == 1


def test_a_replacement_that_the_node_finds_too_cheap_is_made_dearer(desk: Desk) -> None:
    """[U-005] R06: "replacement underpriced"."""
    desk.node.plans["send"] = [Underpriced(method="x", message="replacement transaction underpriced")] * 2
    desk.outbox.act(asking(), KEY)
    assert len(desk.row.earlier) == 2
    assert desk.requests() == 1


def test_only_the_next_transaction_of_an_account_is_made_dearer(desk: Desk) -> None:
    """[U-005] The second one does not wait for its price but for the first."""
    first, second = desk.outbox.save(asking(1), KEY), desk.outbox.save(asking(2), KEY)
    for _ in range(5):
        desk.twin.mine()
    assert desk.outbox.mend(second, KEY).transaction == second.transaction
    assert desk.outbox.mend(first, KEY).transaction != first.transaction


def test_no_price_exceeds_the_most(desk: Desk) -> None:
    """[U-006]."""
    desk.policy = Policy(patience=200, poll=1, slowest_poll=1, replace_after=1, most_fee=2 * FEE)
    desk.restart()
    desk.node.plans["send"] = [Underpriced(method="x", message="underpriced")] * 1_000
    with pytest.raises(Underpriced):
        desk.outbox.act(asking(), KEY)
    assert FEE < unsigned_of(desk.row.raw).fee <= 2 * FEE


def test_without_the_key_nothing_is_signed_again(desk: Desk) -> None:
    row = desk.outbox.save(asking(), KEY)
    for _ in range(5):
        desk.twin.mine()
    assert desk.outbox.mend(row, None) == row


def test_a_nonce_that_a_stranger_used_is_leased_anew_once_that_is_final() -> None:
    """[U-004] Somebody sent with the same account past the vault."""
    desk = Desk(finality_depth=3)
    row = desk.outbox.save(asking(1), KEY)
    desk.twin.send(desk.twin.sign(desk.twin.quote(asking(2), KEY.address).transaction, KEY, nonce=0))
    desk.twin.mine()
    with pytest.raises(NonceTaken):
        desk.outbox.hand_over(row)
    taken = NonceTaken(method="x", message="nonce too low")
    assert desk.outbox.mend(row, KEY, taken) == row
    assert desk.outbox.finish(row, KEY).hash != row.transaction
    old, new = desk.rows()
    assert (old.nonce, old.state, new.nonce, new.state) == (0, Stage.ABANDONED, 1, Stage.MINED)
    assert desk.outbox.mend(old, KEY).nonce == 1 if new.state is Stage.SENT else True
    assert desk.requests() == 2


def test_whoever_waits_for_a_nonce_that_was_given_up_is_told(desk: Desk) -> None:
    """R02."""
    row = desk.outbox.save(asking(), KEY)
    empty = desk.outbox.give_up(row, KEY)
    assert empty.earlier == (row.transaction,)
    with pytest.raises(TransactionGivenUp):
        desk.outbox.finish(empty, KEY)
    assert desk.row.state is Stage.ABANDONED
    with pytest.raises(TransactionGivenUp):
        desk.outbox.mend(row, KEY)
    assert desk.requests() == 0


def test_an_empty_transaction_ends_the_work_only_in_a_final_block() -> None:
    """R02, R08: until then the bytes that it replaced may be mined in its place."""
    desk = Desk(finality_depth=2)
    row = desk.outbox.save(asking(), KEY)
    empty = desk.outbox.give_up(row, KEY)
    desk.outbox.hand_over(empty)
    desk.twin.mine()
    assert desk.outbox.settle(empty) is None
    desk.twin.take_back(1)
    desk.twin.lose_pool()
    desk.outbox.hand_over(row)
    desk.twin.mine()
    assert desk.outbox.finish(desk.row, KEY).hash == row.transaction


def test_the_work_of_a_transaction_goes_where_the_transaction_goes(desk: Desk) -> None:
    work = OutboxRow(id=b"w" * 32, act="grant", state=Stage.STORED, work=b"", account=None, nonce=None)
    desk.vault.put(work)

    def link(rows, row) -> None:  # type: ignore[no-untyped-def]
        rows.put(replace(work, state=Stage.SIGNED, account=row.account, nonce=row.nonce))

    row = desk.outbox.save(asking(), KEY, work=work.id, also=link)
    assert desk.vault.require(OutboxRow, id=work.id).state is Stage.SIGNED
    desk.outbox.hand_over(row)
    row = desk.outbox.sent(row)
    assert desk.vault.require(OutboxRow, id=work.id).state is Stage.SENT
    desk.outbox.finish(row, KEY)
    assert desk.vault.require(OutboxRow, id=work.id).state is Stage.MINED
    assert desk.outbox.take_back(desk.row).state is Stage.SENT
    assert desk.vault.require(OutboxRow, id=work.id).state is Stage.SENT


def test_work_whose_transaction_was_refused_or_given_up_needs_another_one(desk: Desk) -> None:
    for number, spoil in enumerate((lambda row: None, lambda row: desk.outbox.give_up(row, KEY))):
        work = OutboxRow(id=bytes([number]) * 32, act="grant", state=Stage.STORED, work=b"")
        desk.vault.put(work)

        def link(rows, row, work=work) -> None:  # type: ignore[no-untyped-def]
            rows.put(replace(work, state=Stage.SIGNED, account=row.account, nonce=row.nonce))

        row = desk.outbox.save(asking(number, days=2 * number + 1), KEY, work=work.id, also=link)
        desk.twin.clock.advance(2 * 86_400)
        row = spoil(row) or row
        with pytest.raises(MedShareError):
            desk.outbox.finish(row, KEY)
        assert desk.vault.require(OutboxRow, id=work.id) == replace(work, state=Stage.STORED)


def test_what_is_to_be_written_with_the_bytes_is_written_with_them_or_neither_is(desk: Desk) -> None:
    """[U-002]."""

    def fail(rows, row) -> None:  # type: ignore[no-untyped-def]
        raise RowConflict(kind="row")

    with pytest.raises(RowConflict):
        desk.outbox.save(asking(), KEY, also=fail)
    assert desk.rows() == []
    assert desk.vault.count(LeaseRow) == 0


def test_fifty_workers_of_one_account_leave_no_gap_and_use_no_nonce_twice() -> None:
    """[U-002] R05, on the twin; on a node in tests/integration."""
    desk = Desk(automatic=True, policy=Policy(patience=30))
    errors: list[MedShareError] = []

    def work(worker: int) -> None:
        try:
            for number in range(4):
                desk.outbox.act(asking(worker * 100 + number), KEY)
        except MedShareError as error:
            errors.append(error)

    desk.outbox._sleep = lambda _: None
    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert sorted(row.nonce for row in desk.rows()) == list(range(200))
    assert desk.requests() == 200


def test_a_call_is_known_by_its_contract_and_arguments(desk: Desk) -> None:
    assert desk.outbox.identity(asking(1)) == desk.outbox.identity(asking(1))
    assert len({desk.outbox.identity(call) for call in (asking(1), asking(2), asking(1, days=3))}) == 3
    assert START


# Several nodes, and no final block


class TwoNodes:
    """Two nodes that answer in turn, each question another one; within a decision one of them answers."""

    def __init__(self, *ledgers: Any) -> None:
        self.ledgers = cycle(ledgers)
        self.one: Any = None

    @contextmanager
    def decision(self) -> Iterator[None]:
        outer, self.one = self.one, self.one or next(self.ledgers)
        yield
        self.one = outer

    def pinned(self) -> Any:
        return self.one or next(self.ledgers)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.pinned(), name)


@pytest.fixture
def mined_at_one(desk: Desk) -> ChainTransactionRow:
    """A transaction that one node calls final and the other has never seen."""
    row = desk.outbox.save(asking(), KEY)
    desk.outbox.hand_over(row)
    desk.twin.mine()
    desk.outbox.ledger = TwoNodes(desk.twin, Desk().twin)  # type: ignore[assignment]
    return row


def test_what_one_node_calls_final_is_not_put_together_with_what_another_has_not_seen(
    desk: Desk, mined_at_one: ChainTransactionRow
) -> None:
    """[G-004] R08, R09: else the same call would be signed a second time."""
    taken = NonceTaken(method="eth_sendRawTransaction", message="nonce too low")
    assert desk.outbox.mend(mined_at_one, KEY, taken) == mined_at_one
    assert len(desk.rows()) == 1


def test_a_refusal_at_one_node_is_not_final_by_what_another_says(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """[G-004] R09: the nonce is final at one node, where it succeeded; the other refused it on a branch of its own."""
    row = desk.outbox.save(asking(), KEY)
    desk.outbox.hand_over(row)
    desk.twin.mine()
    branch = Desk()
    monkeypatch.setattr(branch.node, "mined", lambda _: _refuse())
    desk.outbox.ledger = TwoNodes(desk.twin, branch.node)  # type: ignore[assignment]
    assert not desk.outbox.is_refused(row)
    branch.outbox.ledger = TwoNodes(branch.node, desk.twin)  # type: ignore[assignment]
    assert not branch.outbox.is_refused(row)


def _refuse() -> None:
    raise BadDeadline(deadline=1, time=2)


def test_before_anything_is_final_an_act_is_mined_and_stays_open_and_a_refusal_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[G-010] A network in its first minute."""

    def mined_nonce(account: str, *, final: bool = False) -> int:
        if final:
            raise NothingFinal(block="finalized")
        return desk.twin.mined_nonce(account)

    monkeypatch.setattr(desk.node, "mined_nonce", mined_nonce)
    monkeypatch.setattr(desk.node, "final", _nothing_final, raising=False)
    desk.outbox.act(asking(), KEY)
    assert tend(desk.outbox, [KEY]).fates == {Fate.MINED: 1}
    desk.node.plans["mined"] = [BadDeadline(deadline=1, time=2)]
    with pytest.raises(BadDeadline):
        desk.outbox.act(asking(1), KEY)
    assert [row.state for row in desk.rows()] == [Stage.MINED, Stage.MINED]
    monkeypatch.undo()
    assert tend(desk.outbox, [KEY]).fates[Fate.FINAL] == 1


def _nothing_final() -> None:
    raise NothingFinal(block="finalized")
