"""Where the time comes from: the system, the chain, or a hand that sets it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """Tells the time in whole seconds since 1970, UTC."""

    def now(self) -> int:
        """Return the present second."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> int:
        """Return the present second."""
        return int(time.time())


class ChainClock:
    """The time of the newest block. For a chain whose clock is set by hand; elsewhere a lagging node would rule."""

    def __init__(self, head_time: Callable[[], int]) -> None:
        self._head_time = head_time

    def now(self) -> int:
        """Return the second of the newest block."""
        return self._head_time()


class HandClock:
    """A clock that stands until it is set; for tests and simulations."""

    def __init__(self, now: int) -> None:
        self._now = now

    def now(self) -> int:
        """Return the second it was set to."""
        return self._now

    def set(self, now: int) -> None:
        """Set the clock to `now`."""
        self._now = now

    def advance(self, seconds: int) -> None:
        """Move the clock on by `seconds`."""
        self._now += seconds
