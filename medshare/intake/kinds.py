"""What a resource is by its type alone, before anything it holds is looked at."""

from __future__ import annotations

from typing import Any, Final

from medshare.consent.categories import Category

PEOPLE: Final = frozenset(("Patient", "Person", "RelatedPerson", "Group"))
PROVIDERS: Final = frozenset(
    ("Practitioner", "PractitionerRole", "Organization", "OrganizationAffiliation", "Location", "HealthcareService")
) | {"Endpoint"}
VISITS: Final = frozenset(("Encounter", "EpisodeOfCare", "Appointment", "AppointmentResponse"))
CARRIED: Final = frozenset(("Binary", "Media", "Specimen"))
"""Kept for the sake of what refers to them: they take the strictest category of any that does."""
WRITINGS: Final = frozenset(
    ("DocumentReference", "DocumentManifest", "Composition", "Communication", "CommunicationRequest")
) | {"QuestionnaireResponse", "Binary", "Media"}
"""Free text and attachments: restricted unless the source labelled them."""

_BY_TYPE: Final = {
    Category.DEMOGRAPHICS: PEOPLE,
    Category.ENCOUNTERS: VISITS | PROVIDERS | {"Schedule", "Slot"},
    Category.PROBLEMS: {"Condition", "ClinicalImpression", "DetectedIssue", "RiskAssessment", "Flag"},
    Category.ALLERGIES: {"AllergyIntolerance", "AdverseEvent"},
    Category.MEDICATIONS: {"Medication", "MedicationRequest", "MedicationStatement", "MedicationAdministration"}
    | {"MedicationDispense"},
    Category.IMMUNISATIONS: {"Immunization", "ImmunizationEvaluation", "ImmunizationRecommendation"},
    Category.LABORATORY: {"Specimen"},
    Category.PATHOLOGY: {"BodyStructure"},
    Category.IMAGING: {"ImagingStudy"},
    Category.PROCEDURES: {"Procedure", "ServiceRequest"},
    Category.NOTES: WRITINGS,
    Category.CARE_PLANS: {"CarePlan", "CareTeam", "Goal", "NutritionOrder", "RequestGroup", "Task"},
    Category.FAMILY_AND_SOCIAL_HISTORY: {"FamilyMemberHistory"},
    Category.DEVICES: {"Device", "DeviceMetric", "DeviceRequest", "DeviceUseStatement", "SupplyDelivery"}
    | {"SupplyRequest", "VisionPrescription"},
    Category.COVERAGE_AND_CLAIMS: {"Claim", "ClaimResponse", "ExplanationOfBenefit", "Coverage", "Account", "Invoice"}
    | {"ChargeItem", "CoverageEligibilityRequest", "CoverageEligibilityResponse", "PaymentNotice"}
    | {"PaymentReconciliation", "EnrollmentRequest", "EnrollmentResponse"},
    Category.GENETICS: {"MolecularSequence"},
}
_TYPES: Final = {name: category for category, names in _BY_TYPE.items() for name in names}

# http://terminology.hl7.org/CodeSystem/observation-category
_OBSERVATIONS: Final = {
    "laboratory": Category.LABORATORY,
    "vital-signs": Category.VITAL_SIGNS,
    "activity": Category.VITAL_SIGNS,
    "exam": Category.PROCEDURES,
    "procedure": Category.PROCEDURES,
    "therapy": Category.PROCEDURES,
    "imaging": Category.IMAGING,
    "social-history": Category.FAMILY_AND_SOCIAL_HISTORY,
    "survey": Category.FAMILY_AND_SOCIAL_HISTORY,
}
# http://terminology.hl7.org/CodeSystem/v2-0074, the sections of a diagnostic service
_PATHOLOGY: Final = frozenset(("PAT", "SP", "CP", "PF"))
_IMAGING: Final = frozenset(("RAD", "IMG", "CT", "NMR", "NMS", "RUS", "OUS", "VUS", "CUS", "RX", "MR", "NR", "XRC"))
_LABORATORY: Final = frozenset(
    ("LAB", "CH", "HM", "MB", "BG", "BLB", "IMM", "MCB", "MYC", "SR", "TX", "VR", "UR", "ICU")
)
_PROCEDURES: Final = frozenset(("EC", "EN", "PT", "PHY", "RT", "OT", "CTH", "RC", "OTH", "EEG"))
_NO_TABLE_NEEDED: Final = {
    "72514-3": Category.VITAL_SIGNS,  # pain severity, a survey in Synthea
    "33756-8": Category.PATHOLOGY,  # polyp size, from a specimen
    "38265-5": Category.IMAGING,  # bone density
}


def category_by_type(resource: dict[str, Any]) -> Category:
    """Return the ordinary category of a resource; 17 for a type or a kind that nobody labelled."""
    resource_type = resource["resourceType"]
    if resource_type in {"Observation", "DiagnosticReport"}:
        return _by_section(resource)
    return _TYPES.get(resource_type, Category.UNLABELLED)


def _by_section(resource: dict[str, Any]) -> Category:
    """Sort an Observation or a DiagnosticReport by its own `category`, the most telling code first."""
    for coding in _codings(resource.get("code")):
        if coding in _NO_TABLE_NEEDED:
            return _NO_TABLE_NEEDED[coding]
    concepts = resource.get("category", [])
    codes = {code for concept in concepts if isinstance(concepts, list) for code in _codings(concept)}
    for section, category in (
        (_PATHOLOGY, Category.PATHOLOGY),
        (_IMAGING, Category.IMAGING),
        (_LABORATORY, Category.LABORATORY),
        (_PROCEDURES, Category.PROCEDURES),
    ):
        if codes & section:
            return category
    found = sorted({_OBSERVATIONS[code] for code in codes if code in _OBSERVATIONS})
    return found[0] if found else Category.UNLABELLED


def _codings(concept: Any) -> list[str]:
    codings = concept.get("coding", []) if isinstance(concept, dict) else []
    return [coding["code"] for coding in codings if isinstance(coding, dict) and isinstance(coding.get("code"), str)]
