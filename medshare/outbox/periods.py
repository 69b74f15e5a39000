"""A period in steps: its documents claimed and its anchor signed, sent, mined; then its proofs and its submission.

The row of a period holds the items of its tree until the proofs are placed, so that an erasure in between
takes one document out and leaves the others provable.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from medshare.clock import Clock
from medshare.confirm import LARGEST_SUBMISSION, SubmissionItem, items_from_bytes, items_to_bytes, submission
from medshare.digest import keccak
from medshare.errors import MedShareError, NotFoundError, UnreachableError
from medshare.gateway import Gateway
from medshare.gateway.office import erasure_in
from medshare.hexadecimal import ZERO_32, Bytes32, to_hex
from medshare.ledger import Transaction
from medshare.ledger.reverts.records import AlreadyRetracted, AlreadySuperseded
from medshare.outbox import steps
from medshare.outbox.book import FLYING
from medshare.outbox.documents import DOCUMENT, Document
from medshare.outbox.errors import PeriodAnchored, PeriodTaken, TransactionGivenUp
from medshare.outbox.report import Resumed
from medshare.outbox.staged import Staged, finish_saved
from medshare.record.anchor import MOST_SUPERSEDED, Anchor, AnchorItem
from medshare.replication.turns import enlist
from medshare.signed import Signed, domains_of, kept
from medshare.typed_data import SigningKey, Submission
from medshare.vault import (
    CapsuleRow,
    ChainTransactionRow,
    OutboxRow,
    ProofRow,
    Rows,
    Stage,
    SubmissionRow,
)

PERIOD: Final = "period"
ABANDONING: Final = "abandoned period"
OVERTAKEN: Final = (AlreadyRetracted, AlreadySuperseded)
"""What the chain says where a document replaces what is closed already."""

GREATEST_REASON: Final = 255
"""What closed a leaf is a retraction's reason up to this, and a successor's root above it."""

TRIES: Final = 3
"""How often a period is put together anew when another process takes documents out of it."""


class NothingToAnchor(NotFoundError):
    """Raised when a period is closed in which nothing was sealed."""

    code = "writer.nothing-to-anchor"
    cause = "Nothing was sealed since the last anchor."
    remedy = "Upload something first."


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A period whose proofs are kept: what validators are asked to confirm."""

    transaction: Transaction
    root: Bytes32
    superseded: tuple[Bytes32, ...]
    items: tuple[SubmissionItem, ...]
    submission: Signed[Submission]


