"""The regulator's three acts, key documents, and what governance cannot do."""

from __future__ import annotations

import pytest

from medshare.digest import keccak
from tests.contracts.chainclock import mine_at, now
from tests.contracts.people import newcomer
from tests.contracts.refusals import refused
from tests.contracts.world import INSTITUTION, RECORD, RESEARCHER, TAIWAN, VALIDATOR

TWO_DAYS = 172_800


@pytest.fixture
def clinic():
    """An account that nobody knows yet."""
    return newcomer("clinic")


def test_the_regulator_accredits(participants, world, clinic, regulator):
    """[P-003]"""
    tx = participants.accredit(clinic, INSTITUTION, TAIWAN, RECORD, {"from": regulator})
    digest = "0x" + keccak(RECORD).hex()
    assert dict(tx.events["Accredited"]) == {
        "account": clinic,
        "roles": INSTITUTION,
        "jurisdiction": TAIWAN,
        "digest": digest,
        "record": "0x" + RECORD.hex(),
    }
    assert world.word(clinic) == INSTITUTION << 224 | 1 << 216 | TAIWAN << 200
    assert participants.recordOf(clinic) == digest


@pytest.mark.parametrize("name", ["patient", "hospital", "clinician", "validator", "deployer", "stranger", "gateway"])
def test_nobody_else_accredits_suspends_or_reinstates(participants, people, clinic, name):
    """[P-003] C01."""
    who = people[name]
    for function, arguments in (
        (participants.accredit, (clinic, INSTITUTION, TAIWAN, RECORD)),
        (participants.suspend, (people["hospital"],)),
        (participants.reinstate, (people["hospital"],)),
    ):
        with refused("AccessManagedUnauthorized", who):
            function(*arguments, {"from": who})


def test_an_accreditation_may_change(participants, world, hospital, regulator):
    """[P-003]"""
    participants.accredit(hospital, RESEARCHER, 276, b"new record", {"from": regulator})
    assert world.roles(hospital) == RESEARCHER
    assert participants.recordOf(hospital) == "0x" + keccak(b"new record").hex()


def test_a_change_of_accreditation_keeps_the_number_of_changes(participants, world, hospital, regulator):
    """[P-004] Nothing signed earlier can be replayed."""
    participants.publishKey(b"key", 1, {"from": hospital})
    participants.accredit(hospital, RESEARCHER, 276, RECORD, {"from": regulator})
    assert world.seq(hospital) == 1


@pytest.mark.parametrize("roles", [0, 1, 3, 1024, 1026, 2048, 32768, 65535])
def test_neither_patient_nor_gateway_nor_nothing_is_accredited(participants, clinic, regulator, roles):
    """[P-002] [P-003]"""
    with refused("ParticipantRegistry_BadRoles", roles):
        participants.accredit(clinic, roles, TAIWAN, RECORD, {"from": regulator})


@pytest.mark.parametrize("roles", [2, 4, 8, 16, 32, 64, 128, 256, 512, 1022])
def test_every_other_role_is(participants, world, clinic, regulator, roles):
    """[P-003]"""
    participants.accredit(clinic, roles, TAIWAN, RECORD, {"from": regulator})
    assert world.roles(clinic) == roles


def test_an_accreditation_names_a_jurisdiction(participants, clinic, regulator):
    """[P-003]"""
    with refused("ParticipantRegistry_ZeroJurisdiction"):
        participants.accredit(clinic, INSTITUTION, 0, RECORD, {"from": regulator})


@pytest.mark.parametrize("size", [1, 8192])
def test_a_record_has_up_to_8192_bytes(participants, clinic, regulator, size):
    """[P-003]"""
    record = b"r" * size
    participants.accredit(clinic, INSTITUTION, TAIWAN, record, {"from": regulator})
    assert participants.recordOf(clinic) == "0x" + keccak(record).hex()


@pytest.mark.parametrize("size", [0, 8193])
def test_a_record_of_another_size_is_refused(participants, clinic, regulator, size):
    """[P-003]"""
    with refused("ParticipantRegistry_BadSize", size):
        participants.accredit(clinic, INSTITUTION, TAIWAN, b"r" * size, {"from": regulator})


