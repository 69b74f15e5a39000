"""A gateway that says that it sent something is not believed: the caller's own chain has the last word."""

from __future__ import annotations

import pytest

from medshare.consent.categories import Category
from medshare.digest import keccak
from medshare.gateway.remote.carried import check_carried, check_granted
from medshare.gateway.remote.errors import NotOnChain
from medshare.ledger import Power
from medshare.record.leaf import leaf_hash
from medshare.typed_data import (
    Delegate,
    Directory,
    Erase,
    EraseAll,
    Lockdown,
    Recovery,
    Refuse,
    Register,
    Revoke,
)
from tests.unit.actors.world import make_world

URL = "https://gateway.example"


@pytest.fixture(scope="module")
def world():
    return make_world()


@pytest.fixture(scope="module")
def other(world):
    """A transaction that was mined, and is somebody else's."""
    ben = world.sandbox.patient()
    world.sandbox.enrol(ben, world.city)
    return ben.revoke(ben.consents()[0]).hash


def test_what_the_chain_shows_is_believed(world):
    """[H-035] Every kind of message, after it was really carried."""
    anna, ledger = world.anna, world.ledger
    seq = lambda: ledger.account(anna.address).seq + 1  # noqa: E731
    consent = world.grant(Category.PROBLEMS)
    (leaf,) = world.write(Category.PROBLEMS)
    anna.sync()
    copy = anna.copies()[leaf]
    assert leaf_hash(patient=anna.address, inner=copy.inner) == leaf
    done = [
        Revoke(patient=anna.address, grantee=consent.grantee, terms=consent.terms),
        Lockdown(patient=anna.address, time=ledger.head().time),
        Erase(patient=anna.address, inner=copy.inner),
        EraseAll(patient=anna.address),
    ]
    for message in done:
        transaction = world.gateway.carry(anna.sign(message))
        assert check_carried(ledger, message, transaction.hash, url=URL) == transaction
    hill = world.hill.address
    for make in (
        lambda: Directory(patient=anna.address, digest=keccak(b"directory"), seq=seq()),
        lambda: Delegate(
            patient=anna.address,
            delegate=hill,
            powers=int(Power.READ),
            issued_at=ledger.head().time,
            not_after=ledger.head().time + 9,
            seq=seq(),
        ),
        lambda: Recovery(patient=anna.address, recovery=hill, seq=seq()),
    ):
        message = make()
        transaction = world.gateway.carry(anna.sign(message))
        assert check_carried(ledger, message, transaction.hash, url=URL) == transaction


def test_what_the_chain_does_not_show_is_not_believed(world, other):
    """[H-035] R09: the hash is of a transaction that was mined, only not this one."""
    eve, ledger = world.sandbox.patient(), world.ledger
    now = ledger.head().time
    for message in (
        Register(patient=eve.address, directory=keccak(b"directory")),
        Revoke(patient=eve.address, grantee=world.hill.address, terms=keccak(b"terms")),
        Lockdown(patient=eve.address, time=now),
        Erase(patient=eve.address, inner=keccak(b"inner")),
        EraseAll(patient=eve.address),
        Directory(patient=eve.address, digest=keccak(b"directory"), seq=1),
        Recovery(patient=eve.address, recovery=world.hill.address, seq=1),
        Delegate(patient=eve.address, delegate=world.hill.address, powers=1, issued_at=now, not_after=now + 9, seq=1),
        Refuse(request=keccak(b"request"), reason=1, at=now),
    ):
        with pytest.raises(NotOnChain):
            check_carried(ledger, message, other, url=URL)


def test_a_consent_that_was_not_granted_is_not_believed(other):
    """[H-035] R09."""
    world = make_world()
    consent = world.grant(Category.PROBLEMS)
    granted = world.ledger.head()
    done = next(log.transaction for log in world.ledger.events(0, granted.number) if log.block_number > 0)
    assert check_granted(world.ledger, consent, done, url=URL).hash == done
    stranger = make_world()
    done = next(log.transaction for log in stranger.ledger.events() if log.block_number > 0)
    with pytest.raises(NotOnChain):
        check_granted(stranger.ledger, consent, done, url=URL)
