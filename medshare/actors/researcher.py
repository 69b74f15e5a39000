"""A researcher: asks by script, waits, reads what was granted."""

from __future__ import annotations

from medshare.access_request import AccessRequest
from medshare.actors.reader import Reading
from medshare.actors.requester import Requester
from medshare.consent.document import ConsentDocument
from medshare.gateway.door import Door


class Researcher(Requester):
    """An accredited account that reads and never writes."""

    def answer_to(self, request: AccessRequest, gateway: Door) -> ConsentDocument | None:
        """Return the consent that answers `request`, if the patient left one; None while she has not."""
        for consent in self.consents_at(gateway):
            if consent.request == request.request:
                return consent
        return None

    def fetch(self, consent: ConsentDocument, gateway: Door, *, purpose: str) -> tuple[Reading, ...]:
        """Read everything that a consent covers at `gateway`. Raises as `Requester.read`."""
        rows = self.list_documents(gateway, consent, purpose=purpose)
        return tuple(self.read(gateway, consent, row, purpose=purpose) for row in rows)
