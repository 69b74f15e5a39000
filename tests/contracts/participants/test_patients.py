"""Patients: registering, directory, recovery, delegates.

given an address
├── when it registers itself, by transaction or signature: it is a patient with number 1
└── when anyone registers another: refused
given a patient and the next number
├── when she changes directory, recovery or a delegate: done, and the number is taken
└── when the number, the form or the caller is wrong: refused
"""

from __future__ import annotations

import pytest

from medshare.digest import keccak
from medshare.hexadecimal import ZERO_32, ZERO_ADDRESS
from medshare.typed_data import Delegate, Directory, Recovery, Register
from tests.contracts.chainclock import DAY, next_block_at, now
from tests.contracts.people import low, newcomer
from tests.contracts.refusals import refused
from tests.contracts.world import ALL_POWERS, INSTITUTION, RECORD, TAIWAN

DIGEST, OTHER = keccak(b"a directory"), keccak(b"another")


@pytest.fixture
def baby():
    """An account that nobody knows yet."""
    return newcomer("baby")


def test_a_person_registers_herself(participants, world, baby):
    """[P-001]"""
    event = participants.register(DIGEST, {"from": baby}).events["Registered"]
    assert dict(event) == {"patient": baby, "directory": "0x" + DIGEST.hex()}
    assert (world.roles(baby), world.status(baby), world.seq(baby)) == (1, 1, 1)


def test_anyone_carries_a_signed_registration(participants, world, baby, stranger):
    """[P-001]"""
    signature = world.sign(baby, Register(patient=low(baby), directory=DIGEST))
    participants.registerBySig(baby, DIGEST, signature, {"from": stranger})
    assert participants.digestOf(baby) == "0x" + DIGEST.hex()


def test_nobody_registers_another(participants, world, baby, stranger):
    """[P-001]"""
    signature = world.sign(stranger, Register(patient=low(baby), directory=DIGEST))
    with refused("Signatures_WrongSigner", baby, stranger):
        participants.registerBySig(baby, DIGEST, signature, {"from": stranger})


def test_registering_again_with_the_same_directory_changes_nothing(participants, baby):
    """[P-001]"""
    participants.register(DIGEST, {"from": baby})
    assert not participants.register(DIGEST, {"from": baby}).events


def test_registering_again_with_another_directory_is_refused(participants, baby):
    """[P-001]"""
    participants.register(DIGEST, {"from": baby})
    with refused("ParticipantRegistry_AlreadyKnown", baby):
        participants.register(OTHER, {"from": baby})


def test_a_registration_needs_a_directory(participants, baby):
    """[P-001]"""
    with refused("ParticipantRegistry_ZeroDigest"):
        participants.register(ZERO_32, {"from": baby})


@pytest.mark.parametrize("name", ["hospital", "validator", "researcher", "clinician", "gateway"])
def test_a_participant_is_no_patient(participants, people, name):
    """[P-002] Neither an accredited account nor staff registers as a patient."""
    with refused("ParticipantRegistry_AlreadyKnown", people[name]):
        participants.register(DIGEST, {"from": people[name]})


def test_a_dismissed_staff_account_is_no_patient(participants, hospital, clinician):
    """[P-002] Its history stays with the address."""
    participants.removeStaff(clinician, {"from": hospital})
    with refused("ParticipantRegistry_AlreadyKnown", clinician):
        participants.register(DIGEST, {"from": clinician})


def test_a_patient_is_never_accredited(participants, patient, regulator):
    """[P-002]"""
    with refused("ParticipantRegistry_AlreadyKnown", patient):
        participants.accredit(patient, INSTITUTION, TAIWAN, RECORD, {"from": regulator})


def test_a_patient_is_never_suspended(participants, patient, regulator):
    """[P-002]"""
    with refused("ParticipantRegistry_NotAccredited", patient):
        participants.suspend(patient, {"from": regulator})


def test_a_patient_is_nobodys_staff(participants, world, patient, hospital):
    """[P-002]"""
    with refused("ParticipantRegistry_NotAvailable", patient):
        world.join(patient, hospital)


def test_a_patient_sets_her_directory(participants, world, patient):
    """[P-004]"""
    event = participants.setDirectory(DIGEST, 2, {"from": patient}).events["DirectorySet"]
    assert dict(event) == {"patient": patient, "digest": "0x" + DIGEST.hex(), "seq": 2}
    assert participants.digestOf(patient) == "0x" + DIGEST.hex()
    assert world.seq(patient) == 2


