"""Standardising adds, says what it added, and takes nothing away.

given entries of any format
    units, zones, identifiers and codes should be added, each with an issue by its path
    what stood there should still stand there
    twice should be as once
    references that lead nowhere, and copies, should be reported
"""

from __future__ import annotations

from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import given, settings
from hypothesis import strategies as st

from medshare.conversion import Entry
from medshare.conversion.fhir import Fhir
from medshare.conversion.standardise import (
    Code,
    CodeMap,
    Settings,
    Zone,
    content_digest,
    find_copies,
    standardise,
)
from medshare.conversion.standardise.errors import ZoneUnknownError
from medshare.conversion.standardise.instants import NAMES
from medshare.intake import Numeral, reassemble, take_in
from medshare.intake.json_text import dumps, parse
from medshare.intake.limits import Limits
from tests.unit.conversion.fhir.samples import PATIENT, observation, write
from tests.unit.intake.samples import SYNTHEA

UCUM = "http://unitsofmeasure.org"
LOINC = "http://loinc.org"
CLINICAL = [
    "Observation",
    "Condition",
    "Procedure",
    "Encounter",
    "Immunization",
    "MedicationRequest",
    "MedicationAdministration",
    "MedicationDispense",
    "MedicationStatement",
    "DiagnosticReport",
    "ServiceRequest",
    "AllergyIntolerance",
    "Patient",
    "Extension",
    "Period",
    "Annotation",
    "Attachment",
    "Signature",
    "Timing",
    "Specimen",
    "DocumentReference",
    "Composition",
    "CarePlan",
    "Goal",
    "Claim",
    "ExplanationOfBenefit",
    "Coverage",
    "Device",
    "Meta",
    "Provenance",
    "AuditEvent",
    "Consent",
    "Task",
    "Appointment",
    "Slot",
    "Flag",
    "Media",
    "FamilyMemberHistory",
    "ImagingStudy",
    "QuestionnaireResponse",
    "QuestionnaireResponseItemAnswer",
    "Bundle",
]
NONE = Settings()
LOCAL = CodeMap(
    {("urn:lab", "GLU"): (Code(LOINC, "2345-7", "Glucose"), Code("http://snomed.info/sct", "33747003", ""))}
)
ALL = Settings(zone=Zone("Asia/Taipei"), identifier_system="urn:mrn", codes=LOCAL)


