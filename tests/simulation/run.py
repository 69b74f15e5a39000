"""One seed, one run: a plan of acts and faults, played to its end, then healed.

The plan is all that the seed decides before the first step; the rest hangs on names (`Choices`), so that a plan with
something left out is still the same story. That is how a failure is shrunk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

from medshare.errors import MedShareError
from medshare.outbox.differences import DAY
from medshare.release.rule import Facts, Ground, decide
from tests.simulation import primitives
from tests.simulation.faults import CRASHES, Fault, PlannedFault
from tests.simulation.invariants import Violation, Watcher
from tests.simulation.schedule import Act, Choices, Moment, Process
from tests.simulation.story import WRITERS, PlannedAct, Story
from tests.simulation.town import FINALITY, Base, House, Town, begin, build
from tests.simulation.wires import SLOT

ACTS: Final = (9, 16)
"""How many acts a plan has at least, and less than."""

FAULT_PERCENT: Final = 28
"""How often a kind of fault is in a plan."""

RARELY_BITES: Final = {Fault.DOOR_LIES: 75, Fault.STORE_FULL: 45, Fault.DESK_CRASHES: 40, Fault.REQUEST_LATE: 35}
"""The same for kinds that often find nobody who does what they are for."""

SPAN: Final = 220
"""Steps within which everything planned begins."""

MOST_STEPS: Final = 6000
ROUNDS: Final = 14
"""Rounds of healing within which everything must have come to its end."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to happen in one run. `real` is without stand-ins, and with the vaults in SQLite."""

    seed: int
    acts: tuple[PlannedAct, ...]
    faults: tuple[PlannedFault, ...]
    real: bool = False

    @property
    def size(self) -> int:
        """How much there is to leave out."""
        return len(self.acts) + len(self.faults)

    def without(self, start: int, count: int) -> Plan:
        """Return the plan without some of it."""
        both = [*self.acts, *self.faults]
        left = both[:start] + both[start + count :]
        return replace(
            self,
            acts=tuple(one for one in left if isinstance(one, PlannedAct)),
            faults=tuple(one for one in left if isinstance(one, PlannedFault)),
        )


@dataclass(kw_only=True)
class Result:
    """What came of a run."""

    plan: Plan
    violation: Violation | None
    steps: int
    trace: list[Moment]
    faults: Counter[Fault]
    states: Counter[str]
    crossed: Counter[tuple[str, Fault]]
    grounds: Counter[str]
    outcomes: Counter[str] = field(default_factory=Counter)


def plan_of(seed: int, *, real: bool = False) -> Plan:
    """Return the plan of a seed."""
    choices = Choices(seed)
    verbs = [verb for verb, weight in WEIGHTS.items() for _ in range(weight)]
    count = ACTS[0] + choices.number("acts", ACTS[1] - ACTS[0])
    acts = sorted(
        (
            PlannedAct(choices.number("step of act", SPAN), verbs[choices.number("verb", len(verbs))], number)
            for number in range(count)
        ),
        key=lambda one: (one.step, one.number),
    )
    faults = [
        PlannedFault(choices.number("step of fault", SPAN), kind)
        for kind in Fault
        if choices.happens("fault", RARELY_BITES.get(kind, FAULT_PERCENT))
    ]
    return Plan(seed, tuple(acts), tuple(sorted(faults, key=lambda one: one.step)), real)


WEIGHTS: Final = {
    "upload": 14,
    "amend": 4,
    "period": 12,
    "check": 9,
    "collect": 9,
    "sync": 8,
    "grant": 10,
    "read": 16,
    "revoke": 8,
    "lock": 2,
    "erase": 5,
    "erase all": 1,
    "move": 2,
    "retract": 2,
    "maintain": 8,
    "resume": 3,
    "reconcile": 4,
    "honour": 2,
}
"""How often each verb is chosen."""


@cache
def base_of(*, real: bool) -> Base:
    """Return the town that runs begin with, built once in a process for each kind of cryptography."""
    return build()


