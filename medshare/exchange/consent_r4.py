"""A FHIR R4 Consent of a consent.

Element by element after the rules that IHE PCF 1.1 has for every consent: status, scope patient-privacy, category,
patient, dateTime, performer, organization, one source, policy.uri, and one provision of type permit with period, actor
(role IRCP), purpose and securityLabel. Two elements go beyond PCF in the plain form, since leaving them out would say
less or more than was signed: `provision.action` and `verification`. `Form.PCF` leaves them out, claims the profile
IHE.PCF.consentAdvanced, and refuses a consent that cannot be said without `action`.

A nested provision of type deny names the purposes that an HL7 parent would add (`codes.implied`). FHIR's Period ends
with its last second and ours before its end: `end` is one second earlier.
"""

from __future__ import annotations

import base64
from enum import StrEnum
from typing import Final

from medshare.consent.actions import Action
from medshare.consent.purposes import RESEARCH_BITS
from medshare.exchange.codes import actions, implied, labels, purposes
from medshare.exchange.consent import GivenConsent, Standing
from medshare.exchange.errors import EnforcerMissing, PcfCannotSayAction
from medshare.exchange.systems import (
    ACT_CODE,
    BASE,
    CONSENT_SCOPE,
    LOINC,
    PARTICIPATION,
    Json,
    coding,
    concept,
    instant,
    named,
    reference,
)

PCF_ADVANCED: Final = "https://profiles.ihe.net/ITI/PCF/StructureDefinition/IHE.PCF.consentAdvanced"
STATUS: Final = {
    Standing.DRAFT: "draft",
    Standing.ACTIVE: "active",
    Standing.REVOKED: "inactive",
    Standing.LOCKED: "inactive",
    Standing.ENDED: "inactive",
}
"""FHIR R4 and R5, consent-state-codes: `inactive` is what was ended or replaced."""
RECIPIENT: Final = "IRCP"
BENEFICIARY: Final = "BEN"
"""v3-ParticipationType: on behalf of whom something happens and who need not be there; the researcher."""


BCP_47: Final = {"en": "en", "zh-Hant": "zh-TW"}
"""Our languages as FHIR R4 lists them (value set languages): Traditional Chinese by region."""


class Form(StrEnum):
    """Which rules the Consent keeps."""

    PLAIN = "plain"
    """FHIR R4 with PCF's required elements, and `action` and `verification` beside."""
    PCF = "pcf"
    """IHE PCF's profile, to the letter."""


def consent_r4(given: GivenConsent, form: Form = Form.PLAIN) -> Json:
    """Return the Consent.

    Raises:
        PcfCannotSayAction: The form is PCF and they may do something else than read.
        EnforcerMissing: The form is PCF and nobody is named who enforces it.
    """
    document = given.document
    if form is Form.PCF and document.word.actions != Action.READ:
        raise PcfCannotSayAction
    if form is Form.PCF and not given.enforcers:
        raise EnforcerMissing
    chain = document.chain_id
    value: Json = {
        "resourceType": "Consent",
        "id": document.consent_id.hex(),
        **({"meta": {"profile": [PCF_ADVANCED]}} if form is Form.PCF else {}),
        "identifier": [named("consent", document.consent_id)],
        "status": STATUS[given.standing],
        "scope": concept(coding(CONSENT_SCOPE, "patient-privacy")),
        "category": categories(document.word.actions, document.word.purposes),
        "patient": reference(chain, document.patient, "Patient"),
        "dateTime": instant(document.word.issued_at),
        "performer": [reference(chain, document.signer, signer_kind(given))],
    }
    if given.enforcers:
        value["organization"] = [reference(chain, one.account, "Organization", one.name) for one in given.enforcers]
    value["sourceAttachment"] = signed_words(given)
    value["policy"] = [{"uri": policy_of(given)}]
    if form is Form.PLAIN and given.standing is not Standing.DRAFT:
        # FHIR R4, Consent.verification: the patient herself said that this is what she wants.
        value["verification"] = [
            {
                "verified": True,
                "verifiedWith": reference(chain, document.signer, signer_kind(given)),
                "verificationDate": instant(document.word.issued_at),
            }
        ]
    value["provision"] = _provision(given, form)
    return value


def categories(given_actions: int, given_purposes: int) -> list[Json]:
    """Return what sort of consent it is: LOINC, as in PCF's examples, and the ActCode consent type."""
    kinds = ["ICOL" if given_actions == Action.WRITE else "IDSCL"]
    if given_purposes & RESEARCH_BITS:
        kinds.append("RESEARCH")
    return [concept(coding(LOINC, "59284-0")), *(concept(coding(ACT_CODE, kind)) for kind in kinds)]


def signer_kind(given: GivenConsent) -> str:
    """Return the type of resource of who signed: the patient, or a delegate of hers."""
    return "Patient" if given.document.signer == given.document.patient else "RelatedPerson"


def signed_words(given: GivenConsent) -> Json:
    """Return the statement as an Attachment: the text that was signed, in the language that was signed."""
    words = given.document.statement.encode()
    return {
        "contentType": "text/plain;charset=utf-8",
        "language": BCP_47[given.language],
        "data": base64.b64encode(words).decode(),
        "size": len(words),
        "title": given.template,
        "creation": instant(given.document.word.issued_at),
    }


def policy_of(given: GivenConsent) -> str:
    """Return the URI of the policy: the template, whose words say what is enforced and what is promised."""
    return f"{BASE}:policy:{given.template.lower()}"


def period(given: GivenConsent) -> Json:
    """Return the period with its last second (FHIR R4, Period.end is inclusive)."""
    word = given.document.word
    return {"start": instant(word.not_before), "end": instant(word.not_after - 1)}  # [Z-001]


def actors(given: GivenConsent) -> list[Json]:
    """Return to whom: the grantee as recipient, and for whom it works if for somebody."""
    chain, facts = given.document.chain_id, given.facts
    named_ones = [(RECIPIENT, facts.grantee)]
    if facts.researcher is not None:
        named_ones.append((BENEFICIARY, facts.researcher))
    return [
        {
            "role": concept(coding(PARTICIPATION, role)),
            "reference": reference(chain, party.account, "Organization", party.name),
        }
        for role, party in named_ones
    ]


def _provision(given: GivenConsent, form: Form) -> Json:
    word = given.document.word
    value: Json = {"type": "permit", "period": period(given), "actor": actors(given)}
    if form is Form.PLAIN:
        value["action"] = actions(word.actions)
    value["securityLabel"] = labels(given.document.categories)
    value["purpose"] = purposes(word.purposes)
    if exceptions := implied(word.purposes):
        value["provision"] = [{"type": "deny", "purpose": purposes(exceptions)}]
    return value
