"""Data types, by the tables of the guide's page "Mapping guidance"."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from lxml import etree

from medshare.conversion.ccda.datatypes import identifier, is_ucum, number, quantity, range_or_quantity, ratio
from medshare.conversion.ccda.draft import Draft, clean
from medshare.conversion.ccda.people import address, human_name, telecoms
from medshare.conversion.ccda.times import day, moment, period, single, time_of
from medshare.conversion.ccda.timing import timing
from medshare.intake import Numeral
from tests.unit.conversion.ccda.documents import NAMES, codes, convert_entry, issues, only

URI = "urn:ietf:rfc:3986"
UUID = "67265ED2-35BB-43F8-B9DE-91C5935625E0"


def element(text):
    return etree.fromstring(
        text.replace(">", f" {NAMES}>", 1)
        if "/>" not in text.split(">")[0] + ">"
        else text.replace("/>", f" {NAMES}/>", 1)
    )


def draft(zone=None):
    root = etree.fromstring(f"<ClinicalDocument {NAMES}/>")
    return Draft(root, content=b"", zone=zone, most_issues=100)


# CDA id → FHIR Identifier


@pytest.mark.parametrize(
    ("root", "extension", "system", "value"),
    [
        ("2.16.840.1.113883.4.1", "123-45-6789", "http://hl7.org/fhir/sid/us-ssn", "123-45-6789"),
        ("2.16.840.1.113883.4.6", "1234567893", "http://hl7.org/fhir/sid/us-npi", "1234567893"),
        ("2.16.840.1.113883.4.500", "12345V7890", "urn:oid:2.16.840.1.113883.4.500", "12345V7890"),
        ("2.16.840.1.123.4.50.123456789", "", URI, "urn:oid:2.16.840.1.123.4.50.123456789"),
        (UUID, "", URI, f"urn:uuid:{UUID.lower()}"),
        (UUID, "abcd", f"urn:uuid:{UUID.lower()}", "abcd"),
        ("", "Z1124", None, "Z1124"),
        ("2.16.840.1.113883.4.873", "http://myorg.com/patient/1234", "http://myorg.com/patient", "1234"),
        ("2.16.840.1.113883.4.873", "urn:myNID:myOrg:Z3321", "urn:myNID:myOrg", "Z3321"),
        ("2.16.840.1.113883.4.873", "plain", "urn:oid:2.16.840.1.113883.4.873", "plain"),
    ],
)
def test_an_identifier_follows_the_guides_table(root, extension, system, value):
    assert identifier(element(f'<id root="{root}" extension="{extension}"/>')) == {"system": system, "value": value}


@pytest.mark.parametrize("root", ["1.2.x", "3.2.1", "1.02", f"{UUID}0"])
def test_what_only_begins_like_an_oid_or_uuid_is_no_system(root):
    assert identifier(element(f'<id root="{root}" extension="a"/>')) == {"system": None, "value": "a"}
    assert identifier(element(f'<id root="{root}"/>')) is None


@pytest.mark.parametrize(
    "text", ['<id nullFlavor="UNK"/>', '<id root="2.16.840.1.113883.4.1"/>', '<id root="not an OID"/>']
)
def test_an_identifier_that_names_nobody_is_none(text):
    assert identifier(element(text)) is None


# Time


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2023", "2023"),
        ("202305", "2023-05"),
        ("20230531", "2023-05-31"),
        ("202305312205-0500", "2023-05-31T22:05:00-05:00"),
        ("20230531220517.0123+0000", "2023-05-31T22:05:17.0123+00:00"),
        ("20230531220517Z", "2023-05-31T22:05:17Z"),
        ("2023053122-0500", "2023-05-31"),
    ],
)
def test_a_time_keeps_its_precision_and_its_zone(value, said):
    assert moment(draft(), element(f'<time value="{value}"/>')) == said


def test_a_time_of_day_without_a_zone_takes_that_of_the_format():
    node = element('<time value="202301311200"/>')
    assert moment(draft(ZoneInfo("America/New_York")), node) == "2023-01-31T12:00:00-05:00"
    assert moment(draft(ZoneInfo("Asia/Taipei")), node) == "2023-01-31T12:00:00+08:00"


def test_without_a_zone_only_the_date_is_kept_and_that_is_told():
    work = draft()
    assert moment(work, element('<time value="202301311200"/>')) == "2023-01-31"
    assert [issue.code for issue in work.issues] == ["time-without-zone"]


def test_a_date_needs_no_zone():
    work = draft()
    assert moment(work, element('<time value="20230131"/>')) == "2023-01-31"
    assert work.issues == ()


@pytest.mark.parametrize(
    "value", ["20231301", "20230230", "200130311", "yesterday", "20230131250000+0000", "202301311200+9900"]
)
def test_what_is_no_time_is_left_out_and_told(value):
    work = draft()
    assert moment(work, element(f'<time value="{value}"/>')) is None
    assert day(work, element(f'<birthTime value="{value}"/>')) in {None, "2023-01-31"}
    assert "time-not-understood" in {issue.code for issue in work.issues}


def test_an_interval_is_a_period_or_one_time():
    work = draft()
    both = element('<effectiveTime><low value="2012"/><high value="2013"/></effectiveTime>')
    same = element('<effectiveTime><low value="2012"/><high value="2012"/></effectiveTime>')
    start = element('<effectiveTime><low value="2012"/></effectiveTime>')
    running = element('<effectiveTime><low value="2012"/><high nullFlavor="UNK"/></effectiveTime>')
    exact = element('<effectiveTime value="2012"/>')
    middle = element('<effectiveTime><center value="2012"/></effectiveTime>')
    assert time_of(work, both, "effective") == {"effectivePeriod": {"start": "2012", "end": "2013"}}
    assert time_of(work, same, "effective") == {"effectiveDateTime": "2012"}
    assert time_of(work, start, "effective") == {"effectiveDateTime": "2012"}
    assert time_of(work, running, "effective") == {"effectivePeriod": {"start": "2012", "end": None}}
    assert time_of(work, exact, "effective") == {"effectiveDateTime": "2012"}
    assert time_of(work, middle, "effective") == {"effectiveDateTime": "2012"}
    assert time_of(work, None, "effective") == {}
    assert period(work, exact) == {"start": "2012", "end": None}
    assert single(work, None) is None


def test_an_interval_that_ends_before_it_starts_has_no_end_and_that_is_told():
    work = draft()
    assert period(work, element('<t><low value="20130703"/><high value="2008"/></t>')) == {
        "start": "2013-07-03",
        "end": None,
    }
    assert [issue.code for issue in work.issues] == ["period-reversed"]


def test_an_end_on_the_day_of_the_start_is_no_more_precise_than_it():
    node = element('<t><low value="20161003143000"/><high value="20161003182710+0000"/></t>')
    assert period(draft(), node) == {"start": "2016-10-03", "end": "2016-10-03"}
    assert period(draft(ZoneInfo("UTC")), node)["end"] == "2016-10-03T18:27:10+00:00"


# Numbers, quantities, ratios


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1.10", "1.10"),
        ("0", "0"),
        ("-0.5", "-0.5"),
        ("+5", "5"),
        (".5", "0.5"),
        ("007", "7"),
        ("1e3", "1e3"),
        ("0.0", "0.0"),
    ],
)
def test_a_number_is_said_as_it_was_written(text, said):
    assert number(text) == Numeral(said)


@pytest.mark.parametrize("text", ["", None, "x", "1,5", "1.", "-", "NaN", "1" * 80, "e5", "."])
def test_what_is_no_number_is_none(text):
    assert number(text) is None


@pytest.mark.parametrize("unit", ["mg/dL", "mm[Hg]", "10*3/uL", "[lb_av]", "{INR}", "%", "1", "Cel"])
def test_ucum_units_are_known(unit):
    assert is_ucum(unit)


@pytest.mark.parametrize("unit", ["tablet", "°F", "K/cumm", "milligram", "10+3/ul", "m" * 200])
def test_other_units_are_not(unit):
    assert not is_ucum(unit)


def test_a_unit_is_coded_only_when_it_is_ucum():
    work = draft()
    assert quantity(work, element('<value value="1.10" unit="mg"/>')) == {
        "value": Numeral("1.10"), "comparator": None, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg",
    }  # fmt: skip
    assert clean(quantity(work, element('<value value="1" unit="tablet"/>'))) == {
        "value": Numeral("1"),
        "unit": "tablet",
    }
    assert [issue.code for issue in work.issues] == ["unit-not-ucum"]
    words = '<value value="1"><translation><originalText>puffs</originalText></translation></value>'
    assert clean(quantity(work, element(words))) == {"value": Numeral("1"), "unit": "puffs"}
    assert quantity(work, None) is None
    assert quantity(work, element('<value value="few" unit="mg"/>')) is None


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ('<low nullFlavor="NINF"/><high value="200"/>', "<= 200"),
        ('<high value="200" inclusive="false"/>', "< 200"),
        ('<low value="500"/><high nullFlavor="PINF"/>', ">= 500"),
        ('<low value="500" inclusive="false"/>', "> 500"),
        ('<center value="5"/>', " 5"),
    ],
)
def test_half_open_ranges_are_quantities_with_a_comparator(inside, said):
    (found,) = range_or_quantity(draft(), element(f"<value>{inside}</value>")).items()
    assert found[0] == "Quantity"
    assert f"{found[1]['comparator'] or ''} {found[1]['value'].text}" == said


def test_a_closed_range_is_a_range():
    found = range_or_quantity(draft(), element('<value><low value="1" unit="g"/><high value="2" unit="g"/></value>'))
    assert (found["Range"]["low"]["value"], found["Range"]["high"]["value"]) == (Numeral("1"), Numeral("2"))


def test_a_ratio_needs_both_parts():
    work = draft()
    assert ratio(work, element('<m><numerator value="1" unit="g"/><denominator value="1" unit="d"/></m>'))
    assert ratio(work, element('<m><numerator value="1" unit="g"/><denominator nullFlavor="UNK"/></m>')) is None
    assert ratio(work, None) is None


# Codes


def coded(inside, text=""):
    entry = f'<observation classCode="OBS" moodCode="EVN"><code code="1" codeSystem="2.16.840.1.113883.6.1"/><value xsi:type="CD" {inside}</observation>'
    return convert_entry(entry, text=text)


def test_a_code_its_translations_and_its_original_text_are_one_concept():
    inside = (
        'code="233604007" codeSystem="2.16.840.1.113883.6.96" displayName="Pneumonia"><originalText><reference value="#p"/>'
        '</originalText><translation code="J18.9" codeSystem="2.16.840.1.113883.6.90"/><translation nullFlavor="UNK"/>'
        '<translation code="87580" codeSystem="2.16.840.1.113883.3.247.1.1"/></value>'
    )
    said = only(
        coded(inside, '<list><item>The <content ID="p">bad\n <sup>lung</sup></content></item></list>'), "Observation"
    )
    assert said["valueCodeableConcept"] == {
        "coding": [
            {"system": "http://snomed.info/sct", "code": "233604007", "display": "Pneumonia"},
            {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "J18.9"},
            {"system": "urn:oid:2.16.840.1.113883.3.247.1.1", "code": "87580"},
        ],
        "text": "bad lung",
    }


def test_a_code_whose_text_is_missing_still_counts_and_that_is_told():
    converted = coded('code="1"><originalText><reference value="#nowhere"/></originalText></value>')
    assert codes(only(converted, "Observation")["valueCodeableConcept"]) == ["1"]
    assert len(issues(converted, "text-not-found")) == 1


def test_what_is_no_code_is_kept_as_words():
    converted = coded('code="a  b" displayName="words"/>')
    assert only(converted, "Observation")["valueCodeableConcept"] == {"text": "words"}
    assert len(issues(converted, "code-not-understood")) == 1


def test_words_of_a_translation_are_kept_when_there_is_nothing_else():
    said = only(coded('nullFlavor="OTH"><translation displayName="rare"/></value>'), "Observation")
    assert said["valueCodeableConcept"] == {"text": "rare"}


@pytest.mark.parametrize(
    ("flavor", "reason"), [("UNK", "unknown"), ("MSK", "masked"), ("NASK", "not-asked"), ("ASKU", "asked-unknown")]
)
def test_a_null_flavour_is_the_reason_why_a_value_is_absent(flavor, reason):
    said = only(coded(f'nullFlavor="{flavor}"/>'), "Observation")
    assert codes(said["dataAbsentReason"]) == [reason]
    assert "valueCodeableConcept" not in said


def test_a_code_that_fhir_wants_says_why_it_is_missing():
    said = only(
        convert_entry('<observation classCode="OBS" moodCode="EVN"><code nullFlavor="MSK"/></observation>'),
        "Observation",
    )
    assert said["code"]["extension"][0]["valueCode"] == "masked"


def test_code_systems_are_named_by_their_urls():
    converted = coded('code="1" codeSystem="http://snomed.info/sct"/>')
    assert only(converted, "Observation")["valueCodeableConcept"]["coding"][0]["system"] == "http://snomed.info/sct"
    converted = coded('code="1" codeSystem="not an OID"/>')
    assert "system" not in only(converted, "Observation")["valueCodeableConcept"]["coding"][0]


# Frequencies


def timed(*inside):
    work = draft()
    return clean(timing(work, [element(text) for text in inside]) or {})


def test_a_single_time_is_an_event_and_an_interval_the_bounds():
    assert timed('<effectiveTime value="20120806"/>') == {"event": ["2012-08-06"]}
    bounds = '<effectiveTime><low value="2012"/><high value="2013"/></effectiveTime>'
    assert timed(bounds) == {"repeat": {"boundsPeriod": {"start": "2012", "end": "2013"}}}


def test_a_period_is_once_in_that_time():
    every = '<effectiveTime xsi:type="PIVL_TS" operator="A"><period value="6" unit="h"/></effectiveTime>'
    assert timed(every) == {"repeat": {"frequency": 1, "period": Numeral("6"), "periodUnit": "h"}}
    between = '<effectiveTime xsi:type="PIVL_TS"><period><low value="4" unit="h"/><high value="6" unit="h"/></period></effectiveTime>'
    assert timed(between)["repeat"] == {
        "frequency": 1,
        "period": Numeral("4"),
        "periodMax": Numeral("6"),
        "periodUnit": "h",
    }


def test_an_event_is_when_and_the_offset_is_in_minutes():
    before = '<effectiveTime xsi:type="EIVL_TS"><event code="ACM"/></effectiveTime>'
    assert timed(before) == {"repeat": {"when": ["ACM"]}}
    after = (
        '<effectiveTime xsi:type="EIVL_TS"><event code="PC"/><offset><low value="1" unit="h"/></offset></effectiveTime>'
    )
    assert timed(after) == {"repeat": {"when": ["PC"], "offset": 60}}


@pytest.mark.parametrize(
    "text",
    [
        '<effectiveTime xsi:type="PIVL_TS"><period nullFlavor="UNK"/></effectiveTime>',
        '<effectiveTime xsi:type="PIVL_TS"/>',
        '<effectiveTime xsi:type="PIVL_TS"><period value="0" unit="h"/></effectiveTime>',
        '<effectiveTime xsi:type="EIVL_TS"><event code="NEVER"/></effectiveTime>',
        '<effectiveTime nullFlavor="UNK"/>',
    ],
)
def test_a_frequency_that_is_not_understood_says_nothing(text):
    assert timed(text) == {}


@pytest.mark.parametrize(
    "offset", ['<offset value="1" unit="mo"/>', '<offset value="-5" unit="min"/>', '<offset value="x" unit="h"/>']
)
def test_an_offset_that_minutes_cannot_say_is_left_out(offset):
    text = f'<effectiveTime xsi:type="EIVL_TS"><event code="PC"/>{offset}</effectiveTime>'
    assert timed(text) == {"repeat": {"when": ["PC"]}}


# Names, addresses, telecoms


def test_a_name_has_its_parts_its_use_and_its_time():
    text = '<name use="L"><prefix>Dr.</prefix><given>Ann</given><given>B.</given><family>Ho</family><suffix>MD</suffix><validTime><low value="2012"/></validTime></name>'
    assert clean(human_name(draft(), element(text))) == {
        "use": "usual", "family": "Ho", "given": ["Ann", "B."], "prefix": ["Dr."], "suffix": ["MD"], "period": {"start": "2012"},
    }  # fmt: skip
    assert clean(human_name(draft(), element("<name>Ann Ho</name>"))) == {"text": "Ann Ho"}
    assert human_name(draft(), element('<name nullFlavor="UNK"/>')) is None
    assert human_name(draft(), element("<name><given/></name>")) is None
    assert human_name(draft(), None) is None


def test_an_address_has_its_parts_and_its_use():
    text = '<addr use="HP"><streetAddressLine>1 A St</streetAddressLine><city>B</city><county>C</county><state>OR</state><postalCode>9</postalCode><country>US</country></addr>'
    assert clean(address(draft(), element(text))) == {
        "use": "home", "line": ["1 A St"], "city": "B", "district": "C", "state": "OR", "postalCode": "9", "country": "US",
    }  # fmt: skip
    assert clean(address(draft(), element("<addr>1 A St</addr>"))) == {"text": "1 A St"}
    assert address(draft(), element('<addr nullFlavor="UNK"/>')) is None
    assert address(draft(), None) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('value="tel:+1(555)867-5309" use="HP"', {"system": "phone", "value": "+1(555)867-5309", "use": "home"}),
        ('value="mailto:a@example.org" use="WP"', {"system": "email", "value": "a@example.org", "use": "work"}),
        ('value="fax:1"', {"system": "fax", "value": "1"}),
        ('value="http://example.org/a"', {"system": "url", "value": "http://example.org/a"}),
        ('value="tel:1" use="PG"', {"system": "pager", "value": "1", "use": "mobile"}),
        ('value="(555) 1"', {"system": "phone", "value": "(555) 1"}),
        ('value="urn:x:1"', {"system": "other", "value": "urn:x:1"}),
    ],
)
def test_a_telecom_is_its_scheme_and_the_rest(text, said):
    assert clean(telecoms(draft(), element(f"<a><telecom {text}/></a>"))) == [said]


def test_a_telecom_without_a_value_is_none():
    assert telecoms(draft(), element('<a><telecom nullFlavor="UNK"/><telecom value="tel:"/></a>')) == []
