"""The tree is that of @openzeppelin/merkle-tree, and a proof says yes to its own leaf alone."""

from __future__ import annotations

import json
import pathlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.digest import sha256
from medshare.record import MerkleTree, leaf_hash, verify
from medshare.record.errors import LeafMalformed, LeafMissing, LeafTwice, ProofMismatch, ProofTooLong, TreeEmpty

VECTORS = json.loads((pathlib.Path(__file__).parents[2] / "vectors" / "merkle" / "trees.json").read_text())
LEAVES = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70, unique=True)


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: str(len(case["values"])))
def test_roots_and_proofs_are_those_of_the_javascript_reference(case):
    leaves = [leaf_hash(patient=patient, inner=bytes.fromhex(inner[2:])) for patient, inner in case["values"]]
    tree = MerkleTree.of(leaves)
    assert "0x" + tree.root.hex() == case["root"]
    assert [["0x" + step.hex() for step in tree.proof(leaf)] for leaf in leaves] == case["proofs"]


@given(LEAVES)
def test_every_leaf_has_a_proof_that_leads_to_the_root(leaves: list[bytes]):
    tree = MerkleTree.of(leaves)
    for leaf in leaves:
        verify(root=tree.root, leaf=leaf, proof=tree.proof(leaf))


@given(LEAVES, st.randoms())
def test_the_order_in_which_leaves_come_does_not_matter(leaves: list[bytes], random):
    shuffled = list(leaves)
    random.shuffle(shuffled)
    tree = MerkleTree.of(shuffled)
    assert tree == MerkleTree.of(leaves)
    assert tree.leaves == tuple(sorted(leaves))
    assert tree.count == len(leaves)


@given(LEAVES, st.data())
def test_a_proof_with_any_bit_turned_over_is_refused(leaves: list[bytes], data):
    tree = MerkleTree.of(leaves)
    leaf = data.draw(st.sampled_from(leaves))
    path = bytearray(b"".join((leaf, *tree.proof(leaf))))
    place = data.draw(st.integers(0, len(path) * 8 - 1))
    path[place // 8] ^= 1 << place % 8
    changed, *steps = (bytes(path[start : start + 32]) for start in range(0, len(path), 32))
    with pytest.raises(ProofMismatch):
        verify(root=tree.root, leaf=changed, proof=steps)


@given(LEAVES, st.binary(min_size=32, max_size=32))
def test_a_leaf_that_is_not_in_the_tree_has_no_proof(leaves: list[bytes], stranger: bytes):
    tree = MerkleTree.of([leaf for leaf in leaves if leaf != stranger] or [sha256(stranger)])
    with pytest.raises(LeafMissing):
        tree.proof(stranger)


def test_a_tree_of_one_leaf_is_that_leaf_with_an_empty_proof():
    leaf = sha256(b"alone")
    tree = MerkleTree.of([leaf])
    assert (tree.root, tree.proof(leaf), tree.count) == (leaf, (), 1)


def test_a_tree_of_nothing_is_refused():
    with pytest.raises(TreeEmpty):
        MerkleTree.of([])


def test_a_leaf_may_not_stand_in_a_tree_twice():
    with pytest.raises(LeafTwice):
        MerkleTree.of([sha256(b"a"), sha256(b"b"), sha256(b"a")])


@pytest.mark.parametrize("length", [0, 20, 31, 33, 64])
def test_a_leaf_that_is_not_32_bytes_is_refused(length: int):
    with pytest.raises(LeafMalformed):
        MerkleTree.of([bytes(length)])


def test_a_proof_longer_than_any_tree_needs_is_refused():
    with pytest.raises(ProofTooLong):
        verify(root=bytes(32), leaf=bytes(32), proof=[bytes(32)] * 65)


def test_a_proof_step_of_another_length_is_refused():
    with pytest.raises(LeafMalformed):
        verify(root=bytes(32), leaf=bytes(32), proof=[bytes(31)])


def test_a_tree_of_ten_thousand_leaves_with_all_its_proofs_takes_seconds_at_most():
    leaves = [sha256(number.to_bytes(4, "big")) for number in range(10_000)]
    begun = time.perf_counter()
    tree = MerkleTree.of(leaves)
    for leaf in leaves:
        verify(root=tree.root, leaf=leaf, proof=tree.proof(leaf))
    assert time.perf_counter() - begun < 10
