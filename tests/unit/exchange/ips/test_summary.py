"""The International Patient Summary: structure as in HL7's examples, nothing said that no document says.

given the documents of a person
    each section should hold what belongs in it, newest first
    what is over, wrong or cancelled should be where it belongs or nowhere
given fewer documents
    a required section should say that there is no information, never that there is nothing
given the same documents, instant and identifier
    the same summary should come
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from medshare.consent.categories import Category
from medshare.exchange.assembly import Held, assemble
from medshare.exchange.ips import summary
from medshare.exchange.ips.narrative import as_div, line_of, value_of, words_of
from medshare.exchange.ips.sections import SECTIONS, codes_in, time_of
from medshare.intake import Numeral, take_in
from medshare.intake.json_text import dumps
from tests.unit.exchange.chart import chart
from tests.unit.intake.samples import SYNTHEA, counting

AT = "2026-11-01T12:00:00Z"
NAME = "urn:uuid:3f0c2e5a-7f1b-4c38-9a5e-5d8a1c9b2f10"
EXAMPLES = sorted((Path(__file__).resolve().parents[3] / "data" / "ips").glob("*.json"))
Entries = tuple[dict[str, Any], ...]


def entries(source: Path | bytes, *without: Category) -> Entries:
    documents = take_in(source, entropy=counting()).documents
    kept = [Held(media_type=one.media_type, content=one.text) for one in documents if one.category not in without]
    return assemble(kept).entries


def made(found: Entries) -> dict[str, Any]:
    return json.loads(dumps(summary(found, at=AT, identifier=NAME)))


def sections(bundle: dict[str, Any]) -> dict[str, dict[str, Any]]:
    composition = bundle["entry"][0]["resource"]
    return {one["code"]["coding"][0]["code"]: one for one in composition["section"]}


def inside(bundle: dict[str, Any], code: str) -> list[dict[str, Any]]:
    by_url = {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}
    return [by_url[one["reference"]] for one in sections(bundle)[code].get("entry", [])]


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["reference"]] if isinstance(value.get("reference"), str) else []
        return own + [found for item in value.values() for found in references(item)]
    return [found for item in value for found in references(item)] if isinstance(value, list) else []


@pytest.fixture(scope="module")
def full() -> dict[str, Any]:
    return made(entries(chart()))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_it_has_the_structure_of_the_official_examples(path: Path, full: dict[str, Any]) -> None:
    theirs = json.loads(path.read_text())
    assert full["type"] == theirs["type"]
    assert {"identifier", "timestamp", "entry"} <= full.keys()
    assert [entry["resource"]["resourceType"] for entry in full["entry"][:2]] == ["Composition", "Patient"]
    mine, yours = full["entry"][0]["resource"], theirs["entry"][0]["resource"]
    assert mine["type"]["coding"][0]["code"] == yours["type"]["coding"][0]["code"]
    known = {section.code: section.display for section in SECTIONS}
    for section in yours["section"]:
        coding = section["code"]["coding"][0]
        if coding["code"] in known:
            assert section["text"]["div"].startswith("<div")
    required = {section.code for section in SECTIONS if section.required}
    assert required <= {one["code"]["coding"][0]["code"] for one in yours["section"]}
    assert required <= sections(full).keys()


def test_our_official_example_is_summarised_again_with_the_same_problems() -> None:
    theirs = json.loads((EXAMPLES[0]).read_text())
    again = made(tuple(theirs["entry"][1:]))
    for code in ("11450-4", "48765-2", "10160-0"):
        assert len(inside(again, code)) <= len(inside(theirs, code)) or not inside(theirs, code)
    assert inside(again, "48765-2")


def test_each_section_holds_what_belongs_in_it(full: dict[str, Any]) -> None:
    held = {code: [line_of(one) for one in inside(full, code)] for code in sections(full)}
    assert held == {
        "11450-4": ["Essential hypertension, active"],
        "48765-2": ["Penicillin <script>alert(1)</script>, active"],
        "10160-0": ["lisinopril 10 MG Oral Tablet, active"],
        "11369-6": ["Influenza, 2025-10-01"],
        "30954-2": ["Glucose, 5 mmol/L, 2025-01-01"],
        "47519-4": ["Appendectomy"],
        "46264-8": ["Cardiac pacemaker, active"],
        "104605-1": ["Falls easily, active"],
        "11348-0": ["Sprained ankle, resolved"],
        "8716-3": ["Body weight, 70 kg, 2025-01-01"],
        "29762-2": ["Tobacco smoking status, Never smoked, 2025-01-01"],
    }


def test_it_is_whole_by_itself(full: dict[str, Any]) -> None:
    urls = [entry["fullUrl"] for entry in full["entry"]]
    assert len(urls) == len(set(urls))
    assert set(references(full)) <= set(urls)
    kinds = [entry["resource"]["resourceType"] for entry in full["entry"]]
    assert kinds.count("Composition") == kinds.count("Patient") == 1
    assert {"Medication", "Device", "Practitioner"} <= set(kinds)
    assert "Encounter" not in kinds


def test_an_empty_section_says_that_there_is_no_information_and_never_that_there_is_nothing() -> None:
    """[F-003]"""
    for bundle in (made(()), made(entries(chart(), Category.ALLERGIES, Category.PROBLEMS, Category.MEDICATIONS))):
        for code in ("11450-4", "48765-2", "10160-0"):
            section = sections(bundle)[code]
            assert section["emptyReason"]["coding"][0]["code"] == "unavailable"
            assert "No information available." in section["text"]["div"]
            assert "entry" not in section
        assert "nilknown" not in json.dumps(bundle)
    assert sections(made(())).keys() == {"11450-4", "48765-2", "10160-0"}


def test_only_what_is_in_the_granted_documents_is_in_it() -> None:
    """[F-003]"""
    whole, part = made(entries(chart())), made(entries(chart(), Category.LABORATORY, Category.DEMOGRAPHICS))
    assert "Glucose" in json.dumps(whole)
    assert "Glucose" not in json.dumps(part)
    assert "Ada" not in json.dumps(part)
    patient = part["entry"][1]["resource"]
    assert patient["name"][0]["extension"][0]["valueCode"] == "unknown"
    assert patient["_birthDate"]["extension"][0]["valueCode"] == "unknown"
    assert {one["subject"]["reference"] for one in inside(part, "8716-3")} == {part["entry"][1]["fullUrl"]}


def test_markup_in_the_words_of_a_source_is_text_in_the_narrative(full: dict[str, Any]) -> None:
    """[F-004]"""
    for section in sections(full).values():
        tree = ET.fromstring(section["text"]["div"])  # noqa: S314 (our own text)
        assert {element.tag.rpartition("}")[2] for element in tree.iter()} <= {"div", "ul", "li", "p"}
    assert "&lt;script&gt;" in sections(full)["48765-2"]["text"]["div"]


def test_the_same_documents_give_the_same_summary_and_another_identifier_another() -> None:
    found = entries(chart())
    first, again = (dumps(summary(found, at=AT, identifier=NAME)) for _ in range(2))
    other = dumps(summary(found, at=AT, identifier=NAME.replace("3f", "4f")))
    assert first == again
    assert first != other


def test_what_a_profile_requires_and_the_source_lacks_is_said_to_be_unknown(full: dict[str, Any]) -> None:
    procedure = inside(full, "47519-4")[0]
    assert procedure["_performedDateTime"]["extension"][0]["valueCode"] == "unknown"
    bare = (
        {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Condition", "subject": {"reference": "Patient/9"}}},
        {"fullUrl": "urn:uuid:2", "resource": {"resourceType": "MedicationRequest", "status": "active"}},
        {"fullUrl": "urn:uuid:3", "resource": {"resourceType": "Patient", "name": [{"use": "old"}]}},
    )
    made_of_bare = made(bare)
    assert inside(made_of_bare, "11450-4")[0]["code"]["coding"][0]["code"] == "unknown"
    assert inside(made_of_bare, "10160-0")[0]["medicationCodeableConcept"]["coding"][0]["code"] == "unknown"
    assert made_of_bare["entry"][1]["resource"]["name"][0]["text"] == "Unknown"


def test_a_link_that_leads_out_keeps_its_words_and_one_inside_the_resource_stays() -> None:
    resource = {
        "resourceType": "Condition",
        "contained": [{"resourceType": "Practitioner", "id": "p"}],
        "recorder": {"reference": "#p"},
        "asserter": {"reference": "Practitioner/elsewhere", "display": "Dr. Elsewhere"},
        "encounter": {"reference": "Encounter/elsewhere"},
        "evidence": [{"detail": [{"reference": "Observation/elsewhere"}]}],
    }
    shown = inside(made(({"fullUrl": "urn:uuid:1", "resource": resource},)), "11450-4")[0]
    assert shown["recorder"] == {"reference": "#p"}
    assert shown["asserter"] == {"display": "Dr. Elsewhere"}
    assert not {"encounter", "evidence"} & shown.keys()


def test_a_patient_of_synthea_is_summarised_with_unique_results() -> None:
    found = entries(min(SYNTHEA, key=lambda path: path.stat().st_size))
    bundle = made(found)
    codes = [tuple(codes_in(one["code"])) for one in inside(bundle, "8716-3")]
    assert codes
    assert len(codes) == len(set(codes))
    times = [time_of(one) for one in inside(bundle, "8716-3")]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(
    ("resource", "line"),
    [
        ({}, "No words"),
        ({"code": {"coding": [{"code": "7"}]}}, "7"),
        ({"code": {"coding": []}}, "No words"),
        ({"type": [{}, {"text": "Second"}]}, "Second"),
        ({"code": {"text": "A"}, "valueQuantity": {"value": Numeral("1.10"), "comparator": "<"}}, "A, <1.10"),
        ({"code": {"text": "A"}, "valueString": "high"}, "A, high"),
        ({"code": {"text": "A"}, "component": [{"code": {"text": "B"}, "valueString": "1"}, 7]}, "A, B 1"),
        ({"code": {"text": "A"}, "onsetPeriod": {"start": "2020-01-02T03:04:05Z"}}, "A, 2020-01-02"),
    ],
)
def test_a_line_says_what_is_there(resource: dict[str, Any], line: str) -> None:
    assert line_of(resource) == line


def test_words_and_values_of_what_is_no_concept_are_empty() -> None:
    assert (words_of("text"), value_of({"valueQuantity": {"unit": "kg"}}), as_div(())) == (
        "",
        "",
        '<div xmlns="http://www.w3.org/1999/xhtml"><p>No information available.</p></div>',
    )
