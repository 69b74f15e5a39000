"""Sealing: a document becomes a capsule, a body and a leaf (design, sections 3.3 and 5).

The *capsule* is an age header for the compartment's key, the *body* the age payload with its nonce. A
document that fits in memory goes through `seal`, a larger one through `seal_stream`. The salt and the
file key are drawn here for every version and are not given back: they live inside body and capsule.
"""

from __future__ import annotations

import hashlib
import io
import secrets
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from medshare.age import Entropy, FileKey, Recipient, encrypt_payload, seal_header
from medshare.age.entropy import draw
from medshare.hexadecimal import Bytes32
from medshare.record.anchor import AnchorItem
from medshare.record.errors import BodyUnreadable, LengthDiffers
from medshare.record.leaf import inner_hash, leaf_hash
from medshare.record.manifest import LINE_FEED, Manifest, RecordFacts, plaintext_length

_PAD = LINE_FEED * 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedHead:
    """A sealed version without its body: what the provider keeps, sends and anchors."""

    facts: RecordFacts
    capsule: bytes = field(repr=False)
    body_length: int
    """Bytes."""
    body_digest: Bytes32
    """SHA-256 of the body."""
    text_digest: Bytes32 = field(repr=False)
    """SHA-256 of the document alone. It can be guessed from a guessed document: it stays with the provider."""
    text: Bytes32
    inner: Bytes32
    leaf: Bytes32

    def anchor_item(self, *, supersedes: bool = True) -> AnchorItem:
        """Return what the period's tree needs; `supersedes` is false where another institution wrote the last one."""
        return AnchorItem(
            patient=self.facts.patient,
            inner=self.inner,
            previous_leaf=self.facts.previous_leaf,
            supersedes=supersedes,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRecord(SealedHead):
    """A sealed version with its body. It proves nothing to a reader: see `VerifiedDocument`."""

    body: bytes = field(repr=False)


def new_record_id(entropy: Entropy = secrets.token_bytes) -> Bytes32:
    """Return the id of a new record: 32 random bytes.

    Raises:
        EntropyBroken: The source gave another number of bytes.
    """
    return draw(entropy, 32)


def seal(
    document: bytes, facts: RecordFacts, recipient: Recipient, *, entropy: Entropy = secrets.token_bytes
) -> SealedRecord:
    """Seal a document that fits in memory to the key of its compartment.

    Raises:
        EntropyBroken: The source of randomness gave another number of bytes.
    """
    sink = io.BytesIO()
    head = seal_stream(io.BytesIO(document), len(document), sink, facts, recipient, entropy=entropy)
    return SealedRecord(
        facts=facts,
        capsule=head.capsule,
        body_length=head.body_length,
        body_digest=head.body_digest,
        text_digest=head.text_digest,
        text=head.text,
        inner=head.inner,
        leaf=head.leaf,
        body=sink.getvalue(),
    )


def seal_stream(
    document: BinaryIO,
    length: int,
    body: BinaryIO,
    facts: RecordFacts,
    recipient: Recipient,
    *,
    entropy: Entropy = secrets.token_bytes,
) -> SealedHead:
    """Seal `document`, which has `length` bytes, into `body`, in constant memory.

    What was written to `body` before an error is worthless: no capsule for it was ever made.

    Raises:
        LengthDiffers: The document has more or fewer bytes.
        BodyUnreadable: The document cannot be read to its end.
        FactsInvalid: `length` is out of range.
        EntropyBroken: The source of randomness gave another number of bytes.
    """
    manifest = Manifest.of(facts, salt=draw(entropy, 32), length=length)  # [N-001]
    plaintext = _Plaintext(manifest, document)
    sink = _DigestingSink(body)
    file_key = FileKey.generate(entropy)
    written = encrypt_payload(file_key, cast("BinaryIO", plaintext), cast("BinaryIO", sink), entropy)
    text_digest = plaintext.text_digest()
    body_digest = sink.digest()
    text = manifest.text(text_digest)
    inner = inner_hash(body_digest=body_digest, previous_leaf=facts.previous_leaf, text=text)
    return SealedHead(
        facts=facts,
        capsule=seal_header(file_key, [recipient], entropy),
        body_length=written,
        body_digest=body_digest,
        text_digest=text_digest,
        text=text,
        inner=inner,
        leaf=leaf_hash(patient=facts.patient, inner=inner),
    )


class _Plaintext:
    """The plaintext as it is encrypted: manifest line, document, pad."""

    def __init__(self, manifest: Manifest, document: BinaryIO) -> None:
        line = manifest.to_bytes()
        self._head = line + LINE_FEED
        self._document = document
        self._length = self._left = manifest.length
        self._pad = plaintext_length(len(line), manifest.length) - len(self._head) - manifest.length
        self._hash = hashlib.sha256()

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, at least one before the end."""
        if self._head:
            part, self._head = self._head[:size], self._head[size:]
        elif self._left:
            part = self._read_document(min(size, self._left))
            if not part:
                raise LengthDiffers(length=self._length)
            self._hash.update(part)
            self._left -= len(part)
        else:
            part = _PAD[: min(size, self._pad)]
            self._pad -= len(part)
        return part

    def text_digest(self) -> Bytes32:
        """Return the SHA-256 of the document, once all of it was read.

        Raises:
            LengthDiffers: The document goes on.
        """
        if self._read_document(1):
            raise LengthDiffers(length=self._length)
        return self._hash.digest()

    def _read_document(self, size: int) -> bytes:
        try:
            return self._document.read(size)
        except OSError as error:
            raise BodyUnreadable(why=error.strerror or "the disk fails") from error


class _DigestingSink:
    """Passes bytes on and keeps their SHA-256."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink
        self._hash = hashlib.sha256()

    def write(self, part: bytes | memoryview, /) -> int:
        self._hash.update(part)
        return self._sink.write(part)

    def digest(self) -> Bytes32:
        return self._hash.digest()
