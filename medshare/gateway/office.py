"""What every part of a gateway shares: its keys, its chain, its vault, and what it saw on the chain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from medshare.clock import Clock
from medshare.hexadecimal import ZERO_ADDRESS, Address, Bytes32
from medshare.ledger import Block, Ledger, Power
from medshare.ledger.errors import BlockGone
from medshare.ledger.events import DirectorySet, Erased, ErasedAll, LockedDown, Registered, Revoked, Succeeded
from medshare.outbox import Outbox, Policy
from medshare.outbox.steps import Step, no_step
from medshare.signed import domains_of
from medshare.store import Store
from medshare.typed_data import Domains, SigningKey
from medshare.vault import CapsuleRow, DestructionRow, ErasureRow, LockdownRow, ProofRow, RevocationRow, Rows, Vault

LONGEST_PATH = 8
"""Moves that the contracts follow."""


@dataclass(kw_only=True)
class Office:
    """The parts that a gateway works with.

    `institution` is the accredited account that runs the gateway. `key` is the gateway's own staff
    account (role bit 1024): it signs receipts and pays as a relay. `entropy(n)` gives n random bytes.
    `outbox` is how everything that has this vault sends to the chain; `policy` and `step` are the outbox's.
    """

    institution: Address
    key: SigningKey
    ledger: Ledger
    vault: Vault
    store: Store
    clock: Clock
    entropy: Callable[[int], bytes]
    policy: Policy = field(default_factory=Policy)
    step: Step = no_step
    outbox: Outbox = field(init=False)
    _watched: Block | None = None
    _moved_to: dict[Address, Address] = field(default_factory=dict)
    _directories: dict[Address, dict[int, Bytes32]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the outbox of this vault."""
        self.outbox = Outbox(self.ledger, self.vault, policy=self.policy, step=self.step)

    @property
    def address(self) -> Address:
        """The gateway's account: what a `ReadRequest` names."""
        return self.key.address

    @property
    def domains(self) -> Domains:
        """For whom signatures are meant."""
        return domains_of(self.ledger.deployment)

    def watch(self) -> None:
        """Take in what was mined since the last time: revocations, lockdowns, erasures, moves, directories.

        What shuts a door stays seen, whatever branch it was mined on. After a reorganisation the
        blocks since the final one are looked at again.
        """
        head = self.ledger.head()
        kinds = (Revoked, LockedDown, Erased, ErasedAll, Succeeded, Registered, DirectorySet)
        start = self._next_block()
        for log in self.ledger.events(start, head.number, kinds):
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
                case Registered(patient=patient, directory=digest) | DirectorySet(patient=patient, digest=digest):
                    self._directories.setdefault(patient, {})[log.block_number] = digest
        self._watched = head

    def _next_block(self) -> int:
        """Return the first block that was not watched, or whose place another branch took."""
        watched = self._watched
        if watched is None:
            return 0
        try:
            if self.ledger.block(watched.number).hash == watched.hash:
                return watched.number + 1
        except BlockGone:
            pass
        start = min(self.ledger.final().number, watched.number) + 1
        for history in self._directories.values():
            for number in [number for number in history if number >= start]:
                del history[number]
        return start

    def directories_of(self, patient: Address) -> list[tuple[int, Bytes32]]:
        """Return the directories that the chain ever named for `patient` with their seconds, newest first."""
        history = self._directories.get(patient, {})
        return [(self.ledger.block(number).time, history[number]) for number in sorted(history, reverse=True)]

    def saw_revocation(self, row: RevocationRow) -> None:
        """Remember a revocation, the first time that it is seen."""
        if self.vault.get(RevocationRow, consent_id=row.consent_id) is None:
            self.vault.put(row)

    def saw_lockdown(self, row: LockdownRow) -> None:
        """Remember a lockdown, unless a later one is known."""
        kept = self.vault.get(LockdownRow, patient=row.patient)
        if kept is None or kept.seq < row.seq:
            self.vault.put(row)

    def erasure_seen(self, leaf: Bytes32, patient: Address) -> bool:
        """Return whether an erasure of `leaf`, or of everything of `patient`, was ever seen."""
        return erasure_in(self.vault, leaf, patient)

    def saw_erasure(self, row: ErasureRow) -> None:
        """Remember an erasure, and that something is to be destroyed if it is here; a signed one counts for more."""
        seen = self.vault.get(ErasureRow, target=row.target)
        if seen is not None and (seen.signed is not None or row.signed is None):
            return
        whole = row.target == whole_address(row.patient)
        by = {"patient": row.patient} if whole else {"leaf": row.target}
        with self.vault.transaction() as rows:
            if seen is not None:
                rows.destroy(ErasureRow, target=row.target)
            rows.put(row if seen is None else replace(seen, signed=row.signed))
            if rows.count(CapsuleRow, **by) or rows.count(ProofRow, **by):
                put_destruction(rows, row.target, row.patient)

    def head_of(self, patient: Address, block: Block | None = None) -> Address:
        """Return where the successors of `patient` end."""
        path = self.ledger.path_of(patient, block=block)
        return path[-1] if path else patient

    def addresses_of(self, patient: Address, block: Block | None = None) -> tuple[Address, ...]:
        """Return `patient` and every address that moved to it, directly or by steps."""
        found = {patient}
        for _ in range(LONGEST_PATH):
            found |= {old for old, following in self._moved_to.items() if following in found}
        # What was seen on a branch that is gone does not count: the chain has the last word.
        old = sorted(one for one in found - {patient} if self.head_of(one, block) == patient)
        return (patient, *old)

    def speaks_for(self, accessor: Address, patient: Address, block: Block) -> bool:
        """Return whether `accessor` reads without a consent: the last successor, or a delegate who may read.

        Whoever holds the keys of an address that was left speaks for nobody.
        """
        if accessor == self.head_of(patient, block):
            return True
        return accessor != patient and self.may(accessor, patient, Power.READ)

    def acts_for(self, signer: Address, institution: Address) -> bool:
        """Return whether `signer` is the active `institution` or its active staff."""
        # Whoever acts for nobody acts for the zero address.
        return institution != ZERO_ADDRESS and self.ledger.principal_of(signer).address == institution

    def may(self, signer: Address, patient: Address, power: Power) -> bool:
        """Return whether `signer` is the patient, or a delegate whose `power` is in force."""
        if signer == patient:
            return True
        return self.clock.now() < self.ledger.empowered(patient, signer, power)


def whole_address(patient: Address) -> Bytes32:
    """Return the target of an erasure of everything: the address, padded to 32 bytes."""
    return bytes(12) + bytes.fromhex(patient[2:])


def erasure_in(rows: Rows, leaf: Bytes32, patient: Address) -> bool:
    """Return whether an erasure of `leaf`, or of everything of `patient`, stands among `rows`."""
    return any(rows.get(ErasureRow, target=target) is not None for target in (leaf, whole_address(patient)))


def put_destruction(rows: Rows, target: Bytes32, patient: Address) -> None:
    """Remember that something of `target` is to be destroyed here."""
    if rows.get(DestructionRow, target=target) is None:
        rows.put(DestructionRow(target=target, patient=patient))
