"""The tour of README.md again, every step with --json."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.tour import play
from tests.unit.cli.running import check_document

AS_JSON = """medshare() {
  case " $* " in
    *" --field "*) command medshare "$@" --passphrase-fd 3 3<passphrase ;;
    *) local code=0; command medshare "$@" --json --passphrase-fd 3 3<passphrase >document || code=$?
       "$PYTHON" -c 'import json,sys; print(json.dumps(json.load(open("document"))))' >>documents; return $code ;;
  esac
}"""


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
