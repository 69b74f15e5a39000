"""The store on a Kubo node, by its RPC through `ipfshttpclient`.

The node is not trusted: every block is hashed here before a byte of it is given out, and the CID of
what is put is computed here too. The form of the tree is asked for in each request, so the profile in
the node's own settings does not matter.

`ipfshttpclient.connect` refuses every current Kubo by its number, so the client is constructed directly
and the version is checked here.
"""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import ipfshttpclient
from ipfshttpclient import exceptions as theirs

from medshare.store.cid import RAW, Cid
from medshare.store.dag import CHUNK, WIDTH, Readable, block_cids, blocks_of, open_body
from medshare.store.errors import (
    BlockCorrupted,
    BlockMissing,
    BodyNotFound,
    BodyPinned,
    CidDisagreement,
    NodeAddressMalformed,
    NodeForeign,
    NodeRefused,
    NodeSlow,
    NodeUnreachable,
    NodeUntested,
)
from medshare.store.kubo_facts import NodeFacts
from medshare.store.protocol import DEFAULT_LIMIT

TESTED = ("0.43",)
"""Major and minor numbers of the Kubo versions that the live tests pass with."""

# The library hands urllib3 2 a parameter that it ignores; a user can do nothing about that.
warnings.filterwarnings("ignore", message="The 'strict' parameter is no longer needed", category=FutureWarning)

_ABSENT = re.compile("context deadline exceeded|could not find|not found|no providers")
_DAMAGED = re.compile("different hash than requested")
_GRACE = 5.0
"""Seconds that the client waits longer than it asks the node to."""
_SLICE = 2**16
"""Bytes of a body handed to the socket at a time."""


