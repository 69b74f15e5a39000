"""The patient, who took part, the Composition and its narratives."""

from __future__ import annotations

import pytest
from lxml import etree

from medshare.conversion import Identifier
from medshare.conversion.ccda import Ccda
from medshare.conversion.ccda.narrative import as_narrative, as_xhtml
from tests.unit.conversion.ccda.documents import (
    LOINC,
    NAMES,
    PATIENT,
    accept,
    by_url,
    codes,
    convert,
    document,
    issues,
    only,
    resources,
    section,
)


def patient(role="", person="", ids='<id root="1.2.3" extension="p1"/>'):
    header = f"<recordTarget><patientRole>{ids}{role}<patient>{person}</patient></patientRole></recordTarget>"
    converted = convert(document(section(), header=header))
    accept(converted)
    return converted


def converted_with(header, **more):
    converted = convert(document(section(), header=PATIENT + header, **more))
    accept(converted)
    return converted


def extension(said, name):
    return next(item for item in said["extension"] if item["url"].endswith(name))


def test_the_format_names_itself_and_the_patients_identifiers():
    assert Ccda().name == "ccda"
    ids = '<id root="2.16.840.1.113883.4.1" extension="111-00-2330"/><id root="1.2.3"/><id nullFlavor="UNK"/>'
    assert patient(ids=ids).patient == (
        Identifier("http://hl7.org/fhir/sid/us-ssn", "111-00-2330"),
        Identifier("urn:ietf:rfc:3986", "urn:oid:1.2.3"),
    )
    assert patient(ids='<id nullFlavor="UNK"/>').patient == ()


def test_a_patient_follows_the_guides_table():
    role = '<addr use="HP"><city>B</city></addr><telecom value="tel:1"/>'
    person = (
        '<name use="L"><given>Myra</given><family>Jones</family></name><administrativeGenderCode code="F"/><birthTime value="19470501"/>'
        '<sdtc:deceasedInd value="false"/><maritalStatusCode code="M" codeSystem="2.16.840.1.113883.5.2"/>'
        '<religiousAffiliationCode code="1013" codeSystem="2.16.840.1.113883.5.1076"/>'
        '<raceCode code="2106-3" codeSystem="2.16.840.1.113883.6.238" displayName="White"/><sdtc:raceCode code="2108-9" codeSystem="2.16.840.1.113883.6.238" displayName="European"/>'
        '<ethnicGroupCode code="2186-5" codeSystem="2.16.840.1.113883.6.238"/>'
        '<guardian><code code="POWATT" codeSystem="2.16.840.1.113883.5.111"/><guardianPerson><name><family>G</family></name></guardianPerson></guardian><guardian/>'
        "<birthplace><place><addr><city>C</city></addr></place></birthplace>"
        '<languageCommunication><languageCode code="en"/><modeCode code="ESP" codeSystem="2.16.840.1.113883.5.60"/><preferenceInd value="true"/></languageCommunication><languageCommunication/>'
    )  # fmt: skip
    said = only(patient(role + "<providerOrganization><name>Org</name></providerOrganization>", person), "Patient")
    assert said["name"] == [{"use": "usual", "family": "Jones", "given": ["Myra"]}]
    assert (said["gender"], said["birthDate"], said["deceasedBoolean"]) == ("female", "1947-05-01", False)
    race = extension(said, "us-core-race")["extension"]
    assert [part["url"] for part in race] == ["ombCategory", "detailed", "text"]
    assert race[-1]["valueString"] == "White, European"
    assert extension(said, "us-core-ethnicity")["extension"][-1]["valueString"] == "2186-5"
    assert codes(extension(said, "patient-religion")["valueCodeableConcept"]) == ["1013"]
    assert extension(said, "patient-birthPlace")["valueAddress"] == {"city": "C"}
    (guardian,) = said["contact"]
    assert [codes(item) for item in guardian["relationship"]] == [["GUARD"], ["POWATT"]]
    (language,) = said["communication"]
    assert (codes(language["language"]), language["preferred"]) == (["en"], True)
    assert "managingOrganization" in said


