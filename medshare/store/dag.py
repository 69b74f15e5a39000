"""The tree of blocks under a body, by the profile `unixfs-v1-2025`.

Source: IPIP-499 (UnixFS CID profiles) and the UnixFS and dag-pb specifications. Chunks of 1 MiB; raw
leaves; a balanced tree of nodes with up to 1,024 links; a body of one chunk is its own root. The size
of a body alone decides the shape of its tree, and a reader accepts no other: a hostile tree cannot make
it fetch more blocks than the size it declares.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from medshare.store.cid import DAG_PB, RAW, Cid
from medshare.store.errors import BodyTooLarge, CidMalformed, TreeForeign

CHUNK = 2**20
"""Bytes in every leaf but the last."""
WIDTH = 1024
"""Links in every node but the last of its level."""
LARGEST_NODE = 2**17
"""Bytes. A node of 1,024 links has less than 64 KiB."""

_FILE = b"\x08\x02"  # UnixFS Type = File


class Readable(Protocol):
    """Something that gives bytes when asked, `b""` at its end."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a body's tree."""

    cid: Cid
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Link:
    cid: Cid
    size: int
    """Bytes of the body under it."""
    total: int
    """Bytes of all blocks under it, itself too (dag-pb calls it Tsize)."""


def blocks_of(body: bytes | Readable) -> Iterator[Block]:
    """Give the blocks of `body` as they become known, the root last. Memory: one chunk and its links."""
    stream = io.BytesIO(body) if isinstance(body, bytes) else body
    levels: list[list[_Link]] = [[]]
    first = True
    while (chunk := _fill(stream)) or first:
        first = False
        cid = Cid.of(RAW, chunk)
        yield Block(cid, chunk)
        levels[0].append(_Link(cid, len(chunk), len(chunk)))
        level = 0
        while len(levels[level]) == WIDTH:
            yield _collapse(levels, level)
            level += 1
    level = 0
    while level < len(levels) - 1 or len(levels[level]) > 1:
        if levels[level]:
            yield _collapse(levels, level)
        level += 1


def cid_of(body: bytes | Readable) -> str:
    """Return the CID of `body` as text, without keeping anything."""
    cid = None
    for block in blocks_of(body):
        cid = block.cid
    return str(cid)


def block_cids(root: Cid, fetch: Callable[[Cid], bytes]) -> Iterator[Cid]:
    """Give the CID of every block under `root`, itself last; only nodes are fetched.

    Raises:
        BlockCorrupted, TreeForeign: A node is not what its CID says, or not of a body.
    """
    yield from _cids_under(root, fetch, None)


def open_body(root: Cid, fetch: Callable[[Cid], bytes], *, limit: int) -> io.BufferedReader:
    """Return a seekable reader over the body under `root` that gives only bytes it has verified.

    Raises:
        BodyTooLarge: The body has more than `limit` bytes; nothing but the root was fetched.
        BlockCorrupted, TreeForeign: Also later, while reading.
    """
    return io.BufferedReader(_BodyReader(root, fetch, limit), CHUNK)


