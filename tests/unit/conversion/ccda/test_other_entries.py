"""Procedures, encounters, plans, goals, notes, payers and care teams."""

from __future__ import annotations

import base64

import pytest

from tests.unit.conversion.ccda.documents import (
    LOINC,
    PATIENT,
    SNOMED,
    accept,
    by_url,
    codes,
    convert,
    convert_entry,
    document,
    issues,
    only,
    resources,
    section,
    template,
)

PERSON = '<assignedEntity><id root="2.16.840.1.113883.4.6" extension="2"/>{}<assignedPerson><name><family>P</family></name></assignedPerson></assignedEntity>'
AUTHOR = '<author><time value="{}"/><assignedAuthor><id root="2.16.840.1.113883.4.6" extension="1"/><assignedPerson><name><family>A</family></name></assignedPerson></assignedAuthor></author>'
PLACE = '<participant typeCode="LOC"><participantRole classCode="SDLOC"><code code="1160-1" codeSystem="2.16.840.1.113883.6.259"/><addr><city>B</city></addr><playingEntity><name>Clinic</name></playingEntity></participantRole></participant>'
PROBLEM = f'<observation classCode="OBS" moodCode="EVN">{template("4")}<id root="1.2" extension="o"/><code code="1"/><value xsi:type="CD" code="64109004" {SNOMED}/></observation>'


def statement(
    name, inside="", *, number="", mood="EVN", code=f'<code code="80146002" {SNOMED}/>', extra="", state="completed"
):
    templates = template(number) if number else ""
    return f'<{name} classCode="X" moodCode="{mood}" {extra}>{templates}<id root="1.2" extension="x"/>{code}<statusCode code="{state}"/>{inside}</{name}>'


def related(inside, kind="REFR"):
    return f'<entryRelationship typeCode="{kind}">{inside}</entryRelationship>'


# Procedures


def test_a_procedure_follows_the_guides_table():
    inside = f'<effectiveTime value="20120806"/><targetSiteCode code="3" {SNOMED}/>{AUTHOR.format("2013")}<performer>{PERSON.format("")}</performer>{PLACE}'
    converted = convert_entry(statement("procedure", inside, number="14"), code="47519-4")
    said = only(converted, "Procedure")
    assert (codes(said["code"]), said["status"], said["performedDateTime"]) == (["80146002"], "completed", "2012-08-06")
    assert codes(said["bodySite"][0]) == ["3"]
    assert by_url(converted, said["performer"][0]["actor"])["name"][0]["family"] == "P"
    assert by_url(converted, said["recorder"])["name"][0]["family"] == "A"
    place = by_url(converted, said["location"])
    assert (place["name"], place["address"]["city"], codes(place["type"][0])) == ("Clinic", "B", ["1160-1"])


def test_a_procedure_without_a_time_says_why_and_a_negated_one_was_not_done():
    said = only(
        convert_entry(statement("procedure", '<effectiveTime nullFlavor="ASKU"/>', extra='negationInd="true"')),
        "Procedure",
    )
    assert said["_performedDateTime"]["extension"][0]["valueCode"] == "asked-unknown"
    assert said["status"] == "not-done"


def test_an_act_with_words_only_is_a_procedure_with_them():
    said = only(
        convert_entry(statement("act", "<text>talked</text>", code='<code nullFlavor="NI"><originalText/></code>')),
        "Procedure",
    )
    assert said["code"] == {"text": "talked"}


def test_an_observation_that_is_a_procedure_is_an_observation():
    assert resources(convert_entry(statement("observation", number="13")), "Procedure") == []


def test_the_devices_of_a_procedure_are_kept_and_its_specimens_stand_alone():
    device = f'<participant typeCode="DEV"><participantRole>{template("37")}<id root="1.9" extension="d"/></participantRole></participant>'
    empty = '<participant typeCode="DEV"/><participant typeCode="DEV"><participantRole/></participant><participant typeCode="LOC"><participantRole/></participant><participant typeCode="LOC"/>'
    specimen = '<specimen><specimenRole><id root="1.2" extension="s"/></specimenRole></specimen>'
    converted = convert_entry(statement("procedure", device + empty + specimen))
    (used,) = only(converted, "Procedure")["focalDevice"]
    assert by_url(converted, used["manipulated"])["identifier"][0]["value"] == "d"
    assert len(resources(converted, "Specimen")) == 1


def test_a_procedure_in_an_observation_names_it_as_its_reason():
    converted = convert_entry(statement("observation", related(statement("procedure"))))
    assert by_url(converted, only(converted, "Procedure")["reasonReference"][0])["resourceType"] == "Observation"