def test_a_time_of_birth_or_death_is_kept():
    person = '<birthTime value="194705011430-0500"/><sdtc:deceasedTime value="2015"/><administrativeGenderCode nullFlavor="UNK"/>'
    said = only(patient(person=person), "Patient")
    assert said["birthDate"] == "1947-05-01"
    assert said["_birthDate"]["extension"][0]["valueDateTime"] == "1947-05-01T14:30:00-05:00"
    assert (said["deceasedDateTime"], said["gender"]) == ("2015", "unknown")


def test_an_unknown_birth_date_says_why_and_an_unknown_race_has_a_text():
    said = only(patient(person='<birthTime nullFlavor="MSK"/><raceCode nullFlavor="UNK"/>'), "Patient")
    assert said["_birthDate"]["extension"][0]["valueCode"] == "masked"
    assert extension(said, "us-core-race")["extension"] == [{"url": "text", "valueString": "Unknown"}]


# Who took part

ROLE = '<id root="2.16.840.1.113883.4.6" extension="{0}"/><assignedPerson><name><family>{0}</family></name></assignedPerson>'
ENTITY = f"<assignedEntity>{ROLE}</assignedEntity>"


def test_every_participant_of_the_header_is_counted_and_said():
    header = (
        f"<author><time value=\"2012\"/><assignedAuthor>{ROLE.format('au')}<code code=\"1\" {LOINC}/></assignedAuthor></author>"
        f"<dataEnterer>{ENTITY.format('en')}</dataEnterer><informant>{ENTITY.format('in')}</informant>"
        '<informant><relatedEntity classCode="PRS"><code code="SPS" codeSystem="2.16.840.1.113883.5.111"/><relatedPerson><name><family>Wife</family></name></relatedPerson></relatedEntity></informant>'
        '<custodian><assignedCustodian><representedCustodianOrganization><id root="1.7"/><name>Keeper</name></representedCustodianOrganization></assignedCustodian></custodian>'
        '<informationRecipient typeCode="PRCP"><intendedRecipient><informationRecipient><name><family>Re</family></name></informationRecipient><receivedOrganization><name>To</name></receivedOrganization></intendedRecipient></informationRecipient>'
        f"<legalAuthenticator><time value=\"2012\"/><signatureCode code=\"S\"/>{ENTITY.format('la')}</legalAuthenticator><authenticator><time value=\"2013\"/>{ENTITY.format('ac')}</authenticator>"
        '<participant typeCode="IND"><associatedEntity classCode="NOK"><associatedPerson><name><family>Kin</family></name></associatedPerson></associatedEntity></participant>'
        '<participant typeCode="CALLBCK"><associatedEntity classCode="ASSIGNED"><id root="1.8" extension="cb"/><scopingOrganization><name>Desk</name></scopingOrganization></associatedEntity></participant>'
        '<inFulfillmentOf><order><id root="1.9" extension="ord"/></order></inFulfillmentOf>'
        f"<documentationOf><serviceEvent classCode=\"PCPR\"><effectiveTime><low value=\"2012\"/></effectiveTime><performer>{ENTITY.format('pf')}</performer></serviceEvent></documentationOf>"
        '<relatedDocument typeCode="RPLC"><parentDocument><id root="1.10" extension="old"/></parentDocument></relatedDocument>'
        f"<componentOf><encompassingEncounter><effectiveTime value=\"2012\"/><responsibleParty>{ENTITY.format('rp')}</responsibleParty><encounterParticipant typeCode=\"ATND\">{ENTITY.format('ep')}</encounterParticipant></encompassingEncounter></componentOf>"
    )  # fmt: skip
    converted = converted_with('<effectiveTime value="20120806101010-0500"/>' + header)
    assert converted.coverage.elements == converted.coverage.mapped == 15
    composition = only(converted, "Composition")
    assert by_url(converted, composition["author"][0])["resourceType"] == "PractitionerRole"
    assert by_url(converted, composition["custodian"])["name"] == "Keeper"
    assert [item["mode"] for item in composition["attester"]] == ["legal", "professional"]
    assert composition["relatesTo"] == [
        {"code": "replaces", "targetIdentifier": {"system": "urn:oid:1.10", "value": "old"}}
    ]
    assert composition["event"][0]["period"] == {"start": "2012"}
    assert by_url(converted, composition["event"][1]["detail"][0])["identifier"][0]["value"] == "ord"
    provenance = only(converted, "Provenance")
    assert [codes(agent["type"]) for agent in provenance["agent"]] == [
        ["enterer"], ["informant"], ["informant"], ["PRCP"], ["IND"], ["CALLBCK"], ["performer"],
    ]  # fmt: skip
    assert provenance["recorded"] == "2012-08-06T10:10:10-05:00"
    kin = next(item for item in resources(converted, "RelatedPerson") if item["name"][0]["family"] == "Kin")
    assert codes(kin["relationship"][0]) == ["NOK"]
    assert len(only(converted, "Encounter")["participant"]) == 2


