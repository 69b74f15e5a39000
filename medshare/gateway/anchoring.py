"""The gateway's side of the AuditLog: periods are closed, kept, and anchored (design, section 3.5).

A period is closed from what the vault has committed, kept, and only then sent. Whether it was sent
the chain says, nobody else: whatever the chain does not have yet is sent again, in order, at the next
turn. So a gateway may be killed at any point, several processes may do this at once, and a
reorganisation heals itself. The contract takes the same call again and changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from medshare.audit.anchors import Period
from medshare.audit.trees import LineHead, LineTree, receipts_root
from medshare.errors import IntegrityError
from medshare.gateway.office import Office
from medshare.hexadecimal import ZERO_32, Bytes32, to_hex
from medshare.ledger.reverts.audit import NotContinued
from medshare.release.rule import REQUEST_LIFE
from medshare.vault import NonceRow, ReceiptRow, RowConflict, RowOutdated, Rows
from medshare.vault.audit_rows import FreshRow, LineRow, LineStepRow, PeriodRow

NONCE_LIFE = 2 * REQUEST_LIFE
"""Seconds that a nonce is kept. Twice the life of a request, so that a clock set back opens no door."""

TREES_KEPT = 4
"""Trees of lines that are kept in memory."""


class AnchorsForked(IntegrityError):
    """Raised when the chain has an anchor of this gateway that its vault does not know."""

    code = "gateway.anchors-forked"
    cause = "The chain's anchor {head} of this gateway is not in its vault."
    remedy = (
        "Restore the newest vault. If receipts were lost, tell the regulator and go on under a new gateway account."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorRule:
    """When a period ends: after so many seconds, or so many receipts, whichever is first.

    Each period makes the tree of all lines anew. So that one receipt costs the same however many lines there are, the
    receipts are at least one for every `lines` of them.
    """

    seconds: int = 900
    receipts: int = 1000
    lines: int = 64

    def enough(self, lines: int) -> int:
        """Return how many receipts end a period of a gateway with so many lines."""
        return max(self.receipts, lines // self.lines)


@dataclass
class Anchoring:
    """Closes the periods of one gateway and brings them to the chain."""

    office: Office
    rule: AnchorRule = field(default_factory=AnchorRule)
    _trees: dict[Bytes32, LineTree] = field(default_factory=dict, repr=False)

    def keep_up(self) -> Sequence[Period]:
        """Send what the chain does not have, close a period if one is due, send it; return what was sent.

        Call it every few seconds, and at every start.

        Raises:
            AnchorsForked: Somebody else anchors with this account, or the vault is an old one.
            NotGateway, NodeUnreachable, NotMined, VaultUnreachable: Nothing is lost; call again.
        """
        sent = self._send(self._unsent())
        self._prune()
        if self._is_due() and self.close() is not None:
            sent += self._send(self._unsent())
        return sent

    def close(self) -> Period | None:
        """Close a period over every receipt that is in none yet, and keep it; None if another process just did.

        A period without a receipt is a period: it proves that nothing was logged.
        """
        office = self.office
        last = office.vault.last(PeriodRow, gateway=office.address)
        fresh = office.vault.beyond(ReceiptRow, FreshRow, gateway=office.address)
        ends = {row.patient: row for row in fresh}  # in the order of their numbers: the last one stays
        lines = {patient: office.vault.require(LineRow, gateway=office.address, patient=patient) for patient in ends}
        steps = [LineHead(tag=lines[patient].tag, number=end.seq, receipt=end.digest) for patient, end in ends.items()]
        heads = {head.tag: head for head in (*(self.tree(last).heads if last else ()), *steps)}
        tree = LineTree.of(heads.values())
        row = _row(office, last, tree, tuple(row.digest for row in fresh))
        try:
            with office.vault.transaction() as rows:
                rows.put(row)
                for patient, head in zip(ends, steps, strict=True):
                    step = LineStepRow(
                        gateway=office.address,
                        patient=patient,
                        seq=head.number,
                        tag=head.tag,
                        digest=head.receipt,
                        period=row.seq,
                    )
                    rows.put(step)
                    rows.put(
                        LineRow(gateway=step.gateway, patient=patient, seq=step.seq, tag=step.tag, digest=step.digest)
                    )
                    _refresh(rows, step)
        except (RowConflict, RowOutdated):
            return None
        self._remember(row.head, tree)
        return period_of(row)

    def enough(self) -> int:
        """Return how many receipts end the present period."""
        last = self.office.vault.last(PeriodRow, gateway=self.office.address)
        return self.rule.enough(len(self.tree(last).heads) if last else 0)

    def anchored(self) -> PeriodRow | None:
        """Return the newest period that the chain has, or None.

        Raises:
            AnchorsForked: As `keep_up`.
        """
        unsent = self._unsent()
        office = self.office
        if not unsent:
            return office.vault.last(PeriodRow, gateway=office.address)
        return office.vault.get(PeriodRow, gateway=office.address, seq=unsent[0].seq - 1)

    def tree(self, row: PeriodRow) -> LineTree:
        """Return the tree of lines as it stood at the end of a period."""
        if row.head not in self._trees:
            steps = self.office.vault.find(LineStepRow, gateway=self.office.address)
            within = (step for step in steps if step.period <= row.seq)  # rising numbers: the last one stays
            heads = {step.tag: LineHead(tag=step.tag, number=step.seq, receipt=step.digest) for step in within}
            self._remember(row.head, LineTree.of(heads.values()))
        return self._trees[row.head]

    def _remember(self, head: Bytes32, tree: LineTree) -> None:
        self._trees[head] = tree
        for old in list(self._trees)[:-TREES_KEPT]:
            del self._trees[old]

    def _is_due(self) -> bool:
        office = self.office
        last = office.vault.last(PeriodRow, gateway=office.address)
        if last is None or office.clock.now() >= last.at + self.rule.seconds:  # [B-007]
            return True
        fresh = len(office.vault.beyond(ReceiptRow, FreshRow, gateway=office.address))
        # Only where it may matter: the tree of a period that another process closed has to be made first.
        return fresh >= self.rule.receipts and fresh >= self.enough()  # [B-007]

    def _unsent(self) -> list[PeriodRow]:
        """Return the periods that the chain does not have, oldest first."""
        office = self.office
        head = office.ledger.head_of(office.address)
        row = office.vault.last(PeriodRow, gateway=office.address)
        unsent: list[PeriodRow] = []
        while row is not None and row.head != head:  # [B-008]
            unsent.insert(0, row)
            row = office.vault.get(PeriodRow, gateway=office.address, seq=row.seq - 1)
        if row is None and head != ZERO_32:
            raise AnchorsForked(head=to_hex(head))
        return unsent

    def _send(self, unsent: Sequence[PeriodRow]) -> list[Period]:
        for row in unsent:
            try:
                self.office.outbox.anchor_receipts(
                    previous=row.previous,
                    receipts=row.receipts,
                    heads=row.heads,
                    count=len(row.digests),
                    sender=self.office.key,
                )
            except NotContinued:
                # Another process was quicker; unless the chain still lacks this one.
                if row in self._unsent():
                    raise
        return [period_of(row) for row in unsent]

    def _prune(self) -> None:
        self.office.vault.drop_older(NonceRow, at=self.office.clock.now() - NONCE_LIFE)  # [B-010]


def _refresh(rows: Rows, step: LineStepRow) -> None:
    """Write down that a line is in a period up to `step`, and whether more of it has come meanwhile."""
    number, _ = rows.line_end(gateway=step.gateway, patient=step.patient)
    if number > step.seq:
        rows.put(FreshRow(gateway=step.gateway, patient=step.patient, seq=step.seq))
    else:
        rows.destroy(FreshRow, gateway=step.gateway, patient=step.patient)


def period_of(row: PeriodRow) -> Period:
    """Return the period of a row."""
    return Period(number=row.seq, previous=row.previous, receipts=row.receipts, heads=row.heads, count=len(row.digests))


def _row(office: Office, last: PeriodRow | None, tree: LineTree, digests: tuple[Bytes32, ...]) -> PeriodRow:
    period = Period(
        number=last.seq + 1 if last else 1,
        previous=last.head if last else ZERO_32,
        receipts=receipts_root(digests),
        heads=tree.root,
        count=len(digests),
    )
    return PeriodRow(
        gateway=office.address,
        seq=period.number,
        head=period.head,
        previous=period.previous,
        receipts=period.receipts,
        heads=period.heads,
        digests=digests,
        at=office.clock.now(),
    )
