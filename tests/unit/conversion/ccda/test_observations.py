"""Results, vital signs, social and family history, and every other observation."""

from __future__ import annotations

import pytest

from medshare.intake import Numeral
from tests.unit.conversion.ccda.documents import (
    LOINC,
    SNOMED,
    by_url,
    codes,
    convert_entry,
    issues,
    only,
    resources,
    template,
)

CONCEPT = f'<value xsi:type="CD" code="1" {SNOMED}/>'


def observation(inside="", *, code="1", number="", extra="", mood="EVN", state="completed"):
    templates = template(number) if number else ""
    return (
        f'<observation classCode="OBS" moodCode="{mood}" {extra}>{templates}<code code="{code}" {LOINC}/>'
        f'<statusCode code="{state}"/>{inside}</observation>'
    )


def organizer(*members, number="", inside="", code="58410-2"):
    components = "".join(f"<component>{member}</component>" for member in members)
    templates = template(number) if number else ""
    return (
        f'<organizer classCode="BATTERY" moodCode="EVN">{templates}<code code="{code}" {LOINC}/>'
        f'<statusCode code="completed"/>{inside}{components}</organizer>'
    )


def observed(inside="", **more):
    return only(convert_entry(observation(inside, **more), code="30954-2"), "Observation")


# Values


@pytest.mark.parametrize(
    ("value", "element", "said"),
    [
        ('xsi:type="INT" value="-7"/>', "valueInteger", -7),
        ('xsi:type="ST">positive</value>', "valueString", "positive"),
        ('xsi:type="ED">long words</value>', "valueString", "long words"),
        ('xsi:type="BL" value="false"/>', "valueBoolean", False),
        ('xsi:type="TS" value="20120806"/>', "valueDateTime", "2012-08-06"),
        ('xsi:type="IVL_TS"><low value="2012"/></value>', "valuePeriod", {"start": "2012"}),
        ('xsi:type="REAL" value="1.10"/>', "valueQuantity", {"value": Numeral("1.10")}),
        ('xsi:type="IVL_PQ"><low value="2"/><high value="3"/></value>', "valueRange", {"low": {"value": Numeral("2")}, "high": {"value": Numeral("3")}}),
        ('xsi:type="IVL_PQ"><high value="3"/></value>', "valueQuantity", {"value": Numeral("3"), "comparator": "<="}),
        ('xsi:type="RTO_PQ_PQ"><numerator value="1"/><denominator value="8"/></value>', "valueRatio", {"numerator": {"value": Numeral("1")}, "denominator": {"value": Numeral("8")}}),
        ('xsi:type="PQ" value="few" unit="mg"/>', "valueString", "few mg"),
        ('xsi:type="INT" value="1.5"/>', "valueString", "1.5"),
        ('xsi:type="INT" value="9999999999"/>', "valueString", "9999999999"),
        ('xsi:type="XX" value="other"/>', "valueString", "other"),
    ],
)  # fmt: skip
def test_a_value_is_said_by_its_type(value, element, said):
    assert observed(f"<value {value}")[element] == said


def test_a_quantity_keeps_the_digits_of_its_number():
    said = observed('<value xsi:type="PQ" value="1.10" unit="mg/dL"/>')["valueQuantity"]
    assert said == {"value": Numeral("1.10"), "unit": "mg/dL", "system": "http://unitsofmeasure.org", "code": "mg/dL"}


def test_several_values_are_components_with_the_same_code():
    said = observed(CONCEPT + '<value xsi:type="ST">b</value>')
    assert [codes(part["code"]) for part in said["component"]] == [["1"], ["1"]]
    assert "valueString" not in said


@pytest.mark.parametrize(
    ("state", "said"), [("active", "registered"), ("aborted", "cancelled"), ("completed", "final"), ("x", "final")]
)
def test_a_status_follows_the_guides_map(state, said):
    assert observed(state=state)["status"] == said


def test_a_negated_observation_says_that_it_is_not_so():
    said = observed(CONCEPT, extra='negationInd="true"')
    assert (codes(said["code"]), said["valueBoolean"]) == (["1"], False)
    assert "valueCodeableConcept" not in said


@pytest.mark.parametrize("value", ["", '<value xsi:type="PQ" value="1" unit="mg"/>'])
def test_a_negated_observation_without_a_coded_value_was_not_made(value):
    said = observed(value, extra='negationInd="true"')
    assert said["status"] == "cancelled"
    assert codes(said["dataAbsentReason"]) == ["not-performed"]
    assert "valueQuantity" not in said


