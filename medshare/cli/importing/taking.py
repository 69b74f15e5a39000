"""Taking in: one command for each format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medshare.cli.frame.command import command
from medshare.cli.frame.config import HomeRole
from medshare.cli.frame.session import Session
from medshare.cli.importing import app
from medshare.cli.importing.results import Imported
from medshare.cli.record.writing import Validators, places_of_validators

Source = Annotated[Path, typer.Argument(help="A file, or a folder with all below it.")]
Patients = Annotated[
    Path | None,
    typer.Option("--patients", help="A CSV file with the columns system, value, address: who has which identifier."),
]
OnePatient = Annotated[
    str | None, typer.Option("--patient", help="The address of the one patient whom everything is about.")
]
Workers = Annotated[
    int | None, typer.Option("--workers", min=1, max=64, help="Processes that convert; by default one per processor.")
]


@command(
    app,
    sends=True,
    examples=(
        "medshare import fhir export/ --patients patients.csv --dry-run",
        "medshare import fhir export/ --patients patients.csv --yes",
        "medshare import fhir anna.json.gz --patient 0x3c44…93bc --yes",
    ),
)
def fhir(
    session: Session,
    source: Source,
    patients: Patients = None,
    patient: OnePatient = None,
    validator: Validators = None,
    workers: Workers = None,
) -> Imported:
    """Take in FHIR R4: Bundles, JSON or JSON in gzip.

    Each file is split into documents, sealed to its patient, and anchored with many others. What cannot be stored goes
    to the quarantine, and the rest goes on. Interrupted at any point, the same command goes on where it was; run
    again, it changes nothing. It ends with 0, also when something is in quarantine; with 2 when all of it is.

    With --dry-run everything is read and split, and nothing is written.
    """
    return take(session, "fhir", source, patients, patient, validator, workers)


def take(
    session: Session,
    name: str,
    source: Path,
    patients: Path | None,
    patient: str | None,
    validator: list[str] | None,
    workers: int | None,
) -> Imported:
    """Import a source, or rehearse it."""
    import os

    from medshare.cli.frame.people import institution
    from medshare.cli.importing.work import (
        bar,
        consider_anchors,
        interruptible,
        open_journal,
        open_quarantine,
        patients_of,
    )
    from medshare.migration.depositing import Deposit, Depositing, Nowhere
    from medshare.migration.running import Import
    from medshare.migration.sources import size_of

    session.require_role(HomeRole.INSTITUTION)
    index, total = patients_of(patients, patient), size_of(source)
    dry_run, quarantine = session.options.dry_run, open_quarantine(session)
    with session.working(), interruptible():
        journal = open_journal(session, rehearsal=dry_run)
        deposit: Deposit = Nowhere(journal)
        if not dry_run:
            hospital = institution(session)
            consider_anchors(session, hospital)
            places = places_of_validators(session, hospital, validator)
            deposit = Depositing(hospital, journal, validators=places)
        with bar(session, total) as progress:
            report = Import(
                journal=journal,
                deposit=deposit,
                quarantine=None if dry_run else quarantine,
                patients=index,
                now=session.clock.now(),
                workers=workers or os.cpu_count() or 1,
                progress=progress,
            ).run(source, name)
        waiting = sum(one.items for one in quarantine.held())
    return Imported.of(report, dry_run=dry_run, in_quarantine=waiting)
