"""The strictest-label rule.

by type
by what it holds: codes, words, labels of the source, contained resources
by what it refers to, and what refers to it
"""

from __future__ import annotations

from typing import Any

import pytest

from medshare.consent.categories import Category
from medshare.intake.strictness import STRICTNESS, strictest
from tests.unit.intake.samples import (
    ACT_CODE,
    CONFIDENTIALITY,
    ENCOUNTER,
    ICD_10_CM,
    LOINC,
    LOW,
    PATIENT,
    RXNORM,
    SERTRALINE,
    SNOMED,
    SUBJECT,
    category,
    category_of,
    concept,
    condition,
    observation,
    prescription,
    take,
)

VISIT = {"reference": "Encounter/e"}


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (condition(), Category.PROBLEMS),
        (prescription(), Category.MEDICATIONS),
        (observation(), Category.LABORATORY),
        (observation(kind="vital-signs"), Category.VITAL_SIGNS),
        (observation(kind="social-history"), Category.FAMILY_AND_SOCIAL_HISTORY),
        (observation(kind="imaging"), Category.IMAGING),
        (observation(kind="procedure"), Category.PROCEDURES),
        (observation(kind="survey", code=concept(LOINC, "72514-3")), Category.VITAL_SIGNS),
        (observation(kind="of-my-own"), Category.UNLABELLED),
        ({**observation(), "category": []}, Category.UNLABELLED),
        ({"resourceType": "Organization", "id": "x", "name": "Clinic"}, Category.ENCOUNTERS),
        ({"resourceType": "MolecularSequence", "id": "x", "coordinateSystem": 0}, Category.GENETICS),
        ({"resourceType": "Basic", "id": "x", "code": {"text": "x"}}, Category.UNLABELLED),
        ({"resourceType": "NoSuchThing", "id": "x"}, Category.UNLABELLED),
    ],
)
def test_a_resource_is_filed_by_its_type_first(resource: dict[str, Any], expected: Category) -> None:
    assert category(resource) == expected


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("LAB", Category.LABORATORY),
        ("SP", Category.PATHOLOGY),
        ("RAD", Category.IMAGING),
        ("EC", Category.PROCEDURES),
    ],
)
def test_a_report_is_filed_by_its_section(section: str, expected: Category) -> None:
    assert category(report(section=section)) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (SERTRALINE, Category.MENTAL_HEALTH),
        (concept(RXNORM, "999999999", "Sertraline 50 MG Oral Tablet [Zoloft]"), Category.MENTAL_HEALTH),
        (concept("http://www.whocc.no/atc", "N06AB06"), Category.MENTAL_HEALTH),
        (concept(text="methadone 10 mg"), Category.SUBSTANCE_USE),
        (concept("http://www.whocc.no/atc", "J05AR20"), Category.HIV),
        (concept("http://www.whocc.no/atc", "G03AA07"), Category.SEXUAL_AND_REPRODUCTIVE_HEALTH),
        (concept("http://www.whocc.no/atc", "C09AA05"), Category.MEDICATIONS),
        (concept("", "312941"), Category.MENTAL_HEALTH),
        (concept("urn:oid:2.16.840.1.113883.6.88", "312941"), Category.MENTAL_HEALTH),
    ],
)
def test_a_drug_that_gives_a_diagnosis_away_is_filed_there(code: dict[str, Any], expected: Category) -> None:
    assert category(prescription(code=code)) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("F32.1", Category.MENTAL_HEALTH),
        ("F321", Category.MENTAL_HEALTH),
        ("F10.20", Category.SUBSTANCE_USE),
        ("F17.210", Category.PROBLEMS),
        ("B20", Category.HIV),
        ("O80", Category.SEXUAL_AND_REPRODUCTIVE_HEALTH),
        ("Q90.9", Category.GENETICS),
        ("T74.11XA", Category.VIOLENCE),
        ("I10", Category.PROBLEMS),
    ],
)
def test_icd_10_chapters_are_known_with_and_without_dots(code: str, expected: Category) -> None:
    assert category(condition(code=concept(ICD_10_CM, code))) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Alcohol abuse", Category.SUBSTANCE_USE),
        ("Child abuse", Category.VIOLENCE),
        ("HIV-1 infection", Category.HIV),
        ("Hives", Category.PROBLEMS),
        ("entry 21177cbf-cd4b-4f29-addb-91040de55388", Category.PROBLEMS),
        ("low CD4 count", Category.HIV),
        ("AIDS", Category.HIV),
        ("Needs hearing aids", Category.PROBLEMS),
        ("憂鬱症", Category.MENTAL_HEALTH),
        ("愛滋病毒感染", Category.HIV),
        ("Congenital heart disease", Category.PROBLEMS),
    ],
)
def test_words_tell_where_a_code_does_not(words: str, expected: Category) -> None:
    """A word may not be found inside another one."""
    assert category(condition(code=concept("https://hospital.example/codes", "1", words))) == expected


