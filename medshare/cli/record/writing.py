"""What institutions do with documents: upload, confirm, check, amend, retract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medshare.cli.frame.command import command
from medshare.cli.frame.config import HomeRole
from medshare.cli.frame.errors import HomeUnwritable
from medshare.cli.frame.names import find_id, short, word_of
from medshare.cli.frame.page import Page
from medshare.cli.frame.plan import Plan, PlannedTransaction, Rehearsed
from medshare.cli.frame.session import Session
from medshare.cli.record import app
from medshare.consent.names import category_name
from medshare.hexadecimal import address as parse_address
from medshare.hexadecimal import to_hex

if TYPE_CHECKING:
    from medshare.actors import Institution
    from medshare.actors.submitting import Confirmation
    from medshare.intake import Intake
    from medshare.keys.directory import Place

Validators = Annotated[
    list[str] | None,
    typer.Option(
        "--validator", help="The gateway of a validator: a name of the config or a URL. By default all of the config."
    ),
]
Leaf = Annotated[str, typer.Argument(help="The begin of the document's leaf.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodLine:
    """A period on its way to confirmation: who signed, who was asked and has not answered, what was left out."""

    root: bytes
    documents: int
    confirmed_by: tuple[str, ...]
    needed: int
    confirmed: bool
    rejected: tuple[bytes, ...]
    waiting: tuple[str, ...]
    unanswered: Mapping[str, str]

    @classmethod
    def of(cls, session: Session, found: Confirmation) -> PeriodLine:
        """Return the line of a period."""
        return cls(
            root=found.period.root,
            documents=len(found.period.leaves),
            confirmed_by=found.confirmed,
            needed=session.ledger.quorum(),
            confirmed=found.transaction is not None,
            rejected=found.rejected,
            waiting=found.waiting,
            unanswered=found.unanswered,
        )

    def show(self, page: Page) -> None:
        """Say how far it is."""
        if self.confirmed:
            page.say("Period {root}: {count} documents are confirmed.", root=short(self.root), count=self.documents)
            return
        page.say(
            "Period {root}: {found} of {needed} validators confirm its {count} documents so far.",
            root=short(self.root),
            found=len(self.confirmed_by),
            needed=self.needed,
            count=self.documents,
        )
        for leaf in self.rejected:
            page.say("A validator rejects {leaf}; the rest was anchored again.", leaf=short(leaf))
        for url in self.waiting:
            page.say("The validator at {url} has it and has not checked it yet.", url=url)
        for url, code in self.unanswered.items():
            page.say("The validator at {url} did not take it: {code}.", url=url, code=code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """What was sealed, deposited and anchored, and left with validators."""

    patient: str
    leaves: tuple[bytes, ...]
    by_category: Mapping[str, int]
    bytes_read: int
    bytes_sealed: int
    issues: tuple[str, ...]
    period: PeriodLine

    def show(self, page: Page) -> None:
        """Say what went where."""
        page.say(
            "{count} documents are sealed for {patient}: {read} bytes, {sealed} encrypted.",
            count=len(self.leaves),
            patient=self.patient,
            read=f"{self.bytes_read:,}",
            sealed=f"{self.bytes_sealed:,}",
        )
        page.table(("category", "documents"), [(name, count) for name, count in self.by_category.items()])
        for issue in self.issues:
            page.write(f"! {issue}")
        self.period.show(page)
        page.say("Ask for the validators' signatures with: medshare record confirm")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumedWork:
    """What stopped commands had begun: documents and periods completed, refused for good, and left for the next time.

    `periods` are those that were left with validators now.
    """

    documents_completed: int
    documents_refused: int
    periods_completed: int
    still_waiting: int
    periods: tuple[PeriodLine, ...]

    def show(self, page: Page) -> None:
        """Say what was completed."""
        if not (self.documents_completed or self.documents_refused or self.periods_completed or self.periods):
            page.say("Nothing was stopped.")
        if self.documents_completed:
            page.say("{count} documents of stopped uploads are deposited.", count=self.documents_completed)
        if self.documents_refused:
            page.say(
                "{count} documents may not be written any more: they are destroyed, and nothing of them was stored.",
                count=self.documents_refused,
            )
        if self.still_waiting:
            page.say("{count} acts wait for a node or a store that does not answer.", count=self.still_waiting)
        for period in self.periods:
            period.show(page)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """Every period that was not confirmed before, as it stands now."""

    periods: tuple[PeriodLine, ...]

    def show(self, page: Page) -> None:
        """Say how far each is."""
        if not self.periods:
            page.say("Every period is confirmed.")
        for period in self.periods:
            period.show(page)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictLine:
    """One verdict: the period and its provider; `leaf` is the document at fault, null where it is confirmed."""

    provider: str
    root: bytes
    leaf: bytes | None
    reason: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedResult:
    """The verdicts on others' periods that were left here. `waiting` gives the code of what keeps one waiting."""

    verdicts: tuple[VerdictLine, ...]
    waiting: Mapping[str, str]

    def show(self, page: Page) -> None:
        """Write a line for each."""
        for one in self.verdicts:
            if one.leaf is None:
                page.say("Confirmed: the period {root} of {provider}.", root=short(one.root), provider=one.provider)
            else:
                page.say(
                    "Rejected: {leaf} in the period {root} of {provider}, reason {reason}.",
                    leaf=short(one.leaf),
                    root=short(one.root),
                    provider=one.provider,
                    reason=one.reason,
                )
        for root, code in self.waiting.items():
            page.say("The period {root} waits: {code}.", root=root[:18], code=code)
        if not self.verdicts and not self.waiting:
            page.say("Nothing waits for a verdict.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Retracted:
    """A document that its provider took back; whoever read it hears of it from the chain."""

    leaf: bytes
    reason: int
    transaction: bytes

    def show(self, page: Page) -> None:
        """Say so."""
        page.say("The document {leaf} is taken back.", leaf=short(self.leaf))


@command(
    app,
    sends=True,
    examples=(
        "medshare record upload 0x3c44…93bc visit.json --yes",
        "medshare record upload 0x3c44…93bc visit.json --dry-run",
    ),
)
def upload(
    session: Session,
    patient: Annotated[str, typer.Argument(help="The address of a patient whom this institution enrolled.")],
    bundle: Annotated[Path, typer.Argument(help="A FHIR R4 Bundle: JSON, or JSON in gzip.")],
    validator: Validators = None,
) -> Uploaded:
    """Take in a FHIR bundle: label and split it, seal each document to the patient, anchor, and ask validators.

    With --dry-run the bundle is read and split, and nothing is sealed.
    """
    from medshare.cli.frame.people import institution

    session.require_role(HomeRole.INSTITUTION)
    place = parse_address(patient.lower())
    with session.working():
        hospital = institution(session)
        intake = hospital.intake(bundle)
        _consider_anchor(session, hospital, intake)
        session.terminal.tell("Sealing {count} documents.", count=len(intake.documents))
        sealed = hospital.upload(place, intake)
        anchored = hospital.anchor()
        found = hospital.submit(anchored, places_of_validators(session, hospital, validator))
    return Uploaded(
        patient=place,
        leaves=tuple(one.leaf for one in sealed.written),
        by_category={
            category_name(category, session.options.language): sum(one.category is category for one in sealed.written)
            for category in sorted({one.category for one in sealed.written})
        },
        bytes_read=sealed.plaintext_bytes,
        bytes_sealed=sealed.body_bytes,
        issues=tuple(f"{issue.path}: {issue.message} {issue.remedy}" for issue in intake.report.issues),
        period=PeriodLine.of(session, found),
    )


@command(app, sends=True, examples=("medshare record resume --yes",))
def resume(session: Session, validator: Validators = None) -> ResumedWork:
    """Complete what stopped commands began: deposit, anchor, and leave with validators what nobody was asked about.

    With --dry-run nothing is done.
    """
    from medshare.cli.frame.people import institution
    from medshare.vault import SubmittedRow

    session.require_role(HomeRole.INSTITUTION)
    if session.options.dry_run:
        raise Rehearsed(Plan(transactions=(), statement=""))
    with session.working():
        hospital = institution(session)
        documents, periods = hospital.resume()  # [U-011, U-014]
        if hospital.waiting:
            hospital.anchor()
        vault, places = hospital.gateway.office.vault, places_of_validators(session, hospital, validator)
        new = [
            period
            for period in hospital.unconfirmed()
            if not vault.count(SubmittedRow, provider=hospital.address, root=period.root)
        ]
        found = [hospital.submit(period, places) for period in new]
    return ResumedWork(
        documents_completed=documents.completed,
        documents_refused=documents.refused,
        periods_completed=periods.completed,
        still_waiting=documents.waiting + periods.waiting,
        periods=tuple(PeriodLine.of(session, one) for one in found),
    )


@command(app, sends=True, examples=("medshare record confirm --yes",))
def confirm(session: Session) -> Confirmed:
    """Fetch the validators' verdicts on every period that is not confirmed, and put their signatures on the chain."""
    from medshare.cli.frame.people import institution

    session.require_role(HomeRole.INSTITUTION)
    with session.working():
        hospital = institution(session)
        found, planned = [], list[PlannedTransaction]()
        for period in hospital.unconfirmed():
            try:
                found.append(hospital.collect_verdicts(period))
            except Rehearsed as ending:
                planned += ending.plan.transactions
    if session.options.dry_run:
        raise Rehearsed(Plan(transactions=tuple(planned), statement=""))
    return Confirmed(periods=tuple(PeriodLine.of(session, one) for one in found))


@command(app, examples=("medshare record check",))
def check(session: Session) -> CheckedResult:
    """Check the periods that other institutions left here: fetch and keep every body, compare, sign a verdict."""
    from medshare.cli.frame.people import institution
    from medshare.typed_data import Reject

    session.require_role(HomeRole.INSTITUTION)
    with session.working():
        found = institution(session).check_submissions()
    return CheckedResult(
        verdicts=tuple(
            VerdictLine(
                provider=answer.message.provider,
                root=answer.message.root,
                leaf=answer.message.leaf if isinstance(answer.message, Reject) else None,
                reason=answer.message.reason if isinstance(answer.message, Reject) else None,
            )
            for answer in found.answers
        ),
        waiting={to_hex(root): code for root, code in found.waiting.items()},
    )


@command(app, sends=True, examples=("medshare record amend 0x7d3a… corrected.json --yes",))
def amend(
    session: Session,
    leaf: Leaf,
    document: Annotated[Path, typer.Argument(help="The new version of this one document.")],
    validator: Validators = None,
) -> Uploaded:
    """Seal a new version of an own document. The old one counts until the new one is confirmed."""
    from medshare.cli.frame.people import institution

    session.require_role(HomeRole.INSTITUTION)
    with session.working():
        hospital = institution(session)
        old = hospital.written(find_id(leaf, written_here(hospital), "document"))
        try:
            text = document.read_bytes()
        except OSError as error:
            raise HomeUnwritable(place=document, why=error.strerror or "it cannot be read") from error
        if session.options.dry_run:
            raise Rehearsed(Plan(transactions=(), statement=""))
        sealed = hospital.amend(old.leaf, text)
        found = hospital.submit(hospital.anchor(), places_of_validators(session, hospital, validator))
    return Uploaded(
        patient=old.patient,
        leaves=tuple(one.leaf for one in sealed.written),
        by_category={word_of(old.category): 1},
        bytes_read=sealed.plaintext_bytes,
        bytes_sealed=sealed.body_bytes,
        issues=(),
        period=PeriodLine.of(session, found),
    )


@command(app, sends=True, examples=("medshare record retract 0x7d3a… --reason 1 --yes",))
def retract(
    session: Session,
    leaf: Leaf,
    reason: Annotated[int, typer.Option("--reason", min=1, max=255, help="1 wrong patient, 2 rightly disputed.")],
) -> Retracted:
    """Take an own document back. Readers hear of it from the chain."""
    from medshare.cli.frame.people import institution

    session.require_role(HomeRole.INSTITUTION)
    with session.working():
        hospital = institution(session)
        found = find_id(leaf, written_here(hospital), "document")
        done = hospital.retract(found, reason=reason)
    return Retracted(leaf=found, reason=reason, transaction=done.hash)


def written_here(hospital: Institution) -> tuple[bytes, ...]:
    """Return the leaves of every document that the institution wrote."""
    from medshare.outbox.documents import DOCUMENT
    from medshare.vault import OutboxRow

    return tuple(row.id for row in hospital.gateway.office.vault.find(OutboxRow, act=DOCUMENT))


def places_of_validators(session: Session, hospital: Institution, named: list[str] | None) -> Iterable[Place]:
    """Return the validators to ask: those that were named, else every accredited one whose gateway is known."""
    from medshare.cli.frame.doors import known_doors
    from medshare.keys.directory import Place
    from medshare.ledger import Role

    found: dict[str, Place] = {}
    names: list[str | None] = [*named] if named else [None]
    for name in names:
        for door in known_doors(session, hospital, name):
            if door.institution != hospital.address and session.ledger.account(door.institution).has(Role.VALIDATOR):
                found[door.institution] = Place(account=door.institution, url=door.url)
    return found.values()


def _consider_anchor(session: Session, hospital: Institution, intake: Intake) -> None:
    """Say what will be sealed, and with --dry-run stop here; the real root is only known after sealing."""
    if not session.options.dry_run:
        return
    from medshare.cli.frame.sending import planned
    from medshare.ledger.types import Call

    count = len(intake.documents)
    call = Call("RecordRegistry", "anchor", (session.entropy(32), count, ()))
    page = Page(session.options.language, session.terminal.target)
    page.table(
        ("category", "resources"),
        [(category_name(one, session.options.language), number) for one, number in intake.report.by_category],
    )
    estimate = session.ledger.estimate(call, hospital.address)
    raise Rehearsed(Plan(transactions=(planned(call, hospital.address, estimate),), statement=""))
