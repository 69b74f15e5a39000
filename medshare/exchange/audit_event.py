"""A FHIR AuditEvent of a receipt: one for each, a release or a refusal.

After IHE BALP 1.1.5 (Basic Audit Log Patterns):

- What was **released** follows PrivacyDisclosure.Source, as the gateway is the source: who (the custodian), when, to
  whom, which patient, what, why.
- What was **refused** under a consent follows AuthZconsent, outcome 4, with the reason in words. A refusal without a
  consent has the same form and claims no profile, since the profile asks for one.

A receipt knows a slot and no category. Whoever has no more than the receipt writes the slot; the patient's own agent,
which has the consent, gives the category, and it stands as security label on what was released. MedShare keeps no
network addresses: where BALP asks for one, the account's URI stands (network type 5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from medshare.consent.categories import Category
from medshare.consent.purposes import PURPOSES
from medshare.exchange.codes import labels
from medshare.exchange.consent import Organisation
from medshare.exchange.systems import (
    ACT_REASON,
    AUDIT_ENTITY,
    DICOM,
    INTERACTION,
    LIFECYCLE,
    OBJECT_ROLE,
    PARTICIPATION,
    RESOURCE,
    ROLE_CLASS,
    SECURITY_ROLE,
    SECURITY_SOURCE,
    SNOMED,
    Json,
    coding,
    concept,
    did_of,
    instant,
    named,
    reference,
)
from medshare.gateway.errors import ground_words
from medshare.hexadecimal import ZERO_32, Address, Bytes32, to_hex
from medshare.release.receipts import RELEASED
from medshare.release.rule import OWN_SLOT, Ground
from medshare.signed import Signed
from medshare.typed_data import ReadRequest, Receipt, Refuse

DISCLOSURE: Final = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PrivacyDisclosure.Source"
AUTHORISATION: Final = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.AuthZconsent"
AUTHORISATION_SUBTYPE: Final = "https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType"
SUCCESS: Final = "0"
DENIED: Final = "4"
"""audit-event-outcome: a minor failure; the request was in order and the consent said no."""
_ADDRESS_IS_URI: Final = "5"
_GROUNDS: Final = frozenset(int(ground) for ground in Ground)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """A receipt with what was asked, as it goes out.

    Attributes:
        chain_id: On which the accounts are.
        digest: The digest of the receipt.
        leaves: What was released.
        custodian: The institution that runs the gateway.
        institution: Whom the accessor acts for.
        category: What the slot holds, where the writer is the patient's own agent; else None.
        endpoint: The URL of the gateway's door, empty if it is not known.
    """

    chain_id: int
    receipt: Signed[Receipt]
    digest: Bytes32
    asked: Signed[ReadRequest] | Signed[Refuse]
    leaves: tuple[Bytes32, ...]
    custodian: Organisation | None = None
    institution: Organisation | None = None
    category: Category | None = None
    endpoint: str = ""


def audit_event(access: Access) -> Json:
    """Return the AuditEvent of a receipt."""
    receipt = access.receipt.message
    value = _disclosure(access) if receipt.decision == RELEASED else _refusal(access)
    head: Json = {"resourceType": "AuditEvent", "id": access.digest.hex()}
    profile = value.pop("profile")
    if profile:
        head["meta"] = {"profile": [profile]}
    return {**head, **value}


def _disclosure(access: Access) -> Json:
    asked = access.asked.message
    listed = isinstance(asked, ReadRequest) and asked.leaf == ZERO_32
    agents = [_source(access), _recipient(access), _user(access)]
    if access.custodian is not None:
        agents.append(
            {
                "type": concept(coding(SNOMED, "159541003")),
                "who": reference(access.chain_id, access.custodian.account, "Organization", access.custodian.name),
                "requestor": False,
            }
        )
    agents.append(
        {"type": concept(coding(SNOMED, "429577009")), "who": _patient(access), "requestor": False}
    )  # authorised by: the patient
    return {
        "profile": DISCLOSURE,
        "type": coding(DICOM, "110106"),
        "subtype": [coding(LIFECYCLE, "disclose"), coding(INTERACTION, "search-type" if listed else "read")],
        "action": "R",
        **_when_and_why(access, SUCCESS),
        "agent": agents,
        "source": _observer(access),
        "entity": [_patient_entity(access), *_consent_entity(access), *(_leaf(access, leaf) for leaf in access.leaves)],
    }


def _refusal(access: Access) -> Json:
    agents = [
        {
            "type": concept(coding(DICOM, "110150")),
            "who": _accessor(access),
            "requestor": False,
            "network": {"address": did_of(access.chain_id, _who_asked(access)), "type": _ADDRESS_IS_URI},
        },
        _user(access),
        {
            "type": concept(coding(ROLE_CLASS, "PROV")),
            "who": _institution(access),
            "requestor": False,
        },
        {
            "type": concept(coding(SECURITY_ROLE, "authserver")),
            "who": _gateway(access),
            "requestor": False,
        },
    ]
    consent = _consent_entity(access)
    return {
        "profile": AUTHORISATION if consent else "",
        "type": coding(DICOM, "110113"),
        "subtype": [coding(AUTHORISATION_SUBTYPE, "AuthZ-Consent")],
        "action": "E",
        **_when_and_why(access, DENIED),
        "agent": agents,
        "source": _observer(access),
        "entity": [_patient_entity(access), *consent],
    }


def _when_and_why(access: Access, outcome: str) -> Json:
    receipt = access.receipt.message
    value: Json = {
        "recorded": instant(receipt.at),
        "outcome": outcome,
        "outcomeDesc": _reason(receipt.reason),
    }
    if purpose := _purpose(access):
        value["purposeOfEvent"] = purpose
    return value


def _reason(number: int) -> str:
    """Return why in words; a number that is no ground, from a gateway that writes nonsense, as it stands."""
    return ground_words(Ground(number)) if number in _GROUNDS else str(number)


def _purpose(access: Access) -> list[Json]:
    """Return why it was asked; nothing for the patient's own look and for a purpose that does not exist."""
    asked = access.asked.message
    if not isinstance(asked, ReadRequest) or asked.slot == OWN_SLOT or asked.purpose >= len(PURPOSES):
        return []
    return [concept(coding(ACT_REASON, PURPOSES[asked.purpose]))]


