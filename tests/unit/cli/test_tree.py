"""The command `medshare`: nouns and verbs, one outcome, one exit code."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

import medshare as package
from medshare import cli
from medshare.cli import tree
from medshare.demo.checks import Checks
from medshare.demo.faults import NoSuchFault
from medshare.errors import CancelledError, IntegrityError
from tests.unit.cli.running import Runner


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]):
    assert cli.run(["--version"]) == 0
    assert capsys.readouterr().out == f"medshare {package.__version__}\n"


def test_without_a_word_the_help_tells_what_there_is(capsys: pytest.CaptureFixture[str]):
    assert cli.run([]) == 2
    printed = capsys.readouterr().out
    assert all(noun in printed for noun in tree.NOUNS)


@pytest.mark.parametrize("noun", tree.NOUNS)
def test_every_noun_has_a_module_and_helps(noun: str, capsys: pytest.CaptureFixture[str]):
    assert cli.run([noun, "--help"]) == 0
    assert noun in capsys.readouterr().out


def test_an_unknown_word_is_refused_and_the_nearest_is_named(capsys: pytest.CaptureFixture[str]):
    assert cli.run(["acount", "list"]) == 2
    assert "Did you mean 'account'?" in capsys.readouterr().err


def test_an_unknown_option_is_an_error_document_with_json(medshare: Runner):
    done = medshare("account", "list", "--frob", "--json")
    assert done.code == 2
    assert done.document["error"]["code"] == "cli.usage"
    assert "--frob" in done.document["error"]["cause"]


def test_asking_for_help_loads_no_chain_and_is_quick():
    program = "import sys; from medshare.cli import run; run(['account', 'list', '--help']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"web3", "sqlalchemy", "eth_account", "fhir", "cryptography"}
    # Processor time, so that a busy machine does not fail it.
    times = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-c", "from medshare.cli import run; run(['--version'])"], check=True, capture_output=True
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(times) < 0.8


def play_with(monkeypatch: pytest.MonkeyPatch, ending: Exception | bool) -> None:
    def play(fault: str, *, quiet: bool) -> Checks:
        checks = Checks(lambda _: None)
        if isinstance(ending, Exception):
            raise ending
        checks.claim("it-holds", ending, "evidence")
        return checks

    monkeypatch.setattr("medshare.demo.__main__.play", play)
    monkeypatch.delenv("DEMO_FAULT", raising=False)


def test_the_demo_says_what_it_claims(medshare: Runner, monkeypatch: pytest.MonkeyPatch):
    play_with(monkeypatch, True)
    done = medshare("demo", "--json")
    assert done.code == 0
    assert done.result == {"fault": "", "assertions": [{"name": "it-holds", "passed": True, "evidence": "evidence"}]}


def test_a_claim_that_does_not_hold_is_a_failure_of_integrity(medshare: Runner, monkeypatch: pytest.MonkeyPatch):
    play_with(monkeypatch, False)
    assert medshare("demo").code == 6


def test_an_error_of_ours_is_two_sentences_on_stderr(medshare: Runner, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DEMO_FAULT", "no-such-fault")
    done = medshare("demo")
    assert done.code == NoSuchFault.exit_code == 2
    assert done.out == ""
    assert done.err.startswith("There is no fault called no-such-fault.\nChoose one of: ")
    assert "Traceback" not in done.err


@pytest.mark.parametrize("error", [CancelledError, IntegrityError])
def test_each_family_has_its_exit_code(error: type[CancelledError], medshare: Runner, monkeypatch: pytest.MonkeyPatch):
    play_with(monkeypatch, error())
    assert medshare("demo").code == error.exit_code
    done = medshare("demo", "--json")
    assert done.document["error"]["exit_code"] == done.code == error.exit_code


def test_what_is_not_ours_is_not_hidden(medshare: Runner, monkeypatch: pytest.MonkeyPatch):
    """A bug shows its traceback: no broad except turns it into a sentence."""
    play_with(monkeypatch, ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        medshare("demo")


def test_an_interrupt_is_a_no(medshare: Runner, monkeypatch: pytest.MonkeyPatch):
    def play(fault: str, *, quiet: bool) -> Checks:
        raise KeyboardInterrupt

    monkeypatch.setattr("medshare.demo.__main__.play", play)
    monkeypatch.delenv("DEMO_FAULT", raising=False)
    assert medshare("demo").code == 7
