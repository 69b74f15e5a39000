"""What each attribute becomes, and what is said where it is not as the standard wants it."""

from __future__ import annotations

import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medshare.conversion import Identifier
from medshare.conversion.dicom import Dicom, merge
from medshare.conversion.dicom.errors import AttributeBrokenError
from medshare.conversion.dicom.people import display_name, human_names
from tests.unit.conversion.dicom.samples import BASE, convert, data_set, element, even, item, made, part10

STUDY_DATE, STUDY_TIME = (0x0008, 0x0020, b"DA"), (0x0008, 0x0030, b"TM")
OFFSET = (0x0008, 0x0201, b"SH")
PATIENT_ID, ISSUER = (0x0010, 0x0020, b"LO"), (0x0010, 0x0021, b"LO")
DAY = {STUDY_DATE: "20230501", STUDY_TIME: "101530.120"}


def study(one) -> dict:
    return one.entries[1]["resource"]


def patient(one) -> dict:
    return one.entries[0]["resource"]


def warnings(one) -> list[tuple[str, str]]:
    return [(issue.path, issue.code) for issue in one.issues if issue.severity == "warning"]


def test_every_instance_says_that_nothing_is_de_identified():
    first = made().issues[0]
    assert (first.severity, first.code) == ("information", "not-de-identified")


@pytest.mark.parametrize(
    ("changes", "form", "started", "said"),
    [
        (DAY | {OFFSET: "+0800"}, Dicom(), "2023-05-01T10:15:30.120+08:00", []),
        (DAY | {OFFSET: "-0330"}, None, "2023-05-01T10:15:30.120-03:30", []),
        (DAY, None, "2023-05-01T10:15:30.120+02:00", []),
        (DAY, Dicom(), "2023-05-01", [("StudyTime", "zone-missing")]),
        (DAY | {OFFSET: "8"}, Dicom(), "2023-05-01", [("StudyTime", "zone-missing")]),
        (DAY | {STUDY_TIME: "10"}, None, "2023-05-01T10:00:00+02:00", []),
        (DAY | {STUDY_TIME: "10:15:30"}, None, "2023-05-01T10:15:30+02:00", []),
        (DAY | {STUDY_TIME: "2460"}, None, "2023-05-01", [("StudyTime", "attribute-not-mapped")]),
        (DAY | {STUDY_TIME: "noon"}, None, "2023-05-01", [("StudyTime", "attribute-not-mapped")]),
        (
            DAY | {STUDY_DATE: "20230326", STUDY_TIME: "0230"},
            None,
            "2023-03-26",
            [("StudyTime", "attribute-not-mapped")],
        ),
        ({STUDY_DATE: "20230230"}, None, None, [("StudyDate", "attribute-not-mapped")]),
        ({STUDY_DATE: "yesterday"}, None, None, [("StudyDate", "attribute-not-mapped")]),
        ({STUDY_DATE: "00010101", STUDY_TIME: "0000"}, None, "0001-01-01", [("StudyTime", "attribute-not-mapped")]),
        ({STUDY_DATE: "1997.04.24"}, None, "1997-04-24", []),
        ({STUDY_TIME: "1000"}, None, None, [("StudyTime", "attribute-not-mapped")]),
    ],
)
def test_a_study_starts_when_it_says_in_the_zone_that_is_known(changes, form, started, said):
    one = made(changes, form)
    assert study(one).get("started") == started
    assert warnings(one) == said
    assert one.coverage.elements - one.coverage.mapped == len(said)


def test_an_accession_number_and_uids_are_identifiers():
    identifiers = study(made({(0x0008, 0x0050, b"SH"): "A77"}))["identifier"]
    assert identifiers[0] == {"system": "urn:dicom:uid", "value": "urn:oid:1.2.3"}
    assert identifiers[1]["type"]["coding"][0]["code"] == "ACSN"
    assert identifiers[1]["value"] == "A77"


@pytest.mark.parametrize(
    ("issuer", "systems", "system"),
    [
        (None, {}, ""),
        (None, {"": "https://h.example/mrn"}, "https://h.example/mrn"),
        ("1.2.840.99", {}, "urn:oid:1.2.840.99"),
        ("HOSPITAL", {}, ""),
        ("HOSPITAL", {"HOSPITAL": "https://h.example/mrn"}, "https://h.example/mrn"),
        ("OTHER", {"HOSPITAL": "https://h.example/mrn"}, ""),
    ],
)
def test_a_patient_is_named_within_the_issuer(issuer, systems, system):
    one = made({ISSUER: issuer}, Dicom(systems=systems))
    (identifier,) = patient(one)["identifier"]
    assert one.patient == (Identifier(system, "P1"),)
    assert identifier.get("system", "") == system
    assert identifier.get("assigner") == ({"display": issuer} if issuer else None)


def test_the_same_number_of_two_issuers_is_two_patients_and_two_studies():
    first, second = made({ISSUER: "A"}), made({ISSUER: "B"})
    assert first.entries[0]["fullUrl"] != second.entries[0]["fullUrl"]
    assert len(merge([*first.entries, *second.entries])) == 4


