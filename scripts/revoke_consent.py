"""End every consent to read: `brownie run revoke_consent main Jacob "City Hospital" --network NAME`."""

from __future__ import annotations

from medshare.consent.actions import Action
from medshare.ledger import Transaction
from scripts.deploy import said_plainly
from scripts.playground import Playground


@said_plainly
def main(patient: str, hospital: str, playground: Playground | None = None) -> tuple[Transaction, ...]:
    """Revoke what lets anybody read; the next sync begins new keys."""
    town = playground or Playground.of_brownie()
    agent = town.patient(patient, town.institution(hospital))
    ends = [one for one in agent.consents() if one.word.actions & Action.READ and not agent.is_over(one)]
    done = tuple(agent.revoke(consent) for consent in ends)
    print(f"{len(done)} consents revoked; epoch {agent.sync().epoch}.")
    return done
