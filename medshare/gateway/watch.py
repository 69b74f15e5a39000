"""How a gateway follows the chain: each question stands on a head that was asked for after it came.

Questions that come while a head is being asked for share the next one, so that a thousand readers cost
one request to the node and none of them is answered from an older block. Each process watches for
itself; what it saw shut is in the vault, for all of them.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Final

from medshare.gateway.view import HeadView
from medshare.hexadecimal import ZERO_ADDRESS, Address, Bytes32
from medshare.ledger import Block, BlockGone, Ledger, Log, NodeUnreachable
from medshare.ledger.events import (
    DirectorySet,
    Erased,
    ErasedAll,
    Event,
    LockedDown,
    Registered,
    Revoked,
    Succeeded,
)
from medshare.vault import ErasureRow, LockdownRow, RevocationRow

if TYPE_CHECKING:
    from medshare.gateway.office import Office

HEADS_KEPT: Final = 128
"""Heads that are remembered, so that after a reorganisation the last one that still stands is found."""

KINDS: Final[tuple[type[Event], ...]] = (
    Revoked,
    LockedDown,
    Erased,
    ErasedAll,
    Succeeded,
    Registered,
    DirectorySet,
)


class Watch:
    """What one process saw on the chain so far."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._turn = threading.Condition()
        self._looking = False
        self._begun = 0
        self._done = 0
        self._seen: HeadView | Exception | None = None
        self._view: HeadView | None = None
        self._watched: deque[Block] = deque(maxlen=HEADS_KEPT)
        # Only the one who looks writes these; readers take one value at a time, or a copy.
        self._moved_from: dict[Address, tuple[Address, ...]] = {}
        self._directories: dict[Address, dict[int, Bytes32]] = {}

    def look(self) -> HeadView:
        """Return the chain at a head that was asked for after this call, with its events taken in.

        Raises:
            NodeUnreachable, BlockGone: As the ledger; everybody who shared the question gets it.
        """
        with self._turn:
            # A look that has begun may have missed what was mined just now.
            mine = self._begun + 1
            while self._looking and self._done < mine:
                self._turn.wait()
            if self._done >= mine:
                return self._shared()
            self._looking = True
            self._begun = mine
        seen: HeadView | Exception | None = None
        try:
            seen = self._take_in()
        except Exception as error:  # noqa: BLE001  # everybody who waits for it gets it, this caller too
            seen = error
        finally:
            with self._turn:
                self._looking = False
                if seen is not None:
                    self._done, self._seen = mine, seen
                self._turn.notify_all()
        return self._shared()

    def moved_to(self, patient: Address) -> tuple[Address, ...]:
        """Return the addresses that were seen to move to `patient` in one step, on any branch."""
        return self._moved_from.get(patient, ())

    def directories_of(self, patient: Address) -> list[tuple[int, Bytes32]]:
        """Return the digests of directories that `patient` named, with the numbers of their blocks, newest first."""
        return sorted(dict(self._directories.get(patient, {})).items(), reverse=True)

    def _shared(self) -> HeadView:
        seen = self._seen
        if isinstance(seen, Exception):
            raise seen
        assert seen is not None  # noqa: S101  # whoever comes here waited for a look, or looked
        return seen

    def _take_in(self) -> HeadView:
        ledger = self._office.ledger.pinned()
        try:
            return self._take_in_at(ledger)
        except NodeUnreachable:
            other = self._office.ledger.pinned()
            if other is ledger:
                raise
            # The node went away under the look: another one is looked at, from the beginning.
            return self._take_in_at(other)  # [G-004]

    def _take_in_at(self, ledger: Ledger) -> HeadView:
        before, head = self._view, ledger.head()
        if before is None or not before.is_of(ledger, head):
            start = self._next_block(ledger, before.block) if before else 0
            for log in ledger.events(start, head.number, KINDS):
                self._remember(log, head)
            self._view = before = HeadView(ledger, head, before)
            self._watched.append(head)
        return before

    def _next_block(self, ledger: Ledger, watched: Block) -> int:
        """Return the first block that was not watched, or whose place another branch took."""
        if self._stands(ledger, watched):
            return watched.number + 1
        # The final block of today says nothing about a branch that was left before it was final. Where no head that
        # is remembered stands, everything is read again, as at a start.
        while self._watched and not self._stands(ledger, self._watched[-1]):
            self._watched.pop()
        start = self._watched[-1].number + 1 if self._watched else 0
        for history in self._directories.values():
            for number in [number for number in history if number >= start]:
                del history[number]
        return start

    @staticmethod
    def _stands(ledger: Ledger, block: Block) -> bool:
        """Return whether a block is on the branch that the node shows now."""
        try:
            return ledger.block(block.number).hash == block.hash
        except BlockGone:
            return False

    def _remember(self, log: Log, head: Block) -> None:
        office, block = self._office, log.block_hash
        match log.event:
            case Revoked(patient=patient, consent_id=consent_id):
                office.saw_revocation(RevocationRow(consent_id=consent_id, patient=patient, at=head.time, block=block))
            case LockedDown(patient=patient, mark=mark):
                office.saw_lockdown(LockdownRow(patient=patient, seq=mark, block=block))
            case Erased(leaf=leaf):
                office.saw_erasure(ErasureRow(target=leaf, patient=ZERO_ADDRESS, at=head.time, block=block))
            case ErasedAll(patient=patient):
                whole = whole_address(patient)
                office.saw_erasure(ErasureRow(target=whole, patient=patient, at=head.time, block=block))
            case Succeeded(patient=patient, next=successor):
                if patient not in self.moved_to(successor):
                    self._moved_from[successor] = (*self.moved_to(successor), patient)
            case Registered(patient=patient, directory=digest) | DirectorySet(patient=patient, digest=digest):
                self._directories.setdefault(patient, {})[log.block_number] = digest


def whole_address(patient: Address) -> Bytes32:
    """Return the target of an erasure of everything: the address, padded to 32 bytes."""
    return bytes(12) + bytes.fromhex(patient[2:])
