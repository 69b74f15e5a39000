"""A consent record and its receipt after ISO/IEC TS 27560:2023, in JSON-LD with the Data Privacy Vocabulary.

Field by field after "Implementing ISO/IEC TS 27560:2023 Consent Records and Receipts with DPV" (W3C DPV,
community group), section 8 (record) and 9 (receipt); the standard itself was not read. Terms of DPV 2.3, its personal
data (pd) and its health sector. The context is inside the document: nothing has to be fetched to read it.

What the guide calls mandatory and MedShare does not know is in `UNKNOWN`, and stands in no field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from medshare.consent.actions import BY_PROCESSOR, Action
from medshare.consent.categories import SENSITIVE, Category
from medshare.consent.names import action_name, category_name, purpose_name
from medshare.consent.purposes import codes_of
from medshare.exchange.codes import code_of
from medshare.exchange.consent import GivenConsent, Standing
from medshare.exchange.systems import ACT_REASON, BASE, CATEGORY, Json, did_of, instant, name_of
from medshare.hexadecimal import Address, Bytes32, to_hex
from medshare.statement import Party

RECORD: Final = "https://w3id.org/dpv/schema/dpv-27560#record"
RECEIPT: Final = "https://w3id.org/dpv/schema/dpv-27560#receipt"
UNKNOWN: Final = ("party address", "party contact")
"""Mandatory fields of the standard that an accreditation record does not hold: they are looked up at the party."""

_IRI: Final = {"@type": "@id"}
_TIME: Final = {"@type": "xsd:dateTime"}
CONTEXT: Final[Json] = {
    "dct": "http://purl.org/dc/terms/",
    "dpv": "https://w3id.org/dpv#",
    "health": "https://w3id.org/dpv/sector/health#",
    "medshare": f"{BASE}:terms:",
    "pd": "https://w3id.org/dpv/pd#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "schema": "https://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dct:conformsTo": _IRI,
    "dct:created": _TIME,
    "dct:publisher": _IRI,
    "dpv:hasJurisdiction": _IRI,
    "dpv:hasLegalBasis": _IRI,
    "dpv:hasLocation": _IRI,
    "dpv:hasProcessing": _IRI,
    "dpv:hasRecipient": _IRI,
    "dpv:hasTechnicalMeasure": _IRI,
    "dpv:isIndicatedAtTime": _TIME,
    "dpv:isIndicatedBy": _IRI,
    "schema:recipient": _IRI,
    "skos:broader": _IRI,
}

_PURPOSES: Final = {
    "BTG": "health:EmergencyCareManagement",
    "CAREMGT": "health:HealthcareManagement",
    "ERTREAT": "health:EmergencyCareManagement",
    "ETREAT": "health:EmergencyCareManagement",
    "FRAUD": "health:FraudPreventionDetection",
    "HMARKT": "dpv:Marketing",
    "HOPERAT": "health:HealthcareManagement",
    "HPAYMT": "health:ReimbursementServicesProvision",
    "HQUALIMP": "health:EnsureQualitySafetyHealthcare",
    "HRESCH": "health:HealthcareScientificResearch",
    "PUBHLTH": "health:PublicHealthMonitoring",
    "TREAT": "health:PrimaryUse",
}
"""What DPV calls a purpose where it has a word for it; the others are a dpv:Purpose by their HL7 code alone."""
_DATA: Final = {
    Category.DEMOGRAPHICS: "pd:Demographic",
    Category.MEDICATIONS: "pd:Prescription",
    Category.FAMILY_AND_SOCIAL_HISTORY: "pd:FamilyHealthHistory",
    Category.COVERAGE_AND_CLAIMS: "pd:Insurance",
    Category.MENTAL_HEALTH: "pd:MentalHealth",
    Category.SEXUAL_AND_REPRODUCTIVE_HEALTH: "pd:SexualHistory",
    Category.GENETICS: "pd:Genetic",
}
"""What DPV calls a category; the others are a pd:HealthRecord."""
_OPERATIONS: Final = {
    Action.READ: "dpv:Consult",
    Action.WRITE: "dpv:Record",
    Action.EXPORT: "dpv:Export",
    Action.DEIDENTIFIED: "dpv:Analyse",
    Action.AGGREGATE: "dpv:Aggregate",
}


class Happening(StrEnum):
    """What happened to a consent, as DPV calls the state that it brought (guide, section 8.5.2)."""

    GIVEN = "ConsentGiven"
    WITHDRAWN = "ConsentWithdrawn"
    EXPIRED = "ConsentExpired"
    INVALIDATED = "ConsentInvalidated"
    """By a lockdown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One event of a consent. `transaction` is None where none stands behind it."""

    what: Happening
    at: int
    by: Address
    transaction: Bytes32 | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A consent with what a record of it needs beside.

    Attributes:
        given: The consent.
        events: What happened to it, oldest first.
        controller_names: The grantee's names by language, as accredited; empty if none is known.
        jurisdiction: The grantee's, ISO 3166 numeric; 0 if none is known.
        withdrawal: How to withdraw it: a line to type, or a URL.
        language: Of the names in the record.
    """

    given: GivenConsent
    events: tuple[Happened, ...]
    withdrawal: str
    language: str
    controller_names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    jurisdiction: int = 0


