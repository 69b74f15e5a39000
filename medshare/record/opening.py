"""Opening: capsule and body become a document, only when every check passed (design, sections 4 and 5).

In this order, each with an error of its own:

1. the proof leads from the expected leaf to the expected root;
2. the body's SHA-256 is the expected one, where the reader was told it;
3. the capsule opens with the reader's key and its MAC agrees;
4. every chunk of the body is authentic, and the body ends where it says;
5. the manifest has its one form, and names the expected chain, registry, patient, provider and category;
6. the document has its length, the pad its one size, and nothing but line feeds;
7. body, text and manifest make the expected leaf.

Whether that leaf is confirmed and live is the ledger's to say; the facts come here as values.
"""

from __future__ import annotations

import hashlib
import io
import pathlib
from dataclasses import dataclass, field
from typing import BinaryIO, Final, cast

from medshare.age import Identity, decrypt_payload, open_header
from medshare.age.errors import PayloadDamaged
from medshare.age.files import appearing
from medshare.errors import IntegrityError
from medshare.hexadecimal import Address, Bytes32, to_hex
from medshare.record.errors import (
    BodyMismatch,
    BodyUnreadable,
    CapsuleMismatch,
    DocumentTooLarge,
    LeafMismatch,
    ManifestMalformed,
    OtherCategory,
    OtherChain,
    OtherPatient,
    OtherProvider,
    OtherRegistry,
    PadForeign,
    PadWrongSize,
    TargetUnwritable,
    TextTruncated,
)
from medshare.record.manifest import LARGEST_MANIFEST, LINE_FEED, Manifest, plaintext_length
from medshare.record.merkle import Proof, verify

LARGEST_IN_MEMORY = 64 * 2**20
"""Bytes of a document that `open_document` allows unless told otherwise."""

_BLOCK = 2**20
_VERIFIED: Final = object()
"""Held by this module alone: what carries it went through every check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedRecord:
    """What the reader knows, from the chain and the gateway, before opening anything."""

    chain_id: int
    registry: Address
    provider: Address
    patient: Address
    """The address that the leaf was made for: of a moved patient, the old one."""
    category: int = field(repr=False)
    leaf: Bytes32
    root: Bytes32
    """Of an anchor of `provider` that the ledger calls confirmed and live."""
    proof: Proof = field(repr=False)
    body_digest: Bytes32 | None = None
    """SHA-256 of the body, if it was told. The leaf binds it anyway; knowing it names faults more exactly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verified:
    manifest: Manifest = field(repr=False)
    leaf: Bytes32
    root: Bytes32
    body_digest: Bytes32
    text_digest: Bytes32 = field(repr=False)
    seal: object = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.seal is not _VERIFIED:
            message = "only medshare.record.opening makes this"
            raise TypeError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedDocument(_Verified):
    """A document of which every check passed. Nothing else in the package holds plaintext of a body."""

    content: bytes = field(repr=False)
    """The exact bytes that were sealed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedFile(_Verified):
    """A document of which every check passed, as a file that only its owner may read."""

    path: pathlib.Path


def open_document(
    *, capsule: bytes, body: bytes, identity: Identity, expected: ExpectedRecord, limit: int = LARGEST_IN_MEMORY
) -> VerifiedDocument:
    """Open a body that fits in memory.

    Raises:
        ProofMismatch, BodyMismatch, HeaderError, NoIdentityMatches, HeaderForged, CapsuleMismatch,
        PayloadDamaged, ManifestMalformed, OtherChain, OtherRegistry, OtherPatient, OtherProvider,
        OtherCategory, TextTruncated, PadForeign, PadWrongSize, LeafMismatch: See the list above.
        DocumentTooLarge: The document has more than `limit` bytes.
    """
    if expected.body_digest not in (None, hashlib.sha256(body).digest()):
        verify(root=expected.root, leaf=expected.leaf, proof=expected.proof)
        raise BodyMismatch
    target = io.BytesIO()
    check = _open(capsule, io.BytesIO(body), identity, expected, target, limit)
    return VerifiedDocument(
        manifest=check.manifest,
        leaf=expected.leaf,
        root=expected.root,
        body_digest=check.body_digest,
        text_digest=check.text_digest,
        content=target.getvalue(),
        seal=_VERIFIED,
    )


def open_to_file(
    *, capsule: bytes, body: BinaryIO, identity: Identity, expected: ExpectedRecord, path: pathlib.Path
) -> VerifiedFile:
    """Open a body of any size into the file `path`, which appears by rename once every check passed.

    Until then the plaintext stands in a file beside it that only its owner may read, and that goes
    with any error. A file that is there already is replaced at the end, or stays as it was.

    Raises:
        CannotWriteTarget, TargetUnwritable: No place for it.
        BodyUnreadable: The body cannot be read to its end.
        As `open_document`.
    """
    try:
        with appearing(path) as target:
            check = _open(capsule, body, identity, expected, target, None)
    except OSError as error:
        raise TargetUnwritable(path=path, why=error.strerror or "the disk fails") from error
    return VerifiedFile(
        manifest=check.manifest,
        leaf=expected.leaf,
        root=expected.root,
        body_digest=check.body_digest,
        text_digest=check.text_digest,
        path=path,
        seal=_VERIFIED,
    )


@dataclass(frozen=True, slots=True)
class _Checked:
    manifest: Manifest
    body_digest: Bytes32
    text_digest: Bytes32


def _open(
    capsule: bytes, body: BinaryIO, identity: Identity, expected: ExpectedRecord, target: BinaryIO, limit: int | None
) -> _Checked:
    """Decrypt into `target`, which nobody may look at unless this returns."""
    verify(root=expected.root, leaf=expected.leaf, proof=expected.proof)  # [O-003]
    file_key = open_header(capsule, [identity])
    source = _DigestingSource(body)
    sink = _CheckingSink(expected, target, limit)
    try:
        decrypt_payload(file_key, cast("BinaryIO", source), cast("BinaryIO", sink))
        manifest, text_digest = sink.finish()
    except IntegrityError as error:
        # Another body explains every fault inside it.
        if expected.body_digest not in (None, source.digest_to_the_end()):
            raise BodyMismatch from error
        if isinstance(error, PayloadDamaged) and expected.body_digest is not None:
            raise CapsuleMismatch from error
        raise
    body_digest = source.digest_to_the_end()
    if expected.body_digest not in (None, body_digest):
        raise BodyMismatch
    if manifest.leaf(text_digest=text_digest, body_digest=body_digest) != expected.leaf:  # [O-001, O-002]
        raise LeafMismatch(leaf=to_hex(expected.leaf))
    return _Checked(manifest, body_digest, text_digest)


class _DigestingSource:
    """Passes bytes on and keeps their SHA-256."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._hash = hashlib.sha256()

    def read(self, size: int, /) -> bytes:
        try:
            part = self._source.read(size)
        except OSError as error:
            raise BodyUnreadable(why=error.strerror or "the disk fails") from error
        self._hash.update(part)
        return part

    def digest_to_the_end(self) -> Bytes32:
        """Return the SHA-256 of everything, what nobody read yet too."""
        while self.read(_BLOCK):
            pass
        return self._hash.digest()


