"""One world for each test of the rules."""

from __future__ import annotations

import pytest

from tests.unit.consent.world import World


@pytest.fixture
def world() -> World:
    return World()
