"""What a patient decides: grant, approve, refuse, revoke, lock down, renew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from medshare.cli.consent import app
from medshare.cli.consent.rows import DAY, ConsentLine
from medshare.cli.frame.command import command
from medshare.cli.frame.errors import NothingChosen
from medshare.cli.frame.names import Names, category_called, complete_category, find_id, find_organisation, short
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session
from medshare.consent.actions import Action

if TYPE_CHECKING:
    from medshare.actors.patient import Patient
    from medshare.consent.document import ConsentDocument
    from medshare.ledger import Transaction
    from medshare.relay import Relay

Categories = Annotated[
    list[str] | None,
    typer.Option("--category", help="What; give it again for more.", autocompletion=complete_category),
]
Purposes = Annotated[list[str] | None, typer.Option("--purpose", help="Why: an HL7 code such as TREAT or BIORCH.")]
Days = Annotated[int, typer.Option("--days", min=1, max=1826, help="For how many days.")]
ConsentId = Annotated[str, typer.Argument(help="The begin of its id.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentSigned:
    """A consent that was signed and carried to the chain, with the words that were signed."""

    consent: ConsentLine
    statement: str

    def show(self, page: Page) -> None:
        """Say so."""
        page.say("Consent {id} is given to {name}.", id=short(self.consent.id), name=self.consent.grantee_name)
        page.say(
            "It ends on {day}. Stop it before with: {line}", day=page.day(self.consent.not_after), line=_stop(self)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRevoked:
    """A consent that is over for ever, and the transaction that ended it."""

    id: bytes
    grantee_name: str
    transaction: bytes
    block: int

    def show(self, page: Page) -> None:
        """Say so."""
        page.say("Consent {id} to {name} is over.", id=short(self.id), name=self.grantee_name)
        page.say("Every gateway refuses from block {block} on; new keys come at the next sync.", block=self.block)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRefused:
    """A request that was answered with no; the gateway's receipt of it stands in the log."""

    request: bytes
    requester_name: str
    receipt: int

    def show(self, page: Page) -> None:
        """Say so."""
        page.say("{name} is told no. It never reaches the chain.", name=self.requester_name)


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedDown:
    """Everything signed until now is void."""

    transaction: bytes
    block: int
    consents: int

    def show(self, page: Page) -> None:
        """Say so."""
        page.say("Everything that you signed until now is void: {count} consents.", count=self.consents)
        page.say("What you sign from now on counts again.")


@command(
    app,
    sends=True,
    examples=(
        "medshare consent grant 'Hill Hospital' --category laboratory --category problems --purpose TREAT --days 90",
        "medshare consent grant 'Hill Hospital' --everything-for-my-care --days 365",
    ),
)
def grant(
    session: Session,
    grantee: Annotated[str, typer.Argument(help="The address or the name of an accredited account.")],
    days: Days,
    category: Categories = None,
    purpose: Purposes = None,
    everything_for_my_care: Annotated[  # noqa: FBT002 (a flag)
        bool,
        typer.Option("--everything-for-my-care", help="All that is not sensitive, for treatment."),
    ] = False,
    action: Annotated[
        list[str] | None, typer.Option("--action", help="read, write, export, deidentified, aggregate.")
    ] = None,
    starts_in_days: Annotated[int, typer.Option("--starts-in-days", min=0, help="Begin later.")] = 0,
    researcher: Annotated[
        str | None, typer.Option("--researcher", help="For whom a processor works: address or name.")
    ] = None,
) -> ConsentSigned:
    """Give a consent: whom, what, why, until when. You see the words before they are signed.

    A sensitive category stands alone, and care never stands with research or marketing.
    """
    from medshare.cli.frame.people import patient
    from medshare.consent.presets import EVERYTHING_FOR_MY_CARE
    from medshare.consent.purposes import codes_of

    categories = tuple(category_called(name) for name in category or ())
    purposes = tuple(code.upper() for code in purpose or ())
    if everything_for_my_care:
        categories = categories or EVERYTHING_FOR_MY_CARE.categories
        purposes = purposes or codes_of(EVERYTHING_FOR_MY_CARE.purposes)
    if not categories or not purposes:
        raise NothingChosen
    with patient(session) as agent:
        consent = agent.grant(
            find_organisation(session, grantee),
            categories=categories,
            purposes=purposes,
            days=days,
            actions=_actions(action),
            language=session.options.language,
            starts_in=starts_in_days * DAY,
            researcher=None if researcher is None else find_organisation(session, researcher),
            agreed=_agree(session, agent, lambda relay, signed: relay.grant(signed)),
        )
        return _signed(session, consent)


@command(app, sends=True, examples=("medshare consent approve 0x51d0…", "medshare consent approve 0x51d0… --days 30"))
def approve(
    session: Session,
    request: Annotated[str, typer.Argument(help="The begin of the request's id.")],
    category: Categories = None,
    purpose: Purposes = None,
    days: Annotated[int | None, typer.Option("--days", min=1, help="For fewer days than were asked for.")] = None,
) -> ConsentSigned:
    """Answer a request with a consent, as asked or narrower. You see the words before they are signed."""
    from medshare.cli.frame.people import patient

    with patient(session) as agent:
        open_requests = {one.request: one for one in agent.inbox()}
        asked = open_requests[find_id(request, open_requests, "request")]
        consent = agent.approve(
            asked,
            categories=None if category is None else tuple(category_called(name) for name in category),
            purposes=None if purpose is None else tuple(code.upper() for code in purpose),
            days=days,
            language=session.options.language,
            agreed=_agree(session, agent, lambda relay, signed: relay.approve(asked.opening, signed)),
        )
        return _signed(session, consent)


