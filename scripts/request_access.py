"""Ask a patient: `brownie run request_access main "Hill Hospital" Jacob "City Hospital" LABORATORY --network NAME`."""

from __future__ import annotations

from medshare.access_request import AccessRequest
from medshare.consent.categories import Category
from scripts.deploy import said_plainly
from scripts.playground import Playground


@said_plainly
def main(
    requester: str,
    patient: str,
    hospital: str,
    category: str,
    purpose: str = "TREAT",
    days: int = 30,
    playground: Playground | None = None,
) -> AccessRequest:
    """Open a request on the chain and leave it, sealed, at the hospital's gateway."""
    town = playground or Playground.of_brownie()
    asks, home = town.institution(requester), town.institution(hospital)
    request = asks.request(
        town.patient(patient, home).address,
        home.gateway,
        categories=[Category[category]],
        purposes=[purpose],
        days=int(days),
        why="Asked from the Brownie console",
    )
    print(f"Request 0x{request.request.hex()} is open.")
    return request
