"""A FHIR R5 Consent of a consent.

R5 has no type on a provision: `decision` is the base, and each level of provisions is the negation of the one above it
(FHIR R5, Consent.decision). So the decision is deny, the provision permits, and the one inside it denies again.
"""

from __future__ import annotations

from medshare.exchange.codes import actions, implied, labels, purposes
from medshare.exchange.consent import GivenConsent, Standing
from medshare.exchange.consent_r4 import (
    STATUS,
    actors,
    categories,
    period,
    policy_of,
    signed_words,
    signer_kind,
)
from medshare.exchange.systems import Json, instant, named, reference


def consent_r5(given: GivenConsent) -> Json:
    """Return the Consent."""
    document, word = given.document, given.document.word
    chain, signer = document.chain_id, reference(document.chain_id, document.signer, signer_kind(given))
    value: Json = {
        "resourceType": "Consent",
        "id": document.consent_id.hex(),
        "identifier": [named("consent", document.consent_id)],
        "status": STATUS[given.standing],
        "category": categories(word.actions, word.purposes),
        "subject": reference(chain, document.patient, "Patient"),
        "date": instant(word.issued_at)[:10],
        "period": period(given),
        "grantor": [signer],
        "grantee": [reference(chain, given.facts.grantee.account, "Organization", given.facts.grantee.name)],
    }
    if given.enforcers:
        value["manager"] = [reference(chain, one.account, "Organization", one.name) for one in given.enforcers]
    value["sourceAttachment"] = [signed_words(given)]
    value["policyBasis"] = {"url": policy_of(given)}
    if given.standing is not Standing.DRAFT:
        value["verification"] = [
            {"verified": True, "verifiedWith": signer, "verificationDate": [instant(word.issued_at)]}
        ]
    value["decision"] = "deny"
    provision: Json = {
        "period": period(given),
        "actor": actors(given),
        "action": actions(word.actions),
        "securityLabel": labels(document.categories),
        "purpose": purposes(word.purposes),
    }
    if exceptions := implied(word.purposes):
        provision["provision"] = [{"purpose": purposes(exceptions)}]
    value["provision"] = [provision]
    return value