def test_anyone_carries_a_signed_directory(participants, world, patient, stranger):
    """[P-004]"""
    signature = world.sign(patient, Directory(patient=low(patient), digest=DIGEST, seq=2))
    participants.setDirectoryBySig(patient, DIGEST, 2, signature, {"from": stranger})
    assert participants.digestOf(patient) == "0x" + DIGEST.hex()


def test_a_directory_is_not_zero(participants, patient):
    """[P-004]"""
    with refused("ParticipantRegistry_ZeroDigest"):
        participants.setDirectory(ZERO_32, 2, {"from": patient})


@pytest.mark.parametrize("seq", [0, 1, 3, 2**40 - 1])
def test_every_change_carries_the_next_number(participants, world, patient, recovery, delegate, seq):
    """[P-004] E05 E06."""
    time = now()
    calls = (
        (participants.setDirectory, (DIGEST, seq)),
        (participants.setRecovery, (patient, recovery, seq)),
        (participants.delegate, (delegate, 1, time, time + DAY, seq)),
    )
    for function, arguments in calls:
        with refused("ParticipantRegistry_BadSeq", seq, 2):
            function(*arguments, {"from": patient})


def test_all_changes_share_one_number(participants, world, patient, recovery, delegate):
    """[P-004]"""
    participants.setDirectory(DIGEST, 2, {"from": patient})
    participants.setRecovery(patient, recovery, 3, {"from": patient})
    world.delegate(patient, delegate, 1)
    assert world.seq(patient) == 4


@pytest.mark.parametrize("name", ["stranger", "hospital", "clinician"])
def test_only_a_patient_has_a_directory_recovery_and_delegates(participants, people, recovery, name):
    """[P-001]"""
    who, time = people[name], now()
    calls = (
        (participants.setDirectory, (DIGEST, 1)),
        (participants.setRecovery, (who, recovery, 1)),
        (participants.delegate, (recovery, 1, time, time + DAY, 1)),
    )
    for function, arguments in calls:
        with refused("ParticipantRegistry_NotPatient", who):
            function(*arguments, {"from": who})


def test_a_patient_names_a_recovery_address(participants, patient, recovery):
    """[P-007]"""
    event = participants.setRecovery(patient, recovery, 2, {"from": patient}).events["RecoverySet"]
    assert dict(event) == {"patient": patient, "recovery": recovery, "seq": 2}
    assert participants.recoveryOf(patient) == recovery


def test_nobody_else_names_it(participants, patient, stranger):
    """[P-007]"""
    with refused("ParticipantRegistry_NotRecovery", patient, stranger):
        participants.setRecovery(patient, stranger, 2, {"from": stranger})


def test_once_named_the_patient_does_not_change_it(participants, patient, recovery, stranger):
    """[P-007]"""
    participants.setRecovery(patient, recovery, 2, {"from": patient})
    with refused("ParticipantRegistry_NotRecovery", patient, patient):
        participants.setRecovery(patient, stranger, 3, {"from": patient})


def test_once_named_it_alone_changes_itself(participants, patient, recovery, stranger):
    """[P-007]"""
    participants.setRecovery(patient, recovery, 2, {"from": patient})
    participants.setRecovery(patient, stranger, 3, {"from": recovery})
    assert participants.recoveryOf(patient) == stranger


def test_the_recovery_address_signs_the_change(participants, world, patient, recovery, stranger, relayer):
    """[P-007]"""
    participants.setRecovery(patient, recovery, 2, {"from": patient})
    message = Recovery(patient=low(patient), recovery=low(stranger), seq=3)
    with refused("Signatures_WrongSigner", recovery, patient):
        participants.setRecoveryBySig(patient, stranger, 3, world.sign(patient, message), {"from": relayer})
    participants.setRecoveryBySig(patient, stranger, 3, world.sign(recovery, message), {"from": relayer})
    assert participants.recoveryOf(patient) == stranger


@pytest.mark.parametrize("own", [True, False])
def test_a_recovery_address_is_neither_the_patient_nor_nobody(participants, patient, own):
    """[P-007]"""
    recovery = patient if own else ZERO_ADDRESS
    with refused("ParticipantRegistry_BadRecovery", recovery):
        participants.setRecovery(patient, recovery, 2, {"from": patient})


