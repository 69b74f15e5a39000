"""`medshare request`: ask a patient for access, and see what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from medshare.cli.frame.command import command
from medshare.cli.frame.config import HomeRole
from medshare.cli.frame.doors import url_of
from medshare.cli.frame.names import (
    Names,
    actions_in_words,
    categories_in_words,
    category_called,
    complete_category,
    find_id,
    find_organisation,
    purposes_in_words,
    short,
    word_of,
)
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session
from medshare.consent.actions import Action
from medshare.consent.names import action_name
from medshare.consent.purposes import codes_of
from medshare.hexadecimal import address as parse_address
from medshare.locale import mark

if TYPE_CHECKING:
    from medshare.access_request import AccessRequest
    from medshare.actors.requester import Requester
    from medshare.gateway.door import Door

app = typer.Typer(name="request", no_args_is_help=True, add_completion=False)

REQUESTS: Final = "requests"
"""The folder of what an institution or researcher asked: `<id>.json` the document, `<id>.url` the postbox."""

RequestState = Literal["open", "approved", "refused", "withdrawn or answered", "lapsed"]
mark("open", "approved", "refused", "withdrawn or answered", "lapsed", "request")

RequestId = Annotated[str, typer.Argument(help="The begin of its id.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLine:
    """One request in words and numbers. `why` and `in_return` are the requester's own words."""

    id: bytes
    patient: str
    requester: str
    requester_name: str
    grantee: str
    grantee_name: str
    categories: tuple[str, ...]
    purposes: tuple[str, ...]
    actions: tuple[str, ...]
    not_before: int
    not_after: int
    why: str
    in_return: str

    @classmethod
    def of(cls, request: AccessRequest, names: Names) -> RequestLine:
        """Return the line of a request."""
        return cls(
            id=request.request,
            patient=request.patient,
            requester=request.requester,
            requester_name=request.requester_name,
            grantee=request.grantee,
            grantee_name=names.of(request.grantee),
            categories=tuple(word_of(category) for category in request.categories),
            purposes=codes_of(request.purposes),
            actions=tuple(one.name.lower() for one in Action if one & request.actions and one.name),
            not_before=request.not_before,
            not_after=request.not_after,
            why=request.why,
            in_return=request.in_return,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestList:
    """The open requests in a patient's postboxes, or everything that an institution or researcher asked."""

    requests: tuple[RequestLine, ...]

    def show(self, page: Page) -> None:
        """Write a line for each."""
        if not self.requests:
            page.say("There are no requests.")
            return
        page.table(
            ("request", "who asks", "what", "until"),
            [
                (short(one.id), one.requester_name, ", ".join(one.categories), page.day(one.not_after))
                for one in self.requests
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestShown:
    """One request in full."""

    request: RequestLine

    def show(self, page: Page) -> None:
        """Say in sentences what is asked."""
        one = self.request
        categories = [category_called(name) for name in one.categories]
        actions = Action(sum(Action[name.upper()] for name in one.actions))
        page.say(
            "Request {id} of {name} ({address}).", id=short(one.id), name=one.requester_name, address=one.requester
        )
        if one.grantee != one.requester:
            page.say("Who would read: {name} ({address}).", name=one.grantee_name, address=one.grantee)
        page.say("What: {categories}.", categories=categories_in_words(categories, page.language))
        page.say("Why: {purposes}.", purposes=_purposes(one, page.language))
        page.say("They would: {actions}.", actions=actions_in_words(actions, page.language))
        page.say("From {start} until {end}.", start=page.time(one.not_before), end=page.time(one.not_after))
        page.say("In their words: {why}", why=one.why)
        if one.in_return:
            page.say("What you get back: {in_return}", in_return=one.in_return)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestOpened:
    """A request that stands on the chain, sealed in the patient's postbox."""

    request: RequestLine
    deadline: int

    def show(self, page: Page) -> None:
        """Say so."""
        page.say("Request {id} is open until {day}.", id=short(self.request.id), day=page.day(self.deadline))
        page.say("Ask for the answer with: {line}", line=f"medshare request status {short(self.request.id)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestStatus:
    """What became of a request. `consent` is the id of the consent that answers it, null without one."""

    id: bytes
    state: RequestState
    consent: bytes | None
    reason: int | None

    def show(self, page: Page) -> None:
        """Say it."""
        page.say("Request {id}: {state}.", id=short(self.id), state=page.word(self.state))
        if self.consent is not None:
            page.say("The consent {id} answers it.", id=short(self.consent))


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestAnswer:
    """The consent that answers a request, with the words that the patient signed."""

    id: bytes
    consent: bytes
    categories: tuple[str, ...]
    actions: tuple[str, ...]
    not_after: int
    statement: str

    def show(self, page: Page) -> None:
        """Write the words."""
        actions = ", ".join(action_name(Action[name.upper()], page.language) for name in self.actions)
        page.say("The consent {id} answers it: {actions}.", id=short(self.consent), actions=actions)
        page.write("")
        page.write(self.statement)


@command(
    app,
    "open",
    sends=True,
    examples=(
        "medshare request open 0x3c44…93bc --gateway city --category laboratory --purpose TREAT --days 90 --why Visit",
    ),
)
def open_request(
    session: Session,
    patient: Annotated[str, typer.Argument(help="The patient's address.")],
    gateway: Annotated[str, typer.Option("--gateway", help="A postbox of the patient: a name of the config or a URL.")],
    category: Annotated[
        list[str], typer.Option("--category", help="What; give it again for more.", autocompletion=complete_category)
    ],
    purpose: Annotated[list[str], typer.Option("--purpose", help="Why: an HL7 code such as TREAT or BIORCH.")],
    days: Annotated[int, typer.Option("--days", min=1, max=1826, help="For how many days.")],
    why: Annotated[str, typer.Option("--why", help="The reason in plain words.")],
    in_return: Annotated[str, typer.Option("--in-return", help="What the patient gets back.")] = "",
    grantee: Annotated[str | None, typer.Option("--grantee", help="Who would read, if another.")] = None,
    open_days: Annotated[int, typer.Option("--open-days", min=1, max=90, help="Until when she can answer.")] = 30,
) -> RequestOpened:
    """Ask a patient for access. The chain holds a salted digest; the request itself is sealed to her inbox."""
    from medshare.cli.frame.people import requester

    with session.working():
        asker, url = requester(session), url_of(session, gateway)
        made = asker.request(
            parse_address(patient.lower()),
            asker.network.at(url),
            categories=tuple(category_called(name) for name in category),
            purposes=tuple(code.upper() for code in purpose),
            days=days,
            why=why,
            in_return=in_return,
            grantee=None if grantee is None else find_organisation(session, grantee),
            open_days=open_days,
        )
        name = made.request.hex()
        session.home.write(f"{REQUESTS}/{name}.json", made.to_bytes())
        session.home.write(f"{REQUESTS}/{name}.url", url.encode())
        deadline = session.ledger.deadline_of(made.requester, made.digest)
    return RequestOpened(request=RequestLine.of(made, Names(session)), deadline=deadline)


@command(app, "list", examples=("medshare request list",))
def list_requests(session: Session) -> RequestList:
    """List the open requests in your postboxes; for an institution or researcher, what it asked."""
    if session.config.role is HomeRole.PATIENT:
        from medshare.cli.frame.people import patient

        with patient(session) as agent:
            found = agent.inbox()
    else:
        found = tuple(_asked(session).values())
    names = Names(session)
    return RequestList(requests=tuple(RequestLine.of(one, names) for one in found))


@command(app, examples=("medshare request show 0x51d0…",))
def show(session: Session, request: RequestId) -> RequestShown:
    """Show one request in full. Answer it with consent approve or consent refuse."""
    if session.config.role is HomeRole.PATIENT:
        from medshare.cli.frame.people import patient

        with patient(session) as agent:
            known = {one.request: one for one in agent.inbox()}
    else:
        known = _asked(session)
    return RequestShown(request=RequestLine.of(known[find_id(request, known, "request")], Names(session)))


@command(app, examples=("medshare request status 0x51d0…",))
def status(session: Session, request: RequestId) -> RequestStatus:
    """Say what became of a request: open, approved, refused, withdrawn or lapsed."""
    from medshare.cli.frame.people import requester

    asked, door, asker = _find(session, request, requester(session))
    consent = next((one for one in asker.consents_at(door) if one.request == asked.request), None)
    if consent is not None:
        return RequestStatus(id=asked.request, state="approved", consent=consent.consent_id, reason=None)
    refusal = door.postbox.refusal(asked.request)
    if refusal is not None:
        return RequestStatus(id=asked.request, state="refused", consent=None, reason=refusal.message.reason)
    deadline = session.ledger.deadline_of(asked.requester, asked.digest)
    state: RequestState = "withdrawn or answered"
    if deadline:
        state = "open" if session.clock.now() < deadline else "lapsed"
    return RequestStatus(id=asked.request, state=state, consent=None, reason=None)


@command(app, examples=("medshare request answer 0x51d0…",))
def answer(session: Session, request: RequestId) -> RequestAnswer:
    """Fetch the consent that answers a request; without one, exit code 4."""
    from medshare.cli.frame.errors import NotAnswered
    from medshare.cli.frame.people import requester

    asked, door, asker = _find(session, request, requester(session))
    for one in asker.consents_at(door):
        if one.request == asked.request:
            return RequestAnswer(
                id=asked.request,
                consent=one.consent_id,
                categories=tuple(word_of(category) for category in one.categories),
                actions=tuple(action.name.lower() for action in Action if action & one.word.actions and action.name),
                not_after=one.word.not_after,
                statement=one.statement,
            )
    raise NotAnswered(id=short(asked.request))


@command(app, sends=True, examples=("medshare request withdraw 0x51d0… --yes",))
def withdraw(session: Session, request: RequestId) -> RequestStatus:
    """Take a request back."""
    from medshare.cli.frame.people import requester

    with session.working():
        known = _asked(session)
        asked = known[find_id(request, known, "request")]
        requester(session).withdraw(asked)
    return RequestStatus(id=asked.request, state="withdrawn or answered", consent=None, reason=None)


def _asked(session: Session) -> dict[bytes, AccessRequest]:
    """Return what the institution or researcher of the home asked, by id."""
    from medshare.access_request import AccessRequest

    session.require_role(HomeRole.INSTITUTION, HomeRole.RESEARCHER)
    folder = session.home.place / REQUESTS
    found = [AccessRequest.from_bytes(session.home.read(f"{REQUESTS}/{path.name}")) for path in folder.glob("*.json")]
    return {one.request: one for one in sorted(found, key=lambda one: one.not_before)}


def _find(session: Session, text: str, asker: Requester) -> tuple[AccessRequest, Door, Requester]:
    known = _asked(session)
    asked = known[find_id(text, known, "request")]
    url = session.home.read(f"{REQUESTS}/{asked.request.hex()}.url").decode()
    return asked, asker.network.at(url), asker


def _purposes(one: RequestLine, language: str) -> str:
    from medshare.consent.purposes import mask_of

    return purposes_in_words(mask_of(one.purposes), language)
