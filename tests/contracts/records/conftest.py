"""Trees of leaves, and who erases them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from medshare.digest import keccak
from medshare.hexadecimal import Bytes32
from medshare.record.leaf import leaf_hash
from medshare.record.merkle import MerkleTree
from medshare.typed_data import Confirm
from tests.contracts.people import low


@dataclass(frozen=True)
class Tree:
    """An anchored tree: its root, and for each (patient, inner) a leaf and a proof."""

    root: Bytes32
    leaves: tuple[Bytes32, ...]
    proofs: tuple[tuple[Bytes32, ...], ...]
    members: tuple[tuple[Any, Bytes32], ...]


@pytest.fixture(scope="module")
def plant():
    """Make the tree of these (patient, inner)."""

    def make(*members):
        leaves = tuple(leaf_hash(patient=low(patient), inner=inner) for patient, inner in members)
        tree = MerkleTree.of(leaves)
        return Tree(tree.root, leaves, tuple(tree.proof(leaf) for leaf in leaves), members)

    return make


@pytest.fixture
def tree(plant, patient, other_patient):
    """Two documents of the patient's and one of another's."""
    owners = (patient, patient, other_patient)
    return plant(*((who, keccak(f"inner {number}".encode())) for number, who in enumerate(owners)))


@pytest.fixture
def anchored(tree, records, hospital):
    """The same, anchored by the hospital."""
    records.anchor(tree.root, 3, [], {"from": hospital})
    return tree


@pytest.fixture(scope="module")
def confirmation(world, people):
    """The arguments of `confirm` by these validators, in rising order."""

    def make(provider, root, *names):
        names = names or ("validator", "second_validator", "third_validator")
        signers = sorted((people[name] for name in names), key=low)
        message = Confirm(provider=low(provider), root=root)
        return provider, root, signers, b"".join(world.sign(signer, message) for signer in signers)

    return make


@pytest.fixture(scope="module")
def state_of(world):
    """The status of a tree's leaf: 0 unknown 1 anchored 2 confirmed 3 superseded 4 retracted 5 erased."""

    def make(provider, tree, number=0):
        patient, inner = tree.members[number]
        return world.records.status(provider, tree.root, patient, inner, tree.proofs[number])[0]

    return make
