"""The embedded store keeps its word through crashes, full disks and damaged files."""

from __future__ import annotations

import errno
import io
import os
import pathlib
import sqlite3
import threading
import tracemalloc

import pytest

from medshare.store import BlockStore, cid_of
from medshare.store.blocks import SMALL
from medshare.store.dag import CHUNK
from medshare.store.errors import (
    BlockCorrupted,
    BlockMissing,
    BodyNotFound,
    StoreFromAnotherVersion,
    StoreFull,
    StoreUnreadable,
)
from tests.vectors.generate_cid import block

BODY = b"a body " * 300
MIDDLE = block(3)[: SMALL + 1]
LARGE = block(0) + block(1) + b"end"


def files(store: BlockStore) -> list[pathlib.Path]:
    return [path for part in ("blocks", "staging") for path in (store._folder / part).rglob("*") if path.is_file()]


def test_bodies_and_pins_outlive_the_process(tmp_path: pathlib.Path):
    first = BlockStore(tmp_path / "store")
    kept, loose = first.put(LARGE), first.put(BODY)
    first.unpin(loose)
    second = BlockStore(str(tmp_path / "store"))
    assert second.get(kept).read() == LARGE
    assert list(second.list()) == [kept]
    assert second.has(loose)


def test_equal_chunks_are_stored_once(blocks: BlockStore):
    blocks.put(block(0) * 5)
    assert len(files(blocks)) == 2


def test_a_deleted_body_leaves_no_file(blocks: BlockStore):
    cid = blocks.put(LARGE)
    blocks.unpin(cid)
    blocks.delete(cid)
    assert files(blocks) == []


@pytest.mark.parametrize("size", [0, 1, SMALL, SMALL + 1, CHUNK])
def test_a_small_body_lies_in_the_index_and_a_larger_one_in_a_file(blocks: BlockStore, size: int):
    body = block(3)[:size]
    cid = blocks.put(body)
    assert len(files(blocks)) == (size > SMALL)
    assert blocks.get(cid).read() == body
    blocks.unpin(cid)
    blocks.delete(cid)
    assert not blocks.has(cid)
    assert files(blocks) == []


def test_a_deleted_small_body_leaves_no_bytes_in_the_index(blocks: BlockStore):
    secret = block(5)[:2080]
    cid = blocks.put(secret)
    blocks.unpin(cid)
    blocks.delete(cid)
    with blocks._index() as index:
        assert index.execute("SELECT count(*) FROM small").fetchone() == (0,)
    for path in blocks._folder.glob("index.sqlite*"):
        assert secret[:64] not in path.read_bytes()


def test_a_last_chunk_that_is_a_body_of_its_own_outlives_either(blocks: BlockStore):
    large, small = blocks.put(LARGE), blocks.put(b"end")
    blocks.unpin(small)
    blocks.delete(small)
    assert blocks.get(large).read() == LARGE
    blocks.put(b"end")
    blocks.unpin(large)
    blocks.delete(large)
    assert blocks.get(small).read() == b"end"


def test_two_processes_see_each_others_bodies(tmp_path: pathlib.Path):
    one, two = BlockStore(tmp_path, durable=False), BlockStore(tmp_path, durable=False)
    assert two.get(one.put(BODY)).read() == BODY


def test_a_closed_store_opens_again_by_itself(blocks: BlockStore):
    cid = blocks.put(BODY)
    blocks.close()
    blocks.close()
    assert blocks.get(cid).read() == BODY


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_uses_an_index_of_its_own(blocks: BlockStore, monkeypatch: pytest.MonkeyPatch):
    cid = blocks.put(BODY)
    held = blocks._local.held[1]
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert blocks.has(cid)
    assert blocks._local.held[1] is not held
    monkeypatch.undo()
    blocks.close()
    assert held.execute("SELECT count(*) FROM body").fetchone() == (1,)


def test_many_writers_at_once_lose_nothing(tmp_path: pathlib.Path):
    bodies = [bytes([number % 8]) * (CHUNK + number % 8) for number in range(16)]
    failures: list[BaseException] = []

    def write(number: int) -> None:
        try:
            store = BlockStore(tmp_path, durable=False)
            cid = store.put(bodies[number])
            assert store.get(cid).read() == bodies[number]
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=write, args=(number,)) for number in range(len(bodies))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert list(BlockStore(tmp_path).list()) == sorted({cid_of(body) for body in bodies})


