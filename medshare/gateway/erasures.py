"""Erasures at one gateway: refuse at once, destroy when it is certain, tell every holder, keep their word."""

from __future__ import annotations

from collections.abc import Sequence

from medshare.gateway.errors import ErasureUnseen, NotEmpoweredHere
from medshare.gateway.holdings import places_of, to_erase
from medshare.gateway.office import Office, whole_address
from medshare.gateway.values import ErasureSeen
from medshare.hexadecimal import ZERO_ADDRESS, Address, Bytes32
from medshare.ledger import Block, Ledger, Power
from medshare.ledger.finality import final_of
from medshare.record.leaf import leaf_hash
from medshare.release.rule import REQUEST_LIFE
from medshare.signed import Signed, kept
from medshare.typed_data import Erase, EraseAll, Erased
from medshare.vault import (
    CapsuleRow,
    DeficitRow,
    DestructionRow,
    ErasedRow,
    ErasureRow,
    HolderRow,
    OutboxRow,
    ProofRow,
    ReceiptRow,
    ReplicaRow,
    SubmittedRow,
    VerdictRow,
)


class Erasures:
    """What a gateway does about erasures."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def check_erasing(self, signed: Signed[Erase] | Signed[EraseAll]) -> None:
        """Check that whoever signed an erasure may erase.

        Raises:
            NotEmpoweredHere: Signed neither by the last successor nor by a delegate with the power.
        """
        with self._office.ledger.decision():  # [G-004]
            self._check_erasing(signed, self._office.head_of(signed.message.patient))

    def erase(self, signed: Signed[Erase]) -> Signed[Erased] | None:
        """Refuse a document from now on, destroy what is here of it, and sign that it is gone.

        Returns None where nothing of it was here.

        Raises:
            NotEmpoweredHere: Signed neither by the last successor nor by a delegate with the power.
        """
        message = signed.message
        self._office.watch()
        self.check_erasing(signed)
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
        with self._office.ledger.decision():  # [G-004]
            head = self._office.head_of(message.patient)
            self._check_erasing(signed, head)
            recovery = self._office.ledger.recovery_of(head)
            named = recovery != ZERO_ADDRESS and not self._office.ledger.is_erased_all(message.patient)
            if named:  # [D-009]
                again = Signed(message=message, signer=recovery, signature=recovery_signature)
                self._office.check(again, signer=recovery)
        target = whole_address(message.patient)
        self._office.saw_erasure(
            ErasureRow(target=target, patient=message.patient, at=self._office.clock.now(), signed=signed.keep())
        )
        return self._destroy_all(target, message.patient)

    def sweep(self) -> tuple[Signed[Erased], ...]:
        """Destroy what is still here of documents that are certainly erased; return the signed words of it.

        Certain is an erasure whose signed message came, and one that stands in a final block though
        no message came. One that was seen on a branch that is gone is refused, and destroys nothing.
        """
        office, gone = self._office, list[Signed[Erased]]()
        office.watch()
        due = office.vault.find(DestructionRow)
        ledger = office.ledger.pinned()
        final = final_of(ledger) if due else None
        for row in due:
            if not self._is_certain(row, ledger, final):  # [W-009]
                continue
            if row.target == whole_address(row.patient):
                gone += self._destroy_all(row.target, row.patient)
            else:
                erased = self._destroy(row.target)
                gone += [erased] if erased else []
        return tuple(gone)

    def destroy_erased(self, leaf: Bytes32) -> bool:
        """Destroy what is here of a leaf that is erased in a final block; return whether something was."""
        return self._destroy(leaf) is not None

    def erasures_for(self, holder: Address) -> tuple[ErasureSeen, ...]:
        """Return what `holder` got from here, was erased since, and `holder` has not said to have destroyed.

        Whoever asks acts for `holder`: the list says what it read.
        """
        self.sweep()
        vault, notices = self._office.vault, []
        for row in vault.find(HolderRow, holder=holder):  # [W-010]
            if vault.get(ErasedRow, leaf=row.leaf, holder=holder) is not None:
                continue
            seen = vault.get(ErasureRow, target=row.leaf)
            signed = kept(Erase, seen.signed) if seen is not None and seen.signed is not None else None
            notices.append(ErasureSeen(leaf=row.leaf, patient=row.patient, signed=signed))
        return tuple(notices)

    def acknowledge(self, signed: Signed[Erased]) -> None:
        """Keep a holder's word that it destroyed its copies; the first one stands.

        Raises:
            NotEmpoweredHere: Somebody else signed.
            ErasureUnseen: There is no erasure of the document yet, or the word is dated before it, or after now.
        """
        message = signed.message
        if not self._office.acts_for(signed.signer, message.holder):
            raise NotEmpoweredHere(signer=signed.signer, kind="Erased")
        self._office.check(signed, signer=signed.signer)
        if self._office.vault.get(ErasedRow, leaf=message.leaf, holder=message.holder) is not None:
            return
        self._check_seen(message)
        self._office.vault.put(ErasedRow(leaf=message.leaf, holder=message.holder, at=message.at, signed=signed.keep()))

    def _check_seen(self, message: Erased) -> None:
        """Check that a word follows an erasure: one that was given before would hide a copy that is still there."""
        office = self._office
        office.watch()
        vault, leaf = office.vault, message.leaf
        # What was destroyed here, or still is to be.
        patients = {row.patient for row in vault.find(HolderRow, leaf=leaf)}
        patients |= {row.patient for row in (vault.get(CapsuleRow, leaf=leaf), vault.get(ProofRow, leaf=leaf)) if row}
        targets = (leaf, *(whole_address(patient) for patient in patients))
        known = [vault.get(ErasureRow, target=target) for target in targets]
        seen = [row.at for row in known if row is not None]
        # Two clocks differ by as much as a question may be old.
        if not seen or not min(seen) - REQUEST_LIFE <= message.at <= office.clock.now() + REQUEST_LIFE:  # [W-014]
            raise ErasureUnseen

    def holders(self, leaf: Bytes32) -> tuple[Address, ...]:
        """Return who may hold copies of a document: its provider, its validators, and who read it here."""
        vault = self._office.vault
        proof = vault.get(ProofRow, leaf=leaf)
        if proof is None:
            return tuple(sorted(row.holder for row in vault.find(HolderRow, leaf=leaf)))
        provider, root = proof.provider, proof.root
        found = {provider, self._office.institution}
        found |= {row.validator for row in vault.find(VerdictRow, provider=provider, root=root)}
        found |= {row.validator for row in vault.find(SubmittedRow, provider=provider, root=root)}
        found |= {row.holder for row in vault.find(ReplicaRow, leaf=leaf)}
        released = vault.find(ReceiptRow, leaf=leaf)
        found |= {row.grantee for row in released if row.grantee != ZERO_ADDRESS}
        return tuple(sorted(found))

    def acknowledged(self, leaf: Bytes32) -> Sequence[Address]:
        """Return the holders that said that they destroyed `leaf`."""
        self.sweep()
        return [row.holder for row in self._office.vault.find(ErasedRow, leaf=leaf)]

    def _check_erasing(self, signed: Signed[Erase] | Signed[EraseAll], patient: Address) -> None:
        self._office.check(signed, signer=signed.signer)
        if not self._office.may(signed.signer, patient, Power.ERASE):
            raise NotEmpoweredHere(signer=signed.signer, kind=type(signed.message).__name__)

    def _is_certain(self, row: DestructionRow, ledger: Ledger, final: Block | None) -> bool:
        seen = self._office.vault.get(ErasureRow, target=row.target)
        if seen is not None and seen.signed is not None:
            return True
        if final is None:
            return False
        return ledger.is_erased(row.target, block=final) or ledger.is_erased_all(row.patient, block=final)

    def _destroy_all(self, target: Bytes32, patient: Address) -> tuple[Signed[Erased], ...]:
        vault = self._office.vault
        leaves = {row.leaf for row in vault.find(ProofRow, patient=patient)}
        leaves |= {row.leaf for row in vault.find(CapsuleRow, patient=patient)}  # also what no anchor has yet
        gone = tuple(erased for leaf in sorted(leaves) if (erased := self._destroy(leaf)) is not None)
        if vault.get(DestructionRow, target=target) is not None:
            vault.destroy(DestructionRow, target=target)
        return gone

    def _destroy(self, leaf: Bytes32) -> Signed[Erased] | None:
        """Destroy what is here of `leaf`. Broken off anywhere, it is begun again by the next `sweep`."""
        office, vault = self._office, self._office.vault
        capsule, proof = vault.get(CapsuleRow, leaf=leaf), vault.get(ProofRow, leaf=leaf)
        held = capsule or proof
        if held is None:
            return None
        holders = {*self.holders(leaf), held.provider, office.institution}
        places = places_of(office, proof) if proof else {}
        # Nobody checked that the body was this document's alone: it stays while another row names it.
        others = vault.count(CapsuleRow, cid=held.cid) - (capsule is not None)
        others += vault.count(ProofRow, cid=held.cid) - (proof is not None)
        if not others:
            office.store.unpin(held.cid)
            office.store.delete(held.cid)
        message = Erased(leaf=leaf, holder=office.institution, at=office.clock.now())
        signed = Signed.by(office.key, message, office.domains)
        with vault.transaction() as rows:
            for holder in sorted(holders):
                rows.put(HolderRow(leaf=leaf, holder=holder, patient=held.patient))
            to_erase(rows, leaf, places, at=message.at)
            rows.destroy(DeficitRow, leaf=leaf)
            rows.destroy(CapsuleRow, leaf=leaf)  # [W-007]
            rows.destroy(ProofRow, leaf=leaf)
            rows.destroy(OutboxRow, id=leaf)  # what the provider remembers of it: its category, for one
            if rows.get(ErasedRow, leaf=leaf, holder=office.institution) is None:
                rows.put(ErasedRow(leaf=leaf, holder=office.institution, at=message.at, signed=signed.keep()))
            rows.destroy(DestructionRow, target=leaf)
        return signed
