"""Two faults of `make drill` on real nodes: nothing is lost, and no door stays open."""

from __future__ import annotations

import pytest

from scripts.network.drills.faults import FAULTS
from scripts.network.drills.witness import Witness


@pytest.fixture(scope="module")
def witness(consortium):
    """A patient with a confirmed chart, a reader who may and one who may no more."""
    made = Witness(consortium)
    made.prepare()
    assert made.check().good
    return made


@pytest.mark.parametrize("name", ["kubo-gc", "pair-killed"])
def test_after_a_fault_nothing_is_lost_and_nothing_wrongly_opened(witness, name):
    """[R-007] R13, R14 on real nodes."""
    _, do = FAULTS[name]
    seen = do(witness)
    held = witness.check()
    assert (held.lost, held.wrongly_opened, held.index_equal) == (0, 0, True), seen
