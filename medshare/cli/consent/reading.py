"""What stands: list, show, check, and receipts to keep; for patients and for whoever was given a consent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medshare.cli.consent import app
from medshare.cli.consent.rows import ConsentLine, table_of
from medshare.cli.frame.command import command
from medshare.cli.frame.config import HomeRole
from medshare.cli.frame.errors import NotPermitted
from medshare.cli.frame.names import Names, category_called, complete_category, find_id, short
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session
from medshare.hexadecimal import address as parse_address

if TYPE_CHECKING:
    from medshare.consent.document import ConsentDocument

ConsentId = Annotated[str, typer.Argument(help="The begin of its id.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentList:
    """The consents that a patient gave, or that a grantee was given. Those ending soon are to be renewed."""

    consents: tuple[ConsentLine, ...]
    ending_soon: tuple[bytes, ...]

    def show(self, page: Page) -> None:
        """Write a line for each, and a reminder for those that end within 30 days."""
        if not self.consents:
            page.say("There are no consents.")
            return
        table_of(page, self.consents)
        for one in self.consents:
            if one.id in self.ending_soon:
                page.say(
                    "The consent to {name} ends on {day}. To renew it: {line}",
                    name=one.grantee_name,
                    day=page.day(one.not_after),
                    line=f"medshare consent renew {short(one.id)}",
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentShown:
    """One consent with the words that were signed."""

    consent: ConsentLine
    statement: str

    def show(self, page: Page) -> None:
        """Write its words."""
        page.say("Consent {id}: {state}.", id=short(self.consent.id), state=page.word(self.consent.state))
        page.write("")
        page.write(self.statement)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentPermits:
    """A read that the consent would permit at the head. What it does not permit is an error with exit code 3."""

    id: bytes
    accessor: str
    category: str
    purpose: str

    def show(self, page: Page) -> None:
        """Say so."""
        page.say("The chain permits this to {accessor} now.", accessor=self.accessor)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptWritten:
    """A receipt of a consent to keep: the document's text, and the file that holds it (empty if printed)."""

    id: bytes
    file: str
    receipt: str

    def show(self, page: Page) -> None:
        """Print it, or say where it is."""
        if self.file:
            page.say("The receipt of consent {id} is in {file}.", id=short(self.id), file=self.file)
        else:
            page.write(self.receipt)


@command(app, "list", examples=("medshare consent list", "medshare consent list --all --json"))
def list_consents(
    session: Session,
    everything: Annotated[  # noqa: FBT002 (a flag)
        bool, typer.Option("--all", help="Also those that are over.")
    ] = False,
) -> ConsentList:
    """List consents: to whom, what, until when. Those that end within 30 days are pointed out."""
    with consents_here(session) as found:
        names = Names(session)
        lines = [ConsentLine.of(session, consent, names) for consent in found]
    if not everything:
        lines = [line for line in lines if line.state in {"in force", "not begun", "grantee suspended"}]
    return ConsentList(
        consents=tuple(lines),
        ending_soon=tuple(line.id for line in lines if line.ends_soon and "read" in line.actions),
    )


@command(app, examples=("medshare consent show 0x9c2e…",))
def show(session: Session, consent: ConsentId) -> ConsentShown:
    """Show one consent with the words that were signed."""
    with consents_here(session) as found:
        one = pick(found, consent)
        return ConsentShown(consent=ConsentLine.of(session, one, Names(session)), statement=one.statement)


@command(app, examples=("medshare consent check 0x9c2e… --category laboratory --purpose TREAT",))
def check(
    session: Session,
    consent: ConsentId,
    category: Annotated[str, typer.Option("--category", help="What.", autocompletion=complete_category)],
    purpose: Annotated[str, typer.Option("--purpose", help="Why: an HL7 code.")] = "TREAT",
    accessor: Annotated[
        str | None, typer.Option("--accessor", help="The account that would read; by default the grantee.")
    ] = None,
    action: Annotated[str, typer.Option("--action", help="What would be done.")] = "read",
) -> ConsentPermits:
    """Ask the chain whether a read would be permitted, and if not, why: exit code 3."""
    from medshare.consent.actions import Action
    from medshare.consent.names import reason_text
    from medshare.consent.purposes import bit
    from medshare.consent.reasons import Reason
    from medshare.consent.rules import Query

    wanted = category_called(category)
    with consents_here(session) as found:
        one = pick(found, consent)
        who = one.grantee if accessor is None else parse_address(accessor.lower())
        if wanted not in one.categories:
            raise NotPermitted(why=reason_text(Reason.SLOT, session.options.language).rstrip(".。"))
        query = Query(
            patient=one.patient,
            grantee=one.grantee,
            terms=one.terms,
            accessor=who,
            slot=one.category_slot(wanted),
            purpose=bit(purpose.upper()),
            action=int(Action[action.upper()]),
        )
        reason = session.ledger.why_not(query)
        if reason is not Reason.PERMITTED:
            raise NotPermitted(why=reason_text(reason, session.options.language).rstrip(".。"))
        return ConsentPermits(id=one.consent_id, accessor=who, category=category, purpose=purpose.upper())


@command(app, examples=("medshare consent receipt 0x9c2e… --out receipt.json",))
def receipt(
    session: Session,
    consent: ConsentId,
    out: Annotated[str | None, typer.Option("--out", help="Write it to this file instead of printing it.")] = None,
) -> ReceiptWritten:
    """Write a receipt of a consent to keep: who, what, why, until when, the words, and where the chain holds it.

    It is JSON-LD after ISO/IEC TS 27560 in the words of W3C's Data Privacy Vocabulary; nothing has to be fetched to
    read it.
    """
    from medshare.cli.consent.receipt import receipt_of
    from medshare.cli.frame.home import Home

    with consents_here(session) as found:
        one = pick(found, consent)
        text = json.dumps(receipt_of(session, one, _own(session, one)), ensure_ascii=False, indent=1)
    file = ""
    if out is not None:
        place = Path(out).expanduser().absolute()
        file = str(Home(place.parent).write(place.name, text.encode() + b"\n"))
    return ReceiptWritten(id=one.consent_id, file=file, receipt=text)


@contextmanager
def consents_here(session: Session) -> Iterator[tuple[ConsentDocument, ...]]:
    """Give a patient's own consents, or those that were given to the institution or researcher of the home."""
    if session.config.role is HomeRole.PATIENT:
        from medshare.cli.frame.people import patient

        with patient(session) as agent:
            yield agent.consents()
        return
    from medshare.cli.frame.doors import known_doors
    from medshare.cli.frame.people import requester

    asker = requester(session)
    found = {one.consent_id: one for door in known_doors(session, asker) for one in asker.consents_at(door)}
    yield tuple(found.values())


def _own(session: Session, consent: ConsentDocument) -> str:
    """Return whose receipt it is: the patient's, or the grantee's."""
    return consent.patient if session.config.role is HomeRole.PATIENT else consent.grantee


def pick(found: tuple[ConsentDocument, ...], text: str) -> ConsentDocument:
    """Return the consent whose id begins with `text`. Raises as `find_id`."""
    known = {one.consent_id: one for one in found}
    return known[find_id(text, known, "consent")]
