"""Medications, dispenses, immunisations and supplies."""

from __future__ import annotations

import pytest

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

RXNORM = 'codeSystem="2.16.840.1.113883.6.88"'
DRUG = "<{0}><manufacturedProduct>{1}<manufacturedMaterial>{2}</manufacturedMaterial>{3}</manufacturedProduct></{0}>"
ALBUTEROL = f'<code code="252298" {RXNORM} displayName="albuterol"/>'
PERFORMER = '<performer><assignedEntity><id root="2.16.840.1.113883.4.6" extension="2"/><assignedPerson><name><family>P</family></name></assignedPerson></assignedEntity></performer>'
AUTHOR = '<author><time value="2014"/><assignedAuthor><id root="2.16.840.1.113883.4.6" extension="1"/></assignedAuthor></author>'
PHARMACY = "<performer><assignedEntity><representedOrganization><name>Pharmacy</name></representedOrganization></assignedEntity></performer>"


def related(inside, kind="REFR", extra=""):
    return f'<entryRelationship typeCode="{kind}" {extra}>{inside}</entryRelationship>'


def medication(inside="", *, mood="EVN", drug=ALBUTEROL, maker="", negated="", number="16", state="active"):
    return (
        f'<substanceAdministration classCode="SBADM" moodCode="{mood}" {negated}>{template(number)}<id root="1.2" extension="m"/>'
        f'<statusCode code="{state}"/>{DRUG.format("consumable", "", drug, maker)}{inside}</substanceAdministration>'
    )


def request(inside="", **more):
    return only(convert_entry(medication(inside, **more), code="10160-0"), "MedicationRequest")


@pytest.mark.parametrize(("mood", "intent"), [("EVN", "plan"), ("INT", "order")])
def test_a_medication_is_a_request_with_the_intent_of_its_mood(mood, intent):
    said = request(mood=mood)
    assert (said["intent"], said["status"]) == (intent, "active")
    assert codes(said["medicationCodeableConcept"]) == ["252298"]
    assert "doNotPerform" not in said


def test_a_medication_that_is_not_to_be_taken_says_so():
    assert request(negated='negationInd="true"')["doNotPerform"] is True


@pytest.mark.parametrize(
    ("state", "status"),
    [("completed", "completed"), ("aborted", "stopped"), ("suspended", "on-hold"), ("x", "unknown")],
)
def test_the_status_follows_the_guides_map(state, status):
    assert request(state=state)["status"] == status


def test_doses_rates_and_sites_keep_their_numbers_and_units():
    (dosage,) = request(
        f'<effectiveTime xsi:type="IVL_TS"><low value="20120806"/></effectiveTime>'
        f'<effectiveTime xsi:type="PIVL_TS" operator="A"><period value="6" unit="h"/></effectiveTime>'
        f'<routeCode code="C38216" codeSystem="2.16.840.1.113883.3.26.1.1"/><approachSiteCode code="1" {SNOMED}/>'
        '<doseQuantity value="1.10" unit="mg"/><rateQuantity><low value="1" unit="mL/h"/><high value="2" unit="mL/h"/></rateQuantity>'
        '<maxDoseQuantity><numerator value="6" unit="mg"/><denominator value="1" unit="d"/></maxDoseQuantity>'
    )["dosageInstruction"]
    assert dosage["timing"]["repeat"]["boundsPeriod"] == {"start": "2012-08-06"}
    assert dosage["timing"]["repeat"]["period"].text == "6"
    (amount,) = dosage["doseAndRate"]
    assert amount["doseQuantity"]["value"].text == "1.10"
    assert amount["rateRange"]["high"]["code"] == "mL/h"
    assert dosage["maxDosePerPeriod"]["denominator"]["code"] == "d"
    assert dosage["route"]["coding"][0]["system"] == "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl"
    assert codes(dosage["site"]) == ["1"]


