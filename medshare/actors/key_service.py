"""The key service of an institution: envelopes open here, and nowhere else (design, section 2).

It opens one only against a receipt of release, less than ten minutes old, that names a staff account
which is still active on the chain. Staff get documents, never keys.
"""

from __future__ import annotations

from collections.abc import Sequence

from medshare.age import HybridIdentity
from medshare.clock import Clock
from medshare.consent.document import ConsentDocument
from medshare.errors import RefusedError
from medshare.hexadecimal import Address, Bytes32
from medshare.keys.directory import key_digest
from medshare.keys.envelope import OpenedEnvelope, SealedEnvelope, open_envelope
from medshare.keys.errors import DocumentForeign
from medshare.ledger import Ledger, Role
from medshare.release.receipts import RELEASED
from medshare.signed import Signed, check_at, domains_of
from medshare.typed_data import ReadRequest, Receipt

RECEIPT_LIFE = 600
"""Seconds."""


class NoReceipt(RefusedError):
    """Raised when a receipt does not permit to open an envelope now."""

    code = "key-service.no-receipt"
    cause = "The key service opens nothing: {why}."
    remedy = "Ask the gateway again and bring its fresh receipt of release."


class KeyService:
    """Holds an institution's private keys; the newest first, old ones while envelopes name them."""

    def __init__(self, account: Address, identities: Sequence[HybridIdentity], ledger: Ledger, clock: Clock) -> None:
        self._account = account
        self._identities = tuple(identities)
        self._ledger = ledger
        self._clock = clock
        self._newest: dict[Bytes32, int] = {}

    @property
    def identity(self) -> HybridIdentity:
        """The key that the institution's key document publishes."""
        return self._identities[0]

    def open(
        self,
        envelope: SealedEnvelope,
        consent: ConsentDocument,
        *,
        asked: Signed[ReadRequest],
        receipt: Signed[Receipt],
        agent: Address,
    ) -> OpenedEnvelope:
        """Open `envelope` for what `receipt` released.

        `agent` is the address in the patient's directory that the chain names.

        Raises:
            NoReceipt: It is no release, too old, for another request, or names nobody active.
            The errors of `open_envelope`.
        """
        self._check_receipt(asked, receipt, consent)  # [W-002]
        newest = self._newest.get(consent.consent_id, 0)
        opened = open_envelope(
            envelope,
            consent,
            identity=self._identity_of(envelope),
            agent=agent,
            last_seq=max(newest - 1, 0),
            domains=domains_of(self._ledger.deployment),
        )
        self._newest[consent.consent_id] = opened.seq
        return opened

    def _check_receipt(self, asked: Signed[ReadRequest], receipt: Signed[Receipt], consent: ConsentDocument) -> None:
        domains = domains_of(self._ledger.deployment)
        message = receipt.check(domains, signer=receipt.message.gateway)
        gateway = self._ledger.principal_of(message.gateway)
        if not gateway.staff_roles & Role.GATEWAY:
            raise NoReceipt(why="the receipt is not of an active gateway")
        if message.decision != RELEASED or message.read_request != asked.digest(domains):
            raise NoReceipt(why="the receipt does not release what was asked for")
        if asked.message.gateway != message.gateway or asked.message.consent_id != consent.consent_id:
            raise NoReceipt(why="the receipt is of another gateway or for another consent")
        if not message.at <= self._clock.now() < message.at + RECEIPT_LIFE:
            raise NoReceipt(why="the receipt is older than ten minutes, or from the future")
        accessor = check_at(asked, self._ledger, signer=asked.message.accessor).accessor
        if self._ledger.principal_of(accessor).address != self._account:
            raise NoReceipt(why="the accessor does not act for this institution any more")

    def _identity_of(self, envelope: SealedEnvelope) -> HybridIdentity:
        for identity in self._identities:
            if key_digest(identity.recipient) == envelope.signed.message.grantee_key:
                return identity
        raise DocumentForeign(kind="envelope", field="key")
