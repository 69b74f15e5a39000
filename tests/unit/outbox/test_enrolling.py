"""Offers of enrolment stand in the vault: another process, or a restarted one, goes on with them."""

from __future__ import annotations

from functools import partial

import pytest

from medshare.actors.enrolment import OfferExpired, OfferUnknown
from medshare.ledger import Role, events
from medshare.outbox import steps
from medshare.vault import EnrolmentRow, OfferRow
from tests.unit.actors.world import make_world
from tests.unit.outbox.stopping import moments, reborn, stopped_at


@pytest.fixture(scope="module")
def world():
    return make_world()


def enrol(world, answer, step) -> None:
    reborn(world.city, step).enrol(answer, identity_checked=True)


def test_an_offer_is_answered_at_another_process_of_the_desk(world):
    """[U-016] R01."""
    ben = world.sandbox.patient()
    answer = ben.answer(reborn(world.city).offer_enrolment())
    enrol(world, answer, lambda _: None)
    assert world.ledger.account(ben.address).has(Role.PATIENT)
    assert world.gateway.office.vault.count(OfferRow) == 0
    with pytest.raises(OfferUnknown):
        enrol(world, answer, lambda _: None)


def test_an_enrolment_that_was_stopped_goes_on_with_the_same_answer(world):
    """[U-016] R01: at every step; one registration, one consent each."""
    first = world.sandbox.patient()
    names = moments(partial(enrol, world, first.answer(world.city.offer_enrolment(), reading_days=9)))
    assert names.count(steps.SAVED) == 3
    for number in range(len(names)):
        person = world.sandbox.patient()
        answer = person.answer(world.city.offer_enrolment(), reading_days=9)
        stopped_at(number, partial(enrol, world, answer))
        city = reborn(world.city)
        city.gateway.resume()
        city.enrol(answer, identity_checked=True)
        told = [log.event for log in world.ledger.events(kinds=(events.Registered, events.Granted))]
        assert sum(event.patient == person.address for event in told) == 3
        assert world.gateway.office.vault.count(EnrolmentRow, patient=person.address) == 1
        assert len(city.gateway.postbox.consents_for(city.address, person.address)) == 2
    assert world.gateway.office.vault.count(OfferRow) == 0


def test_an_offer_that_somebody_began_to_answer_is_nobody_elses(world):
    """[U-016]."""
    one, other = world.sandbox.patient(), world.sandbox.patient()
    offer = world.city.offer_enrolment()
    stopped_at(0, partial(enrol, world, one.answer(offer)))
    with pytest.raises(OfferUnknown):
        enrol(world, other.answer(offer), lambda _: None)
    assert not world.ledger.account(other.address).active


def test_an_offer_ends_also_for_another_process(world):
    """[U-016]."""
    person = world.sandbox.patient()
    answer = person.answer(world.city.offer_enrolment())
    world.wait(901)
    with pytest.raises(OfferExpired):
        enrol(world, answer, lambda _: None)