def made(resource: dict[str, Any], given: Settings = NONE) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The resource, and the code of each issue with its path inside it."""
    found = standardise([{"fullUrl": "urn:uuid:1", "resource": resource}], settings=given)
    start = "Bundle.entry[0].resource."
    return found.entries[0]["resource"], [(issue.code, issue.path.removeprefix(start)) for issue in found.issues]


def basic(**elements: Any) -> dict[str, Any]:
    return {"resourceType": "Observation"} | elements


# Units


def test_a_unit_gets_its_code_and_the_value_and_the_unit_stay() -> None:
    quantity = {"value": Numeral("1.10"), "unit": "mmHg"}
    resource, issues = made(basic(component=[{"valueQuantity": quantity}]))
    assert resource["component"][0]["valueQuantity"] == quantity | {"system": UCUM, "code": "mm[Hg]"}
    assert issues == [("unit-coded", "component[0].valueQuantity")]


@pytest.mark.parametrize(
    ("quantity", "code"),
    [
        ({"value": 1, "unit": "tablet"}, "unit-unknown"),
        ({"value": 1, "unit": "mg", "code": "kg"}, "unit-without-system"),
        ({"value": 1, "unit": "mmHg", "system": UCUM, "code": "mmHg"}, "ucum-invalid"),
        ({"value": 1, "unit": "mmHg", "system": UCUM}, "ucum-invalid"),
        ({"value": 1, "unit": "x", "system": "urn:oid:2.16.840.1.113883.6.8", "code": "mcg"}, "ucum-invalid"),
    ],
)
def test_a_unit_that_is_not_certain_is_reported_and_left(quantity: dict[str, Any], code: str) -> None:
    resource, issues = made(basic(valueQuantity=quantity))
    assert resource["valueQuantity"] == quantity
    assert issues == [(code, "valueQuantity")]


@pytest.mark.parametrize(
    "quantity",
    [
        {"value": 1, "unit": "mm[Hg]", "system": UCUM, "code": "mm[Hg]"},
        {"value": 1, "unit": "Tbl", "system": "http://snomed.info/sct", "code": "428673006"},
        {"value": 1},
        {"unit": "mmHg", "something": 1},
        {"unit": ["mmHg"]},
    ],
)
def test_a_unit_that_is_as_it_should_be_is_left(quantity: dict[str, Any]) -> None:
    assert made(basic(valueQuantity=quantity)) == (basic(valueQuantity=quantity), [])


def test_a_code_without_a_system_that_is_the_unit_gets_the_system() -> None:
    resource, _ = made(basic(valueQuantity={"value": 1, "unit": "mg", "code": "mg"}))
    assert resource["valueQuantity"]["system"] == UCUM


# Instants


def test_a_time_gets_the_zone_of_the_settings_at_that_time() -> None:
    resource, issues = made(
        basic(effectivePeriod={"start": "2026-01-05T08:00:00", "end": "2026-07-05T08:00:00.5"}),
        Settings(zone=Zone("Europe/Berlin")),
    )
    assert resource["effectivePeriod"] == {"start": "2026-01-05T08:00:00+01:00", "end": "2026-07-05T08:00:00.5+02:00"}
    assert issues == [("zone-added", "effectivePeriod.start"), ("zone-added", "effectivePeriod.end")]
    west, _ = made(basic(issued="2026-01-05T08:00:00"), Settings(zone=Zone("America/St_Johns")))
    assert west["issued"] == "2026-01-05T08:00:00-03:30"


@pytest.mark.parametrize(
    ("text", "zone", "code"),
    [
        ("2026-01-05T08:00:00", None, "zone-missing"),
        ("2026-10-25T02:30:00", "Europe/Berlin", "zone-uncertain"),
        ("2026-03-29T02:30:00", "Europe/Berlin", "zone-uncertain"),
        ("2026-02-30T02:30:00", "Europe/Berlin", "zone-uncertain"),
        ("1850-01-01T02:30:00", "Europe/Berlin", "zone-uncertain"),
    ],
)
def test_a_time_that_is_not_certain_is_reported_and_left(text: str, zone: str | None, code: str) -> None:
    resource, issues = made(basic(issued=text), Settings(zone=Zone(zone) if zone else None))
    assert resource["issued"] == text
    assert issues == [(code, "issued")]


@pytest.mark.parametrize(
    "elements",
    [
        {"issued": "2026-01-05T08:00:00Z"},
        {"issued": "2026-01-05"},
        {"issued": "2026-01"},
        {"valueString": "2026-01-05T08:00:00"},
        {"note": [{"text": "2026-01-05T08:00:00"}]},
        {"valueTime": "08:00:00"},
    ],
)
def test_another_text_gets_no_zone(elements: dict[str, Any]) -> None:
    assert made(basic(**elements), ALL) == (basic(**elements), [])


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc", "Europe", "a\0b"])
def test_a_zone_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ZoneUnknownError):
        Zone(name)


def test_the_names_of_times_are_those_of_the_models() -> None:
    """By the models of another project, for what hospitals exchange about patients."""
    times, texts = set(), set()
    for name in CLINICAL:
        for element, field in get_fhir_model_class(name).model_fields.items():
            kind = str(field.annotation)
            if "DateTime" in kind or "Instant" in kind or "datetime.datetime" in kind:
                times.add(field.alias or element)
            elif "Markdown" in kind:
                texts.add(field.alias or element)
    assert len(times) >= 30
    assert times <= NAMES
    assert not NAMES & texts


# Identifiers and codes


def test_an_identifier_gets_the_system_of_the_settings() -> None:
    resource, issues = made(PATIENT | {"managingOrganization": {"identifier": {"value": "7"}}}, ALL)
    assert resource["identifier"] == [PATIENT["identifier"][0], {"value": "A2", "system": "urn:mrn"}]
    assert resource["managingOrganization"]["identifier"]["system"] == "urn:mrn"
    assert issues == [
        ("identifier-system-added", "identifier[1]"),
        ("identifier-system-added", "managingOrganization.identifier"),
    ]


def test_an_identifier_without_a_system_is_reported_without_settings() -> None:
    assert made(PATIENT) == (PATIENT, [("identifier-without-system", "identifier[1]")])
    odd = {
        "resourceType": "Patient",
        "identifier": [{"value": 1}, {"use": "old"}, {"value": "1", "_system": {"id": "a"}}],
    }
    assert made(odd) == (odd, [])


def test_a_code_gets_its_canonical_system_beside_it() -> None:
    coding = {"system": "urn:oid:2.16.840.1.113883.6.1", "code": "8867-4", "display": "Heart rate"}
    resource, issues = made(basic(code={"coding": [coding], "text": "pulse"}))
    assert resource["code"] == {"coding": [coding, coding | {"system": LOINC}], "text": "pulse"}
    assert issues == [("system-canonical", "code.coding[0]")]
    bare, _ = made(basic(code={"coding": [{"system": "urn:oid:2.16.840.1.113883.6.1", "code": "1-8"}]}))
    assert bare["code"]["coding"][1] == {"system": LOINC, "code": "1-8"}


def test_a_local_code_stays_first_and_the_map_adds_what_it_means() -> None:
    resource, issues = made(basic(code={"coding": [{"system": "urn:lab", "code": "GLU"}, "odd", {"code": 1}]}), ALL)
    assert resource["code"]["coding"] == [
        {"system": "urn:lab", "code": "GLU", "userSelected": True},
        "odd",
        {"code": 1},
        {"system": LOINC, "code": "2345-7", "display": "Glucose"},
        {"system": "http://snomed.info/sct", "code": "33747003"},
    ]
    assert issues == [("code-mapped", "code.coding[0]")] * 2


def test_a_code_that_is_there_already_is_not_added() -> None:
    codings = [{"system": "urn:lab", "code": "GLU", "userSelected": False}, {"system": LOINC, "code": "2345-7"}]
    resource, issues = made(basic(code={"coding": codings}), ALL)
    assert resource["code"]["coding"][:2] == codings
    assert len(issues) == 1
    assert made(basic(code={"coding": [{"system": "urn:lab", "code": "X"}]}), ALL)[1] == []


# References and copies


def test_references_that_lead_nowhere_are_reported() -> None:
    entries: list[Entry] = [
        {"fullUrl": "urn:uuid:1", "resource": PATIENT},
        {
            "resource": observation(
                performer=[
                    {"reference": "urn:uuid:none"},
                    {"reference": "Practitioner/9"},
                    {"reference": "urn:uuid:1"},
                ],
                contained=[{"resourceType": "Device", "id": "d"}],
                device={"reference": "#d"},
                specimen={"reference": "#s"},
            )
        },
        {
            "resource": {
                "resourceType": "Bundle",
                "entry": [{"fullUrl": "urn:uuid:in", "resource": {"subject": {"reference": "urn:uuid:in"}}}],
            }
        },
        {
            "resource": {
                "resourceType": "Media",
                "contained": 1,
                "content": {"contentType": "image/png", "url": "http://h.example/1"},
            }
        },
    ]
    found = [issue for issue in standardise(entries, settings=ALL).issues if issue.code.startswith("reference")]
    assert [(issue.severity, issue.code, issue.path) for issue in found] == [
        ("error", "reference-dangling", "Bundle.entry[1].resource.performer[0]"),
        ("warning", "reference-outside", "Bundle.entry[1].resource.performer[1]"),
        ("error", "reference-dangling", "Bundle.entry[1].resource.specimen"),
    ]


def identified(value: str = "1", **elements: Any) -> Entry:
    return {"resource": {"resourceType": "Device", "identifier": [{"system": "urn:s", "value": value}]} | elements}


def test_copies_are_found_by_identifier_and_content() -> None:
    entries = [
        identified(id="a", meta={"versionId": "1", "lastUpdated": "2026-01-01T00:00:00Z"}),
        identified(id="b"),
        identified(status="active"),
        identified(status="active", meta={"versionId": "9"}),
        identified("2"),
        {"resource": {"resourceType": "Specimen", "identifier": [{"system": "urn:s", "value": "1"}]}},
        {"resource": {"resourceType": "Device"}},
        {"resource": {"resourceType": "Device"}},
        {"resource": {"resourceType": "Device", "identifier": [{"value": "1"}]}},
        {"resource": {"resourceType": "Bundle", "identifier": {"system": "urn:s", "value": "1"}}},
        {"resource": {"resourceType": "Bundle", "identifier": {"system": "urn:s", "value": "1"}}},
    ]
    found = find_copies(entries)
    assert found.duplicates == ((1, 0), (3, 2), (10, 9))
    assert found.versions == ((2, 0),)
    issues = standardise(entries, settings=ALL).issues
    assert [(issue.code, issue.path[:15]) for issue in issues if issue.severity != "error"][-4:] == [
        ("duplicate", "Bundle.entry[1]"),
        ("duplicate", "Bundle.entry[3]"),
        ("duplicate", "Bundle.entry[10"),
        ("identifier-twice", "Bundle.entry[2]"),
    ]


def test_what_differs_in_another_identifier_shares_one_of_a_group() -> None:
    def claim(number: str, group: str = "9") -> Entry:
        values = [{"system": "urn:claim", "value": number}, {"system": "urn:group", "value": group}]
        return {"resource": {"resourceType": "Claim", "identifier": values, "status": number}}

    assert find_copies([claim("1"), claim("2"), claim("3")]).versions == ()
    assert find_copies([claim("1"), {"resource": claim("1")["resource"] | {"status": "x"}}]).versions == ((1, 0),)


def test_the_digest_is_of_what_is_said() -> None:
    first = {"resourceType": "Device", "a": [1, {"b": Numeral("1.10"), "c": True}], "meta": {"tag": [{"code": "x"}]}}
    again = {"meta": {"versionId": "2", "tag": [{"code": "x"}]}, "a": [1, {"c": True, "b": Numeral("1.10")}], "id": "z"}
    assert content_digest(first) == content_digest(again | {"resourceType": "Device"})
    for other in (
        {"a": [1, {"b": Numeral("1.1"), "c": True}]},
        {"a": [{"b": Numeral("1.10"), "c": True}, 1]},
        {"meta": {}},
        {"meta": "x"},
    ):
        assert content_digest(first) != content_digest(first | other)


# All of it


def stripped(value: Any, like: Any) -> Any:
    """`value` without what `like` does not have: what was added."""
    if isinstance(value, dict) and isinstance(like, dict):
        return {name: stripped(item, like[name]) for name, item in value.items() if name in like}
    if isinstance(value, list) and isinstance(like, list):
        return [stripped(item, old) for item, old in zip(value, like, strict=False)]
    if isinstance(value, str) and isinstance(like, str) and value.startswith(like):
        return like
    return value


pieces = st.recursive(
    st.sampled_from(
        ["mmHg", "2026-01-05T08:00:00", "GLU", "urn:lab", "urn:oid:2.16.840.1.113883.6.1", UCUM, 1, None, True]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["unit", "value", "system", "code", "coding", "identifier", "issued", "valueQuantity", "start"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(st.sampled_from(["code", "identifier", "valueQuantity", "issued", "component"]), pieces))
def test_nothing_is_taken_away_and_twice_is_once(elements: dict[str, Any]) -> None:
    entries = [{"fullUrl": "urn:uuid:1", "resource": basic(**elements)}]
    once = standardise(entries, settings=ALL)
    assert stripped(once.entries[0]["resource"], basic(**elements)) == basic(**elements)
    twice = standardise(once.entries, settings=ALL)
    assert twice.entries == once.entries
    assert twice.added == 0
    assert (once.entries[0] is entries[0]) == (once.added == 0)


@pytest.mark.parametrize("path", SYNTHEA[::12], ids=lambda path: path.name[:12])
def test_a_generated_patient_needs_nothing_and_comes_back_exactly(path: Any) -> None:
    """Off, and on as well: the generator writes units, zones and systems as they should be."""
    entries = [entry for item in Fhir().items(path) for entry in Fhir().convert(item).entries]
    found = standardise(entries, settings=ALL)
    assert found.added == sum(issue.code == "system-canonical" for issue in found.issues)
    assert not [issue for issue in found.issues if issue.severity == "error"]
    whole = dumps({"resourceType": "Bundle", "type": "collection", "entry": list(found.entries)})
    assert dumps(reassemble(take_in(whole).documents)) == whole


def test_fhir_is_left_alone_unless_asked(tmp_path: Any) -> None:
    """With settings the additions are listed, and a time without a zone does not spoil its resource."""
    source = observation(issued="2026-01-05T08:00:00", valueQuantity={"value": 1, "unit": "bpm"})
    path = write(tmp_path, "o.json", source)
    (item,) = Fhir().items(path)
    converted = Fhir(settings=ALL).convert(item)
    assert [issue.code for issue in converted.issues] == ["zone-added", "unit-coded"]
    plain = write(tmp_path, "p.json", source | {"issued": "2026-01-05T08:00:00Z"})
    (item,) = Fhir().items(plain)
    (entry,) = Fhir().convert(item).entries
    assert dumps(entry["resource"]) == dumps(parse(plain.read_bytes(), limits=Limits()))
