"""A new device, and a new address: what the words, the keystore and the recovery address bring back."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace

from medshare.actors.network import Network
from medshare.actors.patient import Patient
from medshare.age import rewrap
from medshare.age.errors import NoIdentityMatches
from medshare.clock import Clock
from medshare.digest import keccak
from medshare.gateway.values import Sealed
from medshare.keys.account import AccountKey
from medshare.keys.compartments import Compartments
from medshare.keys.root import RootSecret
from medshare.keys.state import OldRoot, SealedState, restore_state
from medshare.ledger import Ledger, Transaction
from medshare.signed import Signed, domains_of
from medshare.typed_data import Accept, Replace


def restore(
    *,
    account: AccountKey,
    root: RootSecret,
    urls: Sequence[str],
    network: Network,
    ledger: Ledger,
    clock: Clock,
    entropy: Callable[[int], bytes] = secrets.token_bytes,
) -> Patient:
    """Return the agent as it was at its last sync, on a new device. [W-005]

    Args:
        account: From the account's keystore file.
        root: From the 24 words.
        urls: Of one or more custodians or institutions.
        network, ledger, clock, entropy: As for a patient.

    Raises:
        NoStateLeft: None of them has a valid state.
        NoSuchDoor: A URL does not answer.
    """
    kept = [network.at(url).postbox.state(account.address) for url in urls]
    backups = [SealedState(signed=found[0], data=found[1]) for found in kept if found is not None]
    restored = restore_state(
        backups, Compartments(root), patient=account.address, domains=domains_of(ledger.deployment)
    )
    return Patient(
        account=account,
        root=root,
        network=network,
        ledger=ledger,
        clock=clock,
        entropy=entropy,
        state=restored.state,
    )


def move_house(old: Patient, new: Patient, *, recovery: AccountKey) -> Transaction:
    """Move everything of `old` to `new`, an address that is registered and enrolled already.

    Only the recovery address can do it; it sends the transaction. From then on everything that the
    old address granted or will sign is void. The new agent keeps the old root sealed, until every
    capsule was re-wrapped.

    Raises:
        The errors of the contract: The sender is not the recovery address, or `new` cannot take over.
    """
    accept = Signed.by(new.account, Accept(patient=old.address, next=new.address), new.domains)
    done = new.ledger.succeed(
        patient=old.address, successor=new.address, accept_signature=accept.signature, sender=recovery
    )
    left = OldRoot(patient=old.address, root=old.secret_root(), epoch=old.state.epoch)
    new.state = replace(
        new.state,
        old_roots=(*old.state.old_roots, left, *new.state.old_roots),
        capsules=(*old.state.capsules, *new.state.capsules),
        consents=(*old.state.consents, *new.state.consents),
        notes={**old.state.notes, **new.state.notes},
    )
    return done


def change_locks(patient: Patient) -> int:
    """Re-wrap every capsule to the present root and epoch; return how many. Bodies and CIDs stay.

    Raises:
        NoIdentityMatches: A capsule does not open with any key of the patient's.
        The errors of `Shelf.replace`.
    """
    count = 0
    for door in patient.doors:
        for row in door.counter.listing(patient.own_request(door)).rows:
            sealed, deposit = row.sealed, row.deposit
            if sealed is None or deposit is None:
                continue
            compartment, epoch = deposit.message.compartment, patient.state.epoch
            capsule = _rewrapped(patient, sealed, compartment)
            message = Replace(
                leaf=row.leaf,
                seq=patient.next_number(f"replace:{row.leaf.hex()}"),
                old_capsule=keccak(sealed.capsule),
                new_capsule=keccak(capsule),
            )
            door.shelf.replace(
                Signed.by(patient.keys.agent_key, message, patient.domains), capsule=capsule, epoch=epoch
            )
            copies = tuple(
                replace(copy, capsule=capsule, epoch=epoch) if copy.leaf == row.leaf else copy
                for copy in patient.state.capsules
            )
            patient.state = replace(patient.state, capsules=copies)
            count += 1
    for old in patient.state.old_roots:
        patient.state = replace(patient.state, counters={**patient.state.counters, f"rewrapped:{old.patient}": 1})
    return count


def _rewrapped(patient: Patient, sealed: Sealed, compartment: int) -> bytes:
    recipient = patient.keys.identity(compartment, patient.state.epoch).recipient
    for identity in patient.identities(compartment, sealed.epoch, sealed.placement.patient):
        try:
            return rewrap(sealed.capsule, identity, [recipient], patient.entropy)
        except NoIdentityMatches:
            continue
    raise NoIdentityMatches
