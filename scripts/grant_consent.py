"""Answer every open request of a patient: `brownie run grant_consent main Jacob "City Hospital" --network NAME`."""

from __future__ import annotations

from medshare.consent.document import ConsentDocument
from scripts.deploy import said_plainly
from scripts.playground import Playground


@said_plainly
def main(
    patient: str, hospital: str, days: int | None = None, playground: Playground | None = None
) -> tuple[ConsentDocument, ...]:
    """Approve what was asked, for `days` at most, and print what was signed."""
    town = playground or Playground.of_brownie()
    agent = town.patient(patient, town.institution(hospital))
    given = tuple(agent.approve(request, days=int(days) if days else None) for request in agent.inbox())
    agent.sync()
    for consent in given:
        print(consent.statement, end="\n\n")
    print(f"{len(given)} consents granted.")
    return given
