"""The tour of README.md again, every step with --json, City's gateway two processes of `medshare serve` on PostgreSQL."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import pytest

from medshare.deployment.anvil import free_port
from tests.integration import forked
from tests.integration.tour import AS_A_PROCESS, gateways_apart, play, tour
from tests.scenarios.doors import RoundRobin
from tests.unit.cli.running import check_document

AS_JSON = """medshare() {
  case " $* " in
    *" --field "*) command medshare "$@" --passphrase-fd 3 3<passphrase ;;
    *) local code=0; command medshare "$@" --json --passphrase-fd 3 3<passphrase >document || code=$?
       "$PYTHON" -c 'import json,sys; print(json.dumps(json.load(open("document"))))' >>documents; return $code ;;
  esac
}"""


INITED = ' --gateway-url "$2"\n'


def in_two_processes(script: str, vault: str, ports: Sequence[int]) -> str:
    """Return the tour with City's vault at the URL `vault`, and its gateway at two ports behind one address."""
    settle = f's|sqlite:///vault.db|{vault}|; s|proxies = \\[\\]|proxies = ["127.0.0.1"]|'
    config = f"{INITED}  [ \"$1\" != city ] || sed -i '{settle}' city/config.toml\n"
    script, served = gateways_apart(script), AS_A_PROCESS
    each = served.replace(" --passphrase", ' --listen "127.0.0.1:$port" --passphrase').replace('>"', '>>"')
    serve = f"if [ $1 = city ]; then for port in {' '.join(map(str, ports))}; do {each} done; else {served} fi"
    assert INITED in script
    return script.replace(INITED, config).replace(served, serve)


@pytest.fixture(scope="module")
def played(cluster, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], list[int]]:
    """What every step of the tour prints with --json, in order, and how many requests each process answered."""
    place = tmp_path_factory.mktemp("tour")
    name = cluster.new_database()
    ports = [free_port(), free_port()]
    with RoundRobin() as proxy:
        proxy.ports = ports
        script = in_two_processes(tour({"8441": urlsplit(proxy.origin).port or 0}), cluster.url(name), ports)
        with tempfile.TemporaryDirectory() as folder, forked.server(f"{folder}/socket"):
            done = play(place, AS_JSON, script, socket=f"{folder}/socket")
        answered = [proxy.answered[port] for port in ports]
    cluster.drop(name)
    assert done.returncode == 0, done.stderr[-3000:]
    assert not (place / "city" / "vault.db").exists()
    return [json.loads(line) for line in (place / "documents").read_text().splitlines()], answered


@pytest.fixture
def documents(played) -> list[dict[str, Any]]:
    return played[0]


def test_both_processes_answered(played):
    assert min(played[1]) > 0


def one(documents: list[dict[str, Any]], command: str) -> Any:
    """The result of the last step with `command` that succeeded."""
    return [document["result"] for document in documents if document["command"] == command and "result" in document][-1]


def test_every_step_prints_a_document_of_its_schema(documents: list[dict[str, Any]]):
    for document in documents:
        check_document(document)
    steps = {document["command"] for document in documents}
    assert {"chain up", "deploy", "enrol accept", "record upload", "record confirm", "consent approve"} <= steps
    assert {"access read", "access log", "consent revoke", "record erase", "enrol offer", "enrol answer"} <= steps


def test_the_steps_say_what_happened(documents: list[dict[str, Any]]):
    uploaded, read = one(documents, "record upload"), one(documents, "access read")
    assert len(uploaded["leaves"]) > 10
    assert all(period["confirmed"] for period in one(documents, "record confirm")["periods"])
    assert read["listed"] == len(read["documents"]) > 0
    assert {row["leaf"] for row in read["documents"]} & set(uploaded["leaves"])
    assert one(documents, "sync")["documents"] or one(documents, "record list")["documents"]


def test_of_what_is_imported_every_item_is_stored_quarantined_or_a_duplicate(documents: list[dict[str, Any]]):
    imported = [
        document["result"]
        for document in documents
        if document["command"].startswith("import ") and "counts" in document.get("result", {})
    ]
    assert {result["format"] for result in imported} == {"fhir", "hl7v2", "ccda", "dicom", "csv"}
    for result in imported:
        counts = result["counts"]
        assert counts["read"] == counts["stored"] + counts["quarantined"] + counts["duplicate"] > 0
        assert counts["stored"] == counts["read"] - (4 if result["format"] == "csv" else 0)


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
