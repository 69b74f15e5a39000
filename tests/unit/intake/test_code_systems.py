"""One URL for each code system, whatever a hospital calls it."""

from __future__ import annotations

from importlib.resources import files

import pytest

from medshare.intake.code_systems import LOINC, SNOMED, UCUM, canonical_url

ROWS = [
    line.split("\t")
    for line in files("medshare.intake.tables").joinpath("systems.tsv").read_text("utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("urn:oid:2.16.840.1.113883.6.96", SNOMED),
        ("2.16.840.1.113883.6.1", LOINC),
        ("http://unitsofmeasure.org/", UCUM),
        ("urn:oid:2.16.840.1.113883.6.90", "http://hl7.org/fhir/sid/icd-10-cm"),
        ("http://hl7.org/fhir/v3/ActCode", "http://terminology.hl7.org/CodeSystem/v3-ActCode"),
        ("https://hl7.org/fhir/v2/0203", "http://terminology.hl7.org/CodeSystem/v2-0203"),
        ("urn:oid:2.16.840.1.113883.12.203", "http://terminology.hl7.org/CodeSystem/v2-0203"),
        ("urn:oid:2.16.840.1.113883.12.292", "http://hl7.org/fhir/sid/cvx"),
    ],
)
def test_a_system_may_go_by_several_names(name: str, url: str) -> None:
    assert canonical_url(name) == url


@pytest.mark.parametrize(
    "name",
    [
        "",
        "urn:oid:1.2.3",
        "http://example.org/local",
        "urn:oid:2.16.840.1.113883.12.9999",
        SNOMED,
        "http://loinc.org/x",
    ],
)
def test_a_name_that_nobody_knows_comes_back(name: str) -> None:
    assert canonical_url(name) == name


def test_no_name_stands_twice_and_none_leads_to_another_name() -> None:
    names = [row[0] for row in ROWS]
    assert len(names) == len(set(names)) > 500
    assert all(len(row) == 3 and all(row) for row in ROWS)
    assert all(canonical_url(row[1]) == row[1] for row in ROWS)
