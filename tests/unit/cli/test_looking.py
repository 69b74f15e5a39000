"""`medshare access log`: what is wrong with a log is said beside it, and a broken one has exit code 6."""

from __future__ import annotations

import io

import pytest

from medshare.audit.findings import Fault
from medshare.cli.access.looking import FAULT_TEXTS, AccessLog, LogFinding
from medshare.cli.frame.page import Page


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("language", ["en", "zh-Hant"])
def test_every_fault_is_said_and_a_grave_one_is_a_failure_of_integrity(fault: Fault, language: str):
    """[B-013, B-014, B-015] What may still come is said, and is no failure."""
    found = LogFinding(fault=fault.value, grave=fault.grave, gateway="City", number=4, why="")
    log, target = AccessLog(looks=(), findings=(found,)), io.StringIO()
    assert log.exit_code == (6 if fault.grave else 0)
    log.show(Page(language, target))
    assert "City" in target.getvalue()
    assert ("4" in target.getvalue()) is ("{number}" in FAULT_TEXTS[fault.value])


def test_a_whole_log_says_so():
    target = io.StringIO()
    log = AccessLog(looks=(), findings=())
    log.show(Page("en", target))
    assert (log.exit_code, target.getvalue()) == (
        0,
        "Nobody looked.\nNo receipt is missing, moved, altered or forged.\n",
    )
