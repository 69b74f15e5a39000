"""What a drill says: a loss and a door that stays open are seen, and the page gives what was seen."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest

from scripts.network.__main__ import main
from scripts.network.command_line import Refusal
from scripts.network.drills import table
from scripts.network.drills.faults import FAULTS, Seen
from scripts.network.drills.table import Row, page, run
from scripts.network.drills.witness import Held, Witness
from scripts.network.errors import NetworkError


@pytest.fixture
def witness(tmp_path):
    """A witness whose commands answer what a test says."""
    made = object.__new__(Witness)
    answers: dict[str, object] = {}

    def medshare(home, *words):
        answer = answers[home]
        if isinstance(answer, Exception):
            raise answer
        return answer

    medshare.homes = tmp_path
    made._medshare = medshare
    made._exports = 0
    made.road = SimpleNamespace(patient="alice")
    made.leaves, made.readable, made.consent, made.revoked = ["0x1", "0x2", "0x3"], 2, "0xc", "0xd"
    return made, answers


def test_all_that_opens_is_not_lost(witness):
    made, answers = witness
    answers |= {"alice": {"received": 3, "missing": {}}, "hill": {"documents": [1, 2]}}
    assert made.unopened_by_patient() == 0
    assert made.unopened_by_reader() == 0


def test_a_document_that_does_not_open_is_lost(witness):
    made, answers = witness
    answers |= {"alice": {"received": 2, "missing": {"0x3": "store.body-not-found"}}, "hill": {"documents": [1]}}
    assert made.unopened_by_patient() == 1
    assert made.unopened_by_reader() == 1


def test_whoever_cannot_read_at_all_has_lost_everything(witness):
    made, answers = witness
    answers |= {"alice": Refusal("http.unavailable", "", 5), "hill": Refusal("gateway.refused", "", 3)}
    assert made.unopened_by_patient() == 3
    assert made.unopened_by_reader() == 2


def test_a_revoked_reader_who_is_answered_is_counted(witness):
    made, answers = witness
    answers["north"] = {"documents": []}
    assert made.wrongly_opened() == 1
    answers["north"] = {"documents": [1, 2, 3]}
    assert made.wrongly_opened() == 3
    answers["north"] = Refusal("gateway.refused", "", 3)
    assert made.wrongly_opened() == 0


@pytest.mark.parametrize(
    ("held", "good"),
    [
        (Held(lost=0, wrongly_opened=0, index_equal=True), True),
        (Held(lost=1, wrongly_opened=0, index_equal=True), False),
        (Held(lost=0, wrongly_opened=1, index_equal=True), False),
        (Held(lost=0, wrongly_opened=0, index_equal=False), False),
    ],
)
def test_one_loss_or_one_open_door_or_another_index_is_not_good(held, good):
    assert held.good is good


def test_a_drill_that_nobody_wrote_is_named_before_anything_starts(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["drill", "earthquake"])
    assert ended.value.code == 2
    assert "no drill is called earthquake; there are pair-killed" in capsys.readouterr().err


def test_no_drill_begins_where_something_is_wrong_already(monkeypatch):
    broken = SimpleNamespace(prepare=lambda: None, check=lambda: Held(lost=1, wrongly_opened=0, index_equal=True))
    monkeypatch.setattr(table, "Witness", lambda consortium: broken)
    with pytest.raises(NetworkError, match="before the first fault"):
        run(None, list(FAULTS)[:1], print)


def test_the_page_gives_what_was_seen():
    row = Row(fault="x", seen=Seen("reads", 12.4), held=Held(lost=0, wrongly_opened=2, index_equal=False))
    text = page([row], dt.date(2026, 11, 23))
    assert "| x | reads | 12 s | 0 | 2 | **differs** |" in text
    assert "2026-11-23" in text
