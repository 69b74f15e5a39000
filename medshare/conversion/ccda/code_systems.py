"""Canonical URLs of code systems and identifier systems for the OIDs of CDA.

Source: "Mapping OID ↔ URI" of C-CDA on FHIR, FHIR R4 "Using Codes", and HL7 Terminology (THO). Any other OID
becomes `urn:oid:`.
"""

from __future__ import annotations

import re
from typing import Final

SNOMED: Final = "http://snomed.info/sct"
LOINC: Final = "http://loinc.org"
_THO: Final = "http://terminology.hl7.org/CodeSystem"

SYSTEMS: Final = {
    "2.16.840.1.113883.6.96": SNOMED,
    "2.16.840.1.113883.6.1": LOINC,
    "2.16.840.1.113883.6.88": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "2.16.840.1.113883.12.292": "http://hl7.org/fhir/sid/cvx",
    "2.16.840.1.113883.6.59": "http://hl7.org/fhir/sid/cvx",
    "2.16.840.1.113883.12.227": "http://hl7.org/fhir/sid/mvx",
    "2.16.840.1.113883.6.60": "http://hl7.org/fhir/sid/mvx",
    "2.16.840.1.113883.6.69": "http://hl7.org/fhir/sid/ndc",
    "2.16.840.1.113883.6.12": "http://www.ama-assn.org/go/cpt",
    "2.16.840.1.113883.6.82": "http://www.ama-assn.org/go/cpt",
    "2.16.840.1.113883.6.42": "http://hl7.org/fhir/sid/icd-9-cm",
    "2.16.840.1.113883.6.103": "http://hl7.org/fhir/sid/icd-9-cm",
    "2.16.840.1.113883.6.104": "http://hl7.org/fhir/sid/icd-9-cm",
    "2.16.840.1.113883.6.3": "http://hl7.org/fhir/sid/icd-10",
    "2.16.840.1.113883.6.90": "http://hl7.org/fhir/sid/icd-10-cm",
    "2.16.840.1.113883.6.4": "http://www.cms.gov/Medicare/Coding/ICD10",
    "2.16.840.1.113883.4.9": "http://fdasis.nlm.nih.gov",
    "2.16.840.1.113883.3.26.1.1": "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl",
    "2.16.840.1.113883.3.26.1.5": "http://hl7.org/fhir/ndfrt",
    "2.16.840.1.113883.6.209": "http://hl7.org/fhir/ndfrt",
    "2.16.840.1.113883.6.345": "http://www.nlm.nih.gov/research/umls/medrt",
    "2.16.840.1.113883.6.73": "http://www.whocc.no/atc",
    "2.16.840.1.113883.6.8": "http://unitsofmeasure.org",
    "2.16.840.1.113883.6.13": "http://www.ada.org/cdt",
    "2.16.840.1.113883.6.101": "http://nucc.org/provider-taxonomy",
    "2.16.840.1.113883.6.177": "https://www.nlm.nih.gov/mesh",
    "2.16.840.1.113883.6.238": "urn:oid:2.16.840.1.113883.6.238",  # US Core names race and ethnicity by the OID
    "2.16.840.1.113883.6.259": "https://www.cdc.gov/nhsn/cdaportal/terminology/codesystem/hsloc.html",
    "2.16.840.1.113883.6.285": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    "1.2.840.10008.2.16.4": "http://dicom.nema.org/resources/ontology/DCM",
    "2.16.840.1.113883.3.221.5": "https://nahdo.org/sopt",
    "2.16.840.1.113883.12.112": f"{_THO}/v2-0112",
    "2.16.840.1.113883.6.301.5": "https://www.nubc.org/CodeSystem/PatDischargeStatus",
    "2.16.840.1.113883.5.1": f"{_THO}/v3-AdministrativeGender",
    "2.16.840.1.113883.5.2": f"{_THO}/v3-MaritalStatus",
    "2.16.840.1.113883.5.4": f"{_THO}/v3-ActCode",
    "2.16.840.1.113883.5.6": f"{_THO}/v3-ActClass",
    "2.16.840.1.113883.5.7": f"{_THO}/v3-ActPriority",
    "2.16.840.1.113883.5.8": f"{_THO}/v3-ActReason",
    "2.16.840.1.113883.5.14": f"{_THO}/v3-ActStatus",
    "2.16.840.1.113883.5.25": f"{_THO}/v3-Confidentiality",
    "2.16.840.1.113883.5.60": f"{_THO}/v3-LanguageAbilityMode",
    "2.16.840.1.113883.5.61": f"{_THO}/v3-LanguageAbilityProficiency",
    "2.16.840.1.113883.5.83": f"{_THO}/v3-ObservationInterpretation",
    "2.16.840.1.113883.5.84": f"{_THO}/v3-ObservationMethod",
    "2.16.840.1.113883.5.88": f"{_THO}/v3-ParticipationFunction",
    "2.16.840.1.113883.5.90": f"{_THO}/v3-ParticipationType",
    "2.16.840.1.113883.5.110": f"{_THO}/v3-RoleClass",
    "2.16.840.1.113883.5.111": f"{_THO}/v3-RoleCode",
    "2.16.840.1.113883.5.112": f"{_THO}/v3-RouteOfAdministration",
    "2.16.840.1.113883.5.139": f"{_THO}/v3-TimingEvent",
    "2.16.840.1.113883.5.1008": f"{_THO}/v3-NullFlavor",
    "2.16.840.1.113883.5.1052": f"{_THO}/v3-ActSite",
    "2.16.840.1.113883.5.1063": f"{_THO}/v3-ObservationValue",
    "2.16.840.1.113883.5.1076": f"{_THO}/v3-ReligiousAffiliation",
}
"""Code systems. `2.16.840.1.113883.5.*` are those of HL7 v3."""

IDENTIFIER_SYSTEMS: Final = {
    "2.16.840.1.113883.4.1": "http://hl7.org/fhir/sid/us-ssn",
    "2.16.840.1.113883.4.6": "http://hl7.org/fhir/sid/us-npi",
    "2.16.840.1.113883.4.572": "http://hl7.org/fhir/sid/us-medicare",
    "2.16.840.1.113883.4.927": "http://hl7.org/fhir/sid/us-mbi",
    "2.16.840.1.113883.4.7": "http://terminology.hl7.org/NamingSystem/CLIA",
}
"""Identifier systems (HL7 Terminology, external identifier systems)."""

URI_SYSTEM: Final = "urn:ietf:rfc:3986"
URI_OID: Final = "2.16.840.1.113883.4.873"

_URLS: Final = frozenset(SYSTEMS.values())
_OID: Final = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")
_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")


def uri_of(root: str) -> str:
    """Return an OID or UUID as a URI (guide, "CDA id → FHIR Identifier"); nothing when it is neither."""
    if _UUID.fullmatch(root):
        return f"urn:uuid:{root.lower()}"
    return f"urn:oid:{root}" if _OID.fullmatch(root) else ""


def system_of(oid: str) -> str:
    """Return the canonical URL of a code system's OID; nothing when it is neither an OID nor such a URL itself."""
    return SYSTEMS.get(oid) or uri_of(oid) or (oid if oid in _URLS else "")
