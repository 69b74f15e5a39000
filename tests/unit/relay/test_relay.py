"""Relays: what a custodian carries for anybody, and what only for those whom it knows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.consent.categories import Category
from medshare.errors import MedShareError
from medshare.gateway import Refused
from medshare.keys.account import AccountKey
from medshare.ledger import Power, Role
from medshare.relay import NotCarried, NothingToRelay
from medshare.release.rule import Ground
from medshare.signed import Signed
from medshare.typed_data import (
    Accept,
    Delegate,
    Directory,
    Erase,
    EraseAll,
    Erased,
    Lockdown,
    Recovery,
    Register,
    Revoke,
)

PROBLEMS = Category.PROBLEMS


@pytest.fixture(scope="module")
def stranger(world):
    """A clinic that never saw Anna."""
    return world.clinics[0].gateway


def signed(world, message, key=None):
    return Signed.by(key or world.anna.account, message, world.anna.domains)


def test_any_custodian_carries_a_revocation(world, leaves, stranger):
    """[Y-001] And the consent is dead on the chain."""
    consent = world.grant(PROBLEMS)
    message = Revoke(patient=world.anna.address, grantee=consent.grantee, terms=consent.terms)
    stranger.carry(signed(world, message))
    assert world.ledger.consent_of(consent.patient, consent.grantee, consent.terms).revoked


def test_any_custodian_carries_an_erasure(world, leaves, stranger):
    """[Y-001] Also of everything."""
    (leaf,) = world.write(PROBLEMS)
    world.anna.sync()
    copy = world.anna.copies()[leaf]
    stranger.carry(signed(world, Erase(patient=world.anna.address, inner=copy.inner)))
    assert world.ledger.is_erased(leaf)
    ben = world.sandbox.patient()
    world.sandbox.enrol(ben, world.city)
    stranger.carry(signed(world, EraseAll(patient=ben.address), ben.account))
    assert world.ledger.is_erased_all(ben.address)


def test_any_custodian_carries_a_lockdown(world, stranger):
    """[Y-001]"""
    ben = world.sandbox.patient()
    world.sandbox.enrol(ben, world.city)
    time = world.ledger.head().time
    stranger.carry(signed(world, Lockdown(patient=ben.address, time=time), ben.account))
    assert world.ledger.mark_of(ben.address) == time


def test_what_a_delegate_signed_is_carried_too_if_it_has_the_power(world, leaves, stranger):
    """[Y-001] C03: revoke, lock, erase one, erase all; each power by itself."""
    ben = world.sandbox.patient()
    world.sandbox.enrol(ben, world.city)
    (leaf,) = world.write(PROBLEMS, patient=ben)
    ben.sync()
    consent = ben.grant(world.hill.address, categories=[PROBLEMS], purposes=["TREAT"], days=9)
    world.wait(1)
    keys = {power: AccountKey.generate() for power in (Power.REVOKE, Power.LOCK, Power.ERASE)}
    for power, key in keys.items():
        ben.delegate(key.address, power, days=3)
    world.wait(1)
    messages = [
        (Power.REVOKE, Revoke(patient=ben.address, grantee=consent.grantee, terms=consent.terms)),
        (Power.ERASE, Erase(patient=ben.address, inner=ben.copies()[leaf].inner)),
        (Power.ERASE, EraseAll(patient=ben.address)),
        (Power.LOCK, Lockdown(patient=ben.address, time=world.ledger.head().time)),
    ]
    for power, message in messages:
        wrong = keys[Power.LOCK if power is not Power.LOCK else Power.REVOKE]
        with pytest.raises(MedShareError):
            stranger.carry(signed(world, message, wrong))
        with pytest.raises(MedShareError):
            stranger.relay.carry(signed(world, message, wrong))
        stranger.carry(signed(world, message, keys[power]))
    assert world.ledger.is_erased_all(ben.address)


def test_nobody_elses_signature_shuts_anything(world, leaves, stranger):
    """[Y-001] E10: a relay can delay, never forge."""
    consent = world.grant(PROBLEMS)
    message = Revoke(patient=world.anna.address, grantee=consent.grantee, terms=consent.terms)
    forged = replace(signed(world, message), signature=signed(world, message, AccountKey.generate()).signature)
    for relayed in (signed(world, message, AccountKey.generate()), forged):
        for carry in (stranger.carry, stranger.relay.carry):
            with pytest.raises(MedShareError):
                carry(relayed)
    assert world.read(world.ask(consent, leaves[0])).leaf == leaves[0]


def changes(world):
    """What a relay carries for patients whom it knows."""
    address, seq = world.anna.address, world.ledger.account(world.anna.address).seq + 1
    now = world.ledger.head().time
    return [
        Delegate(patient=address, delegate=world.hill.address, powers=1, issued_at=now, not_after=now + 99, seq=seq),
        Recovery(patient=address, recovery=AccountKey.generate().address, seq=seq),
        Directory(patient=address, digest=world.ledger.digest_of(address), seq=seq),
    ]


@pytest.mark.parametrize("number", range(3))
def test_the_rest_is_carried_only_for_patients_that_it_knows(world, stranger, number):
    """[Y-002]"""
    message = changes(world)[number]
    with pytest.raises(NotCarried):
        stranger.carry(signed(world, message))
    world.gateway.carry(signed(world, message))
    assert world.ledger.account(world.anna.address).seq == message.seq


def test_nobody_is_registered_by_a_relay_that_never_saw_her(world, stranger):
    """[Y-002] The desk comes first."""
    ben = world.sandbox.patient()
    register = Register(patient=ben.address, directory=b"\x01" * 32)
    with pytest.raises(NotCarried):
        stranger.carry(signed(world, register, ben.account))
    assert not world.ledger.account(ben.address).has(Role.PATIENT)


def test_a_grant_or_an_approval_is_carried_only_for_patients_that_it_knows(world, leaves, stranger):
    """[Y-002] And nothing of it is kept."""
    consent = world.grant(PROBLEMS)
    request = world.researcher.request(
        world.anna.address, world.gateway, categories=(PROBLEMS,), purposes=["BIORCH"], days=3, why="A study"
    )
    for carry in (lambda: stranger.grant(consent), lambda: stranger.approve(request.opening, consent)):
        with pytest.raises(NotCarried):
            carry()
    assert stranger.postbox.consents_for(consent.grantee) == ()


def test_a_chosen_custodian_knows_the_patient_without_enrolling_her(world):
    """[Y-002] Positive: her directory names it."""
    ben = world.sandbox.patient()
    world.sandbox.enrol(ben, world.city)
    clinic = world.clinics[1]
    assert not clinic.gateway.postbox.knows(ben.address)
    ben.note(f"custodian:{clinic.address}", clinic.url)
    ben.sync()
    assert clinic.gateway.postbox.knows(ben.address)
    assert clinic.gateway.postbox.chosen_by(ben.address)
    assert not clinic.gateway.postbox.enrolled(ben.address)


@pytest.mark.parametrize("known", [True, False])
def test_a_message_that_no_contract_takes_is_not_relayed(world, stranger, known):
    """Whoever sends it."""
    gateway = world.gateway if known else stranger
    for message in (
        Erased(leaf=b"\x01" * 32, holder=world.hill.address, at=1),
        Accept(patient=world.anna.address, next=world.hill.address),
    ):
        with pytest.raises(NothingToRelay):
            gateway.carry(signed(world, message))


def test_a_delegates_grant_and_approval_are_carried(world, leaves):
    """[C-003, C-004] Signed by the delegate, in the patient's name."""
    from medshare.signed import consent_message
    from medshare.typed_data import sign

    key = AccountKey.generate()
    world.anna.delegate(key.address, Power.GRANT, days=60)
    world.wait(1)
    drafted = world.anna.grant(world.hill.address, categories=[Category.ALLERGIES], purposes=["TREAT"], days=5)
    other = replace(drafted, signer=key.address)
    other = replace(other, signature=sign(consent_message(other), world.anna.domains, key))
    world.gateway.relay.grant(other)
    request = world.researcher.request(
        world.anna.address, world.gateway, categories=(PROBLEMS,), purposes=["BIORCH"], days=30, why="A study"
    )
    from medshare.actors.consenting import sign_consent
    from medshare.consent.actions import Action

    answer = sign_consent(
        world.anna,
        grantee=request.grantee,
        categories=(PROBLEMS,),
        purposes=request.purposes,
        actions=Action.READ,
        seconds=86_400,
        language="en",
        request=request.request,
    )
    answer = replace(answer, signer=key.address, signature=sign(consent_message(answer), world.anna.domains, key))
    world.gateway.approve(request.opening, answer)
    assert world.ledger.consent_of(answer.patient, answer.grantee, answer.terms).granted


def test_after_a_signed_revocation_the_carrier_refuses_at_once(world, leaves):
    """[R-007] Before anything is mined: the chain does not answer, and the door is shut all the same."""
    consent = world.grant(PROBLEMS)
    message = signed(world, Revoke(patient=world.anna.address, grantee=consent.grantee, terms=consent.terms))
    relay = world.gateway.relay

    class Down:
        def carry(self, *_, **__):
            raise NotCarried(kind="Revoke")

    world.gateway.relay = Down()
    with pytest.raises(NotCarried):
        world.gateway.carry(message)
    world.gateway.relay = relay
    with pytest.raises(Refused) as caught:
        world.read(world.ask(consent, leaves[0]))
    assert caught.value.ground is Ground.REVOCATION_SEEN
