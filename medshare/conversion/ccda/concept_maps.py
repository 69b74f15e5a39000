"""The ConceptMaps of C-CDA on FHIR, CDA to FHIR, each under the name that the guide gives it (`ConceptMap-CF-…`)."""

from __future__ import annotations

from typing import Final

ADDRESS_USE: Final = {
    "BAD": "old",
    "H": "home",
    "HP": "home",
    "HV": "home",
    "TMP": "temp",
    "WP": "work",
    "DIR": "work",
    "PUB": "work",
}
GENDER: Final = {"M": "male", "F": "female", "UN": "other"}
ALLERGY_CATEGORY: Final = {
    "235719002": "food",
    "414285001": "food",
    "418471000": "food",
    "416098002": "medication",
    "419511003": "medication",
    "59037007": "medication",
}
ALLERGY_TYPE: Final = {
    "235719002": "intolerance",
    "414285001": "allergy",
    "416098002": "allergy",
    "419199007": "allergy",
    "59037007": "intolerance",
}
ALLERGY_STATUS: Final = {"413322009": "resolved", "73425007": "inactive", "55561003": "active"}
CONDITION_STATUS: Final = {
    "aborted": "inactive",
    "active": "active",
    "completed": "inactive",
    "suspended": "inactive",
}
CRITICALITY: Final = {"CRITH": "high", "CRITL": "low", "CRITU": "unable-to-assess"}
ENCOUNTER_STATUS: Final = {
    "aborted": "unknown",
    "active": "in-progress",
    "cancelled": "cancelled",
    "completed": "finished",
    "held": "planned",
    "new": "unknown",
    "suspended": "onleave",
    "nullified": "entered-in-error",
}
IMMUNIZATION_STATUS: Final = {
    "aborted": "not-done",
    "cancelled": "not-done",
    "completed": "completed",
    "held": "not-done",
    "new": "not-done",
    "nullified": "entered-in-error",
    "obsolete": "not-done",
    "suspended": "not-done",
}
MEDICATION_MOOD: Final = {"EVN": "plan", "INT": "order"}
MEDICATION_STATUS: Final = {
    "active": "active",
    "suspended": "on-hold",
    "aborted": "stopped",
    "completed": "completed",
    "nullified": "entered-in-error",
}
NAME_USE: Final = {"A": "nickname", "C": "official", "L": "usual", "P": "nickname"}
NO_KNOWN_ALLERGY: Final = {"414285001": "429625007", "416098002": "409137002", "419199007": "716186003"}
NULL_FLAVOR: Final = {
    "NI": "unknown",
    "OTH": "unsupported",
    "NINF": "negative-infinity",
    "PINF": "positive-infinity",
    "MSK": "masked",
    "NA": "not-applicable",
    "UNK": "unknown",
    "ASKU": "asked-unknown",
    "NAV": "temp-unknown",
    "NASK": "not-asked",
    "TRC": "unsupported",
    "NP": "unknown",
}
PROBLEM_CATEGORY: Final = {"46240-8": "encounter-diagnosis", "11450-4": "problem-list-item"}
PROBLEM_STATUS: Final = {
    "246455001": "recurrence",
    "263855007": "relapse",
    "277022003": "remission",
    "413322009": "resolved",
    "55561003": "active",
    "73425007": "inactive",
}
PROCEDURE_STATUS: Final = {
    "aborted": "stopped",
    "active": "in-progress",
    "cancelled": "not-done",
    "completed": "completed",
}
RESULT_STATUS: Final = {
    "aborted": "cancelled",
    "active": "registered",
    "cancelled": "cancelled",
    "completed": "final",
    "held": "registered",
    "suspended": "registered",
}
"""ResultStatus and ResultReportStatus, which are alike."""
SEVERITY: Final = {"255604002": "mild", "6736007": "moderate", "24484000": "severe"}
TELECOM_TYPE: Final = {
    "mailto": "email",
    "http": "url",
    "https": "url",
    "tel": "phone",
    "fax": "fax",
    "x-text-fax": "fax",
}
TELECOM_USE: Final = {
    "AS": "work",
    "BAD": "old",
    "DIR": "work",
    "H": "home",
    "HP": "home",
    "HV": "home",
    "MC": "mobile",
    "PG": "mobile",
    "PUB": "work",
    "TMP": "temp",
    "WP": "work",
}

# Where the guide has no map, the FHIR definitions of the codes decide.
REQUEST_STATUS: Final = {
    "new": "draft",
    "active": "active",
    "held": "on-hold",
    "suspended": "on-hold",
    "completed": "completed",
    "aborted": "revoked",
    "cancelled": "revoked",
    "nullified": "entered-in-error",
}
REQUEST_INTENT: Final = {
    "INT": "plan",
    "ARQ": "plan",
    "PRMS": "plan",
    "PRP": "proposal",
    "RQO": "order",
    "APT": "plan",
}
GOAL_STATUS: Final = {
    "active": "active",
    "completed": "completed",
    "suspended": "on-hold",
    "held": "on-hold",
    "aborted": "cancelled",
    "cancelled": "cancelled",
    "nullified": "entered-in-error",
}
DISPENSE_STATUS: Final = {
    "active": "in-progress",
    "suspended": "on-hold",
    "held": "on-hold",
    "aborted": "stopped",
    "cancelled": "cancelled",
    "completed": "completed",
    "nullified": "entered-in-error",
}
