"""Erasing what is somebody else's, or without everybody who must agree."""

from __future__ import annotations

import pytest

from medshare.actors.writer import NothingToAnchor
from medshare.gateway.errors import ErasedHere, NotEmpoweredHere
from medshare.hexadecimal import ZERO_ADDRESS
from medshare.keys.account import AccountKey
from medshare.signed import Signed, kept
from medshare.typed_data import Deposit, Erase, EraseAll, Erased
from medshare.typed_data.errors import SignatureForeign, SignatureLength
from medshare.vault import CapsuleRow
from tests.unit.attacks.village import INNER, JUNK, document, village


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


def test_the_daily_key_alone_does_not_destroy_everything_where_a_recovery_address_is_named() -> None:
    """[D-009] A gateway asks for both signatures before it destroys, as the contract does."""
    place = village()
    recovery = AccountKey.generate()
    place.alice.name_recovery(recovery.address)
    everything = EraseAll(patient=place.alice.address)
    with pytest.raises(SignatureLength):
        place.gateway.erase(place.alice.sign(everything))
    with pytest.raises(SignatureForeign):
        place.gateway.carry(place.alice.sign(everything), recovery_signature=place.alice.sign(everything).signature)
    assert place.capsule.seq == 0
    signature = Signed.by(recovery, everything, place.alice.domains).signature
    place.gateway.carry(place.alice.sign(everything), recovery_signature=signature)
    assert place.gateway.office.vault.get(CapsuleRow, leaf=place.leaf) is None


def test_a_door_that_hears_later_believes_the_chain_that_both_signed() -> None:
    """[D-009] Once everything is erased on the chain, the patient's word is enough for the other doors."""
    place = village()
    recovery, everything = AccountKey.generate(), EraseAll(patient=place.alice.address)
    place.alice.name_recovery(recovery.address)
    place.sandbox.ledger.erase_all_by_sig(
        patient=place.alice.address,
        path=(),
        signature=place.alice.sign(everything).signature,
        recovery_signature=Signed.by(recovery, everything, place.alice.domains).signature,
        sender=place.sandbox.account(),
    )
    assert place.gateway.erase(place.alice.sign(everything))


def test_erasing_everything_reaches_what_no_anchor_holds_yet() -> None:
    """[W-007] A capsule that was deposited and never anchored is destroyed too, and the period goes on without it."""
    place = village()
    written = place.city._writer.upload(place.alice.address, [document()]).written[0]
    place.gateway.erase(place.alice.sign(EraseAll(patient=place.alice.address)))
    assert place.gateway.office.vault.get(CapsuleRow, leaf=written.leaf) is None
    with pytest.raises(NothingToAnchor):
        place.city.anchor()


def test_an_erased_document_is_not_taken_in_again() -> None:
    """[R-012] Whoever still has the capsule does not bring it back."""
    place = village()
    before = place.capsule
    deposit = kept(Deposit, before.deposit)
    place.alice.erase(place.leaf)
    with pytest.raises(ErasedHere):
        place.gateway.shelf.deposit(deposit, capsule=before.capsule, cid=before.cid)