def test_an_entry_that_only_refers_to_another_is_not_mapped():
    converted = convert_entry(statement("act", number="122", code='<code nullFlavor="NP"/>'))
    assert resources(converted, "Procedure") == []
    assert len(issues(converted, "not-mapped")) == 1


# Encounters


def visit(inside="", **more):
    return statement(
        "encounter",
        inside,
        **{
            "number": "49",
            "code": '<code code="99213" codeSystem="2.16.840.1.113883.6.12" displayName="visit"/>',
            **more,
        },
    )


def test_an_encounter_follows_the_guides_table():
    inside = f'<effectiveTime value="20120815"/><sdtc:dischargeDispositionCode code="01" codeSystem="2.16.840.1.113883.6.301.5"/><performer typeCode="ATND">{PERSON.format("")}</performer>{PLACE}'
    converted = convert_entry(visit(inside), code="46240-8")
    said = only(converted, "Encounter")
    assert (said["class"]["code"], said["status"], said["period"]) == ("AMB", "finished", {"start": "2012-08-15"})
    assert codes(said["type"][0]) == ["99213"]
    assert codes(said["hospitalization"]["dischargeDisposition"]) == ["01"]
    assert codes(said["participant"][0]["type"][0]) == ["ATND"]
    assert by_url(converted, said["location"][0]["location"])["name"] == "Clinic"


def test_the_class_is_a_code_of_act_code_wherever_it_stands_and_never_a_type():
    code = f'<code code="1" {SNOMED}><translation code="IMP" codeSystem="2.16.840.1.113883.5.4"/></code>'
    said = only(convert_entry(visit(code=code)), "Encounter")
    assert said["class"]["code"] == "IMP"
    assert codes(said["type"][0]) == ["1"]
    said = only(convert_entry(visit(code=f'<code code="1" {SNOMED}/>')), "Encounter")
    assert said["class"]["extension"][0]["valueCode"] == "unknown"
    said = only(convert_entry(visit(code='<code code="99999" codeSystem="2.16.840.1.113883.6.12"/>')), "Encounter")
    assert "code" not in said["class"]


@pytest.mark.parametrize(
    ("state", "time", "said"),
    [
        ("completed", "", "finished"),
        ("active", '<effectiveTime><low value="2012"/></effectiveTime>', "in-progress"),
        ("active", '<effectiveTime><low value="2012"/><high value="2013"/></effectiveTime>', "finished"),
        ("cancelled", '<effectiveTime value="2012"/>', "cancelled"),
        ("x", "", "unknown"),
    ],
)
def test_the_time_decides_on_the_status_unless_it_is_cancelled(state, time, said):
    assert only(convert_entry(visit(time, state=state)), "Encounter")["status"] == said


def test_a_planned_encounter_is_planned():
    assert only(convert_entry(visit(mood="INT", number="40")), "Encounter")["status"] == "planned"


def test_a_diagnosis_in_an_encounter_belongs_to_it():
    diagnosis = related(
        f'<act classCode="ACT" moodCode="EVN">{template("80")}<code code="29308-4" {LOINC}/>{related(PROBLEM, "SUBJ")}</act>',
        "COMP",
    )
    comment = related(
        f'<act classCode="ACT" moodCode="EVN"><code code="48767-8" {LOINC}/><text>late</text></act>', "SUBJ"
    )
    converted = convert_entry(visit(diagnosis + comment), code="46240-8")
    said, condition = only(converted, "Encounter"), only(converted, "Condition")
    assert by_url(converted, said["diagnosis"][0]["condition"]) == condition
    assert by_url(converted, condition["encounter"]) == said
    assert codes(condition["category"][0]) == ["encounter-diagnosis"]
    assert said["reasonCode"] == [{"text": "late"}]


def test_the_same_visit_in_header_and_body_is_one_encounter():
    header = (
        PATIENT
        + '<componentOf><encompassingEncounter><id root="1.2" extension="x"/><effectiveTime><low value="20120815"/></effectiveTime><location><healthCareFacility><id root="1.4" extension="f"/></healthCareFacility></location></encompassingEncounter></componentOf>'
    )
    converted = convert(document(section(visit('<effectiveTime value="2012"/>')), header=header))
    accept(converted)
    said = only(converted, "Encounter")
    assert said["period"] == {"start": "2012-08-15"}
    assert codes(said["type"][0]) == ["99213"]
    assert by_url(converted, only(converted, "Composition")["encounter"]) == said