class KuboStore:
    """A `Store` on one Kubo node. Nothing is asked of the node until the first call."""

    def __init__(self, node: str, *, fetch_seconds: float = 10.0, put_seconds: float = 300.0) -> None:
        """Name the node; nothing is sent yet.

        Args:
            node: The multiaddress of its RPC, such as `/ip4/127.0.0.1/tcp/5001`.
            fetch_seconds: How long the node may look for a block. An unknown CID is silence, not "no".
            put_seconds: How long the node may take to acknowledge a body that it was sent.

        Raises:
            NodeAddressMalformed: `node` is not a multiaddress of TCP.
        """
        self._node = node
        self._fetch_seconds = fetch_seconds
        self._put_seconds = put_seconds
        self._version: str | None = None
        try:
            self._raw_client = ipfshttpclient.Client(node, chunk_size=_SLICE, timeout=fetch_seconds + _GRACE)
        except theirs.AddressError as error:
            raise NodeAddressMalformed(node=node) from error

    def put(self, body: bytes | Readable) -> str:
        """Store and pin `body`; return its CID, on which the node and this program agree."""
        upload = _Upload(body)
        with self._translated(seconds=self._put_seconds) as client:
            answer = client.add(
                upload,
                raw_leaves=True,
                cid_version=1,
                chunker=f"size-{CHUNK}",
                pin=True,
                timeout=self._put_seconds,
                opts={"max-file-links": str(WIDTH)},
            )
        ours, found = str(upload.root), str(answer.as_json().get("Hash"))
        if found != ours:
            raise CidDisagreement(theirs=found, ours=ours)
        return ours

    def put_each(self, bodies: Sequence[bytes]) -> None:
        """Store and pin each of `bodies`."""
        for body in bodies:
            self.put(body)

    def restore(self, body: bytes) -> str:
        """Put `body` in the place of a damaged copy.

        The node never writes a block that it believes to have, so its own are taken away first.
        """
        blocks = [str(block.cid) for block in blocks_of(body)]
        self.unpin(blocks[-1])
        for block in dict.fromkeys(blocks):
            self._remove(block)
        return self.put(body)

    def get(self, cid: str, *, limit: int = DEFAULT_LIMIT) -> io.BufferedReader:
        """Return a reader over the verified body; the node fetches what it lacks, block by block."""
        root = Cid.parse(cid)
        return open_body(root, lambda block: self._fetch(block, root), limit=limit)

    def has(self, cid: str) -> bool:
        """Return whether the node itself holds every block of the body."""
        root = Cid.parse(cid)
        try:
            for block in block_cids(root, lambda node: self._fetch(node, root, offline=True)):
                with self._translated(absent=BodyNotFound(cid=cid)) as client:
                    client.block.stat(str(block), offline=True)
        except (BodyNotFound, BlockMissing):
            return False
        return True

    def pin(self, cid: str) -> None:
        """Pin the body; the node fetches what it lacks."""
        Cid.parse(cid)
        with self._translated(absent=BodyNotFound(cid=cid)) as client:
            client.pin.add(cid, opts={"timeout": f"{self._fetch_seconds}s"})

    def unpin(self, cid: str) -> None:
        """Unpin the body."""
        Cid.parse(cid)
        if self._pinned(cid):
            with self._translated() as client:
                client.pin.rm(cid)

    def delete(self, cid: str) -> None:
        """Remove the node's own copy. Blocks that another pinned body needs stay."""
        root = Cid.parse(cid)
        if self._pinned(cid):
            raise BodyPinned(cid=cid)
        with contextlib.suppress(BodyNotFound, BlockMissing):
            for block in tuple(block_cids(root, lambda node: self._fetch(node, root, offline=True))):
                self._remove(str(block))

    def list(self) -> Iterator[str]:
        """Give the CIDs of all pinned bodies, in order; what others pinned in another form is left out."""
        with self._translated() as client:
            pins = client.pin.ls(type="recursive").as_json()
        return iter(sorted(name for name in pins.get("Keys") or {} if name.startswith("b") and len(name) == 59))

    def facts(self) -> NodeFacts:
        """Return what the node says of its settings.

        Raises:
            NodeUnreachable, NodeSlow, NodeRefused, NodeForeign, NodeUntested: It says nothing that can be used.
        """
        with self._translated() as client:
            config, node = client.config.get().as_json(), client.id().as_json()
            bootstrap, repo = client.bootstrap.list().as_json(), client.repo.stat().as_json()
        if not all(isinstance(answer, dict) for answer in (config, node, bootstrap, repo)):
            raise NodeForeign(node=self._node)
        return NodeFacts(
            config=config,
            addresses=tuple(str(one) for one in node.get("Addresses") or ()),
            bootstrap=tuple(str(one) for one in bootstrap.get("Peers") or ()),
            size=int(repo.get("RepoSize", 0)),
            most=int(repo.get("StorageMax", 0)),
        )

    def _remove(self, block: str) -> None:
        with self._translated() as client:
            # The library has no method for this command; the node answers "pinned" for blocks in use.
            client._client.request("/block/rm", (block,), opts={"force": "true"})  # noqa: SLF001

    def _pinned(self, cid: str) -> bool:
        absent = BodyNotFound(cid=cid)
        try:
            with self._translated(absent=absent, marks=re.compile("is not pinned")) as client:
                client.pin.ls(cid, type="recursive")
        except BodyNotFound:
            return False
        return True

    def _fetch(self, cid: Cid, root: Cid, *, offline: bool = False) -> bytes:
        absent = BodyNotFound(cid=str(cid)) if cid == root else BlockMissing(cid=str(cid))
        with self._translated(absent=absent, damaged=BlockCorrupted(cid=str(cid))) as client:
            block = client.block.get(str(cid), opts={"timeout": f"{self._fetch_seconds}s"}, offline=offline)
        return bytes(block)

    def _checked(self) -> Any:
        """Return the client, once the node's version is known to be a tested one."""
        if self._version is None:
            version = str(self._raw_client.version().as_json().get("Version"))
            if ".".join(version.split(".")[:2]) not in TESTED:
                raise NodeUntested(node=self._node, found=version, tested=", ".join(f"{name}.x" for name in TESTED))
            self._version = version
        return self._raw_client

    @contextlib.contextmanager
    def _translated(
        self,
        *,
        absent: BodyNotFound | BlockMissing | None = None,
        marks: re.Pattern[str] = _ABSENT,
        damaged: BlockCorrupted | None = None,
        seconds: float | None = None,
    ) -> Iterator[Any]:
        """Give the client, and turn what it raises into our own; `absent` if the answer has `marks`.

        `damaged` is for a node that hashes what it reads: it finds the damage before this program does.
        """
        try:
            yield self._checked()
        except theirs.TimeoutError as error:
            raise NodeSlow(node=self._node, seconds=seconds or self._fetch_seconds + _GRACE) from error
        except theirs.ErrorResponse as error:
            why = str(error)
            if absent is not None and marks.search(why):
                raise absent from error
            if damaged is not None and _DAMAGED.search(why):
                raise damaged from error
            raise NodeRefused(node=self._node, why=why[:200]) from error
        except theirs.ConnectionError as error:
            raise NodeUnreachable(node=self._node) from error
        except (theirs.StatusError, theirs.ProtocolError, theirs.EncoderError) as error:
            raise NodeForeign(node=self._node) from error
        except OSError as error:  # requests' own, from a connection that breaks in the middle
            raise NodeUnreachable(node=self._node) from error


class _Upload:
    """A body as the HTTP client reads it, whose tree is computed on the way.

    It has no `name`, or the library would tell the node the path of the file.
    """

    def __init__(self, body: bytes | Readable) -> None:
        self._blocks = blocks_of(body)
        self._left = memoryview(b"")
        self.root: Cid | None = None

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes of the body."""
        while not self._left:
            block = next(self._blocks, None)
            if block is None:
                return b""
            self.root = block.cid
            if block.cid.codec == RAW:
                self._left = memoryview(block.data)
        size = len(self._left) if size < 0 else size
        part, self._left = self._left[:size], self._left[size:]
        return bytes(part)
