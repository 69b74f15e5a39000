"""Anchoring, superseding and retracting: what a provider does with its own leaves.

given an institution or its staff, and a tree
├── when it anchors it: kept under (provider, root), with its second and count
├── when it names leaves of its own: superseded once the new tree is confirmed, unless retracted before
└── when anyone else anchors, or the tree is no tree: refused
"""

from __future__ import annotations

import pytest

from medshare.digest import keccak
from tests.contracts.chainclock import next_block_at, now
from tests.contracts.refusals import refused

ROOT = keccak(b"root")
UNKNOWN, ANCHORED, CONFIRMED, SUPERSEDED, RETRACTED = range(5)


def number(value: int) -> bytes:
    return value.to_bytes(32, "big")


@pytest.mark.parametrize("name", ["hospital", "clinician", "gateway"])
def test_an_institution_and_its_staff_anchor(records, people, hospital, name):
    """[D-001] In the institution's name."""
    second = now() + 20
    next_block_at(second)
    event = records.anchor(ROOT, 7, [], {"from": people[name]}).events["Anchored"]
    assert dict(event) == {"provider": hospital, "root": "0x" + ROOT.hex(), "count": 7}
    assert records.anchorOf(hospital, ROOT) == (second, 7, 0)


@pytest.mark.parametrize("name", ["patient", "researcher", "insurer", "regulator", "deployer", "stranger"])
def test_nobody_else_anchors(records, people, name):
    """[D-001] C01."""
    with refused("RecordRegistry_NotInstitution", people[name]):
        records.anchor(ROOT, 1, [], {"from": people[name]})


@pytest.mark.parametrize("name", ["hospital", "clinician"])
def test_a_suspended_institution_does_not_anchor(records, world, people, hospital, name):
    """[D-001]"""
    world.suspend(hospital)
    with refused("RecordRegistry_NotInstitution", people[name]):
        records.anchor(ROOT, 1, [], {"from": people[name]})


def test_a_suspended_or_dismissed_staff_account_does_not_anchor(records, world, participants, people):
    """[D-001]"""
    world.suspend(people["clinician"])
    participants.removeStaff(people["gateway"], {"from": people["hospital"]})
    for name in ("clinician", "gateway"):
        with refused("RecordRegistry_NotInstitution", people[name]):
            records.anchor(ROOT, 1, [], {"from": people[name]})


def test_anchoring_the_same_root_again_changes_nothing(records, hospital, clinician):
    """[D-002] C04: neither its second nor its count."""
    records.anchor(ROOT, 1, [], {"from": hospital})
    before = records.anchorOf(hospital, ROOT)
    assert not records.anchor(ROOT, 9, [keccak(b"leaf")], {"from": clinician}).events
    assert records.anchorOf(hospital, ROOT) == before


def test_two_providers_may_anchor_one_root(records, hospital, other_hospital):
    """[D-002] C04: each under its own name."""
    records.anchor(ROOT, 1, [], {"from": hospital})
    records.anchor(ROOT, 2, [], {"from": other_hospital})
    assert (records.anchorOf(hospital, ROOT)[1], records.anchorOf(other_hospital, ROOT)[1]) == (1, 2)


@pytest.mark.parametrize("root", [0, 1, 255])
def test_a_small_number_is_no_root(records, hospital, root):
    """[D-001] Such numbers are reasons of retractions."""
    with refused("RecordRegistry_BadRoot", number(root)):
        records.anchor(number(root), 1, [], {"from": hospital})


def test_the_first_number_above_is(records, hospital):
    """[D-001]"""
    records.anchor(number(256), 1, [], {"from": hospital})
    assert records.anchorOf(hospital, number(256))[1] == 1


def test_an_anchor_counts_at_least_one_leaf(records, hospital):
    """[D-001]"""
    with refused("RecordRegistry_ZeroCount"):
        records.anchor(ROOT, 0, [], {"from": hospital})


def test_the_greatest_count_fits(records, hospital):
    """[D-001] It does not spill into the time."""
    second = now() + 20
    next_block_at(second)
    records.anchor(ROOT, 2**32 - 1, [], {"from": hospital})
    assert records.anchorOf(hospital, ROOT) == (second, 2**32 - 1, 0)


@pytest.mark.parametrize("count", [1, 100])
def test_an_anchor_supersedes_leaves(records, hospital, count):
    """[D-003]"""
    leaves = [keccak(number(leaf)) for leaf in range(count)]
    tx = records.anchor(ROOT, 1, leaves, {"from": hospital})
    assert [event["leaf"] for event in tx.events["Superseded"]] == ["0x" + leaf.hex() for leaf in leaves]
    assert {records.closedBy(hospital, leaf) for leaf in leaves} == {int.from_bytes(ROOT, "big")}


