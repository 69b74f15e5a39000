"""The Merkle tree over the leaves of a period, in OpenZeppelin's "standard-v1" form.

Source: `@openzeppelin/merkle-tree` 1.0.8, `StandardMerkleTree` with leaf types ("address", "bytes32")
and sorted leaves, and `MerkleProof` of OpenZeppelin Contracts 5. Leaves are the hashes of
`medshare.record.leaf`. A node is the Keccak-256 of its two children, the smaller one first, so a proof
is a list of siblings without directions.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import sha3

from medshare.hexadecimal import Bytes32, to_hex
from medshare.record.errors import LeafMalformed, LeafMissing, LeafTwice, ProofMismatch, ProofTooLong, TreeEmpty

LONGEST_PROOF = 64
"""Steps. A tree of 2^63 leaves has fewer."""

Proof = tuple[Bytes32, ...]
"""Siblings from the leaf up to the root, 32 bytes each; empty for a tree of one leaf."""


@dataclass(frozen=True, slots=True)
class MerkleTree:
    """A complete tree as one flat list: the root first, the sorted leaves last, from the right."""

    nodes: tuple[Bytes32, ...] = field(repr=False)

    @classmethod
    def of(cls, leaves: Iterable[Bytes32]) -> MerkleTree:
        """Return the tree over `leaves`, whatever their order.

        Raises:
            TreeEmpty: There is no leaf.
            LeafMalformed: A leaf is not 32 bytes.
            LeafTwice: A leaf comes twice.
        """
        ordered = sorted(leaves)
        if not ordered:
            raise TreeEmpty
        for leaf in ordered:
            _check_length("leaf", leaf)
        for first, second in pairwise(ordered):
            if first == second:
                raise LeafTwice(leaf=to_hex(first))
        count = len(ordered)
        nodes: list[Bytes32] = [b""] * (count - 1) + ordered[::-1]
        for index in range(count - 2, -1, -1):
            nodes[index] = _parent(nodes[2 * index + 1], nodes[2 * index + 2])
        return cls(tuple(nodes))

    @property
    def root(self) -> Bytes32:
        """The hash that the chain keeps."""
        return self.nodes[0]

    @property
    def count(self) -> int:
        """How many leaves the tree holds."""
        return (len(self.nodes) + 1) // 2

    @property
    def leaves(self) -> tuple[Bytes32, ...]:
        """The leaves in ascending order."""
        return self.nodes[self.count - 1 :][::-1]

    def proof(self, leaf: Bytes32) -> Proof:
        """Return the siblings that lead from `leaf` to the root.

        Raises:
            LeafMissing: The tree does not hold `leaf`.
        """
        last = len(self.nodes) - 1
        # The leaves stand in descending order at the end: search them from the last one on.
        place = bisect_left(range(self.count), leaf, key=lambda number: self.nodes[last - number])
        index = last - place
        if place == self.count or self.nodes[index] != leaf:
            raise LeafMissing(leaf=to_hex(leaf))
        steps = []
        while index > 0:
            steps.append(self.nodes[index + 1 if index % 2 else index - 1])
            index = (index - 1) // 2
        return tuple(steps)


def verify(*, root: Bytes32, leaf: Bytes32, proof: Sequence[Bytes32]) -> None:
    """Check that `proof` leads from `leaf` to `root`.

    Raises:
        LeafMalformed: A value is not 32 bytes.
        ProofTooLong: The proof has more steps than any tree needs.
        ProofMismatch: It leads elsewhere.
    """
    _check_length("root", root)
    _check_length("leaf", leaf)
    if len(proof) > LONGEST_PROOF:
        raise ProofTooLong(steps=len(proof), most=LONGEST_PROOF)
    node = leaf
    for step in proof:
        _check_length("proof step", step)
        node = _parent(node, step)
    if node != root:
        raise ProofMismatch(leaf=to_hex(leaf), root=to_hex(root))


def _parent(first: Bytes32, second: Bytes32) -> Bytes32:
    return bytes(sha3.keccak_256(first + second if first < second else second + first).digest())


def _check_length(what: str, value: bytes) -> None:
    if len(value) != 32:
        raise LeafMalformed(what=what, length=len(value))