def test_ranges_interpretations_methods_and_sites_are_kept():
    normal = '<referenceRange><observationRange><value xsi:type="IVL_PQ"><low value="1.0" unit="g"/><high value="2.0" unit="g"/></value><interpretationCode code="N" codeSystem="2.16.840.1.113883.5.83"/></observationRange></referenceRange>'
    high = '<referenceRange><observationRange><text>much</text><interpretationCode code="H"/></observationRange></referenceRange>'
    inside = f'<interpretationCode code="H" codeSystem="2.16.840.1.113883.5.83"/><methodCode code="2" {SNOMED}/><targetSiteCode code="3" {SNOMED}/>'
    said = observed(inside + normal + high)
    (span,) = said["referenceRange"]
    assert (span["low"]["value"], span["high"]["value"]) == (Numeral("1.0"), Numeral("2.0"))
    assert (codes(said["interpretation"][0]), codes(said["method"]), codes(said["bodySite"])) == (["H"], ["2"], ["3"])
    assert observed(high)["referenceRange"] == [{"text": "much"}]
    words = '<referenceRange><observationRange><value xsi:type="ST">1 to 2</value></observationRange></referenceRange>'
    assert observed(words)["referenceRange"] == [{"text": "1 to 2"}]
    assert "referenceRange" not in observed("<referenceRange><observationRange/></referenceRange>")


def test_an_observation_without_a_time_takes_that_of_its_author():
    author = '<author><time value="2014"/><assignedAuthor><id root="1.2.9"/><assignedAuthoringDevice><manufacturerModelName>M</manufacturerModelName></assignedAuthoringDevice></assignedAuthor></author>'
    converted = convert_entry(observation(author))
    said = only(converted, "Observation")
    assert said["effectiveDateTime"] == "2014"
    assert "performer" not in said  # a device may not be one
    assert only(converted, "Device")["deviceName"] == [{"name": "M", "type": "model-name"}]


# Results


def test_a_result_organizer_is_a_report_of_its_observations():
    specimen = f'<specimen><specimenRole><id root="1.2" extension="s"/><specimenPlayingEntity><code code="119297000" {SNOMED}/></specimenPlayingEntity></specimenRole></specimen>'
    first = observation('<effectiveTime value="20120810"/><value xsi:type="PQ" value="13.2" unit="g/dL"/>', number="2")
    last = observation('<effectiveTime value="20120812"/>', number="2")
    comment = f'<act classCode="ACT" moodCode="EVN"><code code="48767-8" {LOINC}/><text>as expected</text></act>'
    converted = convert_entry(organizer(first, last, comment, number="1", inside=specimen), code="30954-2")
    report = only(converted, "DiagnosticReport")
    assert [by_url(converted, reference)["effectiveDateTime"] for reference in report["result"]] == [
        "2012-08-10",
        "2012-08-12",
    ]
    assert report["effectivePeriod"] == {"start": "2012-08-10", "end": "2012-08-12"}
    assert codes(report["category"][0]) == ["LAB"]
    assert report["conclusion"] == "as expected"
    sample = by_url(converted, report["specimen"][0])
    assert codes(sample["type"]) == ["119297000"]
    assert all(result["specimen"] == report["specimen"][0] for result in resources(converted, "Observation"))
    assert converted.coverage.mapped == converted.coverage.elements == 2


def test_the_procedure_that_collected_a_specimen_says_where_and_when():
    collected = f'<procedure classCode="PROC" moodCode="EVN"><code code="17636008" {SNOMED}/><effectiveTime value="2012"/><targetSiteCode code="9" {SNOMED}/></procedure>'
    converted = convert_entry(organizer(observation(number="2"), collected, number="1"), code="30954-2")
    sample = only(converted, "Specimen")["collection"]
    assert (codes(sample["bodySite"]), sample["collectedDateTime"]) == (["9"], "2012")
    assert resources(converted, "Procedure") == []


def test_a_specimen_that_is_only_named_is_text_and_none_without_anything():
    named = "<specimen><specimenRole><specimenPlayingEntity><name>blood</name><desc>dark</desc></specimenPlayingEntity></specimenRole></specimen>"
    said = only(convert_entry(observation(named)), "Specimen")
    assert (said["type"], said["note"]) == ({"text": "blood"}, [{"text": "dark"}])
    assert resources(convert_entry(observation("<specimen><specimenRole/></specimen>")), "Specimen") == []