def test_an_unknown_code_without_words_is_restricted() -> None:
    assert category(condition(code=concept(SNOMED, "1"))) == Category.UNLABELLED
    assert category(condition(code=concept("https://hospital.example/codes", "1"))) == Category.UNLABELLED


def test_a_known_ordinary_code_without_words_is_not() -> None:
    assert category(condition(code=concept(SNOMED, "38341003"))) == Category.PROBLEMS


def test_a_resource_that_says_only_in_words_what_it_is_about_is_restricted() -> None:
    assert category(condition(code=concept(text="tired since the summer"))) == Category.UNLABELLED


def test_a_quantity_with_a_code_of_its_own_and_no_words_is_judged_too() -> None:
    assert category(observation(valueCodeableConcept=concept(SNOMED, "1"))) == Category.UNLABELLED
    assert category(observation(valueQuantity={"value": 1, "system": "urn:x", "code": "y"})) == Category.UNLABELLED
    assert category(observation(valueQuantity={"value": 1, "unit": "y", "system": "urn:x", "code": "y"})) == 7


def test_what_a_resource_contains_counts() -> None:
    drug = {"resourceType": "Medication", "id": "d", "code": SERTRALINE}
    request = prescription(contained=[drug], medicationReference={"reference": "#d"})
    del request["medicationCodeableConcept"]
    assert category(request) == Category.MENTAL_HEALTH


def test_of_two_sensitive_things_the_stricter_counts() -> None:
    both = condition(code={"coding": [*LOW["coding"], *concept(SNOMED, "86406008")["coding"]]})
    assert category(both) == Category.HIV


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        (CONFIDENTIALITY, "R", Category.UNLABELLED),
        (CONFIDENTIALITY, "V", Category.UNLABELLED),
        (CONFIDENTIALITY, "N", Category.PROBLEMS),
        (ACT_CODE, "PSY", Category.MENTAL_HEALTH),
        (ACT_CODE, "ETHUD", Category.SUBSTANCE_USE),
        (ACT_CODE, "HIV", Category.HIV),
        (ACT_CODE, "SDV", Category.VIOLENCE),
        (ACT_CODE, "GDIS", Category.GENETICS),
        (CONFIDENTIALITY, "HIV", Category.HIV),
    ],
)
def test_a_label_of_the_source_makes_stricter(system: str, code: str, expected: Category) -> None:
    assert category(condition(meta={"security": [{"system": system, "code": code}]})) == expected


def test_a_label_in_words_makes_stricter_too() -> None:
    label = {"system": "https://hospital.example/labels", "code": "7", "display": "Psychiatry only"}
    assert category(condition(meta={"security": [label]})) == Category.MENTAL_HEALTH


def test_a_label_of_the_source_never_makes_laxer() -> None:
    normal = {"security": [{"system": CONFIDENTIALITY, "code": "U"}]}
    assert category(condition(code=LOW, meta=normal)) == Category.MENTAL_HEALTH
    assert category(condition(code=concept(SNOMED, "1"), meta=normal)) == Category.UNLABELLED


def test_a_label_of_the_bundle_holds_for_resources_without_their_own() -> None:
    meta = {"security": [{"system": CONFIDENTIALITY, "code": "R"}]}
    own = condition("own", meta={"security": [{"system": CONFIDENTIALITY, "code": "N"}]})
    intake = take(condition(), own, PATIENT, meta=meta)
    assert category_of(intake, "c") == Category.UNLABELLED
    assert category_of(intake, "own") == Category.PROBLEMS


def test_a_note_is_restricted_unless_the_source_labelled_it() -> None:
    """[I-005]"""
    content = [{"attachment": {"contentType": "text/plain", "data": "SGVsbG8="}}]
    note = {"resourceType": "DocumentReference", "id": "n", "status": "current", "content": content}
    normal = {"security": [{"system": CONFIDENTIALITY, "code": "N"}]}
    assert category(note) == Category.UNLABELLED
    assert category(note | {"meta": normal}) == Category.NOTES


