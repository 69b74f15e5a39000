"""The sweep: what a final block says was erased is destroyed, though no signed message came; what a branch said is not."""

from __future__ import annotations

import pytest

from medshare.consent.categories import Category
from medshare.digest import keccak
from medshare.gateway import Refused
from medshare.gateway.errors import ErasedHere, ErasureUnseen, NotEmpoweredHere
from medshare.gateway.shelf import cid_digest
from medshare.ledger import NothingFinal
from medshare.release.rule import REQUEST_LIFE, Ground
from medshare.signed import Signed
from medshare.typed_data import Deposit, Erase, EraseAll, Erased
from medshare.vault import CapsuleRow, DestructionRow, ErasedRow, ErasureRow, HolderRow, ProofRow
from tests.unit.actors.world import LedgerDouble, make_world

PROBLEMS, LABORATORY = Category.PROBLEMS, Category.LABORATORY


@pytest.fixture
def written(world):
    """A fresh confirmed leaf with the agent's copy of it."""
    (leaf,) = world.write(PROBLEMS)
    world.anna.sync()
    return leaf, world.anna.copies()[leaf]


@pytest.fixture
def far_finality(world, monkeypatch):
    """The last final block lies three blocks back."""
    monkeypatch.setattr(world.ledger, "_depth", 3)


def erased_on_the_chain(world, copy) -> None:
    """Anna sends the erasure to the chain herself: no gateway gets her message."""
    message = Erase(patient=world.anna.address, inner=copy.inner)
    signature = Signed.by(world.anna.account, message, world.anna.domains).signature
    world.ledger.erase_by_sig(
        patient=world.anna.address, path=(), inner=copy.inner, signature=signature, sender=world.sandbox.account()
    )


def ground_of(world, leaf) -> Ground:
    with pytest.raises(Refused) as caught:
        world.read(world.ask_own(leaf))
    return caught.value.ground


def test_what_only_the_chain_says_is_erased_is_destroyed_once_it_is_final(world, written, far_finality):
    """[W-009, R-012] D10: refused at once, destroyed when no reorganisation can take it back."""
    leaf, copy = written
    vault, store = world.gateway.office.vault, world.gateway.office.store
    erased_on_the_chain(world, copy)
    assert ground_of(world, leaf) is Ground.ERASURE_SEEN
    assert world.gateway.shelf.sweep() == ()
    assert vault.get(CapsuleRow, leaf=leaf) is not None
    assert store.has(copy.cid)
    world.wait(1)
    world.wait(1)
    world.wait(1)
    (gone,) = world.gateway.shelf.sweep()
    gone.check(world.anna.domains, signer=world.gateway.address)
    assert (gone.message.leaf, gone.message.holder) == (leaf, world.city.address)
    assert vault.get(CapsuleRow, leaf=leaf) is None
    assert vault.get(ProofRow, leaf=leaf) is None
    assert vault.get(ErasedRow, leaf=leaf, holder=world.city.address) is not None
    assert not store.has(copy.cid)
    assert world.gateway.shelf.sweep() == ()
    assert ground_of(world, leaf) is Ground.ERASURE_SEEN


def test_an_erasure_on_a_branch_that_is_gone_is_refused_and_destroys_nothing(world, written, far_finality):
    """[W-009, R-012] R07: the document may not come back by itself, and may not be lost."""
    leaf, copy = written
    office = world.gateway.office
    erased_on_the_chain(world, copy)
    assert ground_of(world, leaf) is Ground.ERASURE_SEEN
    world.ledger.take_back(1)
    for _ in range(5):
        world.wait(1)
    assert not world.ledger.is_erased(leaf)
    assert world.gateway.shelf.sweep() == ()
    assert office.vault.get(CapsuleRow, leaf=leaf) is not None
    assert office.store.has(copy.cid)
    assert ground_of(world, leaf) is Ground.ERASURE_SEEN


def test_before_anything_is_final_a_signed_erasure_destroys_and_one_that_only_the_chain_told_waits(
    world, written, monkeypatch
):
    """[G-010, W-009]"""
    leaf, copy = written
    office = world.gateway.office

    def nothing() -> None:
        raise NothingFinal(block="finalized")

    monkeypatch.setattr(office, "ledger", LedgerDouble(world.ledger, final=nothing))
    erased_on_the_chain(world, copy)
    assert world.gateway.shelf.sweep() == ()
    assert office.vault.get(CapsuleRow, leaf=leaf) is not None
    assert ground_of(world, leaf) is Ground.ERASURE_SEEN
    monkeypatch.undo()
    world.wait(1)
    assert len(world.gateway.shelf.sweep()) == 1
    assert office.vault.get(CapsuleRow, leaf=leaf) is None


