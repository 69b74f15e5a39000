"""The simulator finds what it is for: a fault planted in the package is caught, by the invariant that it breaks."""

from __future__ import annotations

import pytest

from tests.simulation.planted import PLANTED, Planted
from tests.simulation.run import play


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.name)
def test_a_planted_fault_is_caught_within_its_seeds(planted: Planted) -> None:
    """R01, R02, R07, R14, R17: each invariant has at least one."""
    assert planted.caught_by() is not None


@pytest.mark.parametrize("planted", PLANTED[:1], ids=lambda planted: planted.name)
def test_the_same_plan_without_the_planted_fault_holds(planted: Planted) -> None:
    """What was caught was the fault, not the plan."""
    assert play(planted.plan(1)).violation is None


def test_every_invariant_has_a_planted_fault() -> None:
    assert {planted.invariant for planted in PLANTED} == {"I1", "I2", "I3", "I4", "I5", "I6", "I7", "liveness"}
