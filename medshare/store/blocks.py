"""The embedded store: blocks as files on disk, and an index that knows who needs them.

::

    FOLDER/
        blocks/qk/bafkrei...qk.block    one file a block, named by its CID
        staging/                        blocks of bodies that are still being written
        index.sqlite                    bodies, pins, which body needs which block, and small bodies themselves

A body exists from the moment its index entry is committed. Its blocks were written, synced and
renamed before; a crash leaves at most files that `sweep` removes. Blocks that several bodies share are
counted by the index and go with the last of them.

A body of up to 64 KiB, which is nearly every clinical document, lies in the index: one sync instead of four.
"""

from __future__ import annotations

import contextlib
import errno
import io
import itertools
import os
import pathlib
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterator, Sequence

from medshare.store.cid import Cid
from medshare.store.dag import CHUNK, LARGEST_NODE, Block, Readable, blocks_of, open_body
from medshare.store.errors import (
    BlockMissing,
    BodyNotFound,
    BodyPinned,
    StoreFromAnotherVersion,
    StoreFull,
    StoreUnreadable,
)
from medshare.store.protocol import DEFAULT_LIMIT

SMALL = 2**16
"""Bytes. A body up to this size lies in the index."""
VERSION = 1
"""Of the folder's layout; `PRAGMA user_version` of the index."""

_SCHEMA = """
CREATE TABLE body (cid TEXT PRIMARY KEY, pinned INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE needs (body TEXT NOT NULL, block TEXT NOT NULL, PRIMARY KEY (body, block)) STRICT, WITHOUT ROWID;
CREATE TABLE small (cid TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE INDEX needed ON needs (block);
"""
_KEEP = "INSERT INTO body VALUES (?, 1) ON CONFLICT (cid) DO UPDATE SET pinned = 1"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_WAIT = 30.0
"""Seconds that a writer waits for another one."""


