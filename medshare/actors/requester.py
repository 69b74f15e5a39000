"""What every accredited account can do that asks and reads: hospitals and researchers alike."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from medshare.access_request import AccessRequest, new_salt
from medshare.actors.copies import Copies, Copy, MemoryCopies
from medshare.actors.key_service import KeyService
from medshare.actors.network import Network
from medshare.actors.reader import Reader, Reading
from medshare.age import HybridIdentity
from medshare.clock import Clock
from medshare.consent.actions import Action
from medshare.consent.categories import Category
from medshare.consent.document import ConsentDocument
from medshare.consent.purposes import closure
from medshare.errors import MedShareError, RefusedError
from medshare.gateway.door import Door
from medshare.gateway.errors import NotEmpoweredHere, NotWhatWasSigned
from medshare.gateway.values import ErasureSeen, Listed
from medshare.hexadecimal import Address, Bytes32, to_hex
from medshare.keys.account import AccountKey
from medshare.keys.errors import DigestDiffers
from medshare.keys.key_document import KeyDocument
from medshare.ledger import Acts, Ledger, Power, Signer, Transaction
from medshare.ledger.finality import final_of
from medshare.public_records import accreditation_of, check_words
from medshare.record.leaf import leaf_hash
from medshare.signed import Signed, check_at, domains_of
from medshare.typed_data import Erase, Erased, SigningKey

DAY = 86_400

FIRST_ROOT = 256
"""What closed a leaf is a retraction's reason below this, and a successor's root from here on."""


class ErasureUnproven(RefusedError):
    """Raised when a door says that a document was erased, and neither a signature nor a final block says so."""

    code = "requester.erasure-unproven"
    cause = "Nothing proves yet that the document {leaf} was erased."
    remedy = "Wait for a final block; nothing was destroyed."


@dataclass(frozen=True, slots=True, kw_only=True)
class Honoured:
    """What came of asking about erasures.

    Attributes:
        erased: Leaves that were destroyed here, the signed word of it left at the door.
        pending: Leaves for which that failed or is not proven yet, with the code of the error.
        unanswered: Doors that did not answer, with the code of the error.
    """

    erased: tuple[Bytes32, ...]
    pending: Mapping[Bytes32, str]
    unanswered: Mapping[str, str]


class Requester:
    """An accredited account with a key service: it asks patients, and reads what they grant."""

    def __init__(
        self,
        *,
        account: AccountKey,
        identity: HybridIdentity,
        url: str,
        network: Network,
        ledger: Ledger,
        clock: Clock,
        entropy: Callable[[int], bytes] = secrets.token_bytes,
        copies: Copies | None = None,
    ) -> None:
        self.account = account
        self.url = url
        self.copies = copies or MemoryCopies()
        self._network = network
        self._ledger = ledger
        self._acts: Acts[Signer, Transaction] = ledger
        self._clock = clock
        self._entropy = entropy
        self._key_service = KeyService(account.address, [identity], ledger, clock)
        self._reader = Reader(ledger, clock, self._key_service, entropy)

    @property
    def address(self) -> Address:
        """The accredited account."""
        return self.account.address

    @property
    def network(self) -> Network:
        """The way to the doors of others."""
        return self._network

    def publish_key(self) -> Transaction:
        """Put the public half of the encryption key on the chain."""
        domains = domains_of(self._ledger.deployment)
        document = KeyDocument(
            chain_id=domains.chain_id,
            registry=domains.participants,
            account=self.address,
            key=self._key_service.identity.recipient,
        )
        seq = self._ledger.account(self.address).seq + 1
        return self._acts.publish_key(document=document.to_bytes(), seq=seq, sender=self.account)

    # Asking

    def request(
        self,
        patient: Address,
        gateway: Door,
        *,
        categories: Sequence[Category],
        purposes: Sequence[str],
        days: int,
        why: str,
        in_return: str = "",
        actions: Action = Action.READ,
        grantee: Address | None = None,
        open_days: int = 30,
    ) -> AccessRequest:
        """Ask a patient: open the salted digest on the chain, leave the sealed document at `gateway`.

        Args:
            patient: Whom to ask.
            gateway: A postbox that the patient's directory names, or where she enrolled.
            categories: What is asked for.
            purposes: HL7 codes; what they permit is added.
            days: For how long, from now.
            why: The reason in plain words.
            in_return: What the patient gets back.
            actions: What would be done.
            grantee: Who would read; the requester if left out.
            open_days: Until when the patient can answer.

        Raises:
            DirectoryUnknown, RequestClosed, DigestDiffers, and the errors of the contract.
        """
        now = self._ledger.head().time
        domains = domains_of(self._ledger.deployment)
        request = AccessRequest(
            chain_id=domains.chain_id,
            registry=domains.requests,
            patient=patient,
            requester=self.address,
            grantee=grantee or self.address,
            requester_name=accreditation_of(self._ledger, self.address).name_in("en"),
            categories=tuple(categories),
            purposes=closure(purposes),
            actions=int(actions),
            not_before=now,
            not_after=now + days * DAY,
            why=why,
            in_return=in_return,
            url=self.url,
            salt=new_salt(self._entropy),
        )
        directory = gateway.postbox.directory(patient)
        if directory.digest != self._ledger.digest_of(patient):  # [K-005]
            raise DigestDiffers(kind="directory")
        sealed = request.seal(directory.inbox, entropy=self._entropy)
        self._acts.open_request(digest=request.digest, deadline=now + open_days * DAY, sender=self.account)
        gateway.postbox.leave_request(patient=patient, requester=self.address, digest=request.digest, sealed=sealed)
        return request

    def withdraw(self, request: AccessRequest) -> Transaction:
        """Take a request back."""
        return self._acts.withdraw_request(digest=request.digest, sender=self.account)

    # Reading

    def consents_at(self, gateway: Door) -> tuple[ConsentDocument, ...]:
        """Return the consents for this account, each checked: its words say what its numbers say.

        One that does not is passed over: it keeps nobody from the others. `check_consent` says why.
        """
        found = []
        for consent in gateway.postbox.consents_for(self.address):
            try:
                self.check_consent(consent, gateway)
            except MedShareError:
                continue
            found.append(consent)
        return tuple(found)

    def check_consent(self, consent: ConsentDocument, gateway: Door) -> None:
        """Render the statement again and refuse a consent whose words and numbers differ.

        Raises:
            The errors of `check_words`.
        """
        directory = gateway.postbox.directory(consent.patient)
        check_words(self._ledger, consent, custodians=[place.account for place in directory.custodians])

    def list_documents(
        self,
        gateway: Door,
        consent: ConsentDocument,
        *,
        purpose: str,
        accessor: SigningKey | None = None,
        history: bool = False,
    ) -> tuple[Listed, ...]:
        """Return what the consent covers at `gateway`. Raises `Refused`."""
        return self._reader.listing(
            gateway, consent, accessor=accessor or self.account, purpose=purpose, history=history
        ).rows

    def read(
        self,
        gateway: Door,
        consent: ConsentDocument,
        row: Listed,
        *,
        purpose: str,
        accessor: SigningKey | None = None,
        history: bool = False,
    ) -> Reading:
        """Read one listed document and keep a copy. Raises as `Reader.read`."""
        self.copies.expect_from(gateway.url)
        reading = self._reader.read(
            gateway,
            consent,
            row.leaf,
            row.slot,
            accessor=accessor or self.account,
            purpose=purpose,
            history=history,
        )
        manifest = reading.document.manifest
        copy = Copy(
            leaf=row.leaf,
            patient=manifest.patient,
            provider=manifest.provider,
            url=gateway.url,
            receipt=reading.receipt,
        )
        self.copies.keep(copy, reading.document)
        return reading

    # Hearing

    def retracted(self) -> tuple[Copy, ...]:
        """Return what was read here and taken back by its provider since, as the chain says."""
        closed = ((copy, self._ledger.closed_by(copy.provider, copy.leaf)) for copy in self.copies.all())
        return tuple(copy for copy, by in closed if 0 < by < FIRST_ROOT)  # [W-011]

    @property
    def sources(self) -> tuple[str, ...]:
        """The doors to ask about erasures."""
        return self.copies.sources

    def honour_erasures(self) -> Honoured:
        """Ask every door that gave something what was erased since; destroy that, and leave the signed word there.

        A door that does not answer is asked again the next time, and one that makes erasures up is not believed.
        """
        erased, unproven, unanswered = list[Bytes32](), dict[Bytes32, str](), dict[str, str]()
        for url in self.sources:
            try:
                door = self._network.at(url)
                notices = door.shelf.erasures_for(self.address)
            except MedShareError as error:
                unanswered[url] = error.code
                continue
            for notice in notices:
                try:
                    self._check_notice(notice)  # [W-010]
                    self._destroy(notice)
                    door.shelf.acknowledge(self.sign_erased(notice.leaf))
                except MedShareError as error:
                    unproven[notice.leaf] = error.code
                else:
                    erased.append(notice.leaf)
        return Honoured(erased=tuple(erased), pending=unproven, unanswered=unanswered)

    def _destroy(self, notice: ErasureSeen) -> None:
        """Destroy what is here of an erased document."""
        self.copies.destroy(notice.leaf)

    def _check_notice(self, notice: ErasureSeen) -> None:
        """Check that a document was erased: in a final block, or by a signed message of whoever may.

        Raises:
            ErasureUnproven: Neither.
        """
        copy, ledger = self.copies.get(notice.leaf), self._ledger.pinned()
        owner, final = copy.patient if copy else notice.patient, final_of(ledger)
        if final and (ledger.is_erased(notice.leaf, block=final) or ledger.is_erased_all(owner, block=final)):
            return
        if notice.signed is None:
            raise ErasureUnproven(leaf=to_hex(notice.leaf))
        self.check_erasure(notice.signed, leaf=notice.leaf)

    def forget(self, signed: Signed[Erase], *, leaf: Bytes32) -> Signed[Erased]:
        """Destroy every document read of `leaf` and sign that it is gone.

        Raises:
            NotEmpoweredHere: Signed neither by the patient's last address nor by a delegate who may erase.
            NotWhatWasSigned: The erasure is of another leaf.
        """
        self.check_erasure(signed, leaf=leaf)
        self.copies.destroy(leaf)  # [W-007]
        return self.sign_erased(leaf)

    def check_erasure(self, signed: Signed[Erase], *, leaf: Bytes32) -> None:
        """Check that `signed` erases `leaf`, and that its signer may. Raises as `forget`."""
        message, ledger = signed.message, self._ledger
        check_at(signed, ledger, signer=signed.signer)
        if leaf_hash(patient=message.patient, inner=message.inner) != leaf:
            raise NotWhatWasSigned(what="leaf")
        path = ledger.path_of(message.patient)
        owner = path[-1] if path else message.patient
        if signed.signer != owner and self._clock.now() >= ledger.empowered(owner, signed.signer, Power.ERASE):
            raise NotEmpoweredHere(signer=signed.signer, kind="Erase")

    def sign_erased(self, leaf: Bytes32) -> Signed[Erased]:
        """Return the signed word that nothing of `leaf` is left here."""
        message = Erased(leaf=leaf, holder=self.address, at=self._clock.now())
        return Signed.by(self.account, message, domains_of(self._ledger.deployment))