@pytest.mark.parametrize(
    "header",
    [
        "<author/>", "<custodian/>", "<dataEnterer/>", "<informant/>", "<informant><relatedEntity/></informant>",
        "<participant/>", '<participant><associatedEntity classCode="NOK"/></participant>', "<legalAuthenticator/>",
        "<inFulfillmentOf/>", "<inFulfillmentOf><order/></inFulfillmentOf>", "<documentationOf/>", "<componentOf/>",
        '<relatedDocument typeCode="X"/>', "<authorization><consent/></authorization>", "<informationRecipient/>",
    ],
)  # fmt: skip
def test_a_participant_that_names_nobody_is_not_mapped(header):
    converted = converted_with(header)
    assert converted.coverage.elements - converted.coverage.mapped == 1
    assert len(issues(converted, "not-mapped")) == 1


def test_the_author_who_is_the_patient_is_the_patient():
    converted = converted_with('<author><assignedAuthor><id root="1.2.3" extension="p1"/></assignedAuthor></author>')
    assert by_url(converted, only(converted, "Composition")["author"][0])["resourceType"] == "Patient"
    assert resources(converted, "Practitioner") == []


def test_a_device_and_an_organization_may_be_authors():
    device = '<author><assignedAuthor><id root="1.4"/><assignedAuthoringDevice><softwareName>EHR</softwareName></assignedAuthoringDevice><representedOrganization><name>O</name></representedOrganization></assignedAuthor></author>'
    organization = '<author><assignedAuthor><representedOrganization><telecom value="tel:1"/><standardIndustryClassCode code="1"/></representedOrganization></assignedAuthor></author>'
    converted = converted_with(device + organization)
    first, second = (by_url(converted, item) for item in only(converted, "Composition")["author"])
    assert first["deviceName"] == [{"name": "EHR", "type": "other"}]
    assert (second["resourceType"], second["name"]) == ("Organization", "unnamed organization")


def test_an_organization_is_never_at_home():
    keeper = '<representedCustodianOrganization><name>K</name><telecom value="tel:1" use="HP"/><addr use="WP"><city>B</city></addr></representedCustodianOrganization>'
    said = only(
        converted_with(f"<custodian><assignedCustodian>{keeper}</assignedCustodian></custodian>"), "Organization"
    )
    assert said["telecom"] == [{"system": "phone", "value": "1"}]
    assert said["address"][0]["use"] == "work"


@pytest.mark.parametrize(("code", "tag"), [("eng", "en"), ("en-US", "en-US"), ("hmn", "hmn"), ("chi-TW", "zh-TW")])
def test_a_language_is_told_by_the_shortest_tag(code, tag):
    assert only(converted_with(f'<languageCode code="{code}"/>'), "Composition")["language"] == tag


def test_the_same_person_twice_is_there_once():
    converted = converted_with(
        f"<dataEnterer>{ENTITY.format('x')}</dataEnterer><informant>{ENTITY.format('x')}</informant>"
    )
    assert len(resources(converted, "Practitioner")) == 1


# The Composition


def test_a_composition_has_what_the_header_says():
    header = f'<id root="1.2.9" extension="d1"/><code code="34133-9" {LOINC}/><title>Summary</title><effectiveTime value="20120806"/><confidentialityCode code="V" codeSystem="2.16.840.1.113883.5.25"/><languageCode code="en-US"/>'
    converted = converted_with(header)
    said = only(converted, "Composition")
    assert (said["title"], said["date"], said["confidentiality"], said["language"]) == (
        "Summary",
        "2012-08-06",
        "V",
        "en-US",
    )
    assert said["identifier"] == {"system": "urn:oid:1.2.9", "value": "d1"}
    assert codes(said["type"]) == ["34133-9"]
    assert {entry["resource"]["meta"]["security"][0]["code"] for entry in converted.entries} == {"V"}


