"""`medshare enrol`: a person and an institution meet at the desk, once.

::

    desk      medshare enrol offer --out offer.json
    patient   medshare enrol answer offer.json --out answer.json
    desk      medshare enrol accept answer.json        after an identity document was checked
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from medshare.cli.frame.command import command
from medshare.cli.frame.config import HomeRole
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session

app = typer.Typer(name="enrol", no_args_is_help=True, add_completion=False)

Out = Annotated[str | None, typer.Option("--out", help="Write the paper to this file instead of printing it.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferMade:
    """An offer of enrolment: its paper, where it was written (empty if printed), and until when it holds."""

    institution: str
    expiry: int
    file: str
    paper: str

    def show(self, page: Page) -> None:
        """Print the paper, or say where it is."""
        if self.file:
            page.say("The offer is in {file}; it holds until {time}.", file=self.file, time=page.time(self.expiry))
        else:
            page.write(self.paper)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferAnswered:
    """An answer to an offer: whom it is for, what it lets them do, and its paper."""

    institution: str
    name: str
    registers: bool
    consents: tuple[bytes, ...]
    file: str
    paper: str

    def show(self, page: Page) -> None:
        """Print the paper, or say where it is."""
        if self.file:
            page.say("The answer to {name} is in {file}. Show it at the desk.", name=self.name, file=self.file)
        else:
            page.write(self.paper)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """A patient who is enrolled now, and the consents that came with it."""

    patient: str
    consents: tuple[bytes, ...]

    def show(self, page: Page) -> None:
        """Say so."""
        page.say("{patient} is enrolled. Records may be sealed to this address.", patient=self.patient)


@command(app, examples=("medshare enrol offer --out offer.json",))
def offer(session: Session, out: Out = None) -> OfferMade:
    """Make an offer of enrolment at the desk; it holds for a quarter of an hour."""
    from medshare.cli.frame.papers import OfferPaper, write_paper
    from medshare.cli.frame.people import institution

    with session.working():
        made = institution(session).offer_enrolment()
        paper = OfferPaper.of(made)
        text, file = write_paper(paper, out)
    return OfferMade(institution=made.institution, expiry=made.expiry, file=file, paper=text)


@command(
    app, examples=("medshare enrol answer offer.json --out answer.json", "medshare enrol answer - --reading-days 365")
)
def answer(
    session: Session,
    paper: Annotated[str, typer.Argument(help="The offer's file; - reads standard input.")],
    reading_days: Annotated[
        int | None,
        typer.Option("--reading-days", min=1, max=1826, help="Also let it read all for my care, for so many days."),
    ] = None,
    out: Out = None,
) -> OfferAnswered:
    """Answer an institution's offer: who I am, where my keys are, and that it may write into my record.

    Reading is a second, optional consent. What is sensitive is never part of it.
    """
    from medshare.cli.frame.papers import AnswerPaper, OfferPaper, read_paper, write_paper
    from medshare.cli.frame.people import patient
    from medshare.public_records import accreditation_of

    session.require_role(HomeRole.PATIENT)
    found = read_paper(OfferPaper, paper).value()
    language = session.options.language
    with patient(session) as agent:
        name = accreditation_of(agent.ledger, found.institution).name_in(language)
        session.terminal.tell("{name} asks you to enrol.", name=name)
        made = agent.answer(found, language=language, reading_days=reading_days)
        for consent in made.consents:
            session.terminal.show(consent.statement)
        text, file = write_paper(AnswerPaper.of(made), out)
    return OfferAnswered(
        institution=found.institution,
        name=name,
        registers=made.register is not None,
        consents=tuple(consent.consent_id for consent in made.consents),
        file=file,
        paper=text,
    )


@command(app, sends=True, examples=("medshare enrol accept answer.json --identity-checked --yes",))
def accept(
    session: Session,
    paper: Annotated[str, typer.Argument(help="The answer's file; - reads standard input.")],
    identity_checked: Annotated[  # noqa: FBT002 (a flag)
        bool, typer.Option("--identity-checked", help="Staff checked an identity document of this person.")
    ] = False,
) -> Enrolled:
    """Accept a person's answer at the desk: register the address if it is new, keep its directory and consents.

    The institution pays the gas. Staff confirm that they checked who the person is.
    """
    from medshare.cli.frame.papers import AnswerPaper, read_paper
    from medshare.cli.frame.people import institution
    from medshare.cli.frame.rehearsal import what_a_relay_sends

    session.require_role(HomeRole.INSTITUTION)
    found = read_paper(AnswerPaper, paper).value()
    if not identity_checked:
        session.terminal.confirm("Did you check an identity document of this person?", option="--identity-checked")
    with session.working():
        hospital = institution(session)
        register = found.register
        if register is not None:
            session.consider(what_a_relay_sends(session, hospital.gateway, lambda relay: relay.carry(register)))
        hospital.enrol(found, identity_checked=True)
    return Enrolled(
        patient=found.enrol.message.patient, consents=tuple(consent.consent_id for consent in found.consents)
    )
