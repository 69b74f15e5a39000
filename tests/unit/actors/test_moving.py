"""A lost device, a new address, and what the old keys are worth afterwards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.actors.moving import change_locks, move_house, restore
from medshare.actors.network import NoSuchDoor
from medshare.actors.writer import NoConsentToWrite
from medshare.consent.categories import Category
from medshare.digest import keccak
from medshare.errors import MedShareError
from medshare.gateway import Refused
from medshare.gateway.errors import NotEmpoweredHere, NotWhatWasSigned
from medshare.keys.errors import NoStateLeft
from medshare.keys.keystore import read_keystore, write_keystore
from medshare.keys.root import RootSecret
from medshare.ledger import Power
from medshare.release.rule import Ground
from medshare.signed import Signed
from medshare.typed_data import Replace
from medshare.vault import CapsuleRow, StateRow
from tests.unit.actors.world import make_world, papers

PROBLEMS, MENTAL = Category.PROBLEMS, Category.MENTAL_HEALTH


@pytest.fixture(scope="module")
def moved():
    """Anna moved to a new address after a device was stolen: the world, the old agent, the new one."""
    world = make_world()
    world.leaves = world.write(PROBLEMS, MENTAL)
    world.old = world.anna
    world.consent = world.grant(PROBLEMS)
    world.read(world.ask(world.consent, world.leaves[0]))
    world.old.sync()
    world.recovery = world.sandbox.account()
    world.old.name_recovery(world.recovery.address)
    world.new = world.sandbox.patient()
    for institution in (world.city, world.hill):
        world.sandbox.enrol(world.new, institution)
    world.wait(1)
    move_house(world.old, world.new, recovery=world.recovery)
    world.new.sync()
    world.wait(1)
    return world


def restored(world, *urls, root=None):
    return restore(
        account=world.anna.account,
        root=root or world.anna.secret_root(),
        urls=urls,
        network=world.sandbox.network,
        ledger=world.ledger,
        clock=world.sandbox.clock,
    )


def test_the_words_the_keystore_and_any_custodian_give_everything_back(world, leaves):
    """[W-005] K11, from each door alone."""
    world.grant(PROBLEMS)
    world.anna.sync()
    words = world.anna.secret_root().secret_words()
    keystore = write_keystore(world.anna.account, "a passphrase", work=4096)
    for door in (world.city.url, world.hill.url):
        back = restore(
            account=read_keystore(keystore, "a passphrase"),
            root=RootSecret.from_secret_words(words),
            urls=[door],
            network=world.sandbox.network,
            ledger=world.ledger,
            clock=world.sandbox.clock,
        )
        assert back.copies() == world.anna.copies()
        assert back.consents() == world.anna.consents()
        assert back.state.counters == world.anna.state.counters
        assert back.directory().digest == world.anna.directory().digest


def test_one_bad_or_silent_custodian_keeps_nobody_from_restoring(world, leaves):
    """[W-005] R09: its bytes are spoiled; another URL does not answer at all."""
    world.anna.sync()
    vault = world.gateway.office.vault
    row = vault.require(StateRow, patient=world.anna.address)
    vault.destroy(StateRow, patient=world.anna.address)
    vault.put(replace(row, sealed=row.sealed[:-1] + b"?"))
    back = restored(world, "https://nobody.example", world.city.url, world.hill.url)
    assert back.copies() == world.anna.copies()
    with pytest.raises(NoStateLeft):
        restored(world, world.city.url)
    with pytest.raises(NoSuchDoor):
        restored(world, "https://nobody.example")
    vault.destroy(StateRow, patient=world.anna.address)
    vault.put(row)


def test_other_words_restore_nothing(world, leaves):
    """[W-005, K-002]"""
    world.anna.sync()
    with pytest.raises(NoStateLeft):
        restored(world, world.city.url, root=RootSecret.generate())


def test_after_the_move_everything_of_the_old_address_is_void(moved):
    """[P-009, C-018] K14: old consents, and what its keys will still sign."""
    with pytest.raises(Refused) as caught:
        moved.read(moved.ask(moved.consent, moved.leaves[0]))
    assert caught.value.ground in {Ground.REVOCATION_SEEN, Ground.LOCKED}
    later = moved.old.grant(moved.hill.address, categories=[PROBLEMS], purposes=["TREAT"], days=3)
    moved.wait(1)
    with pytest.raises(Refused) as caught:
        moved.read(moved.ask(later, moved.leaves[0]))
    assert caught.value.ground in {Ground.REVOCATION_SEEN, Ground.LOCKED}


def test_the_stolen_keys_read_and_list_nothing_any_more(moved):
    """[R-005] K14: the thief has the account key and the root of the address that was left."""
    for ask in (moved.gateway.counter.read, moved.gateway.counter.listing, moved.gateway.counter.log):
        with pytest.raises(Refused) as caught:
            ask(moved.old.own_request(moved.gateway, leaf=moved.leaves[0]))
        assert caught.value.ground is Ground.NOT_THE_PATIENT


def test_the_new_address_reads_what_the_old_one_left(moved):
    """[R-014] And the log of the old address, to see who looked."""
    assert {row.leaf for row in moved.gateway.counter.listing(moved.new.own_request(moved.gateway)).rows} == set(
        moved.leaves
    )
    lines = moved.new.who_looked()
    assert any(line.consent_id == moved.consent.consent_id and line.ground is Ground.RELEASED for line in lines)


def test_a_consent_of_the_new_address_covers_what_was_left(moved):
    """[R-014] Also after the locks were changed, twice."""
    consent = moved.new.grant(moved.hill.address, categories=[PROBLEMS], purposes=["TREAT"], days=9)
    moved.wait(1)
    (row,) = moved.hill.list_documents(moved.gateway, consent, purpose="TREAT")
    reading = moved.hill.read(moved.gateway, consent, row, purpose="TREAT")
    assert reading.document.manifest.patient == moved.old.address
    before = moved.gateway.office.vault.require(CapsuleRow, leaf=row.leaf)
    for _ in range(2):
        assert change_locks(moved.new) == len(moved.leaves)
        moved.new.leave_envelope(consent)
        assert moved.hill.read(moved.gateway, consent, row, purpose="TREAT").document.leaf == row.leaf
    after = moved.gateway.office.vault.require(CapsuleRow, leaf=row.leaf)
    assert (after.cid, after.seq) == (before.cid, before.seq + 2)
    assert after.capsule != before.capsule


def test_nothing_is_sealed_to_an_address_that_was_left(moved):
    """[W-001] Institutions stop at once and ask for a new enrolment."""
    with pytest.raises(NoConsentToWrite):
        moved.city.upload(moved.old.address, papers(PROBLEMS))
    assert moved.city.upload(moved.new.address, papers(PROBLEMS)).written
    moved.city.anchor()


def replacement(world, agent, leaf, capsule: bytes, *, key=None, seq: int = 100, old: bytes | None = None):
    row = world.gateway.office.vault.require(CapsuleRow, leaf=leaf)
    message = Replace(
        leaf=leaf, seq=seq, old_capsule=keccak(row.capsule if old is None else old), new_capsule=keccak(capsule)
    )
    return Signed.by(key or agent.keys.agent_key, message, agent.domains)


def test_only_the_last_successors_agent_replaces_a_capsule(moved):
    """[W-006] K14: neither the account key nor the old agent key."""
    leaf = moved.leaves[0]
    before = moved.gateway.office.vault.require(CapsuleRow, leaf=leaf)
    for key in (moved.old.keys.agent_key, moved.new.account, moved.city.account):
        with pytest.raises(NotEmpoweredHere):
            moved.gateway.shelf.replace(replacement(moved, moved.new, leaf, b"new", key=key), capsule=b"new", epoch=1)
    assert moved.gateway.office.vault.require(CapsuleRow, leaf=leaf) == before


def test_a_replacement_of_another_capsule_changes_nothing(moved):
    """[W-006] E16: the old or the new bytes are not the signed ones."""
    leaf = moved.leaves[0]
    before = moved.gateway.office.vault.require(CapsuleRow, leaf=leaf)
    for signed, capsule in (
        (replacement(moved, moved.new, leaf, b"new"), b"other"),
        (replacement(moved, moved.new, leaf, b"new", old=b"?"), b"new"),
    ):
        with pytest.raises(NotWhatWasSigned):
            moved.gateway.shelf.replace(signed, capsule=capsule, epoch=1)
    assert moved.gateway.office.vault.require(CapsuleRow, leaf=leaf) == before


def test_an_old_capsule_stays_when_the_new_one_is_not_read_back(moved, monkeypatch):
    """[W-006] R17: the vault said yes and kept nothing."""
    leaf, office = moved.leaves[0], moved.gateway.office
    vault = office.vault
    before = vault.require(CapsuleRow, leaf=leaf)

    class Forgetful:
        def transaction(self):
            real = vault.transaction()

            class Rows:
                def __enter__(self):
                    self.rows = real.__enter__()
                    return self

                def __exit__(self, *error):
                    return real.__exit__(*error)

                def put(self, row):
                    pass

                def require(self, kind, **key):
                    return self.rows.require(kind, **key)

            return Rows()

        def __getattr__(self, name):
            return getattr(vault, name)

    monkeypatch.setattr(office, "vault", Forgetful())
    with pytest.raises(NotWhatWasSigned):
        moved.gateway.shelf.replace(replacement(moved, moved.new, leaf, b"new"), capsule=b"new", epoch=1)
    monkeypatch.undo()
    assert vault.require(CapsuleRow, leaf=leaf) == before


def test_only_the_recovery_address_moves_a_patient(world):
    """[P-008]"""
    other = world.sandbox.patient()
    world.sandbox.enrol(other, world.city)
    with pytest.raises(MedShareError):
        move_house(world.anna, other, recovery=world.sandbox.account())
    assert other.state.old_roots == ()


def test_a_delegate_of_the_old_address_ends_with_it(moved):
    """[C-017]"""
    assert moved.ledger.empowered(moved.old.address, moved.hill.address, Power.READ) == 0


def test_what_an_address_left_behind_can_be_erased_from_the_new_one():
    """[D-008] The relay carries it for an address that moved, too."""
    world = make_world()
    (leaf,) = world.write(PROBLEMS)
    old, new, recovery = world.anna, world.sandbox.patient(), world.sandbox.account()
    old.sync()
    old.name_recovery(recovery.address)
    world.sandbox.enrol(new, world.city)
    move_house(old, new, recovery=recovery)
    new.sync()
    report = new.erase(leaf)
    assert report.unanswered == ()
    assert world.sandbox.ledger.is_erased(leaf)