def test_an_anchor_supersedes_a_thousand_leaves_at_most(records, hospital):
    """[D-003] C10."""
    with refused("RecordRegistry_TooMany", 1001, 1000):
        records.anchor.call(ROOT, 1, [ROOT] * 1001, {"from": hospital})


def test_a_superseded_leaf_counts_once_its_successor_is_confirmed(
    records, anchored, plant, patient, hospital, relayer, confirmation, state_of
):
    """[D-004]"""
    following = plant((patient, keccak(b"a new version")))
    records.anchor(following.root, 1, [anchored.leaves[0]], {"from": hospital})
    assert state_of(hospital, anchored) == ANCHORED
    records.confirm(*confirmation(hospital, anchored.root), {"from": relayer})
    assert state_of(hospital, anchored) == CONFIRMED
    records.confirm(*confirmation(hospital, following.root), {"from": relayer})
    assert state_of(hospital, anchored) == SUPERSEDED
    assert state_of(hospital, anchored, 1) == CONFIRMED


def test_a_later_tree_takes_over_from_one_never_confirmed(
    records, anchored, plant, patient, hospital, relayer, confirmation, state_of
):
    """[D-004] A tree that the validators refuse does not block the amendment for ever."""
    refused_tree, good = plant((patient, keccak(b"refused"))), plant((patient, keccak(b"good")))
    records.anchor(refused_tree.root, 1, [anchored.leaves[0]], {"from": hospital})
    records.anchor(good.root, 1, [anchored.leaves[0]], {"from": hospital})
    records.confirm(*confirmation(hospital, good.root), {"from": relayer})
    assert state_of(hospital, anchored) == SUPERSEDED


def test_a_superseded_leaf_is_not_superseded_again(records, anchored, plant, patient, hospital, relayer, confirmation):
    """[D-004]"""
    following = plant((patient, keccak(b"a new version")))
    records.anchor(following.root, 1, [anchored.leaves[0]], {"from": hospital})
    records.confirm(*confirmation(hospital, following.root), {"from": relayer})
    with refused("RecordRegistry_AlreadySuperseded", anchored.leaves[0], following.root):
        records.anchor(ROOT, 1, [anchored.leaves[0]], {"from": hospital})


def test_nobody_supersedes_anothers_leaf(records, anchored, other_hospital, hospital, relayer, confirmation, state_of):
    """[D-003] C03: it touches a leaf of its own of the same hash."""
    records.anchor(ROOT, 1, [anchored.leaves[0]], {"from": other_hospital})
    records.confirm(*confirmation(other_hospital, ROOT), {"from": relayer})
    assert state_of(hospital, anchored) == ANCHORED
    assert records.closedBy(hospital, anchored.leaves[0]) == 0


@pytest.mark.parametrize("name", ["hospital", "clinician"])
def test_a_provider_retracts_its_leaf(records, people, anchored, hospital, state_of, name):
    """[D-003] [D-005]"""
    event = records.retract(anchored.leaves[0], 9, {"from": people[name]}).events["Retracted"]
    assert dict(event) == {"provider": hospital, "leaf": "0x" + anchored.leaves[0].hex(), "reason": 9}
    assert (state_of(hospital, anchored), state_of(hospital, anchored, 1)) == (RETRACTED, ANCHORED)


def test_nobody_retracts_anothers_leaf(records, anchored, other_hospital, hospital, state_of):
    """[D-003] C03."""
    records.retract(anchored.leaves[0], 9, {"from": other_hospital})
    assert state_of(hospital, anchored) == ANCHORED


@pytest.mark.parametrize("name", ["patient", "researcher", "stranger", "regulator"])
def test_only_an_institution_retracts(records, people, anchored, name):
    """[D-003] C01."""
    with refused("RecordRegistry_NotInstitution", people[name]):
        records.retract(anchored.leaves[0], 1, {"from": people[name]})


@pytest.mark.parametrize("reason", [1, 255])
def test_a_retraction_has_a_reason(records, anchored, hospital, reason):
    """[D-005]"""
    records.retract(anchored.leaves[0], reason, {"from": hospital})
    assert records.closedBy(hospital, anchored.leaves[0]) == reason


def test_no_reason_is_no_retraction(records, anchored, hospital):
    """[D-005]"""
    with refused("RecordRegistry_ZeroReason"):
        records.retract(anchored.leaves[0], 0, {"from": hospital})