def test_an_organizer_of_one_time_takes_it_and_one_without_any_has_none():
    one = organizer(observation('<effectiveTime value="2012"/>'), number="1")
    assert only(convert_entry(one), "DiagnosticReport")["effectiveDateTime"] == "2012"
    none = only(convert_entry(organizer(observation(), number="1")), "DiagnosticReport")
    assert not any(name.startswith("effective") for name in none)


def test_another_organizer_is_an_observation_with_members():
    converted = convert_entry(organizer(observation(CONCEPT), number="66", code="d5"), code="47420-5")
    panel, member = sorted(resources(converted, "Observation"), key=lambda item: "hasMember" not in item)
    assert by_url(converted, panel["hasMember"][0]) == member
    assert codes(panel["category"][0]) == codes(member["category"][0]) == ["survey"]


def test_what_is_nested_and_not_part_of_a_rule_leads_back_to_what_it_stood_in():
    inner = f'<entryRelationship typeCode="REFR">{observation(CONCEPT, code="2")}</entryRelationship>'
    converted = convert_entry(observation(inner))
    outer, nested = sorted(resources(converted, "Observation"), key=lambda item: "focus" in item)
    assert by_url(converted, nested["focus"][0]) == outer


# Vital signs


def vital(code, value, unit="mm[Hg]", extra=""):
    return observation(
        f'<id root="1.2" extension="{code}"/><effectiveTime value="20120806"/><value xsi:type="PQ" value="{value}" unit="{unit}"/>',
        code=code,
        number="27",
        extra=extra,
    )


def vitals(*members, **more):
    return convert_entry(organizer(*members, number="26", code="46680005", **more), code="8716-3")


def members(converted):
    return [item for item in resources(converted, "Observation") if "hasMember" not in item]


def test_vital_signs_are_members_of_a_panel():
    converted = vitals(vital("8867-4", "80", "/min"))
    (panel,) = [item for item in resources(converted, "Observation") if "hasMember" in item]
    assert codes(panel["code"]) == ["85353-1", "46680005"]
    (rate,) = members(converted)
    assert (codes(rate["category"][0]), rate["valueQuantity"]["code"]) == (["vital-signs"], "/min")


def test_both_pressures_are_one_observation_with_components():
    converted = vitals(vital("8462-4", "80"), vital("8480-6", "120"))
    (pressure,) = members(converted)
    assert codes(pressure["code"]) == ["85354-9"]
    assert [(codes(part["code"]), part["valueQuantity"]["value"].text) for part in pressure["component"]] == [
        (["8480-6"], "120"),
        (["8462-4"], "80"),
    ]
    assert "valueQuantity" not in pressure
    assert [item["value"] for item in pressure["identifier"]] == ["8480-6", "8462-4"]


def test_one_pressure_alone_stays_what_it_is():
    (pressure,) = members(vitals(vital("8480-6", "120")))
    assert codes(pressure["code"]) == ["8480-6"]


def test_three_pressures_lose_none():
    found = members(vitals(vital("8480-6", "120"), vital("8462-4", "80"), vital("8480-6", "130")))
    assert sorted(len(item.get("component", [])) for item in found) == [0, 2]


def test_saturation_has_both_codes_and_the_oxygen_given_as_components():
    converted = vitals(vital("3150-0", "28", "%"), vital("59408-5", "98", "%"), vital("3151-8", "2", "L/min"))
    (saturation,) = members(converted)
    assert codes(saturation["code"]) == ["59408-5", "2708-6"]
    assert saturation["valueQuantity"]["value"].text == "98"
    assert [codes(part["code"]) for part in saturation["component"]] == [["3150-0"], ["3151-8"]]


def test_oxygen_without_a_saturation_stays_what_it_is():
    (oxygen,) = members(vitals(vital("3151-8", "2", "L/min")))
    assert codes(oxygen["code"]) == ["3151-8"]


def test_a_vital_sign_alone_is_mapped():
    assert codes(only(convert_entry(vital("8867-4", "80", "/min")), "Observation")["category"][0]) == ["vital-signs"]


# Social history


def test_smoking_is_social_history():
    said = only(convert_entry(observation(CONCEPT, code="72166-2", number="78"), code="29762-2"), "Observation")
    assert codes(said["category"][0]) == ["social-history"]


def pregnancy(inside):
    return f'<observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.15.3.8"/><code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/><statusCode code="completed"/>{inside}</observation>'


