"""What a validator checks before it confirms an anchor (design, section 3.3).

The provider sends a signed `Submission`. The validator rebuilds the tree, compares it with the
anchor on the chain, fetches and keeps every body, and answers with its signature of `Confirm` or
with a signed `Reject` that names the first leaf at fault, so that the provider can anchor the rest.
A validator learns patients, sizes and CIDs, under pseudonyms; never a category or a word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from medshare import canonical_json
from medshare.digest import keccak
from medshare.errors import InputError, IntegrityError
from medshare.hexadecimal import ZERO_32, Address, Bytes32, address, from_hex, to_hex
from medshare.record.leaf import inner_hash, leaf_hash
from medshare.record.merkle import MerkleTree
from medshare.typed_data.messages import Submission

LARGEST_SUBMISSION = 10_000
"""Items. A larger period is anchored as several."""


class RejectReason(IntEnum):
    """The `reason` of a `Reject`."""

    TREE = 1
    BODY_MISSING = 2
    BODY_DIFFERS = 3
    SUPERSEDES = 4
    NO_CONSENT = 5
    LEAF_CLOSED = 6


class NotASubmission(InputError):
    """Raised when the items do not have the form of a submission, or are not the ones signed."""

    code = "confirm.not-a-submission"
    cause = "The submission cannot be read: {why}."
    remedy = "Ask the provider to send it again with MedShare."


class Rejected(IntegrityError):
    """Raised when a leaf of a submission may not be confirmed. `leaf` is zero for the whole tree."""

    code = "confirm.rejected"
    cause = "The submission is rejected at leaf {leaf}: {why}."
    remedy = "Anchor the other documents again without this one, and mend it."

    def __init__(self, *, reason: RejectReason, leaf: Bytes32, why: str) -> None:
        self.reason = reason
        self.leaf = leaf
        super().__init__(leaf=to_hex(leaf), why=why)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionItem:
    """One leaf as a validator sees it.

    `previous_inner` opens `previous_leaf` to the validator, so that it can see that both belong to
    the same patient; both are 32 zero bytes for a first version. `size` is the body's, in bytes.
    `grantee` and `terms` name the consent that lets the provider write.
    """

    patient: Address
    body_digest: Bytes32
    previous_leaf: Bytes32
    previous_inner: Bytes32
    text: Bytes32
    cid: str
    size: int
    grantee: Address
    terms: Bytes32
    inner: Bytes32 = field(init=False, repr=False, compare=False)
    """The digest that stands beside the patient in the leaf."""
    leaf: Bytes32 = field(init=False, repr=False, compare=False)
    """The leaf as it stands in the tree: asked for ten times on a document's way."""

    def __post_init__(self) -> None:
        inner = inner_hash(body_digest=self.body_digest, previous_leaf=self.previous_leaf, text=self.text)
        object.__setattr__(self, "inner", inner)
        object.__setattr__(self, "leaf", leaf_hash(patient=self.patient, inner=inner))


def items_to_bytes(items: Sequence[SubmissionItem]) -> bytes:
    """Return the canonical JSON of `items`: the bytes that a `Submission` commits to."""
    return canonical_json.dumps(
        [
            {
                "bodyDigest": to_hex(item.body_digest),
                "cid": item.cid,
                "grantee": item.grantee,
                "patient": item.patient,
                "previousInner": to_hex(item.previous_inner),
                "previousLeaf": to_hex(item.previous_leaf),
                "size": item.size,
                "terms": to_hex(item.terms),
                "text": to_hex(item.text),
            }
            for item in items
        ]
    )


_FIELDS = {"bodyDigest", "cid", "grantee", "patient", "previousInner", "previousLeaf", "size", "terms", "text"}


def items_from_bytes(data: bytes) -> tuple[SubmissionItem, ...]:
    """Return the items of `data`.

    Raises:
        NotASubmission: Another form, no item, or more than `LARGEST_SUBMISSION`.
        NotCanonical: The bytes are not canonical JSON.
        NotHex, NotAnAddress: A field is not what it should be.
    """
    rows = canonical_json.loads(data)
    if not isinstance(rows, list) or not 0 < len(rows) <= LARGEST_SUBMISSION:
        raise NotASubmission(why=f"it is not a list of 1 to {LARGEST_SUBMISSION} items")
    items = []
    for row in rows:
        if not isinstance(row, dict) or set(row) != _FIELDS:
            raise NotASubmission(why="an item has other fields than it should")
        if not isinstance(row["cid"], str) or type(row["size"]) is not int or row["size"] < 0:
            raise NotASubmission(why="an item has no CID or no size")
        items.append(
            SubmissionItem(
                patient=address(row["patient"]),
                body_digest=from_hex(row["bodyDigest"], 32),
                previous_leaf=from_hex(row["previousLeaf"], 32),
                previous_inner=from_hex(row["previousInner"], 32),
                text=from_hex(row["text"], 32),
                cid=row["cid"],
                size=row["size"],
                grantee=address(row["grantee"]),
                terms=from_hex(row["terms"], 32),
            )
        )
    return tuple(items)


