"""Proofs of who looked: one file that anyone verifies, on any machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medshare.cli.audit import app
from medshare.cli.frame.command import command
from medshare.cli.frame.config import HomeRole
from medshare.cli.frame.errors import HomeUnwritable, Usage
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session
from medshare.hexadecimal import address as parse_address

if TYPE_CHECKING:
    from medshare.audit.export import Export
    from medshare.audit.node import NodeAnchors
    from medshare.audit.verify import LineVerdict
    from medshare.deployment.file import Deployment


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """What is proven of a patient's receipts at one gateway.

    `anchored` is the number up to which the gateway's newest anchor has them, `anchored_at` its second: null where
    the gateway has anchored nothing, and then the signatures alone speak. `absent` says that it is proven that
    nothing was logged until then. `unproven` questions have no key's signature, and no chain said that a contract
    accepted one.
    """

    gateway: str
    patient: str
    receipts: int
    released: int
    anchored: int
    anchored_at: int | None
    absent: bool
    unproven: int

    @classmethod
    def of(cls, line: LineVerdict) -> AuditLine:
        """Return what is printed of a verdict."""
        return cls(
            gateway=line.gateway,
            patient=line.patient,
            receipts=line.receipts,
            released=line.released,
            anchored=line.anchored,
            anchored_at=line.anchored_at,
            absent=line.absent,
            unproven=line.unproven,
        )

    def show(self, page: Page) -> None:
        """Say it."""
        facts = {"gateway": self.gateway, "receipts": self.receipts, "released": self.released}
        if self.anchored_at is None:
            page.say("{gateway}: {receipts} receipts, {released} released; it has anchored nothing yet.", **facts)
        elif self.absent:
            page.say(
                "{gateway}: proven that nothing was logged until {time}.",
                gateway=self.gateway,
                time=page.time(self.anchored_at),
            )
        else:
            page.say(
                "{gateway}: {receipts} receipts, {released} released; {anchored} of them are in the anchor of {time}.",
                **facts,
                anchored=self.anchored,
                time=page.time(self.anchored_at),
            )
        if self.unproven:
            page.say(
                "No key signed {count} of the questions, and no contract is known to accept them.", count=self.unproven
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditExported:
    """A file with a patient's receipts at each gateway, their proofs and anchors; it was verified as it stands."""

    file: str
    patient: str
    lines: tuple[AuditLine, ...]

    def show(self, page: Page) -> None:
        """Say what is in it."""
        for line in self.lines:
            line.show(page)
        page.say("Written to {file}. Anyone verifies it: medshare audit verify {file}", file=self.file)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditVerified:
    """An export that is whole and true: no receipt is missing, moved, doubled, altered or forged.

    `at` is when it was made. `chain_asked` says whether a chain showed the anchors, or they were taken as recorded.
    `deployment_known` says whether the contracts are those of a deployment file, the home's or the named one, or the
    ones that the export names: then compare `audit_log` and `participants` with what you know.
    """

    patient: str
    at: int
    lines: tuple[AuditLine, ...]
    chain_id: int
    audit_log: str
    participants: str
    chain_asked: bool
    deployment_known: bool

    def show(self, page: Page) -> None:
        """Say the verdict."""
        for line in self.lines:
            line.show(page)
        page.say("No receipt is missing, moved, altered or forged, as of {time}.", time=page.time(self.at))
        if not self.chain_asked:
            page.say("No chain was asked: the anchors are taken as they are recorded.")
        elif not self.deployment_known:
            page.say(
                "Every anchor is on chain {chain_id}, in the AuditLog {address}. Is that the one you know?",
                chain_id=self.chain_id,
                address=self.audit_log,
            )
        else:
            page.say("Every anchor is on chain {chain_id}, in the AuditLog that you know.", chain_id=self.chain_id)


@command(
    app,
    examples=(
        "medshare audit export log.json",
        "medshare audit export log.json --patient 0x5aae… --home hospital",
    ),
)
def export(
    session: Session,
    file: Annotated[Path, typer.Argument(help="The file to write; never one that is there.")],
    patient: Annotated[
        str | None, typer.Option("--patient", help="For an institution: whose receipts at its own gateway.")
    ] = None,
) -> AuditExported:
    """Write your receipts of every gateway with their proofs and anchors into one file.

    It holds no category, no name and no document: who verifies it learns accounts, times, purposes and decisions.
    """
    from medshare.audit.verify import verify
    from medshare.cli.frame.home import Home

    data = _gathered(session, patient).to_bytes()
    verdict = verify(data, session.ledger)
    target = file.expanduser().absolute()
    Home(target.parent).write(target.name, data)
    return AuditExported(
        file=str(file), patient=verdict.patient, lines=tuple(AuditLine.of(line) for line in verdict.lines)
    )


