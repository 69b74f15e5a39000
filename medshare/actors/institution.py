"""An institution: it enrols, writes, confirms others' writing, asks, reads, and forgets when it must."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from medshare.actors.copies import Copies
from medshare.actors.enrolment import (
    OFFER_LIFE,
    EnrolmentAnswer,
    EnrolmentOffer,
    IdentityNotChecked,
    NotWriteOnly,
    OfferExpired,
    OfferUnknown,
)
from medshare.actors.network import Network
from medshare.actors.requester import Requester
from medshare.actors.submitting import Confirmation, Submitter, TooFewVerdicts
from medshare.actors.validator import Checked, Validator
from medshare.actors.writer import Anchoring, Period, Upload, Writer, Written
from medshare.age import HybridIdentity
from medshare.clock import Clock
from medshare.consent.actions import Action
from medshare.gateway import Gateway
from medshare.gateway.dispute import Outcome
from medshare.gateway.door import Door
from medshare.gateway.errors import NotWhatWasSigned
from medshare.gateway.values import ErasureSeen
from medshare.hexadecimal import Address, Bytes32, to_hex
from medshare.intake import Document, Intake, take_in
from medshare.keys.account import AccountKey
from medshare.keys.directory import Place
from medshare.ledger import Ledger, Role, Transaction
from medshare.outbox.report import Resumed
from medshare.outbox.tending import tend
from medshare.signed import Signed, check_at, consent_message, domains_of
from medshare.typed_data import Confirm, Erase, Erased, Join, Reject, Settle
from medshare.vault import OfferRow, RowMissing, SubmissionRow

WRONG_PATIENT = 1
"""Reason of a retraction: the document was filed under the wrong patient."""

PATIENT_DISPUTED = 2
"""Reason of a retraction: the patient disputed the document and the provider agrees."""


class Institution(Requester):
    """A hospital, clinic or laboratory with its desk, staff, gateway and key service.

    Args:
        account: The accredited account.
        identity: The key that envelopes are sealed to; `publish_key` puts it on the chain.
        gateway: The institution's own gateway.
        url: Where the gateway answers.
        network: The doors of others.
        ledger, clock, entropy: The chain, the time, the randomness.
        copies: Where documents that it reads are kept; in memory if left out.
    """

    def __init__(
        self,
        *,
        account: AccountKey,
        identity: HybridIdentity,
        gateway: Gateway,
        url: str,
        network: Network,
        ledger: Ledger,
        clock: Clock,
        entropy: Callable[[int], bytes] = secrets.token_bytes,
        copies: Copies | None = None,
    ) -> None:
        super().__init__(
            account=account,
            identity=identity,
            url=url,
            network=network,
            ledger=ledger,
            clock=clock,
            entropy=entropy,
            copies=copies,
        )
        self.gateway = gateway
        self._acts = gateway.office.outbox
        self.staff: dict[Address, AccountKey] = {}
        self._writer = Writer(account, gateway, ledger, clock, entropy, url=url)
        self._validator = Validator(account, gateway, ledger, clock)
        self._submitter = Submitter(account, gateway, ledger, network, self._writer, url)

    # The desk

    def add_staff(self, staff: AccountKey, *, roles: Role = Role.NONE) -> Transaction:
        """Take a staff account in; it signs `Join` itself."""
        at = self._ledger.head().time
        message = Join(institution=self.address, staff=staff.address, roles=int(roles), at=at)
        signed = Signed.by(staff, message, domains_of(self._ledger.deployment))
        done = self._acts.add_staff(
            staff=staff.address, roles=roles, at=at, signature=signed.signature, sender=self.account
        )
        self.staff[staff.address] = staff
        return done

    def remove_staff(self, staff: Address) -> Transaction:
        """Dismiss a staff account: shut out from the next block on."""
        self.staff.pop(staff, None)
        return self._acts.remove_staff(staff=staff, sender=self.account)

    def offer_enrolment(self) -> EnrolmentOffer:
        """Return what the desk shows to a person."""
        domains = domains_of(self._ledger.deployment)
        offer = EnrolmentOffer(
            institution=self.address,
            url=self.url,
            chain_id=domains.chain_id,
            registry=domains.participants,
            nonce=self._entropy(32),
            expiry=self._clock.now() + OFFER_LIFE,
        )
        self.gateway.office.vault.put(OfferRow(nonce=offer.nonce, institution=self.address, expiry=offer.expiry))
        return offer

    def enrol(self, answer: EnrolmentAnswer, *, identity_checked: bool) -> None:
        """Accept a person's answer: register her if she is new, keep directory and consents. No gas is hers.

        Raises:
            IdentityNotChecked: The staff did not check who she is.
            OfferUnknown, OfferExpired: The answer is to no open offer.
            NotWriteOnly: The first consent is another one.
            NotWhatWasSigned: A part is of another person, for another institution, or for another key.
            The errors of typed data, of directories, of statements and of the contracts. Nothing was kept.
        """
        message = answer.enrol.message
        if not identity_checked:
            raise IdentityNotChecked
        offer = self.gateway.office.vault.get(OfferRow, nonce=message.nonce)
        if offer is None or message.institution != self.address:
            raise OfferUnknown
        if self._clock.now() >= offer.expiry or message.expiry != offer.expiry:
            raise OfferExpired
        if not answer.consents or answer.consents[0].word.actions != Action.WRITE:
            raise NotWriteOnly
        if message.institution_key != self._ledger.digest_of(self.address):
            raise NotWhatWasSigned(what="institution's key")
        self._check_parts(answer)
        self._take_offer(message.nonce, message.patient)
        self.gateway.postbox.take_directory(answer.directory, answer.enrol)
        self.gateway.postbox.keep_enrolment(answer.enrol, at=self._clock.now())
        if answer.register is not None and self._ledger.digest_of(message.patient) != message.directory:
            self.gateway.carry(answer.register)
        for consent in answer.consents:
            self.gateway.grant(consent)
        # Until here the same answer may come again, and goes on where it was stopped.
        self.gateway.office.vault.destroy(OfferRow, nonce=message.nonce)

    def _take_offer(self, nonce: Bytes32, patient: Address) -> None:
        """Let one person answer an offer, and nobody after her.

        Raises:
            OfferUnknown: Another one has answered it.
        """
        with self.gateway.office.vault.transaction() as rows:
            offer = rows.get(OfferRow, nonce=nonce)
            if offer is None or offer.patient not in {None, patient}:
                raise OfferUnknown
            if offer.patient is None:
                rows.put(replace(offer, seq=offer.seq + 1, patient=patient))  # [U-016]

    def _check_parts(self, answer: EnrolmentAnswer) -> None:
        """Check that every part of an answer is of the same person and for this institution, before one is kept."""
        message, register = answer.enrol.message, answer.register
        check_at(answer.enrol, self._ledger, signer=message.patient)
        if register is None:
            if self._ledger.digest_of(message.patient) != message.directory:
                raise NotWhatWasSigned(what="directory")
        else:
            check_at(register, self._ledger, signer=message.patient)
            if (register.message.patient, register.message.directory) != (message.patient, message.directory):
                raise NotWhatWasSigned(what="registration")
        for consent in answer.consents:
            if (consent.patient, consent.signer, consent.grantee) != (message.patient, message.patient, self.address):
                raise NotWhatWasSigned(what="consent")
            self.gateway.postbox.check_consent(consent)
            signed = Signed(message=consent_message(consent), signer=consent.signer, signature=consent.signature)
            check_at(signed, self._ledger, signer=consent.signer)

    # Writing

    def intake(self, bundle: bytes | Path) -> Intake:
        """Read, check, label and split a FHIR Bundle; nothing is sealed yet."""
        return take_in(bundle, entropy=self._entropy)

    def upload(self, patient: Address, intake: Intake, progress: Callable[[], None] = lambda: None) -> Upload:
        """Seal and deposit the documents of an intake. Raises as `Writer.upload`."""
        return self._writer.upload(patient, intake.documents, progress)

    def upload_as(self, patient: Address, documents: Mapping[Bytes32, Document]) -> Upload:
        """Seal and deposit documents under record ids that were chosen before. Raises as `Writer.upload`."""
        return self._writer.upload(patient, documents.values(), record_ids=tuple(documents))

    def amend(self, leaf: Bytes32, text: bytes) -> Upload:
        """Seal a new version of an own document. Raises as `Writer.amend`."""
        return self._writer.amend(leaf, text)

    def written(self, leaf: Bytes32) -> Written:
        """Return what is remembered of an own document. Raises as `Writer.written`."""
        return self._writer.written(leaf)

    def anchor(self) -> Anchoring:
        """Close the period and put its root on the chain. Raises as `Writer.anchor`."""
        return self._writer.anchor()

    @property
    def waiting(self) -> tuple[Bytes32, ...]:
        """The leaves that are deposited and wait for an anchor."""
        return self._writer.waiting

    def resume(self, *, older_than: int = 0) -> tuple[Resumed, Resumed]:
        """Complete what an earlier process of this institution began; count the documents, then the periods.

        `older_than` leaves alone what was taken in less than so many seconds ago: its process may be alive.
        What the gateway carried for patients is completed by `Gateway.resume`.
        """
        found = self._writer.resume(older_than=older_than)
        tend(self.gateway.office.outbox, [self.account])
        return found

    def submit(self, period: Period, validators: Iterable[Place]) -> Confirmation:
        """Leave a period at the doors of validators; `collect_verdicts` goes on. Raises as `Submitter.submit`."""
        return self._submitter.submit(period, validators)

    def unconfirmed(self) -> tuple[Period, ...]:
        """Return the periods that were submitted and are not confirmed yet."""
        return self._submitter.periods()

    def collect_verdicts(self, period: Period) -> Confirmation:
        """Confirm a period once enough validators signed; without a rejected leaf if need be.

        Raises:
            As `Submitter.collect`.
        """
        return self._submitter.collect(period)

    def seek_confirmation(self, period: Period, validators: Iterable[Institution]) -> Transaction:
        """Have a period confirmed by validators in this very process, each checking it at once.

        Raises:
            As `Submitter.collect`.
            TooFewVerdicts: Not enough of them confirm it.
        """
        asked = tuple(validators)
        found = self.submit(period, [Place(account=one.address, url=one.url) for one in asked])
        while found.transaction is None:
            for one in asked:
                one.check_submissions()
            last, found = found.period.root, self.collect_verdicts(found.period)
            if found.transaction is None and found.period.root == last:
                needed = self._ledger.quorum()
                raise TooFewVerdicts(root=to_hex(last), needed=needed, found=len(found.confirmed))
        return found.transaction

    def check_submissions(self) -> Checked:
        """Give a verdict on every period that others left here. Raises as `Validator.check_submissions`."""
        return self._validator.check_submissions(self._network)

    def validate(self, period: Period, *, source: Door) -> Signed[Confirm] | Signed[Reject]:
        """Check another institution's period and answer with a signature. Raises as `Validator.validate`."""
        return self._validator.validate(period.submission, period.items, period.superseded, source=source)

    def retract(self, leaf: Bytes32, *, reason: int) -> Transaction:
        """Take an own document back. Whoever read it hears of it from the chain: `Requester.retracted`.

        Raises:
            NotWritten: Another wrote it.
        """
        self._writer.written(leaf)
        return self._acts.retract(leaf=leaf, reason=reason, sender=self.account)

    def answer_dispute(self, leaf: Bytes32, outcome: Outcome) -> Transaction | None:
        """Answer a patient's dispute of an own document; return the transaction, None where the document stands.

        Raises:
            RowMissing: Nobody disputes it.
        """
        found = next(
            (one for one in self.gateway.postbox.disputes(self.address) if one.signed.message.leaf == leaf), None
        )
        if found is None or found.provider != self.address:
            raise RowMissing(kind="dispute")
        done = None
        if outcome is Outcome.TAKEN_BACK and self._ledger.closed_by(self.address, leaf) == 0:
            reason = WRONG_PATIENT if found.signed.message.reason == WRONG_PATIENT else PATIENT_DISPUTED
            done = self.retract(leaf, reason=reason)
        domains = domains_of(self._ledger.deployment)
        message = Settle(leaf=leaf, dispute=found.signed.digest(domains), outcome=int(outcome), at=self._clock.now())
        self.gateway.postbox.settle_dispute(Signed.by(self.account, message, domains))
        return done

    def settle_disputes(self) -> tuple[Bytes32, ...]:
        """Take back what patients dispute of this institution's documents, and say so; return the leaves."""
        leaves = []
        for dispute in self.gateway.postbox.disputes(self.address):
            leaf = dispute.signed.message.leaf
            if dispute.answer is None and self._ledger.closed_by(self.address, leaf) == 0:
                self.answer_dispute(leaf, Outcome.TAKEN_BACK)
                leaves.append(leaf)
        return tuple(leaves)

    # Forgetting

    def forget(self, signed: Signed[Erase], *, leaf: Bytes32) -> Signed[Erased]:
        """Destroy body, capsule and every document read of `leaf`, and sign that they are gone.

        Raises:
            NotEmpoweredHere, NotWhatWasSigned: As for every holder.
        """
        self.check_erasure(signed, leaf=leaf)
        self.gateway.shelf.erase(signed)  # [W-007]
        return super().forget(signed, leaf=leaf)

    @property
    def sources(self) -> tuple[str, ...]:
        """The doors of whom this institution read from, and of those whose periods it checked."""
        rows = self.gateway.office.vault.find(SubmissionRow)
        return tuple(dict.fromkeys((*super().sources, *(row.source for row in rows if row.provider != self.address))))

    def _destroy(self, notice: ErasureSeen) -> None:
        """Destroy what is here of an erased document: what was read, and what was kept as a validator."""
        if notice.signed is not None:
            self.gateway.shelf.erase(notice.signed)
        self.gateway.shelf.sweep()
        super()._destroy(notice)