def test_a_composition_without_a_date_or_an_author_says_so():
    said = only(converted_with('<effectiveTime nullFlavor="UNK"/>'), "Composition")
    assert said["_date"]["extension"][0]["valueCode"] == "unknown"
    assert said["author"] == [{"display": "not named"}]


def test_sections_keep_their_narratives_their_nesting_and_say_why_they_are_empty():
    inner = "<component><section><title>Inner</title><text>inside</text></section></component>"
    empty = section(text="none known").replace("<section>", '<section nullFlavor="NI">')
    converted = convert(document(section(text="<paragraph>outside</paragraph>", extra=inner), empty))
    accept(converted)
    outer, none = only(converted, "Composition")["section"]
    assert outer["text"]["div"] == '<div xmlns="http://www.w3.org/1999/xhtml"><p>outside</p></div>'
    assert outer["section"][0]["title"] == "Inner"
    assert codes(none["emptyReason"]) == ["unavailable"]
    assert "emptyReason" not in outer


def test_a_section_that_says_nothing_is_left_out():
    assert "section" not in only(convert(document(section())), "Composition")


def test_an_entry_without_a_statement_is_not_mapped_and_an_empty_one_holds_nothing():
    odd = section('<observationMedia classCode="OBS"><value mediaType="image/png">x</value></observationMedia>')
    converted = convert(document(odd))
    assert (converted.coverage.elements, converted.coverage.mapped) == (2, 1)
    assert convert(document(section(""))).coverage.elements == 1


@pytest.mark.parametrize(
    "body",
    [
        '<nonXMLBody><text mediaType="application/pdf" representation="B64">aGk=</text></nonXMLBody>',
        "<nonXMLBody><text>words</text></nonXMLBody>",
    ],
)
def test_an_unstructured_body_is_a_document_reference(body):
    converted = convert(document(body=body))
    accept(converted)
    composition, attached = only(converted, "Composition"), only(converted, "DocumentReference")
    assert by_url(converted, composition["section"][0]["entry"][0]) == attached
    assert converted.coverage.mapped == converted.coverage.elements == 2


# Narratives


def narrative(inside):
    return (
        as_xhtml(etree.fromstring(f"<text {NAMES}>{inside}</text>"))
        .removeprefix('<div xmlns="http://www.w3.org/1999/xhtml">')
        .removesuffix("</div>")
    )


@pytest.mark.parametrize(
    ("cda", "xhtml"),
    [
        ("plain &lt;b&gt; &amp;", "plain &lt;b&gt; &amp;"),
        ("<paragraph>a<br/>b</paragraph>", "<p>a<br/>b</p>"),
        ('<content styleCode="Bold" ID="x">a</content> tail', "<span>a</span> tail"),
        ("<list><item>a</item><item>b</item></list>", "<ul><li>a</li><li>b</li></ul>"),
        ('<list listType="ordered"><caption>C</caption><item>a</item></list>', "<b>C</b><ol><li>a</li></ol>"),
        ("a<list/>", "a"),
        ("<paragraph><caption>C</caption>a</paragraph>", "<p><b>C</b>a</p>"),
        ('<table border="1" onclick="x()"> <caption>C</caption><tbody><tr><td colspan="2" styleCode="x">a</td><td colspan="javascript:1">b</td></tr></tbody> </table>',
         '<table><caption>C</caption><tbody><tr><td colspan="2">a</td><td>b</td></tr></tbody></table>'),
        ('<linkHtml href="javascript:alert(1)">a</linkHtml>', "<span>a</span>"),
        ("<script>alert(1)</script>", "alert(1)"),
        ('<renderMultiMedia referencedObject="x"/>a', "<span></span>a"),
        ("H<sub>2</sub>O", "H<sub>2</sub>O"),
    ],
)  # fmt: skip
def test_a_narrative_has_only_what_fhir_allows(cda, xhtml):
    assert narrative(cda) == xhtml


@pytest.mark.parametrize("inside", ["", " \n ", "<table><tr><td/></tr></table>", "<br/>"])
def test_a_narrative_without_words_is_none(inside):
    assert as_narrative(etree.fromstring(f"<text {NAMES}>{inside}</text>")) is None


def test_no_narrative_is_none():
    assert as_narrative(None) is None
