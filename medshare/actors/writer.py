"""Writing: seal a chart, deposit its capsules, anchor the period, have it confirmed (design, section 4, "In")."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from medshare import canonical_json
from medshare.clock import Clock
from medshare.confirm import SubmissionItem, submission
from medshare.consent.actions import Action
from medshare.consent.categories import Category
from medshare.consent.document import ConsentDocument
from medshare.digest import keccak
from medshare.errors import NotFoundError, RefusedError, UnreachableError
from medshare.gateway import Gateway
from medshare.gateway.shelf import cid_digest
from medshare.hexadecimal import ZERO_32, Address, Bytes32, from_hex, to_hex
from medshare.intake import Document
from medshare.ledger import Ledger, Transaction
from medshare.record.anchor import Anchor, AnchorItem
from medshare.record.manifest import RecordFacts
from medshare.record.sealing import SealedRecord, new_record_id, seal
from medshare.signed import Signed, domains_of
from medshare.typed_data import Deposit, SigningKey, Submission
from medshare.vault import OutboxRow, ProofRow, Stage


class NotEnrolledHere(RefusedError):
    """Raised when a document is to be sealed for an address that this institution did not enrol."""

    code = "writer.not-enrolled"
    cause = "The address {patient} was not enrolled here; its records stay in the hospital."
    remedy = "Enrol the patient at the desk first."


class NoConsentToWrite(RefusedError):
    """Raised when no consent lets the institution write for a patient."""

    code = "writer.no-consent"
    cause = "No consent in force lets this institution write for {patient}."
    remedy = "Ask the patient for a write-only consent; validators would reject the document without it."


class StaleHead(UnreachableError):
    """Raised when the institution's view of the chain is too old to seal by."""

    code = "writer.stale-head"
    cause = "The newest block is {age} seconds old; {most} are allowed."
    remedy = "Check that the node follows the chain; nothing was sealed."


class NotWritten(NotFoundError):
    """Raised when a leaf is to be amended that this institution did not write."""

    code = "writer.not-written"
    cause = "This institution wrote no document with the leaf {leaf}."
    remedy = "Amend your own documents; another's are amended by their provider."