def test_a_pregnancy_has_its_own_code_one_time_and_the_expected_delivery():
    due = f'<entryRelationship typeCode="REFR"><observation classCode="OBS" moodCode="EVN"><code code="11778-8" {LOINC}/><value xsi:type="TS" value="20130501"/></observation></entryRelationship>'
    undue = f'<entryRelationship typeCode="REFR"><observation classCode="OBS" moodCode="EVN"><code code="11778-8" {LOINC}/><value xsi:type="TS" nullFlavor="UNK"/></observation></entryRelationship>'
    span = '<effectiveTime><low value="2012"/><high value="2013"/></effectiveTime>'
    said = resources(
        convert_entry(pregnancy(span + f'<value xsi:type="CD" code="77386006" {SNOMED}/>' + due + undue)), "Observation"
    )[0]
    assert codes(said["code"]) == ["82810-3"]
    assert said["effectiveDateTime"] == "2012"
    assert said["component"][0]["valueDateTime"] == "2013-05-01"


def test_an_unknown_pregnancy_is_a_value():
    said = only(convert_entry(pregnancy('<value xsi:type="CD" nullFlavor="UNK"/>')), "Observation")
    assert codes(said["valueCodeableConcept"]) == ["UNK"]
    assert "dataAbsentReason" not in said


def extension(converted, name):
    return next(item for item in only(converted, "Patient")["extension"] if item["url"].endswith(name))


def test_the_sex_at_birth_is_an_extension_of_the_patient_and_no_observation():
    converted = convert_entry(observation('<value xsi:type="CD" code="F"/>', code="76689-9", number="200"))
    assert extension(converted, "birthsex")["valueCode"] == "F"
    assert resources(converted, "Observation") == []
    assert converted.coverage.mapped == 2


def test_a_sex_at_birth_that_is_no_code_is_not_mapped():
    converted = convert_entry(observation('<value xsi:type="CD" code="other"/>', code="76689-9", number="200"))
    assert converted.coverage.mapped == 1
    assert len(issues(converted, "not-mapped")) == 1


def test_identity_and_sex_are_extensions_once_each():
    identity = f'<observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.34.3.45"/><code code="76691-5"/>{CONCEPT}</observation>'
    converted = convert_entry(identity, identity, observation(CONCEPT, number="507"))
    assert codes(extension(converted, "genderIdentity")["valueCodeableConcept"]) == ["1"]
    assert extension(converted, "us-core-sex")["valueCode"] == "1"
    assert len(only(converted, "Patient")["extension"]) == 2


def test_a_sex_that_is_not_coded_stays_an_observation():
    said = only(convert_entry(observation('<value xsi:type="CD" nullFlavor="UNK"/>', number="507")), "Observation")
    assert codes(said["dataAbsentReason"]) == ["unknown"]


# Family history

RELATIVE = '<subject><relatedSubject classCode="PRS"><code code="FTH" codeSystem="2.16.840.1.113883.5.111"/><subject>{}</subject></relatedSubject></subject>'


def family(*members, person='<administrativeGenderCode code="M"/><birthTime value="1910"/>'):
    return organizer(*members, number="45", inside=RELATIVE.format(person))


def test_a_relative_has_what_she_suffered_from():
    age = f'<entryRelationship typeCode="SUBJ">{observation(chr(60) + "value xsi:type=" + chr(34) + "PQ" + chr(34) + " value=" + chr(34) + "57" + chr(34) + " unit=" + chr(34) + "a" + chr(34) + "/>", code="445518008")}</entryRelationship>'
    died = f'<entryRelationship typeCode="CAUS">{observation(CONCEPT, number="47")}</entryRelationship>'
    said = only(convert_entry(family(observation(CONCEPT + age + died, number="46"))), "FamilyMemberHistory")
    assert codes(said["relationship"]) == ["FTH"]
    assert (said["bornDate"], codes(said["sex"]), said["deceasedBoolean"]) == ("1910", ["male"], True)
    (condition,) = said["condition"]
    assert (codes(condition["code"]), condition["contributedToDeath"]) == (["1"], True)
    assert condition["onsetAge"]["value"] == Numeral("57")
    assert codes(condition["outcome"]) == ["1"]


def test_a_relative_may_have_a_name_and_a_time_of_death_or_none():
    person = '<name><given>A</given><family>B</family></name><sdtc:deceasedTime value="19670101"/>'
    told = observation('<effectiveTime value="1950"/>' + CONCEPT, number="46")
    said = only(convert_entry(family(told, person=person)), "FamilyMemberHistory")
    assert (said["name"], said["deceasedDate"], said["condition"][0]["onsetString"]) == ("A B", "1967-01-01", "1950")
    said = only(
        convert_entry(family(observation(CONCEPT), person='<sdtc:deceasedInd value="false"/>')), "FamilyMemberHistory"
    )
    assert said["deceasedBoolean"] is False
    assert "name" not in said