def test_free_text_and_instructions_are_kept():
    sig = related(
        f'<substanceAdministration classCode="SBADM" moodCode="EVN"><code code="76662-6" {LOINC}/><text>one a day</text>{DRUG.format("consumable", "", "", "")}</substanceAdministration>',
        "COMP",
    )
    told = related(
        f'<act classCode="ACT" moodCode="INT">{template("20")}<code code="2" {SNOMED}/><text>with food</text></act>',
        "SUBJ",
    )
    empty = related(f'<act classCode="ACT" moodCode="INT">{template("20")}<code nullFlavor="UNK"/></act>', "SUBJ")
    (dosage,) = request(sig + told + empty)["dosageInstruction"]
    assert dosage["text"] == "one a day"
    assert (codes(dosage["additionalInstruction"][0]), dosage["additionalInstruction"][0]["text"]) == (
        ["2"],
        "with food",
    )
    (dosage,) = request("<text>as told</text>")["dosageInstruction"]
    assert dosage["text"] == "as told"


def test_what_is_taken_when_needed_says_for_what():
    needed = f'<precondition><criterion><code code="ASSERTION"/><value xsi:type="CD" code="56018004" {SNOMED}/></criterion></precondition>'
    assert codes(request(needed)["dosageInstruction"][0]["asNeededCodeableConcept"]) == ["56018004"]
    assert request("<precondition/>")["dosageInstruction"][0]["asNeededBoolean"] is True
    assert "dosageInstruction" not in request()


def test_form_maker_and_vehicle_make_a_medication():
    vehicle = f'<participant typeCode="CSM"><participantRole><code code="412307009" {SNOMED}/><playingEntity><code code="324049" {RXNORM}/><name>Aerosol</name></playingEntity></participantRole></participant>'
    form = '<administrationUnitCode code="C42944" codeSystem="2.16.840.1.113883.3.26.1.1"/>'
    maker = "<manufacturerOrganization><name>Maker</name></manufacturerOrganization>"
    converted = convert_entry(
        medication(vehicle + form, maker=maker, drug=ALBUTEROL + "<lotNumberText>7</lotNumberText>")
    )
    said = by_url(converted, only(converted, "MedicationRequest")["medicationReference"])
    assert codes(said["code"]) == ["252298"]
    assert codes(said["form"]) == ["C42944"]
    assert said["ingredient"] == [
        {
            "itemCodeableConcept": {
                "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "324049"}],
                "text": "Aerosol",
            },
            "isActive": False,
        }
    ]
    assert said["batch"] == {"lotNumber": "7"}
    assert by_url(converted, said["manufacturer"])["name"] == "Maker"
    assert issues(converted, "element-not-mapped") == []


def test_a_drug_that_is_only_named_is_text_and_without_one_the_reason_is_given():
    assert request(drug='<code nullFlavor="OTH"/><name>Tonic</name>')["medicationCodeableConcept"] == {"text": "Tonic"}
    assert "extension" in request(drug='<code nullFlavor="UNK"/>')["medicationCodeableConcept"]


def test_who_asked_and_why_are_kept():
    why = related(
        f'<observation classCode="OBS" moodCode="EVN">{template("19")}<code code="1" {SNOMED}/><value xsi:type="CD" code="233604007" {SNOMED}/></observation>',
        "RSON",
    )
    converted = convert_entry(medication(AUTHOR + PERFORMER + why))
    said = only(converted, "MedicationRequest")
    assert by_url(converted, said["requester"])["identifier"][0]["value"] == "1"
    assert by_url(converted, said["performer"])["identifier"][0]["value"] == "2"
    assert [codes(item) for item in said["reasonCode"]] == [["233604007"]]
    assert said["authoredOn"] == "2014"
    alone = convert_entry(medication(PERFORMER))
    assert by_url(alone, only(alone, "MedicationRequest")["requester"])["identifier"][0]["value"] == "2"


def supply(inside="", *, mood="INT", number="17", drug=""):
    return f'<supply classCode="SPLY" moodCode="{mood}">{template(number)}<id root="1.2" extension="s"/><statusCode code="completed"/>{inside}{drug}</supply>'


