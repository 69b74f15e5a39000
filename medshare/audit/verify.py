"""`audit verify`: the verdict on an export, with or without a chain, the same on every machine."""

from __future__ import annotations

from dataclasses import dataclass

from medshare.audit.anchors import Anchor
from medshare.audit.errors import (
    AnchorBroken,
    AnchorOutdated,
    ExportEmpty,
    ExportForeign,
    LineForeign,
    NotAGateway,
    ProofWithheld,
    ReceiptMissing,
)
from medshare.audit.export import Export, ExportedLine, check_whole
from medshare.audit.findings import Fault
from medshare.audit.judging import check, judge_line, judge_proof, judge_tag
from medshare.audit.node import AnchorLog
from medshare.audit.signatures import settled
from medshare.audit.trees import Presence, check_receipt
from medshare.consent.rules import LONGEST_PATH
from medshare.errors import MedShareError
from medshare.hexadecimal import ZERO_32, ZERO_ADDRESS, Address
from medshare.ledger import Role
from medshare.ledger.acts import AUDIT, PARTICIPANTS
from medshare.ledger.errors import BlockGone
from medshare.ledger.events import ReceiptsAnchored
from medshare.release.receipts import RELEASED


@dataclass(frozen=True, slots=True, kw_only=True)
class LineVerdict:
    """What is proven of one line.

    `receipts` is how many there are, `released` how many of them released something. `anchored` is the
    number up to which the anchor has them: 0 with an anchor is the proof that nothing was logged until
    `anchored_at`; without one nothing is proven beyond the signatures, and `anchored_at` is None.
    `unproven` is how many questions no key signed, and of which no chain said that a contract accepted them.
    """

    gateway: Address
    patient: Address
    receipts: int
    released: int
    anchored: int
    anchored_at: int | None
    unproven: int

    @property
    def absent(self) -> bool:
        """Whether it is proven that nothing was logged, and nothing is here that came since."""
        return self.anchored_at is not None and not self.receipts  # [B-033]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The export is whole and true. `chain_asked` says whether a chain was asked, or all is taken as recorded."""

    patient: Address
    at: int
    lines: tuple[LineVerdict, ...]
    chain_asked: bool


def verify(data: bytes, ledger: AnchorLog | None = None) -> Verdict:
    """Return the verdict on an export.

    Args:
        data: The file.
        ledger: The chain; without it, the anchors are taken as the export records them.

    Raises:
        ExportDamaged: A byte was changed; it names the receipt, the line or the part.
        ReceiptMissing, ReceiptReordered, ReceiptRepeated, ReceiptAltered, ReceiptForged, ReceiptForeign,
        TagForeign, ProofWithheld: What is wrong with which receipt of which gateway.
        ExportEmpty: It has no line.
        LineForeign: A line is of another address; without a chain also of one that the patient moved from.
        AnchorBroken: The chain has no such anchor.
        AnchorOutdated: The gateway had a newer one.
        NotAGateway: The chain knows no such gateway.
        ExportForeign: The chain is another one.
    """
    export = Export.from_bytes(data)
    if not export.lines:  # [B-032]
        raise ExportEmpty
    if ledger is not None:
        _check_deployment(export, ledger)
    lines = tuple(_verify_line(export, line, ledger) for line in export.lines)
    check_whole(data)
    _check_patients(export, ledger)
    if ledger is not None:
        _check_anchors(export, ledger)
    return Verdict(patient=export.patient, at=export.at, lines=lines, chain_asked=ledger is not None)


def _check_patients(export: Export, ledger: AnchorLog | None) -> None:
    """Check that every line is the patient's: under her address, or under one that she moved from."""
    for line in export.lines:
        patient = line.line.patient
        if patient == export.patient:
            continue
        if ledger is None or not _moved(patient, export.patient, ledger):  # [B-032]
            raise LineForeign(gateway=line.line.gateway, patient=patient)


def _moved(patient: Address, to: Address, ledger: AnchorLog) -> bool:
    for _ in range(LONGEST_PATH):
        patient = ledger.successor_of(patient)
        if patient in {to, ZERO_ADDRESS}:
            break
    return patient == to


def _check_anchors(export: Export, ledger: AnchorLog) -> None:
    """Check that the chain has every anchor of an export, and had no newer one of any of its gateways."""
    for line in export.lines:
        _check_newest(line, ledger, at=export.at)
    seen: set[tuple[Address, Anchor]] = set()
    for line in export.lines:
        for anchor in (*(stands.anchor for stands in line.stands if stands is not None), line.anchor):
            if anchor is not None and (line.line.gateway, anchor) not in seen:
                _check_anchor(line.line.gateway, anchor, ledger)
                seen.add((line.line.gateway, anchor))


