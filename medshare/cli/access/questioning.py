"""“I do not recognise this”: a patient questions a receipt of her log, and can take that back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

import typer

from medshare.cli.access import app
from medshare.cli.access.looking import LookLine, line_of
from medshare.cli.frame.command import command
from medshare.cli.frame.names import find_id
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session

Receipt = Annotated[str, typer.Argument(help="The begin of the receipt's digest, as access log shows it.")]


ASKED_TEXTS: Final = {
    0: "Say to {gateway} that you recognise its receipt {number} after all?",
    1: "Say to {gateway} that you do not recognise its receipt {number}?",
    2: "Say to {gateway} that you did not agree to what its receipt {number} says?",
}
"""What is asked before it is said, by the reason of the `Objection`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookQuestioned:
    """A receipt of which the patient said that she does not recognise it (reason 1), or did not agree (reason 2).

    Or that she does recognise it (reason 0), which takes the other back. Signed, and left at the gateway that wrote it.
    """

    look: LookLine
    reason: int
    signature: bytes

    def show(self, page: Page) -> None:
        """Say so."""
        facts = {"gateway": self.look.gateway, "number": self.look.number}
        if self.reason:
            page.say("{gateway} has your word against its receipt {number}; a regulator gets it too.", **facts)
        else:
            page.say("You recognise receipt {number} of {gateway}; what you said against it is taken back.", **facts)


@command(
    app,
    sends=True,
    examples=("medshare access question 0x7d3a55aa --yes", "medshare access question 0x7d3a55aa --not-agreed --yes"),
)
def question(
    session: Session,
    receipt: Receipt,
    not_agreed: Annotated[  # noqa: FBT002 (a flag)
        bool, typer.Option("--not-agreed", help="You know who it was, and did not agree to it.")
    ] = False,
) -> LookQuestioned:
    """Say of a receipt in your log: I do not recognise this. The gateway and the regulator get your signed word.

    It stays marked in your log until you take it back with access recognise.
    """
    from medshare.audit.values import NOT_AGREED, NOT_RECOGNISED

    return _said(session, receipt, NOT_AGREED if not_agreed else NOT_RECOGNISED)


@command(app, sends=True, examples=("medshare access recognise 0x7d3a55aa --yes",))
def recognise(session: Session, receipt: Receipt) -> LookQuestioned:
    """Take back what you said against a receipt: you do recognise it."""
    from medshare.audit.values import RECOGNISED

    return _said(session, receipt, RECOGNISED)


def _said(session: Session, receipt: str, reason: int) -> LookQuestioned:
    from dataclasses import replace

    from medshare.cli.frame.people import patient
    from medshare.cli.frame.plan import Plan, Rehearsed
    from medshare.locale import say

    with patient(session) as agent:
        days = agent.access_log(language=session.options.language).days
        known = {entry.receipt: entry for day in days for entry in day.entries}
        entry = known[find_id(receipt, known, "receipt")]
        gateway = entry.gateway_name or entry.gateway
        asked = say(ASKED_TEXTS[reason], session.options.language, gateway=gateway, number=entry.number)
        if session.options.dry_run:
            raise Rehearsed(Plan(transactions=(), statement=asked))
        if not session.options.yes:
            session.terminal.confirm(asked)
        signed = agent.object_to(entry, reason=reason)
        look = replace(line_of(entry), questioned=reason > 0)
    return LookQuestioned(look=look, reason=reason, signature=signed.signature)
