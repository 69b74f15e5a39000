"""The terms of the Data Privacy Vocabulary (DPV) 2.3 that a receipt may use, typed from the published vocabulary.

The vocabulary itself does not stand here; a term that is not in these lists has to be looked up there before it is added.
DPV is by the W3C Data Privacy Vocabularies and Controls Community Group.
"""

from __future__ import annotations

from typing import Final

_CONCEPTS = """
Aggregate Analyse ConsentExpired ConsentGiven ConsentInvalidated ConsentNotice ConsentReceipt ConsentRecord
ConsentWithdrawn Consult DataController DataProcessor DataSubject DataSubjectRight DecentralisedLocations
Deidentification ExplicitlyExpressedConsent Export Marketing Organisation Process Purpose Record
SensitivePersonalData SpecialCategoryPersonalData StorageDuration StorageLocation UntilTimeDuration
WithdrawConsent
"""
_PROPERTIES = """
hasConsentControl hasConsentStatus hasDataController hasDataSubject hasDuration hasEntity hasIdentifier
hasIndicationMethod hasJurisdiction hasLegalBasis hasLocation hasName hasNotice hasPersonalData hasProcess
hasProcessing hasPurpose hasRecipient hasRecordOfActivity hasRight hasStorageCondition hasTechnicalMeasure
isExercisedAt isIndicatedAtTime isIndicatedBy
"""
_HEALTH = """
EmergencyCareManagement EnsureQualitySafetyHealthcare FraudPreventionDetection HealthcareManagement
HealthcareScientificResearch PrimaryUse PublicHealthMonitoring ReimbursementServicesProvision
"""
_PERSONAL_DATA = """
Demographic FamilyHealthHistory Genetic HealthRecord Insurance MentalHealth Prescription SexualHistory
"""

TERMS: Final = frozenset(
    f"{prefix}:{name}"
    for prefix, names in (("dpv", _CONCEPTS), ("dpv", _PROPERTIES), ("health", _HEALTH), ("pd", _PERSONAL_DATA))
    for name in names.split()
)
"""Each with its prefix: `dpv:Purpose`."""
