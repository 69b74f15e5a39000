"""A chart with something in each section of a summary, and things that belong in none. The person is invented."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.intake.samples import ICD_10_CM, LOINC, RXNORM, SNOMED, concept

ORDINARY = {
    "security": [
        {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "N", "display": "normal"}
    ]
}
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
ALLERGY = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
OBSERVED = "http://terminology.hl7.org/CodeSystem/observation-category"
SUBJECT = {"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"}
VISIT = {"reference": "urn:uuid:00000000-0000-4000-8000-000000000002"}
DOCTOR = {"reference": "urn:uuid:00000000-0000-4000-8000-000000000003", "display": "Dr. Invented"}
DRUG = {"reference": "urn:uuid:00000000-0000-4000-8000-000000000004"}
PACER = {"reference": "urn:uuid:00000000-0000-4000-8000-000000000005"}


def observed(kind: str, code: str, words: str, at: str, **value: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [concept(OBSERVED, kind)],
        "code": concept(LOINC, code, words),
        "subject": SUBJECT,
        "encounter": VISIT,
        "effectiveDateTime": at,
        "performer": [DOCTOR],
        **(
            value
            or {
                "valueQuantity": {"value": 5, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"}
            }
        ),
    }


def condition(words: str, status: str) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "clinicalStatus": concept(CLINICAL, status),
        "code": concept(ICD_10_CM, "I10", words),
        "subject": SUBJECT,
        "encounter": VISIT,
    }


RESOURCES: tuple[dict[str, Any], ...] = (
    {
        "resourceType": "Patient",
        "name": [{"family": "Invented", "given": ["Ada"]}],
        "birthDate": "1950-02-03",
        "gender": "female",
    },
    {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": SUBJECT,
    },
    {"resourceType": "Practitioner", "name": [{"family": "Invented"}]},
    {"resourceType": "Medication", "code": concept(RXNORM, "314076", "lisinopril 10 MG Oral Tablet")},
    {"resourceType": "Device", "type": concept(SNOMED, "14106009", "Cardiac pacemaker"), "patient": SUBJECT},
    condition("Essential hypertension", "active"),
    condition("Sprained ankle", "resolved"),
    {
        "resourceType": "AllergyIntolerance",
        "clinicalStatus": concept(ALLERGY, "active"),
        "code": concept(RXNORM, "7980", "Penicillin <script>alert(1)</script>"),
        "patient": SUBJECT,
    },
    {
        "resourceType": "AllergyIntolerance",
        "verificationStatus": concept(
            "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification", "entered-in-error"
        ),
        "code": concept(text="Latex"),
        "patient": SUBJECT,
    },
    {"resourceType": "MedicationStatement", "status": "active", "medicationReference": DRUG, "subject": SUBJECT},
    {
        "resourceType": "MedicationRequest",
        "status": "stopped",
        "intent": "order",
        "medicationCodeableConcept": concept(RXNORM, "1191", "aspirin"),
        "subject": SUBJECT,
    },
    {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": concept("http://hl7.org/fhir/sid/cvx", "140", "Influenza"),
        "patient": SUBJECT,
        "occurrenceDateTime": "2025-10-01",
    },
    observed("laboratory", "2339-0", "Glucose", "2024-01-01"),
    observed("laboratory", "2339-0", "Glucose", "2025-01-01"),
    observed(
        "vital-signs",
        "29463-7",
        "Body weight",
        "2025-01-01",
        valueQuantity={"value": 70, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
    ),
    observed(
        "social-history",
        "72166-2",
        "Tobacco smoking status",
        "2025-01-01",
        valueCodeableConcept=concept(SNOMED, "266919005", "Never smoked"),
    ),
    {
        "resourceType": "Procedure",
        "status": "completed",
        "code": concept(SNOMED, "80146002", "Appendectomy"),
        "subject": SUBJECT,
        "encounter": VISIT,
    },
    {
        "resourceType": "DeviceUseStatement",
        "status": "active",
        "device": PACER,
        "subject": SUBJECT,
    },
    {
        "resourceType": "Flag",
        "status": "active",
        "code": concept(text="Falls easily"),
        "subject": SUBJECT,
    },
)


def chart() -> bytes:
    """Return the chart as a Bundle; every resource says that it is ordinary."""
    entries = [
        {
            "fullUrl": f"urn:uuid:00000000-0000-4000-8000-{number:012}",
            "resource": {"resourceType": one["resourceType"], "id": f"r{number}", "meta": ORDINARY, **one},
        }
        for number, one in enumerate(RESOURCES, 1)
    ]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()
