"""The store on a real Kubo node of the swarm, and on its peer: bodies are put, pinned and deleted, of a gigabyte too."""

from __future__ import annotations

import io
import json
import pathlib
import secrets
import tracemalloc
from collections.abc import Iterator

import pytest

from medshare.store import cid_of
from medshare.store.dag import CHUNK
from medshare.store.errors import BodyNotFound, BodyPinned, BodyTooLarge, NodeForeign
from medshare.store.kubo import KuboStore
from tests.vectors.generate_cid import block, content

VECTORS = json.loads((pathlib.Path(__file__).parents[1] / "vectors" / "cid" / "kubo.json").read_text())

pytestmark = pytest.mark.filterwarnings("ignore:The 'strict' parameter is no longer needed:FutureWarning")


class Stream:
    """Bytes that come a block at a time."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._left = b""

    def read(self, size: int) -> bytes:
        if not self._left:
            self._left = next(self._parts, b"")
        part, self._left = self._left[:size], self._left[size:]
        return part


@pytest.fixture
def node(consortium) -> str:
    return consortium.swarm.multiaddress(1)


@pytest.fixture
def store(node: str) -> KuboStore:
    return KuboStore(node, fetch_seconds=2)


@pytest.fixture
def fresh(store: KuboStore):
    """A body of three chunks that no node has seen, put and taken away again."""
    body = block(0) + block(1) + secrets.token_bytes(100)
    cid = store.put(body)
    yield cid, body
    store.unpin(cid)
    store.delete(cid)


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: f"{case['size']} {case['content']}")
def test_the_node_and_this_program_name_every_body_alike(store: KuboStore, case):
    tracemalloc.start()
    cid = store.put(Stream(content(case["size"], case["content"])))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert cid == case["cid"]
    assert peak < 16 * CHUNK
    if case["size"] < 4 * CHUNK:
        assert store.get(cid).read() == b"".join(content(case["size"], case["content"]))
    else:
        reader = store.get(cid, limit=case["size"])
        reader.seek(-5, io.SEEK_END)
        assert len(reader.read()) == 5
    store.unpin(cid)


def test_a_body_is_kept_until_it_is_unpinned_and_deleted(store: KuboStore, fresh):
    cid, body = fresh
    assert store.has(cid)
    assert cid in set(store.list())
    assert store.put(body) == cid
    store.pin(cid)
    with pytest.raises(BodyPinned):
        store.delete(cid)
    store.unpin(cid)
    store.unpin(cid)
    assert cid not in set(store.list())
    assert store.get(cid).read() == body
    store.delete(cid)
    assert not store.has(cid)
    with pytest.raises(BodyNotFound):
        store.get(cid)
    store.delete(cid)


def test_deleting_leaves_the_blocks_that_another_body_needs(store: KuboStore, fresh):
    cid, body = fresh
    other = body[: 2 * CHUNK] + secrets.token_bytes(50)
    second = store.put(other)
    store.unpin(second)
    store.delete(second)
    assert not store.has(second)
    assert store.get(cid).read() == body


def test_a_body_that_nobody_has_is_not_found_in_time(store: KuboStore):
    absent = cid_of(secrets.token_bytes(100))
    assert not store.has(absent)
    for verb in (store.get, store.pin):
        with pytest.raises(BodyNotFound):
            verb(absent)
    store.unpin(absent)
    store.delete(absent)


def test_a_body_larger_than_the_limit_is_refused(store: KuboStore, fresh):
    with pytest.raises(BodyTooLarge):
        store.get(fresh[0], limit=CHUNK)


def test_the_gateway_of_a_node_is_not_taken_for_its_rpc(node: str):
    address, port = node.rsplit("/", 1)
    with pytest.raises(NodeForeign):
        KuboStore(f"{address}/{int(port) + 1}").put(b"body")


def test_a_peer_fetches_verifies_and_keeps_a_body(consortium, fresh):
    cid, body = fresh
    peer = KuboStore(consortium.swarm.multiaddress(2), fetch_seconds=10)
    assert not peer.has(cid)
    assert peer.get(cid).read() == body
    peer.pin(cid)
    assert peer.has(cid)
    peer.unpin(cid)
    peer.delete(cid)
    assert not peer.has(cid)
