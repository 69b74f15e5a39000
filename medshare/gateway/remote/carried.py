"""What a gateway says that it sent is looked up on the caller's own chain: a relay can delay, and cannot pretend."""

from __future__ import annotations

from medshare.consent.document import ConsentDocument
from medshare.gateway.remote.errors import NotOnChain
from medshare.hexadecimal import Bytes32
from medshare.ledger import Ledger, Role, Transaction
from medshare.record.leaf import leaf_hash
from medshare.typed_data import Delegate, Directory, Erase, EraseAll, Lockdown, Message, Recovery, Register, Revoke


def check_carried(ledger: Ledger, message: Message, transaction: Bytes32, *, url: str) -> Transaction:
    """Return the mined transaction by which `message` was carried out.

    Raises:
        NotMined: The caller's own node does not see the transaction in time.
        NotOnChain: It does, and the chain does not say what was signed.
    """
    done = ledger.wait(transaction)
    if not _stands(ledger, message):  # [H-035]
        raise NotOnChain(url=url, kind=type(message).__name__)
    return done


def check_granted(ledger: Ledger, document: ConsentDocument, transaction: Bytes32, *, url: str) -> Transaction:
    """Return the mined transaction by which a consent was granted. Raises as `check_carried`."""
    done = ledger.wait(transaction)
    status = ledger.consent_of(document.patient, document.grantee, document.terms)
    if not status.granted and not status.revoked:  # [H-035]
        raise NotOnChain(url=url, kind="consent")
    return done


def _stands(ledger: Ledger, message: Message) -> bool:
    """Return whether the chain says what `message` asks for, or something newer."""
    match message:
        case Revoke():
            return ledger.consent_of(message.patient, message.grantee, message.terms).revoked
        case Lockdown():
            return ledger.mark_of(message.patient) >= message.time
        case Erase():
            return ledger.is_erased(leaf_hash(patient=message.patient, inner=message.inner))
        case EraseAll():
            return ledger.is_erased_all(message.patient)
        case Register():
            return ledger.account(message.patient).has(Role.PATIENT)
        case Directory():
            same = ledger.digest_of(message.patient) == message.digest
            return same or ledger.account(message.patient).seq > message.seq
        case Recovery():
            same = ledger.recovery_of(message.patient) == message.recovery
            return same or ledger.account(message.patient).seq > message.seq
        case Delegate():
            found = ledger.delegation_of(message.patient, message.delegate)
            same = (int(found.powers), found.not_after) == (message.powers, message.not_after)
            return same or ledger.account(message.patient).seq > message.seq
    return False
