"""Before something is sent: shown, asked about, or only rehearsed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from medshare.cli.frame.errors import AnswerNeeded, SaidNo
from medshare.cli.frame.plan import PlannedTransaction, Rehearsed
from medshare.cli.frame.session import Options, Session
from medshare.cli.frame.terminal import Terminal

TRANSACTION = PlannedTransaction(payer="0x12", contract="AuditLog", function="anchor", gas=21_000, max_fee_wei=10**13)


class Tty(io.StringIO):
    """A terminal that is not there."""

    def isatty(self) -> bool:
        return True


def session(tmp_path: Path, *, yes: bool = False, dry_run: bool = False, answer: str | None = None) -> Session:
    options = Options(home=tmp_path, language="en", yes=yes, dry_run=dry_run)
    kind = io.StringIO if answer is None else Tty
    return Session(options, terminal=Terminal("en", source=kind(answer or ""), target=kind()))


def test_a_dry_run_ends_before_anything_is_sent_also_with_yes(tmp_path: Path):
    """[M-001]"""
    for yes in (False, True):
        with pytest.raises(Rehearsed) as ending:
            session(tmp_path, dry_run=True, yes=yes).consider(TRANSACTION)
        assert ending.value.plan.transactions == (TRANSACTION,)


def test_with_yes_nothing_is_asked(tmp_path: Path):
    session(tmp_path, yes=True).consider(TRANSACTION)


def test_without_a_terminal_and_without_yes_nothing_is_sent(tmp_path: Path):
    """[M-001, M-002]"""
    with pytest.raises(AnswerNeeded) as error:
        session(tmp_path).consider(TRANSACTION)
    assert error.value.facts["option"] == "--yes"


@pytest.mark.parametrize("answer", ["n\n", "\n", "nonsense\n", ""])
def test_anything_but_yes_is_a_no(answer: str, tmp_path: Path):
    """[M-001]"""
    with pytest.raises(SaidNo):
        session(tmp_path, answer=answer).consider(TRANSACTION)


def test_the_transaction_and_its_cost_are_shown_and_asked_about_once(tmp_path: Path):
    """[M-001]"""
    asking = session(tmp_path, answer="yes\n")
    asking.consider(TRANSACTION)
    asking.consider(TRANSACTION)
    shown = asking.terminal.target.getvalue()
    assert "anchor of AuditLog" in shown
    assert "10,000 gwei" in shown
    assert shown.count("Send it?") == 1
