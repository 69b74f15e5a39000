"""`medshare sync`: bring the home up to date, and say what is new."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

import typer

from medshare.cli.frame.command import command
from medshare.cli.frame.config import HomeRole
from medshare.cli.frame.errors import NotifierFailed
from medshare.cli.frame.names import Names, short
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session

if TYPE_CHECKING:
    from medshare.actors.patient import Patient

app = typer.Typer(add_completion=False)

SEEN: Final = "cli:seen"
"""Note of the second up to which the agent has told of readings."""
KNOWN: Final = "cli:request:"
"""Note of a request that was told of."""
ANSWERED: Final = "cli:answer:"
"""Note of an answer to a dispute that was told of."""
NOTIFY_SECONDS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncResult:
    """What a sync found and did; empty and zero where a role has no such thing.

    `requests` are open ones that are new; `reads` and `refusals` count what others did since the last sync;
    `ending` are consents to renew within 30 days; `unanswered` the holders of erased documents that stay silent.
    `answered` are disputes that were answered since the last sync, `to_answer` those that wait for this institution,
    `overdue` those, by the patient or of the institution's documents, whose answer should have come.
    `destroyed` and `retracted` are for institutions and researchers: what was erased, and what was taken back.
    """

    documents: tuple[bytes, ...]
    disputed: tuple[bytes, ...]
    requests: tuple[bytes, ...]
    reads: int
    refusals: int
    ended: tuple[bytes, ...]
    ending: tuple[bytes, ...]
    unanswered: tuple[str, ...]
    new_keys: bool
    destroyed: tuple[bytes, ...]
    retracted: tuple[bytes, ...]
    answered: tuple[bytes, ...]
    to_answer: tuple[bytes, ...]
    overdue: tuple[bytes, ...]
    pending: Mapping[str, str]

    @property
    def counts(self) -> dict[str, int]:
        """How many of each there are: what a notifier may know."""
        return {
            "documents": len(self.documents),
            "disputed": len(self.disputed),
            "requests": len(self.requests),
            "reads": self.reads,
            "refusals": self.refusals,
            "ended": len(self.ended),
            "ending": len(self.ending),
            "unanswered": len(self.unanswered),
            "destroyed": len(self.destroyed),
            "retracted": len(self.retracted),
            "answered": len(self.answered),
            "to_answer": len(self.to_answer),
            "overdue": len(self.overdue),
        }

    def show(self, page: Page) -> None:
        """Say what is new."""
        news = [(text, count) for text, count in self._news() if count]
        for text, count in news:
            page.say(text, count=count)
        if self.new_keys:
            page.say("New keys are in force; every remaining reader has them.")
        for consent in self.ending:
            page.say("Consent {id} ends within 30 days. Renew it: medshare consent renew {id}", id=short(consent))
        for holder in self.unanswered:
            page.say("Has not said that erased documents are gone: {holder}.", holder=holder)
        for what, code in self.pending.items():
            page.say("Waits: {what} ({code}).", what=what[:60], code=code)
        if not news and not self.ending and not self.unanswered:
            page.say("Nothing is new.")

    def _news(self) -> tuple[tuple[str, int], ...]:
        return (
            (NEWS_TEXTS["documents"], len(self.documents)),
            (NEWS_TEXTS["disputed"], len(self.disputed)),
            (NEWS_TEXTS["requests"], len(self.requests)),
            (NEWS_TEXTS["reads"], self.reads),
            (NEWS_TEXTS["refusals"], self.refusals),
            (NEWS_TEXTS["ended"], len(self.ended)),
            (NEWS_TEXTS["destroyed"], len(self.destroyed)),
            (NEWS_TEXTS["retracted"], len(self.retracted)),
            (NEWS_TEXTS["answered"], len(self.answered)),
            (NEWS_TEXTS["to_answer"], len(self.to_answer)),
            (NEWS_TEXTS["overdue"], len(self.overdue)),
        )


NEWS_TEXTS: Final = {
    "documents": "{count} new documents.",
    "disputed": "{count} documents did not open and are disputed.",
    "requests": "{count} new requests: medshare request list",
    "reads": "{count} times somebody read: medshare access log",
    "refusals": "{count} times somebody was refused: medshare access log",
    "ended": "{count} consents ended.",
    "destroyed": "{count} documents were erased by their patients and are destroyed here.",
    "retracted": "{count} documents that were read here were taken back by their providers.",
    "answered": "{count} disputes were answered: medshare record disputes",
    "to_answer": "{count} disputes wait for an answer: medshare record disputes",
    "overdue": "{count} disputes should have been answered by now.",
}
"""What is said of each count."""


@command(app, sends=True, examples=("medshare sync", "medshare sync --notify 'notify-send MedShare'"))
def sync(
    session: Session,
    notify: Annotated[
        str | None,
        typer.Option("--notify", help="Run this command when something is new; it gets counts as JSON, no content."),
    ] = None,
) -> SyncResult:
    """Bring the home up to date and say what is new.

    A patient's agent opens new documents, disputes what does not open, changes keys after an end, and saves its
    memory with every custodian. An institution or researcher destroys what patients erased.
    """
    if session.config.role is HomeRole.PATIENT:
        from medshare.cli.frame.people import patient

        with patient(session) as agent:
            result = _patient(session, agent)
    else:
        result = _requester(session)
    if notify is not None and any(result.counts.values()):
        _notify(notify, result)
    return result


def _patient(session: Session, agent: Patient) -> SyncResult:
    from medshare.hexadecimal import ZERO_ADDRESS, to_hex
    from medshare.release.rule import Ground

    _consider_directory(session, agent)
    found = agent.sync()
    named = session.config.patient.recovery
    if named.startswith("0x") and session.ledger.recovery_of(agent.address) == ZERO_ADDRESS:
        agent.name_recovery(named)
    requests = [one.request for one in agent.inbox() if f"{KNOWN}{to_hex(one.request)}" not in agent.state.notes]
    for request in requests:
        agent.note(f"{KNOWN}{to_hex(request)}", "told")
    disputes, now = agent.disputes(), session.clock.now()
    answers = {to_hex(one.signed.digest(agent.domains)): one for one in disputes if one.answer is not None}
    answered = [one for digest, one in answers.items() if f"{ANSWERED}{digest}" not in agent.state.notes]
    for digest in answers:
        agent.note(f"{ANSWERED}{digest}", "told")
    since = int(agent.state.notes.get(SEEN, "0"))
    looks = [one for one in agent.who_looked() if one.accessor != agent.address and one.at > since]
    agent.note(SEEN, str(max([since, *(one.at for one in looks)])))
    return SyncResult(
        documents=found.new,
        disputed=found.disputed,
        requests=tuple(requests),
        reads=sum(one.ground is Ground.RELEASED for one in looks),
        refusals=sum(one.ground is not Ground.RELEASED for one in looks),
        ended=found.ended,
        ending=_ending(session, agent),
        unanswered=tuple(sorted({holder for _, holder in agent.chase()})),
        new_keys=found.rotated,
        destroyed=(),
        retracted=(),
        answered=tuple(one.signed.message.leaf for one in answered),
        to_answer=(),
        overdue=tuple(one.signed.message.leaf for one in disputes if one.overdue(now)),
        pending={},
    )


def _ending(session: Session, agent: Patient) -> tuple[bytes, ...]:
    """Return the consents to read that end within 30 days."""
    from medshare.cli.consent.rows import ConsentLine

    names = Names(session)
    lines = [ConsentLine.of(session, consent, names) for consent in agent.consents()]
    return tuple(line.id for line in lines if line.ends_soon and "read" in line.actions)


def _consider_directory(session: Session, agent: Patient) -> None:
    """Before a sync that changes keys: show the transaction that names the new directory, and ask."""
    from medshare.cli.frame.plan import Plan, Rehearsed
    from medshare.cli.frame.rehearsal import consider_message
    from medshare.typed_data import Directory

    directory = agent.directory()
    changes = directory.digest != agent.ledger.digest_of(agent.address) or any(
        not agent.is_over(consent) and _over(session, consent) for consent in agent.consents()
    )
    if changes and agent.doors:
        seq = agent.ledger.account(agent.address).seq + 1
        consider_message(session, agent, Directory(patient=agent.address, digest=directory.digest, seq=seq))
    elif session.options.dry_run:
        raise Rehearsed(Plan(transactions=(), statement=""))


def _over(session: Session, consent: object) -> bool:
    from medshare.cli.consent.rows import state_of
    from medshare.consent.actions import Action
    from medshare.consent.document import ConsentDocument

    if not isinstance(consent, ConsentDocument) or not consent.word.actions & Action.READ:
        return False
    return state_of(session, consent) in {"ended", "revoked", "locked", "grantee suspended"}


def _requester(session: Session) -> SyncResult:
    from medshare.actors import Institution
    from medshare.cli.frame.people import requester
    from medshare.cli.frame.plan import Plan, Rehearsed
    from medshare.hexadecimal import to_hex

    if session.options.dry_run:
        raise Rehearsed(Plan(transactions=(), statement=""))
    with session.working():
        asker = requester(session)
        done = asker.honour_erasures()
        retracted = asker.retracted()
        disputes = asker.gateway.postbox.disputes(asker.address) if isinstance(asker, Institution) else ()
    waiting = [one for one in disputes if one.answer is None]
    now = session.clock.now()
    pending = {to_hex(leaf): code for leaf, code in done.pending.items()} | dict(done.unanswered)
    return SyncResult(
        documents=(),
        disputed=(),
        requests=(),
        reads=0,
        refusals=0,
        ended=(),
        ending=(),
        unanswered=(),
        new_keys=False,
        destroyed=done.erased,
        retracted=tuple(copy.leaf for copy in retracted),
        answered=(),
        to_answer=tuple(one.signed.message.leaf for one in waiting),
        overdue=tuple(one.signed.message.leaf for one in waiting if one.overdue(now)),
        pending=pending,
    )


def _notify(line: str, result: SyncResult) -> None:
    """Run the notifier with counts on its standard input; never names, categories or ids.

    Raises:
        NotifierFailed: It cannot be run, or says that it failed.
    """
    try:
        words = shlex.split(line)
        done = subprocess.run(
            words, input=json.dumps(result.counts), text=True, capture_output=True, check=False, timeout=NOTIFY_SECONDS
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise NotifierFailed(line=line) from error
    if done.returncode:
        raise NotifierFailed(line=line)
