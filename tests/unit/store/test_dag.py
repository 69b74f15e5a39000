"""The tree of a body is Kubo's, and a reader accepts no other. Case S02."""

from __future__ import annotations

import io
import json
import pathlib
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.store import cid_of, dag
from medshare.store.cid import DAG_PB, RAW, Cid
from medshare.store.dag import CHUNK, WIDTH, _encode, _Link, block_cids, blocks_of, open_body
from medshare.store.errors import BlockCorrupted, BodyTooLarge, TreeForeign
from tests.vectors.generate_cid import block, content

VECTORS = json.loads((pathlib.Path(__file__).parents[2] / "vectors" / "cid" / "kubo.json").read_text())
# A gigabyte takes a second or two to hash: one here that crosses a level, all in the live tier.
CASES = [case for case in VECTORS["cases"] if case["size"] < 1000 * CHUNK or case["size"] == 1024 * CHUNK + 1]


class Trickle:
    """Gives what it holds in pieces of its own choice."""

    def __init__(self, parts) -> None:
        self._parts = iter(parts)
        self._left = b""

    def read(self, size: int) -> bytes:
        if not self._left:
            self._left = next(self._parts, b"")
        part, self._left = self._left[:size], self._left[size:]
        return part


def tree(body: bytes) -> tuple[Cid, dict[Cid, bytes]]:
    blocks = {each.cid: each.data for each in blocks_of(body)}
    return next(reversed(blocks)), blocks


def opened(root: Cid, blocks: dict[Cid, bytes], limit: int = 2**40):
    return open_body(root, blocks.__getitem__, limit=limit)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['size']} {case['content']}")
def test_every_cid_is_the_one_that_a_real_kubo_gives(case):
    (root,) = deque(blocks_of(Trickle(content(case["size"], case["content"]))), maxlen=1)
    assert str(root.cid) == case["cid"]
    assert case.get("root") in (None, root.data.hex())


def test_a_body_read_in_small_pieces_has_the_same_cid():
    body = block(1) + block(2)[:12345]
    pieces = [body[at : at + 77_777] for at in range(0, len(body), 77_777)]
    assert cid_of(Trickle(pieces)) == cid_of(body) == cid_of(io.BytesIO(body))


@pytest.mark.parametrize("size", [0, 1, 2080, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7])
def test_a_body_comes_back_from_its_blocks(size: int):
    body = (block(1) * 4)[:size]
    root, blocks = tree(body)
    assert opened(root, blocks).read() == body
    assert set(block_cids(root, blocks.__getitem__)) == set(blocks)


def test_a_reader_goes_to_any_place():
    body = b"".join(block(number) for number in range(3)) + b"end"
    reader = opened(*tree(body))
    assert reader.seekable()
    for place in (2 * CHUNK + 5, 0, CHUNK - 2, len(body) - 3):
        assert reader.seek(place) == place
        assert reader.read(4) == body[place : place + 4]
    assert reader.seek(-3, io.SEEK_END) == len(body) - 3
    assert reader.seek(1, io.SEEK_CUR) == len(body) - 2
    assert reader.read() == b"nd"
    assert reader.read(1) == b""
    assert reader.tell() == len(body)


def test_a_body_of_two_levels_is_read_through_one_repeated_chunk():
    """S02: 1025 MiB; memory holds one chunk."""
    root, blocks = None, {}
    for each in blocks_of(Trickle(content(1025 * CHUNK, "first"))):
        root = each.cid
        blocks[each.cid] = each.data
    assert len(blocks) == 4
    reader = opened(root, blocks)
    reader.seek(1024 * CHUNK - 1)
    assert reader.read(2) == block(0)[-1:] + block(0)[:1]
    assert len(list(block_cids(root, blocks.__getitem__))) == 1025 + 3


def test_a_body_larger_than_the_limit_is_refused_before_its_chunks_are_fetched():
    body = block(0) + block(1)
    root, blocks = tree(body)
    only_root = {root: blocks[root]}
    with pytest.raises(BodyTooLarge):
        opened(root, only_root, limit=len(body) - 1)
    assert opened(root, blocks, limit=len(body)).read() == body
    with pytest.raises(BodyTooLarge):
        opened(*tree(b"small"), limit=4)


