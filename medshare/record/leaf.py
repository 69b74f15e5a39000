"""The three nested hashes of a record version (design, sections 3.3 and 11).

Each checker sees only what it needs: patient and readers see what is under `text`, validators what
is under `inner`, and the chain `patient` and `inner`, only when it must.
"""

from __future__ import annotations

from medshare.digest import digest_of, keccak
from medshare.hexadecimal import Address, Bytes32

LEAF_TYPES = ("address", "bytes32")
"""The types of one value of the tree: (patient, inner)."""

NO_PREVIOUS: Bytes32 = bytes(32)
"""`previousLeaf` of a first version."""


def text_hash(*, category: int, record_id: Bytes32, version: int, text_digest: Bytes32, salt: Bytes32) -> Bytes32:
    """Return `text`: what the document says, blinded by a salt that stands only inside the body."""
    return digest_of(
        ("uint8", "bytes32", "uint32", "bytes32", "bytes32"), category, record_id, version, text_digest, salt
    )


def inner_hash(*, body_digest: Bytes32, previous_leaf: Bytes32, text: Bytes32) -> Bytes32:
    """Return `inner`: the encrypted bytes, what they replace, and the blinded text."""
    return digest_of(("bytes32", "bytes32", "bytes32"), body_digest, previous_leaf, text)


def leaf_hash(*, patient: Address, inner: Bytes32) -> Bytes32:
    """Return `leaf`, hashed twice so that no leaf can be taken for a node of the tree."""
    return keccak(digest_of(LEAF_TYPES, patient, inner))