def test_a_patient_names_a_delegate(participants, world, patient, delegate):
    """[P-010]"""
    message = world.delegation(patient, delegate, ALL_POWERS)
    times = {"issuedAt": message.issued_at, "notAfter": message.not_after}
    tx = participants.delegate(delegate, ALL_POWERS, *times.values(), 2, {"from": patient})
    named = {"patient": patient, "delegate": delegate, "powers": ALL_POWERS, "seq": 2}
    assert dict(tx.events["Delegated"]) == named | times
    assert participants.delegationOf(patient, delegate) == (ALL_POWERS, *times.values())


def test_anyone_carries_a_signed_delegation(participants, world, patient, delegate, stranger):
    """[P-010]"""
    message = world.delegation(patient, delegate, 1)
    arguments = (patient, delegate, 1, message.issued_at, message.not_after, 2, world.sign(patient, message))
    participants.delegateBySig(*arguments, {"from": stranger})
    assert participants.delegationOf(patient, delegate)[0] == 1


def test_no_powers_withdraw_a_delegate(participants, world, patient, delegate):
    """[P-010]"""
    world.delegate(patient, delegate, ALL_POWERS)
    world.delegate(patient, delegate, 0)
    assert participants.delegationOf(patient, delegate) == (0, 0, 0)


def test_a_delegation_replaces_the_one_before(participants, world, patient, delegate):
    """[P-010]"""
    world.delegate(patient, delegate, ALL_POWERS)
    world.delegate(patient, delegate, 2)
    assert participants.delegationOf(patient, delegate)[0] == 2


@pytest.mark.parametrize("own", [True, False])
def test_a_delegate_is_neither_the_patient_nor_nobody(participants, patient, own):
    """[P-010]"""
    time, delegate = now(), patient if own else ZERO_ADDRESS
    with refused("ParticipantRegistry_BadDelegate", delegate):
        participants.delegate(delegate, 1, time, time + DAY, 2, {"from": patient})


@pytest.mark.parametrize("powers", [64, 128, 255])
def test_there_are_six_powers(participants, patient, delegate, powers):
    """[P-010]"""
    time = now()
    with refused("ParticipantRegistry_BadPowers", powers):
        participants.delegate(delegate, powers, time, time + DAY, 2, {"from": patient})


def test_a_delegation_is_not_dated_in_the_future(participants, patient, delegate):
    """[P-010] E04: the very second of the block is good, the next is not."""
    second = now() + 50
    next_block_at(second)
    with refused("ParticipantRegistry_BadPeriod", second + 1, second + DAY):
        participants.delegate(delegate, 1, second + 1, second + DAY, 2, {"from": patient})
    next_block_at(second + 5)
    participants.delegate(delegate, 1, second + 5, second + DAY, 2, {"from": patient})
    assert participants.delegationOf(patient, delegate)[1] == second + 5


@pytest.mark.parametrize(("issued_at", "not_after"), [(0, 100), (100, 100), (100, 99), (100, 0)])
def test_a_delegation_has_a_date_and_a_later_end(participants, patient, delegate, issued_at, not_after):
    """[P-010] E04."""
    with refused("ParticipantRegistry_BadPeriod", issued_at, not_after):
        participants.delegate(delegate, 1, issued_at, not_after, 2, {"from": patient})


def test_a_delegate_does_not_sign_as_the_patient(participants, world, patient, delegate, relayer):
    """[P-010] No power reaches the directory, the recovery address or other delegates."""
    world.delegate(patient, delegate, ALL_POWERS)
    with refused("ParticipantRegistry_NotRecovery", patient, delegate):
        participants.setRecovery(patient, delegate, 3, {"from": delegate})
    signature = world.sign(delegate, Directory(patient=low(patient), digest=DIGEST, seq=3))
    with refused("Signatures_WrongSigner", patient, delegate):
        participants.setDirectoryBySig(patient, DIGEST, 3, signature, {"from": relayer})
    time = now()
    message = Delegate(
        patient=low(patient), delegate=low(relayer), powers=1, issued_at=time, not_after=time + DAY, seq=3
    )
    arguments = (patient, relayer, 1, time, time + DAY, 3, world.sign(delegate, message))
    with refused("Signatures_WrongSigner", patient, delegate):
        participants.delegateBySig(*arguments, {"from": relayer})
