"""Staff: an institution takes an account in with that account's signature, and dismisses it at any time."""

from __future__ import annotations

import pytest

from medshare.typed_data import Join, recover
from tests.contracts.chainclock import DAY, next_block_at, now
from tests.contracts.people import low, newcomer
from tests.contracts.refusals import refused
from tests.contracts.world import GATEWAY, INSTITUTION


@pytest.fixture
def nurse():
    """An account that nobody knows yet."""
    return newcomer("nurse")


def signed(world, staff, institution, roles=0, at=None):
    """`Join` with its time and signature."""
    at = now() if at is None else at
    return at, world.sign(staff, Join(institution=low(institution), staff=low(staff), roles=roles, at=at))


@pytest.mark.parametrize("roles", [0, GATEWAY])
def test_an_institution_takes_staff_in(participants, world, nurse, hospital, roles):
    """[P-005]"""
    at, signature = signed(world, nurse, hospital, roles)
    tx = participants.addStaff(nurse, roles, at, signature, {"from": hospital})
    assert dict(tx.events["StaffAdded"]) == {"institution": hospital, "staff": nurse, "roles": roles}
    assert world.word(nurse) == roles << 224 | 1 << 216 | int(hospital.address, 16) << 40


def test_nobody_joins_without_signing(participants, world, nurse, hospital):
    """[P-005]"""
    at = now()
    signature = world.sign(hospital, Join(institution=low(hospital), staff=low(nurse), roles=0, at=at))
    with refused("Signatures_WrongSigner", nurse, hospital):
        participants.addStaff(nurse, 0, at, signature, {"from": hospital})


def test_a_signature_for_one_institution_serves_no_other(participants, world, nurse, hospital, other_hospital):
    """[P-005] C03."""
    at, signature = signed(world, nurse, hospital)
    message = Join(institution=low(other_hospital), staff=low(nurse), roles=0, at=at)
    with refused("Signatures_WrongSigner", nurse, recover(message, world.domains, signature)):
        participants.addStaff(nurse, 0, at, signature, {"from": other_hospital})


@pytest.mark.parametrize("roles", [1, 2, 8, 1025, 1026, 2048, 65535])
def test_staff_has_no_role_but_the_gateways(participants, world, nurse, hospital, roles):
    """[P-005]"""
    at, signature = signed(world, nurse, hospital, roles)
    with refused("ParticipantRegistry_BadRoles", roles):
        participants.addStaff(nurse, roles, at, signature, {"from": hospital})


@pytest.mark.parametrize("late", [0, 1, 7 * DAY - 1])
def test_a_signature_is_good_for_seven_days(participants, world, nurse, hospital, late):
    """[P-005] E04."""
    at, signature = signed(world, nurse, hospital, at=now() + 50)
    next_block_at(at + late)
    participants.addStaff(nurse, 0, at, signature, {"from": hospital})
    assert world.status(nurse) == 1


@pytest.mark.parametrize("late", [-1, 7 * DAY, 8 * DAY])
def test_before_and_after_it_is_refused(participants, world, nurse, hospital, late):
    """[P-005] E04."""
    at, signature = signed(world, nurse, hospital, at=now() + 50)
    next_block_at(at + late)
    with refused("ParticipantRegistry_BadJoinTime", at, at + late):
        participants.addStaff(nurse, 0, at, signature, {"from": hospital})


@pytest.mark.parametrize("name", ["patient", "clinician", "stranger", "regulator"])
def test_nobody_without_accreditation_has_staff(participants, world, people, nurse, name):
    """[P-005]"""
    at, signature = signed(world, nurse, people[name])
    with refused("ParticipantRegistry_NotAccredited", people[name]):
        participants.addStaff(nurse, 0, at, signature, {"from": people[name]})


@pytest.mark.parametrize("roles", [2, 16, 32, 64, 128, 512])
def test_every_employer_may_have_staff(world, nurse, roles):
    """[P-005]"""
    employer = newcomer("employer")
    world.accredit(employer, roles)
    world.join(nurse, employer)
    assert world.status(nurse) == 1


@pytest.mark.parametrize("roles", [4, 8, 256, 4 | 8 | 256])
def test_a_mere_custodian_validator_or_regulator_has_none(participants, world, nurse, roles):
    """[P-005]"""
    employer = newcomer("employer")
    world.accredit(employer, roles)
    with refused("ParticipantRegistry_NotAccredited", employer):
        world.join(nurse, employer)


