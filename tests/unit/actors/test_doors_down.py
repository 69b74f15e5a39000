"""One door that is down, or lies, keeps nobody from the others; what could not be left there is left later."""

from __future__ import annotations

import pytest

from medshare.actors.network import LocalNetwork, NoSuchDoor
from medshare.consent.categories import Category
from medshare.errors import CancelledError, InputError, IntegrityError, NotFoundError, RefusedError, UnreachableError
from medshare.gateway import Refused
from medshare.relay_budget import OverBudget
from medshare.vault import CapsuleRow, ConsentRow, DirectoryRow, EnvelopeRow
from tests.unit.actors.world import make_world

PROBLEMS, SENSITIVE = Category.PROBLEMS, Category.MENTAL_HEALTH


@pytest.fixture
def fresh():
    return make_world()


class Down:
    """The doors at some URLs answer nobody."""

    def __init__(self, world, *institutions) -> None:
        self._gateways = world.sandbox.network._gateways
        self._down = {one.url: self._gateways[one.url] for one in institutions}

    def __enter__(self) -> None:
        for url in self._down:
            del self._gateways[url]

    def __exit__(self, *_: object) -> None:
        self._gateways.update(self._down)


def test_a_sync_goes_on_without_a_door_that_is_down_and_says_so(fresh):
    """[W-012] R14: keys are rotated all the same, or a revoked reader would keep them."""
    consent = fresh.grant(PROBLEMS)
    (leaf,) = fresh.write(PROBLEMS)
    with Down(fresh, fresh.hill):
        fresh.anna.revoke(consent)
        report = fresh.anna.sync()
        assert report.unreachable == {fresh.hill.url: NoSuchDoor.code}
        assert report.rotated
        assert report.new == (leaf,)
    assert fresh.anna.sync().unreachable == {}


def test_what_could_not_be_left_is_left_at_the_next_sync(fresh):
    """[W-012] The directory's bytes, the consent's document and its envelope."""
    first = fresh.grant(PROBLEMS)
    vault = fresh.hill.gateway.office.vault
    with Down(fresh, fresh.hill):
        second = fresh.grant(PROBLEMS, grantee=fresh.researcher)
        fresh.anna.revoke(first)
        fresh.anna.sync()
    digest = fresh.ledger.digest_of(fresh.anna.address)
    assert vault.get(DirectoryRow, digest=digest) is None
    assert vault.get(ConsentRow, consent_id=second.consent_id) is None
    assert fresh.anna.owed(second) == (fresh.hill.url,)
    fresh.anna.sync()
    assert vault.get(DirectoryRow, digest=digest) is not None
    assert vault.get(ConsentRow, consent_id=second.consent_id) is not None
    assert vault.get(EnvelopeRow, consent_id=second.consent_id) is not None
    assert fresh.anna.owed(second) == ()


def test_nothing_is_left_again_where_everything_was_left(fresh):
    """[W-012]"""
    consent = fresh.grant(PROBLEMS)
    before = fresh.gateway.office.vault.require(EnvelopeRow, consent_id=consent.consent_id).seq
    fresh.anna.sync()
    assert fresh.gateway.office.vault.require(EnvelopeRow, consent_id=consent.consent_id).seq == before


def test_locks_that_could_not_be_changed_are_changed_later(fresh):
    """[W-012, W-006] The sensitive capsules at a door that was down when an epoch began."""
    consent = fresh.grant(PROBLEMS)
    (leaf,) = fresh.write(SENSITIVE)
    fresh.anna.sync()
    fresh.anna.revoke(consent)
    with Down(fresh, fresh.city):
        fresh.anna.sync()
    assert fresh.gateway.office.vault.require(CapsuleRow, leaf=leaf).epoch == 1
    fresh.anna.sync()
    assert fresh.gateway.office.vault.require(CapsuleRow, leaf=leaf).epoch == 2


