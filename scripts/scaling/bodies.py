"""The embedded store: bodies of 2 KiB, which is what the smallest document takes, synced to the disk."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

from medshare.store import BlockStore
from scripts.scaling.growth import Kind, Reading
from scripts.scaling.processor import average, each

ENGINE = "store"
SIZE = 2_048
BATCH = 1_000
"""Bodies in one transaction while the store is filled."""

PUT = 64
"""Bodies in one transaction of an upload."""


def measure(sizes: Sequence[int], folder: Path) -> Iterator[Reading]:
    """Fill one store, and yield what an operation costs at each size."""
    store = BlockStore(folder / "bodies")
    names: list[str] = []
    there = 0
    for size in sizes:
        while there < size:
            bodies = [secrets.token_bytes(SIZE) for _ in range(min(BATCH, size - there))]
            store.put_each(bodies)
            there += len(bodies)
        names = [store.put(secrets.token_bytes(SIZE)) for _ in range(100)]
        groups = [[secrets.token_bytes(SIZE) for _ in range(PUT)] for _ in range(30)]
        put = average(store.put_each, groups) / PUT
        got = each(lambda cid: store.get(cid).read(), names * 5)
        there += len(names) + len(groups) * PUT
        yield _reading("put a body", size, "ms", 1000 * put)
        yield _reading("get a body", size, "ms", 1000 * got)
        used = (folder / "bodies" / "index.sqlite").stat().st_size
        yield _reading("bytes on the disk for a body of 2,048", size, "bytes", used / there)
    store.close()


def _reading(name: str, size: int, unit: str, value: float) -> Reading:
    return Reading(engine=ENGINE, name=name, kind=Kind.EACH, units="bodies", unit=unit, n=size, value=value)