def play(plan: Plan, *, rule: Callable[[Facts], Ground] = decide) -> Result:
    """Play a plan to its end, or to the first violation. Only a planted fault gives another release rule."""
    if plan.real:
        return Run(plan, base_of(real=True), rule).play()
    with primitives.quick():
        base = base_of(real=False)
        before = primitives.mark()
        try:
            return Run(plan, base, rule).play()
        finally:
            primitives.take_back(before)


class Run:
    """One run."""

    def __init__(self, plan: Plan, base: Base, rule: Callable[[Facts], Ground]) -> None:
        self.plan = plan
        choices = Choices(plan.seed)
        self.watcher = Watcher(base, follows=plan.real)
        self.town: Town = begin(base, choices, self.watcher, self._after, sql=plan.real, rule=rule)
        self.watcher.attach(self.town)
        self.story = Story(self.town, self.watcher)
        self._schedule = self.town.wires.schedule
        self._trouble = self.town.wires.trouble
        self._acts = list(plan.acts)
        self._faults = list(plan.faults)
        self._healing = False

    def play(self) -> Result:
        """Play it."""
        try:
            self._disturb()
            if self.watcher.violation is None:
                self._heal()
        finally:
            self._schedule.abandon()
        return Result(
            plan=self.plan,
            violation=self.watcher.violation,
            steps=self._schedule.steps,
            trace=self._schedule.trace,
            faults=self._trouble.happened,
            states=self._trouble.reached_states,
            crossed=self._trouble.states,
            grounds=self.watcher.grounds,
            outcomes=self.story.outcomes,
        )

    def _disturb(self) -> None:
        """Play the plan."""
        schedule = self._schedule
        while self.watcher.violation is None and schedule.steps < MOST_STEPS:
            self._begin_planned()
            if not schedule.step():
                if not schedule.acts and not self._acts:
                    return
                if not schedule.acts:
                    self._acts[0] = replace(self._acts[0], step=schedule.steps)
                else:
                    self._tick()
        if schedule.steps >= MOST_STEPS:
            self.watcher.fail("liveness", f"the acts of the plan are not over after {MOST_STEPS} steps")

    def _begin_planned(self) -> None:
        steps = self._schedule.steps
        while self._acts and self._acts[0].step <= steps:
            self.story.begin(self._acts.pop(0))
        while self._faults and self._faults[0].step <= steps:
            self._trouble.ready[self._faults.pop(0).kind] += 1

    def _after(self, act: Act) -> None:
        """Do what may happen after any step, and look at the invariants."""
        if not self._healing:
            self._happen(act)
        if self.town.choices.happens("tick", 7):
            self._tick()
        self.watcher.look()

    def _happen(self, act: Act) -> None:
        trouble, wires = self._trouble, self.town.wires
        for kind in CRASHES:
            if trouble.ready[kind] and not act.done and act.waits != "begins":
                self._crash(kind, act)
        if trouble.ready[Fault.REORGANISATION] and len(wires.chain.rows) > self.watcher.first + 4:
            trouble.bites(Fault.REORGANISATION)
            wires.chain.take_back(1 + self.town.choices.number("depth", 3))
        if trouble.ready[Fault.POOL_LOST] and wires.chain.waiting:
            trouble.bites(Fault.POOL_LOST)
            wires.chain.lose_pool()
        if trouble.ready[Fault.CLOCK_WRONG]:
            trouble.bites(Fault.CLOCK_WRONG)
            act.inside[-1][0].skew = self.town.choices.number("skew", 41) - 20
        if trouble.ready[Fault.BODY_LOST]:
            self._lose_body()

    def _crash(self, kind: Fault, act: Act) -> None:
        """Kill the process that is at work, if it is one of that kind, and let it start again a little later."""
        process = act.inside[-1][0]
        for house in self.town.houses.values():
            if kind is Fault.GATEWAY_CRASHES and process is house.server:
                self._kill(kind, process, lambda house=house: self._restart_server(house))  # type: ignore[misc]
            elif kind is Fault.DESK_CRASHES and process is house.desk:
                self._kill(kind, process, lambda house=house: self._restart_desk(house))  # type: ignore[misc]
        if kind is Fault.AGENT_CRASHES and any(process is person.process for person in self.town.people.values()):
            self._kill(kind, process, lambda: None)
            process.down = False

    def _kill(self, kind: Fault, process: Process, restart: object) -> None:
        self._trouble.bites(kind)
        self._schedule.kill(process)

        def start() -> None:
            self._schedule.pause("starts", until=self.town.wires.clock.now() + SLOT)
            restart()  # type: ignore[operator]

        name = f"start of {process.name} after step {self._schedule.steps}"
        self._schedule.begin(name, name, Process("the machine"), start)

    def _restart_server(self, house: House) -> None:
        if house.server.down:
            self.town.start_server(house)
            self._resumed(house.server, house.gateway.resume)

    def _restart_desk(self, house: House) -> None:
        if house.desk.down:
            self.town.start_desk(house)
            self._resumed(house.desk, lambda: self.story.complete(house))

    def _resumed(self, process: Process, work: object) -> None:
        def run() -> None:
            try:
                work()  # type: ignore[operator]
            except MedShareError as error:
                self.watcher.ended("resume", error)

        self._schedule.begin(f"{process.name} resumes", process.name, process, run)

    def _lose_body(self) -> None:
        """Let a store lose a body of a confirmed document."""
        houses = [house for house in self.town.houses.values() if any(house.bodies.list())]
        if not houses:
            return
        self._trouble.bites(Fault.BODY_LOST)
        house = houses[self.town.choices.number("loses", len(houses))]
        bodies = list(house.bodies.list())
        cid = bodies[self.town.choices.number("body", len(bodies))]
        house.bodies.unpin(cid)
        house.bodies.delete(cid)
        self.watcher.lost(house, cid)

    def _tick(self) -> None:
        """Let a slot pass, with a block in it unless none comes."""
        wires = self.town.wires
        wires.clock.advance(SLOT)
        if not self._trouble.lasts(Fault.CHAIN_HALTS, "the chain", self._schedule.steps):
            wires.chain.mine()

    # Once faults stop

    def _heal(self) -> None:
        """End all faults; everything must come to its end within some rounds."""
        self._healing = True
        self._trouble.end()
        for process in [one for house in self.town.houses.values() for one in (house.server, house.desk)]:
            process.skew = 0
        for person in self.town.people.values():
            person.process.skew = 0
        for house in self.town.houses.values():
            if house.server.down:
                self.town.start_server(house)
            if house.desk.down:
                self.town.start_desk(house)
        self._drain()
        for _ in range(ROUNDS):
            if self.watcher.violation is not None:
                return
            self._round()
            if not self.watcher.unfinished():
                break
        for _ in range(2):
            self._compare_after_a_day()
        self.watcher.finish()

    def _compare_after_a_day(self) -> None:
        """Let every institution reconcile, a day later: what no row names may be gone then."""
        self.town.wires.clock.advance(DAY)
        for _ in range(FINALITY + 1):
            self._tick()
        for house in self.town.houses.values():
            self._do(house.desk, "compares", lambda house=house: self.story.compare(house))  # type: ignore[misc]

    def _round(self) -> None:
        """One round of what institutions and agents do every few minutes."""
        houses = list(self.town.houses.values())
        self.town.wires.clock.advance(SLOT)
        for house in houses:
            self._do(house.server, "maintains", lambda house=house: Story.keep_up(house))  # type: ignore[misc]
        for name in WRITERS:
            house = self.town.houses[name]
            self._do(house.desk, "completes", lambda house=house: self.story.complete(house))  # type: ignore[misc]
        for house in houses:
            self._do(house.desk, "checks", lambda house=house: house.institution.check_submissions())  # type: ignore[misc]
        for name in WRITERS:
            house = self.town.houses[name]
            self._do(house.desk, "collects", lambda house=house: Story.collect_all(house))  # type: ignore[misc]
        for _ in range(5):
            self._tick()

    def _do(self, process: Process, what: str, work: object) -> None:
        def run() -> None:
            try:
                work()  # type: ignore[operator]
            except MedShareError as error:
                self.watcher.ended(what, error)

        self._schedule.begin(f"{process.name} {what}", process.name, process, run)
        self._drain()

    def _drain(self) -> None:
        limit = self._schedule.steps + MOST_STEPS
        while self._schedule.acts and self.watcher.violation is None and self._schedule.steps < limit:
            if not self._schedule.step():
                self._tick()
