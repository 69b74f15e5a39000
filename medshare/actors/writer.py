"""Writing: seal a chart, deposit its capsules, anchor the period, have it confirmed (design, section 4, "In")."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from medshare.clock import Clock
from medshare.confirm import SubmissionItem
from medshare.consent.actions import Action
from medshare.consent.categories import Category
from medshare.consent.document import ConsentDocument
from medshare.errors import NotFoundError, RefusedError, UnreachableError
from medshare.gateway import Gateway
from medshare.hexadecimal import ZERO_32, Address, Bytes32, to_hex
from medshare.intake import Document
from medshare.ledger import Ledger, Transaction
from medshare.outbox.documents import DOCUMENT, Draft
from medshare.outbox.documents import Document as Sealed
from medshare.outbox.periods import NothingToAnchor, PeriodWriter, Placed
from medshare.outbox.report import Resumed
from medshare.outbox.sealing import Sealing, sealing_here
from medshare.outbox.uploading import Uploading
from medshare.record.manifest import RecordFacts
from medshare.record.sealing import new_record_id
from medshare.signed import Signed, domains_of
from medshare.typed_data import SigningKey, Submission
from medshare.vault import OutboxRow

__all__ = [
    "Anchoring",
    "NoConsentToWrite",
    "NotEnrolledHere",
    "NotWritten",
    "NothingToAnchor",
    "Period",
    "StaleHead",
    "Upload",
    "Writer",
    "Written",
]


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
    """Writes for one institution. What it does is in the vault step by step: another process goes on where one stopped.

    Args:
        account: The institution's account.
        gateway: Its gateway.
        ledger, clock, entropy: The chain, the time, the randomness.
        url: Where validators find the bodies.
        sealing: Seals; in this process if left out.
    """

    def __init__(
        self,
        account: SigningKey,
        gateway: Gateway,
        ledger: Ledger,
        clock: Clock,
        entropy: Callable[[int], bytes],
        *,
        url: str = "",
        sealing: Sealing | None = None,
    ) -> None:
        self._gateway = gateway
        self._ledger = ledger
        self._clock = clock
        self._entropy = entropy
        self._uploading = Uploading(account, gateway, clock, sealing or sealing_here(entropy))
        self._periods = PeriodWriter(account, gateway, url, clock)

    def upload(
        self,
        patient: Address,
        documents: Iterable[Document],
        progress: Callable[[], None] = lambda: None,
        *,
        record_ids: Sequence[Bytes32] | None = None,
    ) -> Upload:
        """Seal documents to the directory on the chain and deposit them. `progress` is called for each.

        `record_ids` are those of the documents, one for each, where whoever calls must know them before; otherwise
        they are drawn here.

        Raises:
            StaleHead, NotEnrolledHere, NoConsentToWrite, DirectoryUnknown: Nothing was sealed.
            The errors of `Uploading.upload`.
        """
        consent = self._check_may_write(patient)
        papers, at = tuple(documents), self._clock.now()
        named = record_ids if record_ids is not None else [new_record_id(self._entropy) for _ in papers]
        drafts = [
            self._draft(
                document.text,
                consent,
                patient=patient,
                category=document.category,
                media_type=document.media_type,
                record_id=record_id,
                at=at,
            )
            for document, record_id in zip(papers, named, strict=True)
        ]
        return self._upload(drafts, progress)

    def amend(self, leaf: Bytes32, text: bytes) -> Upload:
        """Seal a new version of a document; the old one counts until the new one is confirmed.

        Raises:
            NotWritten: The leaf is not of this institution.
            StaleHead, NotEnrolledHere, NoConsentToWrite, DirectoryUnknown: As `upload`.
        """
        old = self.written(leaf)
        draft = self._draft(
            text,
            self._check_may_write(old.patient),
            patient=old.patient,
            category=old.category,
            media_type=old.media_type,
            record_id=old.record_id,
            at=self._clock.now(),
            version=old.version + 1,
            previous_leaf=leaf,
            previous_inner=old.inner,
        )
        return self._upload([draft], lambda: None)

    def anchor(self) -> Anchoring:
        """Close the period: anchor its root, keep the proofs, and sign the submission.

        Raises:
            NothingToAnchor: Nothing was sealed since the last time.
            As `PeriodWriter.anchor`.
        """
        return _anchoring(self._periods.anchor())

    def resume(self, *, older_than: int = 0) -> tuple[Resumed, Resumed]:
        """Complete the uploads and the periods that were stopped; count documents, then periods.

        `older_than` leaves alone what was taken in less than so many seconds ago: its process may be alive.
        """
        uploads = self._uploading.resume(self._check_may_write, older_than=older_than)
        return uploads, self._periods.resume()

    def abandon(self, root: Bytes32) -> tuple[Bytes32, ...]:
        """Give up a period that was never mined, with its documents. Raises as `PeriodWriter.abandon`."""
        return self._periods.abandon(root)

    @property
    def waiting(self) -> tuple[Bytes32, ...]:
        """The leaves that are deposited and wait for an anchor."""
        return tuple(item.leaf for item in self._periods.waiting())

    def anchor_rest(self, period: Period, *, without: Collection[Bytes32]) -> Anchoring:
        """Anchor a rejected period again without the leaves at fault.

        Raises:
            NothingToAnchor: There are no others.
        """
        return _anchoring(self._periods.anchor_rest(period.root, period.items, without=without))

    def written(self, leaf: Bytes32) -> Written:
        """Return what is remembered of a version that this institution wrote.

        Raises:
            NotWritten: It did not.
        """
        office = self._gateway.office
        row = office.vault.get(OutboxRow, id=leaf)
        if row is None or row.act != DOCUMENT:
            raise NotWritten(leaf=to_hex(leaf))
        return _written(leaf, Sealed.of(row, domains=office.domains, provider=office.institution))

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

    def _draft(
        self,
        text: bytes,
        consent: ConsentDocument,
        *,
        patient: Address,
        category: Category,
        media_type: str,
        record_id: Bytes32,
        at: int,
        version: int = 1,
        previous_leaf: Bytes32 = ZERO_32,
        previous_inner: Bytes32 = ZERO_32,
    ) -> Draft:
        domains = domains_of(self._ledger.deployment)
        facts = RecordFacts(
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
        return Draft(
            facts=facts,
            text=text,
            previous_inner=previous_inner,
            grantee=consent.grantee,
            terms=consent.terms,
            at=at,
        )

    def _upload(self, drafts: Sequence[Draft], progress: Callable[[], None]) -> Upload:
        sealed = self._uploading.upload(drafts, progress)
        return Upload(
            written=tuple(_written(one.leaf, one.document) for one in sealed),
            plaintext_bytes=sum(len(draft.text) for draft in drafts),
            body_bytes=sum(one.document.size for one in sealed),
        )


def _written(leaf: Bytes32, document: Sealed) -> Written:
    facts = document.facts
    return Written(
        leaf=leaf,
        inner=document.inner,
        patient=facts.patient,
        record_id=facts.record_id,
        version=facts.version,
        category=Category(facts.category),
        media_type=facts.media_type,
    )


def _anchoring(placed: Placed) -> Anchoring:
    return Anchoring(
        transaction=placed.transaction,
        root=placed.root,
        leaves=tuple(item.leaf for item in placed.items),
        superseded=placed.superseded,
        submission=placed.submission,
        items=placed.items,
    )