class PeriodWriter:
    """Anchors the periods of one institution.

    Args:
        account: The institution's account: it sends anchors and signs submissions.
        gateway: Its gateway.
        url: Where validators find the bodies.
        clock: The time.
    """

    def __init__(self, account: SigningKey, gateway: Gateway, url: str, clock: Clock) -> None:
        self._account = account
        self._gateway = gateway
        self._office = gateway.office
        self._url = url
        self._clock = clock

    def waiting(self) -> list[SubmissionItem]:
        """Return the documents that are deposited and in no period yet, in the order of their leaves."""
        office = self._office
        rows = office.vault.find(OutboxRow, act=DOCUMENT, state=Stage.STORED)
        return [Document.of(row, domains=office.domains, provider=office.institution).item for row in rows]

    def anchor(self) -> Placed:
        """Anchor what waits, as much as one submission holds.

        Raises:
            NothingToAnchor: Nothing waits.
            The errors of the contract: Nothing was claimed; it waits for the next time.
            NotMined, NodeUnreachable: It is saved, and completed by `resume`.
        """
        return self._try(lambda: (_fitting(self.waiting()), None))

    def anchor_rest(self, root: Bytes32, items: Sequence[SubmissionItem], *, without: Collection[Bytes32]) -> Placed:
        """Anchor the documents of the period under `root` again, except those that were rejected.

        Raises:
            NothingToAnchor: There are no others.
            As `anchor`.
        """
        return self._try(lambda: ([item for item in items if item.leaf not in without], root))  # [V-008]

    def resume(self) -> Resumed:
        """Complete the periods that were stopped: sent and mined, their proofs placed; or abandoned to the end."""
        found = Resumed()
        for row in self._open():
            try:
                if row.act == ABANDONING:
                    self._abandon(row)
                else:
                    self._finish(row)
                found += Resumed(completed=1)
            except UnreachableError:
                found += Resumed(waiting=1)
            except MedShareError:
                found += Resumed(refused=1)
        return found

    def abandon(self, root: Bytes32) -> tuple[Bytes32, ...]:
        """Give up a period that was never mined, and destroy its documents; return their leaves.

        Raises:
            PeriodAnchored: It is on the chain, or was mined after all.
            NothingToAnchor: There is no such period.
            NotMined: It is not certain yet that it never will be; `resume` goes on.
        """
        row = self._office.vault.get(OutboxRow, id=period_id(root))
        if row is None:
            raise NothingToAnchor
        if not row.work:
            raise PeriodAnchored(root=to_hex(root))
        row = replace(row, act=ABANDONING)
        self._office.vault.put(row)
        return self._abandon(row)

    # Steps

    def _try(self, choose: Callable[[], tuple[Sequence[SubmissionItem], Bytes32 | None]]) -> Placed:
        for attempt in range(1, TRIES + 1):
            self._office.watch()
            chosen, old = choose()
            # What the patient erased meanwhile has no capsule any more, and no validator would confirm it.
            with self._office.vault.transaction() as rows:
                items = [item for item in chosen if not erasure_in(rows, item.leaf, item.patient)]
            if not items:
                raise NothingToAnchor
            try:
                return self._anchor_current(items, old)
            except PeriodTaken:
                if attempt == TRIES:
                    raise
        raise NothingToAnchor

    def _anchor_current(self, items: Sequence[SubmissionItem], old: Bytes32 | None) -> Placed:
        """Anchor the items; where the chain refuses what one of them replaces, the others without it."""
        try:
            return self._anchor(items, old)
        except OVERTAKEN:
            current = [item for item in items if not self._is_overtaken(item)]  # [V-008]
            if not current or len(current) == len(items):
                raise
            return self._anchor(current, old)

    def _is_overtaken(self, item: SubmissionItem) -> bool:
        """Return whether what a document replaces was retracted, or replaced by a confirmed one, since it was written.

        Such a document stays deposited; the reconciler names it, and a person decides.
        """
        ledger, provider = self._office.ledger, self._office.institution
        closed = ledger.closed_by(provider, item.previous_leaf) if item.previous_leaf != ZERO_32 else 0
        if closed <= GREATEST_REASON:
            return closed > 0
        return ledger.anchor_of(provider, closed.to_bytes(32, "big")).confirmations > 0

    def _anchor(self, items: Sequence[SubmissionItem], old: Bytes32 | None) -> Placed:
        period = self._tree(items)
        before = self._office.vault.get(OutboxRow, id=period_id(period.root))
        if before is not None:
            return self._finish(before) if before.work else self._placed(before, period)  # stopped after it was saved
        row = OutboxRow(
            id=period_id(period.root),
            act=PERIOD,
            state=Stage.STORED,
            work=items_to_bytes(items),
            period=period.root,
        )

        def claim(rows: Rows) -> None:
            for item in items:
                _claim(rows, item.leaf, period.root, old)

        return self._place(row, self._send(row, period, claim))

    def _finish(self, row: OutboxRow) -> Placed:
        """Bring a period that was saved to its end; one whose transaction can never be mined is signed anew."""
        done = finish_saved(self._office.outbox, row, self._account)
        if done is None:
            try:
                done = self._send(row, self._tree(items_from_bytes(row.work)))
            except OVERTAKEN:
                self._release(row)
                raise
        return self._place(row, done)

    def _release(self, row: OutboxRow) -> None:
        """Undo a period that the chain refuses and whose transaction can never be mined: its documents wait again."""
        with self._office.vault.transaction() as rows:
            kept_row = rows.get(OutboxRow, id=row.id)
            if kept_row is None or kept_row.account is not None:
                return  # another process sent it
            for one in rows.find(OutboxRow, act=DOCUMENT, period=row.period):
                rows.put(replace(one, state=Stage.STORED, period=None))
            rows.destroy(OutboxRow, id=row.id)

    def _send(self, row: OutboxRow, period: Anchor, also: Callable[[Rows], None] | None = None) -> Transaction:
        outbox = self._office.outbox
        acts = Staged(outbox, row) if also is None else Staged(outbox, row, also=also)
        return acts.anchor(root=period.root, count=period.count, superseded=period.superseded, sender=self._account)

    def _placed(self, row: OutboxRow, period: Anchor) -> Placed:
        """Return a period whose proofs were placed before."""
        office = self._office
        kept_row = office.vault.require(SubmissionRow, provider=office.institution, root=period.root)
        done = finish_saved(office.outbox, row, self._account)
        if done is None:
            raise NothingToAnchor
        return Placed(
            transaction=done,
            root=period.root,
            superseded=period.superseded,
            items=items_from_bytes(kept_row.items),
            submission=kept(Submission, kept_row.signed),
        )

    def _place(self, row: OutboxRow, done: Transaction) -> Placed:
        """Keep the proofs and the submission of a period that is mined."""
        office, provider = self._office, self._office.institution
        items = items_from_bytes(row.work)
        period = self._tree(items)
        message = submission(provider=provider, items=items, superseded=period.superseded, at=self._clock.now())
        signed = Signed.by(self._account, message, domains_of(office.ledger.deployment))
        confirmed = self._confirmed_elsewhere(items, period.root)
        with office.vault.transaction() as rows:
            for item in items:
                _put_proof(rows, item, period, confirmed, office.entropy)  # [U-014]
            if rows.get(SubmissionRow, provider=provider, root=period.root) is None:
                rows.put(
                    SubmissionRow(
                        provider=provider,
                        root=period.root,
                        items=row.work,
                        superseded=period.superseded,
                        source=self._url,
                        signed=signed.keep(),
                    )
                )
            rows.put(replace(rows.require(OutboxRow, id=row.id), work=b""))
        office.step(steps.PLACED)
        return Placed(transaction=done, root=period.root, superseded=period.superseded, items=items, submission=signed)

    def _tree(self, items: Sequence[SubmissionItem]) -> Anchor:
        return Anchor.of(
            self._office.institution,
            [AnchorItem(patient=item.patient, inner=item.inner, previous_leaf=item.previous_leaf) for item in items],
        )

    def _confirmed_elsewhere(self, items: Sequence[SubmissionItem], root: Bytes32) -> frozenset[Bytes32]:
        """Return the leaves whose proof leads to a confirmed root: that is the better place, and stays."""
        vault, ledger, provider = self._office.vault, self._office.ledger, self._office.institution
        with vault.transaction() as rows:
            before = {item.leaf: row.root for item in items if (row := rows.get(ProofRow, leaf=item.leaf)) is not None}
        better = {other for other in set(before.values()) - {root} if ledger.anchor_of(provider, other).confirmations}
        return frozenset(leaf for leaf, other in before.items() if other in better)

    # Giving up

    def _open(self) -> list[OutboxRow]:
        vault = self._office.vault
        rows = [*vault.find(OutboxRow, act=PERIOD), *vault.find(OutboxRow, act=ABANDONING)]
        return [row for row in rows if row.work]

    def _abandon(self, row: OutboxRow) -> tuple[Bytes32, ...]:
        root = self._tree(items_from_bytes(row.work)).root
        if not self._never_mined(row):
            row = replace(self._office.vault.require(OutboxRow, id=row.id), act=PERIOD)
            self._office.vault.put(row)
            self._finish(row)
            raise PeriodAnchored(root=to_hex(root))
        return self._destroy(row, root)

    def _never_mined(self, row: OutboxRow) -> bool:
        """Make sure that the transaction of a period can never be mined; return whether it is so."""
        outbox = self._office.outbox
        if row.account is None:
            return True
        kept_row = outbox.vault.require(ChainTransactionRow, account=row.account, nonce=row.nonce)
        if kept_row.state in FLYING and outbox.result(kept_row) is None:
            kept_row = outbox.give_up(kept_row, self._account)
        try:
            outbox.finish(kept_row, self._account)
        except TransactionGivenUp:
            return True
        except UnreachableError:
            raise
        except MedShareError:
            if outbox.is_refused(kept_row):
                return True
            raise
        return False

    def _destroy(self, row: OutboxRow, root: Bytes32) -> tuple[Bytes32, ...]:
        """Destroy capsules, bodies and rows of a period that never was, and remember that."""
        office = self._office
        documents = [one for one in office.vault.find(OutboxRow, period=root) if one.act == DOCUMENT]
        sealed = [Document.of(one, domains=office.domains, provider=office.institution) for one in documents]
        with office.vault.transaction() as rows:
            for one in documents:
                rows.destroy(CapsuleRow, leaf=one.id)  # [U-015]
                rows.destroy(OutboxRow, id=one.id)
            now = rows.require(OutboxRow, id=row.id)
            rows.put(replace(now, state=Stage.ABANDONED, work=b""))
        for document in sealed:
            if not office.vault.count(CapsuleRow, cid=document.cid):
                office.store.unpin(document.cid)
                office.store.delete(document.cid)
        return tuple(one.id for one in documents)


