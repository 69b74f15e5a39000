"""`make test` counts what ran, says what it left out, and is not silent about an empty tier."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from scripts import tiers
from scripts.environments import MissingError
from scripts.tiers import Outcome, forge_outcome, problems, pytest_outcome, reason_to_leave_out, run_to_end, summary


def test_every_tier_has_its_own_folders():
    folders = [folder for tier in tiers.TIERS.values() for folder in tier.folders]
    assert len(folders) == len(set(folders))


def test_the_counts_come_from_pytests_own_report(tmp_path):
    report = tmp_path / "r.xml"
    report.write_text('<testsuites><testsuite tests="10" failures="1" errors="2" skipped="3"/></testsuites>')
    outcome = pytest_outcome("unit", report, 1, 2.0)
    assert (outcome.passed, outcome.failed, outcome.skipped) == (4, 3, 3)


def test_a_tier_that_collects_nothing_is_trouble(tmp_path):
    assert not pytest_outcome("unit", tmp_path / "none.xml", 5, 0.1).good


def test_a_run_that_dies_before_its_first_test_is_trouble(tmp_path):
    assert "code 3" in pytest_outcome("unit", tmp_path / "none.xml", 3, 0.1).trouble


def test_forges_closing_line_is_counted():
    said = "Ran 2 test suites in 1ms (1ms CPU time): 7 tests passed, 1 failed, 2 skipped (10 total tests)"
    outcome = forge_outcome(said, 1, 1.0)
    assert (outcome.passed, outcome.failed, outcome.skipped) == (7, 1, 2)


def test_contracts_that_do_not_compile_are_trouble():
    assert not forge_outcome("Error: Compiler run failed", 1, 1.0).good


def test_live_is_left_out_unless_asked_for():
    assert "make test-live" in reason_to_leave_out("live", {})
    assert problems([Outcome("live", left_out=tiers.NOT_ASKED)], strict=True) == []


def test_live_that_was_asked_for_is_not_left_out_in_silence(monkeypatch):
    monkeypatch.setattr(tiers, "ensure", lambda names: None)
    monkeypatch.setattr(tiers, "lacking", lambda environment: ["Go is not here.", "PostgreSQL is not here."])
    reason = reason_to_leave_out("live", {"MEDSHARE_LIVE": "1"})
    assert reason == "Go is not here. PostgreSQL is not here."
    assert problems([Outcome("live", left_out=reason)], strict=True) == ["live: left out"]
    monkeypatch.setattr(tiers, "lacking", lambda environment: [])
    assert reason_to_leave_out("live", {"MEDSHARE_LIVE": "1"}) == ""


def test_a_tier_without_its_tool_is_left_out_with_the_reason(monkeypatch):
    def lack(_):
        text = "no node here"
        raise MissingError(text)

    monkeypatch.setattr(tiers, "ensure", lack)
    assert reason_to_leave_out("interop", {}) == "no node here"


def test_a_machine_without_postgresql_leaves_that_tier_out_and_says_so(monkeypatch):
    monkeypatch.setattr(tiers, "ensure", lambda names: None)
    assert "no PostgreSQL server is here" in reason_to_leave_out("postgresql", {"MEDSHARE_POSTGRESQL": "/nowhere"})
    assert problems([Outcome("postgresql", left_out="no server")], strict=True) == ["postgresql: left out"]


@pytest.mark.parametrize("strict", [False, True])
def test_only_ci_forbids_gaps(strict):
    outcomes = [
        Outcome("interop", left_out="no node"),
        Outcome("unit", passed=3, skipped=1),
        Outcome("live", left_out=tiers.NOT_ASKED),
    ]
    assert problems(outcomes, strict=strict) == (["interop: left out", "unit: 1 skipped"] if strict else [])


def test_an_empty_tier_fails_everywhere():
    assert problems([Outcome("unit", trouble="there is no test")], strict=False) == ["unit: there is no test"]


def test_the_last_line_adds_up_all_tiers_and_the_reasons_stand_above_it():
    said = summary([Outcome("unit", 5, 0, 1, 2.0), Outcome("forge", 7, 2, 0, 1.5), Outcome("live", left_out="no net")])
    assert said.splitlines()[-1] == "==== 12 passed, 2 failed, 1 skipped in 3.50s ===="
    assert "left out: live, because no net" in said


def test_a_run_leaves_no_process_of_its_group(tmp_path, monkeypatch):
    monkeypatch.setattr(tiers, "REPORTS", tmp_path)
    monkeypatch.setattr(tiers, "ROOT", tmp_path)
    child = "import time; time.sleep(60)"
    code = f"import subprocess,sys; print(subprocess.Popen([sys.executable, '-c', {child!r}]).pid, flush=True)"
    assert run_to_end([sys.executable, "-c", code], {}, keep=tmp_path / "said") == 0
    process = int((tmp_path / "said").read_text())
    for _ in range(200):  # the kernel ends it a moment after the signal
        if not alive(process):
            return
        time.sleep(0.01)
    pytest.fail("the child is still alive")


def alive(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_tiers_of_a_round_run_together_and_share_its_seconds(monkeypatch):
    assert tiers.rounds(["unit", "contracts", "forge", "integration", "postgresql", "live"]) == [
        ["unit"],
        ["contracts", "forge"],
        ["integration", "postgresql"],
        ["live"],
    ]
    assert tiers.rounds(["postgresql", "unit"]) == [["postgresql"], ["unit"]]
    monkeypatch.setattr(tiers, "reason_to_leave_out", lambda tier, _: "no net" if tier == "live" else "")
    monkeypatch.setattr(tiers, "run_tier", lambda tier, extra, *, aside: Outcome(tier, passed=1, seconds=5.0))
    integration, postgresql, live = tiers.run_round(["integration", "postgresql", "live"], [])
    assert integration.seconds == postgresql.seconds < 1
    assert live.left_out == "no net"
