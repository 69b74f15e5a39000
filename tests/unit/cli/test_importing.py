"""`medshare import` at the keyboard: what it takes, what it says, and that a rehearsal writes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medshare.migration.quarantine import Held, Quarantine
from tests.unit.cli.running import Runner
from tests.unit.migration.sources import MRN, bundle, write

ANNA = "0x" + "a" * 40


@pytest.fixture
def home(medshare: Runner, tmp_path: Path) -> Path:
    assert medshare.init("institution").code == 0
    write(tmp_path / "source", "0.json", bundle(0))
    write(tmp_path / "source", "1.json", bundle(1))
    (tmp_path / "patients.csv").write_text(f"system,value,address\n{MRN},0,{ANNA}\n")
    return tmp_path


def held(home: Path) -> Quarantine:
    found = Quarantine(home / "home" / "import" / "quarantine")
    for number in range(2):
        entry = Held(
            id="", format="fhir", file=f"{number}.json", place="", items=2, code="a.b", cause="Why.", remedy="Do."
        )
        found.hold(bytes([number + 1]) * 32, entry, b"{}")
    return found


def test_a_rehearsal_says_what_would_be_stored(medshare, home):
    words = ("import", "fhir", str(home / "source"), "--patients", str(home / "patients.csv"), "--workers", "1")
    done = medshare(*words, "--dry-run", "--json")
    assert done.code == 0, done.out
    assert done.result["counts"] == {"read": 6, "stored": 3, "quarantined": 3, "duplicate": 0}
    assert (done.result["run"], done.result["dry_run"], done.result["share"]) == (0, True, 1.0)
    assert not (home / "home" / "import").exists()
    shown = medshare(*words, "--dry-run")
    assert "6 items read: 3 stored, 3 in quarantine, 0 duplicates." in shown.out
    assert "nothing was written" in shown.out
    assert "1.json" in shown.out


def test_a_source_of_which_nothing_can_be_stored_ends_with_2(medshare, home):
    (home / "source" / "0.json").unlink()
    words = ("--patients", str(home / "patients.csv"), "--workers", "1", "--dry-run")
    assert medshare("import", "fhir", str(home / "source"), *words).code == 2


def test_it_must_be_said_whose_records_they_are(medshare, home):
    source = str(home / "source")
    for more in ((), ("--patient", ANNA, "--patients", str(home / "patients.csv"))):
        done = medshare("import", "fhir", source, *more, "--dry-run", "--json")
        assert done.document["error"]["code"] == "import.patients-unnamed"
    assert medshare("import", "fhir", source, "--patient", "0x1", "--dry-run").code == 2


def test_a_zone_that_does_not_exist_is_refused(medshare, home):
    done = medshare(
        "import", "ccda", str(home / "source"), "--patient", ANNA, "--zone", "Mars/Base", "--dry-run", "--json"
    )
    assert done.document["error"]["code"] == "import.zone-unknown"


def test_a_patient_imports_nothing(medshare, tmp_path):
    medshare.init("patient", home="anna")
    done = medshare("import", "quarantine", "--json", home="anna")
    assert done.document["error"]["code"] == "home.wrong-role"


def test_the_quarantine_is_listed_and_given_up_after_a_question(medshare, home):
    assert "The quarantine is empty." in medshare("import", "quarantine").out
    quarantine = held(home)
    listed = medshare("import", "quarantine", "--json").result
    assert (len(listed["entries"]), listed["items"]) == (2, 4)
    assert Path(listed["entries"][0]["source"], "0.json").read_text() == "{}"
    assert "Why." in medshare("import", "quarantine").out
    assert medshare("import", "discard", "0101", "--json").document["error"]["code"] == "cli.answer-needed"
    assert len(quarantine.held()) == 2
    assert medshare("import", "discard", "0101", "--yes", "--json").result == {"entries": 1, "items": 2}
    assert "1 entries with 2 items" in medshare("import", "discard", "--all", "--yes").out
    assert quarantine.held() == ()


def test_a_replay_is_rehearsed_and_what_stays_faulty_stays(medshare, home):
    quarantine = held(home)
    words = ("import", "replay", "--patients", str(home / "patients.csv"), "--workers", "1", "--dry-run")
    done = medshare(*words, "--json")
    assert done.result["entries"] == 2
    assert [one["counts"]["quarantined"] for one in done.result["imports"]] == [2]
    assert len(quarantine.held()) == 2
    assert "2 items read" in medshare(*words).out
    medshare("import", "discard", "--all", "--yes")
    assert "The quarantine is empty." in medshare(*words).out


def test_there_is_no_report_before_the_first_import(medshare, home):
    assert medshare("import", "report", "--json").document["error"]["code"] == "import.no-such-run"


def test_the_report_of_an_import_is_shown_again(medshare, home):
    from medshare.migration.items import Mark, Outcome
    from medshare.migration.journal import Journal

    journal = Journal(home / "home" / "import")
    run = journal.begin(bytes(32), "fhir", now=0)
    journal.note(run, [Mark(file="a", place="", digest=bytes(32))], Outcome.DUPLICATE)
    journal.close()
    shown = medshare("import", "report", "1", "--json").result
    assert shown["counts"] == {"read": 1, "stored": 0, "quarantined": 0, "duplicate": 1}
    assert json.loads(json.dumps(shown))["format"] == "fhir"
