"""One thread, many acts: each runs until it asks for something, and the seed says who goes on.

An act is a greenlet. At every moment where a real one would wait (a message, a question to the node, a transaction of
the vault, a body put into the store, a step of the outbox) it calls `Schedule.pause`, and the schedule decides who
runs next. Nothing else switches, so the same seed gives the same run.

A process dies at such a moment too. Everything that ran in it ends there with `Crashed`, which no handler of the
package catches; whoever had called it over the network gets no answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from greenlet import getcurrent, greenlet

Moment = tuple[str, str]
"""Who waits, and for what."""


class Crashed(BaseException):
    """The process that the present code runs in is dead."""

    def __init__(self, process: Process) -> None:
        super().__init__(process.name)
        self.process = process


class Abandoned(BaseException):
    """The run is over; every act ends where it stands."""


@dataclass(eq=False)
class Process:
    """Something that can die: `life` counts how often it did."""

    name: str
    life: int = 0
    down: bool = False
    skew: int = 0


@dataclass(eq=False)
class Act:
    """One running act. `inside` are the processes it is in, the innermost last, each with the life it entered."""

    name: str
    lane: str
    work: Callable[[], None]
    inside: list[tuple[Process, int]]
    greenlet: greenlet = field(init=False)
    waits: str = "begins"
    wakes: int = 0
    atomic: int = 0
    done: bool = False


class Choices:
    """Every choice of a run, from the seed and a name: leaving one step out does not change all the others."""

    def __init__(self, seed: int) -> None:
        self._seed = seed.to_bytes(8, "big")
        self._drawn: dict[str, int] = {}

    def number(self, name: str, below: int) -> int:
        """Return a number from 0 to `below` - 1; the same name again gives the next one."""
        count = self._drawn[name] = self._drawn.get(name, 0) + 1
        digest = hashlib.blake2b(f"{name} {count}".encode(), key=self._seed, digest_size=8).digest()
        return int.from_bytes(digest, "big") % below

    def happens(self, name: str, percent: int) -> bool:
        """Return whether something of that likelihood happens."""
        return self.number(name, 100) < percent

    def entropy(self, name: str) -> Callable[[int], bytes]:
        """Return a source of randomness of its own."""

        def draw(count: int) -> bytes:
            number = self._drawn[name] = self._drawn.get(name, 0) + 1
            return hashlib.shake_128(self._seed + f"{name} {number}".encode()).digest(count)

        return draw


class Schedule:
    """Runs acts one moment after the other.

    Args:
        choices: Who goes on.
        after: Called after every step with who was at work and what it waits for now.
    """

    def __init__(self, choices: Choices, after: Callable[[Act], None]) -> None:
        self.acts: list[Act] = []
        self.steps = 0
        self.trace: list[Moment] = []
        self.now: Callable[[], int] = lambda: 0
        self.at_work: Act | None = None
        """The act that runs now."""
        self._choices = choices
        self._after = after
        self._hub = getcurrent()

    def begin(self, name: str, lane: str, process: Process, work: Callable[[], None]) -> Act:
        """Let an act run from now on; acts of one lane run one after the other."""
        act = Act(name, lane, work, [(process, process.life)])
        act.greenlet = greenlet(lambda: self._run(act), self._hub)
        self.acts.append(act)
        return act

    def pause(self, waits: str, *, until: int = 0) -> None:
        """Let others go on; `until` is the second before which this act is not woken.

        Raises:
            Crashed: The process died meanwhile.
        """
        act = self.at_work
        if act is None or act.atomic:
            return
        act.waits, act.wakes = waits, until
        self._hub.switch()
        self.check_alive(act)

    @staticmethod
    def check_alive(act: Act) -> None:
        """End what runs in a process that died."""
        process, life = act.inside[-1]
        if process.life != life:
            raise Crashed(process)

    def kill(self, process: Process) -> None:
        """Let a process die. What runs in it ends as soon as it would go on."""
        process.life += 1
        process.down = True

    @property
    def ready(self) -> list[Act]:
        """The acts that can go on, the first of each lane."""
        lanes: set[str] = set()
        found = []
        for act in self.acts:
            if act.lane not in lanes:
                lanes.add(act.lane)
                if act.wakes <= self.now():
                    found.append(act)
        return found

    def step(self) -> bool:
        """Let one act go on to its next moment; return whether there was one."""
        ready = self.ready
        if not ready:
            return False
        act = ready[self._choices.number("next", len(ready))]
        self.steps += 1
        self.at_work = act
        try:
            act.greenlet.switch()
        finally:
            self.at_work = None
        if act.greenlet.dead:
            act.done = True
            act.waits = "ends"
            self.acts.remove(act)
        self.trace.append((act.name, act.waits))
        self._after(act)
        return True

    def abandon(self) -> None:
        """End every act where it stands."""
        for act in list(self.acts):
            if not act.greenlet.dead and act.greenlet:
                with suppress(Abandoned):
                    act.greenlet.throw(Abandoned())
        self.acts.clear()

    @staticmethod
    def _run(act: Act) -> None:
        try:
            act.work()
        except Crashed:
            act.waits = "crashed"
