"""A period: what one institution sealed, across its patients, under one root (design, section 3.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from medshare.hexadecimal import Address, Bytes32, to_hex
from medshare.record.errors import PreviousTwice, TooManySuperseded
from medshare.record.leaf import NO_PREVIOUS, leaf_hash
from medshare.record.merkle import MerkleTree, Proof

MOST_SUPERSEDED = 1000
"""Leaves that one call of `anchor` closes at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorItem:
    """One record version as the anchor sees it."""

    patient: Address
    inner: Bytes32
    previous_leaf: Bytes32 = NO_PREVIOUS
    supersedes: bool = True
    """Whether `previous_leaf` is the institution's own: nobody closes another's leaf."""

    @property
    def leaf(self) -> Bytes32:
        """The leaf of this version."""
        return leaf_hash(patient=self.patient, inner=self.inner)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A closed period: the root for the chain, the proofs for the readers.

    A version may replace another one of the same period: when the root is confirmed, the first counts
    as superseded and the second is live.
    """

    provider: Address
    superseded: tuple[Bytes32, ...]
    """Own leaves that this period replaces, ascending: the argument of `anchor`."""
    tree: MerkleTree = field(repr=False)

    @classmethod
    def of(cls, provider: Address, items: Iterable[AnchorItem]) -> Anchor:
        """Return the anchor of `items`, all written by `provider`.

        Raises:
            TreeEmpty, LeafMalformed, LeafTwice: As for a tree.
            PreviousTwice: Two items replace the same leaf.
            TooManySuperseded: One transaction could not close them all.
        """
        items = tuple(items)
        tree = MerkleTree.of(item.leaf for item in items)
        replaced: set[Bytes32] = set()
        superseded: set[Bytes32] = set()
        for item in items:
            previous = item.previous_leaf
            if previous == NO_PREVIOUS:
                continue
            if previous in replaced:
                raise PreviousTwice(leaf=to_hex(previous))
            replaced.add(previous)
            if item.supersedes:
                superseded.add(previous)
        if len(superseded) > MOST_SUPERSEDED:
            raise TooManySuperseded(count=len(superseded), most=MOST_SUPERSEDED)
        return cls(provider=provider, superseded=tuple(sorted(superseded)), tree=tree)

    @property
    def root(self) -> Bytes32:
        """The root of the period."""
        return self.tree.root

    @property
    def count(self) -> int:
        """How many record versions the period holds."""
        return self.tree.count

    def proof(self, leaf: Bytes32) -> Proof:
        """Return the proof of `leaf`.

        Raises:
            LeafMissing: It was not sealed in this period.
        """
        return self.tree.proof(leaf)
