"""Sentences on stdout, progress on stderr, and nothing at all where JSON is wanted."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from medshare.demo.checks import Claim
from medshare.demo.voice import Voice


def speak(voice: Voice) -> None:
    voice.chapter("The doors")
    voice.say("A [bold] name [/wrong] is a name.")
    voice.text("The statement", "I consent.\n- read [red]")
    voice.claim(Claim("door-shut", True, "tx 0x01"))
    voice.claim(Claim("door-open", False, "nothing was refused"))


def test_the_voice_says_everything_as_it_stands(capsys: pytest.CaptureFixture[str]):
    speak(Voice(quiet=False))
    out = capsys.readouterr().out
    for text in (
        "The doors",
        "A [bold] name [/wrong] is a name.",
        "The statement",
        "I consent.",
        "✓ door-shut: tx 0x01",
    ):
        assert text in out
    assert "✗ door-open: nothing was refused" in out


def test_a_claim_with_long_evidence_stays_short(capsys: pytest.CaptureFixture[str]):
    Voice(quiet=False).claim(Claim("long", True, "e" * 10_000))
    assert len(capsys.readouterr().out.replace("\n", "")) == 240


def test_a_quiet_voice_says_nothing(capsys: pytest.CaptureFixture[str]):
    voice = Voice(quiet=True)
    speak(voice)
    with voice.progress("sealing", 2) as step:
        step()
    captured = capsys.readouterr()
    assert captured.out + captured.err == ""


def test_progress_shows_only_on_a_terminal(capsys: pytest.CaptureFixture[str]):
    with Voice(quiet=False).progress("sealing", 2) as step:
        step()
    assert capsys.readouterr() == ("", "")


def test_progress_on_a_terminal_goes_to_stderr_and_counts(capsys: pytest.CaptureFixture[str]):
    voice = Voice(quiet=False)
    screen = io.StringIO()
    voice._progress = Console(file=screen, force_terminal=True, width=80)
    with voice.progress("sealing", 2) as step:
        step()
        step()
    assert "sealing" in screen.getvalue()
    assert "100%" in screen.getvalue()
    assert capsys.readouterr().out == ""
