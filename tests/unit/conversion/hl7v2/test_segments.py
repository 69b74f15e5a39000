"""Segment maps of the guide: what the table cannot say, conditions and who belongs to whom."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from medshare.conversion.hl7v2 import Hl7v2
from medshare.conversion.item import Converted
from tests.unit.conversion.hl7v2.messages import (
    HANDMADE,
    codes,
    convert,
    item,
    only,
    resources,
    segment,
    unmapped,
)


def sample(name: str) -> Converted:
    return Hl7v2().convert(item((HANDMADE / f"{name}.hl7").read_bytes()))


def entry(converted: Converted, reference: dict[str, Any]) -> dict[str, Any]:
    """Return the resource that a reference leads to."""
    return next(one["resource"] for one in converted.entries if one["fullUrl"] == reference["reference"])


# MSH, EVN, SFT


def test_the_header_says_who_sent_what_to_whom_and_when():
    converted = convert(
        header="MSH|^~\\&|HIS^1.2.3^ISO|North|EHR|South|20240105093000+0800|x|ADT^A08^ADT_A01|M9|P^T|2.5.1|||||TWN||en"
    )
    header = only(converted, "MessageHeader")
    assert header["eventCoding"]["display"] == "ADT^A08^ADT_A01"
    assert header["source"] == {"name": "HIS", "endpoint": "urn:oid:1.2.3"}
    assert header["destination"][0]["endpoint"] == "urn:id:EHR"
    assert entry(converted, header["sender"])["address"] == [{"country": "TWN"}]
    assert [tag["code"] for tag in header["meta"]["tag"]] == ["P", "T", "2.5.1"]
    assert header["language"] == "en"
    provenance = only(converted, "Provenance")
    assert provenance["recorded"] == "2024-01-05T09:30:00+08:00"
    assert provenance["entity"][0]["what"]["identifier"]["value"] == "M9"
    assert entry(converted, provenance["target"][0])["resourceType"] == "Patient"
    assert unmapped(converted) == ["MSH[1]-8[1]"]


def test_a_header_without_senders_still_has_what_fhir_asks_for():
    converted = convert(header="MSH|^~\\&|||||20240105||ADT^A08|M9|P|2.5.1||||||||not a language")
    header = only(converted, "MessageHeader")
    assert header["source"]["_endpoint"]["extension"][0]["valueCode"] == "unknown"
    assert "sender" not in header
    assert "destination" not in header
    provenance = only(converted, "Provenance")
    assert provenance["occurredDateTime"] == "2024-01-05"
    assert "recorded" not in provenance


def test_addresses_on_the_network_and_responsible_organizations_count_before_names():
    header = segment(
        "MSH",
        {
            2: "^~\\&",
            3: "HIS",
            4: "N",
            5: "EHR",
            6: "South",
            9: "ADT^A08",
            22: "Trust^L",
            23: "South^L",
            24: "^https://his.example.org^URI",
            25: "^https://ehr.example.org^URI",
        },
    )
    converted = convert(header=header)
    found = only(converted, "MessageHeader")
    assert found["source"]["endpoint"] == "https://his.example.org"
    assert found["destination"][0]["endpoint"] == "https://ehr.example.org"
    assert found["responsible"]["display"] == "Trust"
    assert unmapped(converted) == []
    other = convert(header=header.replace("South|", "Elsewhere|", 1))
    assert unmapped(other) == ["MSH[1]-6[1]"]


def test_the_event_is_a_provenance_of_its_own():
    event = next(
        one for one in resources(sample("adt-a01-v251"), "Provenance") if one["activity"]["text"].startswith("event")
    )
    assert (event["recorded"], event["occurredDateTime"]) == ("2024-01-05T09:29:00+08:00", "2024-01-05T09:25:00+08:00")
    assert event["agent"][0]["who"]["display"] == "Dr Da Wu"


def test_an_event_after_the_patient_is_about_her_too_and_may_lack_everything():
    converted = convert("EVN|X99|2024|||^^|2023|Ward", header="MSH|^~\\&|A|B|C|D|||ADT^A08|1|P|2.5")
    event = resources(converted, "Provenance")[1]
    assert event["occurredDateTime"] == "2023"
    assert entry(converted, event["location"])["name"] == "Ward"
    assert entry(converted, event["target"][0])["resourceType"] == "Patient"


# PID, PD1, NK1, GT1, IN1


def test_birth_death_and_twins():
    patient = only(
        convert(patient=segment("PID", {3: "1", 7: "197503081430", 24: "Y", 25: "2", 29: "20240101", 30: "Y"})),
        "Patient",
    )
    assert patient["birthDate"] == "1975-03-08"
    assert patient["_birthDate"]["extension"][0]["valueDateTime"] == "1975-03-08T14:30:00+08:00"
    assert patient["multipleBirthInteger"] == 2
    assert patient["deceasedDateTime"] == "2024-01-01"
    other = only(convert(patient=segment("PID", {3: "1", 24: "N", 30: "N"})), "Patient")
    assert (other["multipleBirthBoolean"], other["deceasedBoolean"]) == (False, False)


def test_what_contradicts_itself_is_not_said_twice():
    converted = convert(patient=segment("PID", {3: "1", 24: "N", 25: "2", 29: "20240101", 30: "N"}))
    assert unmapped(converted) == ["PID[1]-24[1]", "PID[1]-30[1]"]


def test_race_ethnicity_citizenship_and_county():
    patient = only(
        convert(
            patient=segment(
                "PID",
                {
                    3: "1",
                    10: "2028-9^Asian^CDCREC~^Mixed",
                    11: "1 Rd^^City",
                    12: "Da'an~Xinyi",
                    22: "N^Not^HL70189",
                    23: "Taipei",
                    26: "TW^Taiwan^ISO3166",
                },
            )
        ),
        "Patient",
    )
    extensions = {one["url"].rsplit("/", 1)[1]: one for one in patient["extension"]}
    assert extensions["us-core-race"]["extension"][-1]["valueString"] == "Asian; Mixed"
    assert extensions["patient-birthPlace"]["valueAddress"] == {"text": "Taipei"}
    assert extensions["patient-citizenship"]["extension"][0]["valueCodeableConcept"]["text"] == "Taiwan"
    assert [one.get("district") for one in patient["address"]] == ["Da'an", "Xinyi"]


def test_the_mother_and_the_next_of_kin_are_related_persons():
    converted = convert(
        "NK1|1|Lin^Wei|SPO|1 Rd^^City|555||E^Employer^HL70131|20200101|20240101",
        "NK1|2||||||||||||Acme^L",
        "NK1|3",
        patient="PID|1||1||Lin||||||||||||||||M7^^^North",
    )
    mother, husband = resources(converted, "RelatedPerson")
    assert mother["relationship"][0]["coding"][0]["code"] == "MTH"
    assert husband["relationship"][0]["coding"][0]["code"] == "SPS"
    assert husband["period"] == {"start": "2020-01-01", "end": "2024-01-01"}
    assert only(converted, "Patient")["contact"][0]["organization"]["display"] == "Acme"


def test_the_primary_care_provider_and_a_living_will():
    converted = convert("PD1|||Clinic^L|7^Chen^Li||^Blind|Y^Yes^HL70315|||||Y")
    patient = only(converted, "Patient")
    assert [one["display"] for one in patient["generalPractitioner"]] == ["Clinic", "Li Chen"]
    assert only(converted, "Observation")["code"]["coding"][0]["code"] == "75320-2"
    assert patient["meta"]["security"][0]["code"] == "R"
    assert "meta" not in only(convert("PD1||||||||||||N"), "Patient")


def test_a_guarantor_stands_in_the_account():
    converted = convert("GT1|1|G1|Lin^Wei", "GT1|2" + "|" * 20 + "Acme^L", "GT1|3")
    account = only(converted, "Account")
    assert len(account["guarantor"]) == 2
    assert unmapped(converted) == []
    assert resources(convert("GT1|1"), "Account") == []


def test_an_insured_person_is_the_patient_or_somebody_else():
    herself = convert(
        segment(
            "IN1",
            {
                2: "P1^Plan^L",
                3: "C1^^^North",
                4: "Insurer^L",
                16: "Lin^Mei",
                17: "SEL",
                18: "19750308",
                19: "9 Rd^^City",
                43: "F",
            },
        )
    )
    assert entry(herself, only(herself, "Coverage")["subscriber"])["resourceType"] == "Patient"
    assert only(herself, "Patient")["address"][0]["line"] == ["9 Rd"]
    assert unmapped(herself) == []
    other = convert(
        segment(
            "IN1", {3: "C1^^^North", 10: "G1^^^North", 11: "Acme^L", 16: "Lin^Wei", 17: "SPO", 18: "19730101", 43: "M"}
        )
    )
    coverage = only(other, "Coverage")
    assert entry(other, coverage["subscriber"])["birthDate"] == "1973-01-01"
    assert entry(other, coverage["policyHolder"])["name"] == "Acme"
    assert entry(other, coverage["payor"][0])["identifier"][0]["value"] == "C1"
    nobody = only(convert("IN1|1"), "Coverage")
    assert nobody["payor"] == [{"display": "unknown"}]


# PV1, PV2, DG1, PR1, AL1, IAM, ROL, PRT


@pytest.mark.parametrize(
    ("event", "visit", "status", "kind"),
    [
        ("A01", {2: "I"}, "in-progress", "IMP"),
        ("A04", {2: "O"}, "planned", "AMB"),
        ("A08", {2: "P"}, "planned", "PRENC"),
        ("A08", {2: "E", 45: "20240101"}, "finished", "EMER"),
        ("A11", {2: "I", 45: "20240101"}, "cancelled", "IMP"),
        ("A08", {2: "ZZ^Own^L"}, "unknown", "ZZ"),
        ("A08", {2: "^Own"}, "unknown", None),
        ("A08", {19: "V1"}, "unknown", "UNK"),
    ],
)
def test_the_status_of_a_visit_is_by_event_discharge_and_class(
    event: str, visit: dict[int, str], status: str, kind: str
):
    encounter = only(convert(segment("PV1", visit), kind=f"ADT^{event}"), "Encounter")
    assert (encounter["status"], encounter["class"].get("code")) == (status, kind)


def test_a_place_is_a_chain_of_places_from_bed_to_site():
    converted = convert("PV1|1|P|W5^512^2^North&1.2.3&ISO^^^B1^4^By the window")
    place = only(converted, "Encounter")["location"][0]
    assert place["status"] == "planned"
    names, found = [], entry(converted, place["location"])
    assert found["description"] == "By the window"
    while True:
        names.append((found["name"], found["physicalType"]["coding"][0]["code"]))
        if "partOf" not in found:
            break
        found = entry(converted, found["partOf"])
    assert names == [("2", "bd"), ("512", "ro"), ("W5", "wa"), ("4", "lvl"), ("B1", "bu"), ("North", "si")]
    assert found["identifier"][0]["system"] == "urn:oid:1.2.3"


def test_a_visit_has_its_episode_its_payment_and_its_length():
    converted = convert(
        segment("PV1", {2: "I", 20: "NHI", 39: "North", 53: "Cardiac", 54: "E7"}),
        segment("PV2", {11: "4.5", 22: "Y", 23: "South"}),
    )
    encounter = only(converted, "Encounter")
    assert entry(converted, encounter["episodeOfCare"][0])["identifier"][0]["value"] == "E7"
    assert only(converted, "Coverage")["type"]["text"] == "NHI"
    assert encounter["length"]["value"].text == "4.5"
    assert encounter["meta"]["security"][0]["code"] == "R"
    assert unmapped(converted) == ["PV2[1]-23[1]"]


def test_more_of_a_visit_without_a_visit_is_not_said():
    assert unmapped(convert("PV2|||R07.9^Pain^I10")) == ["PV2[1]-3[1]"]


def test_diagnoses_belong_to_their_visit_or_to_the_patient():
    converted = convert(
        "PV1|1|I", segment("DG1", {2: "I10", 3: "R05", 4: "Cough", 5: "20240101", 6: "A", 15: "1", 21: "D"})
    )
    condition, encounter = only(converted, "Condition"), only(converted, "Encounter")
    assert condition["code"] == {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "R05"}], "text": "R05"}
    assert condition["note"] == [{"text": "Cough"}]
    assert condition["verificationStatus"]["coding"][0]["code"] == "entered-in-error"
    assert encounter["diagnosis"][0]["use"]["coding"][0]["code"] == "AD"
    assert encounter["diagnosis"][0]["rank"] == 1
    alone = convert(segment("DG1", {2: "XX", 3: "R05^Cough^I10", 6: "W", 15: "1"}))
    assert only(alone, "Condition")["category"][0]["text"] == "W"
    assert unmapped(alone) == ["DG1[1]-2[1]", "DG1[1]-15[1]"]


def test_a_procedure_has_its_performers_and_its_minutes():
    converted = convert(
        "PV1|1|I", segment("PR1", {3: "93000^ECG^C4", 4: "ECG", 5: "202401050945", 7: "10", 11: "7^Chen"})
    )
    procedure = only(converted, "Procedure")
    assert procedure["status"] == "completed"
    assert procedure["performedPeriod"] == {"start": "2024-01-05T09:45:00+08:00", "end": "2024-01-05T09:55:00+08:00"}
    assert procedure["performer"][0]["function"]["coding"][0]["code"] == "304292004"
    assert only(convert("PR1|1||1^x^C4", kind="ADT^A05"), "Procedure")["status"] == "unknown"


@pytest.mark.parametrize("when", ["20240105", "99991231235959", "20161231235960+0000"])
def test_minutes_after_which_nobody_can_say_when_it_ended_are_a_note(when: str):
    procedure = only(convert(segment("PR1", {3: "93000^ECG^C4", 5: when, 7: "10"})), "Procedure")
    assert "performedDateTime" in procedure
    assert procedure["note"] == [{"text": "duration: 10 min"}]
    assert "note" not in only(convert(segment("PR1", {3: "93000^ECG^C4", 5: when})), "Procedure")


def test_software_has_the_day_of_its_version_even_of_one_that_has_no_name():
    lines = ("SFT|Maker|7.1|Program|||20200101", "SFT|Other||Program|||20200101", "PID|1||MRN1^^^North||Lin^Mei")
    named, unnamed = resources(convert(*lines, patient=""), "Device")
    assert named["version"][0]["value"] == "7.1"
    assert named["version"][0]["extension"][0]["valueDateTime"] == "2020-01-01"
    assert unnamed["version"][0]["_value"]["extension"][0]["valueCode"] == "unknown"


def test_allergies_keep_what_no_map_knows_as_words():
    known, unknown = resources(convert("AL1|1|FA|^Peanut|SV|Hives", "AL1|2|XX|^Dust|??"), "AllergyIntolerance")
    assert (known["category"], known["reaction"][0]["severity"]) == (["food"], "severe")
    assert unknown["note"] == [{"text": "allergen type: XX"}]
    assert unknown["reaction"] == [{"description": "severity: ??", "manifestation": [{"text": "unknown"}]}]


def test_an_allergy_that_is_deleted_has_no_clinical_status():
    first, second, _ = resources(sample("adt-a08-with-iam"), "AllergyIntolerance")
    assert first["onsetString"] == "Since childhood"
    assert first["recorder"]["display"] == "John Doe"
    assert second["verificationStatus"]["coding"][0]["code"] == "entered-in-error"
    assert "clinicalStatus" not in second
    third = only(convert("IAM|1||^Pollen|" + "|" * 13 + "I^Inactive"), "AllergyIntolerance")
    assert third["clinicalStatus"]["coding"][0]["code"] == "inactive"


@pytest.mark.parametrize(
    ("before", "kind", "element"),
    [
        ("PV1|1|I", "Encounter", "participant"),
        ("PD1", "Patient", "generalPractitioner"),
        ("OBX|1|ST|x||y", "Observation", "performer"),
        ("PR1|1||x", "Procedure", "performer"),
        ("AL1|1||^x", "AllergyIntolerance", None),
    ],
)
def test_who_took_part_belongs_to_the_segment_before(before: str, kind: str, element: str | None):
    converted = convert(before, segment("PRT", {4: "PI^x^HL70443", 5: "7^Chen", 14: "1 Rd^^City", 16: "(01)123"}))
    role = only(converted, "PractitionerRole")
    assert entry(converted, role["practitioner"])["address"][0]["line"] == ["1 Rd"]
    assert (element is None) or element in only(converted, kind)
    assert only(converted, "Device")["udiCarrier"] == [{"carrierHRF": "(01)123"}]


# ORC, OBR, OBX, SPM, TQ1, NTE


def test_a_laboratory_report_has_its_order_its_specimen_and_its_results():
    converted = sample("oru-r01-v251-lab")
    report, order = only(converted, "DiagnosticReport"), only(converted, "ServiceRequest")
    assert report["status"] == "final"
    assert entry(converted, report["basedOn"][0]) is order
    assert len(report["result"]) == len(resources(converted, "Observation")) == 21
    assert [identifier["type"]["coding"][0]["code"] for identifier in order["identifier"][:2]] == ["PLAC", "FILL"]
    glucose = entry(converted, report["result"][0])
    assert glucose["valueQuantity"]["value"].text == "98.0"
    assert glucose["referenceRange"][0]["low"]["value"].text == "70"
    assert glucose["note"][0]["text"] == "First line.\nSecond \nline."
    assert entry(converted, glucose["device"])["identifier"][0]["value"] == "AN-7"
    assert entry(converted, report["result"][2])["effectiveDateTime"] == report["effectiveDateTime"]
    assert entry(converted, report["result"][12])["dataAbsentReason"]["coding"][0]["code"] == "error"
    specimen = next(one for one in resources(converted, "Specimen") if "accessionIdentifier" in one)
    assert specimen["collection"]["collectedPeriod"]["start"] == "2024-01-05T08:15:00+08:00"


def test_each_request_of_a_message_is_its_own():
    converted = convert("ORC|NW|P1", "OBR|1|||a", "OBR|2|||b", "ORC|NW|P2", "OBR|3|||c", kind="ORM^O01")
    assert [one["code"]["text"] for one in resources(converted, "ServiceRequest")] == ["a", "b", "c"]
    assert resources(converted, "DiagnosticReport") == []


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({1: "NW"}, "active"),
        ({1: "OC"}, "revoked"),
        ({1: "NW", 5: "CM"}, "completed"),
        ({1: "XY", 5: "ZZ"}, "unknown"),
        ({2: "P"}, "unknown"),
    ],
)
def test_the_status_of_an_order_is_its_own_or_by_what_was_done_with_it(order: dict[int, str], status: str):
    converted = convert(segment("ORC", order), "OBR|1|||x", kind="ORM^O01")
    assert only(converted, "ServiceRequest")["status"] == status
    assert unmapped(converted) == []


def test_who_orders_is_a_person_or_the_role_of_a_place():
    alone = convert(segment("ORC", {1: "NW", 12: "7^Chen", 24: "9 Rd^^City"}), kind="ORM^O01")
    assert entry(alone, only(alone, "ServiceRequest")["requester"])["address"][0]["line"] == ["9 Rd"]
    placed = convert(
        segment("ORC", {1: "NW", 12: "7^Chen", 14: "555", 21: "Clinic^L", 22: "1 Rd^^City", 23: "556", 28: "V"}),
        "OBR|1|||x||||||||||||8^Hsu|557",
        kind="ORM^O01",
    )
    order = only(placed, "ServiceRequest")
    role = entry(placed, order["requester"])
    assert entry(placed, role["organization"])["telecom"][0]["value"] == "556"
    assert [one["valueContactPoint"]["value"] for one in order["extension"]] == ["555", "557"]
    assert order["meta"]["security"][0]["code"] == "V"
    bare = convert(segment("ORC", {1: "NW", 28: "??"}), kind="ORM^O01")
    assert unmapped(bare) == ["ORC[1]-28[1]"]


def test_who_entered_an_order_stands_in_a_provenance():
    converted = convert(
        segment(
            "ORC", {1: "CA", 9: "20240105", 10: "1^Wu", 11: "2^Lo", 13: "Ward 5", 17: "RAD^Radiology^L", 19: "3^Ho"}
        ),
        kind="ORM^O01",
    )
    provenance = next(one for one in resources(converted, "Provenance") if "text" not in one["activity"])
    roles = [agent["type"]["coding"][0]["code"] for agent in provenance["agent"] if "type" in agent]
    assert roles == ["enterer", "verifier", "author"]
    assert entry(converted, provenance["location"])["name"] == "Ward 5"
    assert provenance["occurredDateTime"] == "2024-01-05"


def test_when_a_service_is_wanted_is_said_in_one_way():
    converted = convert(
        "ORC|NW|P1",
        segment("OBR", {4: "x", 5: "S", 6: "20240110", 11: "G", 13: "Diabetes", 18: "F1"}),
        segment("TQ1", {2: "2^mL", 3: "BID&Twice&L", 9: "A", 14: "4"}),
        kind="OML^O21",
    )
    order = only(converted, "ServiceRequest")
    assert (order["priority"], order["intent"]) == ("stat", "reflex-order")
    assert order["occurrenceTiming"]["event"] == ["2024-01-10"]
    assert "occurrenceDateTime" not in order
    assert order["identifier"][-1] == {"system": "urn:id:placer-field-1:North", "value": "F1"}
    assert unmapped(converted) == ["TQ1[1]-9[1]"]


@pytest.mark.parametrize(
    ("timing", "repeat", "text"),
    [
        ("1^Q6H&0600^D7^20240101^^R", {"boundsPeriod": {"start": "2024-01-01"}}, "Q6H D7"),
        (
            "1^^D7",
            {"boundsDuration": {"value": 7, "unit": "d", "system": "http://unitsofmeasure.org", "code": "d"}},
            None,
        ),
        ("1^once^X3^^^^^^^^^as told", None, "once X3"),
    ],
)
def test_the_timing_of_before_version_2_5(timing: str, repeat: dict[str, Any] | None, text: str | None):
    found = only(convert(segment("ORC", {1: "NW", 7: timing}), kind="ORM^O01"), "ServiceRequest")["occurrenceTiming"]
    assert (found.get("repeat"), found.get("code", {}).get("text")) == (repeat, text)


def test_a_timing_without_an_order_and_a_priority_of_no_table():
    assert "TQ1[1]-2[1]" in unmapped(convert("TQ1|1|2"))
    order = only(convert("ORC|NW", "OBR|1|||x|PRN2", kind="ORM^O01"), "ServiceRequest")
    assert order["note"] == [{"text": "priority: PRN2"}]
    assert only(convert("ORC|NW", "RXO|x", "TQ1|1||||||||A", kind="OMP^O09"), "MedicationRequest")["priority"] == "asap"


def test_reports_of_other_statuses_and_periods():
    rows = {4: "x", 7: "20240101", 8: "20240102", 15: "^^^Arm", 20: "F1", 24: "CH", 25: "Y", 28: "9^Fu"}
    converted = convert(segment("OBR", rows), "OBX|1|ST|a||b||||||ZZ|||20240103", kind="ORU^R01")
    report = only(converted, "DiagnosticReport")
    assert report["status"] == "unknown"
    assert report["_status"]["extension"][0]["valueCodeableConcept"]["coding"][0]["code"] == "Y"
    assert report["effectivePeriod"] == {"start": "2024-01-01", "end": "2024-01-02"}
    assert report["performer"][0]["display"] == "Fu"
    observation = only(converted, "Observation")
    assert (observation["status"], observation["effectiveDateTime"]) == ("unknown", "2024-01-03")
    assert entry(converted, observation["specimen"])["collection"]["bodySite"]["text"] == "Arm"
    only_end = convert(segment("OBR", {4: "x", 8: "20240102"}), kind="ORU^R01")
    assert only(only_end, "DiagnosticReport")["effectivePeriod"] == {"end": "2024-01-02"}


def test_a_specimen_source_of_before_version_2_5_is_read_with_its_words():
    coded = only(convert("OBR|1|||x|||||||||||SER&Serum&HL70070^HEPA^Fasting^LA", kind="ORU^R01"), "Specimen")
    assert coded["type"]["coding"][0]["code"] == "SER"
    assert [note["text"] for note in coded["note"]] == ["HEPA", "Fasting"]


def test_a_specimen_is_collected_at_a_moment_and_may_be_gone():
    specimen = only(
        convert("SPM|1|&X^S2&LAB||BLD|||||||P^Patient^HL70369||||||20240105|||N", kind="OML^O21"), "Specimen"
    )
    assert specimen["collection"] == {"collectedDateTime": "2024-01-05"}
    assert specimen["status"] == "unavailable"
    assert specimen["identifier"][0]["value"] == "S2"
    assert specimen["extension"][0]["valueCodeableConcept"]["text"] == "Patient"


def test_an_observation_has_its_methods_devices_and_laboratory():
    fields = {
        2: "NM",
        3: "a^b^LN",
        4: "1.2",
        5: "5",
        7: "high",
        17: "M1^One^L~M2^Two^L~^^",
        18: "D1^X~D2^Y",
        23: "Lab^L",
        24: "1 Rd^^City",
    }
    converted = convert(segment("OBX", fields))
    observation = only(converted, "Observation")
    assert observation["referenceRange"] == [{"text": "high"}]
    assert [item["code"] for item in observation["method"]["coding"]] == ["M1", "M2"]
    assert observation["note"] == [{"text": "device: D2"}]
    assert entry(converted, observation["performer"][0])["address"][0]["city"] == "City"
    nothing = only(convert("OBX|1|ST|||||||||N"), "Observation")
    assert nothing["dataAbsentReason"]["coding"][0]["code"] == "not-asked"
    assert nothing["code"]["coding"][0]["code"] == "unknown"


@pytest.mark.parametrize(
    ("before", "kind", "where"),
    [
        ("OBR|1|||x", "ServiceRequest", "note"),
        ("DG1|1||x", "Condition", "note"),
        ("RXA|0|1|20240101||x", "Immunization", "note"),
        ("PV1|1|I", "Encounter", "extension"),
        ("NK1|1|Lin", "RelatedPerson", "extension"),
    ],
)
def test_a_comment_belongs_to_the_segment_before(before: str, kind: str, where: str):
    found = only(convert(before, "NTE|1|L|Take care.|RE^Remark^HL70364", kind="VXU^V04"), kind)[where][0]
    note = found.get("valueAnnotation", found)
    assert note["text"] == "Take care."
    assert note["extension"][0]["valueCodeableConcept"]["text"] == "Remark"


def test_segments_before_the_patient_say_nothing():
    content = b"MSH|^~\\&|A|B|C|D|2024||ADT^A08|1|P|2.5\rNTE|1||early\rPV1|1|I\rPID|1||1||Lin"
    assert unmapped(Hl7v2().convert(item(content))) == ["NTE[1]-3[1]", "PV1[1]-2[1]"]
    assert unmapped(convert("NTE|1|L")) == ["NTE[1]-2[1]"]


# TXA, RXA, RXO, RXE


def test_lines_of_a_document_are_one_text_and_its_copies_are_their_own():
    converted = sample("mdm-t02-v25")
    document = only(converted, "DocumentReference")
    text, copy = (content["attachment"] for content in document["content"])
    assert base64.b64decode(text["data"]).decode() == "Admitted with chest pain.\nDischarged & well."
    assert copy["contentType"] == "application/pdf"
    assert (document["docStatus"], document["relatesTo"][0]["code"]) == ("final", "replaces")
    assert document["description"] == "Discharge summary\nSigned on paper."
    assert document["date"] == "2024-01-07T07:35:00+08:00"


def test_a_document_without_content_says_at_least_what_it_would_be():
    document = only(sample("mdm-t01-v28"), "DocumentReference")
    assert document["content"] == [{"attachment": {"contentType": "text/plain"}}]
    assert document["_date"]["extension"][0]["valueString"] == "2024-01-07"
    assert document["docStatus"] == "preliminary"


def test_broken_base64_in_a_document_is_kept_as_text_and_told():
    converted = sample("mdm-t02-broken-base64")
    (content,) = only(converted, "DocumentReference")["content"]
    assert base64.b64decode(content["attachment"]["data"]) == b"JVBERi0x*!"
    assert "data-broken" in codes(converted)


def test_documents_take_pointers_dates_and_statuses_of_their_lines():
    converted = convert(
        "TXA|1|CN|TX" + "|" * 15 + "|OB",
        "OBX|1|RP|a^b||http://x.example.org/1^^AP^PDF||||||P|||20240101",
        "OBX|2|RP|a||^x",
        "OBX|3|CE|a||1^One||||||X",
        "NTE|1||Later.",
        kind="MDM^T02",
    )
    document = only(converted, "DocumentReference")
    assert (document["status"], document["docStatus"]) == ("superseded", "preliminary")
    assert document["content"][0]["attachment"]["creation"] == "2024-01-01"
    assert document["description"] == "Later."
    assert unmapped(converted) == ["OBX[2]-5[1]", "OBX[3]-11[1]"]


def test_vaccinations_that_were_given_told_of_and_refused():
    converted = sample("vxu-v04-v251")
    given, told, refused = resources(converted, "Immunization")
    assert given["vaccineCode"]["coding"][0]["system"] == "http://hl7.org/fhir/sid/cvx"
    assert given["doseQuantity"]["value"].text == "0.5"
    assert given["route"]["coding"][0]["code"] == "IM"
    assert given["primarySource"] is True
    assert given["recorded"] == "2024-01-10T10:15:00+08:00"
    assert told["reportOrigin"]["coding"][0]["code"] == "01"
    assert told["primarySource"] is False
    assert "doseQuantity" not in told
    assert refused["status"] == "not-done"
    assert refused["statusReason"]["text"] == "Parental decision"
    assert entry(converted, resources(converted, "Observation")[0]["partOf"][0]) is given


def test_vaccinations_that_are_deleted_or_lack_a_date_or_an_order():
    deleted, undated = resources(
        convert("RXA|0|1|20240101||x|||||||||||||||CP|D", "RXA|0|1|soon||y|1|mL", kind="VXU^V04"), "Immunization"
    )
    assert deleted["status"] == "entered-in-error"
    assert undated["occurrenceString"] == "unknown"
    assert undated["doseQuantity"]["unit"] == "mL"
    alone = only(convert("ORC|RE||F1", "RXA|0|1|20240101", kind="VXU^V04"), "Immunization")
    assert alone["vaccineCode"]["coding"][0]["code"] == "unknown"
    assert unmapped(convert("RXR|PO", kind="VXU^V04")) == ["RXR[1]-1[1]"]


def test_a_prescription_has_its_dose_its_supply_and_its_route():
    converted = sample("rde-o11-v25")
    order = only(converted, "MedicationRequest")
    dosage = order["dosageInstruction"][0]
    assert order["medicationCodeableConcept"]["coding"][0]["code"] == "197361"
    assert dosage["route"]["coding"][0]["code"] == "PO"
    assert order["dispenseRequest"] == {
        "quantity": {"value": order["dispenseRequest"]["quantity"]["value"], "unit": "TAB"},
        "numberOfRepeatsAllowed": 3,
    }
    assert order["status"] == "active"


def test_a_prescription_in_words_and_one_without_an_order():
    words = only(sample("omp-o09-v24"), "MedicationRequest")
    assert words["dosageInstruction"][0]["text"] == "as directed tablet"
    assert words["medicationCodeableConcept"] == {"text": "Paracetamol as needed"}
    alone = only(convert(segment("RXO", {11: "x", 12: "TAB", 13: "0"}), kind="OMP^O09"), "MedicationRequest")
    assert alone["dispenseRequest"] == {"numberOfRepeatsAllowed": 0}
    assert alone["medicationCodeableConcept"]["coding"][0]["code"] == "unknown"
    ranged = only(convert("RXO|x|5|10|mg", kind="OMP^O09"), "MedicationRequest")
    assert ranged["dosageInstruction"][0]["doseAndRate"][0]["doseRange"]["high"]["value"].text == "10"


def test_an_event_of_before_version_2_3_is_found_where_it_stands():
    found = convert("EVN|A08", header="MSH|^~\\&|A|B|C|D|1996||ADT|1|P|2.2")
    assert only(found, "MessageHeader")["eventCoding"]["code"] == "A08"
    assert only(convert(header="MSH|^~\\&|A|B|C|D|1996||ORU|1|P|2.2"), "MessageHeader")["eventCoding"]["code"] == "R01"
