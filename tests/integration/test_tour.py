"""The tour of README.md: from an empty folder, only with the command line, as it stands there; and again with --json.

Read from README.md, run by bash. Ports are exchanged for free ones, and `medshare` is this very tree.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from medshare.deployment.anvil import free_port
from tests.unit.cli.running import check_document

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"<!-- run by tests/integration/test_tour\.py -->\n```sh\n(.*?)\n```", re.DOTALL)
SECONDS = 1500
PLAIN = 'medshare() { command medshare "$@" --passphrase-fd 3 3<passphrase; }'
AS_JSON = """medshare() {
  case " $* " in
    *" --field "*) command medshare "$@" --passphrase-fd 3 3<passphrase ;;
    *) local code=0; command medshare "$@" --json --passphrase-fd 3 3<passphrase >document || code=$?
       "$PYTHON" -c 'import json,sys; print(json.dumps(json.load(open("document"))))' >>documents; return $code ;;
  esac
}"""


def tour() -> str:
    """Return the script of README.md, its own definition of the function left out."""
    text = "\n".join(FENCE.findall((ROOT / "README.md").read_text(encoding="utf-8")))
    assert "medshare() {" in text
    lines = [line for line in text.splitlines() if not line.startswith("medshare() {")]
    script = "\n".join(lines)
    for port in sorted(set(re.findall(r"127\.0\.0\.1:(\d+)", script))):
        script = script.replace(port, str(free_port()))
    return script.replace("tests/data", str(ROOT / "tests" / "data"))


def play(place: Path, function: str) -> subprocess.CompletedProcess[str]:
    """Run the tour in `place` and end every process that it began."""
    environment = {**os.environ, "PYTHON": sys.executable, "PYTHONPATH": str(ROOT), "LANG": "en_GB.UTF-8"}
    environment["PATH"] = f"{ROOT / 'node_modules' / '.bin'}:{environment['PATH']}"
    program = place / "bin" / "medshare"
    program.parent.mkdir()
    # Where the tiers measure what they cover, each command of the tour counts too.
    measured = f"-m coverage run --rcfile={ROOT / 'pyproject.toml'} " if environment.get("COVERAGE") else ""
    program.write_text(f'#!/bin/sh\nexec "$PYTHON" {measured}-m medshare "$@"\n')
    program.chmod(0o755)
    environment["PATH"] = f"{program.parent}:{environment['PATH']}"
    for name in ("MEDSHARE_HOME", "MEDSHARE_NETWORK", "MEDSHARE_ACCOUNT", "LC_ALL"):
        environment.pop(name, None)
    script = f"set -eu -o pipefail\nset -x\n{function}\n{tour()}"
    with (place / "out").open("w") as out, (place / "err").open("w") as err:
        process = subprocess.Popen(
            ["bash", "-c", script], cwd=place, env=environment, stdout=out, stderr=err, start_new_session=True
        )
        try:
            code = process.wait(SECONDS)
        finally:
            # The group is ours: bash, and the gateways that it left behind.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            end_chain(place)
    return subprocess.CompletedProcess([], code, (place / "out").read_text(), (place / "err").read_text())


def end_chain(place: Path) -> None:
    """Stop the local chain of the tour if it was interrupted."""
    from medshare.cli.frame.home import Home
    from medshare.cli.frame.local_chain import LocalChain

    LocalChain(Home(place / "regulator")).stop()


def test_the_tour_of_the_readme_runs_as_it_stands_there(tmp_path: Path):
    done = play(tmp_path, PLAIN)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "documents are confirmed" in done.stdout
    assert "Refused: " in done.stderr


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What every step of the tour prints with --json, in order."""
    place = tmp_path_factory.mktemp("tour")
    done = play(place, AS_JSON)
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in (place / "documents").read_text().splitlines()]


def one(documents: list[dict[str, Any]], command: str) -> Any:
    """The result of the last step with `command` that succeeded."""
    return [document["result"] for document in documents if document["command"] == command and "result" in document][-1]


def test_every_step_prints_a_document_of_its_schema(documents: list[dict[str, Any]]):
    for document in documents:
        check_document(document)
    steps = {document["command"] for document in documents}
    assert {"chain up", "chain deploy", "enrol accept", "record upload", "record confirm", "consent approve"} <= steps
    assert {"access read", "access log", "consent revoke", "record erase", "enrol offer", "enrol answer"} <= steps


def test_the_steps_say_what_happened(documents: list[dict[str, Any]]):
    uploaded, read = one(documents, "record upload"), one(documents, "access read")
    assert len(uploaded["leaves"]) > 10
    assert all(period["confirmed"] for period in one(documents, "record confirm")["periods"])
    assert read["listed"] == len(read["documents"]) > 0
    assert {row["leaf"] for row in read["documents"]} <= set(uploaded["leaves"])
    assert one(documents, "sync")["documents"] or one(documents, "record list")["documents"]


def test_the_patient_sees_who_looked(documents: list[dict[str, Any]]):
    looks, read = one(documents, "access log")["looks"], one(documents, "access read")
    assert [look["category"] for look in looks if look["category"]] == ["vital-signs"] * len(read["documents"])
    assert {(look["institution"], look["allowed"], look["own"]) for look in looks} == {("hill", True, False)}


def test_after_the_revocation_the_read_is_refused_with_exit_code_3(documents: list[dict[str, Any]]):
    refused = [document["error"] for document in documents if "error" in document]
    assert [(error["code"], error["exit_code"]) for error in refused] == [("gateway.refused", 3)]


def test_what_was_erased_is_in_nobodys_list(documents: list[dict[str, Any]]):
    erased = one(documents, "record erase")["leaves"]
    left = [row["leaf"] for row in one(documents, "record list")["documents"]]
    assert len(erased) == 1
    assert not set(erased) & set(left)
