"""Who looked, and what the chain shows: `brownie run audit main Jacob "City Hospital" --network NAME`."""

from __future__ import annotations

from medshare.actors.looking import Looked
from scripts.deploy import said_plainly
from scripts.playground import Playground


@said_plainly
def main(patient: str, hospital: str, playground: Playground | None = None) -> tuple[Looked, ...]:
    """Print a patient's checked log, and how many events of each kind the chain has."""
    town = playground or Playground.of_brownie()
    agent = town.patient(patient, town.institution(hospital))
    lines = agent.who_looked()
    for line in lines:
        what = line.category.name.lower() if line.category is not None else "a list"
        print(f"{line.at} {line.accessor} {what} {line.purpose or 'own'}: {line.ground.name.lower()}")
    for name, count in town.regulator.audit().events.items():
        print(f"{count:6} {name}")
    return lines
