"""The counter: who asks is answered here, by the release rule, with a receipt first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from medshare.consent.categories import Category
from medshare.consent.document import ConsentDocument
from medshare.consent.rules import Query
from medshare.gateway.errors import Refused
from medshare.gateway.lines import begun_line
from medshare.gateway.office import Office, whole_address
from medshare.gateway.postbox import kept_consent
from medshare.gateway.values import Listed, Listing, Logged, Placement, Release, Sealed
from medshare.hexadecimal import ZERO_32, ZERO_ADDRESS, Address, Bytes32
from medshare.ledger import Block, RecordStatus
from medshare.release.receipts import PAST_MENDING, next_receipt
from medshare.release.rule import CARE_BITS, OWN_SLOT, Asked, Consented, Facts, Ground, Kept, decide
from medshare.signed import Signed, kept
from medshare.typed_data import Deposit, ReadRequest, Receipt, Refuse
from medshare.vault import (
    CapsuleRow,
    ConsentRow,
    ErasureRow,
    LockdownRow,
    NonceRow,
    ProofRow,
    ReceiptRow,
    RevocationRow,
)
from medshare.vault.audit_rows import ReplayRow

LISTED = frozenset((RecordStatus.CONFIRMED, RecordStatus.SUPERSEDED))


@dataclass(frozen=True, slots=True)
class _Document:
    """What the vault holds of one leaf."""

    capsule: CapsuleRow
    proof: ProofRow

    @property
    def placement(self) -> Placement:
        return Placement(
            provider=self.proof.provider,
            root=self.proof.root,
            patient=self.proof.patient,
            inner=self.proof.inner,
            proof=self.proof.proof,
        )

    @property
    def sealed(self) -> Sealed:
        return Sealed(
            placement=self.placement,
            epoch=self.capsule.epoch,
            capsule=self.capsule.capsule,
            cid=self.capsule.cid,
        )


class Counter:
    """Answers `ReadRequest`s for one gateway. `rule` is the release rule; only a drill gives another."""

    def __init__(self, office: Office, rule: Callable[[Facts], Ground] = decide) -> None:
        self._office = office
        self._rule = rule

    def read(self, request: Signed[ReadRequest]) -> Release:
        """Release one document.

        Raises:
            Refused: The release rule says no; the receipt of that is in the error.
            The errors of `medshare.typed_data`: The accessor did not sign the request.
        """
        message, head, facts, document = self._gather(request)
        ground = self._rule(facts)
        if document is None:
            # The rule has refused already, or no leaf was named: then this is a list that was asked as a read.
            ground = ground or Ground.LEAF_UNKNOWN
            raise Refused(ground=ground, receipt=self._receipt(request, ground, [], head, facts))
        receipt = self._answer(request, ground, [message.leaf], head, facts)
        return Release(receipt=receipt, leaf=message.leaf, sealed=document.sealed)

    def listing(self, request: Signed[ReadRequest]) -> Listing:
        """Answer a request without a leaf: what the consent covers, or everything of the patient.

        Raises:
            Refused: The release rule says no.
        """
        message, head, facts, _ = self._gather(request)
        ground = self._rule(facts)
        rows: list[Listed] = []
        if ground is Ground.RELEASED:
            rows = self._own(message, head) if message.slot == OWN_SLOT else self._covered(message, head)
        receipt = self._answer(request, ground, [row.leaf for row in rows], head, facts)
        return Listing(receipt=receipt, rows=tuple(rows))

    def log(self, request: Signed[ReadRequest]) -> tuple[Logged, ...]:
        """Return the patient's whole line of receipts with what was asked, this very request last.

        Raises:
            Refused: The accessor does not speak for the patient.
        """
        message, head, facts, _ = self._gather(request)
        ground = self._rule(facts)
        if ground is Ground.RELEASED and message.slot != OWN_SLOT:
            ground = Ground.NOT_THE_PATIENT
        self._answer(request, ground, [], head, facts)
        office = self._office
        rows = office.vault.find(ReceiptRow, gateway=office.address, patient=message.patient)
        return tuple(logged_of(row) for row in rows)

    def _gather(self, request: Signed[ReadRequest]) -> tuple[ReadRequest, Block, Facts, _Document | None]:
        office = self._office
        message = request.check(office.domains, signer=request.message.accessor)
        office.watch()
        head = office.ledger.head()
        document = self._document(message.leaf)
        consent = None if message.slot == OWN_SLOT else self._consent_of(message)
        facts = Facts(
            me=office.address,
            asked=Asked(
                gateway=message.gateway,
                patient=message.patient,
                accessor=message.accessor,
                slot=message.slot,
                purpose=message.purpose,
                action=message.action,
                history=message.history,
                at=message.at,
                names_leaf=message.leaf != ZERO_32,
            ),
            now=office.clock.now(),
            head=head,
            head_max_age=office.ledger.deployment.head_max_age,
            nonce_used=office.vault.get(NonceRow, signer=message.accessor, nonce=message.nonce) is not None,
            speaks_for_patient=office.speaks_for(message.accessor, message.patient, head),
            consented=self._consented(message, consent, head) if consent else None,
            kept=self._kept(document, consent, message, head) if document else self._gone(message, head),
        )
        return message, head, facts, document

    def _consent_of(self, message: ReadRequest) -> ConsentDocument | None:
        row = self._office.vault.get(ConsentRow, consent_id=message.consent_id)
        return kept_consent(row) if row else None

    def _document(self, leaf: Bytes32) -> _Document | None:
        capsule = self._office.vault.get(CapsuleRow, leaf=leaf)
        proof = self._office.vault.get(ProofRow, leaf=leaf)
        return _Document(capsule, proof) if capsule and proof else None

    def _consented(self, message: ReadRequest, consent: ConsentDocument, head: Block) -> Consented:
        office = self._office
        query = Query(
            patient=consent.patient,
            grantee=consent.grantee,
            terms=consent.terms,
            accessor=message.accessor,
            slot=message.slot,
            purpose=message.purpose,
            action=message.action,
        )
        care = CARE_BITS >> message.purpose & 1
        lockdown = office.vault.get(LockdownRow, patient=consent.patient)
        return Consented(
            terms_match=consent.consent_id == message.consent_id and consent.patient == message.patient,
            reason_at_head=office.ledger.why_not(query, block=head),
            reason_at_final=None if care else office.ledger.why_not(query, block=office.ledger.final()),
            not_after=consent.word.not_after,
            revocation_seen=office.vault.get(RevocationRow, consent_id=message.consent_id) is not None
            or (lockdown is not None and consent.word.issued_at <= lockdown.seq),
            slot_granted=any(consent.category_slot(category) == message.slot for category in consent.categories),
        )

    def _kept(self, document: _Document, consent: ConsentDocument | None, message: ReadRequest, head: Block) -> Kept:
        office = self._office
        category = Category(document.capsule.compartment)
        covered = consent is not None and category in consent.categories
        return Kept(
            slot=consent.category_slot(category) if consent and covered else None,
            covered=office.head_of(document.proof.patient, head) == message.patient,
            status=office.ledger.record_status(document.placement.query, block=head).status,
            erasure_seen=self._erasure_seen(document.proof),
        )

    def _gone(self, message: ReadRequest, head: Block) -> Kept | None:
        """Return what is known of a leaf whose capsule is not here: that it was erased, or nothing."""
        targets = [message.leaf, *(whole_address(a) for a in self._office.addresses_of(message.patient, head))]
        if not any(self._office.vault.get(ErasureRow, target=target) for target in targets):
            return None
        return Kept(slot=None, covered=True, status=RecordStatus.ERASED, erasure_seen=True)

    def _erasure_seen(self, proof: ProofRow) -> bool:
        return self._office.erasure_seen(proof.leaf, proof.patient)

    def _own(self, message: ReadRequest, head: Block) -> list[Listed]:
        office = self._office
        rows = []
        for patient in office.addresses_of(message.patient, head):
            for proof in office.vault.find(ProofRow, patient=patient):
                document = self._document(proof.leaf)
                if document is None or self._erasure_seen(proof):
                    continue
                rows.append(
                    Listed(
                        leaf=proof.leaf,
                        slot=OWN_SLOT,
                        previous_leaf=proof.previous_leaf,
                        deposit=kept(Deposit, document.capsule.deposit),
                        sealed=document.sealed,
                    )
                )
        return rows

    def _covered(self, message: ReadRequest, head: Block) -> list[Listed]:
        office = self._office
        consent = self._consent_of(message)
        if consent is None:
            return []
        documents = [
            document
            for patient in office.addresses_of(message.patient, head)
            for proof in office.vault.find(ProofRow, patient=patient)
            if (document := self._document(proof.leaf)) is not None
            and Category(document.capsule.compartment) in consent.categories
            and not self._erasure_seen(proof)
        ]
        states = office.ledger.record_status_each([d.placement.query for d in documents], block=head)
        wanted = LISTED if message.history else LISTED - {RecordStatus.SUPERSEDED}
        return [
            Listed(
                leaf=document.proof.leaf,
                slot=consent.category_slot(Category(document.capsule.compartment)),
                previous_leaf=document.proof.previous_leaf,
            )
            for document, state in zip(documents, states, strict=True)
            if state.status in wanted
        ]

    def write_receipt(
        self,
        *,
        asked: Signed[ReadRequest] | Signed[Refuse],
        patient: Address,
        grantee: Address,
        ground: Ground,
        leaves: list[Bytes32],
        head: Block,
        nonce: NonceRow | None,
    ) -> Signed[Receipt]:
        """Write the next receipt of the patient's line; it is on disk when this returns.

        A nonce that somebody used meanwhile makes it the receipt of a refusal. The very same request,
        refused again for what no later moment mends, gets the receipt of the first time.
        """
        office = self._office
        digest = asked.digest(office.domains)
        with office.vault.transaction() as rows:
            if nonce and rows.get(NonceRow, signer=nonce.signer, nonce=nonce.nonce) is not None:
                ground, leaves, nonce = Ground.NONCE_USED, [], None
            replay = rows.get(ReplayRow, gateway=office.address, request=digest) if ground in PAST_MENDING else None
            if replay is not None:  # [B-009]
                first = rows.require(ReceiptRow, gateway=office.address, patient=patient, seq=replay.seq)
                return kept(Receipt, first.signed)
            last = rows.last(ReceiptRow, gateway=office.address, patient=patient)
            if last is None:
                begun_line(office, rows, patient)
            receipt = Signed.by(
                office.key,
                next_receipt(
                    gateway=office.address,
                    patient=patient,
                    last=kept(Receipt, last.signed) if last else None,
                    domains=office.domains,
                    read_request=digest,
                    ground=ground,
                    leaves=leaves,
                    block=head.hash,
                    at=office.clock.now(),
                ),
                office.domains,
            )
            rows.put(  # [R-019, B-011]
                ReceiptRow(
                    gateway=office.address,
                    patient=patient,
                    seq=receipt.message.seq,
                    digest=receipt.digest(office.domains),
                    previous=receipt.message.previous,
                    accessor=asked.signer,
                    grantee=grantee,
                    decision=receipt.message.decision,
                    at=receipt.message.at,
                    leaves=tuple(leaves),
                    asked=asked.keep(),
                    signed=receipt.keep(),
                )
            )
            if nonce:
                rows.put(nonce)
            if ground in PAST_MENDING:
                rows.put(ReplayRow(request=digest, gateway=office.address, patient=patient, seq=receipt.message.seq))
        return receipt

    def _answer(
        self, request: Signed[ReadRequest], ground: Ground, leaves: list[Bytes32], head: Block, facts: Facts
    ) -> Signed[Receipt]:
        """Write the receipt of `request`, and raise if `ground` is a refusal."""
        released = ground is Ground.RELEASED
        receipt = self._receipt(request, ground, leaves if released else [], head, facts)
        written = Ground(receipt.message.reason)
        if written is not Ground.RELEASED:
            raise Refused(ground=written, receipt=receipt)
        return receipt

    def _receipt(
        self, request: Signed[ReadRequest], ground: Ground, leaves: list[Bytes32], head: Block, facts: Facts
    ) -> Signed[Receipt]:
        message = request.message
        consent = self._consent_of(message) if message.slot != OWN_SLOT else None
        used = NonceRow(signer=message.accessor, nonce=message.nonce, at=message.at)
        return self.write_receipt(
            asked=request,
            patient=message.patient,
            grantee=consent.grantee if consent else ZERO_ADDRESS,
            ground=ground,
            leaves=leaves,
            head=head,
            nonce=None if facts.nonce_used else used,
        )


def logged_of(row: ReceiptRow) -> Logged:
    """Return the line of the log that a row keeps."""
    receipt = kept(Receipt, row.signed)
    by_patient = receipt.message.reason == Ground.REFUSED_BY_PATIENT
    asked = kept(Refuse, row.asked) if by_patient else kept(ReadRequest, row.asked)
    return Logged(receipt=receipt, asked=asked, grantee=row.grantee, leaves=row.leaves)
