"""Moving house: the recovery address moves a patient to a registered address that signed for it.

given a patient with a recovery address, and the address she moves to
├── when the recovery address calls with its acceptance: moved, and everything old is void
└── when the caller, the next address or the acceptance is wrong: refused
"""

from __future__ import annotations

import pytest
from brownie import TestService

from medshare.digest import keccak
from medshare.hexadecimal import ZERO_ADDRESS
from medshare.typed_data import Accept
from medshare.typed_data import recover as recovered
from tests.contracts.chainclock import DAY, now
from tests.contracts.people import low, newcomer
from tests.contracts.refusals import refused
from tests.contracts.world import SERVICE

DIGEST = keccak(b"a directory")


@pytest.fixture
def home(participants, patient, recovery):
    """The patient, who named her recovery address."""
    participants.setRecovery(patient, recovery, 2, {"from": patient})
    return patient


def acceptance(world, patient, successor, signer=None):
    return world.sign(signer or successor, Accept(patient=low(patient), next=low(successor)))


def test_the_recovery_address_moves_a_patient(participants, world, home, next_patient, recovery):
    """[P-008]"""
    tx = participants.succeed(home, next_patient, acceptance(world, home, next_patient), {"from": recovery})
    assert dict(tx.events["Succeeded"]) == {"patient": home, "next": next_patient}
    assert participants.movedTo(home) == next_patient


def test_a_move_retires_the_old_address(consents, world, home, next_patient, recovery):
    """[C-018] [P-008]"""
    tx = world.move(home, next_patient, recovery)
    assert dict(tx.events["LockedDown"]) == {"patient": home, "mark": 2**40 - 1}
    assert consents.lockedAt(home) == 2**40 - 1


def test_a_retired_mark_stays(consents, world, home, next_patient, recovery):
    """[C-018] [C-016] A later lockdown does not lower it."""
    world.move(home, next_patient, recovery)
    assert not consents.lockdown({"from": home}).events
    assert consents.lockedAt(home) == 2**40 - 1


@pytest.mark.parametrize("name", ["patient", "next_patient", "stranger", "delegate", "regulator", "deployer"])
def test_nobody_else_moves_her(participants, world, people, home, next_patient, name):
    """[P-008]"""
    with refused("ParticipantRegistry_NotRecovery", home, people[name]):
        participants.succeed(home, next_patient, acceptance(world, home, next_patient), {"from": people[name]})


def test_without_a_recovery_address_nobody_moves_her(participants, world, patient, next_patient):
    """[P-008]"""
    with refused("ParticipantRegistry_NotRecovery", patient, patient):
        participants.succeed(patient, next_patient, acceptance(world, patient, next_patient), {"from": patient})


def test_the_next_address_must_sign(participants, world, home, next_patient, recovery):
    """[P-008]"""
    with refused("Signatures_WrongSigner", next_patient, recovery):
        participants.succeed(home, next_patient, acceptance(world, home, next_patient, recovery), {"from": recovery})


def test_an_acceptance_serves_one_patient(participants, world, home, other_patient, next_patient, recovery):
    """[P-008] C03."""
    with refused("Signatures_WrongSigner", next_patient, recover(world, home, other_patient, next_patient)):
        participants.succeed(home, next_patient, acceptance(world, other_patient, next_patient), {"from": recovery})


def recover(world, home, other, successor):
    """Whom a signature for the other patient names when it is used for this one."""
    message = Accept(patient=low(home), next=low(successor))
    return recovered(message, world.domains, acceptance(world, other, successor))


@pytest.mark.parametrize("name", ["stranger", "hospital", "clinician"])
def test_the_next_address_is_a_registered_patient(participants, world, people, home, recovery, name):
    """[P-008]"""
    with refused("ParticipantRegistry_NotPatient", people[name]):
        participants.succeed(home, people[name], acceptance(world, home, people[name]), {"from": recovery})


def test_the_next_address_is_another_one(participants, world, home, recovery):
    """[P-008]"""
    with refused("ParticipantRegistry_BadSuccessor", home):
        participants.succeed(home, home, acceptance(world, home, home), {"from": recovery})


def test_the_next_address_has_not_moved_itself(participants, world, home, next_patient, other_patient, recovery):
    """[P-008] So there is no ring."""
    world.move(next_patient, other_patient, recovery)
    with refused("ParticipantRegistry_HasSuccessor", next_patient, other_patient):
        participants.succeed(home, next_patient, acceptance(world, home, next_patient), {"from": recovery})


def test_she_does_not_move_back(participants, world, home, next_patient, recovery):
    """[P-008] [P-009] C02."""
    world.move(home, next_patient, recovery)
    participants.setRecovery(next_patient, recovery, 2, {"from": next_patient})
    with refused("ParticipantRegistry_HasSuccessor", home, next_patient):
        participants.succeed(next_patient, home, acceptance(world, next_patient, home), {"from": recovery})


