"""`medshare serve`: the institution's gateway, until it is told to stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from medshare.cli.frame.command import command
from medshare.cli.frame.config import HomeRole
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session

if TYPE_CHECKING:
    from medshare.cli.frame.rounds import AuditingCopies
    from medshare.gateway import Gateway

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A gateway that answered and was stopped."""

    gateway: str
    institution: str
    url: str
    listened: str

    def show(self, page: Page) -> None:
        """Say so."""
        page.say("The gateway at {url} has stopped.", url=self.url)


@command(
    app, examples=("medshare serve", "medshare serve --listen 127.0.0.1:8440 --passphrase-fd 3 3</run/secrets/gateway")
)
def serve(
    session: Session,
    listen: Annotated[
        str | None, typer.Option("--listen", help="Host and port; by default as the config says. Port 0 is a free one.")
    ] = None,
) -> Served:
    """Run the institution's gateway. It unlocks the gateway's own account and no other key of the institution.

    Beside answering it finishes what it sent to the chain, anchors its receipts, sweeps what was erased, audits the
    copies of the bodies that it keeps, and every hour compares chain, vault and store.
    """
    from medshare.cli.frame.people import serving_gateway
    from medshare.cli.frame.reconciling import grace_of
    from medshare.cli.frame.rounds import Rounds
    from medshare.gateway.http.serve import server
    from medshare.gateway.http.settings import Settings

    config = session.require_role(HomeRole.INSTITUTION)
    gateway = serving_gateway(session)
    place = listen or config.gateway.listen
    host, _, port = place.rpartition(":")
    settings = Settings(origin=config.gateway.url, proxies=config.gateway.proxies)
    running = server(gateway, host.strip("[]"), int(port), settings)
    rounds = Rounds(
        gateway, session.terminal, session.options.language, grace=grace_of(session), copies=_copies(session, gateway)
    )
    session.terminal.tell(
        "The gateway {gateway} of {institution} listens at {place}.",
        gateway=gateway.address,
        institution=gateway.institution,
        place=place,
    )

    def end() -> None:
        running.should_exit = True

    rounds.start(end)
    try:
        running.run()
    finally:
        rounds.stop()
    return Served(gateway=gateway.address, institution=gateway.institution, url=config.gateway.url, listened=place)


def _copies(session: Session, gateway: Gateway) -> AuditingCopies:
    """Return what audits the gateway's copies, in the name of the gateway's own account."""
    from medshare.cli.frame.people import network, pin_auditor
    from medshare.cli.frame.rounds import AuditingCopies

    doors = network(session, gateway.office.key, gateway).at
    settings = session.config.copies
    return AuditingCopies(gateway, pin_auditor(session, gateway, doors), doors, every=settings.seconds)
