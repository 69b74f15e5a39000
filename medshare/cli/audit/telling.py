"""Logs as FHIR AuditEvents: of an export, by anybody; of the patient's gateways, with the categories, by her."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medshare.cli.audit import app
from medshare.cli.audit.proving import read_export
from medshare.cli.frame.command import command
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session

if TYPE_CHECKING:
    from medshare.exchange.audit_event import Access


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsWritten:
    """A Bundle of AuditEvents: one for each receipt, released or refused."""

    file: str
    events: int
    released: int
    refused: int

    def show(self, page: Page) -> None:
        """Say how many there are."""
        page.say(
            "{events} events are in {file}: {released} released, {refused} refused.",
            events=self.events,
            file=self.file,
            released=self.released,
            refused=self.refused,
        )


@command(
    app,
    examples=(
        "medshare audit events events.json",
        "medshare audit events events.json --log log.json",
    ),
)
def events(
    session: Session,
    file: Annotated[Path, typer.Argument(help="The file to write; never one that is there.")],
    log: Annotated[
        Path | None, typer.Option("--log", help="An export of a log; with it no home and no chain is needed.")
    ] = None,
) -> EventsWritten:
    """Write who looked as FHIR AuditEvents after IHE BALP, one for each receipt.

    Of your own gateways they say the category of what was released; of an export they say none. A log with a receipt
    that is missing, moved, altered or forged is refused, with exit code 6.
    """
    if log is not None:
        from medshare.audit.export import Export
        from medshare.audit.verify import verify
        from medshare.exchange.exporting import accesses_of

        data = read_export(log)
        verify(data, None)
        return _write(file, tuple(accesses_of(Export.from_bytes(data))))
    from medshare.actors.access_events import access_events
    from medshare.cli.frame.people import patient

    with patient(session) as agent:
        found = access_events(agent, language=session.options.language)
    return _write(file, found)


def _write(file: Path, accesses: Iterable[Access]) -> EventsWritten:
    from medshare.cli.frame.home import Home
    from medshare.exchange.audit_event import SUCCESS
    from medshare.exchange.exporting import events_of

    bundle = events_of(accesses)
    outcomes = Counter(one["resource"]["outcome"] == SUCCESS for one in bundle["entry"])
    target = file.expanduser().absolute()
    Home(target.parent).write(target.name, json.dumps(bundle, ensure_ascii=False, indent=1).encode() + b"\n")
    return EventsWritten(file=str(file), events=outcomes.total(), released=outcomes[True], refused=outcomes[False])
