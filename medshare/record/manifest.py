"""The plaintext of a body: two lines and a pad (design, section 5).

::

    manifest    canonical JSON (RFC 8785), which never holds a line feed
    LF
    document    exactly `length` bytes, line feeds and all
    LF LF ...   at least one, up to Padmé(max(L, 2048)) bytes in all,
                where L = len(manifest) + 1 + length + 1

`length` alone tells where the document ends: a document may begin, end or be made of line feeds. There
is one plaintext for a manifest and a document; nothing in it is chosen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from medshare import canonical_json
from medshare.hexadecimal import Address, Bytes32, NotAnAddress, NotHex, address, from_hex, to_hex
from medshare.record.errors import FactsInvalid, ManifestMalformed
from medshare.record.leaf import NO_PREVIOUS, inner_hash, leaf_hash, text_hash
from medshare.record.padding import padded_length

VERSION = 1
LARGEST_MANIFEST = 4096
"""Bytes. A manifest has some 700."""
LARGEST_CHAIN_ID = LARGEST_LENGTH = 2**53 - 1
"""The largest integer that canonical JSON writes as a number."""
LAST_CATEGORY = 23
"""Folders (24 to 31) are other doors to a document, never its category."""
LAST_VERSION = 2**32 - 1
LINE_FEED = b"\n"

_NAME = "[a-z0-9][a-z0-9!#$&^_.+-]{0,63}"
_PARAMETER = "; [A-Za-z0-9-]{1,32}=[A-Za-z0-9._+-]{1,64}"
_MEDIA_TYPE = re.compile(rf"{_NAME}/{_NAME}(?:{_PARAMETER}){{0,4}}\Z")
_KEYS = frozenset(
    {
        *("v", "chainId", "registry", "patient", "provider", "category", "recordId", "version"),
        *("previousLeaf", "salt", "mediaType", "length"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFacts:
    """What a writer says of a document before it is sealed.

    Raises on creation:
        FactsInvalid: A field is out of its range.
    """

    chain_id: int
    registry: Address
    """The RecordRegistry that anchors the leaf."""
    patient: Address
    provider: Address
    category: int = field(repr=False)
    """0 to 23."""
    record_id: Bytes32
    """32 random bytes; all versions of a document share them."""
    version: int
    """From 1."""
    previous_leaf: Bytes32 = NO_PREVIOUS
    """The leaf of the version before; zeros for the first version only."""
    media_type: str

    def __post_init__(self) -> None:
        _check_address("registry", self.registry)
        _check_address("patient", self.patient)
        _check_address("provider", self.provider)
        _check_range("chainId", self.chain_id, 1, LARGEST_CHAIN_ID)
        _check_range("category", self.category, 0, LAST_CATEGORY)
        _check_range("version", self.version, 1, LAST_VERSION)
        _check_32("recordId", self.record_id)
        _check_32("previousLeaf", self.previous_leaf)
        if (self.version == 1) != (self.previous_leaf == NO_PREVIOUS):
            raise FactsInvalid(why="the first version, and only the first, replaces nothing")
        _check_media_type(self.media_type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest(RecordFacts):
    """The first line of a plaintext: the facts, the salt and the document's length in bytes."""

    salt: Bytes32 = field(repr=False)
    """32 random bytes, new for every version. It leaves the body for nobody but the reader."""
    length: int

    def __post_init__(self) -> None:
        # A dataclass with slots is made twice, so a bare super() would look in the wrong class.
        RecordFacts.__post_init__(self)
        _check_32("salt", self.salt)
        _check_range("length", self.length, 0, LARGEST_LENGTH)

    @classmethod
    def of(cls, facts: RecordFacts, *, salt: Bytes32, length: int) -> Manifest:
        """Return the manifest of a document of `length` bytes with these facts."""
        return cls(
            chain_id=facts.chain_id,
            registry=facts.registry,
            patient=facts.patient,
            provider=facts.provider,
            category=facts.category,
            record_id=facts.record_id,
            version=facts.version,
            previous_leaf=facts.previous_leaf,
            media_type=facts.media_type,
            salt=salt,
            length=length,
        )

    @classmethod
    def from_bytes(cls, line: bytes) -> Manifest:
        """Return the manifest that `line` writes; there is one way to write it.

        Raises:
            ManifestMalformed: Not canonical JSON, other keys, or a field out of its range.
        """
        try:
            value = canonical_json.loads(line, limit=LARGEST_MANIFEST)
        except canonical_json.NotCanonical as error:
            raise ManifestMalformed(why="it is not canonical JSON") from error
        if not isinstance(value, dict) or value.keys() != _KEYS:
            raise ManifestMalformed(why="it has other keys than a manifest")
        if value["v"] is True or value["v"] != VERSION:
            raise ManifestMalformed(why="it is of another version")
        try:
            return cls(
                chain_id=value["chainId"],
                registry=value["registry"],
                patient=value["patient"],
                provider=value["provider"],
                category=value["category"],
                record_id=_bytes32("recordId", value["recordId"]),
                version=value["version"],
                previous_leaf=_bytes32("previousLeaf", value["previousLeaf"]),
                media_type=value["mediaType"],
                salt=_bytes32("salt", value["salt"]),
                length=value["length"],
            )
        except FactsInvalid as error:
            raise ManifestMalformed(**error.facts) from error

    def to_bytes(self) -> bytes:
        """Return the line, without its line feed."""
        return canonical_json.dumps(
            {
                "v": VERSION,
                "chainId": self.chain_id,
                "registry": self.registry,
                "patient": self.patient,
                "provider": self.provider,
                "category": int(self.category),
                "recordId": to_hex(self.record_id),
                "version": self.version,
                "previousLeaf": to_hex(self.previous_leaf),
                "salt": to_hex(self.salt),
                "mediaType": self.media_type,
                "length": self.length,
            }
        )

    def text(self, text_digest: Bytes32) -> Bytes32:
        """Return the hash `text` for a document of this SHA-256."""
        return text_hash(
            category=self.category,
            record_id=self.record_id,
            version=self.version,
            text_digest=text_digest,
            salt=self.salt,
        )

    def inner(self, *, text_digest: Bytes32, body_digest: Bytes32) -> Bytes32:
        """Return the hash `inner` for a document and a body of these SHA-256."""
        return inner_hash(body_digest=body_digest, previous_leaf=self.previous_leaf, text=self.text(text_digest))

    def leaf(self, *, text_digest: Bytes32, body_digest: Bytes32) -> Bytes32:
        """Return the leaf for a document and a body of these SHA-256."""
        return leaf_hash(patient=self.patient, inner=self.inner(text_digest=text_digest, body_digest=body_digest))


def plaintext_length(line: int, document: int) -> int:
    """Return the bytes of the whole plaintext for a manifest line and a document of these lengths."""
    return padded_length(line + 1 + document + 1)


def _check_address(name: str, value: object) -> None:
    try:
        address(value)
    except NotAnAddress as error:
        raise FactsInvalid(why=f"{name} is not an address") from error


def _check_range(name: str, value: Any, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise FactsInvalid(why=f"{name} is not an integer from {least} to {most}")


def _check_media_type(value: object) -> None:
    if not isinstance(value, str) or not _MEDIA_TYPE.match(value):
        raise FactsInvalid(why="mediaType is not a media type in lower case")


def _check_32(name: str, value: object) -> None:
    if not isinstance(value, bytes) or len(value) != 32:
        raise FactsInvalid(why=f"{name} is not 32 bytes")


def _bytes32(name: str, value: object) -> Bytes32:
    try:
        return from_hex(value, 32)
    except NotHex as error:
        raise FactsInvalid(why=f"{name} is not 32 bytes in hex") from error
