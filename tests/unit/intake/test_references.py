"""Which entry a reference leads to."""

from __future__ import annotations

import pytest

from medshare.intake.references import Directory, only_here, type_named

BASE = "https://hospital.example/fhir"
ENTRIES = [
    (0, {"fullUrl": f"{BASE}/Patient/a", "resource": {"resourceType": "Patient", "id": "a"}}),
    (1, {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Observation"}}),
    (2, {"resource": {"resourceType": "Condition", "id": "c"}}),
    (3, {"fullUrl": f"{BASE}/Procedure/p", "resource": {"resourceType": "Procedure", "id": "p"}}),
    (4, {"fullUrl": f"{BASE}/Procedure/p", "resource": {"resourceType": "Procedure", "id": "p"}}),
]


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("Patient/a", (0,)),
        ("Patient/a/_history/2", (0,)),
        (f"{BASE}/Patient/a", (0,)),
        (f"{BASE}/Patient/a/_history/2", (0,)),
        (f"{BASE}/Patient/a#part", (0,)),
        ("urn:uuid:1", (1,)),
        ("Condition/c", (2,)),
        ("Procedure/p", (3, 4)),
        ("https://elsewhere.example/fhir/Patient/a", ()),
        ("https://elsewhere.example/fhir/Patient/a/_history/1", ()),
        ("Patient/b", ()),
        ("Patient?identifier=a", ()),
        ("Observation/a", ()),
        ("", ()),
    ],
)
def test_a_reference_leads_to_what_it_names_and_to_nothing_else(reference: str, found: tuple[int, ...]) -> None:
    assert Directory(ENTRIES).find(reference) == found


def test_only_some_references_can_mean_nothing_outside() -> None:
    assert only_here("urn:uuid:1")
    assert only_here("#x")
    assert not only_here("Patient/a")


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("Patient/a", "Patient"),
        (f"{BASE}/Organization/x", "Organization"),
        ("Practitioner?x=1", "Practitioner"),
        ("urn:uuid:1", ""),
        ("whatever", ""),
    ],
)
def test_a_reference_may_name_a_type(reference: str, name: str) -> None:
    assert type_named(reference) == name