def test_a_staff_account_is_not_accredited(participants, clinician, regulator):
    """[P-005] It acts for its institution alone."""
    with refused("ParticipantRegistry_AlreadyKnown", clinician):
        participants.accredit(clinician, INSTITUTION, TAIWAN, RECORD, {"from": regulator})


def test_a_dismissed_staff_account_may_be_accredited(participants, world, hospital, clinician, regulator):
    """[P-003]"""
    participants.removeStaff(clinician, {"from": hospital})
    world.accredit(clinician, RESEARCHER)
    assert world.status(clinician) == 1


def test_the_regulator_suspends(participants, world, hospital, regulator):
    """[P-003]"""
    tx = participants.suspend(hospital, {"from": regulator})
    assert dict(tx.events["Suspended"]) == {"account": hospital}
    assert world.status(hospital) == 2


def test_the_regulator_reinstates(participants, world, hospital, regulator):
    """[P-003]"""
    world.suspend(hospital)
    tx = participants.reinstate(hospital, {"from": regulator})
    assert dict(tx.events["Reinstated"]) == {"account": hospital}
    assert world.status(hospital) == 1


def test_a_suspension_is_not_lifted_by_a_new_accreditation(world, hospital):
    """[P-003]"""
    world.suspend(hospital)
    world.accredit(hospital, INSTITUTION)
    assert world.status(hospital) == 2


@pytest.mark.parametrize(("name", "status"), [("stranger", 0), ("hospital", 2)])
def test_only_who_is_known_and_not_suspended_is_suspended(participants, world, people, regulator, name, status):
    """[P-003]"""
    world.suspend(people["hospital"])
    with refused("ParticipantRegistry_BadStatus", people[name], status):
        participants.suspend(people[name], {"from": regulator})


@pytest.mark.parametrize(("name", "status"), [("stranger", 0), ("hospital", 1), ("patient", 1)])
def test_only_who_is_suspended_is_reinstated(participants, people, regulator, name, status):
    """[P-003]"""
    with refused("ParticipantRegistry_BadStatus", people[name], status):
        participants.reinstate(people[name], {"from": regulator})


def test_an_accredited_account_publishes_its_key(participants, world, hospital):
    """[P-004]"""
    tx = participants.publishKey(b"key", 1, {"from": hospital})
    digest = "0x" + keccak(b"key").hex()
    assert dict(tx.events["KeyPublished"]) == {
        "account": hospital,
        "digest": digest,
        "seq": 1,
        "document": "0x" + b"key".hex(),
    }
    assert participants.digestOf(hospital) == digest
    assert world.seq(hospital) == 1


@pytest.mark.parametrize("name", ["patient", "clinician", "gateway", "stranger"])
def test_nobody_else_publishes_a_key(participants, people, name):
    """[P-004]"""
    with refused("ParticipantRegistry_NotAccredited", people[name]):
        participants.publishKey(b"key", 1, {"from": people[name]})


def test_a_suspended_account_publishes_no_key(participants, world, hospital):
    """[P-004]"""
    world.suspend(hospital)
    with refused("ParticipantRegistry_NotAccredited", hospital):
        participants.publishKey(b"key", 1, {"from": hospital})


@pytest.mark.parametrize("seq", [0, 2, 2**40 - 1])
def test_a_key_carries_the_next_number(participants, hospital, seq):
    """[P-004]"""
    with refused("ParticipantRegistry_BadSeq", seq, 1):
        participants.publishKey(b"key", seq, {"from": hospital})


@pytest.mark.parametrize("size", [0, 8193])
def test_a_key_document_of_another_size_is_refused(participants, hospital, size):
    """[P-004]"""
    with refused("ParticipantRegistry_BadSize", size):
        participants.publishKey(b"k" * size, 1, {"from": hospital})


def test_a_key_document_has_up_to_8192_bytes(participants, hospital):
    """[P-004]"""
    participants.publishKey(b"k" * 8192, 1, {"from": hospital})
    assert participants.digestOf(hospital) == "0x" + keccak(b"k" * 8192).hex()


def test_the_deployer_has_no_power_left(manager_roles, deployer):
    """[P-011] C05."""
    assert [manager_roles(role, deployer)[0] for role in (0, 1)] == [False, False]


