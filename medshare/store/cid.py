"""Names of blocks: CIDv1 with SHA-256, as base32 text.

Source: the CID and multihash specifications (multiformats). One form only: version 1, codec raw or
dag-pb, SHA-256 of 32 bytes, multibase `b` (lower-case base32 of RFC 4648 without padding).
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from medshare.digest import sha256
from medshare.store.errors import BlockCorrupted, CidMalformed

RAW = 0x55
"""Codec of a leaf: the block is the bytes themselves."""
DAG_PB = 0x70
"""Codec of a node: a dag-pb list of links."""

_CODECS = (RAW, DAG_PB)
_SHA256 = b"\x12\x20"
_TEXT = re.compile(r"b[a-z2-7]{58}\Z")


@dataclass(frozen=True, slots=True, order=True)
class Cid:
    """The name of one block, and of the body whose tree it is the root of."""

    codec: int
    digest: bytes

    @classmethod
    def of(cls, codec: int, block: bytes) -> Cid:
        """Return the name of `block`."""
        return cls(codec, sha256(block))

    @classmethod
    def parse(cls, text: object) -> Cid:
        """Return the CID that `text` writes.

        Raises:
            CidMalformed: It is not text in the one accepted form.
        """
        if not isinstance(text, str) or not _TEXT.match(text):
            raise CidMalformed(why="not 59 characters of base32")
        data = base64.b32decode(text[1:].upper() + "======")
        cid = cls.from_bytes(data)
        # 58 characters hold 290 bits, two more than 36 bytes: only zeros may stand there.
        if str(cid) != text:
            raise CidMalformed(why="its last character carries bits of no byte")
        return cid

    @classmethod
    def from_bytes(cls, data: bytes) -> Cid:
        """Return the CID in binary `data` of 36 bytes.

        Raises:
            CidMalformed: Another version, codec, hash or length.
        """
        if len(data) != 36 or data[0] != 1 or data[1] not in _CODECS or data[2:4] != _SHA256:
            raise CidMalformed(why="not version 1 with raw or dag-pb and SHA-256")
        return cls(data[1], data[4:])

    def to_bytes(self) -> bytes:
        """Return the binary form, 36 bytes."""
        return bytes((1, self.codec)) + _SHA256 + self.digest

    def __str__(self) -> str:
        return "b" + base64.b32encode(self.to_bytes()).decode("ascii").rstrip("=").lower()

    def check(self, block: bytes) -> None:
        """Check that `block` is what this CID names.

        Raises:
            BlockCorrupted: It hashes to something else.
        """
        if sha256(block) != self.digest:
            raise BlockCorrupted(cid=str(self))
