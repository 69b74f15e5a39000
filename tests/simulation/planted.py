"""Faults planted in the package, to prove that the simulator finds them: each breaks one promise, by one change.

A planted fault has a short plan of its own, which leads to where it matters; the seed still says who is at work, where
and in which order. `within` seeds it must be caught, by the invariant that it breaks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, Final

from medshare.gateway import Gateway
from medshare.gateway.shelf import Shelf
from medshare.gateway.watch import Watch
from medshare.ledger import Block, Ledger
from medshare.outbox import periods, reconciler, sender
from medshare.outbox.findings import Trouble
from medshare.outbox.staged import Staged
from medshare.outbox.uploading import Uploading
from medshare.release.rule import Facts, Ground, decide
from medshare.store import cid_of
from medshare.vault import ReceiptRow, Row, Stage
from tests.simulation import story
from tests.simulation.faults import Fault, PlannedFault
from tests.simulation.run import Plan, play
from tests.simulation.story import PlannedAct
from tests.simulation.vault import MemoryVault
from tests.simulation.wires import DiskStore

ROAD: Final = ("upload", "upload", "period", "period", "sync", "sync", "grant", "grant", "read", "read", "read", "read")
SHUT: Final = ("grant", "grant", "sync", "revoke", "revoke", "lock", "read", "read", "read", "read")


@dataclass(frozen=True, kw_only=True)
class Planted:
    """One planted fault. `verbs` begin `apart` steps from each other."""

    name: str
    invariant: str
    verbs: Sequence[str]
    apart: int = 25
    faults: Sequence[tuple[int, Fault]] = ()
    rule: Callable[[Facts], Ground] = decide
    change: Callable[[], Any] = nullcontext
    within: int = 40

    def plan(self, seed: int) -> Plan:
        """Return its plan under a seed."""
        acts = tuple(PlannedAct(self.apart * place, verb, place) for place, verb in enumerate(self.verbs))
        return Plan(seed, acts, tuple(PlannedFault(step, kind) for step, kind in self.faults))

    def caught_by(self) -> int | None:
        """Return the first seed that catches it, or None."""
        with self.change():
            for seed in range(1, self.within + 1):
                found = play(self.plan(seed), rule=self.rule).violation
                if found is not None and found.invariant == self.invariant:
                    return seed
        return None


def forgiving(*grounds: Ground) -> Callable[[Facts], Ground]:
    """Return a release rule that overlooks some grounds of refusal."""

    def rule(facts: Facts) -> Ground:
        ground = decide(facts)
        return Ground.RELEASED if ground in grounds and facts.consented is not None else ground

    return rule


@contextmanager
def changed(*changes: tuple[Any, str, Any]) -> Iterator[None]:
    """Put something else in the place of attributes, until the block ends."""
    kept = [(target, name, target.__dict__[name]) for target, name, _ in changes]
    for target, name, value in changes:
        setattr(target, name, value)
    try:
        yield
    finally:
        for target, name, value in reversed(kept):
            setattr(target, name, value)


def _nothing(*arguments: Any, **named: Any) -> None:
    """Do nothing."""


def _without_receipts(self: MemoryVault, row: Row) -> None:
    if not isinstance(row, ReceiptRow):
        MemoryVault.put(self, row)


def _dropping_first_receipt(self: Gateway) -> Any:
    self.office.vault.destroy(ReceiptRow, gateway=self.address, seq=1)
    return _RESUME(self)


def _keeping_nothing_for_others(self: DiskStore, body: bytes) -> str:
    act = self._wires.schedule.at_work
    return str(cid_of(body)) if act is not None and "check" in act.name else _PUT(self, body)


def _saved_again(self: Staged, rows: Any, row: Any) -> None:
    self._also(rows) if not self._known else None
    rows.destroy(type(self._work), id=self._work.id)
    rows.put(replace(self._work, state=Stage.SIGNED, account=row.account, nonce=row.nonce))


def _silent_differences(*arguments: Any, **named: Any) -> Any:
    return tuple(one for one in _DIFFERENCES(*arguments, **named) if one.trouble is not Trouble.BODY_LOST)


def _never_back(self: Watch, ledger: Ledger, watched: Block) -> int:
    return watched.number + 1


_PUT: Final = DiskStore.put
_RESUME: Final = Gateway.resume
_DIFFERENCES: Final = reconciler.differences

PLANTED: Final = (
    Planted(
        name="a gateway does not compare the slot with the category",
        invariant="I1",
        verbs=ROAD,
        rule=forgiving(Ground.SLOT_NOT_OF_CATEGORY),
    ),
    Planted(
        name="a gateway hands out what nobody confirmed",
        invariant="I1",
        verbs=("upload", "upload", "period", "period", "sync", "sync", *("grant",) * 3, *("read",) * 6),
        rule=forgiving(Ground.NOT_CONFIRMED, Ground.SLOT_NOT_OF_CATEGORY),
    ),
    Planted(
        name="a gateway does not care how old its head is",
        invariant="I1",
        verbs=SHUT,
        faults=((90, Fault.CHAIN_HALTS), (140, Fault.CHAIN_HALTS), (180, Fault.NODE_LAGS), (220, Fault.NODE_LAGS)),
        rule=forgiving(Ground.STALE_HEAD),
    ),
    Planted(
        name="a gateway opens what was revoked or locked",
        invariant="I1",
        verbs=SHUT,
        rule=forgiving(Ground.REVOKED, Ground.LOCKED, Ground.REVOCATION_SEEN),
    ),
    Planted(
        name="a validator signs for bodies that it does not keep",
        invariant="I2",
        verbs=("upload", "period", "check", "collect"),
        change=lambda: changed((DiskStore, "put", _keeping_nothing_for_others)),
        within=10,
    ),
    Planted(
        name="the reconciler is silent about lost bodies",
        invariant="I2",
        verbs=("sync", "reconcile"),
        faults=((5, Fault.BODY_LOST),),
        change=lambda: changed((reconciler, "differences", _silent_differences)),
        within=10,
    ),
    Planted(
        name="an erasure leaves the body where it is",
        invariant="I3",
        verbs=("erase", "erase"),
        change=lambda: changed((DiskStore, "unpin", _nothing), (DiskStore, "delete", _nothing)),
        within=10,
    ),
    Planted(
        name="two processes complete one upload",
        invariant="I4",
        verbs=("upload", "resume", "resume", "upload", "resume", "resume", "period", "period"),
        apart=3,
        change=lambda: changed((Uploading, "_check_mine", staticmethod(_nothing))),
    ),
    Planted(
        name="the outbox forgets what it has sent",
        invariant="I4",
        verbs=("upload", "upload", "period", "period", "resume", "resume", "resume"),
        faults=((30, Fault.CHAIN_HALTS), (45, Fault.DESK_CRASHES), (60, Fault.SENDING_UNANSWERED)),
        change=lambda: changed(
            (Staged, "_saved", _nothing),
            (Staged, "_link", _saved_again),
            (sender, "flying", _nothing),
            (sender, "earlier", _nothing),
            (periods, "finish_saved", _nothing),
        ),
    ),
    Planted(
        name="a document leaves without a receipt on the disk",
        invariant="I5",
        verbs=("sync",),
        change=lambda: changed((MemoryVault, "add", _without_receipts)),
        within=3,
    ),
    Planted(
        name="a gateway drops a receipt when it starts",
        invariant="I5",
        verbs=("sync", "maintain"),
        change=lambda: changed((Gateway, "resume", _dropping_first_receipt)),
        within=3,
    ),
    Planted(
        name="a gateway forgets a signed revocation that is not mined yet",
        invariant="I6",
        verbs=("grant", "grant", "grant", "revoke", "revoke", "revoke", *("read",) * 8),
        apart=12,
        faults=((60, Fault.SENDING_LOST), (70, Fault.POOL_LOST), (80, Fault.SENDING_LOST)),
        change=lambda: changed((Shelf, "saw_revoke", _nothing)),
    ),
    Planted(
        name="a gateway does not go back after a reorganisation",
        invariant="I7",
        verbs=("grant", "grant", "revoke", "revoke", "sync", "sync", "sync"),
        faults=((110, Fault.REORGANISATION), (150, Fault.REORGANISATION), (190, Fault.REORGANISATION)),
        change=lambda: changed((Watch, "_next_block", _never_back)),
    ),
    Planted(
        name="nobody goes over the transactions that wait",
        invariant="liveness",
        verbs=("grant", "revoke", "sync"),
        faults=((10, Fault.GATEWAY_CRASHES), (40, Fault.GATEWAY_CRASHES), (60, Fault.CHAIN_HALTS)),
        change=lambda: changed((story.Story, "keep_up", staticmethod(_nothing))),
        within=10,
    ),
)
"""At least one for each invariant."""
