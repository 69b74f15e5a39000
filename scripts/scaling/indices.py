"""The index of the chain's events: n events of a synthetic chain, read from nothing, and what comes after.

The chain is made by another process (`scripts/synthetic_chain.py`), whose time does not count.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from medshare.index import Index
from medshare.ledger.chain.rpc import Rpc
from scripts.bench_index import processor_seconds, served
from scripts.scaling.growth import Kind, Reading
from scripts.scaling.processor import each
from scripts.synthetic_chain import PER_BLOCK, deployment

ENGINE = "index"
PAGES = 200
LATER = 5
"""Blocks that are followed one by one when the rest is there."""


def measure(sizes: Sequence[int], folder: Path) -> Iterator[Reading]:
    """Yield what reading, following and asking cost at each size, with an index of its own for each."""
    with served(sizes[-1] + 2 * LATER * PER_BLOCK) as chain:
        rpc = Rpc.http(chain["url"])
        for size in sizes:
            place = folder / f"index-{size}.db"
            with Index.open(f"sqlite:///{place}") as index:
                last = size // PER_BLOCK
                before, begin = processor_seconds(), time.perf_counter()
                index.follow(rpc, deployment(), until=last)
                busy, took = processor_seconds() - before, time.perf_counter() - begin
                yield _reading("read all events", Kind.TOTAL, "s", size, busy)
                yield _reading("read an event, by the clock", Kind.EACH, "ms", size, 1000 * took / size)
                follow = each(
                    lambda number, index=index: index.follow(rpc, deployment(), until=number),  # type: ignore[misc]
                    range(last + 1, last + LATER + 1),
                )
                yield _reading("follow one more block", Kind.EACH, "ms", size, 1000 * follow)
                page = each(index.page, [f"0x{one}" for one in chain["patients"][:PAGES]])
                yield _reading("a page of a patient", Kind.EACH, "ms", size, 1000 * page)
            # Only now its log is emptied into it.
            yield _reading("bytes on the disk for an event", Kind.EACH, "bytes", size, place.stat().st_size / size)
            for file in folder.glob(f"{place.name}*"):
                file.unlink()


def _reading(name: str, kind: Kind, unit: str, size: int, value: float) -> Reading:
    return Reading(engine=ENGINE, name=name, kind=kind, units="events", unit=unit, n=size, value=value)
