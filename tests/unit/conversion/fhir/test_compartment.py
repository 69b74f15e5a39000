"""Which patient a resource is about, by the R4 patient compartment.

given resources with references
    each should belong to the patients whom its compartment elements name
    what names none should belong to those whose resources refer to it
    what leads to a patient who is not here should belong to nobody
"""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from medshare.conversion import Entry, Identifier
from medshare.conversion.fhir import Closure, closure, identifiers_of, subject_of, subjects_of, tie_of
from tests.unit.conversion.fhir.samples import PATIENT, observation

ROWS = [
    line.split("\t")
    for line in files("medshare.conversion.fhir").joinpath("compartment.tsv").read_text("utf-8").splitlines()
    if not line.startswith("#")
]


def to(reference: str) -> dict[str, str]:
    return {"reference": reference}


@pytest.mark.parametrize(
    ("resource", "patient"),
    [
        (observation(), "Patient/p"),
        ({"resourceType": "AllergyIntolerance", "recorder": to("Patient/r"), "patient": to("Patient/p")}, "Patient/p"),
        ({"resourceType": "Coverage", "payor": [to("Patient/a")], "beneficiary": to("urn:uuid:1")}, "urn:uuid:1"),
        (
            {"resourceType": "Appointment", "participant": [{"actor": to("Location/l")}, {"actor": to("Patient/p")}]},
            "Patient/p",
        ),
        ({"resourceType": "Task", "for": to("http://h.example/fhir/Patient/p")}, "http://h.example/fhir/Patient/p"),
        ({"resourceType": "Condition", "subject": to("Patient?identifier=s|1")}, "Patient?identifier=s|1"),
    ],
)
def test_a_resource_is_about_a_patient(resource: dict[str, Any], patient: str) -> None:
    assert subject_of(resource) == patient


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "Practitioner", "subject": to("Patient/p")},
        {"resourceType": "Condition", "subject": to("Group/g")},
        {"resourceType": "Condition", "subject": {"display": "she"}},
        {"resourceType": "Condition", "subject": "Patient/p"},
        {"resourceType": "Unheard", "patient": to("Patient/p")},
    ],
)
def test_a_resource_may_be_about_nobody(resource: dict[str, Any]) -> None:
    assert subject_of(resource) is None
    assert subjects_of(resource) == ()
    assert identifiers_of(resource) == ()


@pytest.mark.parametrize(
    "reference", [{"identifier": {"value": "1"}}, {"identifier": {"system": 1, "value": "1"}, "type": "Patient"}]
)
def test_a_logical_reference_names_the_patient(reference: dict[str, Any]) -> None:
    assert identifiers_of({"resourceType": "Condition", "subject": reference}) == (Identifier("", "1"),)
    assert not identifiers_of({"resourceType": "Condition", "subject": reference | {"type": "Group"}})


def test_odd_identifiers_are_passed_over() -> None:
    assert identifiers_of({"resourceType": "Patient", "identifier": "x"}) == ()
    assert identifiers_of({"resourceType": "Patient", "identifier": [1, {}, {"value": 1}]}) == ()


def test_each_row_of_the_table_names_an_element_of_r4() -> None:
    """By the models of another project."""
    for resource_type, path, source in ROWS:
        assert source in {"compartment", "element"}
        model = get_fhir_model_class(resource_type)
        for step in path.split("."):
            fields = {field.alias or name: field for name, field in model.model_fields.items()}
            assert step in fields, (resource_type, path)
            model = get_fhir_model_class(re.findall(r"abc\.(\w+)Type\b", str(fields[step].annotation))[0])
        assert model is get_fhir_model_class("Reference")
    assert len({row[0] for row in ROWS}) > 60


def placed(*entries: Entry) -> Closure:
    return closure(tie_of(number, entry) for number, entry in enumerate(entries))


def entry(resource_type: str, name: str, **elements: Any) -> Entry:
    return {"resource": {"resourceType": resource_type, "id": name} | elements}


def test_what_names_no_patient_belongs_to_those_who_refer_to_it() -> None:
    found = placed(
        {"fullUrl": "urn:uuid:p", "resource": PATIENT},
        {"resource": PATIENT | {"id": "q"}},
        {"resource": observation("o", "urn:uuid:p", performer=[to("PractitionerRole/r")])},
        {"resource": observation("u", "Patient/q", performer=[to("PractitionerRole/r")], device=to("Device/d"))},
        entry("PractitionerRole", "r", practitioner=to("Practitioner/a"), organization=to("Organization/g")),
        entry("Practitioner", "a"),
        entry("Organization", "g", partOf=to("Organization/g")),
        entry("Device", "d"),
        entry("Provenance", "v", target=[to("Observation/u")], agent=[{"who": to("Device/w")}]),
        entry("Device", "w"),
        entry("Medication", "m"),
        entry("Provenance", "x", target=[to("Medication/m")]),
        {"resource": observation("lost", "Patient/elsewhere", performer=[to("PractitionerRole/r")])},
        {"resource": observation("part", "Patient/p", hasMember=[to("Observation/lost")])},
    )
    assert found.patients == {0: (0, 2, 4, 5, 6, 13), 1: (1, 3, 4, 5, 6, 7, 8, 9)}
    assert found.unowned == (10, 11)
    assert found.missing == (12,)


def test_one_patient_may_be_held_twice_and_a_reference_means_both() -> None:
    found = placed({"resource": PATIENT}, {"resource": PATIENT | {"active": True}}, {"resource": observation()})
    assert found.patients == {0: (0, 2), 1: (1, 2)}


def test_a_tie_holds_no_content() -> None:
    made = tie_of(3, {"resource": observation(note=[{"text": "secret"}], contained=[PATIENT], focus=[to("#p")])})
    assert made.references == ("Patient/p",)
    assert "secret" not in json.dumps([made.type, made.id, made.full_url, made.subjects, made.references])
