"""The challenge and its one right answer; the turns; what a round proves."""

from __future__ import annotations

import hashlib
import io

import pytest

from medshare.replication import turns
from medshare.replication.possession import DOMAIN, Challenge, measure
from medshare.vault import PinTurnRow
from medshare.vault.sql import memory_vault

HARBOUR, VALLEY = "0x" + "11" * 20, "0x" + "22" * 20
BODY = b"sealed" * 400_000


def drawn():
    """Randomness that never repeats and is the same in every run."""
    number = iter(range(1, 10_000))
    return lambda length: hashlib.sha256(str(next(number)).encode()).digest()[:length]


def test_the_answer_is_the_hash_of_tag_holder_nonce_and_body():
    """[ST-001] The nonce stands before the body: nothing that was hashed earlier helps."""
    nonce = b"n" * 32
    found = measure(io.BytesIO(BODY), [Challenge(HARBOUR, nonce)])
    assert found.digest == hashlib.sha256(BODY).digest()
    assert found.answers == (hashlib.sha256(DOMAIN + bytes.fromhex("11" * 20) + nonce + BODY).digest(),)


def test_another_nonce_another_holder_or_another_body_has_another_answer():
    """[ST-001] Four challenges, one reading, four answers that differ; and a fifth for a changed bit."""
    asked = [Challenge(holder, nonce) for holder in (HARBOUR, VALLEY) for nonce in (b"a" * 32, b"b" * 32)]
    answers = set(measure(io.BytesIO(BODY), asked).answers)
    answers.add(measure(io.BytesIO(BODY[:-1] + b"!"), asked[:1]).answers[0])
    assert len(answers) == 5


def test_turns_are_drawn_anew_for_each_cycle():
    """[ST-006] Whoever saw one cycle knows nothing of the next."""
    vault, entropy = memory_vault(), drawn()
    leaves = [bytes([number]) * 32 for number in range(8)]
    with vault.transaction() as rows:
        for leaf in leaves:
            turns.enlist(rows, leaf, entropy)
    orders = []
    for _ in range(2):
        with vault.transaction() as rows:
            due = turns.due(rows, 8)
            orders.append([turn.leaf for turn in due])
            turns.pass_on(rows, due, lambda _: True, entropy)
    assert sorted(orders[0]) == sorted(orders[1]) == leaves
    assert orders[0] != orders[1]


def test_a_body_that_is_hastened_comes_first_and_keeps_its_own_turn():
    """[ST-006] It is not looked at twice for ever."""
    vault, entropy = memory_vault(), drawn()
    leaves = [bytes([number]) * 32 for number in range(8)]
    with vault.transaction() as rows:
        for leaf in leaves:
            turns.enlist(rows, leaf, entropy)
        last = rows.find(PinTurnRow)[-1].leaf
        turns.hasten(rows, last)
        turns.hasten(rows, last)
        assert turns.due(rows, 1)[0].leaf == last
        turns.pass_on(rows, turns.due(rows, 1), lambda _: True, entropy)
        assert rows.count(PinTurnRow, leaf=last) == 1


def test_what_is_not_kept_any_more_has_no_next_turn_and_a_turn_ends_once():
    """[ST-006] Two processes of one gateway end the same turn."""
    vault, entropy = memory_vault(), drawn()
    with vault.transaction() as rows:
        turns.enlist(rows, bytes(32), entropy)
        due = turns.due(rows, 4)
        turns.pass_on(rows, due, lambda _: True, entropy)
        turns.pass_on(rows, due, lambda _: True, entropy)
        assert rows.count(PinTurnRow) == 1
        turns.pass_on(rows, turns.due(rows, 4), lambda _: False, entropy)
        assert rows.count(PinTurnRow) == 0


@pytest.mark.parametrize(
    ("share", "sample", "least"), [(0.01, 32, 0.27), (0.1, 32, 0.96), (1.0, 1, 1.0), (0.0, 32, 0.0)]
)
def test_what_a_round_notices_grows_with_sample_and_share(share, sample, least):
    """[ST-006] The bound that the documents name."""
    assert least <= turns.chance(share=share, sample=sample) <= least + 0.01
