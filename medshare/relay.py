"""Who sends whose signed message: a relay pays the gas, the signature decides.

A relay can delay, never forge: the patient may send the same bytes by any other relay or by
herself. A custodian must carry the revocation, the lockdown and the erasure of *any* patient; the
rest it carries for the patients whom it enrolled or who chose it (design, section 2).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from medshare.consent.document import ConsentDocument
from medshare.consent.terms import Opening, statement_hash
from medshare.errors import InputError, RefusedError
from medshare.hexadecimal import Address
from medshare.ledger import Ledger, Power, Signer, Transaction
from medshare.signed import Signed
from medshare.typed_data import Delegate, Directory, Erase, EraseAll, Lockdown, Message, Recovery, Register, Revoke

MUST_CARRY: Final[tuple[type[Message], ...]] = (Revoke, Lockdown, Erase, EraseAll)
"""What a custodian carries for any patient, known to it or not."""


class NotCarried(RefusedError):
    """Raised when a relay does not pay for somebody it does not know."""

    code = "relay.not-carried"
    cause = "This relay carries a {kind} only for patients whom it enrolled or who chose it."
    remedy = "Send the same signed bytes by another relay, or by an account of your own."


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
            NotCarried: Not one of `MUST_CARRY`, and the patient is unknown here.
            NothingToRelay: No contract takes it.
            Reverted: The contract refuses; nothing was paid, since it is tried out first.
        """
        message = signed.message
        patient = getattr(message, "patient", "")
        if not isinstance(message, MUST_CARRY) and not self._knows(patient):  # [Y-002]
            raise NotCarried(kind=type(message).__name__)
        own = signed.signer == patient or isinstance(message, (Register, Directory, Recovery, Delegate))
        ledger, signature, sender = self._ledger, signed.signature, self._payer
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
            case Delegate():
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
            case Revoke() if own:
                return ledger.revoke_by_sig(
                    patient=patient, grantee=message.grantee, terms=message.terms, signature=signature, sender=sender
                )
            case Revoke():
                return ledger.revoke_signed_by(
                    signer=signed.signer,
                    patient=patient,
                    grantee=message.grantee,
                    terms=message.terms,
                    signature=signature,
                    sender=sender,
                )
            case Lockdown() if own:
                return ledger.lockdown_by_sig(patient=patient, time=message.time, signature=signature, sender=sender)
            case Lockdown():
                return ledger.lockdown_signed_by(
                    signer=signed.signer, patient=patient, time=message.time, signature=signature, sender=sender
                )
        head = path[-1] if path else patient
        match message:
            case Erase() if signed.signer == head:
                return ledger.erase_by_sig(
                    patient=patient, path=path, inner=message.inner, signature=signature, sender=sender
                )
            case Erase():
                return ledger.erase_signed_by(
                    signer=signed.signer,
                    patient=patient,
                    path=path,
                    inner=message.inner,
                    signature=signature,
                    sender=sender,
                )
            case EraseAll() if signed.signer == head:
                return ledger.erase_all_by_sig(
                    patient=patient,
                    path=path,
                    signature=signature,
                    recovery_signature=recovery_signature,
                    sender=sender,
                )
            case EraseAll():
                return ledger.erase_all_signed_by(
                    signer=signed.signer,
                    patient=patient,
                    path=path,
                    signature=signature,
                    recovery_signature=recovery_signature,
                    sender=sender,
                )
        raise NothingToRelay(kind=type(message).__name__)

    def grant(self, document: ConsentDocument) -> Transaction:
        """Send the consent of `document`, which the caller has checked.

        Raises:
            NotCarried: The patient is unknown here.
            Reverted: The contract refuses it.
        """
        self._check_known(document)
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
        self._check_known(document)
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

    def _check_known(self, document: ConsentDocument) -> None:
        if not self._knows(document.patient):  # [Y-002]
            raise NotCarried(kind="consent")
