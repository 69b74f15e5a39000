"""Problems and allergies, by the guide's pages of these names."""

from __future__ import annotations

import pytest

from tests.unit.conversion.ccda.documents import (
    LOINC,
    SNOMED,
    by_url,
    codes,
    convert_entry,
    document,
    issues,
    only,
    resources,
    section,
    template,
)
from tests.unit.conversion.ccda.documents import convert as convert_document

AUTHOR = '<author><time value="{}"/><assignedAuthor><id root="2.16.840.1.113883.4.6" extension="{}"/><assignedPerson><name><family>{}</family></name></assignedPerson></assignedAuthor></author>'


def related(inside, kind="SUBJ", extra=""):
    return f'<entryRelationship typeCode="{kind}" {extra}>{inside}</entryRelationship>'


def status(value):
    return related(
        f'<observation classCode="OBS" moodCode="EVN">{template("6")}<code code="33999-4" {LOINC}/><value xsi:type="CD" code="{value}" {SNOMED}/></observation>',
        "REFR",
    )


def problem(inside="", *, negated="", time='<effectiveTime><low value="20120806"/></effectiveTime>', value="233604007"):
    return (
        f'<observation classCode="OBS" moodCode="EVN" {negated}>{template("4")}<id root="1.2" extension="o1"/>'
        f'<code code="55607006" {SNOMED}/><statusCode code="completed"/>{time}<value xsi:type="CD" code="{value}" {SNOMED} displayName="Pneumonia"/>{inside}</observation>'
    )


def concern(*inside, state="active", extra=""):
    return (
        f'<act classCode="ACT" moodCode="EVN">{template("3")}<id root="1.2" extension="a1"/><code code="CONC"/>'
        f'<statusCode code="{state}"/>{"".join(related(text) for text in inside)}{extra}</act>'
    )


def test_a_problem_is_a_condition_by_the_guides_table():
    said = only(convert_entry(concern(problem())), "Condition")
    assert said["identifier"] == [{"system": "urn:oid:1.2", "value": "o1"}]
    assert codes(said["clinicalStatus"]) == ["active"]
    assert [codes(item) for item in said["category"]] == [["problem-list-item"], ["55607006"]]
    assert codes(said["code"]) == ["233604007"]
    assert said["onsetDateTime"] == "2012-08-06"
    assert "verificationStatus" not in said


def test_each_observation_of_a_concern_is_a_condition_of_its_own():
    converted = convert_entry(concern(problem(), problem()))
    assert len(resources(converted, "Condition")) == 2
    assert converted.coverage.mapped == converted.coverage.elements == 2


@pytest.mark.parametrize(
    ("value", "said"), [("246455001", "recurrence"), ("277022003", "remission"), ("413322009", "resolved")]
)
def test_the_status_observation_comes_before_the_status_of_the_concern(value, said):
    assert codes(only(convert_entry(concern(problem(status(value)))), "Condition")["clinicalStatus"]) == [said]


def test_a_status_that_the_guide_does_not_know_becomes_an_observation_of_its_own():
    converted = convert_entry(concern(problem(status("1")), state="completed"))
    assert codes(only(converted, "Condition")["clinicalStatus"]) == ["inactive"]
    said = only(converted, "Observation")
    assert codes(said["code"]) == ["33999-4"]
    assert by_url(converted, said["focus"][0])["resourceType"] == "Condition"


def test_a_problem_that_has_ended_is_not_active():
    ended = '<effectiveTime><low value="2012"/><high value="2013"/></effectiveTime>'
    said = only(convert_entry(concern(problem(time=ended))), "Condition")
    assert codes(said["clinicalStatus"]) == ["inactive"]
    assert said["abatementDateTime"] == "2013"


def test_a_problem_that_ended_at_an_unknown_time_says_so():
    ended = '<effectiveTime><low value="2012"/><high nullFlavor="UNK"/></effectiveTime>'
    said = only(convert_entry(concern(problem(status("413322009"), time=ended))), "Condition")
    assert said["_abatementDateTime"]["extension"][0]["valueCode"] == "unknown"
    assert codes(said["clinicalStatus"]) == ["resolved"]


