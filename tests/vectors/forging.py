"""A writer who does not keep to the rules: seals any plaintext, and anchors what it likes.

The corpus of one-fault files and the unit tests share it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from medshare.age import FileKey, HybridIdentity, Recipient, seal_header, seal_payload
from medshare.digest import sha256
from medshare.hexadecimal import Bytes32
from medshare.record import ExpectedRecord, Manifest, MerkleTree, RecordFacts
from medshare.record.manifest import LINE_FEED, plaintext_length

CHAIN_ID = 71_337
REGISTRY = "0x" + "4e" * 20
PATIENT = "0x" + "a1" * 20
OTHER_PATIENT = "0x" + "a2" * 20
HOSPITAL = "0x" + "b1" * 20
LABORATORY = "0x" + "b2" * 20
DOCUMENT = b'{"resourceType":"Observation","status":"final","valueQuantity":{"value":1.10,"unit":"mmol/L"}}'


def seeded(label: str) -> Callable[[int], bytes]:
    """Return a source of "randomness" that gives the same bytes in every run."""
    calls = 0

    def entropy(length: int) -> bytes:
        nonlocal calls
        calls += 1
        return hashlib.shake_256(f"{label} {calls}".encode()).digest(length)

    return entropy


IDENTITY = HybridIdentity.from_seed(seeded("the compartment of the laboratory results")(32))
STRANGER = HybridIdentity.from_seed(seeded("the compartment of somebody else")(32))


def facts(**changes: object) -> RecordFacts:
    """Return the facts of a first version of a laboratory result."""
    plain = RecordFacts(
        chain_id=CHAIN_ID,
        registry=REGISTRY,
        patient=PATIENT,
        provider=HOSPITAL,
        category=7,
        record_id=sha256(b"a record"),
        version=1,
        media_type="application/fhir+json",
    )
    return replace(plain, **changes)


@dataclass(frozen=True)
class Parcel:
    """All that a reader is handed."""

    capsule: bytes
    body: bytes
    expected: ExpectedRecord


def expect(manifest: Manifest, document: bytes, body: bytes, **changes: object) -> ExpectedRecord:
    """Return what the chain says of `body`: its leaf stands in a tree of three."""
    leaf = manifest.leaf(text_digest=sha256(document), body_digest=sha256(body))
    return expect_leaf(leaf, body_digest=sha256(body), **changes)


def expect_leaf(leaf: Bytes32, **changes: object) -> ExpectedRecord:
    """Return what the chain says of `leaf`, which stands in a tree of three."""
    tree = MerkleTree.of([leaf, sha256(b"another leaf"), sha256(b"a third leaf")])
    plain = ExpectedRecord(
        chain_id=CHAIN_ID,
        registry=REGISTRY,
        provider=HOSPITAL,
        patient=PATIENT,
        category=7,
        leaf=leaf,
        root=tree.root,
        proof=tree.proof(leaf),
    )
    return replace(plain, **changes)


def pack(plaintext: bytes, label: str, recipient: Recipient | None = None) -> tuple[bytes, bytes]:
    """Return capsule and body of any plaintext."""
    entropy = seeded(label)
    file_key = FileKey.generate(entropy)
    body = seal_payload(file_key, plaintext, entropy)
    return seal_header(file_key, [recipient or IDENTITY.recipient], entropy), body


def manifest_of(document: bytes = DOCUMENT, **changes: object) -> Manifest:
    """Return an honest manifest."""
    return Manifest.of(facts(**changes), salt=sha256(b"a salt"), length=len(document))


def plaintext_of(line: bytes, document: bytes = DOCUMENT) -> bytes:
    """Return the plaintext of a manifest line and a document, padded by the rules."""
    return (line + LINE_FEED + document).ljust(plaintext_length(len(line), len(document)), LINE_FEED)


def parcel(label: str, **changes: object) -> Parcel:
    """Return a parcel without a fault."""
    return forge(label, manifest=manifest_of(**changes))


def forge(
    label: str,
    *,
    manifest: Manifest | None = None,
    line: bytes | None = None,
    document: bytes = DOCUMENT,
    plaintext: bytes | None = None,
    **changes: object,
) -> Parcel:
    """Return a parcel that is anchored as `manifest` says, whatever was sealed as `line` or `plaintext`."""
    manifest = manifest or manifest_of(document)
    line = manifest.to_bytes() if line is None else line
    capsule, body = pack(plaintext_of(line, document) if plaintext is None else plaintext, label)
    return Parcel(capsule, body, expect(manifest, document, body, **changes))
