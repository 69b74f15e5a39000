"""Erasing: a tombstone by the patient, her signature, her delegate or her last successor; it never comes back.

given a leaf and its patient
├── when the last successor, or a delegate of hers with the power, erases it: erased for ever
└── when anyone else does, or an address that moved: refused, or a leaf of their own
"""

from __future__ import annotations

import pytest

from medshare.digest import keccak
from medshare.record.leaf import leaf_hash
from medshare.typed_data import Erase, EraseAll
from tests.contracts.chainclock import DAY, now
from tests.contracts.people import low, newcomer
from tests.contracts.refusals import refused
from tests.contracts.world import ALL_POWERS, ERASE

ANCHORED, CONFIRMED, ERASED = 1, 2, 5
INNER = keccak(b"inner 0")


def erasure(world, patient, signer=None, inner=INNER):
    return world.sign(signer or patient, Erase(patient=low(patient), inner=inner))


def erasure_of_all(world, patient, signer=None):
    return world.sign(signer or patient, EraseAll(patient=low(patient)))


def test_a_patient_erases_a_leaf(records, anchored, patient, hospital, state_of):
    """[D-007]"""
    event = records.erase(INNER, {"from": patient}).events["Erased"]
    assert dict(event) == {"leaf": "0x" + anchored.leaves[0].hex()}
    assert [state_of(hospital, anchored, leaf) for leaf in range(3)] == [ERASED, ANCHORED, ANCHORED]


def test_the_leaf_is_made_on_the_chain(records, patient):
    """[D-007] No root, no provider and no proof: it does not show who treated whom."""
    records.erase(INNER, {"from": patient})
    assert records.isErased(leaf_hash(patient=low(patient), inner=INNER)) is True


def test_anyone_carries_her_signed_erasure(records, world, anchored, patient, hospital, stranger, state_of):
    """[D-007]"""
    records.eraseBySig(patient, [], INNER, erasure(world, patient), {"from": stranger})
    assert state_of(hospital, anchored) == ERASED


@pytest.mark.parametrize("name", ["hospital", "stranger", "regulator", "other_patient"])
def test_nobody_else_erases_it(records, people, anchored, hospital, state_of, name):
    """[D-007] C03: their own leaf has another hash."""
    records.erase(INNER, {"from": people[name]})
    assert state_of(hospital, anchored) == ANCHORED


@pytest.mark.parametrize("name", ["hospital", "stranger", "regulator", "other_patient", "recovery", "delegate"])
def test_nobody_else_signs_for_it(records, world, people, patient, relayer, name):
    """[D-007]"""
    with refused("Signatures_WrongSigner", patient, people[name]):
        records.eraseBySig(patient, [], INNER, erasure(world, patient, people[name]), {"from": relayer})


@pytest.mark.parametrize("name", ["hospital", "stranger", "recovery"])
def test_nobody_else_erases_in_her_name(records, people, patient, name):
    """[D-007]"""
    with refused("RecordRegistry_NotPatient", patient, people[name]):
        records.eraseInherited(patient, [], INNER, {"from": people[name]})


def test_a_patient_may_use_the_entry_of_heirs(records, patient):
    """[D-008] The path is empty when she never moved."""
    records.eraseInherited(patient, [], INNER, {"from": patient})
    assert records.isErased(leaf_hash(patient=low(patient), inner=INNER))


def test_a_delegate_with_the_power_erases(records, world, patient, delegate, relayer):
    """[D-007]"""
    world.delegate(patient, delegate, ERASE)
    records.eraseBy(delegate, patient, [], INNER, erasure(world, patient, delegate), {"from": relayer})
    assert records.isErased(leaf_hash(patient=low(patient), inner=INNER))


def test_a_delegate_without_the_power_does_not(records, world, patient, delegate, relayer):
    """[D-007]"""
    world.delegate(patient, delegate, ALL_POWERS - ERASE)
    with refused("RecordRegistry_NotPatient", patient, delegate):
        records.eraseBy(delegate, patient, [], INNER, erasure(world, patient, delegate), {"from": relayer})


def test_a_locked_out_delegate_does_not_erase(records, world, consents, patient, delegate, relayer):
    """[C-017] [D-007]"""
    world.delegate(patient, delegate, ERASE)
    consents.lockdown({"from": patient})
    with refused("RecordRegistry_NotPatient", patient, delegate):
        records.eraseBy(delegate, patient, [], INNER, erasure(world, patient, delegate), {"from": relayer})


def test_erasing_again_changes_nothing(records, patient):
    """[D-007]"""
    records.erase(INNER, {"from": patient})
    assert not records.erase(INNER, {"from": patient}).events


def test_a_tombstone_never_comes_back(records, anchored, patient, hospital, relayer, confirmation, state_of):
    """[D-007] C02: neither a new anchor nor a confirmation nor a retraction lifts it."""
    records.erase(INNER, {"from": patient})
    records.anchor(anchored.root, 3, [], {"from": hospital})
    records.confirm(*confirmation(hospital, anchored.root), {"from": relayer})
    records.retract(anchored.leaves[0], 1, {"from": hospital})
    assert state_of(hospital, anchored) == ERASED


