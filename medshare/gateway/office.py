"""What every part of a gateway shares: its keys, its chain, its vault, and what it saw on the chain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

from medshare.clock import Clock
from medshare.gateway.errors import NotAPatient
from medshare.gateway.view import LONGEST_PATH, HeadView, View
from medshare.gateway.watch import Watch, whole_address
from medshare.hexadecimal import ZERO_ADDRESS, Address, Bytes32
from medshare.ledger import FOR_EVER, Block, Ledger, Power, Role
from medshare.outbox import Outbox, Policy
from medshare.outbox.steps import Step, no_step
from medshare.signed import Signed, check_at, domains_of, is_keys
from medshare.store import Store
from medshare.typed_data import Domains, Message, SigningKey
from medshare.vault import (
    CapsuleRow,
    DestructionRow,
    ErasureRow,
    LockdownRow,
    ProofRow,
    RevocationRow,
    Rows,
    Vault,
)

__all__ = ["Office", "erasure_in", "put_destruction", "whole_address"]

M = TypeVar("M", bound=Message)


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
    _watch: Watch = field(init=False)

    def __post_init__(self) -> None:
        """Make the outbox of this vault, and what follows the chain."""
        self.outbox = Outbox(self.ledger, self.vault, policy=self.policy, step=self.step)
        self._watch = Watch(self)

    @property
    def address(self) -> Address:
        """The gateway's account: what a `ReadRequest` names."""
        return self.key.address

    @cached_property
    def domains(self) -> Domains:
        """For whom signatures are meant: a deployment does not change."""
        return domains_of(self.ledger.deployment)

    def watch(self) -> HeadView:
        """Take in what was mined since the last time: revocations, lockdowns, erasures, moves, directories.

        What shuts a door stays seen, whatever branch it was mined on. After a reorganisation the
        blocks since the final one are looked at again. Returns the chain at the head.
        """
        return self._watch.look()

    def check(self, signed: Signed[M], *, signer: Address) -> M:
        """Return the message if `signer` signed it, by a key or by a contract. Raises as `check_at`."""
        return check_at(signed, self.ledger, signer=signer)

    def check_now(self, signed: Signed[Message], *, signer: Address) -> HeadView:
        """Return the chain at a head at which `signer` has signed. Raises as `check_at`."""
        if signer == signed.signer and is_keys(signed, self.domains):
            return self.watch()
        view = self.watch()
        check_at(signed, view.ledger, signer=signer, block=view.block)
        return view

    def directories_of(self, patient: Address) -> list[tuple[int, Bytes32]]:
        """Return the directories that the chain ever named for `patient` with their seconds, newest first."""
        return [(self.ledger.block(number).time, digest) for number, digest in self._watch.directories_of(patient)]

    def saw_revocation(self, row: RevocationRow) -> None:
        """Remember a revocation, the first time that it is seen."""
        with self.vault.transaction() as rows:
            if rows.get(RevocationRow, consent_id=row.consent_id) is None:
                rows.put(row)

    def saw_lockdown(self, row: LockdownRow) -> None:
        """Remember a lockdown, unless a later one is known."""
        with self.vault.transaction() as rows:
            kept = rows.get(LockdownRow, patient=row.patient)
            if kept is None or kept.seq < row.seq:
                rows.put(row)

    def saw_erasure(self, row: ErasureRow) -> None:
        """Remember an erasure, and that something is to be destroyed if it is here; a signed one counts for more."""
        whole = row.target == whole_address(row.patient)
        by = {"patient": row.patient} if whole else {"leaf": row.target}
        with self.vault.transaction() as rows:
            seen = rows.get(ErasureRow, target=row.target)
            if seen is not None and (seen.signed is not None or row.signed is None):
                return
            if seen is not None:
                rows.destroy(ErasureRow, target=row.target)
            rows.put(row if seen is None else replace(seen, signed=row.signed))
            if rows.count(CapsuleRow, **by) or rows.count(ProofRow, **by):
                put_destruction(rows, row.target, row.patient)

    def check_patient(self, address: Address) -> None:
        """Check that there may be a line of receipts for `address`.

        Raises:
            NotAPatient: Nobody registered it.
        """
        if not self.ledger.account(address).roles & Role.PATIENT:
            raise NotAPatient(patient=address)

    def head_of(self, patient: Address, block: Block | None = None) -> Address:
        """Return where the successors of `patient` end."""
        path = self.ledger.path_of(patient, block=block)
        return path[-1] if path else patient

    def addresses_of(self, patient: Address, view: View) -> tuple[Address, ...]:
        """Return `patient` and every address that moved to it, directly or by steps."""
        found, newest = {patient}, {patient}
        for _ in range(LONGEST_PATH):
            newest = {old for one in newest for old in self._watch.moved_to(one)} - found
            found |= newest
        # What was seen on a branch that is gone does not count: the chain has the last word.
        old = sorted(one for one in found - {patient} if view.end_of(one) == patient)
        return (patient, *old)

    def speaks_for(self, accessor: Address, patient: Address, block: Block) -> bool:
        """Return whether `accessor` reads without a consent: the last successor, or a delegate who may read.

        Whoever holds the keys of an address that was left speaks for nobody.
        """
        return self.clock.now() < self.speaks_until(accessor, patient, View(self.ledger, block))

    def speaks_until(self, accessor: Address, patient: Address, view: View) -> int:
        """Return until when `accessor` reads without a consent, in seconds; 0 if not at all. See `speaks_for`."""
        if accessor == view.end_of(patient):
            return FOR_EVER
        return 0 if accessor == patient else view.acts_until(patient, accessor, Power.READ)

    def acts_for(self, signer: Address, institution: Address) -> bool:
        """Return whether `signer` is the active `institution` or its active staff."""
        # Whoever acts for nobody acts for the zero address.
        return institution != ZERO_ADDRESS and self.ledger.principal_of(signer).address == institution

    def may(self, signer: Address, patient: Address, power: Power) -> bool:
        """Return whether `signer` is the patient, or a delegate whose `power` is in force."""
        if signer == patient:
            return True
        return self.clock.now() < self.ledger.empowered(patient, signer, power)


def erasure_in(rows: Rows, leaf: Bytes32, patient: Address) -> bool:
    """Return whether an erasure of `leaf`, or of everything of `patient`, stands among `rows`."""
    return any(rows.get(ErasureRow, target=target) is not None for target in (leaf, whole_address(patient)))


def put_destruction(rows: Rows, target: Bytes32, patient: Address) -> None:
    """Remember that something of `target` is to be destroyed here."""
    if rows.get(DestructionRow, target=target) is None:
        rows.put(DestructionRow(target=target, patient=patient))
