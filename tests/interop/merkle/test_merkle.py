"""Roots, all proofs and leaves equal those of @openzeppelin/merkle-tree and ethers on random cases."""

from __future__ import annotations

import random

from medshare.record import MerkleTree, inner_hash, leaf_hash, text_hash, verify
from tests.interop.merkle.reference import ask

TREES = 1_200
LEAVES = 1_200


def test_roots_and_all_proofs_of_a_thousand_random_trees_are_equal():
    source = random.Random("trees")
    sizes = [*range(1, 65), *(source.randint(1, 40) for _ in range(TREES - 64 - 2)), 500, 1000]
    values = [[(source.randbytes(20), source.randbytes(32)) for _ in range(size)] for size in sizes]
    answers = ask(trees=[[["0x" + p.hex(), "0x" + i.hex()] for p, i in tree] for tree in values])["trees"]
    assert len(answers) == TREES
    for tree_values, answer in zip(values, answers, strict=True):
        leaves = [leaf_hash(patient="0x" + patient.hex(), inner=inner) for patient, inner in tree_values]
        tree = MerkleTree.of(leaves)
        assert "0x" + tree.root.hex() == answer["root"]
        for leaf, proof in zip(leaves, answer["proofs"], strict=True):
            steps = tuple(bytes.fromhex(step[2:]) for step in proof)
            assert tree.proof(leaf) == steps
            verify(root=tree.root, leaf=leaf, proof=steps)


def test_the_hashes_of_a_thousand_random_records_are_equal():
    source = random.Random("leaves")
    cases = [
        {
            "category": source.randint(0, 255),
            "version": source.randint(1, 2**32 - 1),
            "patient": "0x" + source.randbytes(20).hex(),
            **{
                name: "0x" + source.randbytes(32).hex()
                for name in ("recordId", "textDigest", "salt", "bodyDigest", "previousLeaf")
            },
        }
        for _ in range(LEAVES)
    ]
    for case, answer in zip(cases, ask(leaves=cases)["leaves"], strict=True):
        data = {name: bytes.fromhex(value[2:]) for name, value in case.items() if isinstance(value, str)}
        text = text_hash(
            category=case["category"],
            record_id=data["recordId"],
            version=case["version"],
            text_digest=data["textDigest"],
            salt=data["salt"],
        )
        inner = inner_hash(body_digest=data["bodyDigest"], previous_leaf=data["previousLeaf"], text=text)
        leaf = leaf_hash(patient=case["patient"], inner=inner)
        assert ["0x" + each.hex() for each in (text, inner, leaf)] == [answer["text"], answer["inner"], answer["leaf"]]
