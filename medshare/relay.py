"""Who sends whose signed message: a relay pays the gas, the signature decides.

A relay can delay, never forge: the patient may send the same bytes by any other relay or by
herself. A custodian must carry the revocation, the lockdown and the erasure of *any* patient; the
rest it carries for the patients whom it enrolled or who chose it (design, section 2).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from medshare.consent.document import ConsentDocument
from medshare.consent.terms import Opening, statement_hash
from medshare.errors import InputError, RefusedError
from medshare.hexadecimal import Address
from medshare.ledger import Ledger, Power, Role, Signer, Transaction
from medshare.signed import Signed
from medshare.typed_data import Delegate, Directory, Erase, EraseAll, Lockdown, Message, Recovery, Register, Revoke


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


class Relay:
    """Sends signed messages and pays for them.

    Args:
        ledger: The chain.
        payer: The account that pays.
        knows: Whether the relay's institution enrolled this patient, or is one of her custodians.
    """

    def __init__(self, ledger: Ledger, payer: Signer, knows: Callable[[Address], bool]) -> None:
        self._ledger = ledger
        self._payer = payer
        self._knows = knows

    def carry(
        self, signed: Signed[Message], *, path: Sequence[Address] = (), recovery_signature: bytes = b""
    ) -> Transaction:
        """Send a signed message and return the mined transaction.

        Args:
            path: For `Erase` and `EraseAll`: the successors of the patient, hers left out.
            recovery_signature: For `EraseAll`: the recovery address's, where one is named.

        Raises:
            NotCarried: It shuts no door, and the patient is unknown here; or nobody knows the patient.
            NothingToRelay: No contract takes it.
            Reverted: The contract refuses; nothing was paid, since it is tried out first.
        """
        message = signed.message
        if isinstance(message, Revoke | Lockdown | Erase | EraseAll):
            self._check_patient(message)
        if isinstance(message, Revoke | Lockdown):
            return self._shut(message, signed)  # [Y-001]
        if isinstance(message, Erase | EraseAll):
            return self._erase(message, signed, path, recovery_signature)  # [Y-001]
        if isinstance(message, Register | Directory | Recovery | Delegate):
            self._check_known(message.patient, message)
            return self._change(message, signed)
        raise NothingToRelay(kind=type(message).__name__)

    def _shut(self, message: Revoke | Lockdown, signed: Signed[Message]) -> Transaction:
        ledger, patient, signature, sender = self._ledger, message.patient, signed.signature, self._payer
        own = signed.signer == patient
        if isinstance(message, Revoke):
            grantee, terms = message.grantee, message.terms
            if own:
                return ledger.revoke_by_sig(
                    patient=patient, grantee=grantee, terms=terms, signature=signature, sender=sender
                )
            return ledger.revoke_signed_by(
                signer=signed.signer,
                patient=patient,
                grantee=grantee,
                terms=terms,
                signature=signature,
                sender=sender,
            )
        if own:
            return ledger.lockdown_by_sig(patient=patient, time=message.time, signature=signature, sender=sender)
        return ledger.lockdown_signed_by(
            signer=signed.signer, patient=patient, time=message.time, signature=signature, sender=sender
        )

    def _erase(
        self, message: Erase | EraseAll, signed: Signed[Message], path: Sequence[Address], recovery_signature: bytes
    ) -> Transaction:
        ledger, patient, signature, sender = self._ledger, message.patient, signed.signature, self._payer
        own = signed.signer == (path[-1] if path else patient)
        if isinstance(message, Erase):
            if own:
                return ledger.erase_by_sig(
                    patient=patient, path=path, inner=message.inner, signature=signature, sender=sender
                )
            return ledger.erase_signed_by(
                signer=signed.signer,
                patient=patient,
                path=path,
                inner=message.inner,
                signature=signature,
                sender=sender,
            )
        if own:
            return ledger.erase_all_by_sig(
                patient=patient,
                path=path,
                signature=signature,
                recovery_signature=recovery_signature,
                sender=sender,
            )
        return ledger.erase_all_signed_by(
            signer=signed.signer,
            patient=patient,
            path=path,
            signature=signature,
            recovery_signature=recovery_signature,
            sender=sender,
        )

    def _change(self, message: Register | Directory | Recovery | Delegate, signed: Signed[Message]) -> Transaction:
        ledger, patient, signature, sender = self._ledger, message.patient, signed.signature, self._payer
        match message:
            case Register():
                return ledger.register_by_sig(
                    patient=patient, directory=message.directory, signature=signature, sender=sender
                )
            case Directory():
                return ledger.set_directory_by_sig(
                    patient=patient, digest=message.digest, seq=message.seq, signature=signature, sender=sender
                )
            case Recovery():
                return ledger.set_recovery_by_sig(
                    patient=patient, recovery=message.recovery, seq=message.seq, signature=signature, sender=sender
                )
        return ledger.delegate_by_sig(
            patient=patient,
            to=message.delegate,
            powers=Power(message.powers),
            issued_at=message.issued_at,
            not_after=message.not_after,
            seq=message.seq,
            signature=signature,
            sender=sender,
        )

    def grant(self, document: ConsentDocument) -> Transaction:
        """Send the consent of `document`, which the caller has checked.

        Raises:
            NotCarried: The patient is unknown here.
            Reverted: The contract refuses it.
        """
        self._check_known(document.patient, document)
        word, statement = document.word.pack(), statement_hash(document.statement)
        if document.signer == document.patient:
            return self._ledger.grant_by_sig(
                patient=document.patient,
                grantee=document.grantee,
                word=word,
                request=document.request,
                statement_hash=statement,
                signature=document.signature,
                sender=self._payer,
            )
        return self._ledger.grant_signed_by(
            signer=document.signer,
            patient=document.patient,
            grantee=document.grantee,
            word=word,
            request=document.request,
            statement_hash=statement,
            signature=document.signature,
            sender=self._payer,
        )

    def approve(self, opening: Opening, document: ConsentDocument) -> Transaction:
        """Send the consent that answers `opening`: it is granted and the request closed at once.

        Raises:
            NotCarried: The patient is unknown here.
            Reverted: The contract refuses it; a consent wider than the request, for one.
        """
        self._check_known(document.patient, document)
        word, statement = document.word.pack(), statement_hash(document.statement)
        if document.signer == document.patient:
            return self._ledger.approve(
                opening=opening,
                word=word,
                statement_hash=statement,
                signature=document.signature,
                sender=self._payer,
            )
        return self._ledger.approve_signed_by(
            signer=document.signer,
            opening=opening,
            word=word,
            statement_hash=statement,
            signature=document.signature,
            sender=self._payer,
        )

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

    def _check_known(self, patient: Address, what: Message | ConsentDocument) -> None:
        if not self._knows(patient):  # [Y-002]
            raise NotCarried(kind=type(what).__name__)
