"""The two trees of an anchored period, in OpenZeppelin's "standard-v1" form (`medshare.record.merkle`).

**Receipts.** Leaf types ("bytes32"): the EIP-712 digest of each receipt of the period. A period
without a receipt has the root zero.

    leaf = keccak256(keccak256(abi.encode(bytes32 digest)))

**Lines.** One leaf for each patient of the gateway who has a receipt, whatever the period, and one for
the lower border. Leaf types ("bytes32", "bytes32", "bytes32"): the tag, the next greater tag, and the
state of the line.

    state = keccak256(abi.encode(uint64 number, bytes32 receipt))      the last number, the last receipt's digest
    leaf  = keccak256(keccak256(abi.encode(bytes32 tag, bytes32 next, bytes32 state)))

The lower border has tag zero and state zero; the greatest tag has 2^256 - 1 as its next. So one leaf
names two neighbours, and between them there is nobody: that is the proof of absence. A leaf shows
another patient's blinded tag and nothing of their line, since `state` is a hash of a digest that
nobody can guess.

A proof rests on the tree being sorted. Whoever has all lines, as a regulator does, makes the same
tree from them: `LineTree.of` is the only tree that they have.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from medshare.audit.errors import LineProofForeign, LineProofMismatch, ReceiptProofMismatch, TagTwice
from medshare.digest import keccak
from medshare.hexadecimal import ZERO_32, Bytes32, to_hex
from medshare.record.errors import ProofMismatch, ProofTooLong
from medshare.record.merkle import MerkleTree, Proof, verify

LOWEST: Bytes32 = ZERO_32
"""The tag of the lower border."""
HIGHEST: Bytes32 = b"\xff" * 32
"""What follows the greatest tag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineHead:
    """The newest receipt of one line: the patient's tag, the last number (from 1), the receipt's digest."""

    tag: Bytes32
    number: int
    receipt: Bytes32

    @property
    def state(self) -> Bytes32:
        """The state that stands in the leaf."""
        return state_of(self.number, self.receipt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """The proof that a line stood at `number` with `receipt` as its last one."""

    number: int
    receipt: Bytes32
    next: Bytes32
    proof: Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """The proof that nothing was logged: the neighbours `before` and `next`, and the state of the lower one."""

    before: Bytes32
    next: Bytes32
    state: Bytes32
    proof: Proof


LineProof = Presence | Absence


def state_of(number: int, receipt: Bytes32) -> Bytes32:
    """Return the state of a line that ends with `receipt` at `number`."""
    return keccak(number.to_bytes(32, "big") + receipt)


def line_leaf(tag: Bytes32, following: Bytes32, state: Bytes32) -> Bytes32:
    """Return the leaf of one line."""
    return keccak(keccak(tag + following + state))


def receipt_leaf(digest: Bytes32) -> Bytes32:
    """Return the leaf of one receipt."""
    return keccak(keccak(digest))


def receipts_root(digests: Sequence[Bytes32]) -> Bytes32:
    """Return the root of a period's receipts; zero for none.

    Raises:
        LeafTwice: A receipt comes twice.
    """
    return MerkleTree.of(receipt_leaf(digest) for digest in digests).root if digests else ZERO_32  # [B-001]


def receipt_proof(digests: Sequence[Bytes32], digest: Bytes32) -> Proof:
    """Return the proof that `digest` is one of the period's receipts.

    Raises:
        LeafMissing: It is not.
    """
    return MerkleTree.of(receipt_leaf(one) for one in digests).proof(receipt_leaf(digest))


def check_receipt(*, root: Bytes32, digest: Bytes32, proof: Proof) -> None:
    """Check that a receipt stands in the period whose root is `root`.

    Raises:
        ReceiptProofMismatch: The proof leads elsewhere.
    """
    if not _leads(root, receipt_leaf(digest), proof):  # [B-001]
        raise ReceiptProofMismatch(digest=to_hex(digest))


@dataclass(frozen=True)
class LineTree:
    """The sorted tree over all lines of a gateway at one anchor."""

    heads: tuple[LineHead, ...] = field(repr=False)
    """In the order of their tags."""

    @classmethod
    def of(cls, heads: Iterable[LineHead]) -> LineTree:
        """Return the tree over `heads`, whatever their order.

        Raises:
            TagTwice: A tag comes twice, or is a border's.
        """
        ordered = tuple(sorted(heads, key=lambda head: head.tag))
        for first, second in pairwise([LOWEST, *(head.tag for head in ordered), HIGHEST]):
            if first >= second:
                raise TagTwice(tag=to_hex(first))
        return cls(ordered)

    @property
    def root(self) -> Bytes32:
        """The hash that the chain keeps."""
        return self._tree.root

    def prove(self, tag: Bytes32) -> LineProof:
        """Return what the tree says of `tag`: its line's end, or that it has none.

        Raises:
            LineProofForeign: It is the tag of a border, which is nobody's.
        """
        if not LOWEST < tag < HIGHEST:
            raise LineProofForeign(tag=to_hex(tag))
        place = bisect_right(self._tags, tag) - 1
        before, following, state = self._rows[place]
        proof = self._tree.proof(line_leaf(before, following, state))
        if before == tag:
            head = self.heads[place - 1]
            return Presence(number=head.number, receipt=head.receipt, next=following, proof=proof)
        return Absence(before=before, next=following, state=state, proof=proof)

    @cached_property
    def _rows(self) -> list[tuple[Bytes32, Bytes32, Bytes32]]:
        tags = [*self._tags, HIGHEST]
        states = [ZERO_32, *(head.state for head in self.heads)]
        return list(zip(tags, tags[1:], states, strict=False))

    @cached_property
    def _tags(self) -> list[Bytes32]:
        return [LOWEST, *(head.tag for head in self.heads)]

    @cached_property
    def _tree(self) -> MerkleTree:
        return MerkleTree.of(line_leaf(*row) for row in self._rows)


def check_line_proof(proof: LineProof, *, root: Bytes32, tag: Bytes32) -> LineHead | None:
    """Return the end of the line that has `tag`; None if it is proven that there was none.

    Args:
        proof: What the gateway answered.
        root: Of the tree of lines, as it was anchored.
        tag: The patient's own.

    Raises:
        LineProofForeign: The proof is about other tags.
        LineProofMismatch: It does not lead to `root`.
    """
    head = None
    if isinstance(proof, Presence):
        head = LineHead(tag=tag, number=proof.number, receipt=proof.receipt)
        leaf, beside = line_leaf(tag, proof.next, head.state), tag < proof.next
    else:
        leaf, beside = line_leaf(proof.before, proof.next, proof.state), proof.before < tag < proof.next
    if not beside or not LOWEST < tag < HIGHEST:  # [B-003]
        raise LineProofForeign(tag=to_hex(tag))
    if not _leads(root, leaf, proof.proof):  # [B-002, B-003]
        raise LineProofMismatch(tag=to_hex(tag))
    return head


def _leads(root: Bytes32, leaf: Bytes32, proof: Proof) -> bool:
    try:
        verify(root=root, leaf=leaf, proof=proof)
    except (ProofMismatch, ProofTooLong):
        return False
    return True
