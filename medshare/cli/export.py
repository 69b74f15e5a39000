"""`medshare export`: a patient takes her record along, in open formats that need no MedShare to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medshare.cli.frame.command import command
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session
from medshare.consent.categories import Category
from medshare.errors import MedShareError, UnreachableError
from medshare.hexadecimal import to_hex

if TYPE_CHECKING:
    from medshare.actors.patient import Patient
    from medshare.cli.frame.names import Names
    from medshare.exchange.assembly import Missing
    from medshare.exchange.portable import OwnConsent, OwnDocument, OwnLook, OwnRecord

app = typer.Typer(name="export", no_args_is_help=True, add_completion=False)

NewFolder = Annotated[Path, typer.Argument(help="The folder to write; there must be nothing there.")]
NewFile = Annotated[Path, typer.Argument(help="The file to write; never one that is there.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written: `place`, `files` of them, `bytes` in all.

    `listed` documents are the patient's, `received` of them opened; `missing` gives the code of the error for each
    other one. `proven` says whether the receipts are there with their proofs. With something missing the exit code
    is 5: run it again, with another name, when every gateway answers.
    """

    place: str
    files: int
    bytes: int
    listed: int
    received: int
    missing: Mapping[str, str]
    proven: bool

    @property
    def exit_code(self) -> int:
        """5 where a document is missing."""
        return UnreachableError.exit_code if self.missing else 0

    def show(self, page: Page) -> None:
        """Say what is there and what is not."""
        page.say("{count} documents listed, {received} received.", count=self.listed, received=self.received)
        for leaf, code in self.missing.items():
            page.say("Not exported: {leaf} ({code}).", leaf=leaf[:18], code=code)
        page.say("{place}: {count} files, {size} bytes.", place=self.place, count=self.files, size=f"{self.bytes:,}")


@command(app, "all", examples=("medshare export all ~/my-record",))
def export_all(session: Session, folder: NewFolder) -> Exported:
    """Write everything: pages to read, FHIR for programs, consents, who looked, receipts with their proofs.

    Nothing in it needs MedShare. The folder appears when it is whole; it is not sealed: keep it where only you can
    read it.
    """
    from medshare.cli.frame.appearing import appear, check_free
    from medshare.cli.frame.people import patient
    from medshare.exchange.portable import files_of

    target = folder.expanduser().absolute()
    check_free(target)
    with patient(session) as agent:
        record = _everything(session, agent)
    files = files_of(record)
    appear(target, files)
    return _exported(target, files, record)


@command(app, examples=("medshare export ndjson ~/my-record-fhir",))
def ndjson(session: Session, folder: NewFolder) -> Exported:
    """Write the documents alone as FHIR NDJSON, one file for each kind of entry, with a Bulk Data manifest."""
    from medshare.cli.frame.appearing import appear, check_free
    from medshare.cli.frame.people import patient
    from medshare.exchange.portable import bulk_files

    target = folder.expanduser().absolute()
    check_free(target)
    with patient(session) as agent:
        record = _documents(session, agent)
    files = bulk_files(record.assembly, instant=record.instant, outcome=record.outcome)
    appear(target, files)
    return _exported(target, files, record)


@command(app, examples=("medshare export ips summary.json",))
def ips(session: Session, file: NewFile) -> Exported:
    """Write an International Patient Summary: one FHIR document with what matters at an unplanned visit.

    It is put together by a program from what your documents hold; nobody has looked it through.
    """
    from medshare.cli.frame.appearing import check_free
    from medshare.cli.frame.home import Home
    from medshare.cli.frame.people import patient
    from medshare.exchange.ips import summary
    from medshare.intake.json_text import dumps

    target = file.expanduser().absolute()
    check_free(target)
    with patient(session) as agent:
        record = _documents(session, agent)
    made = summary(record.assembly.entries, at=record.instant, identifier=record.identifier)
    data = dumps(made)
    Home(target.parent).write(target.name, data)
    return _exported(target, {target.name: data}, record)


