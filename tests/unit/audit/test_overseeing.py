"""A handed period against its anchor: each clause by itself, where the gateway anchored the very thing it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from medshare.audit.anchors import Anchor, Period
from medshare.audit.judging import GRACE, Entry
from medshare.audit.overseeing import WHY_TEXTS, GatewayLog, held_back, late_anchors, refusals, unanswered, unproven
from medshare.audit.trees import LineHead, LineTree, receipts_root
from medshare.audit.values import HandedErasure, HandedPeriod, HandedReceipt
from medshare.hexadecimal import ZERO_32
from medshare.keys.account import AccountKey
from medshare.release.rule import Ground
from medshare.signed import Signed, is_keys
from medshare.typed_data import Erased
from tests.unit.audit.lines import ANNA, DOMAINS, GATEWAY, OTHER, READER, START, TAG, entries, question, signed_anew

HOUR = 3600


def period_of(rows: Sequence[Entry]) -> HandedPeriod:
    """A period of these entries, anchored as they are."""
    digests = [entry.receipt.digest(DOMAINS) for entry in rows]
    step = LineHead(tag=TAG, number=rows[-1].receipt.message.seq, receipt=digests[-1])
    period = Period(
        number=1,
        previous=ZERO_32,
        receipts=receipts_root(digests),
        heads=LineTree.of([step]).root,
        count=len(rows),
    )
    return HandedPeriod(
        period=period,
        steps=(step,),
        receipts=tuple(HandedReceipt(receipt=entry.receipt, asked=entry.asked) for entry in rows),
    )


def found(handed: HandedPeriod, period: Period | None = None) -> list[str]:
    log = GatewayLog(gateway=GATEWAY.address, domains=DOMAINS)
    return [one.why for one in log.take(handed, period or handed.period)]


def test_a_whole_period_has_no_fault_and_the_next_one_goes_on_from_it():
    """[B-026]"""
    rows = entries(4)
    log = GatewayLog(gateway=GATEWAY.address, domains=DOMAINS)
    for part in (rows[:2], rows[2:]):
        assert log.take(period_of(part), period_of(part).period) == ()
    again = period_of(rows[2:])
    assert [one.why for one in log.take(again, again.period)] == [WHY_TEXTS["links"]]


def last_changed(change: Callable[[Entry], Entry]) -> HandedPeriod:
    rows = entries(2)
    return period_of([rows[0], change(rows[1])])


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("forged", lambda entry: signed_anew(entry, key=OTHER)),
        ("forged", lambda entry: replace(entry, asked=replace(entry.asked, signature=bytes(4097)))),
        ("links", lambda entry: signed_anew(entry, previous=b"\x01" * 32)),
        ("links", lambda entry: signed_anew(entry, seq=3)),
        ("question", lambda entry: replace(entry, asked=question(77))),
        ("question", lambda entry: signed_anew(entry, read_request=b"\x01" * 32)),
        ("decision", lambda entry: signed_anew(entry, decision=1)),
        ("decision", lambda entry: signed_anew(entry, reason=0)),
        ("decision", lambda entry: signed_anew(entry, reason=200)),
        ("decision", lambda entry: signed_anew(entry, decision=7)),
    ],
)
def test_what_a_gateway_anchored_and_must_not_have_written_is_named(name: str, change: Callable[[Entry], Entry]):
    """[B-026] The roots are right: only the receipt itself is wrong."""
    assert found(last_changed(change)) == [WHY_TEXTS[name]]


def test_a_question_that_no_key_signed_is_no_fault_of_the_period_and_is_named_by_itself():
    """[B-031] A contract may have accepted it; whose question it was is named with its receipt."""
    handed = last_changed(lambda entry: replace(entry, asked=replace(entry.asked, signature=bytes(65))))
    assert found(handed) == []
    ((one, receipt),) = unproven(handed, GATEWAY.address, DOMAINS)
    assert (one.number, one.patient, one.asker) == (2, ANNA.address, READER.address)
    assert receipt == handed.receipts[1]
    assert list(unproven(period_of(entries(2)), GATEWAY.address, DOMAINS)) == []


def test_a_question_about_another_patient_is_named():
    """[B-026]"""
    asked = question(2, patient=OTHER.address)
    change = lambda entry: replace(  # noqa: E731
        signed_anew(entry, read_request=asked.digest(DOMAINS)), asked=asked
    )
    assert found(last_changed(change)) == [WHY_TEXTS["question"]]


def test_a_reason_that_there_is_none_of_is_not_counted_as_a_refusal():
    """[B-034] It is a broken period: what a gateway makes up must not stop the count."""
    good, bad = entries(2)[1], signed_anew(entries(2)[1], reason=200)
    handed = period_of([good, bad]).receipts
    assert refusals(handed) == {Ground.PURPOSE: 1}


def test_roots_that_differ_from_the_anchor_are_named_each_for_itself():
    """[B-026]"""
    handed = period_of(entries(2))
    for changes, name in (
        ({"receipts": b"\x01" * 32}, "receipts"),
        ({"count": 3}, "receipts"),
        ({"heads": b"\x01" * 32}, "lines"),
    ):
        period = replace(handed.period, **changes)
        assert found(replace(handed, period=period), period) == [WHY_TEXTS[name]]
    assert found(handed, replace(handed.period, previous=b"\x01" * 32)) == [WHY_TEXTS["receipts"]]
    twice = replace(handed, receipts=(*handed.receipts, handed.receipts[0]))
    assert WHY_TEXTS["receipts"] in found(twice)


def test_lines_that_do_not_end_with_the_periods_receipts_are_named():
    """[B-026] A line that grew without a receipt, in the very tree that was anchored."""
    handed = period_of(entries(2))
    ghost = LineHead(tag=b"\x05" * 32, number=1, receipt=b"\x06" * 32)
    steps = (*handed.steps, ghost)
    period = replace(handed.period, heads=LineTree.of(steps).root)
    assert found(replace(handed, steps=steps, period=period)) == [WHY_TEXTS["ends"]]


def anchor_at(time: int, number: int = 1) -> Anchor:
    return Anchor(
        period=replace(period_of(entries(1)).period, number=number), block_number=1, block_hash=ZERO_32, time=time
    )


def test_an_anchor_is_late_one_second_after_what_is_allowed():
    """[B-027] Between two, before the first, and the one that has not come; an account that left owes none."""
    allowed, gateway = HOUR + GRACE, GATEWAY.address

    def late(*times: int, until: int | None = None) -> list[tuple[int, int]]:
        anchors = [anchor_at(time, number) for number, time in enumerate(times, start=1)]
        rows = late_anchors(gateway, anchors, since=START, until=until, anchor_seconds=HOUR)
        return [(one.number, one.seconds) for one in rows]

    first = START + allowed
    assert late(first, first + allowed, until=first + 2 * allowed) == []
    assert late(first + 1) == [(1, allowed + 1)]
    assert late(first, first + allowed + 1) == [(2, allowed + 1)]
    assert late(first, until=first + allowed + 1) == [(0, allowed + 1)]
    assert late(until=START + allowed + 1) == [(0, allowed + 1)]
    assert late() == []


def test_a_receipt_that_an_earlier_anchor_should_have_had_is_named():
    """[B-027]"""
    handed = period_of(entries(2))  # the first at START + 1
    limit = START + 1 + HOUR + GRACE
    assert held_back(handed, anchor_at(limit), anchor_seconds=HOUR) == ()
    (one,) = held_back(handed, anchor_at(limit + 1), anchor_seconds=HOUR)
    assert (one.gateway, one.number, one.seconds) == (GATEWAY.address, 1, HOUR + GRACE + 1)
    assert held_back(replace(handed, receipts=()), anchor_at(limit + 1), anchor_seconds=HOUR) == ()


def test_only_the_holder_or_its_staff_answers_an_erasure():
    """[B-028] A valid signature of somebody else is none."""
    holder, gateway, leaf = READER.address, GATEWAY.address, b"\x07" * 32
    message = Erased(leaf=leaf, holder=holder, at=START)

    def waiting(signer: AccountKey, staff: frozenset[tuple[str, str]] = frozenset()) -> list[str]:
        words = (Signed.by(signer, message, DOMAINS),)
        handed = {gateway: (HandedErasure(leaf=leaf, at=START, holders=(holder,), erased=words),)}
        return [one.holder for one in unanswered(handed, staff, lambda word: is_keys(word, DOMAINS))]

    assert waiting(READER) == []
    assert waiting(OTHER, frozenset({(holder, OTHER.address)})) == []
    assert waiting(OTHER) == [holder]
    assert waiting(OTHER, frozenset({(gateway, OTHER.address)})) == [holder]
