"""The table of rules says what is done: a message for each row, and the field is mapped."""

from __future__ import annotations

import re

import pytest

from medshare.conversion.hl7v2 import Hl7v2, vocabulary
from medshare.conversion.hl7v2.datatypes import ALTERNATE_CODES
from medshare.conversion.hl7v2.engine import BY_CODE, CONVERTERS, Rule, put, rules
from medshare.conversion.hl7v2.standard import NEWEST, field_types, is_standard
from tests.unit.conversion.hl7v2.messages import convert, item, only, segment, unmapped

SAMPLES = {
    **dict.fromkeys(("CE", "CWE", "CNE", "CF"), "A1^Text^L"),
    **dict.fromkeys(("DTM", "TS"), "20240101120000+0000"),
    **dict.fromkeys(("ST", "TX", "FT", "NM", "SI", "varies"), "12"),
    "CX": "12^^^North^MR",
    "XPN": "Doe^Jane",
    "XCN": "7^Doe^Jane",
    "XAD": "1 Rd^^City",
    "XTN": "555-1234",
    "XON": "Org^L",
    "HD": "North",
    "EI": "77^North",
    "EIP": "1&N^2&M",
    "PL": "W1^2^3",
    "DT": "20240101",
    "TM": "0830",
    "DLD": "X^20240101",
    "DLN": "L1^NC",
    "CQ": "5^mL",
    "TQ": "1^BID^^20240101^^R",
    "RPT": "BID",
    "DR": "20240101^20240102",
    "NDL": "7&Doe&Jane",
    "SPS": "BLD",
    "PT": "P",
    "ID": "Y",
    "IS": "A",
    "OG": "1",
    "FC": "P",
}
EXACTLY = {
    "MSH-9": "ORU^R01",
    "MSH-12": NEWEST,
    "MSH-18": "ASCII",
    "MSH-19": "en",
    "MSH-20": "2.3",
    "PID-8": "F",
    "PID-21": "3^^^N",
    "NK1-15": "F",
    "GT1-9": "F",
    "IN1-43": "F",
    "ORC-5": "CM",
    "ORC-28": "R",
    "OBR-5": "R",
    "OBR-11": "G",
    "OBR-25": "F",
    "OBX-11": "F",
    "TQ1-9": "R",
    "RXA-20": "CP",
    "TXA-17": "LA",
    "TXA-18": "R",
    "TXA-19": "AV",
    "OBR-6": "20240101",
    "OBR-27": "1^BID^^20240101^^R",
    "OBR-36": "20240101",
}
"""Fields whose code a map has to know, or whose type the dictionary of the newest version no longer tells."""
BESIDE = {
    "IN1-18": {16: "Doe^Jo"},
    "IN1-43": {16: "Doe^Jo"},
    "DG1-2": {3: "R05"},
    "DG1-15": {3: "R05"},
    "ROL-11": {4: "7^Doe"},
    "PRT-14": {5: "7^Doe"},
    "ORC-24": {12: "7^Doe"},
    **{f"NTE-{number}": {3: "x"} for number in (4, 5, 6)},
    "RXA-7": {6: "1"},
    "RXO-4": {2: "1"},
    "RXO-12": {11: "1"},
    "RXO-19": {18: "1"},
    "RXE-5": {3: "1"},
    "RXE-11": {10: "1"},
    "RXE-26": {25: "1"},
}
"""Fields that say something only together with another."""
ALWAYS = {"RXA": {3: "20240101"}, "OBX": {2: "NM"}}
BEFORE = {
    "PV2[Encounter]": ["PV1|1|I"],
    "DG1[Encounter]": ["PV1|1|I"],
    "SPM[Specimen]": ["OBR|1"],
    "TQ1[ServiceRequest]": ["ORC|NW", "OBR|1"],
    "TQ1[MedicationRequest]": ["ORC|NW", "RXO|x"],
    "RXR[Immunization]": ["RXA|0|1|20240101"],
    "RXR[MedicationRequest]": ["RXO|x"],
    "OBX[DocumentReference]": ["TXA|1"],
    "NTE[Annotation]": ["OBX|1|ST|x"],
    "RXO[MedicationRequest]": ["ORC|NW"],
}
AFTER = {"ORC[MedicationRequest]": ["RXO|x"], "ORC[Immunization]": ["RXA|0|1|20240101"]}
TYPES = {"TXA": "MDM^T02", "RXA": "VXU^V04", "PV1": "ADT^A01", "OBX[DocumentReference]": "MDM^T02"}
ROWS = [rule for rows in rules().values() for rule in rows]


def sample(rule: Rule, name: str) -> str:
    if exact := EXACTLY.get(f"{name}-{rule.field}"):
        return exact
    types = [field_types(name, version) for version in (NEWEST, "2.5.1", "2.3")]
    kinds = [found[rule.field - 1] for found in types if rule.field <= len(found)]
    return next((SAMPLES[kind] for kind in kinds if kind in SAMPLES), "A1^Text^L")


