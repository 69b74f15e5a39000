"""`medshare status`: one line for each thing that matters in an institution's gateway, and what to do about it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from medshare.cli.frame.command import command
from medshare.cli.frame.config import HomeRole
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session
from medshare.locale import mark, say, words_of

if TYPE_CHECKING:
    from medshare.health import Health, Looking, Point

app = typer.Typer(add_completion=False)

POINT_TEXTS: Final = {
    "reads-without-consent": "{figure} reads without a consent ({apart} in emergencies, {unjudged} not compared yet)",
    "head-age": "the newest block is {figure} s old",
    "unfinalised": "{figure} blocks are not final",
    "receipts-unanchored": "{figure} receipts are not anchored, the oldest for {age} s",
    "outbox-age": "{count} things wait in the outbox, the oldest for {figure} s",
    "relay-balance": "the gateway's account holds {ether} ether",
    "erasures-unanswered": "{figure} answers to erasures are missing, the oldest for {age} s",
}
(UNKNOWN,) = mark("nobody knows: its source does not answer")
MARKS: Final = {"right": "✓", "nag": "!", "fault": "✗", "unknown": "?"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusLine:
    """One point. `figure` is in the unit that `found` says, null where its source did not answer."""

    point: str
    state: Literal["right", "nag", "fault", "unknown"]
    figure: int | None
    found: str
    code: str
    cause: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultLine:
    """What did not answer, and what to do."""

    code: str
    cause: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The points of one institution, and what could not be asked. The exit code is that of the first fault."""

    points: tuple[StatusLine, ...]
    unanswered: tuple[FaultLine, ...]
    exit_code: int

    def show(self, page: Page) -> None:
        """Write a line for each, and what to do about those that are not right."""
        for line in self.points:
            page.write(f"{MARKS[line.state]} {line.point}: {line.cause or line.found}")
            if line.remedy:
                page.write(f"    {line.remedy}")
        for fault in self.unanswered:
            page.write(f"? {fault.cause}")
            page.write(f"    {fault.remedy}")


@command(app, examples=("medshare status", "medshare status --json", "medshare status --watch 10"))
def status(
    session: Session,
    days: Annotated[
        int, typer.Option("--days", min=1, help="How far back reads are compared with consents; all if that is long.")
    ] = 30,
    watch: Annotated[
        float | None, typer.Option("--watch", min=1, help="Say it again every so many seconds, until stopped.")
    ] = None,
) -> Status:
    """Say how the institution's gateway is: its chain, outbox, receipts, reads, relay and erasures.

    The same figures stand in the gateway's /metrics. Nothing is changed and no key is opened.
    """
    from medshare.cli.frame.people import gateway
    from medshare.health import Looking, Reads
    from medshare.health.reads import DAY

    session.require_role(HomeRole.INSTITUTION)
    own = gateway(session)
    looking = Looking(own, Reads(own.office, since=session.clock.now() - days * DAY))
    found = _look(session, looking)
    while watch is not None:
        try:
            page = Page(session.options.language)
            page.say("At {time}:", time=page.time(session.clock.now()))
            found.show(page)
            time.sleep(watch)
            found = _look(session, looking)
        except KeyboardInterrupt:
            break
    return found


def _look(session: Session, looking: Looking) -> Status:
    from medshare.health import State, judge

    health, left = looking.health(), -1
    while health.reads_unjudged not in {None, left}:  # one look compares a part of them
        left = health.reads_unjudged or 0
        health = looking.health()
    points = judge(health, session.ledger.deployment)  # [OP-001]
    faults = [one.error.exit_code for one in points if one.state is State.FAULT and one.error is not None]
    codes = [*faults, *(one.exit_code for one in health.faults)]
    return Status(
        points=tuple(_line(one, health, session.options.language) for one in points),
        unanswered=tuple(
            FaultLine(code=one.code, cause=cause, remedy=remedy)
            for one in health.faults
            for cause, remedy in (words_of(one, session.options.language),)
        ),
        exit_code=codes[0] if codes else 0,
    )


def _line(point: Point, health: Health, language: str) -> StatusLine:
    from medshare.health.judging import ETHER

    cause, remedy = ("", "") if point.error is None else words_of(point.error, language)
    ages = {
        "receipts-unanchored": health.receipts_unanchored_age,
        "erasures-unanswered": health.erasures_unanswered_age,
    }
    text = UNKNOWN if point.figure is None else POINT_TEXTS[point.name]
    found = say(
        text,
        language,
        figure=point.figure,
        age=ages.get(point.name),
        count=health.outbox_waiting,
        apart=health.reads_break_glass,
        unjudged=health.reads_unjudged,
        ether=f"{(point.figure or 0) / ETHER:.4f}",
    )
    return StatusLine(
        point=point.name,
        state=_STATES[int(point.state)],
        figure=point.figure,
        found=found,
        code="" if point.error is None else point.error.code,
        cause=cause,
        remedy=remedy,
    )


_STATES: Final[tuple[Literal["right", "nag", "fault", "unknown"], ...]] = ("right", "nag", "fault", "unknown")
