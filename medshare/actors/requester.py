"""What every accredited account can do that asks and reads: hospitals and researchers alike."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

from medshare.access_request import AccessRequest, new_salt
from medshare.actors.key_service import KeyService
from medshare.actors.network import Network
from medshare.actors.reader import Reader, Reading
from medshare.age import HybridIdentity
from medshare.clock import Clock
from medshare.consent.actions import Action
from medshare.consent.categories import Category
from medshare.consent.document import ConsentDocument
from medshare.consent.purposes import closure
from medshare.errors import MedShareError
from medshare.gateway.door import Door
from medshare.gateway.errors import NotEmpoweredHere, NotWhatWasSigned
from medshare.gateway.values import Listed
from medshare.hexadecimal import Address, Bytes32
from medshare.keys.account import AccountKey
from medshare.keys.errors import DigestDiffers
from medshare.keys.key_document import KeyDocument
from medshare.ledger import Ledger, Power, Transaction
from medshare.public_records import accreditation_of, check_words
from medshare.record.leaf import leaf_hash
from medshare.record.opening import VerifiedDocument
from medshare.signed import Signed, domains_of
from medshare.typed_data import Erase, Erased, Receipt, SigningKey

DAY = 86_400


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
    ) -> None:
        self.account = account
        self.url = url
        self.copies: dict[Bytes32, VerifiedDocument] = {}
        self.retractions: list[tuple[Bytes32, Signed[Receipt]]] = []
        self._network = network
        self._ledger = ledger
        self._clock = clock
        self._entropy = entropy
        self._key_service = KeyService(account.address, [identity], ledger, clock)
        self._reader = Reader(ledger, clock, self._key_service, entropy)

    @property
    def address(self) -> Address:
        """The accredited account."""
        return self.account.address

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
        return self._ledger.publish_key(document=document.to_bytes(), seq=seq, sender=self.account)

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
        self._ledger.open_request(digest=request.digest, deadline=now + open_days * DAY, sender=self.account)
        gateway.postbox.leave_request(patient=patient, requester=self.address, digest=request.digest, sealed=sealed)
        return request

    def withdraw(self, request: AccessRequest) -> Transaction:
        """Take a request back."""
        return self._ledger.withdraw_request(digest=request.digest, sender=self.account)

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
        """Read one listed document. Raises as `Reader.read`."""
        reading = self._reader.read(
            gateway,
            consent,
            row.leaf,
            row.slot,
            accessor=accessor or self.account,
            purpose=purpose,
            history=history,
        )
        self.copies[row.leaf] = reading.document
        return reading

    # Hearing

    def hear_of_retraction(self, leaf: Bytes32, receipt: Signed[Receipt]) -> None:
        """Take note that a document read under `receipt` was taken back by its provider."""
        self.retractions.append((leaf, receipt))

    def forget(self, signed: Signed[Erase], *, leaf: Bytes32) -> Signed[Erased]:
        """Destroy every document read of `leaf` and sign that it is gone.

        Raises:
            NotEmpoweredHere: Signed neither by the patient's last address nor by a delegate who may erase.
            NotWhatWasSigned: The erasure is of another leaf.
        """
        self.check_erasure(signed, leaf=leaf)
        self.copies.pop(leaf, None)  # [W-007]
        return self.sign_erased(leaf)

    def check_erasure(self, signed: Signed[Erase], *, leaf: Bytes32) -> None:
        """Check that `signed` erases `leaf`, and that its signer may. Raises as `forget`."""
        message, ledger = signed.message, self._ledger
        signed.check(domains_of(ledger.deployment), signer=signed.signer)
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
