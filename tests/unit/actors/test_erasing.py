"""Erasing: every holder destroys what it holds and signs that it did; who is silent is listed and asked again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.actors.patient import NoSuchDocument
from medshare.consent.categories import Category
from medshare.errors import MedShareError
from medshare.gateway import Refused
from medshare.gateway.errors import NotEmpoweredHere, NotWhatWasSigned
from medshare.keys.account import AccountKey
from medshare.ledger import Power
from medshare.release.rule import Ground
from medshare.signed import Signed
from medshare.typed_data import Erase, EraseAll, Erased
from medshare.vault import CapsuleRow, ErasedRow, ProofRow
from tests.unit.actors.world import make_world

PROBLEMS, LABORATORY = Category.PROBLEMS, Category.LABORATORY


@pytest.fixture(scope="module")
def consent(world):
    return world.grant(PROBLEMS)


@pytest.fixture
def read(world, consent):
    """A leaf that Hill Hospital has read, with its CID."""
    (leaf,) = world.write(PROBLEMS)
    world.anna.sync()
    (row,) = [row for row in world.hill.list_documents(world.gateway, consent, purpose="TREAT") if row.leaf == leaf]
    world.hill.read(world.gateway, consent, row, purpose="TREAT")
    return leaf, world.anna.copies()[leaf]


def stores_with(world, cid) -> list:
    return [one for one in (world.city, *world.clinics) if one.gateway.office.store.has(cid)]


def test_every_holder_destroys_what_it_holds_and_signs_that_it_did(world, consent, read):
    """[W-007] D10: provider, validators and the reader; nothing is left to open."""
    leaf, copy = read
    assert len(stores_with(world, copy.cid)) == 4
    report = world.anna.erase(leaf)
    assert report.unanswered == ()
    holders = {world.city.address, world.hill.address, *(clinic.address for clinic in world.clinics)}
    assert set(report.acknowledged) == holders
    for row in world.gateway.office.vault.find(ErasedRow, leaf=leaf):
        assert row.holder in holders
    assert stores_with(world, copy.cid) == []
    assert world.hill.copies.get(leaf) is None
    assert leaf not in world.anna.copies()
    vault = world.gateway.office.vault
    assert vault.get(CapsuleRow, leaf=leaf) is None
    assert vault.get(ProofRow, leaf=leaf) is None
    assert world.ledger.is_erased(leaf)


def test_what_was_erased_is_refused_to_everybody(world, consent, read):
    """[R-012, R-013]"""
    leaf, _ = read
    world.anna.erase(leaf)
    for request in (world.ask(consent, leaf), world.ask_own(leaf)):
        with pytest.raises(Refused) as caught:
            world.read(request)
        assert caught.value.ground is Ground.ERASURE_SEEN
    assert leaf not in [row.leaf for row in world.gateway.counter.listing(world.ask_own()).rows]


def test_a_holder_that_is_away_is_listed_and_asked_again(world, consent, read):
    """[W-007] D09: erased while it was offline; at a later sync it destroys its copy."""
    leaf, copy = read
    away = world.clinics[1]
    world.sandbox.network.leave(away.address)
    report = world.anna.erase(leaf)
    assert report.unanswered == (away.address,)
    assert world.anna.chase() == ((leaf, away.address),)
    assert stores_with(world, copy.cid) == [away]
    world.sandbox.network.join(away)
    world.anna.sync()
    assert world.anna.chase() == ()
    assert stores_with(world, copy.cid) == []
    assert away.address in world.gateway.shelf.acknowledged(leaf)


@pytest.mark.parametrize("answer", ["error", "another leaf", "another signer"])
def test_a_holder_that_does_not_sign_the_right_word_has_not_answered(world, consent, read, monkeypatch, answer):
    """[W-007] E16."""
    leaf, _ = read
    liar = world.clinics[0]

    def forget(signed, *, leaf):
        if answer == "error":
            raise NotWhatWasSigned(what="leaf")
        key = liar.account if answer == "another leaf" else AccountKey.generate()
        gone = Erased(leaf=b"\x01" * 32 if answer == "another leaf" else leaf, holder=liar.address, at=1)
        return Signed.by(key, gone, world.anna.domains)

    monkeypatch.setattr(liar, "forget", forget)
    assert liar.address in world.anna.erase(leaf).unanswered
    monkeypatch.undo()
    assert world.anna.chase() == ()


def test_nobody_else_makes_a_holder_forget(world, consent, read):
    """[W-007] A07: a stranger signs an erasure of Anna's document."""
    leaf, copy = read
    message = Erase(patient=world.anna.address, inner=copy.inner)
    for holder in (world.hill, world.city, world.clinics[0]):
        for key in (AccountKey.generate(), world.hill.account):
            with pytest.raises(NotEmpoweredHere):
                holder.forget(Signed.by(key, message, world.anna.domains), leaf=leaf)
    assert world.hill.copies.get(leaf) is not None
    assert len(stores_with(world, copy.cid)) == 4


