"""Holders that nobody can reach ask at the doors: what was erased, and what was taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.actors.network import LocalNetwork
from medshare.actors.requester import ErasureUnproven
from medshare.consent.categories import Category
from medshare.errors import UnreachableError
from medshare.gateway.values import ErasureSeen
from medshare.signed import Signed
from medshare.typed_data import Erase, EraseAll
from medshare.vault import ErasedRow
from tests.unit.actors.world import make_world

PROBLEMS, LABORATORY = Category.PROBLEMS, Category.LABORATORY


@pytest.fixture
def alone(world, monkeypatch):
    """Nobody reaches a holder from outside, as over HTTP."""
    monkeypatch.setattr(LocalNetwork, "holder", lambda self, account: None)
    return world


@pytest.fixture(scope="module")
def consent(world):
    return world.grant(PROBLEMS)


@pytest.fixture
def read(alone, consent):
    """A leaf that Hill Hospital has read, with the agent's copy."""
    (leaf,) = alone.write(PROBLEMS)
    alone.anna.sync()
    rows = alone.hill.list_documents(alone.gateway, consent, purpose="TREAT")
    alone.hill.read(alone.gateway, consent, next(row for row in rows if row.leaf == leaf), purpose="TREAT")
    return leaf, alone.anna.copies()[leaf]


def test_holders_that_ask_destroy_their_copies_and_the_patient_hears_of_it(alone, read):
    """[W-007, W-010] D09, D10: the reader and the validators come when it suits them."""
    leaf, copy = read
    report = alone.anna.erase(leaf)
    assert set(report.unanswered) == {alone.hill.address, *(clinic.address for clinic in alone.clinics)}
    for holder in (alone.hill, *alone.clinics):
        assert leaf in holder.honour_erasures().erased
        assert leaf not in holder.honour_erasures().erased
    assert alone.hill.copies.get(leaf) is None
    assert not any(clinic.gateway.office.store.has(copy.cid) for clinic in alone.clinics)
    alone.anna.sync()
    assert leaf not in [one for one, _ in alone.anna.chase()]
    rows = alone.gateway.office.vault.find(ErasedRow, leaf=leaf)
    assert {row.holder for row in rows} == {alone.city.address, *report.unanswered}


def test_what_only_the_chain_says_is_honoured_once_it_is_final(alone, read, monkeypatch):
    """[W-010] D10: no message came to any gateway."""
    leaf, copy = read
    monkeypatch.setattr(alone.ledger, "_depth", 2)
    signature = Signed.by(
        alone.anna.account, Erase(patient=alone.anna.address, inner=copy.inner), alone.anna.domains
    ).signature
    alone.ledger.erase_by_sig(
        patient=alone.anna.address, path=(), inner=copy.inner, signature=signature, sender=alone.sandbox.account()
    )
    assert leaf not in alone.hill.honour_erasures().erased
    assert alone.hill.copies.get(leaf) is not None
    alone.wait(1)
    alone.wait(1)
    assert leaf in alone.hill.honour_erasures().erased
    assert alone.hill.copies.get(leaf) is None
    assert leaf in alone.clinics[0].honour_erasures().erased


def test_everything_erased_at_once_is_honoured_too(monkeypatch):
    """[W-010, D-009] Only `EraseAll` came, and nobody signed for a single leaf."""
    world = make_world()
    monkeypatch.setattr(LocalNetwork, "holder", lambda self, account: None)
    consent = world.grant(PROBLEMS)
    (leaf,) = world.write(PROBLEMS)
    (row,) = world.hill.list_documents(world.gateway, consent, purpose="TREAT")
    world.hill.read(world.gateway, consent, row, purpose="TREAT")
    world.gateway.carry(Signed.by(world.anna.account, EraseAll(patient=world.anna.address), world.anna.domains))
    assert world.hill.honour_erasures().erased == (leaf,)
    assert world.clinics[0].honour_erasures().erased == (leaf,)
    assert world.hill.copies.get(leaf) is None


def made_up(alone, monkeypatch, notice) -> None:
    monkeypatch.setattr(alone.gateway.shelf, "erasures_for", lambda holder: (notice,))


def test_an_erasure_that_a_door_makes_up_is_not_believed(alone, read, monkeypatch):
    """[W-010] A07: no signature, another's signature, a signature for another leaf, another patient's erasure."""
    leaf, copy = read
    ben = alone.sandbox.patient()
    alone.sandbox.enrol(ben, alone.city)
    alone.gateway.carry(Signed.by(ben.account, EraseAll(patient=ben.address), alone.anna.domains))
    mine = Erase(patient=alone.anna.address, inner=copy.inner)
    fair = ErasureSeen(leaf=leaf, patient=alone.anna.address, signed=None)
    lies = [
        fair,
        replace(fair, patient=ben.address),
        replace(fair, signed=Signed.by(alone.city.account, mine, alone.anna.domains)),
        replace(fair, signed=Signed.by(alone.anna.account, replace(mine, inner=b"\x01" * 32), alone.anna.domains)),
    ]
    for lie in lies:
        made_up(alone, monkeypatch, lie)
        found = alone.hill.honour_erasures()
        assert found.erased == ()
        assert list(found.pending) == [leaf]
    assert alone.hill.copies.get(leaf) is not None
    made_up(alone, monkeypatch, fair)
    assert alone.hill.honour_erasures().pending == {leaf: ErasureUnproven.code}


def test_a_door_that_is_down_keeps_no_holder_from_the_others(alone, read, monkeypatch):
    """[W-010] R14."""
    leaf, _ = read
    alone.anna.erase(leaf)
    alone.hill.copies.expect_from("https://gone.example")
    found = alone.hill.honour_erasures()
    assert leaf in found.erased
    assert list(found.unanswered) == ["https://gone.example"]


def test_an_acknowledgement_that_was_lost_is_left_again(alone, read, monkeypatch):
    """[W-010] R01: destroyed, and the door goes down before it hears of it."""
    leaf, _ = read
    alone.anna.erase(leaf)

    def down(signed):
        raise UnreachableError

    monkeypatch.setattr(alone.gateway.shelf, "acknowledge", down)
    assert leaf in alone.hill.honour_erasures().pending
    assert alone.hill.copies.get(leaf) is None
    monkeypatch.undo()
    assert leaf in alone.hill.honour_erasures().erased


def test_a_reader_hears_from_the_chain_what_was_taken_back(alone, read):
    """[W-011] And not of what nobody took back."""
    leaf, _ = read
    assert leaf not in [copy.leaf for copy in alone.hill.retracted()]
    alone.city.retract(leaf, reason=2)
    (copy,) = [copy for copy in alone.hill.retracted() if copy.leaf == leaf]
    assert copy.receipt.message.gateway == alone.gateway.address


def test_an_amended_document_was_not_taken_back(alone, read):
    """[W-011] Its successor closes it, no reason does."""
    leaf, _ = read
    alone.city.amend(leaf, b'{"text":"amended"}')
    alone.city.seek_confirmation(alone.city.anchor(), alone.clinics)
    assert leaf not in [copy.leaf for copy in alone.hill.retracted()]
