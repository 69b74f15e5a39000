"""What every part of a gateway shares: its keys, its chain, its vault, and what it saw on the chain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from medshare.clock import Clock
from medshare.hexadecimal import ZERO_ADDRESS, Address, Bytes32
from medshare.ledger import Ledger, Power, Role
from medshare.ledger.events import Erased, ErasedAll, LockedDown, Revoked, Succeeded
from medshare.signed import domains_of
from medshare.store import Store
from medshare.typed_data import Domains, SigningKey
from medshare.vault import ErasureRow, LockdownRow, RevocationRow, Vault


@dataclass(kw_only=True)
class Office:
    """The parts that a gateway works with.

    `institution` is the accredited account that runs the gateway. `key` is the gateway's own staff
    account (role bit 1024): it signs receipts and pays as a relay. `entropy(n)` gives n random bytes.
    """

    institution: Address
    key: SigningKey
    ledger: Ledger
    vault: Vault
    store: Store
    clock: Clock
    entropy: Callable[[int], bytes]
    _watched: int = -1
    _moved_to: dict[Address, Address] = field(default_factory=dict)

    @property
    def address(self) -> Address:
        """The gateway's account: what a `ReadRequest` names."""
        return self.key.address

    @property
    def domains(self) -> Domains:
        """For whom signatures are meant."""
        return domains_of(self.ledger.deployment)

    def watch(self) -> None:
        """Take in what was mined since the last time: revocations, lockdowns, erasures, moves.

        What was seen once stays seen, whatever branch it was mined on.
        """
        head = self.ledger.head()
        kinds = (Revoked, LockedDown, Erased, ErasedAll, Succeeded)
        for log in self.ledger.events(self._watched + 1, head.number, kinds):
            match log.event:
                case Revoked(patient=patient, consent_id=consent_id):
                    self.saw_revocation(
                        RevocationRow(consent_id=consent_id, patient=patient, at=head.time, block=log.block_hash)
                    )
                case LockedDown(patient=patient, mark=mark):
                    self.saw_lockdown(LockdownRow(patient=patient, seq=mark, block=log.block_hash))
                case Erased(leaf=leaf):
                    self.saw_erasure(ErasureRow(target=leaf, patient=ZERO_ADDRESS, at=head.time, block=log.block_hash))
                case ErasedAll(patient=patient):
                    self.saw_erasure(
                        ErasureRow(target=whole_address(patient), patient=patient, at=head.time, block=log.block_hash)
                    )
                case Succeeded(patient=patient, next=successor):
                    self._moved_to[patient] = successor
        self._watched = head.number

    def saw_revocation(self, row: RevocationRow) -> None:
        """Remember a revocation, the first time that it is seen."""
        if self.vault.get(RevocationRow, consent_id=row.consent_id) is None:
            self.vault.put(row)

    def saw_lockdown(self, row: LockdownRow) -> None:
        """Remember a lockdown, unless a later one is known."""
        kept = self.vault.get(LockdownRow, patient=row.patient)
        if kept is None or kept.seq < row.seq:
            self.vault.put(row)

    def saw_erasure(self, row: ErasureRow) -> None:
        """Remember an erasure, the first time that it is seen."""
        if self.vault.get(ErasureRow, target=row.target) is None:
            self.vault.put(row)

    def head_of(self, patient: Address) -> Address:
        """Return where the successors of `patient` end, as far as the gateway has watched."""
        while patient in self._moved_to:
            patient = self._moved_to[patient]
        return patient

    def addresses_of(self, patient: Address) -> tuple[Address, ...]:
        """Return `patient` and every address that moved to it, directly or by steps."""
        return (patient, *(old for old in self._moved_to if self.head_of(old) == patient))

    def acts_for(self, signer: Address, institution: Address) -> bool:
        """Return whether `signer` is the active `institution` or its active staff."""
        return self.ledger.principal_of(signer).address == institution

    def may(self, signer: Address, patient: Address, power: Power) -> bool:
        """Return whether `signer` is the patient, or a delegate whose `power` is in force."""
        if signer == patient:
            return True
        return self.clock.now() < self.ledger.empowered(patient, signer, power)

    def is_patient(self, account: Address) -> bool:
        """Return whether `account` is registered as a patient."""
        return self.ledger.account(account).has(Role.PATIENT)


def whole_address(patient: Address) -> Bytes32:
    """Return the target of an erasure of everything: the address, padded to 32 bytes."""
    return bytes(12) + bytes.fromhex(patient[2:])
