"""Bundles for the tests of intake: files, and small ones built here. All people are invented."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from medshare.consent.categories import Category
from medshare.intake import Document, Intake, take_in

DATA = Path(__file__).resolve().parents[2] / "data"
SYNTHEA = sorted((DATA / "fhir").glob("*.json.gz"))
HANDMADE = sorted((DATA / "handmade").glob("*.json"))
EVERYTHING = DATA / "handmade" / "everything.json"

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"

PATIENT = {"resourceType": "Patient", "id": "p"}
SUBJECT = {"reference": "Patient/p"}
ENCOUNTER = {
    "resourceType": "Encounter",
    "id": "e",
    "status": "finished",
    "class": {"code": "AMB"},
    "subject": SUBJECT,
}


def counting() -> Callable[[int], bytes]:
    """Entropy that counts: the same for each test, never the same twice within one."""
    numbers = itertools.count(1)
    return lambda length: next(numbers).to_bytes(length, "big")


def bundle(*resources: dict[str, Any], **elements: Any) -> bytes:
    entries = [{"resource": resource} for resource in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries} | elements).encode()


def concept(system: str = "", code: str = "", display: str = "", text: str = "") -> dict[str, Any]:
    coding = {name: value for name, value in (("system", system), ("code", code), ("display", display)) if value}
    return ({"coding": [coding]} if coding else {}) | ({"text": text} if text else {})


def condition(identity: str = "c", **elements: Any) -> dict[str, Any]:
    code = concept(SNOMED, "38341003", "Hypertension")
    return {"resourceType": "Condition", "id": identity, "code": code, "subject": SUBJECT} | elements


def observation(identity: str = "o", kind: str = "laboratory", **elements: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": identity,
        "status": "final",
        "category": [concept("http://terminology.hl7.org/CodeSystem/observation-category", kind)],
        "code": concept(LOINC, "2339-0", "Glucose"),
        "subject": SUBJECT,
    } | elements


def prescription(identity: str = "m", code: dict[str, Any] | None = None, **elements: Any) -> dict[str, Any]:
    drug = code or concept(RXNORM, "310965", "Ibuprofen 200 MG Oral Tablet")
    return {
        "resourceType": "MedicationRequest",
        "id": identity,
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": drug,
        "subject": SUBJECT,
    } | elements


SERTRALINE = concept(RXNORM, "312941")
LOW = concept(SNOMED, "66344007")
"""Recurrent major depression."""


def take(*resources: dict[str, Any], **elements: Any) -> Intake:
    return take_in(bundle(*resources, **elements), entropy=counting())


def category_of(intake: Intake, identity: str) -> Category:
    """The category of the one document that shows the resource."""
    found = [
        document.category
        for document in intake.documents
        for entry in shown(document)
        if entry["resource"].get("id") == identity
    ]
    assert len(found) == 1
    return found[0]


def category(*resources: dict[str, Any], **elements: Any) -> Category:
    """The category of the first resource, with a patient and a visit beside it."""
    return category_of(take(*resources, PATIENT, ENCOUNTER, **elements), resources[0]["id"])


def exact(text: bytes) -> Any:
    """JSON with numbers as they were written, read without MedShare's own reader."""
    return json.loads(text, parse_float=lambda digits: ("number", digits), parse_int=lambda digits: ("number", digits))


def shown(document: Document) -> list[dict[str, Any]]:
    """The entries that a reader of FHIR sees."""
    entries: list[dict[str, Any]] = exact(document.text)["entry"][:-1]
    return entries


def parts(document: Document) -> dict[str, Any]:
    """The sealed parts."""
    binary = exact(document.text)["entry"][-1]["resource"]
    assert binary["contentType"] == "application/vnd.medshare.intake+json"
    value: dict[str, Any] = exact(base64.b64decode(binary["data"]))
    return value


def strings(value: Any) -> Iterator[str]:
    """Every text; the names of elements are FHIR's own."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings(item)


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)
