"""Erasures told to the holders of copies: each is asked for its word until it gave it, and listed until then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from medshare.errors import MedShareError, UnreachableError
from medshare.gateway import Gateway
from medshare.gateway.door import Door
from medshare.gateway.office import whole_address
from medshare.hexadecimal import Address, Bytes32
from medshare.signed import Signed, kept
from medshare.typed_data import Erase, EraseAll, Erased
from medshare.vault import ErasedRow, ErasureRow, HolderRow, ReplicaRow, ReplicaState


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """A holder that has not said that its copy of an erased document is destroyed; `since` is the second here."""

    leaf: Bytes32
    holder: Address
    url: str
    since: int


def unanswered(gateway: Gateway) -> tuple[Unanswered, ...]:
    """Return who has not given its word, as far as its door is known, in the order of leaves and holders."""
    rows = gateway.office.vault.find(ReplicaRow, state=ReplicaState.ERASING)
    return tuple(Unanswered(leaf=row.leaf, holder=row.holder, url=row.url, since=row.at) for row in rows)


def recall(gateway: Gateway, doors: Callable[[str], Door]) -> tuple[Unanswered, ...]:
    """Ask every holder of an erased document that has not answered; return those that still have not.

    It is given the patient's signed message, where that came; else it knows of the erasure from the chain.

    Raises:
        NodeUnreachable, VaultUnreachable: Own chain or vault do not answer.
    """
    silent: set[str] = set()
    left = []
    for one in unanswered(gateway):
        try:
            word = None if one.url in silent else _ask(gateway, doors(one.url), one)
        except UnreachableError:
            silent.add(one.url)
            word = None
        except MedShareError:
            word = None  # what counts is who signed: the others are listed
        if word is None or not _take(gateway, one, word):
            left.append(one)
    return tuple(left)


def _ask(gateway: Gateway, door: Door, one: Unanswered) -> Signed[Erased] | None:
    vault = gateway.office.vault
    holder = vault.get(HolderRow, leaf=one.leaf, holder=one.holder)
    if holder is None or door.institution != one.holder:
        return None
    for target, kind in ((one.leaf, Erase), (whole_address(holder.patient), EraseAll)):
        row = vault.get(ErasureRow, target=target)
        if row is not None and row.signed is not None:
            door.erase(kept(kind, row.signed))
    return door.replicas.destroyed(one.leaf, holder.patient)


def _take(gateway: Gateway, one: Unanswered, word: Signed[Erased]) -> bool:
    """Keep a holder's word, if it is of this document and by this holder."""
    if (word.message.leaf, word.message.holder) != (one.leaf, one.holder):
        return False
    try:
        gateway.shelf.acknowledge(word)
    except UnreachableError:
        raise
    except MedShareError:
        return False
    vault = gateway.office.vault
    if vault.get(ErasedRow, leaf=one.leaf, holder=one.holder) is None:
        return False
    vault.destroy(ReplicaRow, leaf=one.leaf, holder=one.holder)  # [ST-007]
    return True