def test_a_problem_that_has_not_ended_stays_active():
    going_on = '<effectiveTime><low value="2012"/><high nullFlavor="NA"/></effectiveTime>'
    said = only(convert_entry(concern(problem(time=going_on))), "Condition")
    assert codes(said["clinicalStatus"]) == ["active"]
    assert "_abatementDateTime" not in said


def test_a_negated_problem_is_refuted():
    said = only(convert_entry(concern(problem(negated='negationInd="true"'))), "Condition")
    assert codes(said["verificationStatus"]) == ["refuted"]


def test_the_age_at_onset_counts_only_without_a_time():
    age = related(
        f'<observation classCode="OBS" moodCode="EVN">{template("31")}<code code="445518008" {SNOMED}/><value xsi:type="PQ" value="65" unit="a"/></observation>'
    )
    said = only(convert_entry(concern(problem(age, time=""))), "Condition")
    assert (said["onsetAge"]["value"].text, said["onsetAge"]["code"]) == ("65", "a")
    converted = convert_entry(concern(problem(age)))
    assert "onsetAge" not in only(converted, "Condition")
    assert codes(only(converted, "Observation")["code"]) == ["445518008"]


def test_the_date_of_diagnosis_evidence_and_comments_are_kept():
    dated = related(
        f'<act classCode="ACT" moodCode="EVN"><code code="77975-1" {LOINC}/><effectiveTime value="20100101"/></act>',
        "COMP",
    )
    support = related(
        f'<observation classCode="OBS" moodCode="EVN">{template("69")}<code code="88122-7" {LOINC}/><value xsi:type="CD" code="LA28397-0" {LOINC}/></observation>',
        "SPRT",
    )
    comment = related(
        f'<act classCode="ACT" moodCode="EVN"><code code="48767-8" {LOINC}/><text>mind the gap</text>{AUTHOR.format("20140104", "1", "A")}</act>'
    )
    converted = convert_entry(concern(problem(dated + support + comment)))
    said = only(converted, "Condition")
    assert said["extension"] == [
        {"url": "http://hl7.org/fhir/StructureDefinition/condition-assertedDate", "valueDateTime": "2010-01-01"}
    ]
    assert codes(by_url(converted, said["evidence"][0]["detail"][0])["code"]) == ["88122-7"]
    assert (said["note"][0]["text"], said["note"][0]["time"]) == ("mind the gap", "2014-01-04")
    assert by_url(converted, said["note"][0]["authorReference"])["name"][0]["family"] == "A"


def test_the_latest_author_records_and_the_earliest_time_counts():
    inside = AUTHOR.format("2015", "1", "Late") + AUTHOR.format("2014", "2", "Early")
    converted = convert_entry(concern(problem(inside), extra=AUTHOR.format("2013", "3", "Outer")))
    said = only(converted, "Condition")
    assert said["recordedDate"] == "2013"
    assert by_url(converted, said["recorder"])["name"][0]["family"] == "Late"


def test_a_device_records_nothing_since_fhir_takes_only_people():
    device = '<author><time value="2014"/><assignedAuthor><id root="1.9"/><assignedAuthoringDevice><softwareName>X</softwareName></assignedAuthoringDevice></assignedAuthor></author>'
    said = only(convert_entry(concern(problem(device))), "Condition")
    assert "recorder" not in said
    assert said["recordedDate"] == "2014"


@pytest.mark.parametrize(
    ("code", "said"), [("75310-3", "health-concern"), ("46240-8", "encounter-diagnosis"), ("11348-0", "55607006")]
)
def test_the_section_gives_the_category(code, said):
    assert codes(only(convert_entry(concern(problem()), code=code), "Condition")["category"][0]) == [said]