def test_a_labelled_note_whose_text_tells_is_sensitive_all_the_same() -> None:
    content = [{"attachment": {"contentType": "text/plain", "data": "SElWIHBvc2l0aXZl"}}]  # HIV positive
    normal = {"security": [{"system": CONFIDENTIALITY, "code": "N"}]}
    note = {"resourceType": "DocumentReference", "id": "n", "status": "current", "content": content, "meta": normal}
    assert category(note) == Category.HIV


def test_a_reference_to_something_sensitive_makes_sensitive() -> None:
    """[I-003]"""
    request = prescription(reasonReference=[{"reference": "Condition/low"}])
    assert category(request, condition("low", code=LOW)) == Category.MENTAL_HEALTH


def test_a_reference_to_something_ordinary_does_not() -> None:
    request = prescription(reasonReference=[{"reference": "Condition/other"}])
    assert category(request, condition("other")) == Category.MEDICATIONS


def test_the_label_comes_over_a_chain_and_a_ring_of_references() -> None:
    """[I-003]"""
    chain = [
        observation(f"o{number}", derivedFrom=[{"reference": f"Observation/o{(number + 1) % 40}"}])
        for number in range(40)
    ]
    assert category(*chain) == Category.LABORATORY
    chain[39]["code"] = concept(LOINC, "56888-1")
    assert category(*chain) == Category.HIV


def test_the_display_of_a_reference_tells() -> None:
    assert category(observation(encounter=VISIT | {"display": "psychiatry"})) == Category.MENTAL_HEALTH


def test_the_name_of_a_person_does_not() -> None:
    assert category(observation(subject=SUBJECT | {"display": "Violet Manic"})) == Category.LABORATORY
    assert category(observation(performer=[{"reference": "Practitioner/x", "display": "Dr. Raped"}])) == 7


def test_the_name_and_the_address_of_a_person_tell_nothing() -> None:
    person = {"resourceType": "Patient", "id": "x", "name": [{"text": "Violet Manic", "family": "Raped"}]}
    assert category(person | {"address": [{"text": "1 Psychiatric Hospital Road"}]}) == Category.DEMOGRAPHICS


def test_a_coding_without_a_system_is_looked_up_in_all_of_them() -> None:
    alone = {"url": "urn:x", "valueCoding": {"code": "312941", "display": "x"}}
    assert category(condition(extension=[alone])) == Category.MENTAL_HEALTH
    alone["valueCoding"]["code"] = "no such code"
    assert category(condition(extension=[alone])) == Category.PROBLEMS


@pytest.mark.parametrize("system", ["urn:id:City%20Hospital:HL70069", "urn:id:City:OBX-3", "urn:id:HL70069"])
def test_a_system_that_our_conversion_gave_to_a_code_without_one_hides_nothing(system: str) -> None:
    alone = {"url": "urn:x", "valueCoding": {"system": system, "code": "312941", "display": "x"}}
    assert category(condition(extension=[alone])) == Category.MENTAL_HEALTH


@pytest.mark.parametrize("system", ["urn:id:City:99LAB", "urn:id:City:L", "urn:x:OBX-3"])
def test_a_system_that_the_sender_named_is_believed_to_be_another(system: str) -> None:
    alone = {"url": "urn:x", "valueCoding": {"system": system, "code": "312941", "display": "x"}}
    assert category(condition(extension=[alone])) == Category.PROBLEMS


def test_a_visit_is_sensitive_when_its_reason_is() -> None:
    assert category(ENCOUNTER | {"id": "v", "reasonCode": [LOW]}) == Category.MENTAL_HEALTH
    by_reference = ENCOUNTER | {"id": "v", "diagnosis": [{"condition": {"reference": "Condition/low"}}]}
    assert category(by_reference, condition("low", code=LOW)) == Category.MENTAL_HEALTH


def test_what_merely_happened_in_a_sensitive_visit_is_not() -> None:
    visit = ENCOUNTER | {"id": "v", "reasonCode": [LOW]}
    assert category(observation(encounter={"reference": "Encounter/v"}), visit) == Category.LABORATORY


def test_a_claim_for_a_sensitive_visit_is() -> None:
    visit = ENCOUNTER | {"id": "v", "reasonCode": [LOW]}
    claim = {
        "resourceType": "Claim",
        "id": "k",
        "status": "active",
        "type": concept("http://terminology.hl7.org/CodeSystem/claim-type", "professional"),
        "use": "claim",
        "patient": SUBJECT,
        "created": "2026-01-01",
        "provider": {"display": "clinic"},
        "priority": concept("", "", "", "normal"),
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"display": "private"}}],
        "item": [
            {"sequence": 1, "productOrService": concept(text="visit"), "encounter": [{"reference": "Encounter/v"}]}
        ],
    }
    assert category(claim, visit) == Category.MENTAL_HEALTH
    claim["item"][0]["encounter"] = [VISIT]
    assert category(claim) == Category.COVERAGE_AND_CLAIMS


