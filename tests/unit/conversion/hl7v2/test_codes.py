"""Whose a code is: of HL7's table, of a standard that the sender names, or of the sender."""

from __future__ import annotations

from typing import Any

import pytest

from medshare.consent.categories import Category
from medshare.conversion.hl7v2.vocabulary import V2, system_url, unnamed_system_url
from medshare.conversion.language_tags import known_tag, named_tag
from medshare.intake import take_in
from medshare.intake.json_text import dumps
from tests.unit.conversion.hl7v2.messages import convert, only, resources, segment, unmapped

OWN = "urn:id:North"
HEADER = "MSH|^~\\&|HIS|North|EHR|MedShare|20240105093000+0800||ORU^R01|M1|P|2.5.1"


def patient_with(fields: dict[int, str]) -> dict[str, Any]:
    return only(convert(patient=segment("PID", {3: "1"} | fields), header=HEADER), "Patient")


def visit_with(fields: dict[int, str]) -> dict[str, Any]:
    return only(convert(segment("PV1", {2: "I"} | fields), header=HEADER), "Encounter")


def test_a_code_of_the_table_of_its_field_is_of_that_table_whether_the_sender_names_it_or_not():
    for written in ("7", "7^^HL70023"):
        (coding,) = visit_with({14: written})["hospitalization"]["admitSource"]["coding"]
        assert coding == {"system": V2 + "0023", "code": "7"}


def test_a_code_that_the_table_does_not_have_is_the_senders_and_not_said_to_be_of_the_table():
    for written in ("WALK", "WALK^^HL70023"):
        (coding,) = visit_with({14: written})["hospitalization"]["admitSource"]["coding"]
        assert (coding["system"], coding["code"]) == (f"{OWN}:HL70023", "WALK")


def test_a_code_of_a_field_without_a_table_is_the_senders_of_that_field():
    code = only(convert("OBX|1|ST|GLU^Glucose||5", header=HEADER), "Observation")["code"]
    assert code == {"coding": [{"system": f"{OWN}:OBX-3", "code": "GLU", "display": "Glucose"}], "text": "Glucose"}


def test_a_system_that_the_sender_names_stays():
    code = only(convert("OBX|1|ST|2345-7^Glucose^LN^G^Gluc^99LAB||5", header=HEADER), "Observation")["code"]
    assert [one["system"] for one in code["coding"]] == ["http://loinc.org", f"{OWN}:99LAB"]


def test_an_object_identifier_stands_for_the_name_of_a_system():
    assert system_url("", oid="1.2.3", authority="North") == "urn:oid:1.2.3"
    value = "G^Gluc^^^^^^^^^^^^1.2.3"
    assert only(convert(f"OBX|1|ST|{value}||5", header=HEADER), "Observation")["code"]["coding"][0]["system"] == (
        "urn:oid:1.2.3"
    )


@pytest.mark.parametrize(("code", "system"), [("MR", V2 + "0203"), ("mr", f"{OWN}:HL70203"), ("", f"{OWN}:HL70203")])
def test_the_codes_of_a_table_are_written_as_hl7_writes_them(code: str, system: str):
    assert unnamed_system_url("HL70203", code, authority="North") == system


def test_a_table_that_fhir_r4_does_not_have_is_believed_where_the_sender_names_it_and_not_where_nobody_does():
    assert system_url("HL70999", code="A", authority="North") == V2 + "0999"
    assert unnamed_system_url("HL70999", "A", authority="North") == f"{OWN}:HL70999"


def test_a_kind_of_number_that_hl7_does_not_have_stays_with_its_word():
    known, own = patient_with({3: "1^^^N^MR~2^^^N^PK"})["identifier"]
    assert known["type"] == {"coding": [{"system": V2 + "0203", "code": "MR"}]}
    assert own["type"] == {"coding": [{"system": f"{OWN}:HL70203", "code": "PK", "display": "PK"}]}


@pytest.mark.parametrize(
    ("fields", "path", "table"),
    [
        ({11: "1 Rd^^City^^^^HOME"}, ("address", "extension"), "HL70190"),
        ({13: "555^HOME"}, ("telecom", "extension"), "HL70201"),
    ],
)
def test_a_use_that_hl7_does_not_have_stays_beside_what_it_is_of(
    fields: dict[int, str], path: tuple[str, str], table: str
):
    (holder,) = patient_with(fields)[path[0]]
    said = [one["valueCodeableConcept"] for one in holder[path[1]] if "valueCodeableConcept" in one]
    assert said == [{"coding": [{"system": f"{OWN}:{table}", "code": "HOME", "display": "HOME"}]}]


