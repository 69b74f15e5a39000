"""What anybody can send to a gateway without being anybody."""

from __future__ import annotations

import pytest

from medshare import Category
from medshare.gateway.errors import EpochClosed, NotEmpoweredHere, NotEnrolled
from medshare.keys.account import AccountKey
from medshare.relay import NotCarried
from medshare.signed import Signed
from medshare.store.errors import BodyNotFound
from medshare.typed_data import Erase, EraseAll, Lockdown, Revoke
from tests.unit.attacks.village import INNER, JUNK, TREAT, village


def test_a_relay_does_not_pay_for_addresses_that_anybody_makes_up() -> None:
    """[Y-001] A patient is registered; made-up addresses would drain the relay, one transaction each (M19)."""
    place = village()
    nobody, domains = AccountKey.generate(), place.alice.domains
    for message in (
        Revoke(patient=nobody.address, grantee=place.city.address, terms=INNER),
        Lockdown(patient=nobody.address, time=place.sandbox.clock.now()),
        Erase(patient=nobody.address, inner=INNER),
        EraseAll(patient=nobody.address),
    ):
        with pytest.raises(NotCarried):
            place.gateway.relay.carry(Signed.by(nobody, message, domains))


def test_a_request_is_left_only_by_the_accredited_and_for_patients_of_the_house() -> None:
    """[Q-001] Opening obliges nobody, so a stranger's letter would only fill the postbox."""
    place = village()
    stranger = place.sandbox.account()
    deadline = place.sandbox.ledger.head().time + 1000
    place.sandbox.ledger.open_request(digest=INNER, deadline=deadline, sender=stranger)
    with pytest.raises(NotEmpoweredHere):
        place.gateway.postbox.leave_request(
            patient=place.alice.address, requester=stranger.address, digest=INNER, sealed=JUNK
        )


def test_nobody_answers_a_request_that_was_meant_for_another() -> None:
    """A request names nobody in public: who is no patient of the house cannot claim it and refuse it first."""
    place = village()
    hill, mallory = place.sandbox.institution("Hill Hospital"), place.sandbox.patient()
    asked = hill.request(
        place.alice.address, place.gateway, categories=[Category.LABORATORY], purposes=[TREAT], days=3, why="care"
    )
    with pytest.raises(NotEnrolled):
        place.gateway.postbox.leave_request(
            patient=mallory.address, requester=hill.address, digest=asked.digest, sealed=JUNK
        )
    assert place.alice.refuse(asked).message.patient == place.alice.address


def test_a_gateway_hands_out_only_bodies_of_documents_that_it_keeps() -> None:
    """It is no door into the swarm for strangers."""
    place = village()
    foreign = place.gateway.office.store.put(b"of somebody else on the same node")
    with pytest.raises(BodyNotFound):
        place.gateway.body(foreign)
    assert place.gateway.body(place.capsule.cid)


def test_a_document_is_not_sealed_to_an_epoch_before_the_first() -> None:
    """Kept, it would stop every sync of the patient's agent: no key has that number."""
    place = village()
    cid = place.capsule.cid
    made_up = place.made_up(provider=place.city.address, patient=place.alice.address, cid=cid, epoch=0)
    with pytest.raises(EpochClosed):
        place.gateway.shelf.deposit(Signed.by(place.city.account, made_up, place.alice.domains), capsule=JUNK, cid=cid)