def test_a_leaf_may_be_erased_before_it_is_anchored(records, tree, patient, hospital, state_of):
    """[D-007]"""
    records.erase(INNER, {"from": patient})
    records.anchor(tree.root, 3, [], {"from": hospital})
    assert state_of(hospital, tree) == ERASED


def test_a_leaf_is_erased_under_every_provider(records, anchored, patient, hospital, other_hospital, state_of):
    """[D-007]"""
    records.anchor(anchored.root, 3, [], {"from": other_hospital})
    records.erase(INNER, {"from": patient})
    assert (state_of(hospital, anchored), state_of(other_hospital, anchored)) == (ERASED, ERASED)


def test_after_a_move_the_old_address_erases_nothing(
    records, world, anchored, patient, next_patient, recovery, hospital, relayer, state_of
):
    """[D-008]"""
    world.move(patient, next_patient, recovery)
    with refused("RecordRegistry_HasSuccessor", patient, next_patient):
        records.erase(INNER, {"from": patient})
    with refused("RecordRegistry_HasSuccessor", patient, next_patient):
        records.eraseBySig(patient, [], INNER, erasure(world, patient), {"from": relayer})
    with refused("Signatures_WrongSigner", next_patient, patient):
        records.eraseBySig(patient, [next_patient], INNER, erasure(world, patient), {"from": relayer})
    assert state_of(hospital, anchored) == ANCHORED


def test_after_a_move_the_last_successor_erases(
    records, world, anchored, patient, next_patient, recovery, hospital, state_of
):
    """[D-008] [P-009]"""
    world.move(patient, next_patient, recovery)
    records.eraseInherited(patient, [next_patient], INNER, {"from": next_patient})
    assert state_of(hospital, anchored) == ERASED


def test_after_two_moves_only_the_last_one_erases(
    records, world, patient, next_patient, other_patient, recovery, relayer
):
    """[D-008]"""
    world.move(patient, next_patient, recovery)
    world.move(next_patient, other_patient, recovery)
    with refused("ParticipantRegistry_BadPath", patient, 1):
        records.eraseInherited(patient, [next_patient], INNER, {"from": next_patient})
    with refused("RecordRegistry_NotPatient", patient, next_patient):
        records.eraseInherited(patient, [next_patient, other_patient], INNER, {"from": next_patient})
    path = [next_patient, other_patient]
    records.eraseBySig(patient, path, INNER, erasure(world, patient, other_patient), {"from": relayer})
    assert records.isErased(leaf_hash(patient=low(patient), inner=INNER))


def test_a_path_to_a_stranger_is_no_path(records, patient, stranger):
    """[D-008]"""
    with refused("ParticipantRegistry_BadPath", patient, 0):
        records.eraseInherited(patient, [stranger], INNER, {"from": stranger})


def test_a_successors_delegate_erases_what_was_inherited(
    records, world, patient, next_patient, recovery, delegate, relayer
):
    """[D-008] [D-007]"""
    world.move(patient, next_patient, recovery)
    world.delegate(next_patient, delegate, ERASE)
    signature = erasure(world, patient, delegate)
    records.eraseBy(delegate, patient, [next_patient], INNER, signature, {"from": relayer})
    assert records.isErased(leaf_hash(patient=low(patient), inner=INNER))


def test_the_old_addresses_delegate_does_not(records, world, patient, next_patient, recovery, delegate, relayer):
    """[D-008] [P-009]"""
    world.delegate(patient, delegate, ERASE)
    world.move(patient, next_patient, recovery)
    with refused("RecordRegistry_NotPatient", patient, delegate):
        records.eraseBy(delegate, patient, [next_patient], INNER, erasure(world, patient, delegate), {"from": relayer})


def test_a_patient_erases_everything(records, anchored, patient, hospital, state_of):
    """[D-007] The other patient's leaf stays."""
    event = records.eraseAll(patient, [], b"", {"from": patient}).events["ErasedAll"]
    assert dict(event) == {"patient": patient}
    assert [state_of(hospital, anchored, leaf) for leaf in range(3)] == [ERASED, ERASED, ANCHORED]
    assert records.isWhollyErased(patient) is True


def test_anyone_carries_her_signature_to_erase_everything(records, world, patient, stranger):
    """[D-007]"""
    records.eraseAllBySig(patient, [], erasure_of_all(world, patient), b"", {"from": stranger})
    assert records.isWhollyErased(patient) is True


@pytest.mark.parametrize("name", ["stranger", "hospital", "recovery", "delegate"])
def test_nobody_else_erases_everything(records, world, people, patient, relayer, name):
    """[D-007]"""
    with refused("RecordRegistry_NotPatient", patient, people[name]):
        records.eraseAll(patient, [], b"", {"from": people[name]})
    with refused("Signatures_WrongSigner", patient, people[name]):
        records.eraseAllBySig(patient, [], erasure_of_all(world, patient, people[name]), b"", {"from": relayer})


