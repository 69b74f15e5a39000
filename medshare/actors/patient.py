"""A patient: she decides. Each verb signs one message; somebody else may carry it and pay."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, tzinfo

from medshare.access_request import AccessRequest, NotARequest
from medshare.actors.access_log import AccessLog, AccessLogEntry, access_log, object_to
from medshare.actors.agent import Agent
from medshare.actors.consenting import sign_consent
from medshare.actors.enrolling import answer_offer
from medshare.actors.enrolment import EnrolmentAnswer, EnrolmentOffer
from medshare.actors.erasing import ErasureReport, chase, erase, erase_all
from medshare.actors.exporting import export_log
from medshare.actors.looking import Looked, who_looked
from medshare.actors.requester import DAY
from medshare.actors.synchronising import SyncReport, synchronise
from medshare.audit.export import Export
from medshare.audit.values import NOT_RECOGNISED
from medshare.consent.actions import Action
from medshare.consent.categories import Category
from medshare.consent.document import ConsentDocument
from medshare.consent.purposes import closure, codes_of
from medshare.errors import MedShareError, NotFoundError
from medshare.gateway.dispute import Disputed, check_answer
from medshare.gateway.door import Door
from medshare.hexadecimal import ZERO_32, Address, Bytes32, to_hex
from medshare.keys.state import CapsuleCopy
from medshare.ledger import Power, Transaction
from medshare.public_records import accreditation_of
from medshare.signed import Signed
from medshare.typed_data import (
    Delegate,
    Dispute,
    Lockdown,
    Message,
    Objection,
    Receipt,
    Recovery,
    Refuse,
    Revoke,
)


class NoSuchDocument(NotFoundError):
    """Raised when the agent knows no document with this leaf."""

    code = "patient.no-such-document"
    cause = "The agent knows no document {leaf}."
    remedy = "Synchronise first; then name one of the documents that it lists."


def _no_question(consent: ConsentDocument) -> None:
    del consent


class Patient(Agent):
    """The owner of a record, with her agent."""

    # Enrolling

    def answer(
        self, offer: EnrolmentOffer, *, language: str = "en", reading_days: int | None = None
    ) -> EnrolmentAnswer:
        """Answer an institution's offer. Raises as `answer_offer`."""
        return answer_offer(self, offer, language=language, reading_days=reading_days)

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
        agreed: Callable[[ConsentDocument], None] = _no_question,
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
            agreed: Called with the consent before it leaves the agent; what it raises stops it there.

        Raises:
            NotAccredited, and the refusals of `medshare.statement`.
        """
        consent = sign_consent(
            self,
            grantee=grantee,
            categories=tuple(categories),
            purposes=closure(purposes),
            actions=actions,
            seconds=days * DAY,
            language=language,
            starts_in=starts_in,
            researcher=researcher,
        )
        agreed(consent)
        self.keep_consent(consent)  # before it leaves: what is on the chain is known here, whatever happens next
        self.door.grant(consent)
        self._hand_over(consent)
        return consent

    def inbox(self) -> tuple[AccessRequest, ...]:
        """Return the open requests that were left for the patient, opened and checked.

        What does not open, is for somebody else, names its requester otherwise than the accreditation
        record, or is not what the chain holds is passed over: one bad letter keeps nobody from the others.
        """
        found: dict[Bytes32, AccessRequest] = {}
        identities = [self.keys.inbox(epoch) for epoch in range(self.state.epoch, 0, -1)]
        for door in self.doors:
            for row in door.postbox.requests(self.address):
                try:
                    request = AccessRequest.unseal(row.sealed, identities)
                    record = accreditation_of(self.ledger, self.ledger.principal_of(request.requester).address)
                except MedShareError:
                    continue
                if request.requester_name != record.name_in("en"):  # nobody asks under another's name
                    continue
                theirs = request.patient == self.address and request.request == row.request
                if theirs and self.ledger.deadline_of(request.requester, request.digest):
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
        agreed: Callable[[ConsentDocument], None] = _no_question,
    ) -> ConsentDocument:
        """Answer a request with a consent that is equal or narrower; what is left out stays as asked.

        `agreed` is called as by `grant`.

        Raises:
            The refusals of `medshare.statement`, and of the contract for something wider.
        """
        now = self.ledger.head().time
        end = request.not_after if days is None else min(request.not_after, now + days * DAY)
        begin = max(now, request.not_before)
        consent = sign_consent(
            self,
            grantee=request.grantee,
            categories=request.categories if categories is None else tuple(categories),
            purposes=closure(codes_of(request.purposes) if purposes is None else purposes),
            actions=Action(request.actions),
            seconds=end - begin,
            language=language,
            request=request.request,
        )
        agreed(consent)
        self.keep_consent(consent)
        self.door.approve(request.opening, consent)
        self._hand_over(consent)
        return consent

    def refuse(self, request: AccessRequest, *, reason: int = 1) -> Signed[Receipt]:
        """Say no to a request. The answer is signed and receipted; it never reaches the chain.

        Raises:
            NotARequest: No door of hers holds it.
        """
        message = Refuse(request=request.request, reason=reason, at=self.clock.now())
        for door in self.doors:
            if any(row.request == request.request for row in door.postbox.requests(self.address)):
                return door.refuse(Signed.by(self.account, message, self.domains))
        raise NotARequest(why="no door of yours holds it")

    def revoke(self, consent: ConsentDocument) -> Transaction:
        """End a consent for ever: every door that hears of it refuses at once."""
        message = Revoke(patient=self.address, grantee=consent.grantee, terms=consent.terms)
        signed = Signed.by(self.account, message, self.domains)
        return self._shut(self.sign(message), lambda door: door.shelf.saw_revoke(signed))

    def lock_down(self) -> Transaction:
        """Void every consent and delegation signed until now."""
        message = Lockdown(patient=self.address, time=self.ledger.head().time)
        signed = Signed.by(self.account, message, self.domains)
        return self._shut(self.sign(message), lambda door: door.shelf.saw_lockdown(signed))

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

    def access_log(self, *, language: str = "en", timezone: tzinfo = UTC) -> AccessLog:
        """Return who looked, day by day in words, and what is wrong with the logs; nothing is raised for that."""
        return access_log(self, language=language, timezone=timezone)

    def export_log(self) -> Export:
        """Return the log of every gateway with its proofs. Raises as `medshare.actors.exporting.export_log`."""
        return export_log(self)

    def object_to(self, entry: AccessLogEntry, *, reason: int = NOT_RECOGNISED) -> Signed[Objection]:
        """Say "I do not recognise this" of an entry. Raises as `medshare.actors.access_log.object_to`."""
        return object_to(self, entry, reason=reason)

    def dispute(self, leaf: Bytes32, *, reason: int) -> None:
        """Say that a document is wrong; its provider answers or takes it back.

        Raises:
            NoSuchDocument: The agent knows no such document.
        """
        copy = self._copy(leaf)
        signed = Signed.by(self.account, Dispute(leaf=leaf, reason=reason, text_digest=ZERO_32), self.domains)
        for door in self.doors:
            if door.address == copy.gateway:
                door.postbox.take_dispute(signed)

    def disputes(self) -> tuple[Disputed, ...]:
        """Return the disputes by this address with their deadlines and answers; each answer is its provider's."""
        found = [one for some in self.through(self.doors, self._disputes_at) for one in some]
        return tuple(sorted(found, key=lambda one: (one.at, one.signed.message.leaf)))

    def _disputes_at(self, door: Door) -> list[Disputed]:
        found = []
        for one in door.postbox.disputes(self.address):
            if one.patient != self.address:
                continue
            if one.answer is not None:
                check_answer(self.ledger, one, one.answer)
            found.append(one)
        return found

    # Erasing

    def erase(self, leaf: Bytes32) -> ErasureReport:
        """Erase one document everywhere. Raises as `medshare.actors.erasing.erase`."""
        return erase(self, self._copy(leaf))

    def erase_all(self, *, recovery_signature: bytes = b"") -> ErasureReport:
        """Erase everything of this address; where a recovery address is named, it signs too."""
        return erase_all(self, recovery_signature=recovery_signature)

    def chase(self) -> tuple[tuple[Bytes32, Address], ...]:
        """Ask again whoever has not said that an erased document is gone; return who still has not."""
        return chase(self)

    def _shut(self, signed: Signed[Message], tell: Callable[[Door], None]) -> Transaction:
        """Tell every door that answers, and let the first that does not fail carry it to the chain."""
        doors = self.doors
        for door in doors:
            try:
                tell(door)
            except MedShareError:
                continue  # the chain shuts that door within one block
        return self.by_first(doors, lambda door: door.carry(signed))[1]

    def _copy(self, leaf: Bytes32) -> CapsuleCopy:
        copy = self.copies().get(leaf)
        if copy is None:
            raise NoSuchDocument(leaf=to_hex(leaf))
        return copy

    def _hand_over(self, consent: ConsentDocument) -> None:
        for door in self.doors:
            door.postbox.take_consent(consent)
        if consent.word.actions & Action.READ:
            self.leave_envelope(consent)