def test_a_visit_at_a_provider_whose_name_tells_is_sensitive() -> None:
    clinic = {"resourceType": "Organization", "id": "x", "name": "County Psychiatric Hospital"}
    assert category(ENCOUNTER | {"id": "v", "serviceProvider": {"reference": "Organization/x"}}, clinic) == 18
    plain = clinic | {"name": "County Hospital"}
    assert category(ENCOUNTER | {"id": "v", "serviceProvider": {"reference": "Organization/x"}}, plain) == 2


def test_a_provider_whom_only_sensitive_resources_name_is_sensitive() -> None:
    doctor = {"resourceType": "Practitioner", "id": "dr", "name": [{"family": "Ho"}]}
    seen = {"recorder": {"reference": "Practitioner/dr"}}
    assert category(doctor, condition("low", code=LOW, **seen)) == Category.MENTAL_HEALTH
    assert category(doctor, condition("low", code=LOW, **seen), condition(**seen)) == Category.ENCOUNTERS
    assert category(doctor) == Category.ENCOUNTERS


def test_a_binary_takes_the_strictest_of_what_refers_to_it() -> None:
    binary = {"resourceType": "Binary", "id": "b", "contentType": "application/pdf", "data": "AAAA"}
    note = {
        "resourceType": "DocumentReference",
        "id": "n",
        "status": "current",
        "type": concept(text="Psychotherapy note"),
        "content": [{"attachment": {"contentType": "application/pdf", "url": "Binary/b"}}],
    }
    assert category(binary, note) == Category.MENTAL_HEALTH
    assert category(binary) == Category.UNLABELLED


def test_the_results_of_a_sensitive_panel_are_sensitive() -> None:
    panel = report(code=concept(LOINC, "75622-1"), result=[{"reference": "Observation/o"}])
    members = observation(hasMember=[{"reference": "Observation/inner"}])
    intake = take(panel, members, observation("inner"), PATIENT)
    assert {category_of(intake, name) for name in ("r", "o", "inner")} == {Category.HIV}


def test_the_other_results_of_a_report_with_one_sensitive_result_are_not() -> None:
    mixed = report(result=[{"reference": "Observation/o"}, {"reference": "Observation/hiv"}])
    intake = take(mixed, observation(), observation("hiv", code=concept(LOINC, "56888-1")), PATIENT)
    assert category_of(intake, "r") == Category.HIV
    assert category_of(intake, "o") == Category.LABORATORY


def test_a_clinical_reference_out_of_the_bundle_cannot_be_judged() -> None:
    assert category(prescription(reasonReference=[{"reference": "Condition/away"}])) == Category.UNLABELLED
    assert category(prescription(reasonReference=[{"reference": "https://else.where/fhir/Condition/p"}])) == 17
    assert category(prescription(requester={"reference": "Practitioner/away"})) == Category.MEDICATIONS
    assert category(prescription(encounter={"reference": "Encounter/away"})) == Category.MEDICATIONS


def test_the_strictest_of_equals_is_the_first() -> None:
    assert strictest(Category.LABORATORY, Category.IMAGING) == Category.LABORATORY
    assert strictest(Category.LABORATORY, *STRICTNESS) == Category.HIV


def report(section: str = "LAB", **elements: Any) -> dict[str, Any]:
    return {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "status": "final",
        "category": [concept("http://terminology.hl7.org/CodeSystem/v2-0074", section)],
        "code": concept(LOINC, "51990-0", "Basic Metabolic Panel"),
        "subject": SUBJECT,
    } | elements


def test_a_visit_that_leads_to_a_person_is_judged_by_its_words() -> None:
    """[I-003] Found by random bundles: what stands in a visit's place is nobody's name."""
    request = prescription(encounter={"reference": "Patient/p", "display": "takes zoloft"})
    assert category(request, {"resourceType": "Patient", "id": "p"}) == Category.MENTAL_HEALTH


def test_words_beside_a_reference_to_a_person_tell_unless_the_element_names_a_person() -> None:
    """[I-003]"""
    told = {"reference": "Patient/p", "display": "takes zoloft"}
    assert category(condition("c", evidence=[{"detail": [told]}])) == Category.MENTAL_HEALTH
    assert category(condition("c", asserter=told)) == Category.PROBLEMS
