"""[I-009] A sensitive drug, planted wherever a record can hold it, in an ordinary visit of a real patient."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from medshare.consent.categories import SENSITIVE, Category
from medshare.intake import Intake, take_in
from tests.unit.intake.samples import (
    ENCOUNTER,
    LOINC,
    PATIENT,
    SUBJECT,
    SYNTHEA,
    bundle,
    concept,
    condition,
    counting,
    observation,
    prescription,
)

ATC = "http://www.whocc.no/atc"
DRUGS = {
    Category.MENTAL_HEALTH: ("N05AH02", "Clozapine"),
    Category.SUBSTANCE_USE: ("N07BC02", "Methadone"),
    Category.SEXUAL_AND_REPRODUCTIVE_HEALTH: ("G03XB01", "Mifepristone"),
    Category.HIV: ("J05AJ03", "Dolutegravir"),
    Category.GENETICS: ("M09AX07", "Nusinersen"),
}
"""For violence there is no drug."""

LOCAL = "https://hospital.example/drugs"
VISIT = {"reference": "Encounter/planted-visit"}
Resource = dict[str, Any]
Drug = tuple[str, str]


def coded(drug: Drug) -> Resource:
    return concept(ATC, drug[0])


def named(drug: Drug) -> Resource:
    return concept(LOCAL, "77", f"{drug[1]} tablets")


def statement(**elements: Any) -> Resource:
    return {"resourceType": "MedicationStatement", "id": "s", "status": "active", "subject": SUBJECT} | elements


def procedure(**elements: Any) -> Resource:
    code = concept("http://snomed.info/sct", "162676008")
    return {"resourceType": "Procedure", "id": "s", "status": "completed", "code": code, "subject": SUBJECT} | elements


def care_plan(**elements: Any) -> Resource:
    return {"resourceType": "CarePlan", "id": "s", "status": "active", "intent": "plan", "subject": SUBJECT} | elements


def report(**elements: Any) -> Resource:
    section = concept("http://terminology.hl7.org/CodeSystem/v2-0074", "LAB")
    code = concept(LOINC, "24321-2", "Basic Metabolic 2000 Panel")
    whole = {"resourceType": "DiagnosticReport", "id": "s", "status": "final", "category": [section], "code": code}
    return whole | {"subject": SUBJECT} | elements


def claim(**elements: Any) -> Resource:
    return {
        "resourceType": "Claim",
        "id": "s",
        "status": "active",
        "type": concept("http://terminology.hl7.org/CodeSystem/claim-type", "professional"),
        "use": "claim",
        "patient": SUBJECT,
        "created": "2026-01-01",
        "provider": {"display": "clinic"},
        "priority": concept(text="normal"),
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"display": "private"}}],
    } | elements


def drug_resource(drug: Drug) -> Resource:
    return {"resourceType": "Medication", "id": "planted-drug", "code": coded(drug)}


def referring(request: Resource) -> Resource:
    return {name: value for name, value in request.items() if name != "medicationCodeableConcept"}


def letter(drug: Drug) -> Resource:
    data = base64.b64encode(f"Continue {drug[1]} as before.".encode()).decode()
    return {"contentType": "text/plain", "data": data}


PLACES: dict[str, Callable[[Drug], list[Resource]]] = {
    "the code of a prescription": lambda drug: [prescription("s", coded(drug))],
    "the name of a prescription": lambda drug: [prescription("s", named(drug))],
    "a contained drug": lambda drug: [
        referring(
            prescription("s", contained=[drug_resource(drug) | {"id": "c"}], medicationReference={"reference": "#c"})
        )
    ],
    "a drug that is referred to": lambda drug: [
        drug_resource(drug),
        referring(prescription("s", medicationReference={"reference": "Medication/planted-drug"})),
    ],
    "an ingredient": lambda drug: [
        {
            "resourceType": "Medication",
            "id": "s",
            "code": concept(LOCAL, "1", "Compound"),
            "ingredient": [{"itemCodeableConcept": coded(drug)}],
        }
    ],
    "the dosage of another drug": lambda drug: [
        prescription("s", dosageInstruction=[{"text": f"not together with {drug[1]}"}])
    ],
    "the reason why not given": lambda drug: [
        statement(medicationCodeableConcept=concept(ATC, "C09AA05"), statusReason=[named(drug)])
    ],
    "an item of a claim": lambda drug: [claim(item=[{"sequence": 1, "productOrService": coded(drug)}])],
    "a note": lambda drug: [observation("s", note=[{"text": f"has taken {drug[1]}"}])],
    "a narrative": lambda drug: [
        condition(
            "s",
            text={"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">on {drug[1]}</div>'},
        )
    ],
    "the words beside a reference": lambda drug: [
        condition("planted-reason"),
        procedure(reasonReference=[{"reference": "Condition/planted-reason", "display": f"due to {drug[1]}"}]),
    ],
    "the words in a visit's place": lambda drug: [observation("s", encounter=VISIT | {"display": f"{drug[1]} clinic"})],
    "an activity of a plan": lambda drug: [
        care_plan(activity=[{"detail": {"status": "scheduled", "productCodeableConcept": coded(drug)}}])
    ],
    "an activity in words": lambda drug: [
        care_plan(activity=[{"detail": {"status": "scheduled", "description": f"start {drug[1]}"}}])
    ],
    "the conclusion of a report": lambda drug: [report(conclusion=f"Level of {drug[1]} as wished.")],
    "the coded conclusion": lambda drug: [report(conclusionCode=[named(drug)])],
    "a value in words": lambda drug: [observation("s", valueString=f"{drug[1]} found")],
    "a value with a code": lambda drug: [observation("s", valueCodeableConcept=coded(drug))],
    "a component": lambda drug: [observation("s", component=[{"code": named(drug), "valueString": "found"}])],
    "an extension with a concept": lambda drug: [
        condition("s", extension=[{"url": "https://hospital.example/x", "valueCodeableConcept": coded(drug)}])
    ],
    "an extension with words": lambda drug: [
        condition("s", extension=[{"url": "https://hospital.example/x", "valueString": drug[1]}])
    ],
    "an extension of a primitive": lambda drug: [
        condition(
            "s",
            recordedDate="2026-01-01",
            _recordedDate={"extension": [{"url": "https://hospital.example/x", "valueString": drug[1]}]},
        )
    ],
    "what was used": lambda drug: [procedure(usedCode=[coded(drug)])],
    "an allergy": lambda drug: [
        {"resourceType": "AllergyIntolerance", "id": "s", "patient": SUBJECT, "code": coded(drug)}
    ],
    "an attachment of a report": lambda drug: [report(presentedForm=[letter(drug)])],
    "a letter": lambda drug: [
        {"resourceType": "DocumentReference", "id": "s", "status": "current", "content": [{"attachment": letter(drug)}]}
    ],
    "a message": lambda drug: [
        {
            "resourceType": "Communication",
            "id": "s",
            "status": "completed",
            "subject": SUBJECT,
            "payload": [{"contentString": f"Your {drug[1]} is ready."}],
        }
    ],
    "an answer": lambda drug: [
        {
            "resourceType": "QuestionnaireResponse",
            "id": "s",
            "status": "completed",
            "subject": SUBJECT,
            "item": [{"linkId": "1", "answer": [{"valueCoding": {"system": ATC, "code": drug[0]}}]}],
        }
    ],
    "a task": lambda drug: [
        {
            "resourceType": "Task",
            "id": "s",
            "status": "requested",
            "intent": "order",
            "for": SUBJECT,
            "description": f"refill {drug[1]}",
            "input": [{"type": concept(text="drug"), "valueString": drug[1]}],
        }
    ],
    "a goal": lambda drug: [
        {
            "resourceType": "Goal",
            "id": "s",
            "lifecycleStatus": "active",
            "description": {"text": f"off {drug[1]}"},
            "subject": SUBJECT,
        }
    ],
    "a group of people": lambda drug: [
        {"resourceType": "Group", "id": "s", "type": "person", "actual": True, "name": f"{drug[1]} users"}
    ],
    "a tag with a code": lambda drug: [condition("s", meta={"tag": [{"system": ATC, "code": drug[0]}]})],
    "a tag in words": lambda drug: [condition("s", meta={"tag": [{"system": LOCAL, "code": "1", "display": drug[1]}]})],
}


def planted(place: str, drug: Drug) -> list[Resource]:
    """The resources of one place, with ids of their own."""
    number = list(PLACES).index(place)
    text = json.dumps(PLACES[place](drug))
    for name in ("planted-drug", "planted-reason"):
        text = text.replace(name, f"{name}-{number}")
    resources: list[Resource] = json.loads(text)
    return [resource | {"id": f"planted-{number}"} if resource["id"] == "s" else resource for resource in resources]


def in_the_clear(intake: Intake) -> str:
    """All that the documents say that are not sensitive: what is shown, and the sealed parts."""
    texts = []
    for document in intake.documents:
        if document.category not in SENSITIVE:
            sealed = json.loads(document.text)["entry"][-1]["resource"]["data"]
            texts += [document.text.decode(), base64.b64decode(sealed).decode()]
    return "\n".join(texts).casefold()


def assert_hidden(intake: Intake, drug: Drug) -> None:
    clear = in_the_clear(intake)
    assert drug[0].casefold() not in clear
    assert drug[1].casefold() not in clear
    assert str(letter(drug)["data"]).casefold() not in clear


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("category", DRUGS, ids=lambda category: category.name)
def test_a_planted_drug_is_in_no_ordinary_document(category: Category, place: str) -> None:
    """[I-009]"""
    drug = DRUGS[category]
    intake = take_in(bundle(*planted(place, drug), PATIENT, ENCOUNTER, VISITED), entropy=counting())
    assert_hidden(intake, drug)
    holders = {document.category for document in intake.documents} & SENSITIVE
    assert holders == {category}


VISITED = ENCOUNTER | {"id": "planted-visit"}


@cache
def real_patient(number: int) -> Resource:
    patient: Resource = json.loads(
        gzip.decompress(sorted(SYNTHEA, key=lambda path: path.stat().st_size)[number].read_bytes())
    )
    return patient


@pytest.mark.parametrize("category", DRUGS, ids=lambda category: category.name)
def test_a_drug_planted_everywhere_in_a_real_patient_is_in_no_ordinary_document(category: Category) -> None:
    """[I-009] H08"""
    drug = DRUGS[category]
    before = real_patient(0)
    extra = [resource for place in PLACES for resource in planted(place, drug)]
    entries = [*before["entry"], *({"resource": resource} for resource in (*extra, PATIENT, VISITED))]
    intake = take_in(json.dumps(before | {"entry": entries}).encode(), entropy=counting())
    assert_hidden(intake, drug)


@pytest.mark.parametrize("category", DRUGS, ids=lambda category: category.name)
def test_a_drug_in_the_request_of_an_entry_makes_the_entry_sensitive(category: Category) -> None:
    """[I-009] What stands beside the resource travels with it."""
    code, name = DRUGS[category]
    for request in (
        {"method": "POST", "url": "Condition", "ifNoneExist": f"code={ATC}|{code}"},
        {"method": "GET", "url": f"Condition?code:text={name}"},
    ):
        whole = json.loads(bundle(condition(), PATIENT, ENCOUNTER, type="transaction"))
        for entry in whole["entry"]:
            entry["request"] = {"method": "POST", "url": entry["resource"]["resourceType"]}
        whole["entry"][0]["request"] = request
        assert_hidden(take_in(json.dumps(whole).encode(), entropy=counting()), DRUGS[category])


def test_the_search_for_a_planted_drug_finds_an_ordinary_one() -> None:
    """Not so: an ordinary drug is in the open, so the search above would see a sensitive one."""
    ordinary = ("C09AA05", "Ramipril")
    for place in ("the code of a prescription", "the name of a prescription"):
        intake = take_in(bundle(*planted(place, ordinary), PATIENT, ENCOUNTER), entropy=counting())
        with pytest.raises(AssertionError):
            assert_hidden(intake, ordinary)
