"""The facts of the release rule: what the chain and the documents say, and then what the vault has seen.

They are gathered in two steps. What the chain says at one block, and what a document says for ever, comes
first. What the vault saw shut, whether the nonce was used, and what time it is, are read within the
transaction that keeps the receipt: no decision is older than its receipt. Nothing here decides.
"""

from __future__ import annotations

from dataclasses import dataclass

from medshare.consent.categories import Category
from medshare.consent.rules import Query, Reason
from medshare.gateway.consents import KeptConsent, KeptConsents
from medshare.gateway.office import Office, whole_address
from medshare.gateway.values import Placement, Sealed
from medshare.gateway.view import HeadView
from medshare.hexadecimal import ZERO_32, ZERO_ADDRESS, Bytes32
from medshare.ledger import Question, RecordQuery, RecordStatus, SuccessorOf
from medshare.release.rule import CARE_BITS, OWN_SLOT, Asked, Consented, Facts, Kept
from medshare.signed import Signed
from medshare.typed_data import ReadRequest
from medshare.vault import CapsuleRow, ErasureRow, LockdownRow, NonceRow, ProofRow, RevocationRow, Rows


@dataclass(frozen=True, slots=True)
class Document:
    """What the vault holds of one leaf."""

    capsule: CapsuleRow
    proof: ProofRow

    @property
    def placement(self) -> Placement:
        """Where it stands on the chain."""
        return Placement(
            provider=self.proof.provider,
            root=self.proof.root,
            patient=self.proof.patient,
            inner=self.proof.inner,
            proof=self.proof.proof,
        )

    @property
    def sealed(self) -> Sealed:
        """What a reader gets."""
        return Sealed(
            placement=self.placement,
            epoch=self.capsule.epoch,
            capsule=self.capsule.capsule,
            cid=self.capsule.cid,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What was gathered for one request at one block.

    `speaks_until` is the second until which the accessor reads without a consent, 0 if not at all.
    `reason_at_final` is None where it was not asked for. `covered`: the leaf's address ends at the patient.
    `erasures` are the targets whose erasure shuts this document, here or not.
    """

    office: Office
    request: Signed[ReadRequest]
    view: HeadView
    consent: KeptConsent | None
    document: Document | None
    speaks_until: int
    reason_at_head: Reason
    reason_at_final: Reason | None
    covered: bool
    status: RecordStatus
    erasures: tuple[Bytes32, ...]

    def facts(self, rows: Rows, now: int) -> Facts:
        """Return all that the rule needs, with what `rows` hold now."""
        office, message = self.office, self.request.message
        return Facts(
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
            now=now,
            head=self.view.block,
            head_max_age=office.ledger.deployment.head_max_age,
            nonce_used=rows.get(NonceRow, signer=message.accessor, nonce=message.nonce) is not None,
            speaks_for_patient=now < self.speaks_until,
            consented=self._consented(rows, self.consent) if self.consent else None,
            kept=self._kept(rows),
        )

    def _consented(self, rows: Rows, consent: KeptConsent) -> Consented:
        message = self.request.message
        lockdown = rows.get(LockdownRow, patient=consent.patient)
        return Consented(
            terms_match=consent.consent_id == message.consent_id and consent.patient == message.patient,
            reason_at_head=self.reason_at_head,
            reason_at_final=self.reason_at_final,
            not_after=consent.not_after,
            revocation_seen=rows.get(RevocationRow, consent_id=message.consent_id) is not None
            or (lockdown is not None and consent.issued_at <= lockdown.seq),
            slot_granted=message.slot in consent.slots.values(),
        )

    def _kept(self, rows: Rows) -> Kept | None:
        # Every target is looked for, so that what is here takes no longer than what is not.
        found = [rows.get(ErasureRow, target=target) for target in self.erasures]
        erased = any(row is not None for row in found)
        if self.document is not None:
            category = Category(self.document.capsule.compartment)
            slot = self.consent.slots.get(category) if self.consent else None
            return Kept(slot=slot, covered=self.covered, status=self.status, erasure_seen=erased)
        # Of a leaf whose capsule is not here it is known that it was erased, or nothing.
        return Kept(slot=None, covered=True, status=RecordStatus.ERASED, erasure_seen=True) if erased else None


class Gathering:
    """Gathers the facts for one gateway.

    Whoever may not know whether a document or a consent is here learns nothing from how long it takes: the
    same is asked of vault and chain for what is not here.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        self._consents = KeptConsents()

    def gather(self, request: Signed[ReadRequest]) -> Gathered:
        """Return what the chain and the documents say, at one head that is younger than the request.

        Raises:
            The errors of `medshare.typed_data`: The accessor did not sign the request.
        """
        office, message = self._office, request.message
        view = office.check_now(request, signer=message.accessor)
        own = message.slot == OWN_SLOT
        with office.vault.reading() as rows:
            document = document_of(rows, message.leaf)
            consent = None if own else self._consents.find(message.consent_id, rows)
        query = None if own else _query(message, consent)
        record = document.placement.query if document else _nowhere(message)
        patient = record.patient
        questions: list[Question] = [SuccessorOf(message.patient), SuccessorOf(patient), record]
        view.ask([*questions, query] if query else questions)
        care = CARE_BITS >> message.purpose & 1
        return Gathered(
            office=office,
            request=request,
            view=view,
            consent=consent,
            document=document,
            speaks_until=office.speaks_until(message.accessor, message.patient, view) if own else 0,
            reason_at_head=view.why_not(query) if query else Reason.NEVER,
            reason_at_final=None if care or query is None else _at_final(view, query),
            covered=view.end_of(patient) == message.patient,
            status=view.record_state(record).status,
            erasures=self._erasures(message, document, view),
        )

    def _erasures(self, message: ReadRequest, document: Document | None, view: HeadView) -> tuple[Bytes32, ...]:
        whole = (document.proof.patient,) if document else self._office.addresses_of(message.patient, view)
        return (message.leaf, *(whole_address(patient) for patient in whole))


def document_of(rows: Rows, leaf: Bytes32) -> Document | None:
    """Return what the vault holds of `leaf`, None unless it is whole."""
    capsule = rows.get(CapsuleRow, leaf=leaf)
    proof = rows.get(ProofRow, leaf=leaf)
    return Document(capsule, proof) if capsule and proof else None


def _at_final(view: HeadView, query: Query) -> Reason | None:
    """Return what the contract says at the last final block, None while no block is final."""
    final = view.final
    return None if final is None else final.why_not(query)


def _query(message: ReadRequest, consent: KeptConsent | None) -> Query:
    """Return the question to the contract; about a consent that is not here, one that nobody was ever granted."""
    return Query(
        patient=consent.patient if consent else message.patient,
        grantee=consent.grantee if consent else message.accessor,
        terms=consent.terms if consent else message.consent_id,
        accessor=message.accessor,
        slot=message.slot,
        purpose=message.purpose,
        action=message.action,
    )


def _nowhere(message: ReadRequest) -> RecordQuery:
    """Return the question about a document that is not here: one that nobody anchored."""
    return RecordQuery(provider=ZERO_ADDRESS, root=message.leaf, patient=message.patient, inner=message.leaf, proof=())
