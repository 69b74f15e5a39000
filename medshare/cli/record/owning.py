"""Documents of those who have them: list, show, get; and for the patient, erase."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medshare.cli.frame.command import command
from medshare.cli.frame.config import HomeRole
from medshare.cli.frame.names import Names, find_id, short, word_of
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session
from medshare.cli.record import app
from medshare.cli.record.disputing import DisputeLine
from medshare.consent.categories import Category
from medshare.consent.names import category_name

if TYPE_CHECKING:
    from medshare.actors.erasing import ErasureReport
    from medshare.keys.state import CapsuleCopy

Leaf = Annotated[str, typer.Argument(help="The begin of the document's leaf.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLine:
    """One document. `at` is when it was deposited, in seconds; 0 where that is not known here."""

    leaf: bytes
    patient: str
    provider: str
    provider_name: str
    category: str
    version: int
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentList:
    """A patient's documents as her agent knows them, or those that an institution wrote."""

    documents: tuple[DocumentLine, ...]

    def show(self, page: Page) -> None:
        """Write a line for each."""
        if not self.documents:
            page.say("There are no documents.")
            return
        page.table(
            ("document", "category", "version", "from", "day"),
            [
                (
                    short(one.leaf),
                    category_name(Category[one.category.upper().replace("-", "_")], page.language),
                    one.version,
                    one.provider_name,
                    page.day(one.at) if one.at else "",
                )
                for one in self.documents
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentShown:
    """One document and where it stands on the chain: anchored, confirmed, superseded, retracted or erased.

    `dispute` is your newest dispute of it with its deadline and answer, null without one.
    """

    document: DocumentLine
    status: str
    confirmations: int
    anchored_at: int
    root: bytes
    cid: str
    dispute: DisputeLine | None

    def show(self, page: Page) -> None:
        """Say what is known of it."""
        one = self.document
        category = category_name(Category[one.category.upper().replace("-", "_")], page.language)
        page.say(
            "Document {leaf}: {category}, version {version}.",
            leaf=short(one.leaf),
            category=category,
            version=one.version,
        )
        page.say("From {name} ({address}).", name=one.provider_name, address=one.provider)
        page.say(
            "On the chain: {status}, {count} confirmations, anchored {time}.",
            status=page.word(self.status),
            count=self.confirmations,
            time=page.time(self.anchored_at),
        )
        if self.dispute is not None:
            self.dispute.show(page)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSaved:
    """A document that was opened and checked against the chain, and the file that holds it now."""

    leaf: bytes
    file: str
    media_type: str
    length: int

    def show(self, page: Page) -> None:
        """Say where it is."""
        page.say("{file}: {length} bytes of {kind}.", file=self.file, length=f"{self.length:,}", kind=self.media_type)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureResult:
    """An erasure: who said that nothing is left, and who has not answered yet."""

    leaves: tuple[bytes, ...]
    transaction: bytes
    acknowledged: tuple[str, ...]
    unanswered: tuple[str, ...]

    def show(self, page: Page) -> None:
        """Say so."""
        page.say("{count} documents are erased; the chain keeps a tombstone.", count=len(self.leaves))
        page.say("{count} holders signed that nothing is left.", count=len(self.acknowledged))
        for holder in self.unanswered:
            page.say("Not answered yet: {holder}. It is asked again at each sync.", holder=holder)


@command(app, "list", examples=("medshare record list", "medshare record list --category laboratory"))
def list_records(
    session: Session,
    category: Annotated[str | None, typer.Option("--category", help="Only this one.")] = None,
) -> DocumentList:
    """List your documents; for an institution, those that it wrote. Synchronise first to see new ones."""
    wanted = None if category is None else category.lower()
    lines = _own(session) if session.config.role is HomeRole.PATIENT else _written(session)
    return DocumentList(documents=tuple(line for line in lines if wanted in {None, line.category}))


@command(app, examples=("medshare record show 0x7d3a…",))
def show(session: Session, leaf: Leaf) -> DocumentShown:
    """Show one of your documents and where it stands on the chain. The gateway that keeps it is asked."""
    from medshare.actors.own_reading import ask_for
    from medshare.cli.frame.people import patient

    with patient(session) as agent:
        copy = _pick(agent.copies(), leaf)
        placement = ask_for(agent, copy).sealed.placement
        state, names = session.ledger.record_status(placement.query), Names(session)
        disputed = (one for one in agent.disputes() if one.signed.message.leaf == copy.leaf)
        return DocumentShown(
            document=_line(copy, names),
            status=state.status.name.lower(),
            confirmations=state.confirmations,
            anchored_at=state.time,
            root=placement.root,
            cid=copy.cid,
            dispute=next((DisputeLine.of(one, names, session.clock.now()) for one in disputed), None),
        )


@command(app, examples=("medshare record get 0x7d3a… --out letter.json",))
def get(
    session: Session,
    leaf: Leaf,
    out: Annotated[Path, typer.Option("--out", help="The file to write; it must not exist.")],
) -> DocumentSaved:
    """Open one of your documents, check it against the chain, and save it. No file appears if a check fails."""
    from medshare.actors.own_reading import read_own
    from medshare.cli.frame.home import Home
    from medshare.cli.frame.people import patient

    with patient(session) as agent:
        copy = _pick(agent.copies(), leaf)
        document = read_own(agent, copy)
        place = out.expanduser().absolute()
        Home(place.parent).write(place.name, document.content)
        return DocumentSaved(
            leaf=copy.leaf,
            file=str(place),
            media_type=document.manifest.media_type,
            length=len(document.content),
        )


@command(app, sends=True, examples=("medshare record erase 0x7d3a… --yes", "medshare record erase --everything"))
def erase(
    session: Session,
    leaf: Annotated[str | None, typer.Argument(help="The begin of the document's leaf.")] = None,
    everything: Annotated[  # noqa: FBT002 (a flag)
        bool, typer.Option("--everything", help="All documents of this address, for ever.")
    ] = False,
) -> ErasureResult:
    """Erase a document everywhere: keys, copies, capsules. It cannot be undone.

    A hospital's own legal chart is not reached.
    """
    from medshare.cli.frame.errors import Usage
    from medshare.cli.frame.people import patient
    from medshare.cli.frame.rehearsal import consider_message
    from medshare.typed_data import Erase, EraseAll

    if (leaf is None) is not everything:
        raise Usage(message="name one document or --everything", command="medshare record erase")
    with patient(session) as agent:
        if leaf is None:
            leaves = tuple(copy.leaf for copy in agent.copies().values() if copy.patient == agent.address)
            consider_message(session, agent, EraseAll(patient=agent.address))
            return _erased(leaves, agent.erase_all())
        copy = _pick(agent.copies(), leaf)
        consider_message(session, agent, Erase(patient=copy.patient, inner=copy.inner))
        return _erased((copy.leaf,), agent.erase(copy.leaf))


def _erased(leaves: tuple[bytes, ...], report: ErasureReport) -> ErasureResult:
    return ErasureResult(
        leaves=leaves,
        transaction=report.transaction.hash,
        acknowledged=report.acknowledged,
        unanswered=report.unanswered,
    )


def _pick(copies: Mapping[bytes, CapsuleCopy], text: str) -> CapsuleCopy:
    return copies[find_id(text, copies, "document")]


def _line(copy: CapsuleCopy, names: Names) -> DocumentLine:
    return DocumentLine(
        leaf=copy.leaf,
        patient=copy.patient,
        provider=copy.provider,
        provider_name=names.of(copy.provider),
        category=word_of(Category(copy.category)),
        version=copy.version,
        at=copy.at,
    )


def _own(session: Session) -> list[DocumentLine]:
    from medshare.cli.frame.people import patient

    with patient(session) as agent:
        names = Names(session)
        return [_line(copy, names) for copy in sorted(agent.copies().values(), key=lambda copy: (copy.at, copy.leaf))]


def _written(session: Session) -> list[DocumentLine]:
    from medshare.cli.frame.people import institution
    from medshare.cli.record.writing import written_here

    hospital = institution(session)
    name = Names(session).of(hospital.address)
    return [
        DocumentLine(
            leaf=one.leaf,
            patient=one.patient,
            provider=hospital.address,
            provider_name=name,
            category=word_of(one.category),
            version=one.version,
            at=0,
        )
        for one in (hospital.written(leaf) for leaf in written_here(hospital))
    ]
