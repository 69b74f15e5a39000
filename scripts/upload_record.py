"""Upload a patient's FHIR bundle: `brownie run upload_record main "City Hospital" Jacob chart.json --network NAME`."""

from __future__ import annotations

from pathlib import Path

from medshare.hexadecimal import Bytes32
from scripts.deploy import said_plainly
from scripts.playground import Playground


@said_plainly
def main(hospital: str, patient: str, path: str, playground: Playground | None = None) -> tuple[Bytes32, ...]:
    """Seal, anchor and have confirmed every document of a bundle; return the leaves."""
    town = playground or Playground.of_brownie()
    writer = town.institution(hospital)
    agent = town.patient(patient, writer)
    upload = writer.upload(agent.address, writer.intake(Path(path)))
    period = writer.anchor()
    writer.seek_confirmation(period, town.validators())
    report = agent.sync()
    print(f"{len(upload.written)} documents confirmed; the agent opened {len(report.new)}.")
    return tuple(written.leaf for written in upload.written)
