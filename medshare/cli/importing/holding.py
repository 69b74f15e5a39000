"""What could not be stored, and what earlier imports did."""

from __future__ import annotations

from typing import Annotated

import typer

from medshare.cli.frame.command import command
from medshare.cli.frame.config import HomeRole
from medshare.cli.frame.session import Session
from medshare.cli.importing import app
from medshare.cli.importing.results import Discarded, HeldLine, HeldList, Imported


@command(app, examples=("medshare import quarantine",))
def quarantine(session: Session) -> HeldList:
    """List what could not be stored, why, and where its bytes lie to be corrected."""
    from medshare.cli.importing.work import open_quarantine

    session.require_role(HomeRole.INSTITUTION)
    place = open_quarantine(session)
    entries = place.held()
    return HeldList(
        entries=tuple(HeldLine.of(one, str(place.source(one))) for one in entries),
        items=sum(one.items for one in entries),
    )


@command(app, examples=("medshare import discard 3f9a --yes", "medshare import discard --all --yes"))
def discard(
    session: Session,
    entries: Annotated[
        list[str] | None, typer.Argument(help="The begins of ids; see medshare import quarantine.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything that is in the quarantine.")] = False,  # noqa: FBT002 (a flag)
    sure: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,  # noqa: FBT002 (a flag)
) -> Discarded:
    """Give up what is in the quarantine: it is deleted here, and stored nowhere."""
    from medshare.cli.importing.work import open_quarantine

    session.require_role(HomeRole.INSTITUTION)
    with session.working():
        place = open_quarantine(session)
        chosen = place.held() if everything else tuple(place.find(name) for name in entries or ())
        if chosen and not sure:
            session.terminal.confirm("Delete {count} entries of the quarantine?", count=len(chosen))
        for one in chosen:
            place.release(one)
    return Discarded(entries=len(chosen), items=sum(one.items for one in chosen))


@command(app, examples=("medshare import report", "medshare import report 3 --json"))
def report(
    session: Session,
    run: Annotated[int | None, typer.Argument(min=1, help="The number of an import; by default the last one.")] = None,
) -> Imported:
    """Show again what an import did."""
    from medshare.cli.importing.work import open_journal, open_quarantine
    from medshare.migration.running import report_of

    session.require_role(HomeRole.INSTITUTION)
    journal = open_journal(session, rehearsal=True)
    found = report_of(journal, journal.run(run))
    waiting = sum(one.items for one in open_quarantine(session).held())
    return Imported.of(found, dry_run=False, in_quarantine=waiting)