def test_erasing_everything_again_changes_nothing(records, patient):
    """[D-007]"""
    records.eraseAll(patient, [], b"", {"from": patient})
    assert not records.eraseAll(patient, [], b"", {"from": patient}).events


def test_what_is_anchored_later_is_erased_too(records, tree, patient, hospital, state_of):
    """[D-007] C02."""
    records.eraseAll(patient, [], b"", {"from": patient})
    records.anchor(tree.root, 3, [], {"from": hospital})
    assert state_of(hospital, tree) == ERASED


@pytest.fixture
def guarded(participants, patient, recovery):
    """The patient, who named her recovery address."""
    participants.setRecovery(patient, recovery, 2, {"from": patient})
    return patient


def test_erasing_everything_needs_the_recovery_addresss_signature(records, world, guarded, recovery):
    """[D-009]"""
    records.eraseAll(guarded, [], erasure_of_all(world, guarded, recovery), {"from": guarded})
    assert records.isWhollyErased(guarded) is True


def test_without_it_nothing_is_erased(records, world, guarded, recovery, stranger, relayer):
    """[D-009] Empty, a stranger's, the patient's own."""
    with refused("Signatures_BadLength", 0):
        records.eraseAll(guarded, [], b"", {"from": guarded})
    for signer in (stranger, guarded):
        with refused("Signatures_WrongSigner", recovery, signer):
            records.eraseAll(guarded, [], erasure_of_all(world, guarded, signer), {"from": guarded})
    with refused("Signatures_BadLength", 0):
        records.eraseAllBySig(guarded, [], erasure_of_all(world, guarded), b"", {"from": relayer})


def test_both_signatures_may_be_carried(records, world, guarded, recovery, stranger):
    """[D-009]"""
    both = (erasure_of_all(world, guarded), erasure_of_all(world, guarded, recovery))
    records.eraseAllBySig(guarded, [], *both, {"from": stranger})
    assert records.isWhollyErased(guarded) is True


def test_the_recovery_address_alone_erases_nothing(records, world, guarded, recovery):
    """[D-009]"""
    with refused("RecordRegistry_NotPatient", guarded, recovery):
        records.eraseAll(guarded, [], erasure_of_all(world, guarded, recovery), {"from": recovery})


def test_a_delegate_needs_the_recovery_address_too(records, world, guarded, recovery, delegate, relayer):
    """[D-009]"""
    world.delegate(guarded, delegate, ERASE, now() + DAY)
    own = erasure_of_all(world, guarded, delegate)
    with refused("Signatures_BadLength", 0):
        records.eraseAllBy(delegate, guarded, [], own, b"", {"from": relayer})
    records.eraseAllBy(delegate, guarded, [], own, erasure_of_all(world, guarded, recovery), {"from": relayer})
    assert records.isWhollyErased(guarded) is True


def test_a_delegate_without_the_power_does_not_erase_everything(records, world, patient, delegate, relayer):
    """[D-007]"""
    world.delegate(patient, delegate, ALL_POWERS - ERASE)
    with refused("RecordRegistry_NotPatient", patient, delegate):
        records.eraseAllBy(delegate, patient, [], erasure_of_all(world, patient, delegate), b"", {"from": relayer})


def test_a_recovery_signature_without_a_recovery_address_is_refused(records, world, patient, recovery):
    """[D-009] One accepted form."""
    with refused("RecordRegistry_NoRecovery", patient):
        records.eraseAll(patient, [], erasure_of_all(world, patient, recovery), {"from": patient})


def test_one_leaf_needs_no_recovery_address(records, guarded):
    """[D-009]"""
    assert "Erased" in records.erase(INNER, {"from": guarded}).events


def test_after_a_move_everything_old_is_erased_by_the_last_successor(
    records, world, guarded, next_patient, recovery, anchored, hospital, state_of
):
    """[D-008] [D-009] The recovery address that counts is the last successor's."""
    world.move(guarded, next_patient, recovery)
    with refused("RecordRegistry_HasSuccessor", guarded, next_patient):
        records.eraseAll(guarded, [], b"", {"from": guarded})
    records.eraseAll(guarded, [next_patient], b"", {"from": next_patient})
    assert state_of(hospital, anchored) == ERASED
    assert records.isWhollyErased(next_patient) is False


def test_the_recovery_address_of_the_last_successor_is_asked(
    records, world, participants, guarded, next_patient, recovery
):
    """[D-009]"""
    world.move(guarded, next_patient, recovery)
    other = newcomer("another recovery address")
    participants.setRecovery(next_patient, other, 2, {"from": next_patient})
    with refused("Signatures_WrongSigner", other, recovery):
        records.eraseAll(guarded, [next_patient], erasure_of_all(world, guarded, recovery), {"from": next_patient})
    records.eraseAll(guarded, [next_patient], erasure_of_all(world, guarded, other), {"from": next_patient})
    assert records.isWhollyErased(guarded) is True


def test_anyone_erases_leaves_of_their_own_address(records, stranger):
    """[D-007] Registered or not: it is their hash."""
    assert "Erased" in records.erase(INNER, {"from": stranger}).events
