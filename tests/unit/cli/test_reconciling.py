"""What `medshare serve` and `medshare relay reconcile` say of what chain, vault and store tell differently."""

from __future__ import annotations

import io
import threading

import pytest

from medshare.cli.frame.reconciling import REMEDY_TEXTS, TROUBLE_TEXTS, FindingLine, body_from
from medshare.cli.frame.rounds import RECONCILED_EVERY, Reconciling, Rounds
from medshare.cli.frame.terminal import Terminal
from medshare.outbox.findings import Finding, Outcome, Trouble
from tests.unit.actors.world import CHART, make_world

MENDED = {Trouble.ERASED_HERE, Trouble.NOT_CONFIRMED}
"""Never a person's: the one is always mended, the other waits for validators."""


@pytest.fixture
def world():
    made = make_world()
    made.write(*CHART)
    return made


def test_every_trouble_has_its_words_and_what_a_person_must_do():
    assert set(TROUBLE_TEXTS) == set(Trouble)
    assert set(REMEDY_TEXTS) == set(Trouble) - MENDED


def test_a_line_says_what_to_do_only_where_somebody_must():
    def line(outcome: Outcome, language: str = "en") -> FindingLine:
        return FindingLine.of(Finding(trouble=Trouble.BODY_LOST, subject="bafk", outcome=outcome), language)

    assert line(Outcome.REPAIRED).remedy == ""
    assert line(Outcome.REPORTED).remedy == REMEDY_TEXTS[Trouble.BODY_LOST]
    assert line(Outcome.REPAIRED).text("en") == "Its body is not in the store any more: bafk (repaired)"
    assert line(Outcome.REPAIRED, "zh-Hant").text("zh-Hant") == "它的本文已不在儲存區中：bafk（已修復）"


def test_a_body_that_the_other_gateway_does_not_have_is_had_nowhere(world):
    cid = next(iter(world.gateway.office.store.list()))
    assert body_from(world.gateway)(cid)
    assert body_from(world.hill.gateway)(cid) is None


def test_a_gateway_that_serves_compares_at_its_start_and_every_hour_and_tells_each_thing_once(world):
    """[U-018]"""
    told: list[Finding] = []
    look = Reconciling(world.gateway, None, told.append)
    look()
    assert told == []
    cid = world.gateway.office.store.put(b"nobody wrote this down")
    look()
    assert told == []
    for _ in range(2):
        world.wait(RECONCILED_EVERY)
        look()
    assert told == [Finding(trouble=Trouble.ORPHAN, subject=cid, outcome=Outcome.REPORTED)]


def test_what_only_waits_is_not_told(world):
    told: list[Finding] = []
    world.gateway.office.store.put(b"nobody wrote this down")
    Reconciling(world.gateway, 60, told.append)()
    assert told == []


def test_a_round_tells_on_standard_error_what_was_found_and_names_no_person(world):
    office, shown = world.gateway.office, io.StringIO()
    cid = next(iter(office.store.list()))
    office.store.unpin(cid)
    office.store.delete(cid)
    Rounds(world.gateway, Terminal("en", target=shown), "en", grace=None).once()
    assert cid in shown.getvalue()
    assert REMEDY_TEXTS[Trouble.BODY_LOST] in shown.getvalue()
    assert world.anna.address not in shown.getvalue()


def test_what_nobody_foresaw_ends_the_rounds_and_comes_out_at_the_stop(world, monkeypatch):
    """And a round that ends because it was told to says nothing."""
    ended = threading.Event()
    quiet = Rounds(world.gateway, Terminal("en", target=io.StringIO()), "en", grace=None)
    quiet.start(ended.set)
    quiet.stop()
    assert ended.wait(5)

    def broken(_: object) -> None:
        raise ZeroDivisionError

    ended.clear()
    monkeypatch.setattr(Rounds, "once", broken)
    rounds = Rounds(world.gateway, Terminal("en", target=io.StringIO()), "en", grace=None)
    rounds.start(ended.set)
    assert ended.wait(5)
    with pytest.raises(ZeroDivisionError):
        rounds.stop()