def period_id(root: Bytes32) -> Bytes32:
    """Return the id of the row of a period: the root of a single document is its leaf, which is another row's."""
    return keccak(b"period" + root)


def _fitting(items: Sequence[SubmissionItem]) -> list[SubmissionItem]:
    """Return as many of the items as one anchor and one submission hold."""
    chosen: list[SubmissionItem] = []
    replaced = 0
    for item in items:
        replaced += item.previous_leaf != ZERO_32
        if len(chosen) == LARGEST_SUBMISSION or replaced > MOST_SUPERSEDED:
            break
        chosen.append(item)
    return chosen


def _claim(rows: Rows, leaf: Bytes32, root: Bytes32, old: Bytes32 | None) -> None:
    """Take a document into the period under `root`, out of the one under `old`, if it still is there."""
    row = rows.get(OutboxRow, id=leaf)
    if row is None or row.period != old or row.state not in {Stage.STORED, Stage.SIGNED}:
        raise PeriodTaken
    rows.put(replace(row, state=Stage.SIGNED, period=root))  # [U-014]


def _put_proof(
    rows: Rows, item: SubmissionItem, period: Anchor, confirmed: Collection[Bytes32], entropy: Callable[[int], bytes]
) -> None:
    """Keep where a leaf stands, unless it was erased meanwhile or stands in a better place."""
    before = rows.get(ProofRow, leaf=item.leaf)
    if item.leaf in confirmed or rows.get(CapsuleRow, leaf=item.leaf) is None:
        return
    if before is not None and before.root == period.root:
        return
    if before is None:
        enlist(rows, item.leaf, entropy)
    rows.put(
        ProofRow(
            leaf=item.leaf,
            patient=item.patient,
            provider=period.provider,
            root=period.root,
            inner=item.inner,
            body_digest=item.body_digest,
            previous_leaf=item.previous_leaf,
            text=item.text,
            cid=item.cid,
            size=item.size,
            proof=period.proof(item.leaf),
            seq=before.seq + 1 if before else 0,
        )
    )