class BlockStore:
    """A `Store` in a folder, for one machine; several processes may share it.

    Raises on creation:
        StoreUnreadable: The folder cannot be used.
        StoreFromAnotherVersion: Another version of MedShare made it.
    """

    def __init__(self, folder: os.PathLike[str] | str, *, durable: bool = True) -> None:
        """Open or make the store in `folder`. Without `durable` a power cut may lose bodies; for tests."""
        self._folder = pathlib.Path(folder)
        self._durable = durable
        self._local = threading.local()
        with self._translated():
            for part in ("blocks", "staging"):
                (self._folder / part).mkdir(parents=True, exist_ok=True)
            with self._index(write=True) as index:
                found = index.execute("PRAGMA user_version").fetchone()[0]
                if found == 0:
                    for statement in _SCHEMA.strip().split(";\n"):
                        index.execute(statement)
                    index.execute(f"PRAGMA user_version = {VERSION}")
                elif found != VERSION:
                    raise StoreFromAnotherVersion(place=self._folder, found=found, known=VERSION)

    def put(self, body: bytes | Readable) -> str:
        """Store and pin `body`; return its CID. The block files of a damaged copy are replaced."""
        with self._translated():
            blocks = blocks_of(body)
            first = next(blocks)
            second = next(blocks, None)
            if second is None and len(first.data) <= SMALL:
                self._put_small([first])
                return str(first.cid)
            return self._put_tree(itertools.chain((first,), () if second is None else (second,), blocks))

    def put_each(self, bodies: Sequence[bytes]) -> None:
        """Store and pin each of `bodies`, the small ones together: one sync for all of them."""
        with self._translated():
            self._put_small([next(blocks_of(body)) for body in bodies if len(body) <= SMALL])
        for body in bodies:
            if len(body) > SMALL:
                self.put(body)

    def _put_small(self, blocks: Sequence[Block]) -> None:
        rows = [(str(block.cid), block.data) for block in blocks]
        with self._index(write=True) as index:
            index.executemany("INSERT OR REPLACE INTO small VALUES (?, ?)", rows)
            index.executemany(_KEEP, [(name,) for name, _ in rows])

    def _put_tree(self, blocks: Iterator[Block]) -> str:
        with self._staging() as staging:
            staged: dict[str, pathlib.Path] = {}
            root = ""  # the last block is the root
            for block in blocks:
                root = name = str(block.cid)
                if name not in staged:
                    staged[name] = staging / name
                    self._write(staged[name], block.data)
            with self._index(write=True) as index:
                touched = set()
                for name, path in staged.items():
                    place = self._place(name)
                    if not place.parent.exists():
                        place.parent.mkdir()
                        touched.add(place.parent.parent)
                    path.replace(place)
                    touched.add(place.parent)
                if self._durable:
                    for directory in touched:
                        _sync_directory(directory)
                index.execute(_KEEP, (root,))
                index.executemany("INSERT OR IGNORE INTO needs VALUES (?, ?)", ((root, name) for name in staged))
            return root

    def restore(self, body: bytes) -> str:
        """Put `body` in the place of a damaged copy: putting replaces its blocks."""
        return self.put(body)

    def get(self, cid: str, *, limit: int = DEFAULT_LIMIT) -> io.BufferedReader:
        """Return a reader over the verified body."""
        root = Cid.parse(cid)
        with self._translated(), self._index() as index:
            row = index.execute("SELECT data FROM body LEFT JOIN small USING (cid) WHERE cid = ?", (cid,)).fetchone()
        if row is None:
            raise BodyNotFound(cid=cid)
        small: bytes | None = row[0]
        return open_body(root, self._fetch if small is None else lambda _: small, limit=limit)

    def has(self, cid: str) -> bool:
        """Return whether the body is here."""
        Cid.parse(cid)
        with self._translated(), self._index() as index:
            return index.execute("SELECT 1 FROM body WHERE cid = ?", (cid,)).fetchone() is not None

    def pin(self, cid: str) -> None:
        """Pin a body that is here."""
        Cid.parse(cid)
        with self._translated(), self._index(write=True) as index:
            if index.execute("UPDATE body SET pinned = 1 WHERE cid = ?", (cid,)).rowcount == 0:
                raise BodyNotFound(cid=cid)

    def unpin(self, cid: str) -> None:
        """Unpin the body."""
        Cid.parse(cid)
        with self._translated(), self._index(write=True) as index:
            index.execute("UPDATE body SET pinned = 0 WHERE cid = ?", (cid,))

    def delete(self, cid: str) -> None:
        """Remove the body and the blocks that no other body needs."""
        Cid.parse(cid)
        with self._translated():
            with self._index(write=True) as index:
                row = index.execute("SELECT pinned FROM body WHERE cid = ?", (cid,)).fetchone()
                if row is not None and row[0]:
                    raise BodyPinned(cid=cid)
                blocks = [name for (name,) in index.execute("SELECT block FROM needs WHERE body = ?", (cid,))]
                index.execute("DELETE FROM needs WHERE body = ?", (cid,))
                index.execute("DELETE FROM small WHERE cid = ?", (cid,))
                index.execute("DELETE FROM body WHERE cid = ?", (cid,))
            # The log still holds what was written since it was last emptied.
            self._connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            if blocks:  # the entry is gone for good; only now the files, under the lock that `put` takes
                with self._index(write=True) as index:
                    for name in blocks:
                        self._remove_if_unneeded(index, name)

    def list(self) -> Iterator[str]:
        """Give the CIDs of all pinned bodies, in order."""
        with self._translated(), self._index() as index:
            found = index.execute("SELECT cid FROM body WHERE pinned = 1 ORDER BY cid").fetchall()
        return (cid for (cid,) in found)

    def sweep(self) -> int:
        """Remove what crashes left behind; return how many files. Call it while no other process writes."""
        removed = 0
        with self._translated(), self._index(write=True) as index:
            for left in (self._folder / "staging").iterdir():
                removed += sum(1 for _ in left.iterdir())
                shutil.rmtree(left)
            for path in (self._folder / "blocks").glob("*/*.block"):
                removed += self._remove_if_unneeded(index, path.stem)
        return removed

    def close(self) -> None:
        """Close this thread's hold on the index; the store can still be used."""
        held: tuple[int, sqlite3.Connection] | None = getattr(self._local, "held", None)
        self._local.held = None
        if held is not None and held[0] == os.getpid():
            held[1].close()

    def _remove_if_unneeded(self, index: sqlite3.Connection, name: str) -> bool:
        if index.execute("SELECT 1 FROM needs WHERE block = ?", (name,)).fetchone() is not None:
            return False
        self._place(name).unlink(missing_ok=True)
        return True

    def _fetch(self, cid: Cid) -> bytes:
        with self._translated():
            try:
                with self._place(str(cid)).open("rb") as file:
                    return file.read(max(CHUNK, LARGEST_NODE) + 1)
            except FileNotFoundError as error:
                raise BlockMissing(cid=str(cid)) from error

    def _place(self, name: str) -> pathlib.Path:
        # The last characters spread evenly; the first are the same for all.
        return self._folder / "blocks" / name[-2:] / f"{name}.block"

    def _write(self, path: pathlib.Path, data: bytes) -> None:
        with path.open("xb") as file:
            file.write(data)
            if self._durable:
                file.flush()
                os.fsync(file.fileno())

    @contextlib.contextmanager
    def _staging(self) -> Iterator[pathlib.Path]:
        folder = pathlib.Path(tempfile.mkdtemp(dir=self._folder / "staging"))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextlib.contextmanager
    def _index(self, *, write: bool = False) -> Iterator[sqlite3.Connection]:
        """Give the index for one transaction; a writer holds the store's one lock."""
        index = self._connection()
        try:
            index.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            yield index
            index.execute("COMMIT")
        except BaseException:
            self.close()  # rolls back; the next call opens the index afresh
            raise

    def _connection(self) -> sqlite3.Connection:
        """Return this thread's connection. One that stays open spares two syncs a call; none crosses a fork."""
        held: tuple[int, sqlite3.Connection] | None = getattr(self._local, "held", None)
        if held is not None and held[0] == os.getpid():
            return held[1]
        index = sqlite3.connect(self._folder / "index.sqlite", timeout=_WAIT, isolation_level=None)
        self._local.held = (os.getpid(), index)
        index.execute("PRAGMA journal_mode = WAL")
        index.execute("PRAGMA secure_delete = ON")  # a deleted body leaves no bytes in free pages
        index.execute(f"PRAGMA synchronous = {'FULL' if self._durable else 'OFF'}")
        return index

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn failures of the disk and of the index into our own."""
        try:
            yield
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise StoreFull from error
            raise StoreUnreadable(place=self._folder, why=error.strerror or "the disk fails") from error
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
                raise StoreFull from error
            raise StoreUnreadable(place=self._folder, why="its index is damaged or locked") from error


def _sync_directory(path: pathlib.Path) -> None:
    """Make renames in `path` outlive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