def test_a_diagnosis_of_admission_is_an_encounter_diagnosis_and_its_own_observation_stands_alone():
    act = (
        f'<act classCode="ACT" moodCode="EVN">{template("34")}<code code="46241-6" {LOINC}/>{related(problem())}</act>'
    )
    assert codes(only(convert_entry(act, code="46241-6"), "Condition")["category"][0]) == ["encounter-diagnosis"]
    assert codes(only(convert_entry(problem()), "Condition")["code"]) == ["233604007"]


def test_a_concern_of_no_known_template_with_a_problem_in_it_is_that_problem():
    act = f'<act classCode="ACT" moodCode="EVN"><code code="CONC"/>{related(problem())}</act>'
    assert codes(only(convert_entry(act), "Condition")["code"]) == ["233604007"]


def test_a_concern_without_anything_in_it_is_not_mapped():
    converted = convert_entry(concern())
    assert converted.coverage.elements - converted.coverage.mapped == 1
    assert issues(converted, "not-mapped") == ["/ClinicalDocument/component/structuredBody/component/section/entry"]


def test_elements_that_are_left_out_are_issues_with_their_path():
    converted = convert_entry(concern(problem()))
    assert issues(converted, "element-not-mapped") == [
        "/ClinicalDocument/component/structuredBody/component/section/entry/act/id"
    ]


# Allergies

SUBSTANCE = '<participant typeCode="CSM"><participantRole classCode="MANU"><playingEntity classCode="MMAT">{}</playingEntity></participantRole></participant>'
ASPIRIN = '<code code="1191" codeSystem="2.16.840.1.113883.6.88" displayName="Aspirin"/>'


def allergy(
    inside="",
    *,
    negated="",
    value="419511003",
    substance=ASPIRIN,
    time='<effectiveTime><low value="20080501"/></effectiveTime>',
):
    return (
        f'<observation classCode="OBS" moodCode="EVN" {negated}>{template("7")}<id root="1.2" extension="o1"/><code code="ASSERTION"/>'
        f'<statusCode code="completed"/>{time}<value xsi:type="CD" code="{value}" {SNOMED}/>{SUBSTANCE.format(substance)}{inside}</observation>'
    )


def allergies(*inside, state="active"):
    return f'<act classCode="ACT" moodCode="EVN">{template("30")}<code code="CONC"/><statusCode code="{state}"/>{"".join(related(text) for text in inside)}</act>'


def graded(value, code="SEV", number="8"):
    return related(
        f'<observation classCode="OBS" moodCode="EVN">{template(number)}<code code="{code}"/><value xsi:type="CD" code="{value}" {SNOMED}/></observation>'
    )


def reaction(inside="", value=f'<value xsi:type="CD" code="247472004" {SNOMED}/>'):
    return related(
        f'<observation classCode="OBS" moodCode="EVN">{template("9")}<code code="ASSERTION"/><effectiveTime><low value="2009"/></effectiveTime>{value}{inside}</observation>',
        "MFST",
    )


def test_an_allergy_is_an_allergy_intolerance_by_the_guides_table():
    said = only(convert_entry(allergies(allergy(reaction(graded("24484000")))), code="48765-2"), "AllergyIntolerance")
    assert codes(said["code"]) == ["1191"]
    assert (said["category"], said.get("type")) == (["medication"], None)
    assert codes(said["clinicalStatus"]) == ["active"]
    assert said["onsetDateTime"] == "2008-05-01"
    (found,) = said["reaction"]
    assert codes(found["manifestation"][0]) == ["247472004"]
    assert (found["severity"], found["onset"]) == ("severe", "2009")


def test_a_severity_of_the_allergy_counts_for_each_reaction_without_one():
    inside = reaction(graded("255604002")) + reaction() + graded("6736007")
    said = only(convert_entry(allergies(allergy(inside))), "AllergyIntolerance")
    assert [found["severity"] for found in said["reaction"]] == ["mild", "moderate"]


