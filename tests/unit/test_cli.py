"""The command `medshare`: few words, one sentence for an error, and its exit code."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

import medshare
from medshare import cli
from medshare.demo.faults import NoSuchFault, check_fault
from medshare.errors import CancelledError, IntegrityError

RUNNER = CliRunner()


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """The demo, replaced: what it was asked for."""
    asked: list[tuple[str, bool]] = []

    def run(fault: str, *, as_json: bool) -> int:
        asked.append((check_fault(fault), as_json))
        return 6 if fault else 0

    monkeypatch.setattr(cli, "run", run)
    monkeypatch.delenv("DEMO_FAULT", raising=False)
    return asked


def test_the_version_is_printed():
    result = RUNNER.invoke(cli.app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"medshare {medshare.__version__}\n")


def test_without_a_word_the_help_tells_what_there_is():
    result = RUNNER.invoke(cli.app, [])
    assert "demo" in result.output
    assert result.exit_code in {0, 2}


def test_an_unknown_word_is_refused():
    assert RUNNER.invoke(cli.app, ["grant-everything"]).exit_code == 2


def test_the_demo_is_played_and_its_exit_code_is_the_commands(played: list[tuple[str, bool]]):
    assert RUNNER.invoke(cli.app, ["demo"]).exit_code == 0
    assert RUNNER.invoke(cli.app, ["demo", "--json"]).exit_code == 0
    assert RUNNER.invoke(cli.app, ["demo"], env={"DEMO_FAULT": "name-on-chain"}).exit_code == 6
    assert played == [("", False), ("", True), ("name-on-chain", False)]


def run_main(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["medshare", *words])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    return int(caught.value.code or 0)


def test_an_error_of_ours_is_one_sentence_on_stderr_with_its_exit_code(
    played: list[tuple[str, bool]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("DEMO_FAULT", "no-such-fault")
    assert run_main(monkeypatch, "demo") == NoSuchFault.exit_code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("There is no fault called no-such-fault. Choose one of: ")
    assert "Traceback" not in captured.err


@pytest.mark.parametrize("error", [CancelledError, IntegrityError])
def test_each_family_has_its_exit_code(
    error: type[CancelledError], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def run(fault: str, *, as_json: bool) -> int:
        raise error

    monkeypatch.setattr(cli, "run", run)
    assert run_main(monkeypatch, "demo") == error.exit_code
    assert capsys.readouterr().err.count("\n") == 1


def test_what_is_not_ours_is_not_hidden(monkeypatch: pytest.MonkeyPatch):
    """A bug shows its traceback: no broad except turns it into a sentence."""

    def run(fault: str, *, as_json: bool) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "run", run)
    monkeypatch.setattr("sys.argv", ["medshare", "demo"])
    with pytest.raises(ZeroDivisionError):
        cli.app(standalone_mode=False)


def test_success_ends_with_zero(played: list[tuple[str, bool]], monkeypatch: pytest.MonkeyPatch):
    assert run_main(monkeypatch, "demo", "--json") == 0
    assert played == [("", True)]