def test_a_supply_order_is_the_dispense_request_with_one_repeat_less():
    order = (
        '<effectiveTime><low value="2012"/><high value="2013"/></effectiveTime><repeatNumber value="3"/><quantity value="75"/>'
        + PHARMACY
    )
    converted = convert_entry(medication(related(supply(order))))
    said = only(converted, "MedicationRequest")["dispenseRequest"]
    assert said["numberOfRepeatsAllowed"] == 2
    assert said["quantity"]["value"].text == "75"
    assert said["validityPeriod"] == {"start": "2012", "end": "2013"}
    assert by_url(converted, said["performer"])["name"] == "Pharmacy"


def test_a_second_supply_order_is_a_request_of_its_own():
    converted = convert_entry(medication(related(supply()) + related(supply('<repeatNumber value="x"/>' + PERFORMER))))
    assert len(resources(converted, "MedicationRequest")) == 2


def test_a_dispense_names_its_prescription_and_its_drug():
    given = '<effectiveTime value="20120815"/><quantity value="30"/>' + PHARMACY
    converted = convert_entry(medication(related(supply(given, mood="EVN", number="18"))))
    said = only(converted, "MedicationDispense")
    assert by_url(converted, said["authorizingPrescription"][0])["resourceType"] == "MedicationRequest"
    assert codes(said["medicationCodeableConcept"]) == ["252298"]
    assert (said["status"], said["whenHandedOver"]) == ("completed", "2012-08-15")


def test_orders_and_dispenses_stand_alone_too():
    drug = DRUG.format("product", "", ALBUTEROL, "")
    assert codes(only(convert_entry(supply(drug=drug)), "MedicationRequest")["medicationCodeableConcept"]) == ["252298"]
    said = only(convert_entry(supply(mood="EVN", number="18", drug=drug)), "MedicationDispense")
    assert "authorizingPrescription" not in said
    nothing = only(convert_entry(supply(mood="EVN", number="18")), "MedicationDispense")
    assert "extension" in nothing["medicationCodeableConcept"]
    label = drug.replace("manufacturedMaterial", "manufacturedLabeledDrug")
    assert codes(only(convert_entry(supply(drug=label)), "MedicationRequest")["medicationCodeableConcept"]) == [
        "252298"
    ]


def test_a_wrapper_of_discharge_medication_says_nothing_itself():
    act = f'<act classCode="ACT" moodCode="EVN">{template("35")}<code code="10183-2" {LOINC}/>{related(medication(), "SUBJ")}</act>'
    converted = convert_entry(act)
    assert len(resources(converted, "MedicationRequest")) == 1
    assert resources(converted, "Procedure") == []
    assert converted.coverage.mapped == 2


# Immunisations

CVX = '<code code="88" codeSystem="2.16.840.1.113883.12.292"/><lotNumberText>1</lotNumberText>'


def vaccine(inside="", **more):
    return medication(inside, drug=CVX, **{"number": "52", "state": "completed", **more})


def immunization(inside="", **more):
    return only(convert_entry(vaccine(inside, **more), code="11369-6"), "Immunization")


def test_an_immunization_follows_the_guides_table():
    inside = (
        '<effectiveTime value="20100815"/><repeatNumber value="2"/><doseQuantity value="50" unit="ug"/>'
        + AUTHOR
        + PERFORMER
    )
    maker = "<manufacturerOrganization><name>Maker</name></manufacturerOrganization>"
    said = immunization(inside, maker=maker)
    assert said["vaccineCode"]["coding"] == [{"system": "http://hl7.org/fhir/sid/cvx", "code": "88"}]
    assert (said["status"], said["occurrenceDateTime"], said["lotNumber"], said["recorded"]) == (
        "completed",
        "2010-08-15",
        "1",
        "2014",
    )
    assert said["protocolApplied"] == [{"doseNumberPositiveInt": 2}]
    assert said["doseQuantity"]["code"] == "ug"
    assert codes(said["performer"][0]["function"]) == ["AP"]
    assert said["_primarySource"]["extension"][0]["valueCode"] == "unsupported"
    assert "manufacturer" in said