def test_the_same_number_of_another_system_is_another_visit():
    header = (
        PATIENT
        + '<componentOf><encompassingEncounter><id root="1.2.9" extension="x"/><effectiveTime value="2012"/></encompassingEncounter></componentOf>'
    )
    assert len(resources(convert(document(section(visit()), header=header)), "Encounter")) == 2


# Plans and goals


@pytest.mark.parametrize(("name", "number"), [("act", "39"), ("observation", "44"), ("procedure", "41"), ("act", "20")])
def test_what_is_planned_is_a_request(name, number):
    inside = f'<effectiveTime value="2013"/><priorityCode code="UR" codeSystem="2.16.840.1.113883.5.7"/>{AUTHOR.format("2012")}'
    said = only(convert_entry(statement(name, inside, number=number, mood="RQO", state="active")), "ServiceRequest")
    assert (said["status"], said["intent"], said["priority"]) == ("active", "order", "urgent")
    assert (codes(said["code"]), said["occurrenceDateTime"], said["authoredOn"]) == (["80146002"], "2013", "2012")
    assert "doNotPerform" not in said


def test_a_planned_thing_without_a_code_is_its_words_and_its_value_a_detail():
    text = f'<text>rest</text><value xsi:type="CD" code="2" {SNOMED}/>'
    said = only(
        convert_entry(
            statement("observation", text, mood="INT", code='<code nullFlavor="NI"/>', extra='negationInd="true"')
        ),
        "ServiceRequest",
    )
    assert said["code"] == {"text": "rest"}
    assert codes(said["orderDetail"][0]) == ["2"]
    assert said["doNotPerform"] is True


def test_a_goal_has_a_target_and_what_came_of_it():
    progress = related(statement("observation", number="110"))
    inside = f'<effectiveTime><low value="20130902"/><high value="2014"/></effectiveTime><value xsi:type="PQ" value="150" unit="[lb_av]"/>{AUTHOR.format("2013")}{progress}'
    converted = convert_entry(statement("observation", inside, number="121", mood="GOL", state="active"))
    said = only(converted, "Goal")
    assert (said["lifecycleStatus"], said["startDate"]) == ("active", "2013-09-02")
    (target,) = said["target"]
    assert (target["detailQuantity"]["value"].text, target["dueDate"], codes(target["measure"])) == (
        "150",
        "2014",
        ["80146002"],
    )
    assert by_url(converted, said["outcomeReference"][0])["resourceType"] == "Observation"
    assert by_url(converted, said["expressedBy"])["name"][0]["family"] == "A"


def test_a_goal_in_words_is_its_description():
    inside = '<value xsi:type="ST">walk more</value>'
    said = only(convert_entry(statement("observation", inside, mood="GOL", code='<code nullFlavor="NI"/>')), "Goal")
    assert said["description"] == {"text": "walk more"}
    assert said["target"][0]["measure"] == {"text": "walk more"}


def test_a_goal_in_a_problem_addresses_it():
    concern = f'<act classCode="ACT" moodCode="EVN">{template("3")}<code code="CONC"/>{related(PROBLEM, "SUBJ")}{related(statement("observation", mood="GOL"))}</act>'
    converted = convert_entry(concern)
    assert by_url(converted, only(converted, "Goal")["addresses"][0])["resourceType"] == "Condition"


# Notes

NOTE = f'<code code="34109-9" {LOINC}><translation code="11488-4" {LOINC}/></code>'


def note(text, code=NOTE):
    return statement("act", text + AUTHOR.format("20160908083215-0500"), number="202", code=code)


def test_a_note_in_the_narrative_is_attached_as_a_page():
    converted = convert_entry(
        note('<text><reference value="#n"/></text>'), text='<paragraph ID="n">Dear <content>Dr.</content></paragraph>'
    )
    said = only(converted, "DocumentReference")
    assert codes(said["type"]) == ["11488-4"]
    assert said["date"] == "2016-09-08T08:32:15-05:00"
    attached = said["content"][0]["attachment"]
    assert attached["contentType"] == "application/xhtml+xml"
    assert (
        base64.b64decode(attached["data"]).decode()
        == '<div xmlns="http://www.w3.org/1999/xhtml">Dear <span>Dr.</span></div>'
    )


def test_a_note_of_bytes_words_or_an_address_is_attached_as_it_is():
    packed = only(
        convert_entry(
            note(
                '<text mediaType="application/rtf" representation="B64">aGk=</text>',
                code=f'<code code="34109-9" {LOINC}/>',
            )
        ),
        "DocumentReference",
    )
    assert packed["content"][0]["attachment"] == {"contentType": "application/rtf", "data": "aGk="}
    assert codes(packed["type"]) == ["34109-9"]
    words = only(convert_entry(note("<text>hello</text>")), "DocumentReference")
    assert words["content"][0]["attachment"] == {"contentType": "text/plain", "data": "aGVsbG8="}
    address = only(
        convert_entry(note('<text mediaType="application/pdf"><reference value="a.pdf"/></text>')), "DocumentReference"
    )
    assert address["content"][0]["attachment"] == {"contentType": "application/pdf", "url": "a.pdf"}