def _exported(target: Path, files: Mapping[str, bytes], record: OwnRecord) -> Exported:
    return Exported(
        place=str(target),
        files=len(files),
        bytes=sum(map(len, files.values())),
        listed=len(record.documents) + len(record.missing),
        received=len(record.documents),
        missing={to_hex(one.leaf): one.why.code for one in record.missing},
        proven=bool(record.proof),
    )


def _documents(session: Session, agent: Patient) -> OwnRecord:
    """Open every document."""
    from medshare.cli.frame.names import Names
    from medshare.exchange.portable import OwnRecord
    from medshare.exchange.systems import instant
    from medshare.intake.parts import new_token

    session.terminal.tell("Looking for what is new.")
    agent.sync()
    opened, missing = _opened(session, agent, Names(session))
    now = session.clock.now()
    return OwnRecord(
        patient=agent.address,
        at=now,
        instant=instant(now),
        identifier=new_token(session.entropy(16)),
        language=session.options.language,
        documents=opened,
        missing=missing,
    )


def _opened(session: Session, agent: Patient, names: Names) -> tuple[tuple[OwnDocument, ...], tuple[Missing, ...]]:
    from medshare.actors.taking_along import open_own
    from medshare.exchange.assembly import Held, Missing
    from medshare.exchange.portable import OwnDocument

    opened: list[OwnDocument] = []
    missing: list[Missing] = []
    for copy, found in open_own(agent):
        if isinstance(found, MedShareError):
            missing.append(Missing(leaf=copy.leaf, why=found))
        else:
            opened.append(
                OwnDocument(
                    leaf=copy.leaf,
                    category=Category(copy.category),
                    provider=names.of(copy.provider),
                    at=copy.at,
                    held=Held(media_type=found.manifest.media_type, content=found.content),
                )
            )
        session.terminal.tell("{done} of {count} documents.", done=len(opened), count=len(agent.copies()))
    return tuple(opened), tuple(missing)


def _everything(session: Session, agent: Patient) -> OwnRecord:
    """Open every document, and gather consents, looks and proofs: its own looks are among them."""
    from medshare.exchange.audit_event import audit_event
    from medshare.exchange.exporting import accesses_of

    record = _documents(session, agent)
    proof, no_proof = b"", ""
    events: tuple[dict[str, Any], ...] = ()
    try:
        exported = agent.export_log()
        proof, events = exported.to_bytes(), tuple(audit_event(one) for one in accesses_of(exported))
    except MedShareError as error:
        no_proof = str(error)  # a broken log is told, and keeps nobody from the record
    return replace(
        record,
        consents=_consents(session, agent),
        looks=_looks(session, agent),
        proof=proof,
        no_proof=no_proof,
        events=events,
    )


def _consents(session: Session, agent: Patient) -> tuple[OwnConsent, ...]:
    from medshare.cli.consent.rows import state_of
    from medshare.cli.frame.names import Names
    from medshare.exchange.consent import GivenConsent, Standing
    from medshare.exchange.portable import OwnConsent

    names = Names(session)
    standings = {
        "revoked": Standing.REVOKED,
        "locked": Standing.LOCKED,
        "ended": Standing.ENDED,
        "not granted": Standing.DRAFT,
    }
    found = []
    for consent in agent.consents():
        state = state_of(session, consent)
        given = GivenConsent(document=consent, standing=standings.get(state, Standing.ACTIVE))
        found.append(OwnConsent(given=given, state=state, grantee=names.of(consent.grantee)))
    return tuple(found)


def _looks(session: Session, agent: Patient) -> tuple[OwnLook, ...]:
    from medshare.cli.access.looking import line_of, row_of
    from medshare.cli.frame.schema import to_json
    from medshare.exchange.portable import OwnLook

    page = Page(session.options.language)
    found = []
    for day in agent.access_log(language=session.options.language).days:
        for entry in day.entries:
            line = line_of(entry)
            _, who, _, what, why, allowed, receipt = row_of(page, line)
            look = OwnLook(
                at=line.at, who=who, what=what, why=why, allowed=allowed, receipt=receipt, line=to_json(line)
            )
            found.append(look)
    return tuple(found)
