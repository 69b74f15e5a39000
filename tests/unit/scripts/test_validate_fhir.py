"""The validator of outgoing FHIR: which messages fail, and which jars are believed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from scripts.environments import MissingError
from scripts.maven_jars import CENTRAL, ensure_jars, java_program, read_lock, source_of
from scripts.validate_fhir import (
    FAULTS,
    HERE,
    PAGE,
    PLANTED,
    Excuse,
    Finding,
    beside,
    besides_source,
    judge,
    planted_missed,
    read_page,
)

ROW = Excuse(kind="TX", pattern="Unable to expand * 'http://snomed.info/sct' [x]", why="not here")


def finding(
    severity: str = "warning", kind: str = "TX", message: str = "", place: str = "Patient.name", sample: str = "s"
) -> Finding:
    said = message or "Unable to expand @1f 'http://snomed.info/sct' [x]"
    return Finding(sample=sample, severity=severity, place=place, kind=kind, message=said)


def test_a_warning_that_the_page_explains_is_counted_and_another_fails():
    wrong, needed = judge([finding(), finding(), finding("information"), finding(kind="Other")], [ROW])
    assert needed == {ROW: 2}
    assert len(wrong) == 1
    assert "not in docs/fhir-validation.md" in wrong[0]


def test_an_error_fails_whatever_the_page_says():
    wrong, needed = judge([finding("error"), finding("fatal")], [ROW])
    assert (len(wrong), dict(needed)) == (2, {})


def test_what_the_source_had_is_the_sources_wherever_it_stands_now():
    before = finding("error", place="Bundle.entry[3].resource/*Patient/a*/.name[0].given", sample="source-of-s")
    after = finding("error", place="Bundle.entry[7].resource/*Patient/a*/.name[1].given")
    assert besides_source([before, after]) == []


@pytest.mark.parametrize(
    "other",
    [
        finding("error", place="Bundle.entry[3].resource/*Patient/a*/.birthDate"),
        finding("error", place="Bundle.entry[3].resource/*Practitioner/a*/.name[0].given"),
        finding("error", kind="Other", place="Bundle.entry[3].resource/*Patient/a*/.name[0].given"),
        finding("fatal", place="Bundle.entry[3].resource/*Patient/a*/.name[0].given"),
        finding("error", place="Bundle.entry[3].resource/*Patient/a*/.name[0].given", sample="t"),
    ],
)
def test_what_the_source_did_not_have_counts(other: Finding):
    before = finding("error", place="Bundle.entry[3].resource/*Patient/a*/.name[0].given", sample="source-of-s")
    assert besides_source([before, other]) == [other]


def test_what_is_said_more_often_than_of_the_source_counts():
    before = finding("error", sample="source-of-s")
    assert besides_source([before, finding("error"), finding("error")]) == [finding("error")]


def test_what_travelled_is_validated_beside_its_source():
    assert beside({"fhir-a": (b"before", b"after")}) == {"fhir-a": b"after", "source-of-fhir-a": b"before"}


def test_a_validator_that_does_not_find_the_planted_faults_is_not_believed():
    assert len(planted_missed([])) == len(FAULTS)
    assert len(planted_missed([finding(place=place) for place in FAULTS])) == len(FAULTS)
    assert not planted_missed([finding("error", place=place) for place in FAULTS])
    assert PLANTED["resourceType"] == "Patient"


def test_every_row_of_the_page_is_read_with_a_reason():
    rows = read_page(PAGE.read_text())
    assert len(rows) == PAGE.read_text().count("\n| `") > 3
    assert all(row.why for row in rows)


def test_the_profiles_are_the_ones_that_the_page_counts():
    counted = {
        folder: len(list((HERE / "profiles" / folder).glob("StructureDefinition-*")))
        for folder in ("ips", "extensions", "r5")
    }
    assert counted == {"ips": 29, "extensions": 6, "r5": 6}
    for place in HERE.glob("profiles/*/*.json"):
        assert json.loads(place.read_text())["url"].startswith("http"), place


def test_the_lock_names_each_jar_once_by_its_digest():
    jars = read_lock((HERE / "jars.lock").read_text())
    assert len({jar.name for jar in jars}) == len(jars)
    assert all(len(jar.digest) == 64 for jar in jars)
    assert any(jar.name.startswith("hapi-fhir-validation-resources-r4-") for jar in jars)


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    """A Maven repository in a folder, and a lock of its one jar."""
    (tmp_path / "maven" / "a").mkdir(parents=True)
    (tmp_path / "maven" / "a" / "one.jar").write_bytes(b"jar")
    (tmp_path / "lock").write_text(f"{hashlib.sha256(b'jar').hexdigest()}  a/one.jar\n")
    return tmp_path


def brought(registry: Path) -> list[Path]:
    environment = {"MEDSHARE_MAVEN_URL": (registry / "maven").as_uri()}
    return ensure_jars(registry / "lock", registry / "jars", environment, registry)


def test_a_jar_is_brought_once_and_one_of_an_older_lock_goes(registry: Path):
    (registry / "jars").mkdir()
    (registry / "jars" / "old.jar").write_bytes(b"old")
    found = brought(registry)
    assert [place.read_bytes() for place in found] == [b"jar"]
    assert [place.name for place in (registry / "jars").iterdir()] == ["one.jar"]
    (registry / "maven" / "a" / "one.jar").unlink()
    assert brought(registry) == found


def test_a_jar_of_the_local_repository_needs_no_network(registry: Path):
    kept = registry / ".m2" / "repository" / "a"
    kept.mkdir(parents=True)
    (registry / "maven" / "a" / "one.jar").rename(kept / "one.jar")
    assert brought(registry)[0].read_bytes() == b"jar"


def test_a_jar_with_another_digest_is_refused_and_not_kept(registry: Path):
    (registry / "maven" / "a" / "one.jar").write_bytes(b"evil")
    with pytest.raises(MissingError, match="is not the jar that"):
        brought(registry)
    assert not list((registry / "jars").glob("*.jar"))


def test_a_registry_that_does_not_answer_is_one_sentence(registry: Path):
    (registry / "maven" / "a" / "one.jar").unlink()
    with pytest.raises(MissingError, match="cannot be fetched"):
        brought(registry)


def test_the_mirror_is_the_named_one_else_that_of_the_settings_else_central(tmp_path: Path):
    assert source_of({}, tmp_path) == CENTRAL
    settings = tmp_path / ".m2" / "settings.xml"
    settings.parent.mkdir()
    mirror = "<mirror><mirrorOf>{0}</mirrorOf><url>https://mirror.example/</url></mirror>"
    text = '<settings xmlns="http://maven.apache.org/SETTINGS/1.2.0"><mirrors>{0}</mirrors></settings>'
    settings.write_text(text.format(mirror.format("central")))
    assert source_of({}, tmp_path) == "https://mirror.example"
    settings.write_text(text.format(mirror.format("elsewhere")))
    assert source_of({}, tmp_path) == CENTRAL
    assert source_of({"MEDSHARE_MAVEN_URL": "https://own.example/m/"}, tmp_path) == "https://own.example/m"


def test_without_a_java_development_kit_the_remedy_is_named(tmp_path: Path):
    with pytest.raises(MissingError, match="`java` is not on PATH"):
        java_program({"PATH": str(tmp_path)})
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "java"
    with pytest.raises(MissingError, match="does not run"):
        java_program({"JAVA_HOME": str(tmp_path)})
    program.write_text("#!/bin/sh\necho java.base@21\n")
    program.chmod(0o700)
    with pytest.raises(MissingError, match="is none"):
        java_program({"JAVA_HOME": str(tmp_path)})
    program.write_text("#!/bin/sh\necho java.base@21.0.1\necho jdk.compiler@21.0.1\n")
    assert java_program({"JAVA_HOME": str(tmp_path)}) == str(program)
