"""One world for each module: what a test ends, it grants anew first."""

from __future__ import annotations

import pytest

from tests.unit.actors.world import CHART, World, make_world


@pytest.fixture(scope="module")
def world() -> World:
    return make_world()


@pytest.fixture(scope="module")
def leaves(world):
    """The confirmed leaves of problems, laboratory and mental health; Anna knows them."""
    found = world.write(*CHART)
    world.anna.sync()
    return found
