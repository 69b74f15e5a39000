"""Reading what was granted, for institutions and researchers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from medshare.cli.access import app
from medshare.cli.frame.command import command
from medshare.cli.frame.doors import known_doors
from medshare.cli.frame.names import find_id, short, word_of
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session
from medshare.consent.names import category_name

if TYPE_CHECKING:
    from medshare.actors.requester import Requester
    from medshare.consent.categories import Category
    from medshare.consent.document import ConsentDocument
    from medshare.gateway.door import Door
    from medshare.gateway.values import Listed

ConsentId = Annotated[str, typer.Argument(help="The begin of the consent's id.")]
Gateway = Annotated[
    str | None, typer.Option("--gateway", help="A name of the config or a URL; by default every one that is known.")
]
Purpose = Annotated[str, typer.Option("--purpose", help="Why: an HL7 code.")]
History = Annotated[bool, typer.Option("--history", help="Also versions that were replaced.")]
Staff = Annotated[
    str | None, typer.Option("--as", help="The staff account that reads; by default the institution's own.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveredLine:
    """One document that a consent covers, and the gateway that keeps it."""

    leaf: bytes
    category: str
    gateway: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """What a consent covers: one request and one receipt at each gateway."""

    consent: bytes
    patient: str
    documents: tuple[CoveredLine, ...]

    def show(self, page: Page) -> None:
        """Write a line for each."""
        page.say("{count} documents of {patient}.", count=len(self.documents), patient=self.patient)
        page.table(
            ("document", "category", "gateway"),
            [(short(one.leaf), one.category, one.gateway) for one in self.documents],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLine:
    """One document that was read: the file that holds it, and the number of the receipt in the patient's log."""

    leaf: bytes
    category: str
    gateway: str
    receipt: int
    media_type: str
    length: int
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadResult:
    """What was read. Each document was opened and checked against the chain before it was kept."""

    consent: bytes
    patient: str
    listed: int
    documents: tuple[ReadLine, ...]

    def show(self, page: Page) -> None:
        """Write a line for each."""
        page.say("{read} of {listed} documents are read.", read=len(self.documents), listed=self.listed)
        page.table(
            ("document", "category", "bytes", "file"),
            [(short(one.leaf), one.category, f"{one.length:,}", one.file) for one in self.documents],
        )
        page.say("The patient sees each of these in her log.")


@command(app, "list", examples=("medshare access list 0x9c2e… --purpose TREAT",))
def list_covered(
    session: Session,
    consent: ConsentId,
    purpose: Purpose = "TREAT",
    gateway: Gateway = None,
    staff: Staff = None,
    history: History = False,  # noqa: FBT002 (a flag)
) -> Covered:
    """List what a consent covers: one request and one receipt at each gateway, whatever the number of documents."""
    from medshare.cli.frame.people import requester

    asker = requester(session)
    document, doors = _find(session, asker, consent, gateway)
    found: list[CoveredLine] = []
    for door in doors:
        found += [
            CoveredLine(leaf=row.leaf, category=_name(session, document, row), gateway=door.url)
            for row in asker.list_documents(
                door,
                document,
                purpose=purpose.upper(),
                accessor=None if staff is None else session.account(staff),
                history=history,
            )
        ]
    return Covered(consent=document.consent_id, patient=document.patient, documents=tuple(found))


@command(
    app,
    examples=("medshare access read 0x9c2e… --purpose TREAT", "medshare access read 0x9c2e… --document 0x7d3a…"),
)
def read(
    session: Session,
    consent: ConsentId,
    document: Annotated[
        list[str] | None,
        typer.Option("--document", help="Only this one: the begin of its leaf; give it again for more."),
    ] = None,
    purpose: Purpose = "TREAT",
    gateway: Gateway = None,
    staff: Staff = None,
    history: History = False,  # noqa: FBT002 (a flag)
) -> ReadResult:
    """Read what a consent covers and keep it in this home. Refused, the exit code is 3.

    What the patient erases later is destroyed here at the next sync.
    """
    from medshare.actors.copies import FolderCopies
    from medshare.cli.frame.people import requester

    with session.working():
        asker = requester(session)
        found, doors = _find(session, asker, consent, gateway)
        accessor = None if staff is None else session.account(staff)
        rows: Mapping[bytes, tuple[Door, Listed]] = {
            row.leaf: (door, row)
            for door in doors
            for row in asker.list_documents(door, found, purpose=purpose.upper(), accessor=accessor, history=history)
        }
        wanted = list(rows) if document is None else [find_id(text, rows, "document") for text in document]
        lines = []
        for leaf in wanted:
            door, row = rows[leaf]
            reading = asker.read(door, found, row, purpose=purpose.upper(), accessor=accessor, history=history)
            copies = asker.copies
            lines.append(
                ReadLine(
                    leaf=leaf,
                    category=word_of(reading.category),
                    gateway=door.url,
                    receipt=reading.receipt.message.seq,
                    media_type=reading.document.manifest.media_type,
                    length=len(reading.document.content),
                    file=str(copies.path(leaf)) if isinstance(copies, FolderCopies) else "",
                )
            )
    return ReadResult(consent=found.consent_id, patient=found.patient, listed=len(rows), documents=tuple(lines))


def _find(
    session: Session, asker: Requester, text: str, gateway: str | None
) -> tuple[ConsentDocument, tuple[Door, ...]]:
    """Return the consent whose id begins with `text`, and the doors that hold it."""
    held: dict[bytes, ConsentDocument] = {}
    doors: dict[bytes, list[Door]] = {}
    for door in known_doors(session, asker, gateway):
        for one in asker.consents_at(door):
            held[one.consent_id] = one
            doors.setdefault(one.consent_id, []).append(door)
    wanted = find_id(text, held, "consent")
    return held[wanted], tuple(doors[wanted])


def _name(session: Session, consent: ConsentDocument, row: Listed) -> str:
    from medshare.consent.slots import category_at

    category: Category | None = category_at(consent.nonce, row.slot)
    return "" if category is None else category_name(category, session.options.language)
