"""A dispute and its answer: whose, by when, and for which dispute."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.consent.categories import Category
from medshare.gateway.dispute import ANSWER_DAYS, Outcome
from medshare.gateway.errors import NotEmpoweredHere, NotWhatWasSigned
from medshare.ledger import RecordStatus
from medshare.signed import Signed
from medshare.typed_data import Settle
from medshare.typed_data.errors import SignatureForeign
from medshare.vault.errors import RowMissing
from tests.unit.actors.world import make_world

DAY = 86_400


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def box(world):
    return world.gateway.postbox


@pytest.fixture
def leaf(world):
    (leaf,) = world.write(Category.PROBLEMS)
    world.anna.sync()
    world.anna.dispute(leaf, reason=3)
    return leaf


def signed(world, leaf, key=None, **changes) -> Signed[Settle]:
    (found,) = world.gateway.postbox.disputes(world.city.address)
    digest = found.signed.digest(world.gateway.office.domains)
    message = Settle(leaf=leaf, dispute=digest, outcome=int(Outcome.STANDS), at=world.sandbox.clock.now())
    return Signed.by(key or world.city.account, replace(message, **changes), world.gateway.office.domains)


def test_an_answer_is_due_thirty_days_after_the_dispute(world, box, leaf):
    """[W-013]"""
    (found,) = box.disputes(world.anna.address)
    assert found == box.disputes(world.city.address)[0]
    assert found.deadline == found.at + ANSWER_DAYS * DAY
    assert not found.overdue(found.deadline - 1)
    assert found.overdue(found.deadline)
    assert box.disputes(world.hill.address) == ()


def test_only_the_provider_answers_and_only_this_dispute(world, box, leaf):
    """[W-013] A07."""
    for key in (world.anna.account, world.hill.account, world.anna.keys.agent_key):
        with pytest.raises(NotEmpoweredHere):
            box.settle_dispute(signed(world, leaf, key))
    with pytest.raises(SignatureForeign):
        box.settle_dispute(replace(signed(world, leaf), signer=world.hill.address))
    with pytest.raises(NotWhatWasSigned):
        box.settle_dispute(signed(world, leaf, dispute=bytes(32)))
    for outcome in (0, 3):
        with pytest.raises(NotWhatWasSigned):
            box.settle_dispute(signed(world, leaf, outcome=outcome))
    with pytest.raises(RowMissing):
        box.settle_dispute(signed(world, bytes(32)))
    assert world.anna.disputes()[0].answer is None
    staff = world.sandbox.account()
    world.city.add_staff(staff)
    with pytest.raises(NotEmpoweredHere):
        box.settle_dispute(signed(world, leaf, staff))
    box.settle_dispute(signed(world, leaf))
    assert world.anna.disputes()[0].answer.signer == world.city.address


def test_the_first_answer_counts_and_the_patient_sees_it_with_the_deadline(world, leaf):
    """[W-013]"""
    assert world.city.answer_dispute(leaf, Outcome.STANDS) is None
    assert world.city.answer_dispute(leaf, Outcome.TAKEN_BACK) is not None
    (found,) = world.anna.disputes()
    assert found.answer.message.outcome == Outcome.STANDS
    assert not found.overdue(found.deadline + DAY)
    assert world.city.settle_disputes() == ()


def test_taking_back_is_an_answer_and_a_transaction(world, leaf):
    """[W-013]"""
    assert world.city.answer_dispute(leaf, Outcome.TAKEN_BACK) is not None
    (found,) = world.anna.disputes()
    assert found.answer.message.outcome == Outcome.TAKEN_BACK
    release = world.read(world.ask_own(leaf))
    assert world.ledger.record_status(release.sealed.placement.query).status is RecordStatus.RETRACTED
    with pytest.raises(RowMissing):
        world.city.answer_dispute(bytes(32), Outcome.STANDS)


def test_disputing_again_waits_no_longer_unless_it_was_answered(world, leaf):
    """[W-013] A patient does not lose days by saying it in other words; after an answer a new month begins."""
    (first,) = world.anna.disputes()
    world.wait(5 * DAY)
    world.anna.dispute(leaf, reason=1)
    (second,) = world.anna.disputes()
    assert (second.signed.message.reason, second.deadline) == (1, first.deadline)
    world.city.answer_dispute(leaf, Outcome.STANDS)
    world.anna.dispute(leaf, reason=3)
    (third,) = world.anna.disputes()
    assert third.answer is None
    assert third.deadline == first.deadline + 5 * DAY


def test_an_answer_that_is_not_the_providers_is_no_answer(world, leaf, monkeypatch):
    """[W-013] A custodian that makes one up is found out, and the agent goes on."""
    door = world.gateway.postbox
    (found,) = world.anna.disputes()
    for bent in (signed(world, leaf, world.hill.account), signed(world, leaf, dispute=bytes(32))):
        monkeypatch.setattr(door, "disputes", lambda party, bent=bent: (replace(found, answer=bent),))
        assert world.anna.disputes() == ()
        assert world.gateway.url in world.anna.faults