def test_a_section_of_the_laboratory_is_of_the_table_or_the_senders():
    for code, system in (("CH", V2 + "0074"), ("B7", f"{OWN}:HL70074")):
        report = only(convert(segment("OBR", {4: "x", 24: code, 25: "F"}), header=HEADER), "DiagnosticReport")
        assert report["category"][0]["coding"][0]["system"] == system


def test_a_class_of_visit_of_the_senders_own_has_words():
    assert visit_with({2: "OP"})["class"] == {"system": f"{OWN}:HL70004", "code": "OP", "display": "OP"}


def test_the_method_of_a_diagnosis_names_its_system_and_not_that_of_one_that_has_its_own():
    bare, named = resources(
        convert("DG1|1|I10|R05", "DG1|2|I10|25064002^Headache^SCT", header=HEADER),
        "Condition",
    )
    assert bare["code"]["coding"][0]["system"] == "http://hl7.org/fhir/sid/icd-10"
    assert named["code"]["coding"][0]["system"] == "http://snomed.info/sct"


def test_an_order_of_which_nothing_is_said_has_no_activity():
    (_, untold) = resources(convert("ORC||||||||||1^Wu", header=HEADER), "Provenance")
    assert "activity" not in untold
    (_, told) = resources(convert("ORC|XYZ|||||||||1^Wu", header=HEADER), "Provenance")
    assert told["activity"]["coding"] == [{"system": f"{OWN}:HL70119", "code": "XYZ", "display": "XYZ"}]


# What a code tells


@pytest.mark.parametrize("written", ["5221-7", "5221-7^^LN", "5221-7^^HL70487"])
def test_a_code_whose_system_the_sender_forgot_is_labelled_as_the_standards_code_that_it_may_be(written: str):
    """The system that we give it is no reason to be laxer."""
    converted = convert(f"OBX|1|ST|{written}||negative", header=HEADER)
    told = {one.category for one in categories(converted, "Observation")}
    assert told == {Category.HIV}


def test_a_code_of_a_laboratory_that_names_its_own_system_is_not_taken_for_another():
    converted = convert("OBX|1|ST|5221-7^Glucose^99LAB||negative", header=HEADER)
    assert Category.HIV not in {one.category for one in categories(converted, "Observation")}


def categories(converted: Any, kind: str) -> list[Any]:
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": list(converted.entries)}
    documents = take_in(dumps(bundle)).documents
    return [one for one in documents if f'"resourceType":"{kind}"'.encode() in one.text]


# Languages


@pytest.mark.parametrize(
    ("code", "tag"),
    [("en", "en"), ("EN", "en"), ("eng", "en"), ("de-CH", "de-CH"), ("zh-Hant", "zh-Hant")]
    + [(word, None) for word in ("", "ENGLISH", "1201", "yue", "xx", "e", "en_US")],
)
def test_a_language_is_a_tag_only_where_it_is_a_language(code: str, tag: str | None):
    assert known_tag(code) == tag


def test_a_language_that_is_said_to_be_of_iso_639_needs_no_list():
    assert (named_tag("yue"), named_tag("ger"), named_tag("Cantonese")) == ("yue", "de", None)


@pytest.mark.parametrize(
    ("written", "codes", "text"),
    [
        ("eng^English^HL70296", ["en"], "English"),
        ("yue^Cantonese^ISO639", ["yue"], "Cantonese"),
        ("1201^Deutsch^99L^de^German^ISO639", ["de"], "Deutsch"),
        ("ENGLISH", [], "ENGLISH"),
    ],
)
def test_fhir_takes_tags_for_languages_and_the_senders_code_stands_beside_them(
    written: str, codes: list[str], text: str
):
    (said,) = patient_with({15: written})["communication"]
    language = said["language"]
    assert [one["code"] for one in language.get("coding", [])] == codes
    assert language["text"] == text
    beside = [one["valueCodeableConcept"]["coding"][0]["code"] for one in language.get("extension", [])]
    assert beside == [code for code in ("1201", "ENGLISH") if written.startswith(code)]


def test_a_message_in_a_language_of_no_tag_says_so():
    converted = convert(header=HEADER + "||||||ASCII|klingon")
    assert "language" not in only(converted, "MessageHeader")
    assert "MSH[1]-19[1]" in unmapped(converted)
