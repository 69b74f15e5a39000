"""Many seeds in several processes, what they were like together, and a failure made small."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import subprocess
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.simulation.faults import Fault
from tests.simulation.run import Result, plan_of, play
from tests.simulation.shrink import shrink

ROOT = Path(__file__).resolve().parent.parent.parent
REAL_EVERY = 100
CHUNK = 20
LEAST_SHARE = 0.05
FEW = 1000
"""Seeds below which the share of a fault says nothing."""


@dataclass
class Tally:
    """What many runs were like together."""

    seeds: int = 0
    real: int = 0
    steps: int = 0
    with_fault: Counter[Fault] = field(default_factory=Counter)
    faults: Counter[Fault] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    crossed: Counter[tuple[str, Fault]] = field(default_factory=Counter)
    grounds: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[int, str]] = field(default_factory=list)
    broken: list[tuple[int, str]] = field(default_factory=list)

    def take(self, result: Result) -> None:
        """Count one run."""
        self.seeds += 1
        self.real += result.plan.real
        self.steps += result.steps
        self.with_fault.update(result.faults.keys())
        self.faults.update(result.faults)
        self.states.update(result.states)
        self.crossed.update(result.crossed)
        self.grounds.update(result.grounds)
        if result.violation is not None:
            self.failures.append((result.plan.seed, str(result.violation)))

    def add(self, other: Tally) -> None:
        """Count what another process counted."""
        self.seeds += other.seeds
        self.real += other.real
        self.steps += other.steps
        for name in ("with_fault", "faults", "states", "crossed", "grounds"):
            getattr(self, name).update(getattr(other, name))
        self.failures += other.failures
        self.broken += other.broken


def play_some(seeds: Sequence[int]) -> Tally:
    """Play some seeds one after the other."""
    tally = Tally()
    for seed in seeds:
        try:
            tally.take(play(plan_of(seed, real=is_real(seed))))
        except Exception:  # noqa: BLE001  # whatever it is, the seed is told and the others go on
            tally.broken.append((seed, traceback.format_exc()))
    return tally


def is_real(seed: int) -> bool:
    """Whether a seed runs without stand-ins."""
    return seed % REAL_EVERY == 0


def commit() -> str:
    """The commit that is tested, with a sign when files differ from it."""
    words = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def chunks(first: int, count: int) -> Iterator[range]:
    """Parts of the seeds, for one process after the other."""
    for start in range(first, first + count, CHUNK):
        yield range(start, min(start + CHUNK, first + count))


def play_all(first: int, count: int, workers: int) -> Tally:
    """Play seeds in several processes."""
    whole = Tally()
    # Each process imports the package anew: nothing is shared but the seed.
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        for part in pool.imap_unordered(play_some, chunks(first, count)):
            whole.add(part)
    return whole


def show(tally: Tally, seconds: float) -> None:
    """Print what happened."""
    seeds = max(tally.seeds, 1)
    print(f"commit {commit()}")
    print(f"seeds {tally.seeds}, of them {tally.real} with the real cryptography and SQLite")
    print(f"steps {tally.steps}, {tally.steps / seeds:.0f} a seed")
    print("faults: how often, and in what share of the seeds")
    for kind in Fault:
        print(f"  {tally.faults[kind]:8} {tally.with_fault[kind] / seeds:6.1%}  {kind.value}")
    print("states of the outbox that were reached, and how many kinds of faults met each")
    for state, count in sorted(tally.states.items()):
        met = sum(1 for one, _ in tally.crossed if one == state)
        print(f"  {count:8} {met:4}/{len(Fault)}  {state}")
    print("answers of the release rule")
    for ground, count in tally.grounds.most_common():
        print(f"  {count:8}  {ground.lower()}")
    print(f"violations {len(tally.failures)}, seeds that could not be played {len(tally.broken)}")
    print(f"seconds {seconds:.0f}")


def explain(seed: int, *, trace: int) -> bool:
    """Play one seed and, where it fails, show the shortest plan that still does; return whether it held."""
    result = play(plan_of(seed, real=is_real(seed)))
    if result.violation is None:
        print(f"seed {seed} at commit {commit()}: {result.steps} steps, every invariant holds")
        return True
    shortest = shrink(result)
    print(f"seed {seed} at commit {commit()}: {result.violation}")
    print(f"shortest plan, {shortest.plan.size} of {result.plan.size} parts: {shortest.violation}")
    for act in shortest.plan.acts:
        print(f"  from step {act.step:4}: {act.verb} #{act.number}")
    for fault in shortest.plan.faults:
        print(f"  from step {fault.step:4}: {fault.kind.value}")
    print(f"the last {min(trace, len(shortest.trace))} of {len(shortest.trace)} steps")
    for who, waits in shortest.trace[-trace:]:
        print(f"  {who}: {waits}")
    print(f"again: .venv/bin/python scripts/simulate.py --seed {seed}")
    return False


def _count(text: str) -> int:
    """Return a number above 0: no seed at all would look as if everything held."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Play what was asked for."""
    parser = argparse.ArgumentParser(description="Play seeds of the simulation.")
    parser.add_argument("--seeds", type=_count, default=1000, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--workers", type=_count, default=min(2, os.cpu_count() or 1), help="processes")
    parser.add_argument("--seed", type=int, help="one seed alone")
    parser.add_argument("--trace", type=int, default=40, help="steps that are shown of a failure")
    asked = parser.parse_args(arguments)
    if asked.seed is not None:
        return 0 if explain(asked.seed, trace=asked.trace) else 1
    start = time.monotonic()
    tally = play_all(asked.first, asked.seeds, asked.workers)
    show(tally, time.monotonic() - start)
    for seed, text in tally.broken[:3]:
        print(f"seed {seed} could not be played:\n{text}")
    for seed, text in sorted(tally.failures)[:10]:
        print(f"seed {seed}: {text}")
    for seed, _ in sorted(tally.failures)[:1]:
        explain(seed, trace=asked.trace)
    rare = [kind.value for kind in Fault if tally.with_fault[kind] < LEAST_SHARE * tally.seeds]
    if rare and tally.seeds >= FEW:
        print(f"too rare to count: {', '.join(rare)}")
    if tally.broken:
        return 2
    return 1 if tally.failures or (rare and tally.seeds >= FEW) else 0


if __name__ == "__main__":
    raise SystemExit(main())
