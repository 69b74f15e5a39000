"""A researcher asks, waits, fetches and prints what came: `brownie run research main Jacob "City Hospital"`."""

from __future__ import annotations

import time

from medshare.consent.categories import Category
from scripts.deploy import said_plainly
from scripts.playground import Playground


@said_plainly
def main(patient: str, hospital: str, seconds: int = 600, playground: Playground | None = None) -> None:
    """Ask for laboratory results and print them once the patient has agreed."""
    town = playground or Playground.of_brownie()
    me, home = town.researcher("Institute of Heart Research"), town.institution(hospital)
    who = town.patient(patient, home).address
    asked = me.request(who, home.gateway, categories=[Category.LABORATORY], purposes=["BIORCH"], days=30, why="Hearts")
    end = time.monotonic() + int(seconds)
    while (consent := me.answer_to(asked, home.gateway)) is None and time.monotonic() < end:
        time.sleep(1)
    granted = town.ledger.head().number  # or before: research waits until that is final
    while consent and town.ledger.final().number < granted:
        time.sleep(1)
    for reading in me.fetch(consent, home.gateway, purpose="BIORCH") if consent else ():
        print(reading.document.content.decode())
