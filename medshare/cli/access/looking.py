"""Who looked, day by day: for a patient."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Final

import typer

from medshare.cli.access import app
from medshare.cli.frame.command import command
from medshare.cli.frame.names import short, word_of
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session
from medshare.consent.categories import Category
from medshare.consent.names import category_name, purpose_name
from medshare.errors import IntegrityError
from medshare.locale import mark

if TYPE_CHECKING:
    from medshare.actors.access_log import AccessLogEntry
    from medshare.audit.findings import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class LookLine:
    """One look: who, in which roles, of which institution, what, why, allowed by which consent, or why refused.

    `number` is that of the gateway's receipt, `receipt` its digest, by which it is questioned. `asker` is patient,
    delegate or consent: on what somebody asked. `question` is document, list, or refusal: her own no to a request.
    `own` are her own acts. `category` is null for a list and for her own looks, `consent` all zero where none that
    she has was named. `questioned` says that she does not recognise it, or did not agree.
    """

    at: int
    gateway: str
    number: int
    receipt: bytes
    accessor: str
    institution: str
    roles: tuple[str, ...]
    asker: str
    question: str
    own: bool
    category: str | None
    purpose: str
    allowed: bool
    consent: bytes
    why: str
    documents: int
    questioned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFinding:
    """What is wrong with a gateway's log; `grave` ones break it, the others are still open. `number` 0: no receipt."""

    fault: str
    grave: bool
    gateway: str
    number: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLog:
    """Who looked or was refused, oldest first, and what is wrong with the logs: with a grave fault, exit code 6."""

    looks: tuple[LookLine, ...]
    findings: tuple[LogFinding, ...]

    @property
    def exit_code(self) -> int:
        """6 where a receipt is missing, moved, altered, doubled or forged."""
        return IntegrityError.exit_code if any(one.grave for one in self.findings) else 0

    def show(self, page: Page) -> None:
        """Write a table for each day, then what is wrong."""
        if not self.looks:
            page.say("Nobody looked.")
        for day, looks in groupby(self.looks, key=lambda one: page.day(one.at)):
            page.write(f"\n{day}")
            page.table(
                ("time", "who", "role", "what", "why", "allowed by", "receipt"), [row_of(page, one) for one in looks]
            )
        for found in self.findings:
            page.say(FAULT_TEXTS[found.fault], gateway=found.gateway, number=found.number)
        if not self.findings:
            page.say("No receipt is missing, moved, altered or forged.")


mark("patient", "delegate", "consent")  # on what somebody asked

FAULT_TEXTS: Final = {
    "forged": "Receipt {number} of {gateway} is forged.",
    "misplaced": "Receipt {number} of {gateway} is another's.",
    "dropped": "Receipt {number} of {gateway} is missing.",
    "reordered": "Receipt {number} of {gateway} was moved.",
    "repeated": "Receipt {number} of {gateway} comes twice.",
    "altered": "Receipt {number} of {gateway} was altered.",
    "tag-changed": "{gateway} handed out a second, different tag.",
    "tag-forged": "{gateway} handed out a tag that is not yours.",
    "withheld": "{gateway} does not prove what it anchored.",
    "unanswered": "{gateway} gave no receipt for a question of yours.",
    "unanchored": "Receipt {number} of {gateway} waits too long for an anchor.",
    "late": "{gateway} is late with its anchor.",
    "unproven": "Receipt {number} of {gateway}: no key signed the question, and no contract is known to accept it.",
    "vanished": "Receipt {number} of {gateway} is of a release under a grant that the chain took back.",
}
"""What is said of each fault."""


@command(app, "log", examples=("medshare access log", "medshare access log --all --json"))
def access_log(
    session: Session,
    everything: Annotated[  # noqa: FBT002 (a flag)
        bool, typer.Option("--all", help="Also your own looks.")
    ] = False,
) -> AccessLog:
    """Show who looked at your record, day by day: who, what, why, allowed by which consent, or why refused.

    Every gateway's receipts are checked: one that is missing, moved or changed is named, with exit code 6.
    """
    from medshare.cli.frame.people import patient

    with patient(session) as agent:
        found = agent.access_log(language=session.options.language)
        lines = [line_of(entry) for day in found.days for entry in day.entries]
        doors = {door.address: door.institution for door in agent.doors}
        findings = tuple(_finding(one, session, doors) for one in found.findings)
    return AccessLog(looks=tuple(line for line in lines if everything or not line.own), findings=findings)


def line_of(entry: AccessLogEntry) -> LookLine:
    """Return what is printed of an entry."""
    from medshare.actors.access_log import Asker
    from medshare.cli.org.knowing import names_of
    from medshare.gateway.errors import ground_words
    from medshare.hexadecimal import ZERO_32

    return LookLine(
        at=entry.at,
        gateway=entry.gateway_name or entry.gateway,
        number=entry.number,
        receipt=entry.receipt,
        accessor=entry.accessor,
        institution=entry.name or entry.accessor,
        roles=names_of(entry.role),
        asker=entry.asker.value,
        question=entry.question.value,
        own=entry.asker is Asker.PATIENT,
        category=None if entry.category is None else word_of(entry.category),
        purpose=entry.purpose,
        allowed=entry.allowed,
        consent=ZERO_32 if entry.consent is None else entry.consent.consent_id,
        why="" if entry.allowed else ground_words(entry.why),
        documents=entry.count,
        questioned=entry.objection > 0,
    )


def _finding(one: Finding, session: Session, doors: dict[str, str]) -> LogFinding:
    from medshare.cli.frame.names import Names

    name = Names(session).of(doors.get(one.gateway, one.gateway))
    return LogFinding(fault=one.fault.value, grave=one.fault.grave, gateway=name, number=one.number, why=one.why)


def row_of(page: Page, one: LookLine) -> tuple[str, str, str, str, str, str, str]:
    """Return a look in words: time, who, role, what, why, allowed by, receipt."""
    what = page.word("a list")
    if one.category is not None:
        what = category_name(Category[one.category.upper().replace("-", "_")], page.language)
    elif one.question == "document":
        what = page.word("a document")
    role = page.word(one.roles[0]) if one.roles else page.word(one.asker)
    why = purpose_name(one.purpose, page.language) if one.purpose else ""
    by = short(one.consent) if any(one.consent) else page.word(one.asker)
    if not one.allowed:
        by = page.word("refused") + f": {page.word(one.why)}"
    receipt = short(one.receipt) + (f" {page.word('not recognised')}" if one.questioned else "")
    return (page.time(one.at)[11:16], one.institution, role, what, why, by, receipt)
