"""A patient: she decides. Each verb signs one message; somebody else may carry it and pay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from medshare.access_request import AccessRequest, NotARequest
from medshare.actors.agent import DOOR, Agent
from medshare.actors.enrolment import EnrolmentAnswer, EnrolmentOffer, OfferExpired, OfferForeign
from medshare.actors.looking import Looked, who_looked
from medshare.actors.public_records import accreditation_of, key_document_of
from medshare.actors.requester import DAY
from medshare.actors.synchronising import SyncReport, synchronise
from medshare.consent.actions import Action
from medshare.consent.categories import Category
from medshare.consent.document import ConsentDocument
from medshare.consent.presets import ENROLMENT, EVERYTHING_FOR_MY_CARE
from medshare.consent.purposes import closure, codes_of
from medshare.consent.word import LONGEST
from medshare.errors import NotFoundError
from medshare.gateway import Gateway
from medshare.gateway.errors import DirectoryUnknown
from medshare.hexadecimal import ZERO_32, Address, Bytes32, to_hex
from medshare.keys.directory import KeyDirectory
from medshare.keys.state import CapsuleCopy, Enrolment
from medshare.ledger import Power, Role, Transaction
from medshare.signed import Signed
from medshare.statement import check, draft
from medshare.typed_data import (
    Consent,
    Delegate,
    Dispute,
    Enrol,
    Erase,
    EraseAll,
    Lockdown,
    Receipt,
    Recovery,
    Refuse,
    Register,
    Revoke,
    sign,
)


class NoSuchDocument(NotFoundError):
    """Raised when the agent knows no document with this leaf."""

    code = "patient.no-such-document"
    cause = "The agent knows no document {leaf}."
    remedy = "Synchronise first; then name one of the documents that it lists."


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureReport:
    """Who said that nothing is left of a document, and who has not answered."""

    transaction: Transaction
    acknowledged: tuple[Address, ...]
    unanswered: tuple[Address, ...]


class Patient(Agent):
    """The owner of a record, with her agent."""

    # Enrolling

    def answer(
        self, offer: EnrolmentOffer, *, language: str = "en", reading_days: int | None = None
    ) -> EnrolmentAnswer:
        """Answer an institution's offer: who I am, where my keys are, and that it may write.

        Args:
            offer: What the desk shows.
            language: Of the statements: "en" or "zh-Hant".
            reading_days: Also let it read everything for my care that is not sensitive, for so long.

        Raises:
            OfferForeign, OfferExpired: The offer is for another deployment, or too old.
        """
        domains = self.domains
        if (offer.chain_id, offer.registry) != (domains.chain_id, domains.participants):
            raise OfferForeign
        if self.clock.now() >= offer.expiry:
            raise OfferExpired
        key = key_document_of(self.ledger, offer.institution).digest
        registered = self.ledger.account(self.address).has(Role.PATIENT)
        self.note(f"{DOOR}{offer.institution}", offer.url)
        directory = self.directory() if not registered else self._published(offer)
        enrol = Enrol(
            patient=self.address,
            institution=offer.institution,
            nonce=offer.nonce,
            directory=directory.digest,
            institution_key=key,
            expiry=offer.expiry,
        )
        register = None if registered else Register(patient=self.address, directory=directory.digest)
        consents = [
            self._sign_consent(
                grantee=offer.institution,
                categories=ENROLMENT.categories,
                purposes=ENROLMENT.purposes,
                actions=ENROLMENT.actions,
                seconds=LONGEST,
                language=language,
            )
        ]
        if reading_days is not None:
            preset = EVERYTHING_FOR_MY_CARE
            consents.append(
                self._sign_consent(
                    grantee=offer.institution,
                    categories=preset.categories,
                    purposes=preset.purposes,
                    actions=preset.actions,
                    seconds=reading_days * DAY,
                    language=language,
                )
            )
        self._remember_enrolment(offer, key)
        for consent in consents:
            self.keep_consent(consent)
        return EnrolmentAnswer(
            enrol=Signed.by(self.account, enrol, domains),
            register=None if register is None else Signed.by(self.account, register, domains),
            directory=directory.to_bytes(),
            consents=tuple(consents),
        )

    # Deciding

    def grant(
        self,
        grantee: Address,
        *,
        categories: Iterable[Category],
        purposes: Iterable[str],
        days: int,
        actions: Action = Action.READ,
        language: str = "en",
        starts_in: int = 0,
        researcher: Address | None = None,
    ) -> ConsentDocument:
        """Sign a consent, have it carried, and give the grantee its keys.

        Args:
            grantee: An accredited account.
            categories: What; a sensitive one stands alone.
            purposes: HL7 codes; what they permit is added.
            days: Until when, from the beginning.
            actions: What the grantee may do.
            language: Of the statement.
            starts_in: Seconds from now to the beginning.
            researcher: For whom a processor works.

        Raises:
            NotAccredited, and the refusals of `medshare.statement`.
        """
        consent = self._sign_consent(
            grantee=grantee,
            categories=tuple(categories),
            purposes=closure(purposes),
            actions=actions,
            seconds=days * DAY,
            language=language,
            starts_in=starts_in,
            researcher=researcher,
        )
        self.door.grant(consent)
        self._hand_over(consent)
        return consent

    def inbox(self) -> tuple[AccessRequest, ...]:
        """Return the open requests that were left for the patient, opened and checked.

        Raises:
            NotARequest: One is for somebody else or does not match what the chain holds.
        """
        found: dict[Bytes32, AccessRequest] = {}
        identities = [self.keys.inbox(epoch) for epoch in range(self.state.epoch, 0, -1)]
        for door in self.doors:
            for row in door.postbox.requests(self.address):
                request = AccessRequest.unseal(row.sealed, identities)
                if request.patient != self.address or request.request != row.request:
                    raise NotARequest(why="it does not match what the chain holds")
                if self.ledger.deadline_of(request.requester, request.digest):
                    found[request.request] = request
        return tuple(found.values())

    def approve(
        self,
        request: AccessRequest,
        *,
        categories: Iterable[Category] | None = None,
        purposes: Iterable[str] | None = None,
        days: int | None = None,
        language: str = "en",
    ) -> ConsentDocument:
        """Answer a request with a consent that is equal or narrower; what is left out stays as asked.

        Raises:
            The refusals of `medshare.statement`, and of the contract for something wider.
        """
        now = self.ledger.head().time
        end = request.not_after if days is None else min(request.not_after, now + days * DAY)
        begin = max(now, request.not_before)
        consent = self._sign_consent(
            grantee=request.grantee,
            categories=request.categories if categories is None else tuple(categories),
            purposes=closure(codes_of(request.purposes) if purposes is None else purposes),
            actions=Action(request.actions),
            seconds=end - begin,
            language=language,
            request=request.request,
        )
        self.door.approve(request.opening, consent)
        self._hand_over(consent)
        return consent

    def refuse(self, request: AccessRequest, *, reason: int = 1) -> Signed[Receipt]:
        """Say no to a request. The answer is signed and receipted; it never reaches the chain."""
        message = Refuse(request=request.request, reason=reason, at=self.clock.now())
        for door in self.doors:
            if any(row.request == request.request for row in door.postbox.requests(self.address)):
                return door.refuse(Signed.by(self.account, message, self.domains))
        raise NotARequest(why="no door of yours holds it")

    def revoke(self, consent: ConsentDocument) -> Transaction:
        """End a consent for ever: every door that hears of it refuses at once."""
        message = Revoke(patient=self.address, grantee=consent.grantee, terms=consent.terms)
        signed = Signed.by(self.account, message, self.domains)
        for door in self.doors[1:]:
            door.shelf.saw_revoke(signed)
        return self.door.carry(self.sign(message))

    def lock_down(self) -> Transaction:
        """Void every consent and delegation signed until now."""
        message = Lockdown(patient=self.address, time=self.ledger.head().time)
        signed = Signed.by(self.account, message, self.domains)
        for door in self.doors[1:]:
            door.shelf.saw_lockdown(signed)
        return self.door.carry(self.sign(message))

    def name_recovery(self, recovery: Address) -> Transaction:
        """Name the address that alone may move this one to another."""
        seq = self.ledger.account(self.address).seq + 1
        return self.door.carry(self.sign(Recovery(patient=self.address, recovery=recovery, seq=seq)))

    def delegate(self, to: Address, powers: Power, *, days: int) -> Transaction:
        """Let somebody act for the patient, with these powers, for so long; no powers withdraw."""
        now = self.ledger.head().time
        message = Delegate(
            patient=self.address,
            delegate=to,
            powers=int(powers),
            issued_at=now,
            not_after=now + days * DAY,
            seq=self.ledger.account(self.address).seq + 1,
        )
        return self.door.carry(self.sign(message))

    # Knowing

    def sync(self) -> SyncReport:
        """Open what is new, dispute what does not open, rotate keys, sign catalogues, save the state."""
        return synchronise(self)

    def who_looked(self) -> tuple[Looked, ...]:
        """Return who looked or was refused, oldest first; every line of receipts is checked."""
        return who_looked(self)

    def dispute(self, leaf: Bytes32, *, reason: int) -> None:
        """Say that a document is wrong; its provider answers or takes it back.

        Raises:
            NoSuchDocument: The agent knows no such document.
        """
        copy = self._copy(leaf)
        signed = Signed.by(self.account, Dispute(leaf=leaf, reason=reason, text_digest=ZERO_32), self.domains)
        for door in self.doors:
            if door.address == copy.gateway:
                door.postbox.take_dispute(signed, patient=self.address, provider=copy.provider)

    # Erasing

    def erase(self, leaf: Bytes32) -> ErasureReport:
        """Erase one document everywhere: doors first, then the chain, then every holder. [W-007]

        Raises:
            NoSuchDocument: The agent knows no such document.
        """
        copy = self._copy(leaf)
        message = Erase(patient=copy.patient, inner=copy.inner)
        signed = Signed.by(self.account, message, self.domains)
        holders = {holder for door in self.doors for holder in door.shelf.holders(leaf)}
        home = next(door for door in self.doors if door.address == copy.gateway)
        path = self.ledger.path_of(copy.patient)
        transaction = home.carry(self.sign(message), path=path)
        self.state = replace(self.state, capsules=tuple(kept for kept in self.state.capsules if kept.leaf != leaf))
        return self._gather(home, signed, leaf, sorted(holders), transaction)

    def erase_all(self, *, recovery_signature: bytes = b"") -> Transaction:
        """Erase everything of this address; where a recovery address is named, it signs too."""
        message = EraseAll(patient=self.address)
        for door in self.doors[1:]:
            door.erase(self.sign(message))
        transaction = self.door.carry(self.sign(message), recovery_signature=recovery_signature)
        self.state = replace(self.state, capsules=())
        return transaction

    def _gather(
        self,
        home: Gateway,
        signed: Signed[Erase],
        leaf: Bytes32,
        holders: Sequence[Address],
        transaction: Transaction,
    ) -> ErasureReport:
        unanswered = []
        for account in holders:
            holder = self.network.holder(account)
            if holder is None:
                unanswered.append(account)
            else:
                home.shelf.acknowledge(holder.forget(signed, leaf=leaf))
        return ErasureReport(
            transaction=transaction,
            acknowledged=tuple(sorted(home.shelf.acknowledged(leaf))),
            unanswered=tuple(unanswered),
        )

    def _copy(self, leaf: Bytes32) -> CapsuleCopy:
        copy = self.copies().get(leaf)
        if copy is None:
            raise NoSuchDocument(leaf=to_hex(leaf))
        return copy

    def _sign_consent(
        self,
        *,
        grantee: Address,
        categories: tuple[Category, ...],
        purposes: int,
        actions: Action,
        seconds: int,
        language: str,
        starts_in: int = 0,
        request: Bytes32 = ZERO_32,
        researcher: Address | None = None,
    ) -> ConsentDocument:
        now = self.ledger.head().time
        record = accreditation_of(self.ledger, grantee)
        worked_for = None if researcher is None else accreditation_of(self.ledger, researcher)
        custodians = [place.account for place in self.custodians]
        unsigned = draft(
            chain_id=self.domains.chain_id,
            registry=self.domains.consents,
            patient=self.address,
            grantee=record,
            categories=categories,
            purposes=purposes,
            actions=actions,
            not_before=now + starts_in,
            not_after=now + starts_in + seconds,
            issued_at=now,
            language=language,
            custodians=custodians,
            request=request,
            researcher=worked_for,
            entropy=self.entropy,
        )
        check(
            unsigned,
            record=record.to_bytes(),
            custodians=custodians,
            researcher_record=None if worked_for is None else worked_for.to_bytes(),
        )
        return replace(unsigned, signature=sign(consent_message(unsigned), self.domains, self.account))

    def _hand_over(self, consent: ConsentDocument) -> None:
        for door in self.doors:
            door.postbox.take_consent(consent)
        self.keep_consent(consent)
        if consent.word.actions & Action.READ:
            self.leave_envelope(consent)

    def _published(self, offer: EnrolmentOffer) -> KeyDirectory:
        """Return the directory that is on the chain; this institution joins it at the next sync.

        Raises:
            DirectoryUnknown: No other door has it.
        """
        for door in self.doors:
            if door.office.institution != offer.institution and door.postbox.enrolled(self.address):
                return door.postbox.directory(self.address)
        raise DirectoryUnknown(patient=self.address)

    def _remember_enrolment(self, offer: EnrolmentOffer, key: Bytes32) -> None:
        row = Enrolment(
            patient=self.address,
            institution=offer.institution,
            name=accreditation_of(self.ledger, offer.institution).name_in("en"),
            key=key,
            at=self.clock.now(),
        )
        self.state = replace(self.state, enrolments=(*self.state.enrolments, row))


def consent_message(document: ConsentDocument) -> Consent:
    """Return the message that the patient signs for `document`."""
    word = document.word
    return Consent(
        patient=document.patient,
        grantee=document.grantee,
        scope=word.scope,
        purposes=word.purposes,
        actions=word.actions,
        not_before=word.not_before,
        not_after=word.not_after,
        issued_at=word.issued_at,
        request=document.request,
        statement=document.statement,
    )
