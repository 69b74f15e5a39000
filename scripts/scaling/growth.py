"""Readings at several sizes, the slope of each series, and the verdict: does the cost of one operation grow?

A series is what one thing cost at n = 10^3, 10^4, ... of its engine's own units. Its slope is that of
log(cost) over log(n), by least squares: 0 is a cost that does not grow, 1 a total that grows with n.

A look-up in a tree of pages takes a page more each time that there are some hundred times as many, and more of its
pages are far from the processor. So a time counts as flat up to a slope of `FLAT`, a doubling over three powers of
ten, and gas, rows and bytes that are counted must be the same to the unit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

FLAT: Final = 0.1
"""The greatest slope of a time that does not grow; see above."""

LINEAR: Final = 1.0
"""The greatest slope of a total."""

FEW: Final = 0.5
"""The greatest slope of a time that was read at two sizes only, where no error can be told."""

T_95: Final = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776}
"""Student's t for 95 of 100, two-sided, by degrees of freedom."""


class Kind(StrEnum):
    """What a series is."""

    COUNT = "count"
    """The cost of one operation, counted: gas, rows. The same at every size."""

    EACH = "each"
    """The cost of one operation, measured: seconds, bytes."""

    TOTAL = "total"
    """The cost of all of them together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One figure: what `name` of `engine` cost with `n` of its `units` there. `unit` is that of `value`."""

    engine: str
    name: str
    kind: Kind
    units: str
    unit: str
    n: int
    value: float

    @property
    def series(self) -> tuple[str, str]:
        """What it is a reading of."""
        return self.engine, self.name


@dataclass(frozen=True, slots=True)
class Slope:
    """Cost as a power of n. `error` is half of the interval that holds it 95 times of 100; None of two points."""

    value: float
    error: float | None


@dataclass(frozen=True, slots=True)
class Series:
    """The readings of one thing, the smallest n first."""

    readings: tuple[Reading, ...]

    @property
    def kind(self) -> Kind:
        """What it is."""
        return self.readings[0].kind

    @property
    def title(self) -> str:
        """Its engine and name."""
        return ": ".join(self.readings[0].series)

    @property
    def slope(self) -> Slope:
        """Its slope by least squares."""
        return slope_of([(one.n, one.value) for one in self.readings])

    @property
    def grows(self) -> bool:
        """Whether it grows more than a series of its kind may, by more than the error of the measurement."""
        values = {one.value for one in self.readings}
        if self.kind is Kind.COUNT:
            return len(values) > 1
        allowed = LINEAR if self.kind is Kind.TOTAL else 0.0
        slope = self.slope
        if slope.error is None:
            return slope.value > allowed + FEW
        return slope.value - slope.error > allowed + FLAT or slope.value > allowed + 2 * FLAT


def slope_of(points: Sequence[tuple[float, float]]) -> Slope:
    """Return the slope of log(y) over log(x) with its error.

    Args:
        points: Two or more pairs of positive numbers, with different x.
    """
    xs, ys = ([math.log(number) for number in axis] for axis in zip(*points, strict=True))
    count = len(points)
    middle_x, middle_y = sum(xs) / count, sum(ys) / count
    width = sum((x - middle_x) ** 2 for x in xs)
    slope = sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True)) / width
    if count == 2:
        return Slope(slope, None)
    left = sum((y - middle_y - slope * (x - middle_x)) ** 2 for x, y in zip(xs, ys, strict=True))
    return Slope(slope, T_95[count - 2] * math.sqrt(left / (count - 2) / width))


def series_of(readings: Iterable[Reading]) -> list[Series]:
    """Return the series, in the order in which each first came."""
    found: dict[tuple[str, str], list[Reading]] = {}
    for one in readings:
        found.setdefault(one.series, []).append(one)
    return [Series(tuple(sorted(some, key=lambda one: one.n))) for some in found.values()]


def growing(readings: Iterable[Reading]) -> list[str]:
    """Return a sentence for each series that grows more than it may."""
    return [
        f"{one.title} grows with a slope of {one.slope.value:.2f}; {one.readings[0].value:,.4g} at "
        f"{one.readings[0].n:,}, {one.readings[-1].value:,.4g} at {one.readings[-1].n:,}"
        for one in series_of(readings)
        if len(one.readings) > 1 and one.grows
    ]


def to_json(readings: Iterable[Reading]) -> list[dict[str, Any]]:
    """Return the readings as JSON has them, four digits of each."""
    return [{**asdict(one), "kind": one.kind.value, "value": float(f"{one.value:.6g}")} for one in readings]


def from_json(values: Iterable[Mapping[str, Any]]) -> list[Reading]:
    """Return the readings that `to_json` wrote."""
    return [Reading(**{**one, "kind": Kind(one["kind"])}) for one in values]
