"""Processor time of one operation: what others do on the machine meanwhile, and how slow its disk is, do not count."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def each(act: Callable[[T], object], what: Sequence[T], clock: Callable[[], float] = time.process_time) -> float:
    """Return the seconds that `act` takes for one of `what`, as `clock` counts them: the median."""
    times = []
    for one in what:
        begin = clock()
        act(one)
        times.append(clock() - begin)
    return sorted(times)[len(times) // 2]


def average(act: Callable[[T], object], what: Sequence[T]) -> float:
    """Return the seconds of processor that `act` takes for one of `what`: the mean, with what comes only at times."""
    begin = time.process_time()
    for one in what:
        act(one)
    return (time.process_time() - begin) / len(what)
