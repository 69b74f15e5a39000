"""Data types of HL7 v2 as FHIR writes them: times, numbers, names, values."""

from __future__ import annotations

import base64
from datetime import UTC, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.conversion.hl7v2.attachments import media_type
from medshare.conversion.hl7v2.datatypes import numeral
from medshare.conversion.hl7v2.times import is_zone, read_clock, read_moment
from medshare.intake import Numeral
from medshare.intake.json_text import dumps
from tests.unit.conversion.hl7v2.messages import codes, convert, only, resources, segment

# Times


@pytest.mark.parametrize(
    ("text", "fhir"),
    [
        ("2024", "2024"),
        ("202402", "2024-02"),
        ("20240229", "2024-02-29"),
        ("20240000", "2024"),
        ("20240200", "2024-02"),
        ("2024022914+0800", "2024-02-29T14:00:00+08:00"),
        ("202402291430-0330", "2024-02-29T14:30:00-03:30"),
        ("20240229143015.1234+0000", "2024-02-29T14:30:15.1234+00:00"),
        ("20240229143015", "2024-02-29"),
        ("20161231235960+0000", "2016-12-31T23:59:60+00:00"),
    ],
)
def test_a_time_keeps_its_precision_and_its_zone(text: str, fhir: str):
    found = read_moment(text)
    assert found
    assert found.text() == fhir


@pytest.mark.parametrize(
    "text", ["", "24", "20230229", "20241301", "2024022925", "2024-02-29", "20240229+9900", "٢٠٢٤", "now"]
)
def test_what_is_no_time_is_none(text: str):
    assert read_moment(text) is None


@given(st.datetimes(), st.sampled_from(["+0800", "-0500", ""]))
def test_every_moment_comes_out_as_it_went_in(moment: Any, zone: str):
    found = read_moment(moment.strftime("%Y%m%d%H%M%S").rjust(14, "0") + zone)
    assert found
    assert found.day == moment.date().isoformat()
    assert found.clock == moment.strftime("%H:%M:%S")


@pytest.mark.parametrize(
    ("text", "fhir"),
    [("0830", "08:30:00"), ("08", "08:00:00"), ("083015.5", "08:30:15.5"), ("2561", None), ("x", None)],
)
def test_a_clock_has_no_zone(text: str, fhir: str | None):
    assert read_clock(text) == fhir


def test_a_time_without_a_zone_takes_that_of_the_header_then_of_the_caller_and_else_is_a_date():
    visit = "PV1|1|O" + "|" * 42 + "202401051030"
    zoneless = "MSH|^~\\&|A|B|C|D|20240105||ADT^A08|1|P|2.5"
    assert only(convert(visit), "Encounter")["period"]["start"] == "2024-01-05T10:30:00+08:00"
    by_caller = convert(visit, header=zoneless, zone=timezone(timedelta(hours=-5)))
    assert only(by_caller, "Encounter")["period"]["start"] == "2024-01-05T10:30:00-05:00"
    neither = convert(visit, header=zoneless)
    assert only(neither, "Encounter")["period"]["start"] == "2024-01-05"
    assert codes(neither).count("time-without-zone") == 1
    assert "time-without-zone" not in codes(by_caller)


def test_a_zone_with_a_summer_of_its_own_is_asked_for_each_time():
    zoneless = "MSH|^~\\&|A|B|C|D|20240105||ADT^A08|1|P|2.5"
    for day, offset in (("20240105", "+01:00"), ("20240705", "+02:00")):
        visit = convert("PV1|1|O" + "|" * 42 + f"{day}1030", header=zoneless, zone=ZoneInfo("Europe/Paris"))
        assert only(visit, "Encounter")["period"]["start"].endswith(f"T10:30:00{offset}")


@pytest.mark.parametrize("text", ["00010101000000", "99991231235959"])
def test_a_moment_at_the_end_of_the_calendar_has_a_zone_too(text: str):
    for zone in (ZoneInfo("Asia/Taipei"), timezone(timedelta(hours=-5)), UTC):
        found = read_moment(text, zone=zone)
        assert found is None or is_zone(found.zone)


def test_an_instant_without_a_time_is_kept_beside_the_element():
    report = only(convert("OBR|1|||p||||||||||||||||||20240105||CH|F", kind="ORU^R01"), "DiagnosticReport")
    assert "issued" not in report
    assert report["_issued"]["extension"][0]["valueString"] == "2024-01-05"