@pytest.mark.parametrize("number", range(3))
def test_a_changed_block_gives_no_byte_of_it(number: int):
    root, blocks = tree(block(0) + block(1))
    name = list(blocks)[number]
    blocks[name] = bytes([blocks[name][0] ^ 1]) + blocks[name][1:]
    with pytest.raises(BlockCorrupted):
        opened(root, blocks).read()


def raw(size: int) -> _Link:
    return _Link(Cid.of(RAW, bytes(size)), size, size)


def node(links: list[_Link]) -> tuple[Cid, bytes]:
    data = _encode(links)
    return Cid.of(DAG_PB, data), data


LEAF = raw(CHUNK)
NODE = _Link(node([LEAF])[0], CHUNK, CHUNK)


@pytest.mark.parametrize(
    "links",
    [
        [LEAF],
        [raw(0), raw(0)],
        [raw(10), raw(10)],
        [raw(CHUNK - 1), raw(5)],
        [raw(5), LEAF],
        [LEAF, raw(CHUNK + 1)],
        [LEAF, LEAF, raw(0)],
        [LEAF] * (WIDTH + 1),
        [NODE, NODE],
        [LEAF, _Link(Cid.of(DAG_PB, b""), 5, 5)],
        [_Link(Cid.of(DAG_PB, b""), WIDTH * CHUNK, 9), raw(CHUNK)],
        [_Link(Cid.of(RAW, b""), 2**62, 9)],
    ],
    ids=range(12),
)
def test_a_tree_of_another_shape_is_refused(links: list[_Link]):
    root, data = node(links)
    with pytest.raises(TreeForeign):
        opened(root, {root: data})


def test_a_leaf_of_another_size_than_its_parent_says_is_refused():
    short = b"x" * 5
    link = _Link(Cid.of(RAW, short), CHUNK, CHUNK)
    root, data = node([link, raw(5)])
    with pytest.raises(TreeForeign):
        opened(root, {root: data, link.cid: short}).read()


def test_a_leaf_larger_than_a_chunk_is_refused():
    large = bytes(CHUNK + 1)
    root = Cid.of(RAW, large)
    with pytest.raises(TreeForeign):
        opened(root, {root: large})


GOOD_ROOT = _encode([LEAF, raw(5)])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x0a\x00",
        GOOD_ROOT[:-1],
        GOOD_ROOT + b"\0",
        GOOD_ROOT[:20],
        b"\x0a\x02\x08\x02" + GOOD_ROOT,  # data before links
        GOOD_ROOT.replace(b"\x12\x00", b"\x12\x01", 1),  # a name
        GOOD_ROOT.replace(b"\x08\x02", b"\x08\x01", 1),  # a folder
        GOOD_ROOT.replace(b"\x01\x55", b"\x01\x71", 1),  # a link to dag-cbor
        b"\x12" + b"\xff" * 10,  # an endless number
        b"\x12\xff",
        _encode([]),
        GOOD_ROOT + bytes(2**17),
    ],
    ids=range(13),
)
def test_a_node_in_another_form_is_refused(data: bytes):
    root = Cid.of(DAG_PB, data)
    with pytest.raises(TreeForeign):
        opened(root, {root: data})


def test_an_inner_node_must_cover_what_its_parent_says():
    inner, data = node([LEAF])
    root, top = node([_Link(inner, WIDTH * CHUNK, 9), _Link(inner, 5, 9)])
    reader = opened(root, {root: top, inner: data})
    with pytest.raises(TreeForeign):
        reader.read(1)
    with pytest.raises(TreeForeign):
        list(block_cids(root, {root: top, inner: data}.__getitem__))


@given(st.integers(0, 700), st.integers(2, 4))
def test_trees_of_many_levels_come_back(size: int, width: int):
    """The same code with chunks of 8 bytes and narrow nodes goes through every shape."""
    body = bytes(number % 251 for number in range(size))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dag, "CHUNK", 8)
        patch.setattr(dag, "WIDTH", width)
        root, blocks = tree(body)
        assert opened(root, blocks).read() == body
        assert set(block_cids(root, blocks.__getitem__)) == set(blocks)
        reader = opened(root, blocks)
        for place in range(0, size, 37):
            reader.seek(place)
            assert reader.read(11) == body[place : place + 11]
