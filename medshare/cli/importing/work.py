"""From a home to an import: its journal, its quarantine, its institution, and a bar that shows how far it is."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from medshare.cli.frame.config import HomeRole
from medshare.cli.frame.session import Session
from medshare.cli.importing.results import Imported, Replayed
from medshare.hexadecimal import address as parse_address
from medshare.migration.errors import ImportInterrupted, PatientsUnnamed
from medshare.migration.patients import PatientIndex, read_patients

if TYPE_CHECKING:
    from medshare.actors import Institution
    from medshare.migration.formats import Choices
    from medshare.migration.journal import Journal
    from medshare.migration.quarantine import Quarantine
    from medshare.migration.running import Import

FOLDER: Final = "import"
"""The folder of the home with the journal, its key and the quarantine."""


def open_journal(session: Session, *, rehearsal: bool = False) -> Journal:
    """Return the journal of the home; with `rehearsal` one that forgets what is written."""
    from medshare.migration.journal import Journal

    journal = Journal(session.home.path(FOLDER), entropy=session.entropy, rehearsal=rehearsal)
    session.at_end.callback(journal.close)
    return journal


def open_quarantine(session: Session) -> Quarantine:
    """Return the quarantine of the home."""
    from medshare.migration.quarantine import Quarantine

    return Quarantine(session.home.path(FOLDER) / "quarantine")


def patients_of(patients: Path | None, patient: str | None) -> PatientIndex:
    """Return whose records a source holds.

    Raises:
        PatientsUnnamed: Neither option was given, or both.
        PatientsUnreadable, NotAnAddress: As for a list or an address.
    """
    if (patients is None) == (patient is None):
        raise PatientsUnnamed
    if patients is not None:
        return read_patients(patients)
    return PatientIndex.of_one(parse_address((patient or "").lower()))


def consider_anchors(session: Session, hospital: Institution) -> None:
    """Show the transaction that each period needs, and ask once, before anything is read."""
    from medshare.cli.frame.sending import planned
    from medshare.ledger.types import Call

    call = Call("RecordRegistry", "anchor", (session.entropy(32), 1, ()))
    session.consider(planned(call, hospital.address, session.ledger.estimate(call, hospital.address)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What every command that takes something in is told: whose it is, who confirms it, how many processes."""

    patients: Path | None
    patient: str | None
    validator: list[str] | None
    workers: int | None


def take(session: Session, name: str, source: Path, choices: Choices, told: Run) -> Imported:
    """Import a source, or rehearse it."""
    from medshare.migration.formats import make_format, standard_of
    from medshare.migration.landing import into
    from medshare.migration.sources import size_of

    session.require_role(HomeRole.INSTITUTION)
    index, form = patients_of(told.patients, told.patient), make_format(name, choices)
    total = size_of(source) if choices.server is None else None
    known_as = "" if choices.server is None else f"{choices.server} {source}"
    quarantine = open_quarantine(session)
    dry_run = session.options.dry_run
    with session.working(), interruptible(), bar(session, total) as progress:
        prepared = prepare(session, told, index, progress)
        hold = into(None if dry_run else quarantine)
        report = replace(prepared, format=form, hold=hold, standard=standard_of(choices)).run(source, name=known_as)
        return Imported.of(report, dry_run=dry_run, in_quarantine=items_in(quarantine))


def take_again(session: Session, names: list[str], choices: Choices, told: Run) -> Replayed:
    """Import what is in the quarantine again, or rehearse it."""
    from medshare.migration.formats import NAMES, make_format, standard_of
    from medshare.migration.replay import Replay

    session.require_role(HomeRole.INSTITUTION)
    index, quarantine = patients_of(told.patients, told.patient), open_quarantine(session)
    chosen = tuple(quarantine.find(name) for name in names) or quarantine.held()
    dry_run, done = session.options.dry_run, []
    with session.working(), interruptible(), bar(session, len(chosen)) as progress:
        prepared = prepare(session, told, index, progress)
        for name in NAMES:
            if some := [one for one in chosen if one.format == name]:
                again = Replay(quarantine=quarantine, entries=some)
                form, standard = make_format(name, choices), standard_of(choices)
                report = again.run(replace(prepared, format=form, hold=again.hold, standard=standard), dry_run=dry_run)
                done.append(Imported.of(report, dry_run=dry_run, in_quarantine=items_in(quarantine)))
    return Replayed(entries=len(chosen), imports=tuple(done), in_quarantine=items_in(quarantine))


def prepare(session: Session, told: Run, patients: PatientIndex, progress: Callable[[int], None]) -> Import:
    """Return an import of FHIR into the home's institution; with --dry-run one that leads nowhere."""
    from medshare.cli.frame.people import institution
    from medshare.cli.record.writing import places_of_validators
    from medshare.migration.depositing import Deposit, Depositing, Nowhere
    from medshare.migration.formats import FHIR, Choices, make_format
    from medshare.migration.landing import into
    from medshare.migration.running import Import

    dry_run = session.options.dry_run
    journal = open_journal(session, rehearsal=dry_run)
    deposit: Deposit = Nowhere(journal)
    if not dry_run:
        hospital = institution(session)
        consider_anchors(session, hospital)
        places = places_of_validators(session, hospital, told.validator)
        deposit = Depositing(hospital, journal, validators=places)
    return Import(
        journal=journal,
        deposit=deposit,
        hold=into(None),
        patients=patients,
        format=make_format(FHIR, Choices()),
        now=session.clock.now(),
        folder=None if dry_run else session.home.path(FOLDER),
        workers=told.workers or os.cpu_count() or 1,
        progress=progress,
    )


def items_in(quarantine: Quarantine) -> int:
    """Return how many items wait in the quarantine."""
    return sum(one.items for one in quarantine.held())


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Say what an interruption leaves behind. Raises ImportInterrupted."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise ImportInterrupted from error


@contextlib.contextmanager
def bar(session: Session, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show how many bytes of `total`, where that is known, were dealt with, how fast, and the time left."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TaskProgressColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    console = Console(file=session.terminal.target)
    columns = (BarColumn(), TaskProgressColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    quiet = session.options.json or not console.is_terminal
    with Progress(*columns, console=console, disable=quiet, transient=True) as progress:
        task = progress.add_task("", total=total)
        yield lambda done: progress.advance(task, done)
