"""How often somebody may ask: token buckets, and patients opened within an hour. Counted in this process."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Final

from medshare.gateway.http.settings import Rate
from medshare.gateway.wire.errors import TooMany
from medshare.hexadecimal import Address

MOST_KEYS: Final = 50_000
"""Callers remembered; the one that was quiet for longest is forgotten first."""

HOUR: Final = 3_600


class Buckets:
    """One token bucket for each caller.

    Args:
        rate: How fast a bucket fills, and how much it holds.
        monotonic: A clock that only goes forward, in seconds.
    """

    def __init__(self, rate: Rate, monotonic: Callable[[], float]) -> None:
        self._rate = rate
        self._monotonic = monotonic
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, caller: str) -> None:
        """Take one token.

        Raises:
            TooMany: The caller's bucket is empty.
        """
        now = self._monotonic()
        with self._lock:
            left, since = self._buckets.pop(caller, (float(self._rate.burst), now))
            left = min(float(self._rate.burst), left + (now - since) * self._rate.per_second)
            enough = left >= 1
            self._buckets[caller] = (left - 1 if enough else left, now)
            if len(self._buckets) > MOST_KEYS:
                self._buckets.popitem(last=False)
        if not enough:  # [H-010]
            raise TooMany(seconds=max(1, math.ceil((1 - left) / self._rate.per_second)))


class PatientsOpened:
    """How many patients each account opened within the last hour: a bulk export is many patients, not many requests."""

    def __init__(self, most: int, monotonic: Callable[[], float]) -> None:
        self._most = most
        self._monotonic = monotonic
        self._opened: OrderedDict[Address, OrderedDict[Address, float]] = OrderedDict()
        self._lock = Lock()

    def check(self, accessor: Address, patient: Address) -> None:
        """Check that `accessor` may open one more patient.

        Raises:
            TooMany: It opened too many within the hour, and not this one.
        """
        now = self._monotonic()
        with self._lock:
            opened = self._opened.get(accessor, OrderedDict())
            while opened and next(iter(opened.values())) <= now - HOUR:
                opened.popitem(last=False)
            if patient not in opened and len(opened) >= self._most:  # [H-010]
                raise TooMany(seconds=math.ceil(next(iter(opened.values())) + HOUR - now))

    def note(self, accessor: Address, patient: Address) -> None:
        """Remember that `accessor` opened `patient` now."""
        now = self._monotonic()
        with self._lock:
            opened = self._opened.setdefault(accessor, OrderedDict())
            self._opened.move_to_end(accessor)
            opened.pop(patient, None)
            opened[patient] = now
            if len(self._opened) > MOST_KEYS:
                self._opened.popitem(last=False)
