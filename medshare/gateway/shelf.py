"""The shelf: capsules and where their leaves stand, from deposit to destruction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from medshare.consent.terms import consent_id
from medshare.digest import keccak
from medshare.gateway.erasures import Erasures
from medshare.gateway.errors import (
    EpochClosed,
    ErasedHere,
    LockdownInFuture,
    NotEmpoweredHere,
    NotEnrolled,
    NotWhatWasSigned,
    PlacementForeign,
)
from medshare.gateway.office import Office, erasure_in
from medshare.gateway.postbox import Postbox
from medshare.hexadecimal import Address, Bytes32
from medshare.keys.compartments import FIRST_EPOCH
from medshare.ledger import Power
from medshare.record.leaf import inner_hash, leaf_hash
from medshare.record.merkle import verify
from medshare.signed import Signed
from medshare.store.cid import Cid
from medshare.typed_data import Deposit, Lockdown, Replace, Revoke
from medshare.vault import (
    CapsuleRow,
    LockdownRow,
    ProofRow,
    RevocationRow,
    Rows,
)

OLD_EPOCH_LIFE = 7 * 86_400
"""Seconds for which a document sealed to the epoch before is still taken."""


def cid_digest(cid: str) -> Bytes32:
    """Return what a `Deposit` says of a CID: Keccak-256 of its text (decision record 0002)."""
    return keccak(cid.encode("ascii"))


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftCapsule:
    """A capsule that its provider leaves at a gateway, with the CID of its body."""

    signed: Signed[Deposit]
    capsule: bytes = field(repr=False)
    cid: str


class Shelf(Erasures):
    """Keeps the capsules of one gateway, and destroys them when it must."""

    def __init__(self, office: Office, postbox: Postbox) -> None:
        super().__init__(office)
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
        (row,) = self.checked([LeftCapsule(signed=signed, capsule=capsule, cid=cid)])
        with self._office.vault.transaction() as rows:
            self.check_not_erased(rows, [row])
            rows.put(row)

    def checked(self, left: Sequence[LeftCapsule]) -> tuple[CapsuleRow, ...]:
        """Check capsules that are left together, and return the rows to keep; what they share is asked once.

        Raises:
            As `deposit`, except for erasures: see `check_not_erased`.
        """
        office = self._office
        for one in left:
            message = office.check(one.signed, signer=one.signed.signer)
            Cid.parse(one.cid)
            if keccak(one.capsule) != message.capsule or cid_digest(one.cid) != message.cid:
                raise NotWhatWasSigned(what="capsule")
        for signer, provider, patient in {
            (one.signed.signer, one.signed.message.provider, one.signed.message.patient) for one in left
        }:
            if not office.acts_for(signer, provider):
                raise NotEmpoweredHere(signer=signer, kind="Deposit")
            if provider != office.institution and not self._postbox.chosen_by(patient):
                raise NotEnrolled(patient=patient)
        for patient, compartment, epoch in {
            (one.signed.message.patient, one.signed.message.compartment, one.signed.message.epoch) for one in left
        }:
            self._check_epoch(patient, compartment, epoch)
        return tuple(_capsule_row(one) for one in left)

    @staticmethod
    def check_not_erased(rows: Rows, capsules: Sequence[CapsuleRow]) -> None:
        """Check, within the transaction that keeps them, that nothing of it was erased.

        Raises:
            ErasedHere: The patient erased one of the documents, or everything.
        """
        for capsule in capsules:
            if erasure_in(rows, capsule.leaf, capsule.patient):
                raise ErasedHere

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
        # What a validator kept of another institution's period, before the deposit, does not count.
        if before is not None and before.provider == row.provider and before.root != row.root:
            known = self._office.ledger.anchor_of(before.provider, before.root)
            if not anchor.confirmations and (known.confirmations or anchor.time < known.time):
                raise PlacementForeign(why="a later or a confirmed anchor holds it")
        with self._office.vault.transaction() as rows:
            rows.require(CapsuleRow, leaf=row.leaf)  # it may have been erased meanwhile
            rows.put(replace(row, seq=before.seq + 1 if before else 0))

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

    def _check_power(
        self,
        signed: Signed[Revoke] | Signed[Lockdown],
        patient: Address,
        power: Power,
    ) -> None:
        self._office.check(signed, signer=signed.signer)
        if not self._office.may(signed.signer, patient, power):
            raise NotEmpoweredHere(signer=signed.signer, kind=type(signed.message).__name__)

    def _check_epoch(self, patient: Address, compartment: int, epoch: int) -> None:
        directory = self._postbox.directory(patient)
        directory.category(compartment)
        if epoch == directory.epoch:
            return
        over = self._postbox.epoch_since(patient) + OLD_EPOCH_LIFE
        if FIRST_EPOCH <= epoch == directory.epoch - 1 and self._office.clock.now() < over:
            return
        raise EpochClosed(epoch=epoch, current=directory.epoch)


def _capsule_row(left: LeftCapsule) -> CapsuleRow:
    message = left.signed.message
    return CapsuleRow(
        leaf=message.leaf,
        patient=message.patient,
        provider=message.provider,
        compartment=message.compartment,
        epoch=message.epoch,
        capsule=left.capsule,
        cid=left.cid,
        seq=0,
        deposit=left.signed.keep(),
    )