class _CheckingSink:
    """Takes the plaintext apart as it comes: manifest, document, pad."""

    def __init__(self, expected: ExpectedRecord, target: BinaryIO, limit: int | None) -> None:
        self._expected = expected
        self._target = target
        self._limit = limit
        self._line = bytearray()
        self._manifest: Manifest | None = None
        self._left = 0
        self._pad = 0
        self._hash = hashlib.sha256()

    def write(self, part: bytes | memoryview, /) -> int:
        """Take the next bytes of the plaintext."""
        size = len(part)
        rest = memoryview(part)
        if self._manifest is None:
            rest = self._take_line(rest)
        document, pad = rest[: self._left], rest[self._left :]
        if document:
            self._hash.update(document)
            self._target.write(document)
            self._left -= len(document)
        if pad:
            if bytes(pad).strip(LINE_FEED):  # [O-001, O-004]
                raise PadForeign
            self._pad -= len(pad)
            if self._pad < 0:  # [O-001, O-004]
                raise PadWrongSize
        return size

    def finish(self) -> tuple[Manifest, Bytes32]:
        """Return the manifest and the document's SHA-256, once the plaintext came to its end."""
        if self._manifest is None:
            raise ManifestMalformed(why="its line does not end")
        if self._left:  # [O-001]
            raise TextTruncated
        if self._pad:  # [O-001]
            raise PadWrongSize
        return self._manifest, self._hash.digest()

    def _take_line(self, part: memoryview) -> memoryview:
        """Collect the first line; return what follows it."""
        head = bytes(part[: LARGEST_MANIFEST + 1 - len(self._line)])
        end = head.find(LINE_FEED)
        if end < 0:
            self._line += head
            if len(self._line) > LARGEST_MANIFEST:
                raise ManifestMalformed(why="its line does not end")
            return part[len(part) :]
        self._line += head[:end]
        manifest = Manifest.from_bytes(bytes(self._line))
        self._compare(manifest)  # [O-001, O-002]
        if self._limit is not None and manifest.length > self._limit:
            raise DocumentTooLarge(limit=self._limit)
        self._manifest = manifest
        self._left = manifest.length
        self._pad = plaintext_length(len(self._line), manifest.length) - len(self._line) - 1 - manifest.length
        return part[end + 1 :]

    def _compare(self, manifest: Manifest) -> None:
        expected = self._expected
        if manifest.chain_id != expected.chain_id:
            raise OtherChain
        if manifest.registry != expected.registry:
            raise OtherRegistry
        if manifest.patient != expected.patient:
            raise OtherPatient
        if manifest.provider != expected.provider:
            raise OtherProvider
        if manifest.category != expected.category:
            raise OtherCategory