def test_without_a_number_the_patient_is_known_within_the_study_only():
    one = made({PATIENT_ID: None})
    assert one.patient == ()
    assert "identifier" not in patient(one)
    assert one.entries[0]["fullUrl"] == made({PATIENT_ID: None, (8, 0x18, b"UI"): "1.2.9"}).entries[0]["fullUrl"]


@pytest.mark.parametrize(
    ("sex", "gender", "said"),
    [("F", "female", True), ("M", "male", True), ("O", "other", True), ("X", None, False)],
)
def test_sex_and_birth_date_are_said_when_they_are_what_the_standard_has(sex, gender, said):
    one = made({(0x0010, 0x0040, b"CS"): sex, (0x0010, 0x0030, b"DA"): "19530828"})
    assert patient(one).get("gender") == gender
    assert patient(one)["birthDate"] == "1953-08-28"
    assert warnings(one) == ([] if said else [("PatientSex", "attribute-not-mapped")])


def test_a_name_has_its_five_parts_and_three_groups():
    (name,) = human_names("Adams^John Robert^Quincy^Rev.^B.A. M.Div.")
    assert name == {
        "text": "Rev. John Robert Quincy Adams B.A. M.Div.",
        "family": "Adams",
        "given": ["John Robert", "Quincy"],
        "prefix": ["Rev."],
        "suffix": ["B.A. M.Div."],
    }
    assert [one["extension"][0]["valueCode"] for one in human_names("=王^小東")] == ["IDE"]
    assert display_name("=王^小東") == "王 小東"
    assert display_name("^^") == ""


def test_a_series_says_where_on_which_side_by_whom_and_with_what():
    region = element(0x0008, 0x0100, b"SH", b"51185008") + element(0x0008, 0x0102, b"SH", b"SCT ")
    region += element(0x0008, 0x0104, b"LO", even("Chest"))
    values = {
        (0x0008, 0x0021, b"DA"): "20230502",
        (0x0008, 0x0070, b"LO"): "not indexed",
        (0x0008, 0x0090, b"PN"): "House^Gregory",
        (0x0008, 0x1030, b"LO"): "Thorax\\pa",
        (0x0008, 0x103E, b"LO"): "Series one",
        (0x0008, 0x1050, b"PN"): "Cuddy^Lisa\\Wilson^James",
        (0x0008, 0x1070, b"PN"): "Op^Era",
        (0x0018, 0x0015, b"CS"): "CHEST",
        (0x0020, 0x0011, b"IS"): "7",
        (0x0020, 0x0013, b"IS"): "-1",
        (0x0020, 0x0060, b"CS"): "L",
    }
    whole = data_set(values)
    at = whole.index(b"\x10\x00\x10\x00PN")
    one = convert(part10(whole[:at] + element(0x0008, 0x2218, b"SQ", item(region)) + whole[at:]))
    (series,) = study(one)["series"]
    assert series["bodySite"] == {"system": "http://snomed.info/sct", "code": "51185008", "display": "Chest"}
    assert series["laterality"]["code"] == "7771000"
    assert [performer["actor"]["display"] for performer in series["performer"]] == [
        "Lisa Cuddy",
        "James Wilson",
        "Era Op",
    ]
    assert (series["number"], series["description"], series["started"]) == (7, "Series one", "2023-05-02")
    assert study(one)["referrer"] == {"display": "Gregory House"}
    assert study(one)["description"] == "Thorax; pa"
    assert "number" not in series["instance"][0]
    assert warnings(one) == [("InstanceNumber", "attribute-not-mapped")]


@pytest.mark.parametrize(
    ("scheme", "system"),
    [
        ("DCM ", "http://dicom.nema.org/resources/ontology/DCM"),
        ("LN", "http://loinc.org"),
        ("99LOCAL ", None),
        ("1.2.3 ", "urn:oid:1.2.3"),
    ],
)
def test_a_coding_scheme_becomes_its_system_where_it_has_one(scheme: str, system: str | None):
    code = element(0x0008, 0x0100, b"SH", b"36643-5 ") + element(0x0008, 0x0102, b"SH", scheme.encode())
    whole = data_set()
    at = whole.index(b"\x10\x00\x10\x00PN")
    one = convert(part10(whole[:at] + element(0x0008, 0x1032, b"SQ", item(code)) + whole[at:]))
    coding = study(one)["procedureCode"][0]["coding"][0]
    assert (coding.get("system"), coding["code"]) == (system, "36643-5")


def test_an_instance_without_a_modality_is_other_with_a_warning():
    one = made({(0x0008, 0x0060, b"CS"): None})
    assert study(one)["modality"][0]["code"] == "OT"
    assert warnings(one) == [("Modality", "modality-missing")]


