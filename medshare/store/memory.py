"""The store's twin: bodies in a dictionary."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from medshare.store.cid import Cid
from medshare.store.dag import Readable, blocks_of, open_body
from medshare.store.errors import BlockMissing, BodyNotFound, BodyPinned
from medshare.store.protocol import DEFAULT_LIMIT


class MemoryStore:
    """A `Store` that lives as long as the process; for tests and simulations."""

    def __init__(self) -> None:
        self.blocks: dict[Cid, bytes] = {}
        """The bytes by CID, open to tests that damage them."""
        self._bodies: dict[Cid, frozenset[Cid]] = {}
        self._pinned: set[Cid] = set()

    def put(self, body: bytes | Readable) -> str:
        """Store and pin `body`; return its CID."""
        blocks = {block.cid: block.data for block in blocks_of(body)}
        root = next(reversed(blocks))
        self.blocks.update(blocks)
        self._bodies[root] = frozenset(blocks)
        self._pinned.add(root)
        return str(root)

    def put_each(self, bodies: Sequence[bytes]) -> None:
        """Store and pin each of `bodies`."""
        for body in bodies:
            self.put(body)

    def restore(self, body: bytes) -> str:
        """Put `body` in the place of a damaged copy: putting replaces its blocks."""
        return self.put(body)

    def get(self, cid: str, *, limit: int = DEFAULT_LIMIT) -> io.BufferedReader:
        """Return a reader over the verified body."""
        return open_body(self._known(cid), self._fetch, limit=limit)

    def has(self, cid: str) -> bool:
        """Return whether the body is here."""
        return Cid.parse(cid) in self._bodies

    def pin(self, cid: str) -> None:
        """Pin a body that is here."""
        self._pinned.add(self._known(cid))

    def unpin(self, cid: str) -> None:
        """Unpin the body."""
        self._pinned.discard(Cid.parse(cid))

    def delete(self, cid: str) -> None:
        """Remove the body and the blocks that no other body needs."""
        root = Cid.parse(cid)
        if root in self._pinned:
            raise BodyPinned(cid=cid)
        gone = self._bodies.pop(root, frozenset())
        for block in gone.difference(*self._bodies.values()):
            self.blocks.pop(block, None)

    def list(self) -> Iterator[str]:
        """Give the CIDs of all pinned bodies, in order."""
        return iter(sorted(map(str, self._pinned)))

    def _known(self, cid: str) -> Cid:
        root = Cid.parse(cid)
        if root not in self._bodies:
            raise BodyNotFound(cid=cid)
        return root

    def _fetch(self, cid: Cid) -> bytes:
        try:
            return self.blocks[cid]
        except KeyError as error:
            raise BlockMissing(cid=str(cid)) from error
