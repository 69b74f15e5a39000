"""Accredit an institution and open its gateway: `brownie run register_org main "City Hospital" --network NAME`."""

from __future__ import annotations

from medshare.actors import Institution
from scripts.deploy import said_plainly
from scripts.playground import Playground


@said_plainly
def main(name: str, playground: Playground | None = None) -> Institution:
    """Return the institution of this name."""
    town = playground or Playground.of_brownie()
    found = town.institution(name)
    print(f"{name}: {found.address}, roles {town.ledger.account(found.address).roles!r}")
    return found
