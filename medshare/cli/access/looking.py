"""Who looked, day by day: for a patient."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from medshare.cli.access import app
from medshare.cli.frame.command import command
from medshare.cli.frame.names import Names, short, word_of
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session
from medshare.consent.categories import Category
from medshare.consent.names import category_name, purpose_name

if TYPE_CHECKING:
    from medshare.actors.looking import Looked


@dataclass(frozen=True, slots=True, kw_only=True)
class LookLine:
    """One look: who, of which institution, what, why, allowed by which consent, or why it was refused.

    `category` is null for a list and for the patient's own looks; `number` is that of the gateway's receipt.
    """

    at: int
    gateway: str
    number: int
    accessor: str
    institution: str
    own: bool
    category: str | None
    purpose: str
    allowed: bool
    consent: bytes
    why: str
    documents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLog:
    """Who looked or was refused, oldest first. Every line of receipts was checked: none is missing or changed."""

    looks: tuple[LookLine, ...]

    def show(self, page: Page) -> None:
        """Write a table for each day."""
        if not self.looks:
            page.say("Nobody looked.")
        for day, looks in groupby(self.looks, key=lambda one: page.day(one.at)):
            page.write(f"\n{day}")
            page.table(("time", "who", "what", "why", "allowed by"), [_row(page, one) for one in looks])


@command(app, "log", examples=("medshare access log", "medshare access log --all --json"))
def access_log(
    session: Session,
    everything: Annotated[  # noqa: FBT002 (a flag)
        bool, typer.Option("--all", help="Also your own looks.")
    ] = False,
) -> AccessLog:
    """Show who looked at your record, day by day: who, what, why, allowed by which consent, or why refused.

    Every gateway's receipts are checked: one that is missing, moved or changed is an error with exit code 6.
    """
    from medshare.cli.frame.people import patient

    with patient(session) as agent:
        names = Names(session)
        lines = [_line(one, names, agent.address) for one in agent.who_looked()]
    return AccessLog(looks=tuple(line for line in lines if everything or not line.own))


def _line(one: Looked, names: Names, patient: str) -> LookLine:
    from medshare.gateway.errors import ground_words
    from medshare.release.rule import Ground

    released = one.ground is Ground.RELEASED
    return LookLine(
        at=one.at,
        gateway=names.of(one.gateway),
        number=one.number,
        accessor=one.accessor,
        institution=names.of(one.accessor),
        own=one.accessor == patient,
        category=None if one.category is None else word_of(one.category),
        purpose=one.purpose,
        allowed=released,
        consent=one.consent_id,
        why="" if released else ground_words(one.ground),
        documents=one.count,
    )


def _row(page: Page, one: LookLine) -> tuple[str, ...]:
    what = page.word("a list")
    if one.category is not None:
        what = category_name(Category[one.category.upper().replace("-", "_")], page.language)
    why = purpose_name(one.purpose, page.language) if one.purpose else ""
    by = short(one.consent) if one.allowed else page.word("refused") + f": {page.word(one.why)}"
    return (page.time(one.at)[11:16], one.institution, what, why, by)
