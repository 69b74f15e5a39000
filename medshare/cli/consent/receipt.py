"""A consent with what its record and its other forms need beside: how it stands, what happened, who enforces it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from medshare.cli.consent.rows import State, state_of
from medshare.cli.frame.names import records
from medshare.cli.frame.session import Session
from medshare.hexadecimal import to_hex

if TYPE_CHECKING:
    from medshare.consent.document import ConsentDocument
    from medshare.exchange.consent import GivenConsent, Organisation
    from medshare.exchange.receipt_27560 import Happened

STANDING: Final[dict[State, str]] = {
    "in force": "active",
    "not begun": "active",
    "grantee suspended": "active",
    "ended": "ended",
    "revoked": "revoked",
    "locked": "locked",
    "not granted": "draft",
}
"""How each state goes out (`medshare.exchange.consent.Standing`)."""


def given_of(session: Session, consent: ConsentDocument, enforcers: tuple[Organisation, ...] = ()) -> GivenConsent:
    """Return a consent as it stands at the head, ready to go out."""
    from medshare.exchange.consent import GivenConsent, Standing

    standing = Standing(STANDING[state_of(session, consent)])
    return GivenConsent(document=consent, standing=standing, enforcers=enforcers)


def receipt_of(session: Session, consent: ConsentDocument, publisher: str) -> dict[str, Any]:
    """Return the receipt of a consent as it stands at the head, in JSON-LD after ISO/IEC TS 27560."""
    from medshare.exchange.receipt_27560 import Recorded, happened_by_standing, receipt_27560

    now, given = session.clock.now(), given_of(session, consent)
    record = records(session).get(consent.grantee)
    recorded = Recorded(
        given=given,
        events=(*_events(session, consent), *happened_by_standing(given, at=now)),
        withdrawal=f"medshare consent revoke {to_hex(consent.consent_id)}",
        language=session.options.language,
        controller_names={} if record is None else dict(record.names),
        jurisdiction=0 if record is None else record.jurisdiction,
    )
    return receipt_27560(recorded, at=now, publisher=publisher)


def _events(session: Session, consent: ConsentDocument) -> list[Happened]:
    """Return what happened to the consent on the chain."""
    from medshare.exchange.receipt_27560 import Happened, Happening
    from medshare.ledger.events import Granted, Revoked

    found = []
    for log in session.ledger.events(session.deployment.block, kinds=(Granted, Revoked)):
        event = log.event
        granted = isinstance(event, Granted) and (event.patient, event.terms) == (consent.patient, consent.terms)
        revoked = isinstance(event, Revoked) and event.consent_id == consent.consent_id
        if granted or revoked:
            found.append(
                Happened(
                    what=Happening.GIVEN if granted else Happening.WITHDRAWN,
                    at=session.ledger.block(log.block_number).time,
                    by=consent.signer if granted else consent.patient,
                    transaction=log.transaction,
                )
            )
    return found
