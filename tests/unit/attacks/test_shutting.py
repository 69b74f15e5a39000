"""Shutting a door for ever that the patient can open on the chain, or a document that she did not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.gateway.errors import LockdownInFuture, NotWhatWasSigned, PlacementForeign
from medshare.keys.errors import CompartmentUnknown
from medshare.record.errors import ProofMismatch
from medshare.signed import Signed
from medshare.store.errors import CidMalformed
from medshare.typed_data import Lockdown
from medshare.vault import LockdownRow, ProofRow
from tests.unit.attacks.village import INNER, JUNK, document, village


def test_a_lockdown_dated_tomorrow_is_not_kept() -> None:
    """[C-016] Kept, a delegate's one message would shut at this gateway whatever the patient signs later."""
    place = village()
    now = place.sandbox.clock.now()
    for time in (now + 1, 2**40 - 1):
        with pytest.raises(LockdownInFuture):
            place.gateway.carry(place.alice.sign(Lockdown(patient=place.alice.address, time=time)))
    assert place.gateway.office.vault.get(LockdownRow, patient=place.alice.address) is None
    place.gateway.carry(place.alice.sign(Lockdown(patient=place.alice.address, time=now)))


def test_a_deposit_outside_the_categories_does_not_blind_the_list_for_everybody() -> None:
    """One row in compartment 24 or 77 would stop every list of the patient's documents."""
    place = village()
    cid = place.capsule.cid
    for compartment in (24, 77, 255):
        made_up = place.made_up(
            provider=place.city.address, patient=place.alice.address, cid=cid, compartment=compartment
        )
        signed = Signed.by(place.city.account, made_up, place.alice.domains)
        with pytest.raises(CompartmentUnknown):
            place.gateway.shelf.deposit(signed, capsule=JUNK, cid=cid)


@pytest.mark.parametrize("cid", ["", "é", "bafy", "../../etc/passwd"])
def test_a_deposit_names_a_body(cid: str) -> None:
    """What is no CID is refused before it is kept."""
    place = village()
    made_up = place.made_up(provider=place.city.address, patient=place.alice.address, cid=place.capsule.cid)
    with pytest.raises(CidMalformed):
        place.gateway.shelf.deposit(Signed.by(place.city.account, made_up, place.alice.domains), capsule=JUNK, cid=cid)


def test_nobody_moves_a_document_to_where_it_does_not_stand() -> None:
    """A place is signed by nobody, so it is checked against the deposit and the chain; else any caller hides it."""
    place = village()
    true, shelf = place.proof, place.gateway.shelf
    with pytest.raises(PlacementForeign):
        shelf.place(replace(true, root=b"\x09" * 32, seq=2**40))
    with pytest.raises(ProofMismatch):
        shelf.place(replace(true, proof=(b"\x09" * 32,), seq=2**40))
    for other in (
        replace(true, previous_leaf=b"\x01" * 32),
        replace(true, text=INNER),
        replace(true, inner=INNER),
        replace(true, provider=place.alice.address),
        replace(true, cid="elsewhere"),
    ):
        with pytest.raises(NotWhatWasSigned):
            shelf.place(other)
    shelf.place(replace(true, seq=2**40))
    assert place.proof.seq == true.seq + 1


def test_a_rejected_anchor_does_not_take_the_place_of_a_later_one() -> None:
    """[V-008] The leaf stands under both roots; whoever repeats the older placement hides nothing."""
    place = village()
    kept, dropped = place.city._writer.upload(place.alice.address, [document(), document()]).written
    anchoring = place.city.anchor()
    vault = place.gateway.office.vault
    first = vault.require(ProofRow, leaf=kept.leaf)
    place.wait(12)
    rest = place.city._writer.anchor_rest(anchoring, without=dropped.leaf)
    assert vault.require(ProofRow, leaf=kept.leaf).root == rest.root != first.root
    with pytest.raises(PlacementForeign):
        place.gateway.shelf.place(replace(first, seq=2**40))
