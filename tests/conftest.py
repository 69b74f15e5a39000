"""How hard property tests try, and which file begins.

MEDSHARE_PROFILE=nightly looks longer, CI repeats itself exactly.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

# No deadline and no complaint about slow data: the machine may be busy with other tests.
QUIET = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}

settings.register_profile("desk", **QUIET)
settings.register_profile("ci", derandomize=True, print_blob=True, **QUIET)
settings.register_profile("nightly", max_examples=5_000, stateful_step_count=100, print_blob=True, **QUIET)
settings.load_profile(os.environ.get("MEDSHARE_PROFILE") or ("ci" if os.environ.get("CI") else "desk"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tours first: each is the longest file of its tier, and the other process does the rest meanwhile."""
    items.sort(key=lambda item: item.path.name != "test_tour.py")
