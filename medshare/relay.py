"""Who sends whose signed message: a relay pays the gas, the signature decides.

A relay can delay, never forge: the patient may send the same bytes by any other relay or by
herself. A custodian must carry the revocation, the lockdown and the erasure of *any* patient; the
rest it carries for the patients whom it enrolled or who chose it (design, section 2).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from medshare.consent.document import ConsentDocument
from medshare.consent.terms import Opening, statement_hash
from medshare.digest import keccak
from medshare.errors import InputError, MedShareError, RefusedError, UnreachableError
from medshare.hexadecimal import Address, Bytes32
from medshare.ledger import Acts, BlockGone, Ledger, NoFunds, Power, Role, Signer, Transaction, WrongChain
from medshare.relay_budget import Budget
from medshare.signed import Signed, consent_message, domains_of, is_keys
from medshare.typed_data import (
    Delegate,
    Directory,
    Erase,
    EraseAll,
    Lockdown,
    Message,
    Recovery,
    Register,
    Revoke,
    digest,
)

S = TypeVar("S")
D = TypeVar("D")


class NotCarried(RefusedError):
    """Raised when a relay does not pay for somebody it does not know."""

    code = "relay.not-carried"
    cause = "This relay carries a {kind} only for patients whom it enrolled or who chose it."
    remedy = "Register first, or send the same signed bytes by another relay or by an account of your own."


class NothingToRelay(InputError):
    """Raised for a message that no contract takes."""

    code = "relay.nothing-to-relay"
    cause = "No contract takes a {kind}."
    remedy = "Hand it to the gateway; only messages for the chain are relayed."


class _Act(Protocol):
    """One act on the contracts, to be tried out and then to be done."""

    def __call__(self, acts: Acts[S, D], sender: S, /) -> D:
        """Do with it what `acts` does."""
        ...


class Relay:
    """Sends signed messages and pays for them, once for each and within a budget.

    Args:
        ledger: The chain.
        payer: The account that pays.
        knows: Whether the relay's institution enrolled this patient, or is one of her custodians.
        budget: How much it pays for one patient.
        acts: How it sends: the outbox, which carries out once what comes twice.
    """

    def __init__(
        self,
        ledger: Ledger,
        payer: Signer,
        knows: Callable[[Address], bool],
        budget: Budget,
        acts: Acts[Signer, Transaction],
    ) -> None:
        self._ledger = ledger
        self._acts = acts
        self._payer = payer
        self._knows = knows
        self._budget = budget

    def carry(
        self,
        signed: Signed[Message],
        *,
        path: Sequence[Address] = (),
        recovery_signature: bytes = b"",
        acts: Acts[Signer, Transaction] | None = None,
    ) -> Transaction:
        """Send a signed message and return the mined transaction.

        Args:
            signed: What to send.
            acts: How it is sent this time; as everything else if left out.
            path: For `Erase` and `EraseAll`: the successors of the patient, hers left out.
            recovery_signature: For `EraseAll`: the recovery address's, where one is named.

        Raises:
            NotCarried: It shuts no door, and the patient is unknown here; or nobody knows the patient.
            NothingToRelay: No contract takes it.
            OverBudget: The relay has paid enough for this patient today.
            Reverted: The contract refuses; nothing was paid, since it is tried out first.
        """
        message = signed.message
        domains = domains_of(self._ledger.deployment)
        # What a contract wallet accepts goes through the entries that ask it (decision record 0001).
        known, by_key = signed.digest(domains), is_keys(signed, domains)
        if isinstance(message, Revoke | Lockdown):
            self._check_patient(message)
            shut = message

            def act(acts: Acts[S, D], sender: S) -> D:
                return _shut(acts, sender, shut, signed, own=by_key and signed.signer == shut.patient)

            return self._pay(act, patient=message.patient, shuts=True, known=known, acts=acts)  # [Y-001]
        if isinstance(message, Erase | EraseAll):
            self._check_patient(message)
            erasure = message

            def erase(acts: Acts[S, D], sender: S) -> D:
                own = by_key and signed.signer == (path[-1] if path else erasure.patient)
                return _erase(acts, sender, erasure, signed, path, recovery_signature, own=own)

            return self._pay(erase, patient=message.patient, shuts=True, known=known, acts=acts)  # [Y-001]
        if isinstance(message, Register | Directory | Recovery | Delegate):
            self.check_known(message.patient, message)
            change = message

            def alter(acts: Acts[S, D], sender: S) -> D:
                return _change(acts, sender, change, signed.signature, by_key=by_key)

            return self._pay(alter, patient=message.patient, shuts=False, known=known, acts=acts)
        raise NothingToRelay(kind=type(message).__name__)

    def grant(self, document: ConsentDocument, *, acts: Acts[Signer, Transaction] | None = None) -> Transaction:
        """Send the consent of `document`, which the caller has checked; `acts` as for `carry`.

        Raises:
            NotCarried: The patient is unknown here.
            OverBudget: As `carry`.
            Reverted: The contract refuses it.
        """
        self.check_known(document.patient, document)
        own = self._is_own(document)

        def act(acts: Acts[S, D], sender: S) -> D:
            return _grant(acts, sender, document, own=own)

        return self._pay(act, patient=document.patient, shuts=False, known=self._known(b"grant", document), acts=acts)

    def approve(
        self, opening: Opening, document: ConsentDocument, *, acts: Acts[Signer, Transaction] | None = None
    ) -> Transaction:
        """Send the consent that answers `opening`: it is granted and the request closed at once; `acts` as for `carry`.

        Raises:
            NotCarried: The patient is unknown here.
            OverBudget: As `carry`.
            Reverted: The contract refuses it; a consent wider than the request, for one.
        """
        self.check_known(document.patient, document)
        own = self._is_own(document)

        def act(acts: Acts[S, D], sender: S) -> D:
            return _approve(acts, sender, opening, document, own=own)

        return self._pay(act, patient=document.patient, shuts=False, known=self._known(b"approve", document), acts=acts)

    def _pay(
        self, act: _Act, *, patient: Address, shuts: bool, known: Bytes32, acts: Acts[Signer, Transaction] | None
    ) -> Transaction:
        """Try the act out, count it, and do it; what was carried before is not paid for again."""
        before = self._budget.carried(known)
        done = None if before is None else self._ledger.mined(before)
        if done is not None:  # [H-014]
            return done
        estimate = act(self._ledger.dry_run, self._payer.address)  # [H-012]
        self._budget.reserve(patient, shuts=shuts, gas=estimate.gas, message=known)
        try:
            transaction = act(acts or self._acts, self._payer)
        except (UnreachableError, NoFunds, WrongChain, BlockGone):
            raise  # it waits, and its next try is the same transaction
        except MedShareError:
            self._budget.release(known)
            raise
        self._budget.note(known, transaction.hash)
        return transaction

    def _is_own(self, document: ConsentDocument) -> bool:
        """Return whether the patient's own key signed; for a delegate or a contract wallet there is another entry."""
        signed = Signed(message=consent_message(document), signer=document.signer, signature=document.signature)
        return document.signer == document.patient and is_keys(signed, domains_of(self._ledger.deployment))

    def _known(self, verb: bytes, document: ConsentDocument) -> Bytes32:
        return keccak(verb + digest(consent_message(document), domains_of(self._ledger.deployment)))

    def _check_patient(self, message: Revoke | Lockdown | Erase | EraseAll) -> None:
        """Refuse addresses that anybody makes up by the thousand: the relay's ether would pay for each."""
        # An address that moved is still a patient's: its documents can be erased.
        if Role.PATIENT in self._ledger.account(message.patient).roles:
            return
        if isinstance(message, Revoke):
            status = self._ledger.consent_of(message.patient, message.grantee, message.terms)
            if status.granted:
                return
        raise NotCarried(kind=type(message).__name__)

    def check_known(self, patient: Address, what: Message | ConsentDocument) -> None:
        """Check that the relay carries for `patient` what shuts no door.

        Raises:
            NotCarried: The patient is unknown here.
        """
        if not self._knows(patient):  # [Y-002]
            raise NotCarried(kind=type(what).__name__)