def _check_newest(exported: ExportedLine, ledger: AnchorLog, *, at: int) -> None:
    """Check that a gateway is one, and that the line's anchor was its newest at second `at`."""
    gateway, anchor = exported.line.gateway, exported.anchor
    newest = ledger.head_of(gateway)
    # Only a gateway can anchor: whoever has an anchor was one.
    if newest == ZERO_32 and not ledger.account(gateway).has(Role.GATEWAY):  # [B-032]
        raise NotAGateway(gateway=gateway)
    if newest == (ZERO_32 if anchor is None else anchor.period.head):
        return
    first = 0 if anchor is None else anchor.block_number
    later = anchor is None
    for log in ledger.events(first, None, (ReceiptsAnchored,)):
        event = log.event
        if not isinstance(event, ReceiptsAnchored) or event.gateway != gateway:
            continue
        if later and ledger.block(log.block_number).time <= at:  # [B-032]
            raise AnchorOutdated(gateway=gateway)
        later = later or (anchor is not None and event.head == anchor.period.head)


def _verify_line(export: Export, exported: ExportedLine, ledger: AnchorLog | None) -> LineVerdict:
    line, domains = exported.line, export.domains
    found = judge_line(line, domains)
    if ledger is not None:
        found = settled(found, domains, ledger)
    check(found)
    if len(line.entries) < exported.count:  # [B-021]
        raise ReceiptMissing(number=len(line.entries) + 1, gateway=line.gateway)
    check(judge_tag(line, exported.tag, None, domains))
    for entry, stands in zip(line.entries, exported.stands, strict=True):
        if stands is None:
            continue
        number = entry.receipt.message.seq
        try:
            check_receipt(root=stands.anchor.period.receipts, digest=entry.receipt.digest(domains), proof=stands.proof)
        except MedShareError as error:
            raise ProofWithheld(gateway=line.gateway, why=f"receipt {number}: {error.code}") from error
    anchor, proof = exported.anchor, exported.proof
    if (anchor is None) != (proof is None):
        raise ProofWithheld(gateway=line.gateway, why="an anchor without a proof, or a proof without an anchor")
    if anchor is not None and proof is not None:
        check(judge_proof(line, exported.tag, anchor, proof, domains))
    anchored = proof.number if isinstance(proof, Presence) else 0
    _check_stands(exported, anchored)
    return LineVerdict(
        gateway=line.gateway,
        patient=line.patient,
        receipts=len(line.entries),
        released=sum(entry.receipt.message.decision == RELEASED for entry in line.entries),
        anchored=anchored,
        anchored_at=anchor.time if anchor is not None else None,
        unproven=sum(finding.fault is Fault.UNPROVEN for finding in found),
    )


def _check_stands(exported: ExportedLine, anchored: int) -> None:
    """Check that the line's end under its anchor comes after every receipt that stands in this or an earlier one."""
    for entry, stands in zip(exported.line.entries, exported.stands, strict=True):
        if stands is None:
            continue
        number, gateway = entry.receipt.message.seq, exported.line.gateway
        if exported.anchor is None or stands.anchor.block_number > exported.anchor.block_number:  # [B-033]
            raise ProofWithheld(gateway=gateway, why=f"receipt {number} stands in a newer anchor than the line")
        if number > anchored:  # [B-033]
            raise ProofWithheld(gateway=gateway, why=f"receipt {number} is anchored and the line ends before it")


def _check_deployment(export: Export, ledger: AnchorLog) -> None:
    deployment = ledger.deployment
    for field, found, expected in (
        ("chain", export.chain_id, deployment.chain_id),
        ("ParticipantRegistry", export.participants, deployment.addresses[PARTICIPANTS]),
        ("AuditLog", export.audit, deployment.addresses[AUDIT]),
    ):
        if found != expected:
            raise ExportForeign(field=field)


def _check_anchor(gateway: Address, anchor: Anchor, ledger: AnchorLog) -> None:
    """Check that the chain has the anchor in the block that the export names."""
    number = anchor.block_number
    try:
        block = ledger.block(number)
        logs = [log.event for log in ledger.events(number, number, (ReceiptsAnchored,))]
    except BlockGone as error:
        raise AnchorBroken(number=anchor.period.number, gateway=gateway) from error
    there = any(
        isinstance(event, ReceiptsAnchored) and (event.gateway, event.head) == (gateway, anchor.period.head)
        for event in logs
    )
    if not there or (block.hash, block.time) != (anchor.block_hash, anchor.time):  # [B-023]
        raise AnchorBroken(number=anchor.period.number, gateway=gateway)
