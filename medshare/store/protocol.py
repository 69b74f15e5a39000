"""The seam of the store: what MedShare asks of the place where bodies lie."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Protocol

from medshare.store.dag import Readable

DEFAULT_LIMIT = 64 * 2**20
"""Bytes that `get` allows unless told otherwise: more than any clinical document, less than an imaging study."""


class Store(Protocol):
    """Bodies by CID. A body is ciphertext; the store learns its size and nothing else.

    A pin is a mark, set or not: putting or pinning twice changes nothing, so that a step that is
    repeated after a failure leaves no trace.
    """

    def put(self, body: bytes | Readable) -> str:
        """Store and pin `body`; return its CID as text. A body larger than memory is streamed.

        Raises:
            StoreFull: No room. Nothing of the body stays.
            UnreachableError: The store does not answer.
        """
        ...

    def put_each(self, bodies: Sequence[bytes]) -> None:
        """Store and pin bodies that are in memory: as `put` of each, and cheaper. An error may leave some of them.

        Raises:
            As `put`.
        """
        ...

    def restore(self, body: bytes) -> str:
        """Put a whole `body` in the place of a copy that is lost or damaged, and pin it; return its CID.

        Between taking the damaged copy away and putting the whole one there may be none: whoever calls has the body.

        Raises:
            As `put`.
        """
        ...

    def get(self, cid: str, *, limit: int = DEFAULT_LIMIT) -> io.BufferedReader:
        """Return a seekable reader that gives only bytes it has verified against `cid`.

        Raises:
            CidMalformed: `cid` is not a CID in the one accepted form.
            BodyNotFound: The store does not have it.
            BodyTooLarge: It has more than `limit` bytes; nothing was read.
            BlockCorrupted, BlockMissing, TreeForeign: Also later, while reading.
        """
        ...

    def has(self, cid: str) -> bool:
        """Return whether the store itself holds the body, without asking others for it."""
        ...

    def pin(self, cid: str) -> None:
        """Keep the body until it is unpinned. A networked store may fetch it for this.

        Raises:
            BodyNotFound: The store neither has it nor gets it.
        """
        ...

    def unpin(self, cid: str) -> None:
        """Take the mark away, if there is one. The bytes stay until they are deleted or collected."""
        ...

    def delete(self, cid: str) -> None:
        """Remove the store's own copy, if there is one. Blocks that another body needs stay.

        Raises:
            BodyPinned: Unpin it first.
        """
        ...

    def list(self) -> Iterator[str]:
        """Give the CIDs of all pinned bodies, in order."""
        ...