@pytest.mark.parametrize(
    "text", ["", "<text/>", '<text representation="B64">!</text>', '<text><reference value="#gone"/></text>']
)
def test_a_note_that_cannot_be_read_is_not_mapped(text):
    converted = convert_entry(note(text))
    assert resources(converted, "DocumentReference") == []
    assert len(issues(converted, "not-mapped")) == 1


# Payers


def policy(inside="", payer="<representedOrganization><name>Payer</name></representedOrganization>"):
    return (
        f'<act classCode="ACT" moodCode="EVN">{template("61")}<id root="1.2" extension="p"/><code code="SELF" codeSystem="2.16.840.1.113883.5.110"/>'
        f'<statusCode code="completed"/><performer typeCode="PRF">{template("87")}<assignedEntity><id root="1.3" extension="payer"/>{payer}</assignedEntity></performer>{inside}</act>'
    )


def coverage(*policies):
    return f'<act classCode="ACT" moodCode="EVN">{template("60")}<id root="1.2" extension="c"/><code code="48768-6" {LOINC}/><statusCode code="completed"/>{"".join(related(text, "COMP") for text in policies)}</act>'


def test_a_policy_is_a_coverage():
    covered = '<participant typeCode="COV"><time><low value="2011"/><high value="2012"/></time><participantRole><id root="1.5" extension="member1"/><code code="SUBSCR" codeSystem="2.16.840.1.113883.5.111"/></participantRole></participant>'
    holder = '<participant typeCode="HLD"><participantRole><id root="1.6" extension="holder"/></participantRole></participant>'
    plan = related(statement("act", "<text>Plan A</text>", mood="DEF"))
    nothing = related('<act classCode="ACT" moodCode="DEF"><code code="1"/></act>')
    converted = convert_entry(coverage(policy(covered + holder + plan + nothing)), code="48768-6")
    said = only(converted, "Coverage")
    assert (said["subscriberId"], said["period"], codes(said["relationship"])) == (
        "member1",
        {"start": "2011", "end": "2012"},
        ["SUBSCR"],
    )
    assert by_url(converted, said["payor"][0])["name"] == "Payer"
    assert by_url(converted, said["policyHolder"])["identifier"][0]["value"] == "holder"
    assert said["class"] == [
        {
            "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/coverage-class", "code": "plan"}]},
            "value": "x",
            "name": "Plan A",
        }
    ]


def test_a_payer_may_be_known_by_an_identifier_only_or_not_at_all():
    converted = convert_entry(policy(payer=""))
    assert by_url(converted, only(converted, "Coverage")["payor"][0])["identifier"][0]["value"] == "payer"
    bare = f'<act classCode="ACT" moodCode="EVN">{template("61")}<code code="1"/></act>'
    assert only(convert_entry(bare), "Coverage")["payor"] == [{"display": "not named"}]
    just = policy().replace('<id root="1.3" extension="payer"/>', "")
    converted = convert_entry(just)
    assert by_url(converted, only(converted, "Coverage")["payor"][0])["name"] == "Payer"


def test_a_coverage_without_a_policy_is_not_mapped():
    assert len(issues(convert_entry(coverage()), "not-mapped")) == 1


# Care teams


def test_a_care_team_has_its_members_with_their_functions():
    member = (
        f'<act classCode="PCPR" moodCode="EVN">{template("500.1")}<id root="1.2" extension="m"/><code code="85847-2" {LOINC}/><statusCode code="active"/>'
        f'<effectiveTime><low value="2018"/></effectiveTime><performer typeCode="PRF"><sdtc:functionCode code="PCP" codeSystem="2.16.840.1.113883.5.88"/>{PERSON.format("")}</performer></act>'
    )
    team = f'<organizer classCode="CLUSTER" moodCode="EVN">{template("500")}<code code="86744-0" {LOINC}/><statusCode code="active"/><effectiveTime><low value="2018"/></effectiveTime><component>{member}</component></organizer>'
    converted = convert_entry(team)
    said = only(converted, "CareTeam")
    assert said["status"] == "active"
    (one,) = said["participant"]
    assert by_url(converted, one["member"])["name"][0]["family"] == "P"
    assert codes(one["role"][0]) == ["PCP"]
    assert one["period"] == {"start": "2018"}