def test_an_erasure_of_everything_that_came_only_by_the_chain_destroys_everything():
    """[W-009, D-009] Also what no anchor has yet; nobody else's document is touched."""
    world = make_world()
    leaves = world.write(PROBLEMS, LABORATORY)
    ben = world.sandbox.patient()
    world.sandbox.enrol(ben, world.city)
    (other,) = world.write(PROBLEMS, patient=ben)
    signature = Signed.by(world.anna.account, EraseAll(patient=world.anna.address), world.anna.domains).signature
    world.ledger.erase_all_by_sig(
        patient=world.anna.address,
        path=(),
        signature=signature,
        recovery_signature=b"",
        sender=world.sandbox.account(),
    )
    gone = world.gateway.shelf.sweep()
    assert {one.message.leaf for one in gone} == set(leaves)
    vault = world.gateway.office.vault
    assert [vault.get(CapsuleRow, leaf=leaf) for leaf in leaves] == [None, None]
    assert vault.get(CapsuleRow, leaf=other) is not None
    assert vault.find(DestructionRow) == []
    for clinic in world.clinics:
        assert {one.message.leaf for one in clinic.gateway.shelf.sweep()} == set(leaves)


def test_a_destruction_that_broke_off_is_finished_by_the_next_sweep(world, written, monkeypatch):
    """[W-009] R01: the store fails in the midst; the erasure stays noted, and nothing is signed too early."""
    leaf, copy = written
    office = world.gateway.office
    signed = Signed.by(world.anna.account, Erase(patient=world.anna.address, inner=copy.inner), world.anna.domains)

    def fail(cid):
        message = "the disk is gone"
        raise OSError(message)

    monkeypatch.setattr(office.store, "delete", fail)
    with pytest.raises(OSError, match="disk"):
        world.gateway.shelf.erase(signed)
    assert office.vault.get(ErasedRow, leaf=leaf, holder=world.city.address) is None
    assert ground_of(world, leaf) is Ground.ERASURE_SEEN
    monkeypatch.undo()
    (gone,) = world.gateway.shelf.sweep()
    assert gone.message.leaf == leaf
    assert not office.store.has(copy.cid)


def test_what_somebody_else_signed_destroys_nothing(world, written):
    """[W-009] A07."""
    leaf, copy = written
    message = Erase(patient=world.anna.address, inner=copy.inner)
    with pytest.raises(NotEmpoweredHere):
        world.gateway.shelf.erase(Signed.by(world.hill.account, message, world.anna.domains))
    assert world.gateway.shelf.sweep() == ()
    assert world.gateway.office.vault.get(CapsuleRow, leaf=leaf) is not None
    assert world.gateway.office.vault.get(ErasureRow, target=leaf) is None


def test_a_signed_erasure_takes_the_place_of_one_that_only_a_block_told(world, written, far_finality):
    """[W-009] Holders are shown the signature, and nobody waits for the final block."""
    leaf, copy = written
    erased_on_the_chain(world, copy)
    world.gateway.shelf.sweep()
    signed = Signed.by(world.anna.account, Erase(patient=world.anna.address, inner=copy.inner), world.anna.domains)
    assert world.gateway.shelf.erase(signed) is not None
    row = world.gateway.office.vault.require(ErasureRow, target=leaf)
    assert row.signed == signed.keep()
    assert row.block is not None


def test_who_held_it_is_still_known_after_it_is_destroyed(world, written):
    """[W-010] Provider and validators; whoever only saw its name in a list holds nothing."""
    leaf, copy = written
    consent = world.grant(PROBLEMS)
    world.hill.list_documents(world.gateway, consent, purpose="TREAT")
    before = world.gateway.shelf.holders(leaf)
    assert set(before) == {world.city.address, *(clinic.address for clinic in world.clinics)}
    world.gateway.carry(
        Signed.by(world.anna.account, Erase(patient=world.anna.address, inner=copy.inner), world.anna.domains)
    )
    assert world.gateway.shelf.holders(leaf) == before
    assert world.gateway.office.vault.count(HolderRow, leaf=leaf) == len(before)