def receipt_27560(recorded: Recorded, *, at: int, publisher: Address) -> Json:
    """Return the receipt that `publisher` writes at second `at`, with the record inside (guide, section 9)."""
    document = recorded.given.document
    name = f"{name_of('consent', document.consent_id)}:receipt:{at}"
    return {
        "@context": CONTEXT,
        "@id": name,
        "@type": "dpv:ConsentReceipt",
        "dct:identifier": name,
        "dct:conformsTo": RECEIPT,
        "dct:created": instant(at),
        "dct:publisher": did_of(document.chain_id, publisher),
        "schema:recipient": did_of(document.chain_id, document.patient),
        "dpv:hasRecordOfActivity": _record(recorded),
    }


def record_27560(recorded: Recorded) -> Json:
    """Return the record (guide, section 8)."""
    return {"@context": CONTEXT, **_record(recorded)}


def _record(recorded: Recorded) -> Json:
    given, document = recorded.given, recorded.given.document
    subject = did_of(document.chain_id, document.patient)
    return {
        "@id": name_of("consent", document.consent_id),
        "@type": "dpv:ConsentRecord",
        "dct:identifier": to_hex(document.consent_id),
        "dct:conformsTo": RECORD,
        "dpv:hasDataSubject": {"@id": subject, "@type": "dpv:DataSubject", "dct:identifier": document.patient},
        "dpv:hasNotice": {
            "@id": f"{name_of('consent', document.consent_id)}:statement",
            "@type": "dpv:ConsentNotice",
            "dct:language": given.language,
            "dct:date": _time(document.word.issued_at),
            "dct:description": document.statement,
        },
        "dpv:hasProcess": _process(recorded),
        "dpv:hasEntity": _entities(recorded),
        "dpv:hasConsentStatus": [_status(recorded, event) for event in recorded.events],
        "medshare:standing": given.standing.value,
        "medshare:evidence": {
            "medshare:chain": document.chain_id,
            "medshare:registry": document.registry,
            "medshare:terms": to_hex(document.terms),
            "medshare:signer": document.signer,
            "medshare:signature": to_hex(document.signature),
        },
    }


def _process(recorded: Recorded) -> Json:
    given, word = recorded.given, recorded.given.document.word
    facts, chain = given.facts, given.document.chain_id
    recipients = [facts.grantee] + ([facts.researcher] if facts.researcher else [])
    actions = [action for action in Action if action & word.actions]
    value: Json = {
        "@type": "dpv:Process",
        "dpv:hasPurpose": [_purpose(code, recorded.language) for code in codes_of(word.purposes)],
        "dpv:hasPersonalData": [_data(one, recorded.language) for one in given.document.categories],
        "dpv:hasProcessing": [_OPERATIONS[action] for action in actions],
        "dct:description": ", ".join(action_name(action, recorded.language) for action in actions),
        "dpv:hasStorageCondition": [
            {"@type": "dpv:StorageLocation", "dpv:hasLocation": "dpv:DecentralisedLocations"},
            {"@type": "dpv:StorageDuration", "dpv:hasDuration": _until(word.not_after)},
        ],
        "dpv:hasDataController": {"@id": did_of(chain, (facts.researcher or facts.grantee).account)},
        "dpv:hasLegalBasis": "dpv:ExplicitlyExpressedConsent",
        "dpv:hasRecipient": [did_of(chain, party.account) for party in recipients],
        "dpv:hasConsentControl": {"@type": "dpv:WithdrawConsent", "dpv:isExercisedAt": recorded.withdrawal},
        "dpv:hasRight": {
            "@type": "dpv:DataSubjectRight",
            "dct:title": "Right to Withdraw Consent",
            "dpv:isExercisedAt": recorded.withdrawal,
        },
    }
    if word.actions & BY_PROCESSOR:
        value["dpv:hasTechnicalMeasure"] = ["dpv:Deidentification"]
    if recorded.jurisdiction:
        value["dpv:hasJurisdiction"] = f"urn:iso:std:iso:3166:{recorded.jurisdiction:03d}"
    return value