def test_the_regulator_has_both_roles_and_the_admin_waits(manager_roles, regulator):
    """[P-011] C05: 48 hours."""
    assert [manager_roles(role, regulator) for role in (0, 1)] == [(True, TWO_DAYS), (True, 0)]


@pytest.fixture
def manager_roles(world):
    return world.manager.hasRole


def test_the_deployer_accredits_nobody(participants, clinic, deployer):
    """[P-011]"""
    with refused("AccessManagedUnauthorized", deployer):
        participants.accredit(clinic, INSTITUTION, TAIWAN, RECORD, {"from": deployer})


@pytest.mark.parametrize("name", ["deployer", "stranger", "hospital", "patient"])
def test_nobody_takes_the_access_manager(world, people, name):
    """[P-011] C05."""
    who = people[name]
    with refused("AccessManagerUnauthorizedAccount", who, 0):
        world.manager.grantRole(0, who, 0, {"from": who})


def test_the_regulator_does_not_change_roles_at_once(world, regulator, stranger):
    """[P-011] C06: not before the delay, and not unscheduled."""
    data = world.manager.grantRole.encode_input(1, stranger, 0)
    operation = world.manager.hashOperation(regulator, world.manager, data)
    with refused("AccessManagerNotScheduled", bytes(operation)):
        world.manager.grantRole(1, stranger, 0, {"from": regulator})


def test_the_regulator_changes_roles_after_the_delay(world, participants, regulator, stranger, clinic):
    """[P-003] C06: in time once, and not twice."""
    data = world.manager.grantRole.encode_input(1, stranger, 0)
    world.manager.schedule(world.manager, data, 0, {"from": regulator})
    operation = world.manager.hashOperation(regulator, world.manager, data)
    with refused("AccessManagerNotReady", bytes(operation)):
        world.manager.grantRole(1, stranger, 0, {"from": regulator})
    mine_at(now() + TWO_DAYS)
    world.manager.grantRole(1, stranger, 0, {"from": regulator})
    participants.accredit(clinic, VALIDATOR, TAIWAN, RECORD, {"from": stranger})
    with refused("AccessManagerNotScheduled", bytes(operation)):
        world.manager.grantRole(1, stranger, 0, {"from": regulator})


def test_the_contracts_name_their_predecessor(world):
    """[G-001] The first deployment has none."""
    contracts = (world.participants, world.consents, world.requests, world.records, world.audit)
    assert {contract.predecessor() for contract in contracts} == {"0x" + "00" * 20}


def test_an_account_without_roles_stands_for_nobody(participants, patient, stranger):
    """[Q-001] Patients neither."""
    nobody = ("0x" + "00" * 20, 0, 0)
    assert participants.standingOf(patient) == nobody
    assert participants.standingOf(stranger) == nobody


def test_whom_an_account_stands_for(participants, hospital, clinician, gateway):
    """[D-001]"""
    roles = participants.account(hospital) >> 224
    assert participants.standingOf(hospital) == (hospital, roles, 0)
    assert participants.standingOf(clinician) == (hospital, roles, 0)
    assert participants.standingOf(gateway) == (hospital, roles, 1024)


def test_the_staff_of_a_suspended_institution_stands_for_nobody(participants, world, hospital, clinician):
    """[C-022]"""
    world.suspend(hospital)
    assert participants.standingOf(clinician)[0] == "0x" + "00" * 20


def test_the_first_unfit_account_is_named(participants, world, validator, second_validator, hospital, stranger):
    """[D-006]"""
    zero = "0x" + "00" * 20
    assert participants.unfit([validator, second_validator], VALIDATOR) == zero
    assert participants.unfit([validator, hospital, stranger], VALIDATOR) == hospital
    world.suspend(validator)
    assert participants.unfit([validator, hospital], VALIDATOR) == validator
    assert participants.unfit([], VALIDATOR) == zero


def test_two_accounts_are_read_in_one_call(participants, hospital, clinician):
    """[C-021]"""
    words = (participants.account(hospital), participants.account(clinician))
    assert participants.accountsOf(hospital, clinician) == words
    assert participants.accountsOf(hospital, hospital) == (words[0], words[0])
