"""FHIR Provenances: of an uploaded document, and of a signed consent. Base FHIR R4; no profile is claimed.

Of a **document**: the target is the leaf that stands on the chain, the author is the institution that sealed and
anchored it, and each validator that confirmed it is a verifier. The anchoring transaction and the document that this
one replaces are entities. A confirmation that was kept is a Signature of the type "verification" (ASTM E1762-95).

Of a **consent**: the target is the Consent, and the signature is the one that the patient gave, of the type "consent".

`Signature.data` are the 65 bytes r, s, v (or what a contract wallet gave). They sign the EIP-712 digest of the message,
so `targetFormat` is JSON, the form in which a wallet shows it. No media type is registered for such signatures:
`sigFormat` is application/octet-stream.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Final

from medshare.exchange.consent import GivenConsent, Organisation
from medshare.exchange.consent_r4 import signer_kind
from medshare.exchange.systems import (
    BASE,
    DATA_OPERATION,
    PROVENANCE_AGENT,
    SIGNATURE,
    URI,
    Json,
    coding,
    concept,
    instant,
    name_of,
    named,
    reference,
)
from medshare.hexadecimal import ZERO_32, Bytes32, to_hex

CONSENT_SIGNATURE: Final = "1.2.840.10065.1.12.1.7"
VERIFICATION_SIGNATURE: Final = "1.2.840.10065.1.12.1.5"
"""ASTM E1762-95, signature purposes (FHIR R4, value set signature-type)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A validator's word on a period. `signature` is empty where it was not kept."""

    validator: Organisation
    at: int
    signature: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """A document as the chain has it.

    Attributes:
        chain_id: Of the chain.
        leaf: Its leaf, which stands under `root`.
        replaces: The leaf that it replaces, zero for a first version.
        root: The root of the period.
        provider: Who anchored it.
        transaction: That anchored the period, in the block of second `at`.
        consent: The write consent under which it came, None if there was none.
        confirmations: Of the period.
    """

    chain_id: int
    leaf: Bytes32
    root: Bytes32
    provider: Organisation
    transaction: Bytes32
    at: int
    replaces: Bytes32 = ZERO_32
    consent: Bytes32 | None = None
    confirmations: tuple[Confirmation, ...] = ()


def provenance_of_document(uploaded: Uploaded) -> Json:
    """Return the Provenance of a document."""
    chain = uploaded.chain_id
    value: Json = {
        "resourceType": "Provenance",
        "id": uploaded.leaf.hex(),
        "target": [{"identifier": named("document", uploaded.leaf)}],
        "recorded": instant(uploaded.at),
        "activity": concept(coding(DATA_OPERATION, "UPDATE" if uploaded.replaces != ZERO_32 else "CREATE")),
    }
    if uploaded.consent is not None:
        value["policy"] = [name_of("consent", uploaded.consent)]
    value["agent"] = [
        _agent("author", reference(chain, uploaded.provider.account, "Organization", uploaded.provider.name)),
        *(
            _agent("verifier", reference(chain, one.validator.account, "Organization", one.validator.name))
            for one in uploaded.confirmations
        ),
    ]
    value["entity"] = _entities(uploaded)
    signatures = [_confirmed(chain, one) for one in uploaded.confirmations if one.signature]
    if signatures:
        value["signature"] = signatures
    return value


def provenance_of_consent(given: GivenConsent) -> Json:
    """Return the Provenance of a consent, with the signature if it has one."""
    document = given.document
    signer = reference(document.chain_id, document.signer, signer_kind(given))
    value: Json = {
        "resourceType": "Provenance",
        "id": document.terms.hex(),
        "target": [{"type": "Consent", "identifier": named("consent", document.consent_id)}],
        "recorded": instant(document.word.issued_at),
        "activity": concept(coding(DATA_OPERATION, "CREATE")),
        "agent": [_agent("author", signer)],
    }
    if document.signature:
        value["signature"] = [_signature(CONSENT_SIGNATURE, document.word.issued_at, signer, document.signature)]
    return value


def _agent(kind: str, who: Json) -> Json:
    return {"type": concept(coding(PROVENANCE_AGENT, kind)), "who": who}


def _entities(uploaded: Uploaded) -> list[Json]:
    """Return what it replaces, and the anchoring: the chain, the transaction and the root under which it stands."""
    anchoring = f"{BASE}:transaction:{uploaded.chain_id}:{uploaded.transaction.hex()}"
    found: list[Json] = [
        {
            "role": "source",
            "what": {
                "identifier": {"system": URI, "value": anchoring},
                "display": f"anchored under the root {to_hex(uploaded.root)}",
            },
        }
    ]
    if uploaded.replaces != ZERO_32:
        found.append({"role": "revision", "what": {"identifier": named("document", uploaded.replaces)}})
    return found


def _confirmed(chain: int, one: Confirmation) -> Json:
    who = reference(chain, one.validator.account, "Organization", one.validator.name)
    return _signature(VERIFICATION_SIGNATURE, one.at, who, one.signature)


def _signature(purpose: str, at: int, who: Json, signature: bytes) -> Json:
    return {
        "type": [coding(SIGNATURE, purpose)],
        "when": instant(at),
        "who": who,
        "targetFormat": "application/json",
        "sigFormat": "application/octet-stream",
        "data": base64.b64encode(signature).decode(),
    }