def test_an_erasure_of_one_leaf_does_not_erase_another(world, consent, read):
    """[W-007] E16: the signed message and the leaf do not belong together."""
    _, copy = read
    (other,) = world.write(PROBLEMS)
    signed = Signed.by(world.anna.account, Erase(patient=world.anna.address, inner=copy.inner), world.anna.domains)
    for holder in (world.hill, world.city):
        with pytest.raises(NotWhatWasSigned):
            holder.forget(signed, leaf=other)


def test_a_delegate_erases_only_with_the_power_to(world, consent, read):
    """[D-007]"""
    leaf, copy = read
    reader, eraser = AccountKey.generate(), AccountKey.generate()
    world.anna.delegate(reader.address, Power.READ, days=1)
    world.anna.delegate(eraser.address, Power.ERASE, days=1)
    message = Erase(patient=world.anna.address, inner=copy.inner)
    with pytest.raises(MedShareError):
        world.gateway.carry(Signed.by(reader, message, world.anna.domains))
    assert not world.ledger.is_erased(leaf)
    world.gateway.carry(Signed.by(eraser, message, world.anna.domains))
    assert world.ledger.is_erased(leaf)
    assert world.hill.forget(Signed.by(eraser, message, world.anna.domains), leaf=leaf).message.leaf == leaf


def test_what_the_agent_does_not_know_it_does_not_erase(world):
    for act in (world.anna.erase, lambda leaf: world.anna.dispute(leaf, reason=1)):
        with pytest.raises(NoSuchDocument):
            act(b"\x01" * 32)


def test_everything_is_erased_at_once_and_nothing_of_it_is_left(monkeypatch):
    """[D-009, W-007] Doors, validators and readers alike."""
    world = make_world()
    leaves = world.write(PROBLEMS, LABORATORY)
    world.anna.sync()
    cids = [copy.cid for copy in world.anna.copies().values()]
    report = world.anna.erase_all()
    assert report.unanswered == ()
    assert {clinic.address for clinic in world.clinics} <= set(report.acknowledged)
    assert world.ledger.is_erased_all(world.anna.address)
    assert [stores_with(world, cid) for cid in cids] == [[], []]
    assert world.anna.copies() == {}
    for leaf in leaves:
        with pytest.raises(Refused) as caught:
            world.read(world.ask_own(leaf))
        assert caught.value.ground is Ground.ERASURE_SEEN


def test_everything_needs_the_recovery_address_where_one_is_named():
    """[D-009] And until it has signed, nothing is destroyed."""
    world = make_world()
    (leaf,) = world.write(PROBLEMS)
    recovery = world.sandbox.account()
    world.anna.name_recovery(recovery.address)
    world.anna.sync()
    with pytest.raises(MedShareError):
        world.anna.erase_all()
    assert not world.ledger.is_erased_all(world.anna.address)
    signature = Signed.by(recovery, EraseAll(patient=world.anna.address), world.anna.domains).signature
    assert replace(world.anna.erase_all(recovery_signature=signature), transaction=None).unanswered == ()
    assert world.ledger.is_erased_all(world.anna.address)
    assert world.gateway.office.vault.get(CapsuleRow, leaf=leaf) is None
