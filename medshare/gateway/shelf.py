"""The shelf: capsules and where their leaves stand, from deposit to destruction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from medshare.consent.terms import consent_id
from medshare.digest import keccak
from medshare.gateway.errors import (
    EpochClosed,
    ErasedHere,
    LockdownInFuture,
    NotEmpoweredHere,
    NotEnrolled,
    NotWhatWasSigned,
    PlacementForeign,
)
from medshare.gateway.office import Office, whole_address
from medshare.gateway.postbox import Postbox
from medshare.gateway.values import ErasureSeen
from medshare.hexadecimal import ZERO_ADDRESS, Address, Bytes32
from medshare.keys.compartments import FIRST_EPOCH
from medshare.ledger import Power
from medshare.record.leaf import inner_hash, leaf_hash
from medshare.record.merkle import verify
from medshare.release.receipts import RELEASED
from medshare.signed import Signed, kept
from medshare.store.cid import Cid
from medshare.typed_data import Deposit, Erase, EraseAll, Erased, Lockdown, Replace, Revoke, check_signature
from medshare.vault import (
    CapsuleRow,
    ErasedRow,
    ErasureRow,
    LockdownRow,
    ProofRow,
    ReceiptRow,
    RevocationRow,
    VerdictRow,
)

OLD_EPOCH_LIFE = 7 * 86_400
"""Seconds for which a document sealed to the epoch before is still taken."""


def cid_digest(cid: str) -> Bytes32:
    """Return what a `Deposit` says of a CID: Keccak-256 of its text (decision record 0002)."""
    return keccak(cid.encode("ascii"))


class Shelf:
    """Keeps the capsules of one gateway, and destroys them when it must."""

    def __init__(self, office: Office, postbox: Postbox) -> None:
        self._office = office
        self._postbox = postbox

    def deposit(self, signed: Signed[Deposit], *, capsule: bytes, cid: str) -> None:
        """Keep the capsule of a document that is about to be anchored.

        Raises:
            NotEmpoweredHere: The provider did not sign, nor its active staff.
            NotEnrolled: The gateway serves neither the provider nor the patient.
            NotWhatWasSigned: The capsule or the CID is another one.
            CompartmentUnknown: It is in none of the 24 categories.
            EpochClosed: Sealed to an epoch that is over for more than seven days, or not yet there.
            CidMalformed: The CID is none.
            ErasedHere: The patient erased the document, or everything.
        """
        office, message = self._office, signed.message
        signed.check(office.domains, signer=signed.signer)
        if not office.acts_for(signed.signer, message.provider):
            raise NotEmpoweredHere(signer=signed.signer, kind="Deposit")
        if message.provider != office.institution and not self._postbox.chosen_by(message.patient):
            raise NotEnrolled(patient=message.patient)
        Cid.parse(cid)
        if keccak(capsule) != message.capsule or cid_digest(cid) != message.cid:
            raise NotWhatWasSigned(what="capsule")
        self._check_epoch(message)
        if office.erasure_seen(message.leaf, message.patient):
            raise ErasedHere
        office.vault.put(
            CapsuleRow(
                leaf=message.leaf,
                patient=message.patient,
                provider=message.provider,
                compartment=message.compartment,
                epoch=message.epoch,
                capsule=capsule,
                cid=cid,
                seq=0,
                deposit=signed.keep(),
            )
        )

    def place(self, row: ProofRow) -> None:
        """Keep where a deposited leaf stands, after its root was anchored.

        Nobody signs this: it is checked against the deposit and the chain. A later anchor takes the
        place of an earlier one, and nothing that of a confirmed one; `seq` is the gateway's own.

        Raises:
            RowMissing: Its capsule is not here.
            NotWhatWasSigned: The row does not make the leaf, or is not of the document that was deposited.
            PlacementForeign: The provider did not anchor it there, or a better place is known.
            ProofMismatch: The proof does not lead to the root.
        """
        capsule = self._office.vault.require(CapsuleRow, leaf=row.leaf)
        inner = inner_hash(body_digest=row.body_digest, previous_leaf=row.previous_leaf, text=row.text)
        if inner != row.inner or leaf_hash(patient=row.patient, inner=inner) != row.leaf:
            raise NotWhatWasSigned(what="leaf")
        if (row.patient, row.provider, row.cid) != (capsule.patient, capsule.provider, capsule.cid):
            raise NotWhatWasSigned(what="place")
        anchor = self._office.ledger.anchor_of(row.provider, row.root)
        if not anchor.time:
            raise PlacementForeign(why="its provider anchored no such tree")
        verify(root=row.root, leaf=row.leaf, proof=row.proof)
        before = self._office.vault.get(ProofRow, leaf=row.leaf)
        if before is not None and before.root != row.root:
            known = self._office.ledger.anchor_of(before.provider, before.root)
            if not anchor.confirmations and (known.confirmations or anchor.time < known.time):
                raise PlacementForeign(why="a later or a confirmed anchor holds it")
        self._office.vault.put(replace(row, seq=before.seq + 1 if before else 0))

    def replace(self, signed: Signed[Replace], *, capsule: bytes, epoch: int) -> None:
        """Put a re-wrapped capsule in the place of the old one, which goes with the same transaction.

        The new one is read back before the transaction ends. `epoch` is a hint for readers: only the
        right key opens the capsule.

        Raises:
            RowMissing: There is no such leaf.
            NotEmpoweredHere: Not signed by the agent key of the last successor's directory.
            NotWhatWasSigned: The old or the new capsule is not the one that was signed.
            EpochClosed: The hint names an epoch that never was.
            RowOutdated: The number does not rise.
        """
        office, message = self._office, signed.message
        office.watch()
        old = office.vault.require(CapsuleRow, leaf=message.leaf)
        directory = self._postbox.directory(office.head_of(old.patient))
        if signed.signer != directory.agent:
            raise NotEmpoweredHere(signer=signed.signer, kind="Replace")
        signed.check(office.domains, signer=directory.agent)
        if not FIRST_EPOCH <= epoch <= directory.epoch:
            raise EpochClosed(epoch=epoch, current=directory.epoch)
        if keccak(capsule) != message.new_capsule or keccak(old.capsule) != message.old_capsule:
            raise NotWhatWasSigned(what="capsule")
        row = CapsuleRow(
            leaf=old.leaf,
            patient=old.patient,
            provider=old.provider,
            compartment=old.compartment,
            epoch=epoch,
            capsule=capsule,
            cid=old.cid,
            seq=message.seq,
            deposit=old.deposit,
            replacement=signed.keep(),
        )
        with office.vault.transaction() as rows:
            rows.put(row)
            if rows.require(CapsuleRow, leaf=old.leaf) != row:  # [W-006]
                raise NotWhatWasSigned(what="capsule that was read back")

    def saw_revoke(self, signed: Signed[Revoke]) -> None:
        """Remember a signed revocation: from now on the consent opens nothing here.

        Raises:
            NotEmpoweredHere: Signed by somebody without the power.
        """
        message = signed.message
        self._check_power(signed, message.patient, Power.REVOKE)
        self._office.saw_revocation(
            RevocationRow(
                consent_id=consent_id(patient=message.patient, grantee=message.grantee, terms=message.terms),
                patient=message.patient,
                at=self._office.clock.now(),
                signed=signed.keep(),
            )
        )

    def saw_lockdown(self, signed: Signed[Lockdown]) -> None:
        """Remember a signed lockdown: what was signed until then opens nothing here.

        Raises:
            NotEmpoweredHere: Signed by somebody without the power.
            LockdownInFuture: Dated after now; kept, it would shut what the patient signs tomorrow.
        """
        message = signed.message
        self._check_power(signed, message.patient, Power.LOCK)
        ahead = message.time - max(self._office.clock.now(), self._office.ledger.head().time)
        if ahead > 0:  # [C-016]
            raise LockdownInFuture(seconds=ahead)
        self._office.saw_lockdown(LockdownRow(patient=message.patient, seq=message.time, signed=signed.keep()))

    def erase(self, signed: Signed[Erase]) -> Signed[Erased] | None:
        """Refuse a document from now on, destroy what is here of it, and sign that it is gone.

        Returns None where nothing of it was here.

        Raises:
            NotEmpoweredHere: Signed neither by the last successor nor by a delegate with the power.
        """
        message = signed.message
        self._office.watch()
        self._check_power(signed, self._office.head_of(message.patient), Power.ERASE)
        leaf = leaf_hash(patient=message.patient, inner=message.inner)
        self._office.saw_erasure(
            ErasureRow(target=leaf, patient=message.patient, at=self._office.clock.now(), signed=signed.keep())
        )
        return self._destroy(leaf)

    def erase_all(self, signed: Signed[EraseAll], *, recovery_signature: bytes = b"") -> tuple[Signed[Erased], ...]:
        """Do as `erase` for every document of the address.

        Where a recovery address is named, it signs the same message; once the chain has the erasure,
        the chain has checked that.

        Raises:
            NotEmpoweredHere: Signed neither by the last successor nor by a delegate with the power.
            The errors of typed data: The recovery address did not sign.
        """
        message = signed.message
        self._office.watch()
        head = self._office.head_of(message.patient)
        self._check_power(signed, head, Power.ERASE)
        recovery = self._office.ledger.recovery_of(head)
        if recovery != ZERO_ADDRESS and not self._office.ledger.is_erased_all(message.patient):  # [D-009]
            check_signature(message, self._office.domains, recovery_signature, recovery)
        self._office.saw_erasure(
            ErasureRow(
                target=whole_address(message.patient),
                patient=message.patient,
                at=self._office.clock.now(),
                signed=signed.keep(),
            )
        )
        vault = self._office.vault
        leaves = {row.leaf for row in vault.find(ProofRow, patient=message.patient)}
        leaves |= {row.leaf for row in vault.find(CapsuleRow, patient=message.patient)}  # also what no anchor has yet
        return tuple(erased for leaf in sorted(leaves) if (erased := self._destroy(leaf)) is not None)

    def acknowledge(self, signed: Signed[Erased]) -> None:
        """Keep a holder's word that it destroyed its copies; the first one stands.

        Raises:
            NotEmpoweredHere: Somebody else signed.
        """
        message = signed.message
        if not self._office.acts_for(signed.signer, message.holder):
            raise NotEmpoweredHere(signer=signed.signer, kind="Erased")
        signed.check(self._office.domains, signer=signed.signer)
        if self._office.vault.get(ErasedRow, leaf=message.leaf, holder=message.holder) is not None:
            return
        self._office.vault.put(ErasedRow(leaf=message.leaf, holder=message.holder, at=message.at, signed=signed.keep()))

    def holders(self, leaf: Bytes32) -> tuple[Address, ...]:
        """Return who may hold copies of a document: its provider, its validators, and who read it here."""
        vault = self._office.vault
        proof = vault.get(ProofRow, leaf=leaf)
        if proof is None:
            return ()
        found = {proof.provider, self._office.institution}
        found |= {row.validator for row in vault.find(VerdictRow, provider=proof.provider, root=proof.root)}
        released = vault.find(ReceiptRow, gateway=self._office.address, decision=RELEASED)
        found |= {row.grantee for row in released if leaf in row.leaves and row.grantee != ZERO_ADDRESS}
        return tuple(sorted(found))

    def acknowledged(self, leaf: Bytes32) -> Sequence[Address]:
        """Return the holders that said that they destroyed `leaf`."""
        return [row.holder for row in self._office.vault.find(ErasedRow, leaf=leaf)]

    def erasures_among(self, held: Sequence[tuple[Bytes32, Address]]) -> tuple[ErasureSeen, ...]:
        """Return which of the documents in `held` were erased, here or on the chain; each is a leaf and its patient.

        Whoever holds copies asks the gateway that released them: nobody can reach every holder.
        """
        self._office.watch()
        found = []
        for leaf, patient in held:
            vault = self._office.vault
            row = vault.get(ErasureRow, target=leaf) or vault.get(ErasureRow, target=whole_address(patient))
            if row is not None:
                found.append(ErasureSeen(leaf=leaf, signed=_signed_erasure(row), block=row.block))
        return tuple(found)

    def _check_power(
        self,
        signed: Signed[Revoke] | Signed[Lockdown] | Signed[Erase] | Signed[EraseAll],
        patient: Address,
        power: Power,
    ) -> None:
        signed.check(self._office.domains, signer=signed.signer)
        if not self._office.may(signed.signer, patient, power):
            raise NotEmpoweredHere(signer=signed.signer, kind=type(signed.message).__name__)

    def _check_epoch(self, message: Deposit) -> None:
        directory = self._postbox.directory(message.patient)
        directory.category(message.compartment)
        if message.epoch == directory.epoch:
            return
        over = self._postbox.epoch_since(message.patient) + OLD_EPOCH_LIFE
        if FIRST_EPOCH <= message.epoch == directory.epoch - 1 and self._office.clock.now() < over:
            return
        raise EpochClosed(epoch=message.epoch, current=directory.epoch)

    def _destroy(self, leaf: Bytes32) -> Signed[Erased] | None:
        office = self._office
        held = office.vault.get(CapsuleRow, leaf=leaf) or office.vault.get(ProofRow, leaf=leaf)
        if held is None:
            return None
        office.vault.destroy(CapsuleRow, leaf=leaf)  # [W-007]
        office.vault.destroy(ProofRow, leaf=leaf)
        # Nobody checked that the body was this document's alone: it stays while another row names it.
        if not office.vault.count(CapsuleRow, cid=held.cid) and not office.vault.count(ProofRow, cid=held.cid):
            office.store.unpin(held.cid)
            office.store.delete(held.cid)
        signed = Signed.by(
            office.key, Erased(leaf=leaf, holder=office.institution, at=office.clock.now()), office.domains
        )
        self.acknowledge(signed)
        return signed


def _signed_erasure(row: ErasureRow) -> Signed[Erase] | Signed[EraseAll] | None:
    if row.signed is None:
        return None
    whole = row.target == whole_address(row.patient)
    return kept(EraseAll, row.signed) if whole else kept(Erase, row.signed)