def test_a_revocation_goes_by_the_door_that_answers(fresh):
    """[W-012, Y-001]"""
    consent = fresh.grant(PROBLEMS)
    (leaf,) = fresh.write(PROBLEMS)
    with Down(fresh, fresh.city):
        fresh.anna.revoke(consent)
    with pytest.raises(Refused):
        fresh.read(fresh.ask(consent, leaf))


def test_an_erasure_goes_by_another_door_and_the_first_one_sweeps(fresh, monkeypatch):
    """[W-009, W-012] D09: the gateway that keeps the document is down when it is erased."""
    (leaf,) = fresh.write(PROBLEMS)
    fresh.anna.sync()
    monkeypatch.setattr(LocalNetwork, "holder", lambda self, account: None)
    with Down(fresh, fresh.city):
        report = fresh.anna.erase(leaf)
        assert fresh.ledger.is_erased(leaf)
        assert fresh.city.address in report.unanswered
        fresh.anna.sync()
        assert (leaf, fresh.city.address) in fresh.anna.chase()
    fresh.anna.sync()
    assert fresh.gateway.office.vault.get(CapsuleRow, leaf=leaf) is None
    assert (leaf, fresh.city.address) not in fresh.anna.chase()


@pytest.mark.parametrize("error", [UnreachableError, IntegrityError, InputError, NotFoundError, RefusedError])
def test_a_door_that_fails_in_the_midst_is_named(fresh, monkeypatch, error):
    """[W-012] A10: it answers when it is asked who it is, and with nonsense afterwards."""
    (leaf,) = fresh.write(PROBLEMS)

    def fail(request):
        raise error

    monkeypatch.setattr(fresh.hill.gateway.counter, "listing", fail)
    report = fresh.anna.sync()
    assert report.new == (leaf,)
    assert report.unreachable == {fresh.hill.url: error.code}


def test_a_persons_own_no_is_no_fault_of_a_door(fresh):
    """[W-012] What she stops is stopped, and not tried at the next door."""

    def stop(door):
        raise CancelledError

    with pytest.raises(CancelledError):
        fresh.anna.through(fresh.anna.doors, stop)
    assert fresh.anna.faults == {}


def failing(error):
    """A door's answer to whatever it is asked."""

    def fail(*_, **__):
        raise error

    return fail


@pytest.mark.parametrize("error", [OverBudget, UnreachableError, NotFoundError])
def test_what_one_door_does_not_carry_the_next_one_carries(fresh, monkeypatch, error):
    """[W-012, Y-001] A revocation, a lockdown, an erasure, an erasure of everything."""
    consent = fresh.grant(PROBLEMS)
    first, second = fresh.write(PROBLEMS, PROBLEMS)
    fresh.anna.sync()
    monkeypatch.setattr(fresh.gateway, "carry", failing(error))
    fresh.anna.revoke(consent)
    assert fresh.ledger.consent_of(consent.patient, consent.grantee, consent.terms).revoked
    fresh.anna.erase(first)
    assert fresh.ledger.is_erased(first)
    fresh.anna.lock_down()
    assert fresh.ledger.mark_of(fresh.anna.address)
    fresh.anna.erase_all()
    assert fresh.ledger.is_erased_all(fresh.anna.address)
    assert fresh.gateway.office.vault.get(CapsuleRow, leaf=second) is None


def test_what_no_door_carries_is_refused_with_the_word_of_the_last(fresh, monkeypatch):
    """[W-012]"""
    consent = fresh.grant(PROBLEMS)
    monkeypatch.setattr(fresh.gateway, "carry", failing(UnreachableError))
    monkeypatch.setattr(fresh.hill.gateway, "carry", failing(OverBudget))
    with pytest.raises(OverBudget):
        fresh.anna.revoke(consent)


def test_a_no_of_the_patients_own_is_not_asked_again_at_the_next_door(fresh, monkeypatch):
    """[W-012] Her wallet asked her, and she said no."""
    consent = fresh.grant(PROBLEMS)
    for error in (fresh.gateway, fresh.hill.gateway):
        monkeypatch.setattr(error, "carry", failing(CancelledError if error is fresh.gateway else AssertionError))
    with pytest.raises(CancelledError):
        fresh.anna.revoke(consent)
