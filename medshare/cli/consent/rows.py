"""A consent as the command line prints it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from medshare.cli.frame.names import (
    Names,
    actions_in_words,
    categories_in_words,
    purposes_in_words,
    short,
    word_of,
)
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session
from medshare.consent.actions import Action
from medshare.consent.names import action_name
from medshare.consent.purposes import codes_of
from medshare.locale import mark

if TYPE_CHECKING:
    from medshare.consent.document import ConsentDocument

DAY: Final = 86_400
REMIND: Final = 30 * DAY
"""Seconds before its end from which a consent is called ending soon."""

State = Literal["in force", "not begun", "ended", "revoked", "locked", "not granted", "grantee suspended"]
mark("in force", "not begun", "ended", "revoked", "locked", "not granted", "grantee suspended", "ends soon")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentLine:
    """One consent: whom, what, why, until when, and how it stands at the head.

    `purposes` are all codes that it permits. Times in seconds since 1970. `ends_soon` is within 30 days.
    """

    id: bytes
    patient: str
    grantee: str
    grantee_name: str
    categories: tuple[str, ...]
    purposes: tuple[str, ...]
    actions: tuple[str, ...]
    not_before: int
    not_after: int
    state: State
    ends_soon: bool

    @classmethod
    def of(cls, session: Session, consent: ConsentDocument, names: Names) -> ConsentLine:
        """Return the line of a consent."""
        state = state_of(session, consent)
        now = session.clock.now()
        return cls(
            id=consent.consent_id,
            patient=consent.patient,
            grantee=consent.grantee,
            grantee_name=names.of(consent.grantee),
            categories=tuple(word_of(category) for category in consent.categories),
            purposes=codes_of(consent.word.purposes),
            actions=tuple(action.name.lower() for action in Action if action & consent.word.actions and action.name),
            not_before=consent.word.not_before,
            not_after=consent.word.not_after,
            state=state,
            ends_soon=state == "in force" and consent.word.not_after - now <= REMIND,
        )


def state_of(session: Session, consent: ConsentDocument) -> State:
    """Return how a consent stands at the head; the first hindrance counts."""
    ledger, word = session.ledger, consent.word
    status = ledger.consent_of(consent.patient, consent.grantee, consent.terms)
    now = session.clock.now()
    if status.revoked:
        return "revoked"
    if not status.granted:
        return "not granted"
    if word.issued_at <= ledger.mark_of(consent.patient):
        return "locked"
    if now >= word.not_after:
        return "ended"
    if now < word.not_before:
        return "not begun"
    return "in force" if ledger.account(consent.grantee).active else "grantee suspended"


def show_consent(page: Page, consent: ConsentDocument, line: ConsentLine) -> None:
    """Say in sentences what a consent permits."""
    language = page.language
    page.say("Consent {id}: {state}.", id=short(line.id), state=page.word(line.state))
    page.say("To {name} ({address}).", name=line.grantee_name, address=line.grantee)
    page.say("What: {categories}.", categories=categories_in_words(consent.categories, language))
    page.say("Why: {purposes}.", purposes=purposes_in_words(consent.word.purposes, language))
    page.say("They may: {actions}.", actions=actions_in_words(Action(consent.word.actions), language))
    page.say("From {start} until {end}.", start=page.time(line.not_before), end=page.time(line.not_after))


def table_of(page: Page, lines: tuple[ConsentLine, ...]) -> None:
    """Write a line for each consent."""
    page.table(
        ("consent", "to", "what", "they may", "until", "state"),
        [
            (
                short(line.id),
                line.grantee_name,
                f"{len(line.categories)}" if len(line.categories) > 3 else ", ".join(line.categories),
                ", ".join(
                    action_name(Action[action.upper()], page.language).partition("(")[0] for action in line.actions
                ),
                page.day(line.not_after),
                page.word(line.state) + (f" ({page.word('ends soon')})" if line.ends_soon else ""),
            )
            for line in lines
        ],
    )
