"""`medshare audit verify` on a machine that has the file, and no home: the six verdicts, each with its exit code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from medshare.audit.judging import Entry
from tests.unit.audit.lines import GATEWAY, LENGTH, OTHER, entries, export_of, signed_anew
from tests.unit.cli.running import Outcome, Runner


def verified(medshare: Runner, data: bytes, *words: str) -> Outcome:
    """Verify a file without a chain; there is no home at all."""
    (medshare.place / "log.json").write_bytes(data)
    return medshare("audit", "verify", str(medshare.place / "log.json"), "--offline", "--json", *words, home="nowhere")


def exported(rows: Sequence[Entry]) -> bytes:
    return export_of(rows).to_bytes()


def test_present(medshare: Runner):
    """[B-021]"""
    done = verified(medshare, exported(entries(LENGTH)))
    assert done.code == 0
    (line,) = done.result["lines"]
    assert (line["receipts"], line["released"], line["anchored"], line["absent"]) == (LENGTH, 2, LENGTH, False)
    assert (done.result["chain_asked"], done.result["deployment_known"]) == (False, False)
    shown = medshare("audit", "verify", str(medshare.place / "log.json"), "--offline", home="nowhere")
    assert "No receipt is missing, moved, altered or forged" in shown.out
    assert "No chain was asked" in shown.out
    assert not (medshare.place / "nowhere").exists()


def test_absent(medshare: Runner):
    """[B-021] That nobody looked is proven, too."""
    done = verified(medshare, export_of([], anchored=0).to_bytes())
    assert (done.code, done.result["lines"][0]["absent"]) == (0, True)
    assert (
        "proven that nothing was logged"
        in medshare("audit", "verify", str(medshare.place / "log.json"), "--offline", home="nowhere").out
    )


def altered() -> bytes:
    rows = entries(LENGTH)
    rows[1] = signed_anew(rows[1], block=b"\x01" * 32)
    return exported(rows)


def dropped() -> bytes:
    rows = entries(LENGTH)
    return exported([rows[0], *rows[2:]])


def reordered() -> bytes:
    rows = entries(LENGTH)
    return exported([rows[0], rows[2], rows[1], rows[3]])


def forged() -> bytes:
    rows = entries(LENGTH)
    rows[1] = signed_anew(rows[1], key=OTHER)
    return exported(rows)


def flipped() -> bytes:
    data = bytearray(exported(entries(LENGTH)))
    place = data.rindex(b'"decision":') + len(b'"decision":')
    data[place] ^= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "code", "named"),
    [
        (altered, "receipt.altered", "Receipt 2 of the gateway"),
        (dropped, "receipt.missing", "Receipt 2 of the gateway"),
        (reordered, "receipt.reordered", "Receipt 2 of the gateway"),
        (forged, "receipt.forged", "Receipt 2 of the gateway"),
        (flipped, "audit.export-damaged", "receipt 4 of line 1"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_wrong_is_named_with_exit_code_6(medshare: Runner, data: Any, code: str, named: str):
    """[B-021]"""
    done = verified(medshare, data())
    error = done.document["error"]
    assert (done.code, error["code"], error["exit_code"]) == (6, code, 6)
    assert named in error["cause"]
    if code.startswith("receipt"):
        assert GATEWAY.address in error["cause"]


def test_a_file_that_is_not_there_or_no_export_is_told_apart(medshare: Runner):
    assert medshare("audit", "verify", str(medshare.place / "none.json"), "--offline", home="nowhere").code == 5
    assert verified(medshare, b"{}").document["error"]["code"] == "audit.export-damaged"


def test_without_a_home_a_chain_must_be_named_or_left_out_on_purpose(medshare: Runner):
    """Nobody believes that a chain was asked when none was."""
    (medshare.place / "log.json").write_bytes(exported(entries(LENGTH)))
    done = medshare("audit", "verify", str(medshare.place / "log.json"), "--json", home="nowhere")
    assert (done.code, done.document["error"]["code"]) == (2, "cli.usage")
    silent = medshare(
        "audit", "verify", str(medshare.place / "log.json"), "--rpc", "http://127.0.0.1:9", "--json", home="nowhere"
    )
    assert (silent.code, silent.document["error"]["code"]) == (5, "ledger.node-unreachable")


@pytest.mark.parametrize("role", ["researcher", "regulator"])
def test_only_who_has_a_line_or_a_log_exports_one(medshare: Runner, role: str):
    """A researcher and a regulator have neither."""
    medshare.init(role)
    done = medshare("audit", "export", str(medshare.place / "log.json"), "--json")
    assert (done.code, done.document["error"]["code"]) == (2, "home.wrong-role")
    assert json.loads(done.out)["command"] == "audit export"


def test_an_institution_names_the_patient(medshare: Runner):
    medshare.init("institution")
    done = medshare("audit", "export", str(medshare.place / "log.json"), "--json")
    assert (done.code, "--patient" in done.document["error"]["cause"]) == (2, True)
