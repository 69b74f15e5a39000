"""Copies of bodies at one gateway, as others see them: prove one, keep one more, say that one is destroyed."""

from __future__ import annotations

from dataclasses import replace

from medshare.gateway.erasures import Erasures
from medshare.gateway.errors import NotEmpoweredHere, NotWhatWasSigned, ReplicaRefused
from medshare.gateway.holdings import MOST_PLACES, keeps, places_of, remember_place
from medshare.gateway.office import Office, erasure_in
from medshare.gateway.values import Possession
from medshare.hexadecimal import Address, Bytes32
from medshare.keys.directory import Place
from medshare.ledger import Role
from medshare.record.leaf import inner_hash, leaf_hash
from medshare.record.merkle import verify
from medshare.replication import turns
from medshare.replication.own_copy import answers_from
from medshare.replication.possession import Challenge
from medshare.signed import Signed, kept
from medshare.store.cid import Cid
from medshare.typed_data import Erased
from medshare.vault import (
    CapsuleRow,
    ErasedRow,
    ProofRow,
)


class Replicas:
    """What a gateway does about copies when it is asked."""

    def __init__(self, office: Office, erasures: Erasures) -> None:
        self._office = office
        self._erasures = erasures

    def prove(self, leaf: Bytes32, nonce: Bytes32) -> Possession:
        """Return the proof that the body of `leaf` lies here, and where else it lies as far as is known.

        Where it is kept and not whole, it is looked at first in the next round.

        Raises:
            StoreUnreadable, NodeUnreachable and their like: It cannot be told now.
        """
        office = self._office
        row = office.vault.get(ProofRow, leaf=leaf)
        if row is None or not keeps(office, row):  # [ST-001]
            return Possession(answer=None)
        found = answers_from(office.store, row, [Challenge(office.institution, nonce)])
        if found is None:
            with office.vault.transaction() as rows:
                turns.hasten(rows, leaf)
            return Possession(answer=None)
        places = places_of(office, row)
        named = tuple(Place(account=holder, url=url) for holder, url in sorted(places.items())[:MOST_PLACES])
        return Possession(answer=found[0], places=named)

    def keep(self, row: ProofRow, source: Place) -> None:
        """Keep a copy of one more confirmed body; it is fetched from `source` in the next round.

        Whoever asks acts for the account of `source`, which holds a copy.

        Raises:
            NotEmpoweredHere: That account takes no part.
            ReplicaRefused: This institution checks no documents of others, or that one is not confirmed or erased.
            NotWhatWasSigned: The row does not make the leaf.
            ProofMismatch: The proof does not lead to the root.
            CidMalformed: The CID is none.
        """
        office = self._office
        if not office.ledger.account(source.account).active:
            raise NotEmpoweredHere(signer=source.account, kind="copy")
        if row.provider == office.institution or not office.ledger.account(office.institution).has(Role.VALIDATOR):
            raise ReplicaRefused(why="this institution keeps no copies for it")
        inner = inner_hash(body_digest=row.body_digest, previous_leaf=row.previous_leaf, text=row.text)
        if inner != row.inner or leaf_hash(patient=row.patient, inner=inner) != row.leaf:
            raise NotWhatWasSigned(what="leaf")
        Cid.parse(row.cid)
        verify(root=row.root, leaf=row.leaf, proof=row.proof)
        ledger = office.ledger
        if not ledger.anchor_of(row.provider, row.root).confirmations:  # [ST-002]
            raise ReplicaRefused(why="it is not confirmed")
        office.watch()
        if ledger.is_erased(row.leaf) or ledger.is_erased_all(row.patient):
            raise ReplicaRefused(why="it is erased")
        with office.vault.transaction() as rows:
            if erasure_in(rows, row.leaf, row.patient):
                raise ReplicaRefused(why="it is erased")
            if rows.get(CapsuleRow, leaf=row.leaf) is not None:
                raise ReplicaRefused(why="this institution keeps its capsule")
            if rows.get(ProofRow, leaf=row.leaf) is None:
                rows.put(replace(row, seq=0))
                turns.enlist(rows, row.leaf, office.entropy)
            remember_place(rows, row.leaf, source, at=office.clock.now())
            turns.hasten(rows, row.leaf)

    def destroyed(self, leaf: Bytes32, patient: Address) -> Signed[Erased] | None:
        """Return this institution's word that nothing of an erased document is here; None while there is no erasure.

        `patient` is the address in the leaf.

        Raises:
            NodeUnreachable, StoreUnreadable: It cannot be told now.
        """
        office, vault = self._office, self._office.vault
        self._erasures.sweep()
        row = vault.get(ErasedRow, leaf=leaf, holder=office.institution)
        if row is not None:
            return kept(Erased, row.signed)
        with vault.reading() as rows:
            erased = erasure_in(rows, leaf, patient)
        if not erased or self._holds(leaf):  # [ST-007]
            return None
        message = Erased(leaf=leaf, holder=office.institution, at=office.clock.now())
        signed = Signed.by(office.key, message, office.domains)
        vault.put(ErasedRow(leaf=leaf, holder=office.institution, at=message.at, signed=signed.keep()))
        return signed

    def _holds(self, leaf: Bytes32) -> bool:
        vault = self._office.vault
        return vault.get(CapsuleRow, leaf=leaf) is not None or vault.get(ProofRow, leaf=leaf) is not None