class NothingToAnchor(NotFoundError):
    """Raised when a period is closed in which nothing was sealed."""

    code = "writer.nothing-to-anchor"
    cause = "Nothing was sealed since the last anchor."
    remedy = "Upload something first."


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What the provider remembers of a version that it wrote: neither text, file key nor salt."""

    leaf: Bytes32
    inner: Bytes32
    patient: Address
    record_id: Bytes32
    version: int
    category: Category
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What was sealed and deposited, and waits for the period's anchor."""

    written: tuple[Written, ...]
    plaintext_bytes: int
    body_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What validators are asked to confirm: a root with its documents, in the order of the tree."""

    root: Bytes32
    leaves: tuple[Bytes32, ...]
    superseded: tuple[Bytes32, ...]
    submission: Signed[Submission]
    items: tuple[SubmissionItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchoring(Period):
    """A period that was put on the chain, with the transaction that did."""

    transaction: Transaction


class Writer:
    """Writes for one institution."""

    def __init__(
        self, account: SigningKey, gateway: Gateway, ledger: Ledger, clock: Clock, entropy: Callable[[int], bytes]
    ) -> None:
        self._account = account
        self._gateway = gateway
        self._ledger = ledger
        self._clock = clock
        self._entropy = entropy
        self._waiting: list[SubmissionItem] = []

    def upload(
        self, patient: Address, documents: Iterable[Document], progress: Callable[[], None] = lambda: None
    ) -> Upload:
        """Seal documents to the directory on the chain and deposit them. `progress` is called for each.

        Raises:
            StaleHead, NotEnrolledHere, NoConsentToWrite, DirectoryUnknown: Nothing was sealed.
        """
        written, items, plain, sealed = [], [], 0, 0
        consent = self._check_may_write(patient)
        for document in documents:
            facts = self._facts(
                patient=patient,
                category=document.category,
                media_type=document.media_type,
                record_id=new_record_id(self._entropy),
            )
            record, item = self._seal(document.text, facts, consent=consent, previous_inner=ZERO_32)
            items.append(item)
            written.append(_written(record))
            plain += len(document.text)
            sealed += record.body_length
            progress()
        self._waiting += items
        return Upload(written=tuple(written), plaintext_bytes=plain, body_bytes=sealed)

    def amend(self, leaf: Bytes32, text: bytes) -> Upload:
        """Seal a new version of a document; the old one counts until the new one is confirmed.

        Raises:
            NotWritten: The leaf is not of this institution.
            StaleHead, NotEnrolledHere, NoConsentToWrite, DirectoryUnknown: As `upload`.
        """
        old = self.written(leaf)
        consent = self._check_may_write(old.patient)
        facts = self._facts(
            patient=old.patient,
            category=old.category,
            media_type=old.media_type,
            record_id=old.record_id,
            version=old.version + 1,
            previous_leaf=leaf,
        )
        record, item = self._seal(text, facts, consent=consent, previous_inner=old.inner)
        self._waiting.append(item)
        return Upload(written=(_written(record),), plaintext_bytes=len(text), body_bytes=record.body_length)

    def anchor(self) -> Anchoring:
        """Close the period: anchor its root, keep the proofs, and sign the submission.

        Raises:
            NothingToAnchor: Nothing was sealed since the last time.
        """
        anchoring = self._anchor(self._waiting)
        self._waiting = []
        return anchoring

    def anchor_rest(self, period: Period, *, without: Collection[Bytes32]) -> Anchoring:
        """Anchor a rejected period again without the leaves at fault.

        Raises:
            NothingToAnchor: There are no others.
        """
        return self._anchor([item for item in period.items if item.leaf not in without])  # [V-008]

    def written(self, leaf: Bytes32) -> Written:
        """Return what is remembered of a version that this institution wrote.

        Raises:
            NotWritten: It did not.
        """
        row = self._gateway.office.vault.get(OutboxRow, id=leaf)
        if row is None:
            raise NotWritten(leaf=to_hex(leaf))
        value = canonical_json.loads(row.work)
        return Written(
            leaf=leaf,
            inner=from_hex(value["inner"], 32),
            patient=value["patient"],
            record_id=from_hex(value["recordId"], 32),
            version=value["version"],
            category=Category(value["category"]),
            media_type=value["mediaType"],
        )

    def _check_may_write(self, patient: Address) -> ConsentDocument:
        if not self._gateway.postbox.enrolled(patient):  # [W-001]
            raise NotEnrolledHere(patient=patient)
        provider, head = self._gateway.office.institution, self._ledger.head()
        age, most = self._clock.now() - head.time, self._ledger.deployment.head_max_age
        if age > most:  # [W-001]
            raise StaleHead(age=age, most=most)
        for consent in self._gateway.postbox.consents_for(provider, patient):
            if self._ledger.holds(
                patient=patient,
                grantee=provider,
                terms=consent.terms,
                accessor=provider,
                action=Action.WRITE,
                block=head,
            ):
                return consent
        raise NoConsentToWrite(patient=patient)

    def _facts(
        self,
        *,
        patient: Address,
        category: Category,
        media_type: str,
        record_id: Bytes32,
        version: int = 1,
        previous_leaf: Bytes32 = ZERO_32,
    ) -> RecordFacts:
        domains = domains_of(self._ledger.deployment)
        return RecordFacts(
            chain_id=domains.chain_id,
            registry=domains.records,
            patient=patient,
            provider=self._gateway.office.institution,
            category=int(category),
            record_id=record_id,
            version=version,
            previous_leaf=previous_leaf,
            media_type=media_type,
        )

    def _seal(
        self, text: bytes, facts: RecordFacts, *, consent: ConsentDocument, previous_inner: Bytes32
    ) -> tuple[SealedRecord, SubmissionItem]:
        office = self._gateway.office
        directory = self._gateway.postbox.directory(facts.patient)
        record = seal(text, facts, directory.category(facts.category), entropy=self._entropy)
        cid = office.store.put(record.body)
        message = Deposit(
            provider=facts.provider,
            patient=facts.patient,
            leaf=record.leaf,
            compartment=facts.category,
            epoch=directory.epoch,
            capsule=keccak(record.capsule),
            cid=cid_digest(cid),
            at=self._clock.now(),
        )
        self._gateway.shelf.deposit(
            Signed.by(self._account, message, domains_of(self._ledger.deployment)), capsule=record.capsule, cid=cid
        )
        self._remember(record, Stage.STORED)
        item = SubmissionItem(
            patient=facts.patient,
            body_digest=record.body_digest,
            previous_leaf=facts.previous_leaf,
            previous_inner=previous_inner,
            text=record.text,
            cid=cid,
            size=record.body_length,
            grantee=consent.grantee,
            terms=consent.terms,
        )
        return record, item

    def _remember(self, record: SealedRecord, stage: Stage) -> None:
        written = _written(record)
        work = canonical_json.dumps(
            {
                "inner": to_hex(written.inner),
                "patient": written.patient,
                "recordId": to_hex(written.record_id),
                "version": written.version,
                "category": int(written.category),
                "mediaType": written.media_type,
            }
        )
        self._gateway.office.vault.put(OutboxRow(id=record.leaf, act="document", state=stage, work=work))

    def _anchor(self, sealed: Sequence[SubmissionItem]) -> Anchoring:
        office = self._gateway.office
        office.watch()
        # What the patient erased meanwhile has no capsule any more, and no validator would confirm it.
        items = [item for item in sealed if not office.erasure_seen(item.leaf, item.patient)]
        if not items:
            raise NothingToAnchor
        provider = office.institution
        period = Anchor.of(
            provider,
            [AnchorItem(patient=item.patient, inner=item.inner, previous_leaf=item.previous_leaf) for item in items],
        )
        transaction = office.outbox.anchor(
            root=period.root, count=period.count, superseded=period.superseded, sender=self._account
        )
        for item in items:
            self._place(item, period)
        message = submission(provider=provider, items=items, superseded=period.superseded, at=self._clock.now())
        return Anchoring(
            transaction=transaction,
            root=period.root,
            leaves=tuple(item.leaf for item in items),
            superseded=period.superseded,
            submission=Signed.by(self._account, message, domains_of(self._ledger.deployment)),
            items=tuple(items),
        )

    def _place(self, item: SubmissionItem, period: Anchor) -> None:
        before = self._gateway.office.vault.get(ProofRow, leaf=item.leaf)
        self._gateway.shelf.place(
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


def _written(record: SealedRecord) -> Written:
    facts = record.facts
    return Written(
        leaf=record.leaf,
        inner=record.inner,
        patient=facts.patient,
        record_id=facts.record_id,
        version=facts.version,
        category=Category(facts.category),
        media_type=facts.media_type,
    )