def test_an_erased_document_is_not_taken_in_again(world, written):
    """[W-009]"""
    leaf, copy = written
    world.gateway.carry(
        Signed.by(world.anna.account, Erase(patient=world.anna.address, inner=copy.inner), world.anna.domains)
    )
    message = Deposit(
        provider=world.city.address,
        patient=world.anna.address,
        leaf=leaf,
        compartment=int(PROBLEMS),
        epoch=world.anna.state.epoch,
        capsule=keccak(copy.capsule),
        cid=cid_digest(copy.cid),
        at=world.sandbox.clock.now(),
    )
    signed = Signed.by(world.city.account, message, world.anna.domains)
    with pytest.raises(ErasedHere):
        world.gateway.shelf.deposit(signed, capsule=copy.capsule, cid=copy.cid)
    assert world.gateway.office.vault.get(CapsuleRow, leaf=leaf) is None


def test_a_holder_is_told_only_what_it_held_and_has_not_answered(world, written):
    """[W-010] A07: not what others held."""
    leaf, copy = written
    world.gateway.carry(
        Signed.by(world.anna.account, Erase(patient=world.anna.address, inner=copy.inner), world.anna.domains)
    )
    clinic = world.clinics[0]
    assert leaf in [one.leaf for one in world.gateway.shelf.erasures_for(clinic.address)]
    assert leaf not in [one.leaf for one in world.gateway.shelf.erasures_for(world.hill.address)]
    gone = Erased(leaf=leaf, holder=clinic.address, at=world.sandbox.clock.now())
    world.gateway.shelf.acknowledge(Signed.by(clinic.account, gone, world.anna.domains))
    assert leaf not in [one.leaf for one in world.gateway.shelf.erasures_for(clinic.address)]


def word_of(world, holder, leaf, *, at) -> Signed:
    return Signed.by(holder.account, Erased(leaf=leaf, holder=holder.address, at=at), world.anna.domains)


def test_who_has_destroyed_is_said_by_the_holder_itself_and_once(world, written):
    """[W-007]"""
    leaf, copy = written
    shelf, now = world.gateway.shelf, world.sandbox.clock.now()
    erased_on_the_chain(world, copy)
    word = word_of(world, world.hill, leaf, at=now)
    with pytest.raises(NotEmpoweredHere):
        shelf.acknowledge(Signed.by(world.city.account, word.message, world.anna.domains))
    shelf.acknowledge(word)
    shelf.acknowledge(word_of(world, world.hill, leaf, at=now + 1))
    row = world.gateway.office.vault.require(ErasedRow, leaf=leaf, holder=world.hill.address)
    assert row.at == now


def test_nobody_says_that_a_document_is_destroyed_before_it_is_erased(world, written):
    """[W-014] A07: nor with a date before it or after now; a copy that is still there would be hidden."""
    leaf, copy = written
    shelf = world.gateway.shelf
    for unknown in (leaf, b"\x05" * 32):
        with pytest.raises(ErasureUnseen):
            shelf.acknowledge(word_of(world, world.hill, unknown, at=world.sandbox.clock.now()))
    world.wait(2 * REQUEST_LIFE)
    erased_on_the_chain(world, copy)
    now = world.sandbox.clock.now()
    for at in (1, now - REQUEST_LIFE - 1, now + REQUEST_LIFE + 1):
        with pytest.raises(ErasureUnseen):
            shelf.acknowledge(word_of(world, world.hill, leaf, at=at))
    assert world.hill.address not in shelf.acknowledged(leaf)
    shelf.acknowledge(word_of(world, world.hill, leaf, at=now - REQUEST_LIFE))
    assert world.hill.address in shelf.acknowledged(leaf)


def test_what_a_regulator_is_told_of_an_erasure_has_the_gateways_own_date(world, written):
    """[W-014] Not that of a holder whose clock is behind."""
    leaf, copy = written
    erased_on_the_chain(world, copy)
    now = world.sandbox.clock.now()
    world.gateway.shelf.acknowledge(word_of(world, world.hill, leaf, at=now - 300))
    world.gateway.shelf.sweep()
    (handed,) = (one for one in world.gateway.audit.erasures() if one.leaf == leaf)
    assert handed.at == world.gateway.office.vault.require(ErasedRow, leaf=leaf, holder=world.city.address).at == now


def test_a_holder_answers_for_what_went_with_everything_of_an_address():
    """[W-014] The erasure names the address; the documents are known from what was here."""
    world = make_world()
    leaf, _ = world.write(PROBLEMS, LABORATORY)
    message = EraseAll(patient=world.anna.address)
    world.gateway.carry(Signed.by(world.anna.account, message, world.anna.domains))
    world.gateway.shelf.acknowledge(word_of(world, world.hill, leaf, at=world.sandbox.clock.now()))
    assert world.hill.address in world.gateway.shelf.acknowledged(leaf)
