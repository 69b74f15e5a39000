"""From a home to an import: its journal, its quarantine, its institution, and a bar that shows how far it is."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from medshare.cli.frame.session import Session
from medshare.hexadecimal import address as parse_address
from medshare.migration.errors import ImportInterrupted, PatientsUnnamed
from medshare.migration.patients import PatientIndex, read_patients

if TYPE_CHECKING:
    from medshare.actors import Institution
    from medshare.migration.journal import Journal
    from medshare.migration.quarantine import Quarantine

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


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Say what an interruption leaves behind. Raises ImportInterrupted."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise ImportInterrupted from error


@contextlib.contextmanager
def bar(session: Session, total: int) -> Iterator[Callable[[int], None]]:
    """Show how many bytes of `total` were dealt with, how fast, and the time left; only at a terminal."""
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