def _cids_under(cid: Cid, fetch: Callable[[Cid], bytes], place: _Place | None) -> Iterator[Cid]:
    if cid.codec == DAG_PB:
        node = _node(cid, fetch, place)
        for link in node.links:
            yield from _cids_under(link.cid, fetch, _Place(link.size, node.span // WIDTH))
    yield cid


def _fill(stream: Readable) -> bytes:
    """Read one whole chunk, however little the stream gives at a time."""
    chunk = stream.read(CHUNK)
    if not chunk or len(chunk) == CHUNK:
        return chunk
    parts = bytearray(chunk)
    while len(parts) < CHUNK and (chunk := stream.read(CHUNK - len(parts))):
        parts += chunk
    return bytes(parts)


def _collapse(levels: list[list[_Link]], level: int) -> Block:
    """Move the links of a level under one node of the level above."""
    data = _encode(levels[level])
    cid = Cid.of(DAG_PB, data)
    size = sum(link.size for link in levels[level])
    total = len(data) + sum(link.total for link in levels[level])
    levels[level] = []
    if level + 1 == len(levels):
        levels.append([])
    levels[level + 1].append(_Link(cid, size, total))
    return Block(cid, data)


def _encode(links: Sequence[_Link]) -> bytes:
    """Return the dag-pb node over `links`: links first, then the UnixFS data, as Kubo writes it."""
    node = bytearray()
    for link in links:
        # PBLink: 1 Hash, 2 Name (empty, and written), 3 Tsize.
        entry = b"\x0a\x24" + link.cid.to_bytes() + b"\x12\x00\x18" + _varint(link.total)
        node += b"\x12" + _varint(len(entry)) + entry
    # UnixFS Data: 1 Type, 3 filesize, 4 blocksizes.
    data = bytearray(_FILE + b"\x18" + _varint(sum(link.size for link in links)))
    for link in links:
        data += b"\x20" + _varint(link.size)
    return bytes(node + b"\x0a" + _varint(len(data)) + data)


@dataclass(frozen=True, slots=True)
class _Place:
    """What the parent of a node demands of it."""

    size: int
    """Bytes of the body under the node."""
    span: int
    """Bytes under each of its links but the last."""


@dataclass(frozen=True, slots=True)
class _Node:
    links: tuple[_Link, ...]
    span: int


def _node(cid: Cid, fetch: Callable[[Cid], bytes], place: _Place | None) -> _Node:
    """Return the node `cid`, which must have the shape that its place in the tree demands."""
    data = fetch(cid)
    cid.check(data)
    if len(data) > LARGEST_NODE:
        raise TreeForeign(cid=str(cid), why="a node is too large")
    links = _decode(cid, data)
    if _encode(links) != data:
        raise TreeForeign(cid=str(cid), why="a node is not in its one form")
    size = sum(link.size for link in links)
    if place is None:
        if size <= CHUNK:
            raise TreeForeign(cid=str(cid), why="a body of one chunk has no node")
        place = _Place(size, _span(size))
    whole, rest = divmod(place.size, place.span)
    if whole > WIDTH or [link.size for link in links] != [place.span] * whole + [rest] * (rest > 0):
        raise TreeForeign(cid=str(cid), why="the tree has another shape")
    codec = RAW if place.span == CHUNK else DAG_PB
    if any(link.cid.codec != codec for link in links):
        raise TreeForeign(cid=str(cid), why="a link leads to the wrong kind of block")
    return _Node(links, place.span)


def _span(size: int) -> int:
    """Return how many bytes each full child of a root over `size` bytes covers."""
    span = CHUNK
    while span * WIDTH < size:
        span *= WIDTH
    return span


class _Fields:
    """Reads protobuf fields one after the other."""

    def __init__(self, cid: Cid, data: bytes) -> None:
        self._cid = cid
        self._data = data
        self._at = 0

    @property
    def left(self) -> bool:
        return self._at < len(self._data)

    def next_is(self, key: int) -> bool:
        return self._data[self._at : self._at + 1] == bytes((key,))

    def number(self, key: int) -> int:
        self._key(key)
        return self._varint()

    def bytes(self, key: int) -> bytes:
        self._key(key)
        length = self._varint()
        value = self._data[self._at : self._at + length]
        if len(value) != length:
            raise TreeForeign(cid=str(self._cid), why="a node ends too early")
        self._at += length
        return value

    def _key(self, key: int) -> None:
        if not self.next_is(key):
            raise TreeForeign(cid=str(self._cid), why="a node has a field that bodies have not")
        self._at += 1

    def _varint(self) -> int:
        value = 0
        for shift in range(0, 63, 7):
            if self._at >= len(self._data):
                raise TreeForeign(cid=str(self._cid), why="a node ends too early")
            byte = self._data[self._at]
            self._at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise TreeForeign(cid=str(self._cid), why="a node has a number that is too long")


def _decode(cid: Cid, data: bytes) -> tuple[_Link, ...]:
    fields = _Fields(cid, data)
    targets = []
    while fields.next_is(0x12):
        entry = _Fields(cid, fields.bytes(0x12))
        try:
            target = Cid.from_bytes(entry.bytes(0x0A))
        except CidMalformed as error:
            raise TreeForeign(cid=str(cid), why="a link has a foreign CID") from error
        entry.bytes(0x12)
        targets.append((target, entry.number(0x18)))
    unixfs = _Fields(cid, fields.bytes(0x0A))
    unixfs.number(0x08)
    unixfs.number(0x18)
    sizes = []
    while unixfs.left:
        sizes.append(unixfs.number(0x20))
    if len(sizes) != len(targets) or len(targets) < 1:
        raise TreeForeign(cid=str(cid), why="a node has not as many sizes as links")
    return tuple(_Link(target, size, total) for (target, total), size in zip(targets, sizes, strict=True))


def _varint(value: int) -> bytes:
    """Return `value` as protobuf writes it: seven bits a byte, the lowest first."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


class _BodyReader(io.RawIOBase):
    """Random access over verified leaves; holds one leaf and one node a level."""

    def __init__(self, root: Cid, fetch: Callable[[Cid], bytes], limit: int) -> None:
        super().__init__()
        self._fetch = fetch
        self._root = root
        self._nodes: dict[int, tuple[Cid, _Node]] = {}
        self._leaf: tuple[Cid, bytes] | None = None
        self._at = 0
        if root.codec == RAW:
            self._size = len(self._leaf_of(root, None))
        else:
            self._size = sum(link.size for link in self._node(0, root, None).links)
        if self._size > limit:
            raise BodyTooLarge(cid=str(root), size=self._size, limit=limit)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if self._at >= self._size:
            return 0
        leaf = self._leaf_at(self._at)
        part = leaf[self._at % CHUNK :][: len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)

    def _leaf_at(self, offset: int) -> bytes:
        cid, level = self._root, 0
        place: _Place | None = None
        while cid.codec == DAG_PB:
            node = self._node(level, cid, place)
            number, offset = divmod(offset, node.span)
            cid, level = node.links[number].cid, level + 1
            place = _Place(node.links[number].size, node.span // WIDTH)
        return self._leaf_of(cid, place.size if place else None)

    def _node(self, level: int, cid: Cid, place: _Place | None) -> _Node:
        held = self._nodes.get(level)
        if held is None or held[0] != cid:
            held = (cid, _node(cid, self._fetch, place))
            self._nodes[level] = held
        return held[1]

    def _leaf_of(self, cid: Cid, size: int | None) -> bytes:
        if self._leaf is None or self._leaf[0] != cid:
            data = self._fetch(cid)
            cid.check(data)
            self._leaf = (cid, data)
        data = self._leaf[1]
        if len(data) > CHUNK or size not in (None, len(data)):
            raise TreeForeign(cid=str(self._root), why="a leaf has another size than its parent says")
        return data