def _shut(acts: Acts[S, D], sender: S, message: Revoke | Lockdown, signed: Signed[Message], *, own: bool) -> D:
    patient, signature = message.patient, signed.signature
    if isinstance(message, Revoke):
        grantee, terms = message.grantee, message.terms
        if own:
            return acts.revoke_by_sig(patient=patient, grantee=grantee, terms=terms, signature=signature, sender=sender)
        return acts.revoke_signed_by(
            signer=signed.signer, patient=patient, grantee=grantee, terms=terms, signature=signature, sender=sender
        )
    if own:
        return acts.lockdown_by_sig(patient=patient, time=message.time, signature=signature, sender=sender)
    return acts.lockdown_signed_by(
        signer=signed.signer, patient=patient, time=message.time, signature=signature, sender=sender
    )


def _erase(
    acts: Acts[S, D],
    sender: S,
    message: Erase | EraseAll,
    signed: Signed[Message],
    path: Sequence[Address],
    recovery_signature: bytes,
    *,
    own: bool,
) -> D:
    patient, signature = message.patient, signed.signature
    if isinstance(message, Erase):
        if own:
            return acts.erase_by_sig(
                patient=patient, path=path, inner=message.inner, signature=signature, sender=sender
            )
        return acts.erase_signed_by(
            signer=signed.signer, patient=patient, path=path, inner=message.inner, signature=signature, sender=sender
        )
    if own:
        return acts.erase_all_by_sig(
            patient=patient, path=path, signature=signature, recovery_signature=recovery_signature, sender=sender
        )
    return acts.erase_all_signed_by(
        signer=signed.signer,
        patient=patient,
        path=path,
        signature=signature,
        recovery_signature=recovery_signature,
        sender=sender,
    )


