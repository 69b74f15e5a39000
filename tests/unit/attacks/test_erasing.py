"""Erasing what is somebody else's, or without everybody who must agree."""

from __future__ import annotations

import pytest

from medshare.gateway.errors import NotEmpoweredHere
from medshare.hexadecimal import ZERO_ADDRESS
from medshare.keys.account import AccountKey
from medshare.signed import Signed
from medshare.typed_data import Erase, Erased
from tests.unit.attacks.village import INNER, JUNK, village


def test_a_stranger_does_not_deposit_as_the_provider_nobody() -> None:
    """Who acts for nobody does not act for the zero address (C03)."""
    place = village()
    mallory, stranger = place.mallory(), AccountKey.generate()
    made_up = place.made_up(provider=ZERO_ADDRESS, patient=mallory.address, cid=place.capsule.cid)
    with pytest.raises(NotEmpoweredHere):
        place.gateway.shelf.deposit(Signed.by(stranger, made_up, mallory.domains), capsule=JUNK, cid=place.capsule.cid)
    word = Erased(leaf=place.leaf, holder=ZERO_ADDRESS, at=place.sandbox.clock.now())
    with pytest.raises(NotEmpoweredHere):
        place.gateway.shelf.acknowledge(Signed.by(stranger, word, mallory.domains))


def test_erasing_an_own_leaf_does_not_delete_a_body_that_another_document_names() -> None:
    """[W-007] A deposit that names another's CID, erased by its own patient, takes nothing from the other."""
    place = village()
    mallory, cid = place.mallory(), place.capsule.cid
    made_up = place.made_up(provider=place.city.address, patient=mallory.address, cid=cid)
    place.gateway.shelf.deposit(Signed.by(place.city.account, made_up, mallory.domains), capsule=JUNK, cid=cid)
    assert place.gateway.erase(mallory.sign(Erase(patient=mallory.address, inner=INNER)))
    assert place.gateway.body(cid)
    place.alice.erase(place.leaf)
    assert not place.gateway.office.store.has(cid)
