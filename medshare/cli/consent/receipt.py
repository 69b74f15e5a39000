"""A receipt of a consent, its fields after ISO/IEC TS 27560:2023 (consent records and receipts)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from medshare.cli.consent.rows import state_of
from medshare.cli.frame.names import records, word_of
from medshare.cli.frame.session import Session
from medshare.consent.actions import Action
from medshare.consent.names import action_name, category_name, purpose_name
from medshare.consent.purposes import codes_of
from medshare.hexadecimal import to_hex

if TYPE_CHECKING:
    from medshare.consent.document import ConsentDocument

SCHEMA: Final = "medshare/consent-receipt/1"


def receipt_of(session: Session, consent: ConsentDocument) -> dict[str, Any]:
    """Return the receipt of a consent as it stands at the head."""
    language, deployment = session.options.language, session.ledger.deployment
    record = records(session).get(consent.grantee)
    return {
        "header": {
            "schema": SCHEMA,
            "record_id": to_hex(consent.consent_id),
            "pii_principal_id": consent.patient,
            "language": language,
            "written_at": session.clock.now(),
        },
        "processing": {
            "privacy_notice": consent.statement,
            "purposes": [
                {"code": code, "name": purpose_name(code, language)} for code in codes_of(consent.word.purposes)
            ],
            "pii_categories": [
                {
                    "code": word_of(category),
                    "name": category_name(category, language),
                }
                for category in consent.categories
            ],
            "operations": [
                {"code": action.name, "name": action_name(action, language)}
                for action in Action
                if action & consent.word.actions
            ],
            "valid_from": consent.word.not_before,
            "valid_until": consent.word.not_after,
            "withdrawal_method": f"medshare consent revoke {to_hex(consent.consent_id)}",
        },
        "parties": [
            {
                "role": "pii controller",
                "account": consent.grantee,
                "names": {} if record is None else dict(record.names),
                "jurisdiction": 0 if record is None else record.jurisdiction,
            }
        ],
        "events": list(_events(session, consent)),
        "state": state_of(session, consent),
        "evidence": {
            "chain_id": deployment.chain_id,
            "registry": deployment.addresses["ConsentRegistry"],
            "terms": to_hex(consent.terms),
            "signer": consent.signer,
            "signature": to_hex(consent.signature),
        },
    }


def _events(session: Session, consent: ConsentDocument) -> list[dict[str, Any]]:
    """Return what happened to the consent on the chain."""
    from medshare.ledger.events import Granted, Revoked

    found = []
    for log in session.ledger.events(session.deployment.block, kinds=(Granted, Revoked)):
        event = log.event
        granted = isinstance(event, Granted) and (event.patient, event.terms) == (consent.patient, consent.terms)
        revoked = isinstance(event, Revoked) and event.consent_id == consent.consent_id
        if granted or revoked:
            found.append(
                {
                    "state": "given" if granted else "withdrawn",
                    "at": session.ledger.block(log.block_number).time,
                    "block": log.block_number,
                    "transaction": to_hex(log.transaction),
                }
            )
    return found