def _gateway(access: Access) -> Json:
    return reference(access.chain_id, access.receipt.message.gateway, "Device")


def _patient(access: Access) -> Json:
    return reference(access.chain_id, access.receipt.message.patient, "Patient")


def _who_asked(access: Access) -> Address:
    asked = access.asked.message
    return asked.accessor if isinstance(asked, ReadRequest) else access.asked.signer


def _accessor(access: Access) -> Json:
    account = _who_asked(access)
    kind = "Patient" if account == access.receipt.message.patient else "Practitioner"
    return reference(access.chain_id, account, kind)


def _institution(access: Access) -> Json:
    if access.institution is None:
        return _accessor(access)
    return reference(access.chain_id, access.institution.account, "Organization", access.institution.name)


def _source(access: Access) -> Json:
    address = access.endpoint or did_of(access.chain_id, access.receipt.message.gateway)
    return {
        "type": concept(coding(DICOM, "110153")),
        "who": _gateway(access),
        "requestor": False,
        "network": {"address": address, "type": _ADDRESS_IS_URI},
    }


def _recipient(access: Access) -> Json:
    return {
        "type": concept(coding(DICOM, "110152")),
        "who": _institution(access),
        "requestor": False,
        "network": {"address": did_of(access.chain_id, _who_asked(access)), "type": _ADDRESS_IS_URI},
    }


def _user(access: Access) -> Json:
    value: Json = {
        "type": concept(coding(PARTICIPATION, "IRCP")),
        "who": _accessor(access),
        "requestor": True,
    }
    if purpose := _purpose(access):
        value["purposeOfUse"] = purpose
    return value


def _observer(access: Access) -> Json:
    """Return who recorded it: the gateway, the very reference of the agent (BALP, val-audit-source)."""
    return {"observer": _gateway(access), "type": [coding(SECURITY_SOURCE, "4")]}


def _patient_entity(access: Access) -> Json:
    receipt, asked = access.receipt.message, access.asked.message
    details = {
        "receipt-number": str(receipt.seq),
        "receipt-before": to_hex(receipt.previous),
        "block": to_hex(receipt.block),
        "request": to_hex(receipt.read_request),
        "documents": str(receipt.count),
    }
    if isinstance(asked, ReadRequest):
        details["slot"] = "own" if asked.slot == OWN_SLOT else str(asked.slot)
        if asked.leaf != ZERO_32:
            details["document"] = to_hex(asked.leaf)
    return {
        "what": _patient(access),
        "type": coding(AUDIT_ENTITY, "1"),
        "role": coding(OBJECT_ROLE, "1"),
        "detail": [{"type": name, "valueString": text} for name, text in details.items()],
    }


def _consent_entity(access: Access) -> list[Json]:
    asked = access.asked.message
    if not isinstance(asked, ReadRequest) or asked.consent_id == ZERO_32:
        return []
    what = {"type": "Consent", "identifier": named("consent", asked.consent_id)}
    return [{"what": what, "type": coding(RESOURCE, "Consent")}]


def _leaf(access: Access, leaf: Bytes32) -> Json:
    value: Json = {
        "what": {"identifier": named("document", leaf)},
        "type": coding(AUDIT_ENTITY, "2"),
        "role": coding(OBJECT_ROLE, "4"),
    }
    if access.category is not None:  # [Z-006]
        value["securityLabel"] = labels((access.category,))
    return value