def test_an_attribute_that_cannot_be_read_as_text_is_left_out_with_a_warning():
    one = made(
        {(0x0008, 0x0005, b"CS"): "ISO_IR 192", (0x0008, 0x1030, b"LO"): "\xff\xfe", (0x0008, 0x103E, b"LO"): "a\x1bb"}
    )
    assert "description" not in study(one)
    assert warnings(one) == [("StudyDescription", "attribute-broken"), ("SeriesDescription", "attribute-broken")]


def test_an_unknown_character_set_is_no_crash():
    one = made({(0x0008, 0x0005, b"CS"): "ISO_IR 999", (0x0008, 0x1030, b"LO"): "plain"})
    assert study(one)["description"] == "plain"


def instances(draw: random.Random) -> list:
    found = []
    for _ in range(draw.randint(1, 8)):
        found += made(
            {
                (0x0008, 0x0018, b"UI"): f"1.2.3.4.{draw.randint(1, 4)}",
                (0x0008, 0x0060, b"CS"): draw.choice(["CT", "MR"]),
                (0x0008, 0x1030, b"LO"): draw.choice([None, "a", "b"]),
                (0x0010, 0x0010, b"PN"): draw.choice(["Doe^Jane", "Doe^J"]),
                (0x0020, 0x000D, b"UI"): f"1.2.{draw.randint(1, 2)}",
                (0x0020, 0x000E, b"UI"): f"1.2.3.{draw.randint(1, 3)}",
                (0x0020, 0x0011, b"IS"): draw.choice([None, "1", "2"]),
                (0x0020, 0x0013, b"IS"): draw.choice([None, "1", "2"]),
                STUDY_DATE: draw.choice([None, "20230501", "20230502"]),
            }
        ).entries
    return found


@settings(max_examples=30)
@given(st.randoms(use_true_random=False))
def test_merging_does_not_depend_on_the_order_and_merging_again_changes_nothing(draw: random.Random):
    entries = instances(draw)
    merged = merge(entries)
    shuffled = list(entries)
    draw.shuffle(shuffled)
    by_url = {entry["fullUrl"]: entry for entry in merged}
    assert {entry["fullUrl"]: entry for entry in merge(shuffled)} == by_url
    assert merge(merged) == merged
    half = len(entries) // 2
    assert {
        entry["fullUrl"]: entry for entry in merge([*merge(entries[:half]), *entries[half:]])
    }.keys() == by_url.keys()


def test_merging_counts_series_and_instances_and_leaves_other_resources_as_they_are():
    first, second = made({(8, 0x18, b"UI"): "1.2.3.4.2"}), made({(8, 0x18, b"UI"): "1.2.3.4.1"})
    other = {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Binary"}}
    merged = merge([*first.entries, other, *second.entries, other])
    assert [entry["resource"]["resourceType"] for entry in merged] == ["Patient", "ImagingStudy", "Binary"]
    (series,) = merged[1]["resource"]["series"]
    assert [instance["uid"] for instance in series["instance"]] == ["1.2.3.4.1", "1.2.3.4.2"]
    assert (merged[1]["resource"]["numberOfSeries"], merged[1]["resource"]["numberOfInstances"]) == (1, 2)


def test_the_format_is_called_dicom():
    assert Dicom().name == "dicom"


def with_bytes(*elements: bytes) -> bytes:
    """A file in which elements take the place of those with the same tag, or are added, in order."""
    kept = {one[:4]: one for one in (element(*tag, even(text)) for tag, text in BASE.items())}
    kept |= {one[:4]: one for one in elements}
    order = sorted(kept, key=lambda tag: struct.unpack("<HH", tag))
    return part10(b"".join(kept[tag] for tag in order))


@pytest.mark.parametrize(
    ("broken", "word"),
    [
        (element(0x0010, 0x0010, b"US", b"abc"), "PatientName"),
        (element(0x0008, 0x1030, b"FD", b"abc"), "StudyDescription"),
        (element(0x0008, 0x2218, b"LO", b"no sequence "), "AnatomicRegionSequence"),
        (element(0x0008, 0x1032, b"SQ", item(element(0x0008, 0x0104, b"LO", b"a\x01"))), "ProcedureCodeSequence"),
    ],
)
def test_an_attribute_of_another_kind_than_it_must_be_is_left_out_with_a_warning(broken: bytes, word: str):
    one = convert(with_bytes(broken))
    assert warnings(one) == [(word, "attribute-broken")]


def test_an_offset_of_another_kind_is_none():
    one = convert(with_bytes(element(0x0008, 0x0201, b"US", b"abc"), element(0x0008, 0x0020, b"DA", b"20230501")))
    assert study(one)["started"] == "2023-05-01"


def test_a_character_set_that_is_no_text_is_one_clear_error():
    with pytest.raises(AttributeBrokenError, match="SpecificCharacterSet"):
        convert(with_bytes(element(0x0008, 0x0005, b"US", b"abc")))


def test_a_code_without_code_and_meaning_is_none():
    empty = item(element(0x0008, 0x0102, b"SH", b"DCM "))
    assert "procedureCode" not in study(convert(with_bytes(element(0x0008, 0x1032, b"SQ", empty))))
