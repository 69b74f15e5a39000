"""The same deployment as in tests/contracts, for machines that take random steps."""

from __future__ import annotations

from tests.contracts.conftest import _frozen_heap, _module, empty, people, world

__all__ = ["_frozen_heap", "_module", "empty", "people", "world"]