def test_retracting_again_for_the_same_reason_changes_nothing(records, anchored, hospital):
    """[D-005]"""
    records.retract(anchored.leaves[0], 3, {"from": hospital})
    assert not records.retract(anchored.leaves[0], 3, {"from": hospital}).events


def test_a_retraction_keeps_its_reason(records, anchored, hospital):
    """[D-005]"""
    records.retract(anchored.leaves[0], 3, {"from": hospital})
    with refused("RecordRegistry_AlreadyRetracted", anchored.leaves[0], 3):
        records.retract(anchored.leaves[0], 4, {"from": hospital})


@pytest.mark.parametrize("reason", [1, 255])
def test_a_retracted_leaf_is_never_superseded(records, anchored, hospital, reason):
    """[D-005] C02."""
    records.retract(anchored.leaves[0], reason, {"from": hospital})
    with refused("RecordRegistry_AlreadyRetracted", anchored.leaves[0], reason):
        records.anchor(ROOT, 1, [anchored.leaves[0]], {"from": hospital})
    assert records.anchorOf(hospital, ROOT) == (0, 0, 0)


def test_a_retracted_leaf_stays_retracted_when_its_tree_is_confirmed(
    records, anchored, hospital, relayer, confirmation, state_of
):
    """[D-005]"""
    records.retract(anchored.leaves[0], 3, {"from": hospital})
    records.confirm(*confirmation(hospital, anchored.root), {"from": relayer})
    assert (state_of(hospital, anchored), state_of(hospital, anchored, 1)) == (RETRACTED, CONFIRMED)


def test_a_superseded_leaf_may_still_be_retracted(
    records, anchored, plant, patient, hospital, relayer, confirmation, state_of
):
    """[D-005] Wrong content stays wrong when it is old."""
    following = plant((patient, keccak(b"a new version")))
    records.anchor(following.root, 1, [anchored.leaves[0]], {"from": hospital})
    records.confirm(*confirmation(hospital, following.root), {"from": relayer})
    records.retract(anchored.leaves[0], 3, {"from": hospital})
    assert state_of(hospital, anchored) == RETRACTED


def test_the_status_is_unknown_without_the_anchor(records, tree, hospital, state_of):
    """[D-010]"""
    assert state_of(hospital, tree) == UNKNOWN


def test_the_status_is_unknown_under_another_provider(records, anchored, other_hospital, state_of):
    """[D-010] C03."""
    assert state_of(other_hospital, anchored) == UNKNOWN


def test_every_leaf_of_the_tree_has_its_proof(records, anchored, hospital, state_of):
    """[D-010] The tree made in Python is OpenZeppelin's."""
    assert [state_of(hospital, anchored, leaf) for leaf in range(3)] == [ANCHORED] * 3


def test_a_proof_of_another_leaf_does_not_fit(records, anchored, hospital, patient):
    """[D-010]"""
    members, proofs = anchored.members, anchored.proofs
    for inner, proof in ((members[0][1], proofs[1]), (members[0][1], ()), (keccak(b"never"), proofs[0])):
        assert records.status(hospital, anchored.root, patient, inner, proof) == (UNKNOWN, 0, 0)


def test_a_leaf_under_another_patient_does_not_fit(records, anchored, hospital, other_patient):
    """[D-010] C03."""
    inner, proof = anchored.members[0][1], anchored.proofs[0]
    assert records.status(hospital, anchored.root, other_patient, inner, proof) == (UNKNOWN, 0, 0)


def test_an_inner_node_is_no_leaf(records, anchored, hospital, patient):
    """[D-010] Leaves are hashed twice: what stands above them never proves."""
    inner = anchored.proofs[0][0]
    assert records.status(hospital, anchored.root, patient, inner, anchored.proofs[0][1:])[0] == UNKNOWN


def test_a_tree_of_one_leaf_needs_no_proof(records, plant, patient, hospital, state_of):
    """[D-010]"""
    single = plant((patient, keccak(b"alone")))
    records.anchor(single.root, 1, [], {"from": hospital})
    assert state_of(hospital, single) == ANCHORED


def test_the_status_tells_confirmations_and_the_second(records, anchored, hospital, relayer, confirmation):
    """[D-010] [D-006]"""
    records.confirm(*confirmation(hospital, anchored.root), {"from": relayer})
    time = records.anchorOf(hospital, anchored.root)[0]
    patient, inner = anchored.members[0]
    assert records.status(hospital, anchored.root, patient, inner, anchored.proofs[0]) == (CONFIRMED, 3, time)
