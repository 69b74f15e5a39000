"""A validator at work: fetch, keep, check, sign (design, section 3.3)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from medshare.actors.network import Network
from medshare.actors.requester import FIRST_ROOT
from medshare.clock import Clock
from medshare.confirm import Rejected, RejectReason, SubmissionItem, check, items_to_bytes
from medshare.consent.actions import Action
from medshare.errors import MedShareError, UnreachableError
from medshare.gateway import Gateway
from medshare.gateway.door import Door
from medshare.gateway.errors import NotEmpoweredHere
from medshare.gateway.office import erasure_in, put_destruction
from medshare.gateway.values import LeftSubmission
from medshare.hexadecimal import ZERO_32, Address, Bytes32, to_hex
from medshare.ledger import Block, Ledger
from medshare.ledger.events import Anchored, Superseded
from medshare.record.merkle import MerkleTree
from medshare.replication.turns import enlist
from medshare.signed import Signed, check_at, domains_of
from medshare.typed_data import Confirm, Reject, SigningKey, Submission
from medshare.vault import CapsuleRow, ProofRow, Rows, SubmissionRow, VerdictRow


class AnchorUnseen(UnreachableError):
    """Raised for a period whose anchor this institution's node has not seen yet."""

    code = "validator.anchor-unseen"
    cause = "The anchor of the period {root} is not on the chain that this node sees."
    remedy = "Wait for the node to follow; the period stays in the postbox."


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a validator did with the periods that were left at its gateway.

    `waiting` says of each period that could not be checked now, by its root, why: the code of the error.
    """

    answers: tuple[Signed[Confirm] | Signed[Reject], ...]
    waiting: Mapping[Bytes32, str]


class Validator:
    """Checks the submissions of other institutions for one that is accredited to."""

    def __init__(self, account: SigningKey, gateway: Gateway, ledger: Ledger, clock: Clock) -> None:
        self._account = account
        self._gateway = gateway
        self._ledger = ledger
        self._clock = clock

    def check_submissions(self, network: Network) -> Checked:
        """Give a verdict on every period that was left here, fetching the bodies at its provider's door.

        One that cannot be checked now, since the door is down or this node has not seen the anchor yet, waits.
        """
        answers, waiting = [], dict[Bytes32, str]()
        for left in self._gateway.submissions.pending():
            try:
                answers.append(self._check_left(left, network))
            except MedShareError as error:  # [V-010]
                waiting[left.signed.message.root] = error.code
        return Checked(answers=tuple(answers), waiting=waiting)

    def _check_left(self, left: LeftSubmission, network: Network) -> Signed[Confirm] | Signed[Reject]:
        message = left.signed.message
        if not self._ledger.anchor_of(message.provider, message.root).time:
            raise AnchorUnseen(root=to_hex(message.root))
        return self.validate(left.signed, left.items, left.superseded, source=network.at(left.source))

    def validate(
        self,
        signed: Signed[Submission],
        items: Sequence[SubmissionItem],
        superseded: Sequence[Bytes32],
        *,
        source: Door,
    ) -> Signed[Confirm] | Signed[Reject]:
        """Check a submission, keep its bodies, and answer with a signature either way.

        Raises:
            NotEmpoweredHere: Not signed by the provider or its active staff.
            NotASubmission: The items are not the ones that were signed.
            UnreachableError: The bodies cannot be fetched now. That is no verdict.
        """
        message = signed.message
        check_at(signed, self._ledger, signer=signed.signer)
        if not self._gateway.office.acts_for(signed.signer, message.provider):
            raise NotEmpoweredHere(signer=signed.signer, kind="Submission")
        kept: list[SubmissionItem] = []
        try:
            answer = self._verdict(signed, items, superseded, source, kept)
        except UnreachableError:
            # What was kept so far must be found when it is to be destroyed.
            with self._gateway.office.vault.transaction() as rows:
                self._keep_rows(rows, message, items, kept)
            raise
        self._remember(signed, items, superseded, answer, kept, source.url)
        return answer

    def _verdict(
        self,
        signed: Signed[Submission],
        items: Sequence[SubmissionItem],
        superseded: Sequence[Bytes32],
        source: Door,
        kept: list[SubmissionItem],
    ) -> Signed[Confirm] | Signed[Reject]:
        message, domains = signed.message, domains_of(self._ledger.deployment)
        anchored = self._ledger.anchor_of(message.provider, message.root)
        block = self._block_of(message.provider, message.root)
        try:
            self._check_superseded(message, superseded)
            check(
                message,
                items,
                superseded,
                anchored_root=message.root if anchored.time else bytes(32),
                anchored_count=anchored.count,
                keep_body=lambda item: self._keep(item, source, kept),
                may_write=lambda item: self._ledger.holds(
                    patient=item.patient,
                    grantee=item.grantee,
                    terms=item.terms,
                    accessor=message.provider,
                    action=Action.WRITE,
                    block=block,
                ),
                is_closed=lambda item: self._is_closed(message.provider, item),
            )
        except Rejected as rejected:
            return Signed.by(
                self._account,
                Reject(
                    provider=message.provider,
                    root=message.root,
                    leaf=rejected.leaf,
                    reason=int(rejected.reason),
                    at=self._clock.now(),
                ),
                domains,
            )
        return Signed.by(self._account, Confirm(provider=message.provider, root=message.root), domains)

    def _check_superseded(self, message: Submission, superseded: Sequence[Bytes32]) -> None:
        """Compare the leaves that the anchor replaces on the chain with those of the submission."""
        events = (log.event for log in self._ledger.events(kinds=(Superseded,)))
        replaced = {
            event.leaf
            for event in events
            if isinstance(event, Superseded) and (event.provider, event.root) == (message.provider, message.root)
        }
        if replaced != set(superseded):  # [V-003]
            why = "the anchor replaces other leaves than the submission names"
            raise Rejected(reason=RejectReason.SUPERSEDES, leaf=ZERO_32, why=why)

    def _keep(self, item: SubmissionItem, source: Door, kept: list[SubmissionItem]) -> Bytes32:
        """Fetch a body, keep it in the validator's own store if it is the right one, and return its SHA-256."""
        try:
            body = source.body(item.cid)
        except UnreachableError:
            raise
        except MedShareError as error:
            raise Rejected(
                reason=RejectReason.BODY_MISSING, leaf=item.leaf, why="its body cannot be fetched"
            ) from error
        digest = hashlib.sha256(body).digest()
        if digest == item.body_digest:
            # By this CID it is found again when it must be destroyed.
            if len(body) != item.size or self._gateway.office.store.put(body) != item.cid:
                raise Rejected(reason=RejectReason.BODY_DIFFERS, leaf=item.leaf, why="the body has another size or CID")
            kept.append(item)
        return digest

    def _is_closed(self, provider: Address, item: SubmissionItem) -> bool:
        ledger = self._ledger
        retracted = 0 < ledger.closed_by(provider, item.leaf) < FIRST_ROOT
        return retracted or ledger.is_erased(item.leaf) or ledger.is_erased_all(item.patient)

    def _block_of(self, provider: Address, root: Bytes32) -> Block | None:
        for log in self._ledger.events(kinds=(Anchored,)):
            event = log.event
            if isinstance(event, Anchored) and (event.provider, event.root) == (provider, root):
                return self._ledger.block(log.block_number)
        return None

    def _remember(
        self,
        signed: Signed[Submission],
        items: Sequence[SubmissionItem],
        superseded: Sequence[Bytes32],
        answer: Signed[Confirm] | Signed[Reject],
        kept: Sequence[SubmissionItem],
        url: str,
    ) -> None:
        message = signed.message
        rejected = answer.message.leaf if isinstance(answer.message, Reject) else None
        with self._gateway.office.vault.transaction() as rows:
            key = {"provider": message.provider, "root": message.root}
            # Asked again, the validator answers again; the first submission and verdict stand as evidence.
            if rows.get(SubmissionRow, **key) is None:
                rows.put(
                    SubmissionRow(
                        provider=message.provider,
                        root=message.root,
                        items=items_to_bytes(items),
                        superseded=tuple(superseded),
                        source=url,
                        signed=signed.keep(),
                    )
                )
            if rows.get(VerdictRow, validator=self._account.address, **key) is None:
                rows.put(
                    VerdictRow(
                        provider=message.provider,
                        root=message.root,
                        validator=self._account.address,
                        leaf=rejected,
                        signed=answer.keep(),
                    )
                )
            # Also of a rejected period: whatever was kept must be found when it is to be destroyed.
            self._keep_rows(rows, message, items, kept)

    def _keep_rows(
        self, rows: Rows, message: Submission, items: Sequence[SubmissionItem], kept: Sequence[SubmissionItem]
    ) -> None:
        tree = MerkleTree.of(item.leaf for item in items)
        for item in kept:
            before = rows.get(ProofRow, leaf=item.leaf)
            if _is_free(rows, item, message, before):  # [V-012]
                rows.put(_kept_body(item, message, tree, seq=before.seq + 1 if before else 0))
            if before is None or rows.get(CapsuleRow, leaf=item.leaf) is not None:
                enlist(rows, item.leaf, self._gateway.office.entropy)
            if erasure_in(rows, item.leaf, item.patient):  # erased while it was checked
                put_destruction(rows, item.leaf, item.patient)


def _is_free(rows: Rows, item: SubmissionItem, message: Submission, before: ProofRow | None) -> bool:
    """Return whether the place of a leaf may be written down: anybody who knows a leaf can anchor it once more."""
    capsule = rows.get(CapsuleRow, leaf=item.leaf)
    if before is None:
        return capsule is None or capsule.provider == message.provider
    # Where the document itself is kept, its provider says where it stands: `Shelf.place`.
    return capsule is None and before.provider == message.provider and before.root != message.root


def _kept_body(item: SubmissionItem, message: Submission, tree: MerkleTree, *, seq: int) -> ProofRow:
    """Return the row by which a kept body is found again when it must be destroyed."""
    return ProofRow(
        leaf=item.leaf,
        patient=item.patient,
        provider=message.provider,
        root=message.root,
        inner=item.inner,
        body_digest=item.body_digest,
        previous_leaf=item.previous_leaf,
        text=item.text,
        cid=item.cid,
        size=item.size,
        proof=tree.proof(item.leaf),
        seq=seq,
    )