def _purpose(code: str, language: str) -> Json:
    value: Json = {"@id": f"{ACT_REASON}#{code}", "@type": "dpv:Purpose", "dct:identifier": code}
    value["dct:title"] = purpose_name(code, language)
    return {**value, "skos:broader": _PURPOSES[code]} if code in _PURPOSES else value


def _data(category: Category, language: str) -> Json:
    kinds = ["dpv:SpecialCategoryPersonalData"] + (["dpv:SensitivePersonalData"] if category in SENSITIVE else [])
    return {
        "@id": f"{CATEGORY}:{code_of(category)}",
        "@type": kinds,
        "skos:broader": _DATA.get(category, "pd:HealthRecord"),
        "dct:identifier": code_of(category),
        "dct:title": category_name(category, language),
    }


def _entities(recorded: Recorded) -> list[Json]:
    """Return the parties: name, identifier and role (guide, section 8.4)."""
    given, chain = recorded.given, recorded.given.document.chain_id
    facts = given.facts
    names = list(recorded.controller_names.values()) or [facts.grantee.name]
    role = "dpv:DataController" if facts.researcher is None else "dpv:DataProcessor"
    found = [_entity(chain, facts.grantee, role, names)]
    if facts.researcher is not None:
        found.append(_entity(chain, facts.researcher, "dpv:DataController", [facts.researcher.name]))
    return found


def _entity(chain: int, party: Party, role: str, names: Sequence[str]) -> Json:
    return {
        "@id": did_of(chain, party.account),
        "@type": ["dpv:Organisation", role],
        "dpv:hasName": list(names),
        "dpv:hasIdentifier": party.account,
    }


def _status(recorded: Recorded, event: Happened) -> Json:
    document = recorded.given.document
    value: Json = {
        "@type": [f"dpv:{event.what}"] + (["dpv:ExplicitlyExpressedConsent"] if event.what is Happening.GIVEN else []),
        "dpv:isIndicatedAtTime": instant(event.at),
        "dpv:isIndicatedBy": did_of(document.chain_id, event.by),
    }
    if event.what is Happening.GIVEN:
        value["dct:valid"] = f"{instant(document.word.not_before)}/{instant(document.word.not_after)}"
        value["dpv:hasDuration"] = _until(document.word.not_after)
        value["dpv:hasIndicationMethod"] = "signature of the statement by EIP-712"
    if event.transaction is not None:
        value["medshare:transaction"] = to_hex(event.transaction)
    return value


def _until(seconds: int) -> Json:
    return {"@type": "dpv:UntilTimeDuration", "rdf:value": _time(seconds)}


def _time(seconds: int) -> dict[str, Any]:
    return {"@type": "xsd:dateTime", "@value": instant(seconds)}


def happened_by_standing(given: GivenConsent, *, at: int) -> tuple[Happened, ...]:
    """Return what no transaction tells: that a consent is over by its time, or by a lockdown, as of second `at`."""
    word, by = given.document.word, given.document.patient
    if given.standing is Standing.ENDED:
        return (Happened(what=Happening.EXPIRED, at=word.not_after, by=by),)
    if given.standing is Standing.LOCKED:
        return (Happened(what=Happening.INVALIDATED, at=at, by=by),)
    return ()