# Numbers


@pytest.mark.parametrize(
    ("text", "number"),
    [("12.50", "12.50"), ("+04.10", "4.10"), ("-0", "-0"), (".5", "0.5"), ("5.", "5"), ("007", "7"), ("0", "0")],
)
def test_a_number_keeps_its_precision(text: str, number: str):
    assert numeral(text) == Numeral(number)


@pytest.mark.parametrize("text", ["", "+", ".", "1e5", "1,5", "abc", "9" * 41, "٣"])
def test_what_is_no_number_is_none(text: str):
    assert numeral(text) is None


# OBX-5


def value_of(kind: str, value: str, unit: str = "") -> dict[str, Any]:
    """Return value[x], and whatever says it, of an observation."""
    found = only(convert(f"OBX|1|{kind}|a^b^LN||{value}|{unit}|||||F"), "Observation")
    rest = ("resourceType", "status", "subject", "code")
    return {name: member for name, member in found.items() if name not in rest}


MG = {"unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}


@pytest.mark.parametrize(
    ("kind", "value", "unit", "said"),
    [
        ("NM", "98.0", "mg^^UCUM", {"valueQuantity": {"value": Numeral("98.0"), **MG}}),
        ("NM", "<=5", "mg", {"valueQuantity": {"comparator": "<=", "value": Numeral("5"), "unit": "mg"}}),
        ("NM", "many", "mg", {"valueString": "many mg"}),
        ("SN", "^10", "", {"valueQuantity": {"value": Numeral("10")}}),
        ("SN", ">^100", "mg^^UCUM", {"valueQuantity": {"comparator": ">", "value": Numeral("100"), **MG}}),
        ("SN", "^1^:^16", "", {"valueRatio": {"numerator": {"value": Numeral("1")}, "denominator": {"value": Numeral("16")}}}),
        ("SN", "^2^-^5", "", {"valueRange": {"low": {"value": Numeral("2")}, "high": {"value": Numeral("5")}}}),
        ("SN", "<>^5", "mg", {"valueString": "<> 5 mg"}),
        ("SN", "^2^+", "", {"valueString": "2 +"}),
        ("ST", "a^b", "", {"valueString": "a^b"}),
        ("FT", r"one\.br\two", "", {"valueString": "one\ntwo"}),
        ("TX", "one~two", "", {"valueString": "one\ntwo"}),
        ("CWE", "1^One^SCT", "", {"valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "1", "display": "One"}], "text": "One"}}),
        ("CE", "^only words", "", {"valueCodeableConcept": {"text": "only words"}}),
        ("IS", "Y", "", {"valueCodeableConcept": {"coding": [{"system": "urn:id:North:OBX-5", "code": "Y"}], "text": "Y"}}),
        ("DT", "20240102", "", {"valueDateTime": "2024-01-02"}),
        ("TS", "20240102030405", "", {"valueDateTime": "2024-01-02T03:04:05+08:00"}),
        ("DT", "soon", "", {"valueString": "soon"}),
        ("TM", "0830", "", {"valueTime": "08:30:00"}),
        ("TM", "later", "", {"valueString": "later"}),
        ("DR", "2024^2025", "", {"valuePeriod": {"start": "2024", "end": "2025"}}),
        ("DR", "x^y", "", {"valueString": "x^y"}),
        ("NR", "1^5", "", {"valueRange": {"low": {"value": Numeral("1")}, "high": {"value": Numeral("5")}}}),
        ("NA", "1^2.5^3", "mg^^UCUM", {"valueSampledData": {"origin": {"value": 0, **MG}, "period": 0, "dimensions": 1, "data": "1 2.5 3"}}),
        ("NA", "1^x", "", {"valueString": "1^x"}),
        ("XPN", "Doe^Jane", "", {"valueString": "Doe Jane"}),
        ("ZZ", "a^b", "", {"valueString": "a^b"}),
        ("ST", "see", "mg", {"valueString": "see", "note": [{"text": "unit: mg"}]}),
    ],
)  # fmt: skip
def test_a_value_is_what_its_type_says_and_else_text(kind: str, value: str, unit: str, said: dict[str, Any]):
    assert dumps(value_of(kind, value, unit)) == dumps(said) or value_of(kind, value, unit) == said


def test_a_time_of_day_without_a_zone_stays_whole_as_the_value_of_an_observation():
    zoneless = "MSH|^~\\&|A|B|C|D|2024||ORU^R01|1|P|2.5"
    found = only(convert("OBX|1|TS|a^b^LN||202401050830||||||F", header=zoneless), "Observation")
    assert found["valueString"] == "202401050830"


def test_several_values_are_components_with_the_code_of_the_observation():
    found = value_of("CE", "1^One^SCT~2^Two^SCT")
    assert [part["valueCodeableConcept"]["text"] for part in found["component"]] == ["One", "Two"]
    assert "valueCodeableConcept" not in found


@pytest.mark.parametrize(
    ("value", "content", "kind"),
    [
        ("LAB^AP^PDF^Base64^JVBERi0=", b"%PDF-", "application/pdf"),
        ("LAB^IM^JPEG^Hex^FFD8", b"\xff\xd8", "image/jpeg"),
        ("LAB^TEXT^HTML^A^<p>x</p>", b"<p>x</p>", "text/html"),
        ("LAB^^unknown^Base64^AAEC", b"\x00\x01\x02", "application/octet-stream"),
        ("LAB^TEXT^^A^plain", b"plain", "text/plain"),
    ],
)
def test_a_document_inside_a_message_is_an_attachment(value: str, content: bytes, kind: str):
    (extension,) = value_of("ED", value)["extension"]
    attachment = extension["valueAttachment"]
    assert (base64.b64decode(attachment["data"]), attachment["contentType"]) == (content, kind)


@pytest.mark.parametrize("value", ["LAB^AP^PDF^Base64^%%%", "LAB^AP^PDF^Hex^XYZ", "LAB^AP^PDF^Base64^AAA"])
def test_a_document_that_is_not_of_its_encoding_is_kept_as_text_and_told(value: str):
    converted = convert(f"OBX|1|ED|a^b^LN||{value}||||||F")
    (extension,) = only(converted, "Observation")["extension"]
    assert extension["valueAttachment"]["contentType"].startswith("text/plain")
    assert "data-broken" in codes(converted)


def test_a_pointer_is_only_where_it_points_to():
    (extension,) = value_of("RP", "http://images.example.org/1^DICOM^IM^JPEG")["extension"]
    assert extension["valueAttachment"] == {
        "contentType": "image/jpeg",
        "url": "http://images.example.org/1",
        "title": "DICOM",
    }
    assert value_of("RP", "^DICOM") == {"valueString": "^DICOM"}
    assert value_of("ED", "LAB^AP") == {"valueString": "LAB^AP"}


def test_a_media_type_that_is_one_already_stays():
    assert media_type("x", "image/svg+xml") == "image/svg+xml"
    assert media_type("audio/ogg", "") == "audio/ogg"
    assert media_type("?", "?") == ""


# Names, addresses, telephones, identifiers


def patient_with(**fields: str) -> dict[str, Any]:
    numbers = {int(name[1:]): text for name, text in fields.items()} | {3: fields.get("f3", "1")}
    line = "|".join(["PID", *(numbers.get(number, "") for number in range(1, max(numbers) + 1))])
    return only(convert(patient=line), "Patient")


def test_a_name_has_its_parts_its_use_its_period_and_its_order():
    (name,) = patient_with(f5="van Doe&van&Doe&&Roe^Jane^Q R^Jr^Ms^MD^L^^^^G^20200101^20210101^PhD")["name"]
    assert name["family"] == "van Doe"
    assert name["_family"]["extension"][0]["valueString"] == "Roe"
    assert (name["given"], name["suffix"], name["prefix"]) == (["Jane", "Q R"], ["Jr", "MD", "PhD"], ["Ms"])
    assert (name["use"], name["period"]) == ("official", {"start": "2020-01-01", "end": "2021-01-01"})
    assert name["extension"][0]["valueCode"] == "NL1"


def test_a_period_of_before_version_2_5_is_read_too():
    (name,) = patient_with(f5="Doe^Jane^^^^^D^^^2020&2021")["name"]
    assert name["period"] == {"start": "2020", "end": "2021"}
    assert name["use"] == "usual"


def test_an_address_has_its_street_once_and_what_fhir_has_no_word_for_as_an_extension():
    first, second = patient_with(f11="&High Street&7^Flat 2^Leeds^YKS^LS1^GBR^BDL^^Area^TRACT~1 Rd&Rd&1^^City^^^^H")[
        "address"
    ]
    assert first["line"] == ["7 High Street", "Flat 2"]
    assert (first["district"], first["state"], first["postalCode"], first["country"]) == ("Area", "YKS", "LS1", "GBR")
    assert [extension.get("valueCodeableConcept") for extension in first["extension"]] != [None]
    tract, rest = first["_line"]
    assert (tract["extension"][0]["valueString"], rest) == ("TRACT", None)
    assert second["line"] == ["1 Rd"]
    assert "_line" not in second
    assert second["use"] == "home"


def test_the_tract_of_an_address_without_a_street_has_a_line_of_its_own():
    (address,) = patient_with(f11="^^Leeds^^^^^^^TRACT")["address"]
    assert "line" not in address
    assert [line["extension"][0]["valueString"] for line in address["_line"]] == ["TRACT"]


def test_an_address_of_a_type_alone_is_none():
    assert "address" not in patient_with(f11="^^^^^^H")


@pytest.mark.parametrize(
    ("xtn", "point"),
    [
        ("555-1234", {"system": "phone", "value": "555-1234", "use": "home"}),
        ("^NET^Internet^a@example.org", {"system": "email", "value": "a@example.org"}),
        ("a@example.org", {"system": "email", "value": "a@example.org", "use": "home"}),
        ("^WPN^FX^^1^212^5550000^9", {"system": "fax", "value": "+1 212 5550000 X9", "use": "work"}),
        ("^PRN^CP^^^^5550000", {"system": "phone", "value": "5550000", "use": "mobile"}),
        ("^PRN^BP^^^^^^^^^5551", {"system": "pager", "value": "5551", "use": "home"}),
        (
            "555^ORN^PH^^^^^^ask for Jo^^^^2020^2021^^^^2",
            {"value": "555", "rank": 2, "period": {"start": "2020", "end": "2021"}},
        ),
    ],
)
def test_a_telephone_number_is_put_together_from_its_parts(xtn: str, point: dict[str, Any]):
    (found,) = patient_with(f13=xtn)["telecom"]
    assert {name: found[name] for name in point} == point


def test_a_telephone_without_a_number_is_none():
    assert "telecom" not in patient_with(f13="^PRN^PH")


def test_identifiers_of_the_patient_are_those_of_her_record():
    numbers = {2: "OLD1", 3: "MRN1^7^M10^North&1.2.3&ISO^MR^Clinic^2020^2021~^^^X", 4: "ALT1^^^South", 5: "Lin^Mei"}
    more = {18: "ACC1", 19: "123-45-6789", 20: "DL7^NC^2030"}
    converted = convert(patient=segment("PID", numbers | more))
    assert [(one.system, one.value) for one in converted.patient] == [
        ("", "OLD1"),
        ("urn:oid:1.2.3", "MRN1"),
        ("urn:id:South", "ALT1"),
        ("http://hl7.org/fhir/sid/us-ssn", "123-45-6789"),
        ("urn:id:driver-license:NC", "DL7"),
    ]  # fmt: skip
    record = next(one for one in only(converted, "Patient")["identifier"] if one["value"] == "MRN1")
    assert record["assigner"] == {"display": "Clinic"}
    assert record["period"] == {"start": "2020", "end": "2021"}
    assert [extension["valueString"] for extension in record["extension"]] == ["7", "M10"]
    assert only(converted, "Account")["identifier"][0]["value"] == "ACC1"


def test_a_practitioner_who_is_named_twice_is_one_entry():
    converted = convert(
        "PV1|1|O|||||7^Chen^Li^^^Dr.^MD^^NPI&2.16.840.1.113883.4.6&ISO|7^Chen^Li^^^Dr.^MD^^NPI&2.16.840.1.113883.4.6&ISO"
    )
    (one,) = resources(converted, "Practitioner")
    assert one["identifier"][0]["system"] == "urn:oid:2.16.840.1.113883.4.6"
    assert one["name"][0]["suffix"] == ["MD"]
