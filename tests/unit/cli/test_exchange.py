"""Logs as FHIR with a file alone; and a FHIR Consent that cannot be read is told so."""

from __future__ import annotations

import json

import pytest

from medshare.cli.consent.exporting import NARROWER_TEXTS, UNSAID_TEXTS
from medshare.cli.consent.receipt import STANDING
from medshare.exchange.consent import UNSAID, Standing
from medshare.exchange.drafting import Narrower
from tests.unit.audit.lines import LENGTH, entries, export_of, signed_anew
from tests.unit.cli.running import PASSPHRASE, Runner


def test_an_export_is_told_as_events_with_no_home_and_no_chain(medshare: Runner):
    log, out = medshare.place / "log.json", medshare.place / "events.json"
    log.write_bytes(export_of(entries(LENGTH)).to_bytes())
    done = medshare("audit", "events", str(out), "--log", str(log), "--json", home="nowhere")
    assert (done.code, done.result["events"], done.result["released"], done.result["refused"]) == (0, LENGTH, 2, 2)
    bundle = json.loads(out.read_text())
    assert [one["resource"]["resourceType"] for one in bundle["entry"]] == ["AuditEvent"] * LENGTH
    assert not (medshare.place / "nowhere").exists()
    again = medshare("audit", "events", str(out), "--log", str(log), "--json", home="nowhere")
    assert again.document["error"]["code"] == "home.file-kept"
    shown = medshare("audit", "events", str(medshare.place / "more.json"), "--log", str(log), home="nowhere")
    assert "4 events are in" in shown.out


def test_a_log_with_a_fault_is_not_told_as_events(medshare: Runner):
    rows = entries(LENGTH)
    rows[1] = signed_anew(rows[1], block=b"\x01" * 32)
    log, out = medshare.place / "log.json", medshare.place / "events.json"
    log.write_bytes(export_of(rows).to_bytes())
    done = medshare("audit", "events", str(out), "--log", str(log), "--json", home="nowhere")
    assert (done.code, done.document["error"]["code"]) == (6, "receipt.altered")
    assert not out.exists()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "intake.not-json"),
        (b'{"status":"active","status":"draft"}', "intake.duplicate-key"),
        (b"[" * 100, "intake.too-deep"),
        (b" " * (2**20 + 1), "intake.source-too-large"),
    ],
)
def test_a_file_that_is_no_consent_is_told_so_before_a_key_is_asked_for(medshare: Runner, data: bytes, code: str):
    medshare.init("patient")
    file = medshare.place / "consent.json"
    file.write_bytes(data)
    done = medshare("consent", "draft", str(file), "--json", passphrases=(PASSPHRASE,))
    assert (done.code, done.document["error"]["code"]) == (2, code)


def test_every_remark_and_everything_unsaid_has_its_words():
    assert NARROWER_TEXTS.keys() == {one.value for one in Narrower}
    assert {one.code for one in UNSAID} <= UNSAID_TEXTS.keys()
    assert set(STANDING.values()) == {one.value for one in Standing}
