"""The tables themselves."""

from __future__ import annotations

import gzip
import json
from importlib.resources import files
from typing import Any

import pytest

from medshare.consent.categories import SENSITIVE, Category
from medshare.intake import table_versions
from medshare.intake.terminology import canonical_system, meaning_of_code
from medshare.intake.words import meaning_of_words
from tests.unit.intake.samples import SYNTHEA

CLINICAL = {
    "http://snomed.info/sct",
    "http://loinc.org",
    "http://www.nlm.nih.gov/research/umls/rxnorm",
    "http://hl7.org/fhir/sid/cvx",
}


def rows(name: str) -> list[list[str]]:
    text = files("medshare.intake.tables").joinpath(name).read_text("utf-8")
    return [line.split("\t") for line in text.splitlines() if not line.startswith("#")]


def test_each_table_has_a_version_and_each_row_a_source() -> None:
    assert table_versions().keys() == {"codes.tsv", "words.tsv"}
    assert all(len(version) == len("2026-11-01") for version in table_versions().values())
    assert all(len(row) == 6 and all(row) for row in rows("codes.tsv"))
    assert all(len(row) == 4 and all(row) for row in rows("words.tsv"))


def test_no_code_stands_twice() -> None:
    keys = [tuple(row[:3]) for row in rows("codes.tsv")]
    assert len(keys) == len(set(keys))


def test_every_sensitive_category_has_codes_labels_and_words() -> None:
    for category in SENSITIVE:
        systems = {row[0] for row in rows("codes.tsv") if row[3] == str(int(category))}
        assert "http://terminology.hl7.org/CodeSystem/v3-ActCode" in systems
        assert "http://hl7.org/fhir/sid/icd-10" in systems
        assert "http://snomed.info/sct" in systems
        assert str(int(category)) in {row[1] for row in rows("words.tsv")}


def test_no_display_that_was_read_and_found_ordinary_tells_by_its_words() -> None:
    for row in rows("codes.tsv"):
        if row[3] == "-":
            assert not meaning_of_words(row[4])
            assert meaning_of_code(row[0], row[1]).known


def codes(value: Any) -> set[tuple[str, str]]:
    if isinstance(value, dict):
        own = {(value["system"], value["code"])} if value.get("system") in CLINICAL and "code" in value else set()
        return own.union(*map(codes, value.values()))
    return set().union(*map(codes, value)) if isinstance(value, list) else set()


def test_every_clinical_code_of_the_24_patients_is_in_the_table() -> None:
    found = set().union(*(codes(json.loads(gzip.decompress(path.read_bytes()))) for path in SYNTHEA))
    assert len(found) > 290
    assert [pair for pair in sorted(found) if not meaning_of_code(*pair).known] == []


@pytest.mark.parametrize(
    ("system", "url"),
    [
        ("urn:oid:2.16.840.1.113883.6.96", "http://snomed.info/sct"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "http://hl7.org/fhir/sid/icd-10"),
        ("http://hl7.org/fhir/sid/icd-10-de", "http://hl7.org/fhir/sid/icd-10"),
        ("urn:oid:2.16.840.1.113883.6.90", "http://hl7.org/fhir/sid/icd-10"),
        ("urn:local", "urn:local"),
    ],
)
def test_a_system_has_one_name(system: str, url: str) -> None:
    assert canonical_system(system) == url


@pytest.mark.parametrize("system", ["http://hl7.org/fhir/sid/ndc", "urn:oid:2.16.840.1.113883.6.139"])
def test_a_drug_or_a_diagnosis_of_a_system_without_a_table_is_not_known_for_its_roof(system: str) -> None:
    assert not meaning_of_code(system, "304.00").known
    assert meaning_of_code("http://hl7.org/fhir/observation-status", "final").known


def test_long_text_is_looked_through_and_not_remembered() -> None:
    text = "word " * 100 + "methadone"
    assert meaning_of_words(text) == {Category.SUBSTANCE_USE}
