"""`audit verify`: the verdict on an export, with or without a chain, the same on every machine."""

from __future__ import annotations

from dataclasses import dataclass

from medshare.audit.anchors import Anchor
from medshare.audit.errors import AnchorBroken, ExportForeign, ProofWithheld, ReceiptMissing
from medshare.audit.export import Export, ExportedLine, check_whole
from medshare.audit.judging import check, judge_line, judge_proof, judge_tag
from medshare.audit.node import AnchorLog
from medshare.audit.trees import Presence, check_receipt
from medshare.errors import MedShareError
from medshare.hexadecimal import Address
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
    """

    gateway: Address
    patient: Address
    receipts: int
    released: int
    anchored: int
    anchored_at: int | None

    @property
    def absent(self) -> bool:
        """Whether it is proven that nothing was logged."""
        return self.anchored_at is not None and self.anchored == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The export is whole and true. `chain_asked` says whether the anchors were looked up, or taken as recorded."""

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
        AnchorBroken: The chain has no such anchor.
        ExportForeign: The chain is another one.
    """
    export = Export.from_bytes(data)
    lines = tuple(_verify_line(export, line) for line in export.lines)
    check_whole(data)
    if ledger is not None:
        check_anchors(export, ledger)
    return Verdict(patient=export.patient, at=export.at, lines=lines, chain_asked=ledger is not None)


def check_anchors(export: Export, ledger: AnchorLog) -> None:
    """Check that the chain has every anchor of an export, in the block that the export names.

    Raises:
        AnchorBroken: It has not.
        ExportForeign: The chain is another one.
    """
    _check_deployment(export, ledger)
    seen: set[tuple[Address, Anchor]] = set()
    for line in export.lines:
        for anchor in (*(stands.anchor for stands in line.stands if stands is not None), line.anchor):
            if anchor is not None and (line.line.gateway, anchor) not in seen:
                _check_anchor(line.line.gateway, anchor, ledger)
                seen.add((line.line.gateway, anchor))


def _verify_line(export: Export, exported: ExportedLine) -> LineVerdict:
    line, domains = exported.line, export.domains
    check(judge_line(line, domains))
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
    return LineVerdict(
        gateway=line.gateway,
        patient=line.patient,
        receipts=len(line.entries),
        released=sum(entry.receipt.message.decision == RELEASED for entry in line.entries),
        anchored=proof.number if isinstance(proof, Presence) else 0,
        anchored_at=anchor.time if anchor is not None else None,
    )


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
