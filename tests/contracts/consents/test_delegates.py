"""Delegates: who signs for a patient, with which powers, until when.

given a delegation and a consent signed by the delegate
├── when it is in force, has the power and outlives the consent: granted
├── when it is missing, ended, withdrawn, locked or without the power: refused
└── when the consent would outlive it: refused
"""

from __future__ import annotations

import pytest

from medshare.typed_data import Delegate
from tests.contracts.chainclock import DAY, mine_at, next_block_at, now
from tests.contracts.people import low
from tests.contracts.refusals import refused
from tests.contracts.world import ALL_POWERS, ERASE, GRANT, LOCK, REVOKE


def test_a_delegate_with_the_power_grants(consents, world, patient, delegate, hospital, relayer):
    """[C-003]"""
    world.delegate(patient, delegate, GRANT, now() + 400 * DAY)
    draft = world.draft(patient, hospital)
    consents.grantBy(*draft.signed_by(delegate), {"from": relayer})
    assert world.why_not(draft) == 0


@pytest.mark.parametrize("powers", [REVOKE, LOCK, ERASE, ALL_POWERS - GRANT])
def test_a_delegate_without_the_power_does_not(consents, world, patient, delegate, hospital, relayer, powers):
    """[C-003]"""
    world.delegate(patient, delegate, powers, now() + 400 * DAY)
    with refused("ConsentRegistry_NotEmpowered", patient, delegate, GRANT):
        consents.grantBy(*world.draft(patient, hospital).signed_by(delegate), {"from": relayer})


def test_who_was_never_named_does_not_grant(consents, world, patient, hospital, stranger, relayer):
    """[C-003]"""
    with refused("ConsentRegistry_NotEmpowered", patient, stranger, GRANT):
        consents.grantBy(*world.draft(patient, hospital).signed_by(stranger), {"from": relayer})


def test_a_delegate_of_another_patient_does_not_grant(
    consents, world, patient, other_patient, delegate, hospital, relayer
):
    """[C-003] C03."""
    world.delegate(other_patient, delegate, ALL_POWERS, now() + 400 * DAY)
    with refused("ConsentRegistry_NotEmpowered", patient, delegate, GRANT):
        consents.grantBy(*world.draft(patient, hospital).signed_by(delegate), {"from": relayer})


def test_nobody_uses_a_delegates_name(consents, world, patient, delegate, hospital, stranger):
    """[C-003] The delegate's own signature is needed."""
    world.delegate(patient, delegate, GRANT, now() + 400 * DAY)
    with refused("Signatures_WrongSigner", delegate, stranger):
        consents.grantBy(*world.draft(patient, hospital).signed_by(delegate, stranger), {"from": stranger})


def test_the_patients_signature_is_not_the_delegates(consents, world, patient, delegate, hospital, relayer):
    """[C-003]"""
    world.delegate(patient, delegate, GRANT, now() + 400 * DAY)
    with refused("Signatures_WrongSigner", delegate, patient):
        consents.grantBy(*world.draft(patient, hospital).signed_by(delegate, patient), {"from": relayer})


@pytest.mark.parametrize(("second", "empowered"), [(-1, True), (0, False), (1, False)])
def test_a_delegation_ends_at_its_second(consents, world, patient, delegate, second, empowered):
    """[C-003] Half-open."""
    message = world.delegate(patient, delegate, GRANT, now() + 100)
    mine_at(message.not_after + second)
    assert consents.actsUntil(patient, delegate, GRANT) == (message.not_after if empowered else 0)


def test_an_ended_delegate_grants_nothing(consents, world, patient, delegate, hospital, relayer):
    """[C-003] C09: also not what ended before the delegation did."""
    message = world.delegate(patient, delegate, GRANT, now() + 100)
    draft = world.draft(patient, hospital, not_after=message.not_after - 1)
    next_block_at(message.not_after)
    with refused("ConsentRegistry_NotEmpowered", patient, delegate, GRANT):
        consents.grantBy(*draft.signed_by(delegate), {"from": relayer})


def test_a_delegates_consent_ends_with_the_delegation_at_the_latest(
    consents, world, patient, delegate, hospital, relayer
):
    """[C-004] The very same second is good."""
    message = world.delegate(patient, delegate, GRANT)
    draft = world.draft(patient, hospital, not_after=message.not_after)
    consents.grantBy(*draft.signed_by(delegate), {"from": relayer})
    assert world.why_not(draft) == 0


