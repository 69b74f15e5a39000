"""A Kubo node is asked in the right words, not trusted, and its failures are told apart."""

from __future__ import annotations

import io
import pathlib
import socket
import tracemalloc

import pytest

from medshare.store import cid_of, kubo
from medshare.store.cid import Cid
from medshare.store.dag import CHUNK, blocks_of
from medshare.store.errors import (
    BlockCorrupted,
    BlockMissing,
    BodyNotFound,
    CidDisagreement,
    NodeAddressMalformed,
    NodeForeign,
    NodeRefused,
    NodeSlow,
    NodeUnreachable,
    NodeUntested,
)
from medshare.store.kubo import KuboStore
from tests.unit.store.kubo_double import KuboDouble
from tests.vectors.generate_cid import block

pytestmark = pytest.mark.filterwarnings("ignore:The 'strict' parameter is no longer needed:FutureWarning")

BODY = b"a body " * 300
LARGE = block(0) + block(1) + b"end"


@pytest.fixture
def store(kubo: KuboDouble) -> KuboStore:
    return KuboStore(kubo.address, fetch_seconds=2)


def test_the_form_of_the_tree_is_asked_for_in_every_request(store: KuboStore, kubo: KuboDouble):
    store.put(BODY)
    options = dict(kubo.requests)["add"]
    assert options["chunker"] == "size-1048576"
    assert options["cid-version"] == "1"
    assert options["max-file-links"] == "1024"
    assert options["raw-leaves"].lower() == options["pin"].lower() == "true"


def test_the_node_does_not_learn_where_a_file_lies(store: KuboStore, kubo: KuboDouble, tmp_path: pathlib.Path):
    path = tmp_path / "name-of-a-patient"
    path.write_bytes(BODY)
    with path.open("rb") as file:
        assert store.put(file) == cid_of(BODY)
    assert b"name-of-a-patient" not in b"".join(kubo.uploads)


def test_a_body_is_handed_to_the_socket_in_constant_memory():
    class Zeros:
        left = 64 * CHUNK

        def read(self, size: int) -> bytes:
            part = bytes(min(size, self.left))
            self.left -= len(part)
            return part

    upload = kubo._Upload(Zeros())
    size = 0
    tracemalloc.start()
    while part := upload.read(65_536):
        size += len(part)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * CHUNK
    assert size == 64 * CHUNK
    assert len(kubo._Upload(b"all of it").read()) == 9


def test_the_version_is_asked_for_once(store: KuboStore, kubo: KuboDouble):
    store.put(BODY)
    store.put(LARGE)
    assert [command for command, _ in kubo.requests].count("version") == 1


@pytest.mark.parametrize("version", ["0.42.1", "0.44.0", "1.0.0", "0.4.3", "", "something"])
def test_a_version_that_was_not_tested_is_refused(store: KuboStore, kubo: KuboDouble, version: str):
    kubo.version = version
    with pytest.raises(NodeUntested):
        store.put(BODY)
    assert kubo.blocks == {}


@pytest.mark.parametrize("version", ["0.43.0", "0.43.7", "0.43.1-rc1"])
def test_a_tested_version_is_accepted(store: KuboStore, kubo: KuboDouble, version: str):
    kubo.version = version
    assert store.put(BODY) == cid_of(BODY)


@pytest.mark.parametrize("address", ["", "nonsense", "http://127.0.0.1:5001", "/ip4/127.0.0.1/udp/5001"])
def test_what_is_no_address_of_a_node_is_refused(address: str):
    with pytest.raises(NodeAddressMalformed):
        KuboStore(address)


def test_a_node_that_is_down_is_unreachable():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        store = KuboStore(f"/ip4/127.0.0.1/tcp/{free.getsockname()[1]}")
        with pytest.raises(NodeUnreachable):
            store.put(BODY)


def test_a_node_that_does_not_answer_in_time_is_slow(kubo: KuboDouble, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("medshare.store.kubo._GRACE", 0.0)
    store = KuboStore(kubo.address, fetch_seconds=0.2, put_seconds=0.2)
    assert not store.has(cid_of(BODY))
    kubo.fault = "slow"
    with pytest.raises(NodeSlow):
        store.put(BODY)
    with pytest.raises(NodeSlow):
        store.get(cid_of(BODY))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("cut", NodeUnreachable),
        ("garbage", NodeForeign),
        ("forbidden", NodeForeign),
        ("broken", NodeRefused),
        ("other-cid", CidDisagreement),
    ],
)
def test_each_failure_of_a_node_is_told_apart(store: KuboStore, kubo: KuboDouble, fault: str, error: type[Exception]):
    kubo.fault, kubo.faulty = fault, "add"
    with pytest.raises(error):
        store.put(BODY)


def test_an_answer_cut_off_in_the_middle_of_a_block_is_unreachable(store: KuboStore, kubo: KuboDouble):
    cid = store.put(BODY)
    kubo.fault, kubo.faulty = "cut", "block/get"
    with pytest.raises(NodeUnreachable):
        store.get(cid)


def test_a_node_that_fails_is_not_taken_for_one_that_has_nothing(store: KuboStore, kubo: KuboDouble):
    cid = store.put(BODY)
    kubo.fault = "broken"
    for verb in (store.has, store.get, store.pin, store.unpin, store.delete):
        with pytest.raises(NodeRefused):
            verb(cid)
    with pytest.raises(NodeRefused):
        store.list()


def test_a_lying_node_is_caught_at_the_block(store: KuboStore, kubo: KuboDouble):
    cid = store.put(LARGE)
    leaf = str(next(blocks_of(LARGE)).cid)
    kubo.blocks[leaf] = block(2)
    reader = store.get(cid)
    with pytest.raises(BlockCorrupted):
        reader.read(1)


def test_a_node_that_lost_a_block_is_told_from_one_that_lacks_the_body(store: KuboStore, kubo: KuboDouble):
    cid = store.put(LARGE)
    assert store.has(cid)
    del kubo.blocks[str(next(blocks_of(LARGE)).cid)]
    assert not store.has(cid)
    with pytest.raises(BlockMissing):
        store.get(cid).read()
    del kubo.blocks[cid]
    with pytest.raises(BodyNotFound):
        store.get(cid)


def test_what_others_pinned_in_another_form_is_not_listed(store: KuboStore):
    cid = store.put(io.BytesIO(LARGE))
    assert list(store.list()) == [cid]
    assert Cid.parse(cid)


def test_a_node_without_pins_lists_none(store: KuboStore, kubo: KuboDouble, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        kubo, "answer", lambda command, *_: (200, b'{"Version":"0.43.0"}' if command == "version" else b"{}")
    )
    assert list(store.list()) == []


def test_a_damaged_copy_is_replaced_though_the_node_writes_no_block_twice(store: KuboStore, kubo: KuboDouble):
    """R13: also where the node hashes what it reads, and gives nothing out."""
    body = b"sealed" * 500_000
    cid = store.put(body)
    for damage in ("bytes", "refusal"):
        leaf = next(name for name in kubo.blocks if name != cid)
        if damage == "bytes":
            kubo.blocks[leaf] = b"rotten" + kubo.blocks[leaf][6:]
        else:
            kubo.damaged.add(leaf)
        with pytest.raises(BlockCorrupted):
            store.get(cid).read()
        store.put(body)
        with pytest.raises(BlockCorrupted):
            store.get(cid).read()
        assert store.restore(body) == cid
        assert store.get(cid).read() == body
        assert cid in list(store.list())
