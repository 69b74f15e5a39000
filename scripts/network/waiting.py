"""Waiting for a program that says nothing when it is ready: ask again until it is, or its time is over."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from scripts.network.errors import TooSlowError

T = TypeVar("T")
PAUSE = 0.25


def until(what: str, seconds: float, look: Callable[[], T], *, yet: tuple[type[Exception], ...] = (OSError,)) -> T:
    """Return the first true answer of `look`.

    Args:
        what: What is waited for, as the error says it.
        seconds: How long at most.
        look: Asked again and again.
        yet: Errors that mean: not yet. A refused connection is one.

    Raises:
        TooSlowError: It did not come about; its cause is the last of those errors.
    """
    end = time.monotonic() + seconds
    last: Exception | None = None
    while True:
        try:
            if answer := look():
                return answer
        except yet as error:
            last = error
        if time.monotonic() > end:
            raise TooSlowError(what, seconds) from last
        time.sleep(PAUSE)
