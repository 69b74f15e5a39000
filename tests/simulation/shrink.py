"""The shortest plan that still fails: parts are left out, larger ones first, as long as the same invariant breaks."""

from __future__ import annotations

from collections.abc import Callable

from tests.simulation.run import Plan, Result, play

MOST_RUNS = 120


def shrink(failed: Result, again: Callable[[Plan], Result] = play) -> Result:
    """Return the run of the shortest plan that was found; `failed` itself where nothing can be left out."""
    assert failed.violation is not None
    best, runs = failed, 0
    size = max(1, best.plan.size // 2)
    while size:
        start = 0
        while start < best.plan.size and runs < MOST_RUNS:
            runs += 1
            tried = again(best.plan.without(start, size))
            if tried.violation is not None and tried.violation.invariant == failed.violation.invariant:
                best = tried
            else:
                start += size
        size //= 2
    return best