def test_a_body_larger_than_memory_is_stored_a_chunk_at_a_time(blocks: BlockStore):
    class Zeros:
        left = 64 * CHUNK

        def read(self, size: int) -> bytes:
            part = bytes(min(size, self.left))
            self.left -= len(part)
            return part

    tracemalloc.start()
    cid = blocks.put(Zeros())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * CHUNK
    assert blocks.get(cid).seek(0, io.SEEK_END) == 64 * CHUNK


# --- damage ------------------------------------------------------------------------------------------------------


def test_a_lost_block_is_said_and_putting_the_body_again_heals_it(blocks: BlockStore):
    cid = blocks.put(LARGE)
    for path in files(blocks):
        path.unlink()
    with pytest.raises(BlockMissing):
        blocks.get(cid)
    assert blocks.put(LARGE) == cid
    assert blocks.get(cid).read() == LARGE


def test_a_damaged_block_is_said_and_putting_the_body_again_heals_it(blocks: BlockStore):
    cid = blocks.put(MIDDLE)
    (path,) = files(blocks)
    path.write_bytes(MIDDLE + bytes(2 * CHUNK))
    with pytest.raises(BlockCorrupted):
        blocks.get(cid)
    blocks.put(MIDDLE)
    assert blocks.get(cid).read() == MIDDLE


def test_a_damaged_index_is_said(blocks: BlockStore):
    blocks.close()
    (blocks._folder / "index.sqlite").write_bytes(b"no database" * 1000)
    for suffix in ("-wal", "-shm"):
        (blocks._folder / f"index.sqlite{suffix}").unlink(missing_ok=True)
    with pytest.raises(StoreUnreadable):
        blocks.put(BODY)
    with pytest.raises(StoreUnreadable):
        BlockStore(blocks._folder)


def test_a_folder_made_by_another_version_is_refused(blocks: BlockStore):
    with sqlite3.connect(blocks._folder / "index.sqlite") as index:
        index.execute("PRAGMA user_version = 9")
    index.close()
    with pytest.raises(StoreFromAnotherVersion):
        BlockStore(blocks._folder)


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: pathlib.Path):
    (tmp_path / "store").write_bytes(b"")
    with pytest.raises(StoreUnreadable):
        BlockStore(tmp_path / "store")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_stores_nothing(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, number: int):
    store = BlockStore(tmp_path / "store")
    synced = 0

    def full(_: int) -> None:
        nonlocal synced
        synced += 1
        if synced > 1:
            raise OSError(number, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StoreFull):
            store.put(LARGE)
    assert files(store) == []
    assert list(store.list()) == []
    assert store.get(store.put(LARGE)).read() == LARGE


@pytest.mark.parametrize("why", ["Input/output error", None])
def test_a_failing_disk_stores_nothing(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, why: str | None):
    store = BlockStore(tmp_path / "store")

    def broken(_: int) -> None:
        raise OSError(errno.EIO, why) if why else OSError

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(StoreUnreadable):
        store.put(MIDDLE)
    assert files(store) == []


def test_an_index_that_cannot_grow_stores_no_body(blocks: BlockStore, monkeypatch: pytest.MonkeyPatch):
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL

    def full(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(blocks, "_index", full)
        with pytest.raises(StoreFull):
            blocks.put(BODY)
    assert not blocks.has(cid_of(BODY))


def test_a_stream_that_breaks_off_stores_nothing(blocks: BlockStore):
    class Broken(io.BytesIO):
        def read(self, size: int = -1, /) -> bytes:
            if self.tell() > CHUNK:
                raise BodyNotFound(cid="the source")
            return super().read(size)

    with pytest.raises(BodyNotFound):
        blocks.put(Broken(LARGE))
    assert files(blocks) == []


def test_a_crash_before_the_commit_leaves_only_what_sweeping_removes(
    blocks: BlockStore, monkeypatch: pytest.MonkeyPatch
):
    kept = blocks.put(MIDDLE)
    (blocks._folder / "staging" / "left").mkdir()
    (blocks._folder / "staging" / "left" / "block").write_bytes(b"half")

    def crash(_: pathlib.Path) -> None:
        raise KeyboardInterrupt

    durable = BlockStore(blocks._folder)
    with monkeypatch.context() as patch:
        patch.setattr("medshare.store.blocks._sync_directory", crash)
        with pytest.raises(KeyboardInterrupt):
            durable.put(LARGE)
    assert not blocks.has(cid_of(LARGE))
    assert len(files(blocks)) > 1
    assert blocks.sweep() == 5
    assert len(files(blocks)) == 1
    assert blocks.sweep() == 0
    assert blocks.get(kept).read() == MIDDLE
