"""A record version: sealing, opening, its leaf and the tree that anchors it."""

from __future__ import annotations

from medshare.record.anchor import Anchor, AnchorItem
from medshare.record.leaf import NO_PREVIOUS, inner_hash, leaf_hash, text_hash
from medshare.record.manifest import Manifest, RecordFacts
from medshare.record.merkle import MerkleTree, Proof, verify
from medshare.record.opening import ExpectedRecord, VerifiedDocument, VerifiedFile, open_document, open_to_file
from medshare.record.padding import padded_length
from medshare.record.sealing import SealedHead, SealedRecord, new_record_id, seal, seal_stream

__all__ = [
    "NO_PREVIOUS",
    "Anchor",
    "AnchorItem",
    "ExpectedRecord",
    "Manifest",
    "MerkleTree",
    "Proof",
    "RecordFacts",
    "SealedHead",
    "SealedRecord",
    "VerifiedDocument",
    "VerifiedFile",
    "inner_hash",
    "leaf_hash",
    "new_record_id",
    "open_document",
    "open_to_file",
    "padded_length",
    "seal",
    "seal_stream",
    "text_hash",
    "verify",
]
