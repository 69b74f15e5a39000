"""The names by which standards know things: code systems, identifiers, codings and references (FHIR R4, Datatypes).

Everything that is MedShare's own begins with `BASE`. Accounts are named by the `did:pkh` method over CAIP-10, since
FHIR writes any URI as an identifier of the system `urn:ietf:rfc:3986` (FHIR R4, "Identifier Systems").
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

from medshare.hexadecimal import Address, Bytes32

Json: TypeAlias = dict[str, Any]

BASE: Final = "urn:medshare"
"""What every name of our own begins with. The one place to change when MedShare has a domain."""

CATEGORY: Final = f"{BASE}:codes:category"
ACTION: Final = f"{BASE}:codes:action"

URI: Final = "urn:ietf:rfc:3986"
LOINC: Final = "http://loinc.org"
SNOMED: Final = "http://snomed.info/sct"
DICOM: Final = "http://dicom.nema.org/resources/ontology/DCM"
_HL7: Final = "http://terminology.hl7.org/CodeSystem/"
ACT_CODE: Final = f"{_HL7}v3-ActCode"
ACT_REASON: Final = f"{_HL7}v3-ActReason"
CONFIDENTIALITY: Final = f"{_HL7}v3-Confidentiality"
PARTICIPATION: Final = f"{_HL7}v3-ParticipationType"
ROLE_CLASS: Final = f"{_HL7}v3-RoleClass"
DATA_OPERATION: Final = f"{_HL7}v3-DataOperation"
CONSENT_SCOPE: Final = f"{_HL7}consentscope"
CONSENT_ACTION: Final = f"{_HL7}consentaction"
LIFECYCLE: Final = f"{_HL7}iso-21089-lifecycle"
PROVENANCE_AGENT: Final = f"{_HL7}provenance-participant-type"
AUDIT_ENTITY: Final = f"{_HL7}audit-entity-type"
OBJECT_ROLE: Final = f"{_HL7}object-role"
RESOURCE: Final = "http://hl7.org/fhir/resource-types"
INTERACTION: Final = "http://hl7.org/fhir/restful-interaction"
SECURITY_SOURCE: Final = f"{_HL7}security-source-type"
SECURITY_ROLE: Final = f"{_HL7}extra-security-role-type"
SIGNATURE: Final = "urn:iso-astm:E1762-95:2013"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DID: Final = re.compile(r"did:pkh:eip155:([1-9][0-9]{0,15}):(0x[0-9a-f]{40})")


def coding(system: str, code: str, display: str = "") -> Json:
    """Return a Coding."""
    return {"system": system, "code": code, **({"display": display} if display else {})}


def concept(*codings: Json) -> Json:
    """Return a CodeableConcept of codings that mean the same."""
    return {"coding": list(codings)}


def name_of(kind: str, data: Bytes32) -> str:
    """Return the URI of a thing that MedShare knows by 32 bytes: `urn:medshare:consent:9c2e…`."""
    return f"{BASE}:{kind}:{data.hex()}"


def named(kind: str, data: Bytes32) -> Json:
    """Return the Identifier of such a thing."""
    return {"system": URI, "value": name_of(kind, data)}


def did_of(chain_id: int, account: Address) -> str:
    """Return the DID of an account on a chain (did:pkh over CAIP-10)."""
    return f"did:pkh:eip155:{chain_id}:{account}"


def account_in(did: str) -> tuple[int, Address] | None:
    """Return chain id and account of a DID that `did_of` made; None for any other text."""
    match = _DID.fullmatch(did)
    return None if match is None else (int(match.group(1)), match.group(2))


def reference(chain_id: int, account: Address, kind: str, display: str = "") -> Json:
    """Return a Reference to a `kind` of resource by its account: a logical one, as no server holds it.

    FHIR R4, References: `type` says what it is where there is an identifier only.
    """
    value: Json = {"type": kind, "identifier": {"system": URI, "value": did_of(chain_id, account)}}
    return {**value, "display": display} if display else value


def instant(seconds: int) -> str:
    """Return a second since 1970 as a FHIR instant in UTC."""
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
