"""`medshare index`: the events of the contracts in SQL, kept up with the chain."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from medshare.cli.frame.command import command
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session
from medshare.errors import UnreachableError
from medshare.locale import words_of

if TYPE_CHECKING:
    from medshare.index import Index, Progress, Status

app = typer.Typer(name="index", no_args_is_help=True, add_completion=False)

Witness = Annotated[str | None, typer.Option("--witness", help="Another node's URL, which must show the same chain.")]
Prove = Annotated[bool, typer.Option("--prove", help="Prove the logs of every block by its receipts; much slower.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexStatus:
    """Where the index stands. Blocks are null before the first run; `alarm` is the code of what stopped it."""

    place: str
    chain_id: int | None
    first_block: int | None
    last_block: int | None
    entries: int
    indexed: bool
    reorganisations: int
    deepest: int
    alarm: str | None

    @classmethod
    def of(cls, status: Status) -> IndexStatus:
        """Return what is printed of a status."""
        return cls(
            place=status.place,
            chain_id=status.chain_id,
            first_block=None if status.first is None else status.first.number,
            last_block=None if status.tip is None else status.tip.number,
            entries=status.entries,
            indexed=status.indexed,
            reorganisations=status.reorganisations.count,
            deepest=status.reorganisations.deepest,
            alarm=status.alarm,
        )

    def show(self, page: Page) -> None:
        """Say it."""
        if self.last_block is None:
            page.say("The index at {place} has read nothing yet.", place=self.place)
            return
        page.say(
            "{entries} events up to block {block}, in {place}.",
            entries=f"{self.entries:,}",
            block=self.last_block,
            place=self.place,
        )
        if self.reorganisations:
            page.say(
                "{count} reorganisations so far, {deep} blocks at most.", count=self.reorganisations, deep=self.deepest
            )
        if self.alarm is not None:
            page.say("It has stopped with the alarm {code}.", code=self.alarm)


@command(app, examples=("medshare index run", "medshare index run --follow"))
def run(
    session: Session,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until stopped.")] = False,  # noqa: FBT002 (a flag)
    seconds: Annotated[float, typer.Option("--seconds", min=0.1, help="Between two looks, with --follow.")] = 2.0,
    witness: Witness = None,
    prove: Prove = False,  # noqa: FBT002 (a flag)
) -> IndexStatus:
    """Read what is new on the chain. It may be stopped at any moment; the next run goes on."""
    from medshare.ledger.chain.rpc import Rpc

    other = None if witness is None else Rpc.http(witness)
    with opened(session) as index:

        def read(progress: Callable[[Progress], None]) -> Status:
            return index.follow(session.rpc, session.deployment, progress=progress, witness=other, prove=prove)

        with bar() as progress:
            status = read(progress)
        while follow:
            try:
                time.sleep(seconds)
                status = read(_quiet)
            except KeyboardInterrupt:
                break
            except UnreachableError as error:
                session.terminal.show(" ".join(words_of(error, session.options.language)))
    return IndexStatus.of(status)


@command(app, examples=("medshare index status --json",))
def status(session: Session) -> IndexStatus:
    """Say where the index stands; no node is asked."""
    with opened(session) as index:
        return IndexStatus.of(index.status())


@command(app, examples=("medshare index rebuild",))
def rebuild(
    session: Session,
    witness: Witness = None,
    prove: Prove = False,  # noqa: FBT002 (a flag)
) -> IndexStatus:
    """Drop every row and read the chain again: the same rows come back, byte for byte."""
    from medshare.ledger.chain.rpc import Rpc

    other = None if witness is None else Rpc.http(witness)
    with opened(session) as index, bar() as progress:
        return IndexStatus.of(
            index.rebuild(session.rpc, session.deployment, progress=progress, witness=other, prove=prove)
        )


@contextlib.contextmanager
def opened(session: Session) -> Iterator[Index]:
    """Give the index of the home, made where there is none."""
    from medshare.index import Index

    with Index.open(session.home.database(session.config.index.url)) as index:
        yield index


@contextlib.contextmanager
def bar() -> Iterator[Callable[[Progress], None]]:
    """Show a progress bar on standard error, if that is a terminal."""
    if not sys.stderr.isatty():
        yield _quiet
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("", total=1.0)
        yield lambda progress: shown.update(task, completed=progress.share)


def _quiet(progress: Progress) -> None:
    del progress
