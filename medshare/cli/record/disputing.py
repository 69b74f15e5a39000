"""Both sides of a dispute: the patient says what is wrong with a document, its provider answers by a day."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final, Self

import typer

from medshare.cli.frame.command import command
from medshare.cli.frame.config import HomeRole
from medshare.cli.frame.names import Names, find_id, short
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session
from medshare.cli.record import app
from medshare.gateway.dispute import Disputed, Outcome

if TYPE_CHECKING:
    from medshare.actors import Institution

Leaf = Annotated[str, typer.Argument(help="The begin of the document's leaf.")]


class Reason(StrEnum):
    """What a patient says is wrong."""

    WRONG_PATIENT = "wrong-patient"
    UNREADABLE = "unreadable"
    WRONG_CONTENT = "wrong-content"


class Answer(StrEnum):
    """What a provider answers."""

    STANDS = "stands"
    TAKEN_BACK = "taken-back"


REASONS: Final = {1: Reason.WRONG_PATIENT, 2: Reason.UNREADABLE, 3: Reason.WRONG_CONTENT}
ANSWERS: Final = {Outcome.STANDS: Answer.STANDS, Outcome.TAKEN_BACK: Answer.TAKEN_BACK}
REASON_TEXTS: Final = {
    Reason.WRONG_PATIENT: "of another patient",
    Reason.UNREADABLE: "does not open",
    Reason.WRONG_CONTENT: "wrong content",
}
"""What is said of a reason."""
STATE_TEXTS: Final = {
    "open": "waits for an answer",
    "overdue": "the answer is overdue",
    Answer.STANDS: "the document stands",
    Answer.TAKEN_BACK: "the document is taken back",
}
"""What is said of a dispute in each state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeLine:
    """A dispute: since when, by when an answer is due, and the answer.

    `reason` is wrong-patient, unreadable, wrong-content, or the number of another one. `state` is open, overdue,
    stands or taken-back; `answered_at` is what the provider signed, 0 while there is no answer.
    """

    leaf: bytes
    patient: str
    provider: str
    provider_name: str
    reason: str
    at: int
    deadline: int
    state: str
    answered_at: int

    @classmethod
    def of(cls, one: Disputed, names: Names, now: int) -> Self:
        """Return the line of a dispute."""
        message, answer = one.signed.message, one.answer
        if answer is not None:
            state = ANSWERS[Outcome(answer.message.outcome)].value
        else:
            state = "overdue" if one.overdue(now) else "open"
        return cls(
            leaf=message.leaf,
            patient=one.patient,
            provider=one.provider,
            provider_name=names.of(one.provider),
            reason=REASONS[message.reason].value if message.reason in REASONS else str(message.reason),
            at=one.at,
            deadline=one.deadline,
            state=state,
            answered_at=answer.message.at if answer is not None else 0,
        )

    def show(self, page: Page) -> None:
        """Say how it stands."""
        page.say(
            "Disputed {day} ({reason}), answer due {deadline}: {state}.",
            day=page.day(self.at),
            reason=_reason(page, self.reason),
            deadline=page.day(self.deadline),
            state=page.word(STATE_TEXTS[self.state]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeList:
    """A patient's disputes, or those of an institution's documents, oldest first."""

    disputes: tuple[DisputeLine, ...]

    def show(self, page: Page) -> None:
        """Write a line for each."""
        if not self.disputes:
            page.say("Nothing is disputed.")
            return
        page.table(
            ("document", "from", "reason", "since", "answer due", "state"),
            [
                (
                    short(one.leaf),
                    one.provider_name,
                    _reason(page, one.reason),
                    page.day(one.at),
                    page.day(one.deadline),
                    page.word(STATE_TEXTS[one.state]),
                )
                for one in self.disputes
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeResult:
    """A dispute as it stands now; `transaction` is the one that took the document back, null without one."""

    dispute: DisputeLine
    transaction: bytes | None

    def show(self, page: Page) -> None:
        """Say how it stands."""
        self.dispute.show(page)


@command(app, examples=("medshare record dispute 0x7d3a… --reason wrong-content",))
def dispute(
    session: Session,
    leaf: Leaf,
    reason: Annotated[Reason, typer.Option("--reason", help="What is wrong with it.")],
) -> DisputeResult:
    """Say that one of your documents is wrong. Its provider has 30 days to answer or to take it back."""
    from medshare.cli.frame.people import patient

    with patient(session) as agent:
        found = find_id(leaf, agent.copies(), "document")
        agent.dispute(found, reason=next(number for number, one in REASONS.items() if one is reason))
        made = next(one for one in agent.disputes() if one.signed.message.leaf == found)
        return DisputeResult(dispute=DisputeLine.of(made, Names(session), session.clock.now()), transaction=None)


@command(app, examples=("medshare record disputes", "medshare record disputes --json"))
def disputes(session: Session) -> DisputeList:
    """List your disputes with deadlines and answers; for an institution, those of its documents."""
    config = session.require_role(HomeRole.PATIENT, HomeRole.INSTITUTION)
    names, now = Names(session), session.clock.now()
    if config.role is HomeRole.INSTITUTION:
        from medshare.cli.frame.people import institution

        found = _about(institution(session))
    else:
        from medshare.cli.frame.people import patient

        with patient(session) as agent:
            found = agent.disputes()
    return DisputeList(disputes=tuple(DisputeLine.of(one, names, now) for one in found))


@command(
    app,
    sends=True,
    examples=(
        "medshare record answer 0x7d3a… --outcome stands",
        "medshare record answer 0x7d3a… --outcome taken-back --yes",
    ),
)
def answer(
    session: Session,
    leaf: Leaf,
    outcome: Annotated[Answer, typer.Option("--outcome", help="Whether the document stands or is taken back.")],
) -> DisputeResult:
    """Answer the dispute of an own document. Taking it back goes to the chain, and its readers hear of it."""
    from medshare.cli.frame.people import institution
    from medshare.cli.frame.plan import Plan, Rehearsed

    session.require_role(HomeRole.INSTITUTION)
    with session.working():
        hospital = institution(session)
        found = find_id(leaf, {one.signed.message.leaf: one for one in _about(hospital)}, "dispute")
        if outcome is Answer.STANDS and session.options.dry_run:
            raise Rehearsed(Plan(transactions=(), statement=""))
        done = hospital.answer_dispute(found, next(number for number, one in ANSWERS.items() if one is outcome))
        made = next(one for one in _about(hospital) if one.signed.message.leaf == found)
        line = DisputeLine.of(made, Names(session), session.clock.now())
    return DisputeResult(dispute=line, transaction=None if done is None else done.hash)


def _reason(page: Page, reason: str) -> str:
    return page.word(REASON_TEXTS[Reason(reason)]) if reason in set(Reason) else reason


def _about(hospital: Institution) -> tuple[Disputed, ...]:
    return tuple(one for one in hospital.gateway.postbox.disputes(hospital.address) if one.provider == hospital.address)