@pytest.mark.parametrize("rule", ROWS, ids=lambda rule: f"{rule.map}-{rule.field}-{rule.type}")
def test_each_row_of_the_table_is_carried_out(rule: Rule):
    name = rule.map[:3]
    field, value = f"{name}-{rule.field}", sample(rule, name)
    kind = TYPES.get(rule.map) or TYPES.get(name) or "ORU^R01"
    header = {2: "^~\\&", 3: "A", 4: "N", 9: kind, 10: "1", 11: "P", 12: NEWEST}
    patient = {3: "1"}
    fields = ALWAYS.get(name, {}) | BESIDE.get(field, {}) | {rule.field: value}
    if name == "MSH" and rule.field != 9:
        header[rule.field] = value
    if name == "PID":
        patient[rule.field] = value
    lines = [segment("MSH", header)]
    lines += [segment(name, fields)] if name in {"SFT", "EVN"} else []
    lines.append(segment("PID", patient))
    if name not in {"MSH", "PID", "SFT", "EVN"}:
        lines += [*BEFORE.get(rule.map, []), segment(name, fields), *AFTER.get(rule.map, [])]
    converted = Hl7v2().convert(item("\r".join([*lines, "ZZZ|1"]).encode()))
    paths = [path for path in unmapped(converted) if re.fullmatch(rf"{name}\[\d+\]-{rule.field}\[1\]", path)]
    assert paths == []


def test_a_field_that_has_no_row_is_not_mapped_and_told_by_its_path():
    visit = segment("PV1", {2: "I", 41: "secret", 21: "x"})
    converted = convert(visit, patient=segment("PID", {3: "1", 32: "USA~AL"}))
    assert unmapped(converted) == ["PID[1]-32[1]", "PID[1]-32[2]", "PV1[1]-21[1]", "PV1[1]-41[1]"]
    assert not any("secret" in str(issue) for issue in converted.issues)
    assert converted.coverage.elements == converted.coverage.mapped + 4


def test_the_rows_name_maps_data_types_and_concept_maps_that_there_are():
    maps = {row["map"] for row in vocabulary.rows("codes.tsv")}
    for rule in ROWS:
        assert rule.type == BY_CODE or rule.type in CONVERTERS
        assert not rule.concepts or rule.concepts in maps | {"home", "work"}
        assert is_standard(rule.map[:3], NEWEST)


def test_no_row_and_no_code_stands_there_twice():
    rows = [(row["map"], row["field"], row["element"], row["type"]) for row in vocabulary.rows("rules.tsv")]
    assert len(rows) == len(set(rows))
    codes = [(row["map"], row["code"].upper()) for row in vocabulary.rows("codes.tsv")]
    assert len(codes) == len(set(codes))
    names = [row["name"].upper() for row in vocabulary.rows("systems.tsv")]
    assert len(names) == len(set(names))


def test_a_sex_that_no_map_knows_stays_beside_the_element():
    patient = only(convert(patient="PID|1||1||Lin||19800101|X^Other^L"), "Patient")
    assert patient["gender"] == "unknown"
    (extension,) = patient["_gender"]["extension"]
    assert extension["url"] == ALTERNATE_CODES
    assert extension["valueCodeableConcept"]["coding"] == [
        {"system": "urn:id:North:L", "code": "X", "display": "Other"}
    ]


def test_an_element_of_one_value_keeps_the_first_and_says_so():
    target: dict[str, object] = {}
    assert put(target, "a.b[].c", 1, {"d": 2})
    assert put(target, "a.b[].c", 3)
    assert put(target, "a.b[0].e", 4)
    assert put(target, "x", 1)
    assert put(target, "x", 1)
    assert not put(target, "x", 2)
    assert put(target, "l[]", {"v": 1}, {"w": 2})
    assert put(target, "l[]", {"v": 1}, {"w": 2})
    assert target == {"a": {"b": [{"d": 2, "c": 1, "e": 4}, {"c": 3}]}, "x": 1, "l": [{"w": 2, "v": 1}]}


@pytest.mark.parametrize(
    ("name", "oid", "url"),
    [
        ("LN", "", "http://loinc.org"),
        ("sct", "", "http://snomed.info/sct"),
        ("HL70487", "", "http://terminology.hl7.org/CodeSystem/v2-0487"),
        ("HL70292", "", "http://hl7.org/fhir/sid/cvx"),
        ("L", "", "urn:id:North:L"),
        ("99LAB X", "", "urn:id:North:99LAB%20X"),
        ("L", "1.2.3.4", "urn:oid:1.2.3.4"),
        ("2.16.840.1.113883.6.1", "", "urn:oid:2.16.840.1.113883.6.1"),
        ("", "", ""),
    ],
)
def test_a_coding_system_has_its_canonical_url_and_a_local_one_never_a_standard_s(name: str, oid: str, url: str):
    assert vocabulary.system_url(name, oid=oid, authority="North") == url
    assert vocabulary.system_url("L") == "urn:id:L"


@pytest.mark.parametrize(
    ("parts", "uri"),
    [
        (("North", "1.2.3", "ISO"), "urn:oid:1.2.3"),
        (("North", "", ""), "urn:id:North"),
        (("", "0A1B2C3D-0000-1111-2222-333344445555", "UUID"), "urn:uuid:0a1b2c3d-0000-1111-2222-333344445555"),
        (("North", "https://north.example.org/mrn", "URI"), "https://north.example.org/mrn"),
        (("North", "north.example.org", "DNS"), "urn:id:north.example.org"),
        (("", "1.02.3", "ISO"), "urn:id:1.02.3"),
        (("", "weird", ""), "urn:id:weird"),
        (("", "", ""), ""),
    ],
)
def test_an_assigning_authority_is_an_oid_a_uuid_a_url_or_a_local_urn(parts: tuple[str, str, str], uri: str):
    assert vocabulary.authority_uri(*parts) == uri