def submission(
    *, provider: Address, items: Sequence[SubmissionItem], superseded: Sequence[Bytes32], at: int
) -> Submission:
    """Return the message that the provider signs for `items`, whose order is that of the anchor."""
    return Submission(
        provider=provider,
        root=MerkleTree.of(item.leaf for item in items).root,
        count=len(items),
        superseded=keccak(b"".join(superseded)),
        items=keccak(items_to_bytes(items)),
        at=at,
    )


def check(
    message: Submission,
    items: Sequence[SubmissionItem],
    superseded: Sequence[Bytes32],
    *,
    anchored_root: Bytes32,
    anchored_count: int,
    keep_body: Callable[[SubmissionItem], Bytes32],
    may_write: Callable[[SubmissionItem], bool],
    is_closed: Callable[[SubmissionItem], bool],
) -> None:
    """Check `items` and `superseded` of a submission whose signature was already checked.

    `keep_body` fetches a body whole, keeps it if it is the one that the item names, and returns its
    SHA-256; it raises `Rejected` itself where the body is missing or has another size or CID.
    `may_write` asks `holds(…, write)` at the anchor's block. `is_closed` says that the leaf was
    erased or retracted already.

    Raises:
        NotASubmission: The items or the superseded leaves are not the ones that were signed.
        Rejected: The first thing that does not hold.
    """
    if keccak(items_to_bytes(items)) != message.items or keccak(b"".join(superseded)) != message.superseded:
        raise NotASubmission(why="its items are not the ones that were signed")
    _check_tree(message, items, anchored_root, anchored_count)
    _check_superseded(items, superseded)
    for item in items:
        if not may_write(item):  # [V-005]
            why = "no consent to write was in force at the anchor's block"
            raise Rejected(reason=RejectReason.NO_CONSENT, leaf=item.leaf, why=why)
        if is_closed(item):  # [V-006]
            raise Rejected(reason=RejectReason.LEAF_CLOSED, leaf=item.leaf, why="it was erased or retracted")
        if keep_body(item) != item.body_digest:  # [V-004]
            raise Rejected(reason=RejectReason.BODY_DIFFERS, leaf=item.leaf, why="the body has another digest")


def _check_tree(
    message: Submission, items: Sequence[SubmissionItem], anchored_root: Bytes32, anchored_count: int
) -> None:
    root = MerkleTree.of(item.leaf for item in items).root
    if root != message.root or root != anchored_root:  # [V-001]
        raise Rejected(reason=RejectReason.TREE, leaf=ZERO_32, why="the items do not make the anchored root")
    if message.count != len(items) or anchored_count != len(items):  # [V-002]
        raise Rejected(reason=RejectReason.TREE, leaf=ZERO_32, why="the anchor counts another number of documents")


def _check_superseded(items: Sequence[SubmissionItem], superseded: Sequence[Bytes32]) -> None:
    successors: dict[Bytes32, list[SubmissionItem]] = {}
    for item in items:
        successors.setdefault(item.previous_leaf, []).append(item)
    for leaf in superseded:
        followers = successors.get(leaf, [])
        if len(followers) != 1:  # [V-003]
            # Named is a leaf that can be left out; where none replaces the old one, the whole period is wrong.
            raise Rejected(
                reason=RejectReason.SUPERSEDES,
                leaf=followers[-1].leaf if followers else ZERO_32,
                why="a superseded leaf is not the previous leaf of exactly one new document",
            )
        if leaf_hash(patient=followers[0].patient, inner=followers[0].previous_inner) != leaf:  # [V-007]
            raise Rejected(
                reason=RejectReason.SUPERSEDES,
                leaf=followers[0].leaf,
                why="it replaces a document of another patient",
            )
