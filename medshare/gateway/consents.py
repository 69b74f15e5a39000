"""What a release needs of a consent document: read once, since a consent id is the hash of its document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from medshare.consent.categories import Category
from medshare.consent.document import ConsentDocument
from medshare.consent.slots import slot_map
from medshare.gateway.postbox import kept_consent
from medshare.hexadecimal import Address, Bytes32
from medshare.vault import ConsentRow, Rows

MOST: Final = 10_000
"""Consents that are remembered, about 1 KB each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptConsent:
    """A consent as its document says it. `slots` is the slot of each category that it grants: no decoy."""

    consent_id: Bytes32
    patient: Address
    grantee: Address
    terms: Bytes32
    not_after: int
    issued_at: int
    slots: Mapping[Category, int]

    @classmethod
    def of(cls, document: ConsentDocument) -> KeptConsent:
        """Return what a release needs of `document`."""
        places = slot_map(document.nonce)
        return cls(
            consent_id=document.consent_id,
            patient=document.patient,
            grantee=document.grantee,
            terms=document.terms,
            not_after=document.word.not_after,
            issued_at=document.word.issued_at,
            slots={category: places[category] for category in document.categories},
        )


class KeptConsents:
    """The consents of one vault. Only what follows from the id alone is remembered: that it is kept is not."""

    def __init__(self) -> None:
        self._known: dict[Bytes32, KeptConsent] = {}

    def find(self, consent_id: Bytes32, rows: Rows) -> KeptConsent | None:
        """Return the consent whose document stands under `consent_id` now, None if there is none."""
        known = self._known.get(consent_id)
        if known is not None:
            return known if rows.count(ConsentRow, consent_id=consent_id) else None
        row = rows.get(ConsentRow, consent_id=consent_id)
        if row is None:
            return None
        found = KeptConsent.of(kept_consent(row))
        if found.consent_id == consent_id:
            if len(self._known) >= MOST:
                self._known = {}
            self._known[consent_id] = found
        return found
