"""How hard property tests try: MEDSHARE_PROFILE=nightly looks longer, CI repeats itself exactly."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# No deadline and no complaint about slow data: the machine may be busy with other tests.
QUIET = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}

settings.register_profile("desk", **QUIET)
settings.register_profile("ci", derandomize=True, print_blob=True, **QUIET)
settings.register_profile("nightly", max_examples=5_000, stateful_step_count=100, print_blob=True, **QUIET)
settings.load_profile(os.environ.get("MEDSHARE_PROFILE") or ("ci" if os.environ.get("CI") else "desk"))
