"""Grants and erasures while another process of the same gateway finishes what it finds begun: each is done once."""

from __future__ import annotations

from functools import partial

import pytest

from medshare.ledger import events
from medshare.outbox.tending import tend
from medshare.vault import CapsuleRow, ConsentRow, OutboxRow
from tests.unit.actors.world import make_world
from tests.unit.outbox.stopping import restarted, stopped_at
from tests.unit.outbox.test_relaying import (
    ERASURE_STEPS,
    GRANT_STEPS,
    PROBLEMS,
    carry,
    consent_of,
    erasure_of,
    grant,
    happened,
    sent_by,
)


@pytest.fixture(scope="module")
def world():
    return make_world()


class Overtaken:
    """Lets another process go over everything at the moment numbered `at`."""

    def __init__(self, world, at: int) -> None:
        self._world = world
        self._left = at

    def __call__(self, _name: str) -> None:
        self._left -= 1
        if self._left == -1:
            everything(self._world)


def everything(world) -> None:
    """What a process does every few seconds, three times over: mined, final, cleared away."""
    other = restarted(world.gateway)
    for _ in range(3):
        tend(other.office.outbox, [other.office.key])
        other.relaying.resume()
        other.shelf.sweep()


@pytest.mark.parametrize("number", range(len(GRANT_STEPS)), ids=GRANT_STEPS)
def test_a_grant_that_another_process_finishes_meanwhile_is_answered(world, number):
    """[U-009] R05."""
    consent, before = consent_of(world, days=number + 1), sent_by(world)
    grant(world, consent, Overtaken(world, number))
    everything(world)
    assert happened(world, events.Granted, terms=consent.terms) == 1
    assert sent_by(world) == before + 1
    assert world.gateway.office.vault.get(ConsentRow, consent_id=consent.consent_id) is not None
    assert world.gateway.office.vault.count(OutboxRow, act="grant") == 0


@pytest.mark.parametrize("number", range(len(ERASURE_STEPS)), ids=ERASURE_STEPS)
def test_an_erasure_that_another_process_finishes_meanwhile_is_answered(world, number):
    """[U-010] R05."""
    (leaf,) = world.write(PROBLEMS, confirmed=False)
    signed, before = erasure_of(world, leaf), sent_by(world)
    carry(world, signed, Overtaken(world, number))
    everything(world)
    assert happened(world, events.Erased, leaf=leaf) == 1
    assert sent_by(world) == before + 1
    assert world.gateway.office.vault.get(CapsuleRow, leaf=leaf) is None
    assert world.gateway.office.vault.count(OutboxRow, act="erasure") == 0


@pytest.mark.parametrize("number", range(1, len(GRANT_STEPS)), ids=GRANT_STEPS[1:])
def test_the_same_words_at_the_other_process_are_answered_with_what_was_done(world, number):
    """The patient was not answered, and sends them again while a third process finishes the first try."""
    consent, before = consent_of(world, days=50 + number), sent_by(world)
    stopped_at(number, partial(grant, world, consent))
    for moment in range(len(GRANT_STEPS)):
        grant(world, consent, Overtaken(world, moment))
    assert happened(world, events.Granted, terms=consent.terms) == 1
    assert sent_by(world) == before + 1
