"""Reading what was granted, for institutions and researchers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medshare.cli.access import app
from medshare.cli.frame.command import command
from medshare.cli.frame.doors import known_doors
from medshare.cli.frame.errors import Usage
from medshare.cli.frame.names import find_id, short, word_of
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session
from medshare.consent.names import category_name
from medshare.errors import MedShareError, UnreachableError
from medshare.hexadecimal import to_hex

if TYPE_CHECKING:
    from medshare.actors.requester import Requester
    from medshare.consent.categories import Category
    from medshare.consent.document import ConsentDocument
    from medshare.exchange.assembly import Held, Missing
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
    """What was read. Each document was opened and checked against the chain before it was kept.

    `assembled` is the file with all of them put together, empty if none was asked for; then `missing` gives the code
    of the error for each document that did not open, and with one the exit code is 5.
    """

    consent: bytes
    patient: str
    listed: int
    documents: tuple[ReadLine, ...]
    assembled: str
    missing: Mapping[str, str]

    @property
    def exit_code(self) -> int:
        """5 where a document is missing."""
        return UnreachableError.exit_code if self.missing else 0

    def show(self, page: Page) -> None:
        """Write a line for each."""
        page.say("{read} of {listed} documents are read.", read=len(self.documents), listed=self.listed)
        page.table(
            ("document", "category", "bytes", "file"),
            [(short(one.leaf), one.category, f"{one.length:,}", one.file) for one in self.documents],
        )
        for leaf, code in self.missing.items():
            page.say("Not read: {leaf} ({code}).", leaf=leaf[:18], code=code)
        if self.assembled:
            page.say("Put together in {file}.", file=self.assembled)
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
    examples=(
        "medshare access read 0x9c2e… --purpose TREAT",
        "medshare access read 0x9c2e… --document 0x7d3a…",
        "medshare access read 0x9c2e… --bundle record.json",
    ),
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
    bundle: Annotated[
        Path | None, typer.Option("--bundle", help="Put all of it together: a FHIR Bundle in this new file.")
    ] = None,
    ndjson: Annotated[
        Path | None,
        typer.Option("--ndjson", help="Put all of it together: FHIR resources, one a line, in this new file."),
    ] = None,
) -> ReadResult:
    """Read what a consent covers and keep it in this home. Refused, the exit code is 3.

    Put together, references between the documents are restored where both are here; how many were listed and received,
    and why one is missing, stands at the end of the file. What the patient erases later is destroyed here at the
    next sync: a file outside the home is yours to destroy.
    """
    from medshare.actors.copies import FolderCopies
    from medshare.cli.frame.people import requester
    from medshare.exchange.assembly import Held, Missing

    target = _target(bundle, ndjson)
    held: list[Held] = []
    missing: list[Missing] = []
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
            try:
                reading = asker.read(door, found, row, purpose=purpose.upper(), accessor=accessor, history=history)
            except MedShareError as error:
                if target is None:
                    raise
                missing.append(Missing(leaf=leaf, why=error))  # told in the file and in the result
                continue
            held.append(Held(media_type=reading.document.manifest.media_type, content=reading.document.content))
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
    if missing and not held:
        raise missing[0].why
    if target is not None:
        _put_together(session, target, held, missing, as_lines=ndjson is not None)
    return ReadResult(
        consent=found.consent_id,
        patient=found.patient,
        listed=len(rows),
        documents=tuple(lines),
        assembled="" if target is None else str(target),
        missing={to_hex(one.leaf): one.why.code for one in missing},
    )


def _target(bundle: Path | None, ndjson: Path | None) -> Path | None:
    """Return the file that is to hold everything, before anything is asked of anybody."""
    from medshare.cli.frame.appearing import check_free

    if bundle is not None and ndjson is not None:
        raise Usage(message="name one file, with --bundle or with --ndjson", command="medshare access read")
    named = bundle or ndjson
    if named is None:
        return None
    target = named.expanduser().absolute()
    check_free(target)
    return target


def _put_together(session: Session, target: Path, held: list[Held], missing: list[Missing], *, as_lines: bool) -> None:
    from medshare.cli.frame.home import Home
    from medshare.exchange.assembly import as_bundle, as_resources, assemble, outcome_of
    from medshare.exchange.systems import instant
    from medshare.intake.json_text import dumps

    assembly = assemble(held)
    outcome = outcome_of(listed=len(held) + len(missing), missing=missing, assembly=assembly)
    if as_lines:
        data = b"".join(dumps(one) + b"\n" for one in (*as_resources(assembly), outcome))
    else:
        data = dumps(as_bundle(assembly, at=instant(session.clock.now()), outcome=outcome))
    Home(target.parent).write(target.name, data)


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
