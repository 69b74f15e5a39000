"""The shelf: capsules and where their leaves stand, from deposit to destruction."""

from __future__ import annotations

from collections.abc import Sequence

from medshare.consent.terms import consent_id
from medshare.digest import keccak
from medshare.gateway.errors import EpochClosed, NotEmpoweredHere, NotEnrolled, NotWhatWasSigned
from medshare.gateway.office import Office, whole_address
from medshare.gateway.postbox import Postbox
from medshare.hexadecimal import ZERO_ADDRESS, Address, Bytes32
from medshare.ledger import Power
from medshare.record.leaf import leaf_hash
from medshare.release.receipts import RELEASED
from medshare.signed import Signed
from medshare.typed_data import Deposit, Erase, EraseAll, Erased, Lockdown, Replace, Revoke
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
            EpochClosed: Sealed to an epoch that is over for more than seven days, or not yet there.
        """
        office, message = self._office, signed.message
        signed.check(office.domains, signer=signed.signer)
        if not office.acts_for(signed.signer, message.provider):
            raise NotEmpoweredHere(signer=signed.signer, kind="Deposit")
        if message.provider != office.institution and not self._postbox.chosen_by(message.patient):
            raise NotEnrolled(patient=message.patient)
        if keccak(capsule) != message.capsule or cid_digest(cid) != message.cid:
            raise NotWhatWasSigned(what="capsule")
        self._check_epoch(message)
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

        Raises:
            RowMissing: Its capsule is not here.
            NotWhatWasSigned: The row does not make the leaf.
        """
        self._office.vault.require(CapsuleRow, leaf=row.leaf)
        if leaf_hash(patient=row.patient, inner=row.inner) != row.leaf:
            raise NotWhatWasSigned(what="leaf")
        self._office.vault.put(row)

    def replace(self, signed: Signed[Replace], *, capsule: bytes, epoch: int) -> None:
        """Put a re-wrapped capsule in the place of the old one, which goes with the same transaction.

        The new one is read back before the transaction ends. `epoch` is a hint for readers: only the
        right key opens the capsule.

        Raises:
            RowMissing: There is no such leaf.
            NotEmpoweredHere: Not signed by the agent key of the last successor's directory.
            NotWhatWasSigned: The old or the new capsule is not the one that was signed.
            RowOutdated: The number does not rise.
        """
        office, message = self._office, signed.message
        office.watch()
        old = office.vault.require(CapsuleRow, leaf=message.leaf)
        directory = self._postbox.directory(office.head_of(old.patient))
        if signed.signer != directory.agent:
            raise NotEmpoweredHere(signer=signed.signer, kind="Replace")
        signed.check(office.domains, signer=directory.agent)
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
        """
        message = signed.message
        self._check_power(signed, message.patient, Power.LOCK)
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

    def erase_all(self, signed: Signed[EraseAll]) -> tuple[Signed[Erased], ...]:
        """Do as `erase` for every document of the address.

        Raises:
            NotEmpoweredHere: Signed neither by the last successor nor by a delegate with the power.
        """
        message = signed.message
        self._office.watch()
        self._check_power(signed, self._office.head_of(message.patient), Power.ERASE)
        self._office.saw_erasure(
            ErasureRow(
                target=whole_address(message.patient),
                patient=message.patient,
                at=self._office.clock.now(),
                signed=signed.keep(),
            )
        )
        rows = self._office.vault.find(ProofRow, patient=message.patient)
        return tuple(erased for row in rows if (erased := self._destroy(row.leaf)) is not None)

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
        if message.epoch == directory.epoch:
            return
        over = self._postbox.epoch_since(message.patient) + OLD_EPOCH_LIFE
        if message.epoch == directory.epoch - 1 and self._office.clock.now() < over:
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
