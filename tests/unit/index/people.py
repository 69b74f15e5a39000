"""Named actors of the index's tests, and what happens to them."""

from __future__ import annotations

from medshare.consent.terms import consent_id
from medshare.consent.word import ConsentWord
from medshare.ledger.events import Granted, LockedDown, Revoked

PATIENT, OTHER_PATIENT, HOSPITAL, CLINIC, RESEARCHER, GATEWAY, STAFF = (
    "0x" + pair * 20 for pair in ("a1", "a2", "b1", "b2", "c1", "d1", "e1")
)
DAY = 86_400
BEGINNING, END = 1_700_000_000, 1_700_000_000 + 30 * DAY


def granted(number: int = 1, *, patient: str = PATIENT, grantee: str = HOSPITAL, issued_at: int = BEGINNING) -> Granted:
    """A consent for 30 days; `number` tells it from others."""
    word = ConsentWord(
        scope=0xFFFFFFFF, purposes=1, not_before=BEGINNING, not_after=END, issued_at=issued_at, actions=1, status=1
    )
    return Granted(patient=patient, grantee=grantee, terms=number.to_bytes(32, "big"), word=word.pack())


def id_of(grant: Granted) -> bytes:
    """The id of a granted consent."""
    return consent_id(patient=grant.patient, grantee=grant.grantee, terms=grant.terms)


def revoked(grant: Granted) -> Revoked:
    """The end of a consent."""
    return Revoked(patient=grant.patient, consent_id=id_of(grant))


def locked_down(mark: int, *, patient: str = PATIENT) -> LockedDown:
    """A lockdown."""
    return LockedDown(patient=patient, mark=mark)