def test_a_delegates_consent_does_not_outlive_the_delegation(consents, world, patient, delegate, hospital, relayer):
    """[C-004] C09."""
    message = world.delegate(patient, delegate, GRANT)
    draft = world.draft(patient, hospital, not_after=message.not_after + 1)
    with refused("ConsentRegistry_OutlivesDelegation", message.not_after + 1, message.not_after):
        consents.grantBy(*draft.signed_by(delegate), {"from": relayer})


def test_a_delegates_consent_in_place_is_found_first(consents, world, patient, delegate, hospital, relayer):
    """[C-011] Sent again after the delegation ended, it still succeeds and changes nothing."""
    message = world.delegate(patient, delegate, GRANT)
    draft = world.draft(patient, hospital, not_after=message.not_after)
    consents.grantBy(*draft.signed_by(delegate), {"from": relayer})
    mine_at(message.not_after + 1)
    assert not consents.grantBy(*draft.signed_by(delegate), {"from": relayer}).events


def test_a_withdrawn_delegate_grants_nothing(consents, world, patient, delegate, hospital, relayer):
    """[C-003]"""
    world.delegate(patient, delegate, GRANT, now() + 400 * DAY)
    world.delegate(patient, delegate, 0)
    with refused("ConsentRegistry_NotEmpowered", patient, delegate, GRANT):
        consents.grantBy(*world.draft(patient, hospital).signed_by(delegate), {"from": relayer})


def test_what_a_delegate_granted_stays_when_it_is_withdrawn(consents, world, patient, delegate, hospital, relayer):
    """[C-003] The consent is the patient's."""
    world.delegate(patient, delegate, GRANT, now() + 400 * DAY)
    draft = world.draft(patient, hospital)
    consents.grantBy(*draft.signed_by(delegate), {"from": relayer})
    world.delegate(patient, delegate, 0)
    assert world.why_not(draft) == 0


def test_a_patient_revokes_what_a_delegate_granted(consents, world, patient, delegate, hospital, relayer):
    """[C-013]"""
    world.delegate(patient, delegate, GRANT, now() + 400 * DAY)
    draft = world.draft(patient, hospital)
    consents.grantBy(*draft.signed_by(delegate), {"from": relayer})
    consents.revoke(hospital, draft.terms, {"from": patient})
    assert world.why_not(draft) == 2


def test_a_delegate_names_no_delegate(participants, world, patient, delegate, stranger, relayer):
    """[P-010] C09: only the patient's own key signs a delegation."""
    world.delegate(patient, delegate, ALL_POWERS)
    time = now()
    message = Delegate(
        patient=low(patient), delegate=low(stranger), powers=1, issued_at=time, not_after=time + DAY, seq=3
    )
    with refused("Signatures_WrongSigner", patient, delegate):
        participants.delegateBySig(
            patient, stranger, 1, time, time + DAY, 3, world.sign(delegate, message), {"from": relayer}
        )


def test_a_delegates_delegate_is_not_the_patients(consents, world, patient, delegate, other_patient, hospital, relayer):
    """[P-010] C09: powers do not travel, and no cycle makes them."""
    world.delegate(patient, other_patient, ALL_POWERS, now() + 400 * DAY)
    world.delegate(other_patient, delegate, ALL_POWERS, now() + 400 * DAY)
    with refused("ConsentRegistry_NotEmpowered", patient, delegate, GRANT):
        consents.grantBy(*world.draft(patient, hospital).signed_by(delegate), {"from": relayer})


@pytest.mark.parametrize("power", [1, 2, 4, 8, 16, 32])
def test_each_power_stands_for_itself(consents, world, patient, delegate, power):
    """[C-003]"""
    message = world.delegate(patient, delegate, power)
    held = {one for one in (1, 2, 4, 8, 16, 32) if consents.actsUntil(patient, delegate, one)}
    assert held == {power}
    assert consents.actsUntil(patient, delegate, power) == message.not_after


def test_several_powers_are_all_needed(consents, world, patient, delegate):
    """[C-003]"""
    world.delegate(patient, delegate, GRANT | LOCK)
    assert consents.actsUntil(patient, delegate, GRANT | LOCK) > 0
    assert consents.actsUntil(patient, delegate, GRANT | REVOKE) == 0


def test_nobody_holds_no_power(consents, world, patient, delegate):
    """[C-003] Asking for none is answered no."""
    world.delegate(patient, delegate, ALL_POWERS)
    assert consents.actsUntil(patient, delegate, 0) == 0
