"""The kinds of faults, and where they wait until they can bite.

A fault is planned for a step. From then on it lies ready until somebody does what it is for (sends a message, writes
to a disk, asks a node): only then it has happened, and only then it is counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import Enum


class Fault(Enum):
    """What goes wrong, by where."""

    GATEWAY_CRASHES = "a gateway crashes"
    DESK_CRASHES = "a desk crashes"
    AGENT_CRASHES = "an agent crashes"

    REQUEST_LOST = "a request is lost"
    ANSWER_LOST = "an answer is lost"
    REQUEST_TWICE = "a request comes twice"
    REQUEST_LATE = "a request comes late, after others"
    DOOR_SLOW = "a door is slow"
    DOOR_LIES = "a door lies"

    NODE_SILENT = "a node does not answer"
    NODE_LAGS = "a node lags"
    NODE_FORGETS_LOGS = "a node leaves logs out"
    SENDING_UNANSWERED = "a node takes a transaction and does not answer"
    SENDING_LOST = "a node never gets a transaction"
    POOL_LOST = "a node forgets what waits"
    CHAIN_HALTS = "no block comes"
    REORGANISATION = "blocks are taken back"

    CLOCK_WRONG = "a clock is wrong"
    STORE_FULL = "a store is full"
    VAULT_FULL = "a vault cannot be written"
    COMMIT_UNANSWERED = "a vault commits and does not answer"
    BODY_LOST = "a store loses a body"


CRASHES = (Fault.GATEWAY_CRASHES, Fault.DESK_CRASHES, Fault.AGENT_CRASHES)

LASTING = {
    Fault.NODE_SILENT: 12,
    Fault.NODE_LAGS: 40,
    Fault.NODE_FORGETS_LOGS: 40,
    Fault.STORE_FULL: 20,
    Fault.VAULT_FULL: 8,
    Fault.CHAIN_HALTS: 40,
    Fault.CLOCK_WRONG: 120,
}
"""Steps for which a fault goes on once it has begun; the others happen once."""


@dataclass(frozen=True, slots=True)
class PlannedFault:
    """One fault of a plan: from which step on it lies ready."""

    step: int
    kind: Fault


class Trouble:
    """The faults of one run: what lies ready, what goes on, what has happened."""

    def __init__(self) -> None:
        self.ready: Counter[Fault] = Counter()
        self.happened: Counter[Fault] = Counter()
        self.states: Counter[tuple[str, Fault]] = Counter()
        """How often each fault met each state of the outbox."""
        self.state = "idle"
        """The state of the outbox that was reached last."""
        self.hit: set[tuple[Fault, str]] = set()
        """Whom each lasting fault has ever taken hold of."""
        self.reached_states: Counter[str] = Counter()
        self._until: dict[tuple[Fault, str], int] = {}

    def reached(self, state: str) -> None:
        """Count a state of the outbox; faults from now on meet this one."""
        self.state = state
        self.reached_states[state] += 1

    def bites(self, kind: Fault) -> bool:
        """Return whether a fault of this kind lies ready; it has happened then."""
        if not self.ready[kind]:
            return False
        self.ready[kind] -= 1
        self.note(kind)
        return True

    def lasts(self, kind: Fault, whom: str, step: int) -> bool:
        """Return whether a lasting fault is upon `whom` now; one that lies ready takes hold of whoever comes first."""
        until = self._until.get((kind, whom), 0)
        if step < until:
            return True
        if not self.bites(kind):
            return False
        self._until[kind, whom] = step + LASTING[kind]
        self.hit.add((kind, whom))
        return True

    def note(self, kind: Fault) -> None:
        """Count a fault that has happened."""
        self.happened[kind] += 1
        self.states[self.state, kind] += 1

    def end(self) -> None:
        """Let no fault happen any more."""
        self.ready.clear()
        self._until.clear()