def test_an_address_that_moved_changes_nothing_more(
    participants, world, home, next_patient, other_patient, recovery, delegate
):
    """[P-009]"""
    world.move(home, next_patient, recovery)
    time = now()
    calls = (
        (participants.setDirectory, (DIGEST, 3), home),
        (participants.delegate, (delegate, 1, time, time + DAY, 3), home),
        (participants.setRecovery, (home, delegate, 3), recovery),
        (participants.succeed, (home, other_patient, acceptance(world, home, other_patient)), recovery),
    )
    for function, arguments, sender in calls:
        with refused("ParticipantRegistry_HasSuccessor", home, next_patient):
            function(*arguments, {"from": sender})


def test_the_next_address_goes_on(participants, world, home, next_patient, recovery):
    """[P-009]"""
    world.move(home, next_patient, recovery)
    participants.setDirectory(DIGEST, 2, {"from": next_patient})
    assert world.seq(next_patient) == 2


def test_the_next_address_grants(world, home, next_patient, recovery, hospital):
    """[P-009]"""
    world.move(home, next_patient, recovery)
    assert world.why_not(world.granted(next_patient, hospital)) == 0


def test_an_address_that_moved_has_left(world, home, next_patient, recovery):
    """[P-012] Its status is 3, and it keeps its role and number."""
    world.move(home, next_patient, recovery)
    assert (world.roles(home), world.status(home), world.seq(home)) == (1, 3, 2)


def test_an_address_that_moved_is_nobodys_grantee(world, home, other_patient, next_patient, recovery):
    """[P-012]"""
    draft = world.granted(other_patient, home)
    assert world.why_not(draft) == 0
    world.move(home, next_patient, recovery)
    assert world.why_not(draft) == 9


def test_an_address_that_moved_is_nobodys_delegate(
    participants, consents, world, home, other_patient, next_patient, recovery, hospital, relayer
):
    """[P-012] Whoever holds its key must not go on acting for others."""
    world.delegate(other_patient, home, 63, now() + 400 * DAY)
    assert consents.actsUntil(other_patient, home, 1) > 0
    world.move(home, next_patient, recovery)
    assert participants.delegationOf(other_patient, home) == (0, 0, 0)
    with refused("ConsentRegistry_NotEmpowered", other_patient, home, 1):
        consents.grantBy(*world.draft(other_patient, hospital).signed_by(home), {"from": relayer})


def test_an_address_that_moved_is_nobodys_accessor(world, home, other_patient, next_patient, recovery, deployer):
    """[P-012] Nor does a service stand for it."""
    service = deployer.deploy(TestService)
    world.accredit(service, SERVICE)
    service.set(other_patient, home, True, {"from": deployer})
    draft = world.granted(other_patient, service)
    assert world.why_not(draft, home) == 0
    world.move(home, next_patient, recovery)
    assert world.why_not(draft, home) == 11


def test_the_head_of_who_never_moved_is_itself(participants, patient):
    """[D-008]"""
    assert participants.lastSuccessorOf(patient, []) == patient


def test_the_head_is_at_the_end_of_the_path(participants, world, home, next_patient, other_patient, recovery):
    """[D-008]"""
    world.move(home, next_patient, recovery)
    world.move(next_patient, other_patient, recovery)
    assert participants.lastSuccessorOf(home, [next_patient, other_patient]) == other_patient
    assert participants.lastSuccessorOf(next_patient, [other_patient]) == other_patient


def test_a_path_is_checked_in_full(participants, world, home, next_patient, other_patient, recovery):
    """[D-008]"""
    world.move(home, next_patient, recovery)
    world.move(next_patient, other_patient, recovery)
    for path, index in (
        ([], 0),
        ([next_patient], 1),
        ([other_patient], 0),
        ([next_patient, home], 1),
        ([next_patient, other_patient, other_patient], 2),
        ([next_patient, other_patient, ZERO_ADDRESS], 2),
        ([ZERO_ADDRESS], 0),
    ):
        with refused("ParticipantRegistry_BadPath", home, index):
            participants.lastSuccessorOf(home, path)


def test_a_path_has_eight_steps_at_most(participants, world, home, recovery):
    """[D-008]"""
    path, last = [], home
    for number in range(9):
        following = newcomer(f"house {number}")
        world.register(following)
        if number == 8:
            assert participants.lastSuccessorOf(home, path) == last
        world.move(last, following, recovery)
        path.append(following)
        last = following
    with refused("ParticipantRegistry_BadPath", home, 9):
        participants.lastSuccessorOf(home, path)
