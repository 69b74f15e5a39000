"""Reading: ask a gateway, open what it released, and prove it against the chain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from medshare.actors.key_service import KeyService
from medshare.age.errors import NoIdentityMatches
from medshare.clock import Clock
from medshare.consent.actions import Action
from medshare.consent.categories import Category
from medshare.consent.document import ConsentDocument
from medshare.consent.purposes import bit
from medshare.consent.slots import category_at
from medshare.errors import IntegrityError, MedShareError
from medshare.gateway.door import Door
from medshare.gateway.values import Listing, Release
from medshare.hexadecimal import ZERO_32, Bytes32
from medshare.keys.envelope import OpenedEnvelope, SealedEnvelope
from medshare.keys.errors import DigestDiffers, EpochNewer, SeedMissing
from medshare.ledger import Ledger, RecordStatus
from medshare.record.opening import ExpectedRecord, VerifiedDocument, open_document
from medshare.release.receipts import released_digest
from medshare.signed import Signed, domains_of
from medshare.typed_data import ReadRequest, Receipt, SigningKey


class NotLive(IntegrityError):
    """Raised when the chain does not say of a released document what the gateway must have seen."""

    code = "reader.not-live"
    cause = "The chain calls this document {status}."
    remedy = "Report the gateway: it released what the chain does not confirm."


class NotWhatWasAsked(IntegrityError):
    """Raised when a gateway hands out another document than it was asked for, or another than it receipted."""

    code = "reader.not-what-was-asked"
    cause = "The gateway handed out another document than the one asked for."
    remedy = "Report the gateway with its receipt; nothing was opened."


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A document that was read: its verified bytes, its category, and the receipt of it."""

    document: VerifiedDocument
    category: Category
    receipt: Signed[Receipt]


class Reader:
    """Reads for one accredited account."""

    def __init__(self, ledger: Ledger, clock: Clock, key_service: KeyService, entropy: Callable[[int], bytes]) -> None:
        self._ledger = ledger
        self._clock = clock
        self._key_service = key_service
        self._entropy = entropy

    def ask(
        self,
        gateway: Door,
        consent: ConsentDocument,
        *,
        accessor: SigningKey,
        purpose: str,
        slot: int,
        leaf: Bytes32 = ZERO_32,
        action: Action = Action.READ,
        history: bool = False,
    ) -> Signed[ReadRequest]:
        """Return a signed `ReadRequest` for a leaf, or for the list of what the consent covers."""
        message = ReadRequest(
            gateway=gateway.address,
            consent_id=consent.consent_id,
            patient=consent.patient,
            accessor=accessor.address,
            slot=slot,
            purpose=bit(purpose),
            action=int(action),
            leaf=leaf,
            history=history,
            nonce=self._entropy(32),
            at=self._clock.now(),
        )
        return Signed.by(accessor, message, domains_of(self._ledger.deployment))

    def listing(
        self,
        gateway: Door,
        consent: ConsentDocument,
        *,
        accessor: SigningKey,
        purpose: str,
        history: bool = False,
    ) -> Listing:
        """Return what the consent covers at this gateway. Raises `Refused`."""
        slot = consent.category_slot(consent.categories[0])
        asked = self.ask(gateway, consent, accessor=accessor, purpose=purpose, slot=slot, history=history)
        return gateway.counter.listing(asked)

    def read(
        self,
        gateway: Door,
        consent: ConsentDocument,
        leaf: Bytes32,
        slot: int,
        *,
        accessor: SigningKey,
        purpose: str,
        history: bool = False,
    ) -> Reading:
        """Read one document: release, envelope, body, checks against leaf and chain, in this order.

        Raises:
            Refused: The release rule says no.
            NoReceipt, and the errors of `open_envelope` and `open_document`.
            DigestDiffers: The gateway's directory is not the one on the chain.
            NotWhatWasAsked: The gateway handed out another document, or another patient's.
            NotLive: The chain does not confirm it.
        """
        asked = self.ask(gateway, consent, accessor=accessor, purpose=purpose, slot=slot, leaf=leaf, history=history)
        release = gateway.counter.read(asked)
        return self.open(gateway, consent, asked, release)

    def open(self, gateway: Door, consent: ConsentDocument, asked: Signed[ReadRequest], release: Release) -> Reading:
        """Open what was released. Raises as `read`."""
        placement = release.sealed.placement
        self._check_release(consent, asked, release)
        directory = gateway.postbox.directory(consent.patient)
        # Another directory would name another agent, and that one's envelope would open.
        if directory.digest != self._ledger.digest_of(consent.patient):  # [K-004]
            raise DigestDiffers(kind="directory")
        signed, data = gateway.postbox.envelope(consent.consent_id)
        opened = self._key_service.open(
            SealedEnvelope(data=data, signed=signed),
            consent,
            asked=asked,
            receipt=release.receipt,
            agent=directory.agent,
        )
        category = category_at(consent.nonce, asked.message.slot)
        if category is None:
            raise NotLive(status="a decoy")
        state = self._ledger.record_status(placement.query)
        wanted = {RecordStatus.CONFIRMED} | ({RecordStatus.SUPERSEDED} if asked.message.history else set())
        if state.status not in wanted:
            raise NotLive(status=state.status.name.lower())
        document = self._open_document(gateway, consent, opened, release, category)
        return Reading(document=document, category=category, receipt=release.receipt)

    def _check_release(self, consent: ConsentDocument, asked: Signed[ReadRequest], release: Release) -> None:
        leaf, owner = asked.message.leaf, release.sealed.placement.patient
        if release.leaf != leaf or release.receipt.message.released != released_digest([leaf]):
            raise NotWhatWasAsked
        path = self._ledger.path_of(owner)
        if (path[-1] if path else owner) != consent.patient:
            raise NotWhatWasAsked

    def _open_document(
        self,
        gateway: Door,
        consent: ConsentDocument,
        opened: OpenedEnvelope,
        release: Release,
        category: Category,
    ) -> VerifiedDocument:
        sealed, placement = release.sealed, release.sealed.placement
        deployment = domains_of(self._ledger.deployment)
        expected = ExpectedRecord(
            chain_id=deployment.chain_id,
            registry=deployment.records,
            provider=placement.provider,
            patient=placement.patient,
            category=category,
            leaf=release.leaf,
            root=placement.root,
            proof=placement.proof,
        )
        body = gateway.body(sealed.cid)
        missing: MedShareError = SeedMissing()
        # After a move a capsule is still under the old address's key, or re-wrapped to the new one's.
        for owner in dict.fromkeys((placement.patient, consent.patient)):
            try:
                identity = opened.identity(patient=owner, compartment=category, epoch=sealed.epoch)
                return open_document(capsule=sealed.capsule, body=body, identity=identity, expected=expected)
            except (SeedMissing, EpochNewer, NoIdentityMatches) as error:
                missing = error
        raise missing
