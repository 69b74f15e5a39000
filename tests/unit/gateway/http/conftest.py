"""One world and one door for each module."""

from __future__ import annotations

import pytest

from tests.unit.actors.world import make_world
from tests.unit.gateway.http.door import HttpDoor


@pytest.fixture(scope="module")
def world():
    return make_world()


@pytest.fixture
def door(world):
    door = HttpDoor(world.gateway)
    yield door
    door.close()
