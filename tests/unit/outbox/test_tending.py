"""What nobody waits for any more is brought on: after a restart, and every few minutes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.ledger import NodeUnreachable, NonceTaken, Underpriced
from medshare.ledger.raw import is_filler, unsigned_of
from medshare.outbox.tending import Fate, tend
from medshare.vault import ChainTransactionRow, LeaseRow, Stage
from tests.unit.outbox.chain import KEY, OTHER, Desk, asking

DOWN = NodeUnreachable(node="test")


@pytest.fixture
def desk() -> Desk:
    return Desk(finality_depth=2)


def states(desk: Desk) -> list[Stage]:
    return [row.state for row in desk.rows()]


def test_nothing_to_do_is_done_at_once(desk: Desk) -> None:
    report = tend(desk.outbox, [KEY])
    assert (report.looked_at, report.replaced, report.filled, report.taken_back) == (0, 0, 0, 0)


def test_saved_bytes_are_sent_after_a_restart_and_closed_when_they_are_final(desk: Desk) -> None:
    """[U-004] R01: a process that died between saving and sending."""
    saved = [desk.outbox.save(asking(number), KEY) for number in range(3)]
    outbox = desk.restart()
    assert tend(outbox).fates == {Fate.WAITS: 3}
    assert states(desk) == [Stage.SENT] * 3
    desk.twin.mine()
    assert tend(outbox).fates == {Fate.MINED: 3}
    assert tend(outbox).fates == {Fate.FINAL: 1, Fate.MINED: 2}
    for _ in range(2):
        desk.twin.clock.advance(1)
        desk.twin.mine()
    assert tend(outbox).fates == {Fate.FINAL: 2}
    assert states(desk) == [Stage.FINAL] * 3
    assert tend(outbox).looked_at == 0
    assert [row.transaction for row in desk.rows()] == [row.transaction for row in saved]
    assert desk.requests() == 3


def test_bytes_that_were_sent_before_the_crash_are_not_a_second_transaction(desk: Desk) -> None:
    """[U-004] R01: a process that died between sending and writing that down."""
    row = desk.outbox.save(asking(), KEY)
    desk.outbox.hand_over(row)
    desk.twin.mine()
    assert tend(desk.restart(), [KEY]).fates == {Fate.MINED: 1}
    assert desk.requests() == 1


def test_a_nonce_that_was_leased_and_has_no_transaction_is_filled(desk: Desk) -> None:
    """[U-008] R06: a gap made by hand; everything after it waited."""
    desk.vault.put(LeaseRow(account=KEY.address, seq=2))
    row = desk.outbox.save(asking(), KEY)
    assert row.nonce == 2
    desk.outbox.hand_over(row)
    desk.twin.mine()
    assert desk.requests() == 0
    assert tend(desk.outbox, [OTHER]).filled == 0
    report = tend(desk.outbox, [KEY])
    assert (report.filled, report.fates) == (2, {Fate.WAITS: 3})
    desk.twin.mine()
    assert tend(desk.outbox, [KEY]).filled == 0
    assert desk.requests() == 1
    assert [is_filler(unsigned_of(row.raw), KEY.address) for row in desk.rows()] == [True, True, False]


def test_filled_nonces_end_as_given_up_when_they_are_final() -> None:
    """[U-008]."""
    desk = Desk(automatic=True)
    desk.vault.put(LeaseRow(account=KEY.address, seq=1))
    assert tend(desk.outbox, [KEY]).fates == {Fate.GIVEN_UP: 1}
    assert states(desk) == [Stage.ABANDONED]
    assert desk.outbox.act(asking(), KEY)


def test_a_node_that_is_down_leaves_everything_as_it_was(desk: Desk) -> None:
    """[U-004] R04."""
    desk.vault.put(LeaseRow(account=KEY.address, seq=1))
    row = desk.outbox.save(asking(), KEY)
    desk.node.plans["mined_nonce"] = [DOWN]
    desk.node.plans["send"] = [DOWN]
    desk.node.plans["mined"] = [DOWN]
    report = tend(desk.outbox, [KEY])
    assert (report.fates, report.filled) == ({Fate.UNREACHABLE: 1}, 0)
    assert desk.row == row


def test_what_waits_too_long_is_replaced_by_whoever_has_the_key(desk: Desk) -> None:
    """[U-005] R06."""
    row = desk.outbox.save(asking(), KEY)
    for _ in range(4):
        desk.twin.mine()
    assert tend(desk.outbox, [OTHER]).replaced == 0
    report = tend(desk.outbox, [KEY])
    assert (report.replaced, report.fates) == (1, {Fate.WAITS: 1})
    assert desk.row.earlier == (row.transaction,)
    assert desk.row.state is Stage.SENT
    desk.twin.mine()
    assert tend(desk.outbox, [KEY]).fates == {Fate.MINED: 1}
    assert desk.requests() == 1


def test_a_replacement_may_be_mined_at_once() -> None:
    """[U-005]."""
    desk = Desk(automatic=True)
    desk.outbox.save(asking(), KEY)
    desk.node.plans["send"] = [Underpriced(method="x", message="replacement transaction underpriced")]
    report = tend(desk.outbox, [KEY])
    assert (report.replaced, report.fates) == (1, {Fate.MINED: 1})


@pytest.mark.parametrize("lost", [False, True])
def test_a_reorganisation_takes_a_transaction_back_and_the_same_bytes_are_mined_again(
    desk: Desk, *, lost: bool
) -> None:
    """[U-007] R08: mined on a branch that is gone; whether the node still has it or not."""
    done = desk.outbox.act(asking(), KEY)
    desk.twin.take_back(1)
    if lost:
        desk.twin.lose_pool()
    report = tend(desk.outbox, [KEY])
    assert (report.taken_back, report.fates) == (1, {Fate.WAITS: 1})
    assert states(desk) == [Stage.SENT]
    desk.twin.mine()
    tend(desk.outbox, [KEY])
    assert (desk.row.transaction, desk.row.state) == (done.hash, Stage.MINED)
    assert desk.row.block != done.block.hash
    assert desk.requests() == 1


def test_a_transaction_in_both_branches_counts_once(desk: Desk) -> None:
    """[U-007] R08."""
    done = desk.outbox.act(asking(), KEY)
    desk.twin.take_back(1)
    desk.twin.mine()
    assert tend(desk.outbox, [KEY]).fates == {Fate.MINED: 1}
    for _ in range(3):
        desk.twin.clock.advance(1)
        desk.twin.mine()
    assert tend(desk.outbox, [KEY]).fates == {Fate.FINAL: 1}
    assert desk.row.transaction == done.hash
    assert desk.requests() == 1


def test_what_was_mined_and_refused_is_closed_when_it_is_final(desk: Desk) -> None:
    """R02, R08: until then another branch may see it otherwise."""
    row = desk.outbox.save(asking(days=1), KEY)
    desk.twin.clock.advance(2 * 86_400)
    desk.outbox.hand_over(row)
    desk.twin.mine()
    assert tend(desk.outbox, [KEY]).fates == {Fate.REFUSED: 1}
    assert states(desk) == [Stage.MINED]
    for _ in range(2):
        desk.twin.clock.advance(1)
        desk.twin.mine()
    assert tend(desk.outbox, [KEY]).fates == {Fate.REFUSED: 1}
    assert states(desk) == [Stage.FINAL]
    assert tend(desk.outbox, [KEY]).looked_at == 0


def test_a_nonce_that_a_stranger_took_is_leased_anew_when_that_is_final(desk: Desk) -> None:
    """[U-004]."""
    desk.outbox.save(asking(1), KEY)
    desk.twin.send(desk.twin.sign(desk.twin.quote(asking(2), KEY.address).transaction, KEY, nonce=0))
    desk.twin.mine()
    assert tend(desk.outbox, [KEY]).fates == {Fate.UNREACHABLE: 1}
    for _ in range(2):
        desk.twin.clock.advance(1)
        desk.twin.mine()
    report = tend(desk.outbox, [KEY])
    assert (report.replaced, report.fates) == (1, {Fate.WAITS: 1})
    desk.twin.mine()
    tend(desk.outbox, [KEY])
    assert [(row.nonce, row.state) for row in desk.rows()] == [(0, Stage.ABANDONED), (1, Stage.MINED)]
    assert desk.requests() == 2


def test_another_process_that_was_quicker_is_left_alone(desk: Desk) -> None:
    row = desk.outbox.save(asking(), KEY)
    desk.vault.put(replace(row, seq=row.seq + 1, at=row.at))
    assert desk.outbox._replace(row, KEY, unsigned_of(row.raw)).seq == row.seq + 1
    assert desk.outbox._book.lease_again(row, KEY, unsigned_of(row.raw), first=0, at=0).nonce == row.nonce
    assert desk.vault.count(ChainTransactionRow) == 1
    desk.outbox.finish(desk.row, KEY)
    assert desk.outbox.sent(row).state is Stage.MINED


def test_a_block_that_changed_under_the_final_number_is_not_closed(desk: Desk) -> None:
    """[U-007]."""
    done = desk.outbox.act(asking(), KEY)
    for _ in range(3):
        desk.twin.clock.advance(1)
        desk.twin.mine()
    block = desk.twin.block
    desk.node.block = lambda number: replace(block(number), hash=b"x" * 32)
    assert tend(desk.outbox, [KEY]).fates == {Fate.MINED: 1}
    del desk.node.block
    assert tend(desk.outbox, [KEY]).fates == {Fate.FINAL: 1}
    assert desk.row.block == done.block.hash
    assert NonceTaken