def test_a_suspended_institution_takes_nobody_in(world, nurse, hospital):
    """[P-005]"""
    world.suspend(hospital)
    with refused("ParticipantRegistry_NotAccredited", hospital):
        world.join(nurse, hospital)


@pytest.mark.parametrize("name", ["other_hospital", "validator", "patient", "other_clinician"])
def test_who_is_somebody_already_is_not_available(world, people, hospital, name):
    """[P-005] Accredited, a patient, or another's staff."""
    with refused("ParticipantRegistry_NotAvailable", people[name]):
        world.join(people[name], hospital)


def test_an_institution_changes_the_gateway_bit(world, hospital, clinician):
    """[P-005] With a new signature."""
    world.join(clinician, hospital, GATEWAY)
    assert world.roles(clinician) == GATEWAY


def test_an_institution_dismisses_its_staff(participants, world, hospital, clinician):
    """[P-005]"""
    tx = participants.removeStaff(clinician, {"from": hospital})
    assert dict(tx.events["StaffRemoved"]) == {"institution": hospital, "staff": clinician}
    assert world.word(clinician) == 3 << 216


@pytest.mark.parametrize("name", ["other_hospital", "regulator", "clinician", "stranger", "patient"])
def test_nobody_else_dismisses_it(participants, people, clinician, name):
    """[P-005] C03."""
    with refused("ParticipantRegistry_NotStaff", people[name], clinician):
        participants.removeStaff(clinician, {"from": people[name]})


def test_who_is_not_on_the_staff_is_not_dismissed(participants, hospital, other_clinician):
    """[P-005]"""
    with refused("ParticipantRegistry_NotStaff", hospital, other_clinician):
        participants.removeStaff(other_clinician, {"from": hospital})


def test_a_suspended_institution_may_still_dismiss(participants, world, hospital, clinician):
    """[P-005]"""
    world.suspend(hospital)
    participants.removeStaff(clinician, {"from": hospital})
    assert world.status(clinician) == 3


def test_a_dismissed_account_may_come_back(participants, world, hospital, clinician):
    """[P-005]"""
    participants.removeStaff(clinician, {"from": hospital})
    world.join(clinician, hospital)
    assert world.status(clinician) == 1


def test_a_dismissed_account_may_join_another(participants, world, hospital, other_hospital, clinician):
    """[P-005]"""
    participants.removeStaff(clinician, {"from": hospital})
    world.join(clinician, other_hospital)
    assert world.word(clinician) >> 40 & (1 << 160) - 1 == int(other_hospital.address, 16)


@pytest.mark.parametrize("name", ["hospital", "other_hospital"])
def test_a_suspended_staff_account_is_not_taken_in_again(world, people, clinician, name):
    """[P-006]"""
    world.suspend(clinician)
    with refused("ParticipantRegistry_NotAvailable", clinician):
        world.join(clinician, people[name])


@pytest.mark.parametrize("name", ["hospital", "other_hospital"])
def test_dismissing_does_not_wash_a_suspension_off(participants, world, people, clinician, name):
    """[P-006] Neither the old institution nor a new one takes it in."""
    world.suspend(clinician)
    participants.removeStaff(clinician, {"from": people["hospital"]})
    assert world.status(clinician) == 2
    with refused("ParticipantRegistry_NotAvailable", clinician):
        world.join(clinician, people[name])


def test_a_dismissed_account_may_be_suspended_too(participants, world, hospital, other_hospital, clinician):
    """[P-006]"""
    participants.removeStaff(clinician, {"from": hospital})
    world.suspend(clinician)
    with refused("ParticipantRegistry_NotAvailable", clinician):
        world.join(clinician, other_hospital)


def test_who_was_dismissed_while_suspended_comes_back_as_dismissed(participants, world, hospital, clinician):
    """[P-006]"""
    world.suspend(clinician)
    participants.removeStaff(clinician, {"from": hospital})
    world.reinstate(clinician)
    assert world.status(clinician) == 3


def test_a_reinstated_staff_account_acts_again(participants, world, hospital, clinician):
    """[P-006]"""
    world.suspend(clinician)
    world.reinstate(clinician)
    assert participants.standingOf(clinician)[0] == hospital


def test_an_accredited_account_stays_nobodys_staff_when_suspended(world, hospital, other_hospital):
    """[P-006]"""
    world.accredit(other_hospital, INSTITUTION)
    world.suspend(other_hospital)
    with refused("ParticipantRegistry_NotAvailable", other_hospital):
        world.join(other_hospital, hospital)