@command(app, sends=True, examples=("medshare consent refuse 0x51d0… --yes",))
def refuse(
    session: Session,
    request: Annotated[str, typer.Argument(help="The begin of the request's id.")],
    reason: Annotated[int, typer.Option("--reason", min=1, max=255, help="A coded reason.")] = 1,
) -> RequestRefused:
    """Say no to a request. The answer is signed and receipted; it never reaches the chain."""
    from medshare.cli.frame.people import patient
    from medshare.cli.frame.plan import Plan, Rehearsed

    with patient(session) as agent:
        open_requests = {one.request: one for one in agent.inbox()}
        asked = open_requests[find_id(request, open_requests, "request")]
        if session.options.dry_run:
            raise Rehearsed(Plan(transactions=(), statement=""))
        if not session.options.yes:
            session.terminal.confirm("Say no to {name}?", name=asked.requester_name)
        receipt = agent.refuse(asked, reason=reason)
        return RequestRefused(request=asked.request, requester_name=asked.requester_name, receipt=receipt.message.seq)


@command(app, sends=True, examples=("medshare consent revoke 0x9c2e… --yes",))
def revoke(session: Session, consent: ConsentId) -> ConsentRevoked:
    """End a consent for ever: every gateway that hears of it refuses at once, the others within one block."""
    from medshare.cli.frame.people import patient
    from medshare.cli.frame.rehearsal import consider_message
    from medshare.typed_data import Revoke

    with patient(session) as agent:
        found = own_consent(agent, consent)
        consider_message(session, agent, Revoke(patient=agent.address, grantee=found.grantee, terms=found.terms))
        done = agent.revoke(found)
        name = Names(session).of(found.grantee)
        return ConsentRevoked(id=found.consent_id, grantee_name=name, transaction=done.hash, block=done.block.number)


@command(app, sends=True, examples=("medshare consent lockdown --yes",))
def lockdown(session: Session) -> LockedDown:
    """Void every consent and delegation that you signed until now, all at once."""
    from medshare.cli.consent.rows import state_of
    from medshare.cli.frame.people import patient
    from medshare.cli.frame.rehearsal import consider_message
    from medshare.typed_data import Lockdown

    with patient(session) as agent:
        alive = sum(state_of(session, consent) in {"in force", "not begun"} for consent in agent.consents())
        consider_message(session, agent, Lockdown(patient=agent.address, time=agent.ledger.head().time))
        done = agent.lock_down()
        return LockedDown(transaction=done.hash, block=done.block.number, consents=alive)


@command(app, sends=True, examples=("medshare consent renew 0x9c2e… --days 365",))
def renew(session: Session, consent: ConsentId, days: Days = 365) -> ConsentSigned:
    """Give the same consent again, from now on, in one step. The old one ends when it ends.

    You see the words before they are signed.
    """
    from medshare.cli.frame.people import patient
    from medshare.consent.purposes import codes_of
    from medshare.statement import parse

    with patient(session) as agent:
        old = own_consent(agent, consent)
        said = parse(old.statement)
        again = agent.grant(
            old.grantee,
            categories=old.categories,
            purposes=codes_of(old.word.purposes),
            days=days,
            actions=Action(old.word.actions),
            language=session.options.language,
            researcher=None if said.researcher is None else said.researcher.account,
            agreed=_agree(session, agent, lambda relay, signed: relay.grant(signed)),
        )
        return _signed(session, again)


def own_consent(agent: Patient, text: str) -> ConsentDocument:
    """Return the patient's consent whose id begins with `text`. Raises as `find_id`."""
    known = {one.consent_id: one for one in agent.consents()}
    return known[find_id(text, known, "consent")]


def _agree(
    session: Session, agent: Patient, carry: Callable[[Relay, ConsentDocument], Transaction]
) -> Callable[[ConsentDocument], None]:
    """Return what shows a consent and its transaction and asks, before the consent leaves the agent."""
    from medshare.cli.frame.rehearsal import what_a_relay_sends

    def agreed(consent: ConsentDocument) -> None:
        session.statement = consent.statement
        if session.terminal.interactive and not session.options.dry_run:
            session.terminal.show(consent.statement)
        session.consider(what_a_relay_sends(session, agent.door, lambda relay: carry(relay, consent)))

    return agreed


def _signed(session: Session, consent: ConsentDocument) -> ConsentSigned:
    line = ConsentLine.of(session, consent, Names(session))
    return ConsentSigned(consent=line, statement=consent.statement)


def _actions(names: list[str] | None) -> Action:
    if not names:
        return Action.READ
    found = Action(0)
    for name in names:
        if name.upper() not in Action.__members__:
            raise NothingChosen
        found |= Action[name.upper()]
    return found


def _stop(result: ConsentSigned) -> str:
    return f"medshare consent revoke {short(result.consent.id)}"