def test_a_refused_immunization_is_not_done_and_says_why():
    why = related(
        f'<observation classCode="OBS" moodCode="EVN">{template("53")}<code code="PATOBJ" codeSystem="2.16.840.1.113883.5.8"/></observation>',
        "RSON",
    )
    said = immunization(why, negated='negationInd="true"')
    assert said["status"] == "not-done"
    assert codes(said["statusReason"]) == ["PATOBJ"]
    assert said["occurrenceString"] == "unknown"


def test_an_indication_is_no_refusal():
    why = related(
        f'<observation classCode="OBS" moodCode="EVN">{template("19")}<code code="1" {SNOMED}/><value xsi:type="CD" code="2" {SNOMED}/></observation>',
        "RSON",
    )
    said = immunization(why, negated='negationInd="false"')
    assert said["status"] == "completed"
    assert "statusReason" not in said
    assert [codes(item) for item in said["reasonCode"]] == [["2"]]


def test_a_reaction_to_a_vaccine_is_an_observation():
    hives = related(
        f'<observation classCode="OBS" moodCode="EVN">{template("9")}<code code="1" {SNOMED}/><effectiveTime value="2010"/><value xsi:type="CD" code="247472004" {SNOMED}/></observation>',
        "MFST",
    )
    converted = convert_entry(vaccine(hives))
    (reaction,) = only(converted, "Immunization")["reaction"]
    assert reaction["date"] == "2010"
    assert codes(by_url(converted, reaction["detail"])["valueCodeableConcept"]) == ["247472004"]


def test_an_intended_immunization_is_a_request():
    converted = convert_entry(vaccine(mood="INT", number="120"))
    said = only(converted, "MedicationRequest")
    assert codes(by_url(converted, said["medicationReference"])["code"]) == ["88"]


# Other supplies


def test_a_supply_that_is_no_medicine_is_delivered():
    chair = f'<participant typeCode="PRD"><participantRole>{template("37")}<id root="2.16.840.1.113883.3.3719" extension="(01)1"/><playingDevice><code code="58938008" {SNOMED}/><manufacturerModelName>M1</manufacturerModelName></playingDevice><scopingEntity><id root="1.2.9"/><desc>Maker</desc></scopingEntity></participantRole></participant>'
    converted = convert_entry(
        supply('<effectiveTime value="2012"/><quantity value="1"/>' + chair, mood="EVN", number="50")
    )
    said = only(converted, "SupplyDelivery")
    device = by_url(converted, said["suppliedItem"]["itemReference"])
    assert device["udiCarrier"] == [{"carrierHRF": "(01)1"}]
    assert device["deviceName"] == [{"name": "M1", "type": "model-name"}]
    assert codes(device["type"]) == ["58938008"]
    assert by_url(converted, device["owner"])["name"] == "Maker"


def test_a_supply_without_a_device_is_its_code_or_its_words():
    said = only(convert_entry(supply(f'<code code="1" {SNOMED}/>', mood="EVN", number="50")), "SupplyDelivery")
    assert codes(said["suppliedItem"]["itemCodeableConcept"]) == ["1"]
    said = only(convert_entry(supply("<text>bandages</text>", mood="EVN", number="50")), "SupplyDelivery")
    assert said["suppliedItem"]["itemCodeableConcept"] == {"text": "bandages"}


def test_a_planned_supply_is_a_device_request():
    said = only(
        convert_entry(supply(f'<code code="1" {SNOMED}/><effectiveTime value="2012"/>', number="43")), "DeviceRequest"
    )
    assert (codes(said["codeCodeableConcept"]), said["occurrenceDateTime"], said["intent"]) == (["1"], "2012", "plan")


def test_an_unknown_supply_with_a_drug_is_an_order():
    drug = DRUG.format("product", "", ALBUTEROL, "")
    said = only(convert_entry(supply(number="999", mood="EVN", drug=drug)), "MedicationRequest")
    assert said["intent"] == "order"