def _change(
    acts: Acts[S, D], sender: S, message: Register | Directory | Recovery | Delegate, signature: bytes, *, by_key: bool
) -> D:
    patient = message.patient
    match message:
        case Register():
            return (acts.register_by_sig if by_key else acts.register_by_wallet)(
                patient=patient, directory=message.directory, signature=signature, sender=sender
            )
        case Directory():
            return (acts.set_directory_by_sig if by_key else acts.set_directory_by_wallet)(
                patient=patient, digest=message.digest, seq=message.seq, signature=signature, sender=sender
            )
        case Recovery():
            return (acts.set_recovery_by_sig if by_key else acts.set_recovery_by_wallet)(
                patient=patient, recovery=message.recovery, seq=message.seq, signature=signature, sender=sender
            )
    return (acts.delegate_by_sig if by_key else acts.delegate_by_wallet)(
        patient=patient,
        to=message.delegate,
        powers=Power(message.powers),
        issued_at=message.issued_at,
        not_after=message.not_after,
        seq=message.seq,
        signature=signature,
        sender=sender,
    )


def _grant(acts: Acts[S, D], sender: S, document: ConsentDocument, *, own: bool) -> D:
    word, statement = document.word.pack(), statement_hash(document.statement)
    if own:
        return acts.grant_by_sig(
            patient=document.patient,
            grantee=document.grantee,
            word=word,
            request=document.request,
            statement_hash=statement,
            signature=document.signature,
            sender=sender,
        )
    return acts.grant_signed_by(
        signer=document.signer,
        patient=document.patient,
        grantee=document.grantee,
        word=word,
        request=document.request,
        statement_hash=statement,
        signature=document.signature,
        sender=sender,
    )


def _approve(acts: Acts[S, D], sender: S, opening: Opening, document: ConsentDocument, *, own: bool) -> D:
    word, statement = document.word.pack(), statement_hash(document.statement)
    if own:
        return acts.approve(
            opening=opening, word=word, statement_hash=statement, signature=document.signature, sender=sender
        )
    return acts.approve_signed_by(
        signer=document.signer,
        opening=opening,
        word=word,
        statement_hash=statement,
        signature=document.signature,
        sender=sender,
    )
