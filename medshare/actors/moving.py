"""A new device, and a new address: what the words, the keystore and the recovery address bring back."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from medshare.actors.network import Network, NoSuchDoor
from medshare.actors.patient import Patient
from medshare.actors.rewrapping import LOCKS_OWED, rewrap
from medshare.clock import Clock
from medshare.consent.categories import CATEGORIES
from medshare.gateway.door import Door
from medshare.keys.account import AccountKey
from medshare.keys.compartments import Compartments
from medshare.keys.root import RootSecret
from medshare.keys.state import OldRoot, SealedState, restore_state
from medshare.ledger import Ledger, Transaction
from medshare.signed import Signed, domains_of
from medshare.typed_data import Accept


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
    """Return the agent as it was at its last sync, on a new device.

    Args:
        account: From the account's keystore file.
        root: From the 24 words.
        urls: Of one or more custodians or institutions.
        network, ledger, clock, entropy: As for a patient.

    Raises:
        NoStateLeft: None of them has a valid state.
        NoSuchDoor: None of the URLs answers.
    """
    doors = _answering(network, urls)
    kept = [door.postbox.state(account.address) for door in doors]
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


def _answering(network: Network, urls: Sequence[str]) -> list[Door]:
    """Return the doors that answer; raise for the last one when none does."""
    doors = []
    for number, url in enumerate(urls, start=1):
        try:
            doors.append(network.at(url))
        except NoSuchDoor:
            if number == len(urls) and not doors:
                raise
    return doors


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
        receipts=(*old.state.receipts, *new.state.receipts),
        personas=(*old.state.personas, *new.state.personas),
        counters=_later(old.state.counters, new.state.counters),
        notes={**old.state.notes, **new.state.notes},
    )
    return done


def change_locks(patient: Patient) -> int:
    """Re-wrap every capsule to the present root and epoch; return how many. Raises as `rewrap`."""
    count = rewrap(patient, CATEGORIES)
    if LOCKS_OWED in patient.state.notes:
        return count  # an old root is still needed
    marks = {f"rewrapped:{old.patient}": 1 for old in patient.state.old_roots}
    patient.state = replace(patient.state, counters={**patient.state.counters, **marks})
    return count


def _later(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    return {name: max(first.get(name, 0), second.get(name, 0)) for name in (*first, *second)}