@command(
    app,
    examples=(
        "medshare audit verify log.json --rpc https://node.example",
        "medshare audit verify log.json --offline --json",
    ),
)
def verify(
    session: Session,
    file: Annotated[Path, typer.Argument(help="The export.")],
    rpc: Annotated[
        str | None, typer.Option("--rpc", help="The chain's URL; else MEDSHARE_RPC_URL, else the home's.")
    ] = None,
    deployment: Annotated[
        Path | None,
        typer.Option("--deployment", help="The file of the contracts that the export must be of; else the home's."),
    ] = None,
    offline: Annotated[  # noqa: FBT002 (a flag)
        bool, typer.Option("--offline", help="Ask no chain: take the anchors as the export records them.")
    ] = False,
) -> AuditVerified:
    """Verify an export: with the file and a chain's URL alone, no home is needed.

    One byte changed, or one receipt dropped, doubled, moved, altered or forged, is named, with exit code 6.
    """
    from medshare.audit.export import Export
    from medshare.audit.verify import verify as judge

    data = read_export(file)
    exported = Export.from_bytes(data)
    known = None if offline else _known(session, deployment)
    verdict = judge(data, None if offline else _node(session, exported, rpc, known))
    return AuditVerified(
        patient=verdict.patient,
        at=verdict.at,
        lines=tuple(AuditLine.of(line) for line in verdict.lines),
        chain_id=exported.chain_id,
        audit_log=exported.audit,
        participants=exported.participants,
        chain_asked=not offline,
        deployment_known=known is not None,
    )


def _gathered(session: Session, patient: str | None) -> Export:
    """Return the export of the patient of this home, or of one of an institution's patients."""
    from medshare.actors.exporting import export_kept
    from medshare.cli.frame.people import gateway
    from medshare.cli.frame.people import patient as own

    if session.require_role(HomeRole.PATIENT, HomeRole.INSTITUTION).role is HomeRole.PATIENT:
        with own(session) as agent:
            exported = agent.export_log()
            for url in agent.faults:
                session.terminal.tell("No gateway answers at {url}.", url=url)  # its receipts are not in the file
            return exported
    if patient is None:
        raise Usage(message="name the patient with --patient", command="medshare audit export")
    return export_kept(gateway(session), parse_address(patient.lower()))


def read_export(file: Path) -> bytes:
    """Return the bytes of an export, one more than the largest at most."""
    from medshare.audit.export import LARGEST_EXPORT

    try:
        with file.expanduser().open("rb") as source:
            return source.read(LARGEST_EXPORT + 1)
    except OSError as error:
        raise HomeUnwritable(place=file, why=error.strerror or "it cannot be read") from error


def _known(session: Session, named: Path | None) -> Deployment | None:
    """Return the deployment that is named, else the home's, if it has one."""
    from medshare.deployment import file

    if named is not None:
        return file.load(named)
    return session.deployment if session.home.exists and session.deployment_path.exists() else None  # [B-024]


def _node(session: Session, exported: Export, named: str | None, known: Deployment | None) -> NodeAnchors:
    """Return the anchors on the chain: of the deployment that is known, else of the contracts that the export names."""
    from medshare.audit.node import NodeAnchors
    from medshare.ledger.acts import AUDIT, PARTICIPANTS
    from medshare.ledger.chain.rpc import Rpc

    url = named or session.options.environment.get("MEDSHARE_RPC_URL")
    if url is not None:
        rpc = Rpc.http(url)
    elif session.home.exists:
        rpc = session.rpc.pinned()
    else:
        raise Usage(message="name a chain with --rpc, or say --offline", command="medshare audit verify")
    if known is None:
        chain_id, participants, audit = exported.chain_id, exported.participants, exported.audit
    else:
        chain_id, participants, audit = known.chain_id, known.addresses[PARTICIPANTS], known.addresses[AUDIT]
    return NodeAnchors(rpc, chain_id=chain_id, participants=participants, audit=audit)