def test_a_severity_without_a_reaction_becomes_an_observation_of_its_own():
    converted = convert_entry(allergies(allergy(graded("6736007"))))
    assert "reaction" not in only(converted, "AllergyIntolerance")
    assert codes(only(converted, "Observation")["valueCodeableConcept"]) == ["6736007"]


def test_status_criticality_type_and_end_are_mapped():
    inside = graded("73425007", "33999-4", "28") + graded("CRITH", "82606-5", "145")
    ended = '<effectiveTime><low value="2008"/><high value="2010"/></effectiveTime>'
    said = only(convert_entry(allergies(allergy(inside, value="414285001", time=ended))), "AllergyIntolerance")
    assert (said["criticality"], said["type"], said["category"]) == ("high", "allergy", ["food"])
    assert codes(said["clinicalStatus"]) == ["inactive"]
    assert said["extension"][0]["valueDateTime"] == "2010"


@pytest.mark.parametrize(
    ("value", "said"), [("416098002", "409137002"), ("414285001", "429625007"), ("420134006", "716186003")]
)
def test_no_known_allergy_is_a_code_by_its_kind(value, said):
    none = allergy(negated='negationInd="true"', value=value, substance='<code nullFlavor="NA"/>')
    assert codes(only(convert_entry(allergies(none)), "AllergyIntolerance")["code"]) == [said]


def test_no_allergy_to_any_substance_is_no_known_allergy():
    none = allergy(negated='negationInd="true"', value="419199007", substance=f'<code code="105590001" {SNOMED}/>')
    assert codes(only(convert_entry(allergies(none)), "AllergyIntolerance")["code"]) == ["716186003"]


def test_no_allergy_to_a_substance_is_the_extension_and_never_the_code():
    said = only(convert_entry(allergies(allergy(negated='negationInd="true"'))), "AllergyIntolerance")
    assert "code" not in said
    substance, risk = said["extension"][0]["extension"]
    assert codes(substance["valueCodeableConcept"]) == ["1191"]
    assert codes(risk["valueCodeableConcept"]) == ["no-known-reaction-risk"]


def test_a_substance_that_is_only_named_is_text_and_without_one_the_kind_is_all_that_is_known():
    said = only(
        convert_entry(allergies(allergy(substance='<code nullFlavor="OTH"/><name>Dust</name>'))), "AllergyIntolerance"
    )
    assert said["code"] == {"text": "Dust"}
    said = only(convert_entry(allergies(allergy(substance='<code nullFlavor="UNK"/>'))), "AllergyIntolerance")
    assert codes(said["code"]) == ["419511003"]


def test_a_reaction_without_a_code_is_its_words_or_says_why():
    words = reaction(value='<value nullFlavor="OTH"/><text>hives</text>')
    said = only(convert_entry(allergies(allergy(words))), "AllergyIntolerance")
    assert said["reaction"][0]["manifestation"] == [{"text": "hives"}]
    said = only(convert_entry(allergies(allergy(reaction(value='<value nullFlavor="UNK"/>')))), "AllergyIntolerance")
    assert said["reaction"][0]["manifestation"][0]["extension"][0]["valueCode"] == "unknown"


def test_an_allergy_that_stands_alone_is_mapped_and_a_completed_concern_is_resolved():
    assert codes(only(convert_entry(allergy()), "AllergyIntolerance")["code"]) == ["1191"]
    said = only(convert_entry(allergies(allergy(), state="completed")), "AllergyIntolerance")
    assert codes(said["clinicalStatus"]) == ["resolved"]


def test_confidential_sections_label_what_is_made_of_them_and_no_other():
    very = '<confidentialityCode code="R" codeSystem="2.16.840.1.113883.5.25"/>'
    normal = '<confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/>'
    converted = convert_document(
        document(section(concern(problem()), extra=very), section(allergies(allergy()), extra=normal))
    )
    assert only(converted, "Condition")["meta"]["security"][0]["code"] == "R"
    assert "meta" not in only(converted, "AllergyIntolerance")
    assert "meta" not in only(converted, "Patient")
