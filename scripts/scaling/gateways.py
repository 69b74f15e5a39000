"""A hospital with n rows in its SQLite vault: what a read, an upload, a grant, an erasure, a receipt cost there.

Gateway, vault and outbox are the real ones; the chain is the twin in this process, and bodies are in memory. Time is
processor time of this process: `bench_release.py` says what disk and node add.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from medshare.clock import HandClock
from medshare.gateway.anchoring import Anchoring
from medshare.keys.account import AccountKey
from medshare.ledger.memory import MemoryLedger
from medshare.sandbox import START
from medshare.signed import Signed
from medshare.typed_data import ReadRequest
from medshare.vault.sql import SqlVault
from scripts.bench_release import Place, build
from scripts.bench_upload import papers
from scripts.scaling import vaults
from scripts.scaling.growth import Kind, Reading
from scripts.scaling.processor import average, each
from tests.postgresql.cluster import Cluster

ENGINE = "gateway"
SQLITE, POSTGRESQL = "vault on SQLite", "vault on PostgreSQL"
READS, RECEIPTS, UPLOADS, GRANTS, ERASURES, POLLS = 100, 100, 64, 11, 11, 11
VAULT = "city-hospital.db"


def measure(sizes: Sequence[int], folder: Path, *, server_up_to: int) -> Iterator[Reading]:
    """Fill the vault of one hospital, and yield what vault and gateway take at each size.

    Args:
        sizes: Rows.
        folder: Where the vault is made.
        server_up_to: Rows at most in the PostgreSQL server, which is filled ten times as slowly.
    """
    clock, regulator = HandClock(START), AccountKey.generate()
    place = build(MemoryLedger(regulator.address, clock), clock, regulator, lambda _: None, folder)
    requests = iter(place.requests((READS + RECEIPTS) * len(sizes) + 1))
    gateway = place.city.gateway
    gateway.counter.read(next(requests))
    gateway.anchoring.keep_up()
    templates = vaults.Templates.of(gateway.office.vault)
    filler = vaults.Filler(gateway.office.vault, templates, random.Random(1))  # noqa: S311  # the same keys each time
    for size in sizes:
        filler.fill(size)
        yield from vaults.measure(SQLITE, filler, size, lambda: used(folder))
        yield from _gateway(place, filler, size, requests)
    yield from _server(templates, [size for size in sizes if size <= server_up_to])


def used(folder: Path) -> int:
    """Return the bytes of the vault's file, without the log that is emptied into it."""
    return (folder / VAULT).stat().st_size


def _gateway(
    place: Place, filler: vaults.Filler, size: int, requests: Iterator[Signed[ReadRequest]]
) -> Iterator[Reading]:
    gateway = place.city.gateway
    yield _reading("answer a read", size, each(gateway.counter.read, [next(requests) for _ in range(READS)]))
    yield _reading("relay a grant", size, each(gateway.grant, place.unsent(GRANTS)))
    yield _reading("upload and anchor a document", size, average(lambda _: _upload(place), range(2)) / UPLOADS)
    gateway.anchoring.keep_up()
    yield _reading("look whether a period is due", size, each(lambda _: gateway.anchoring.keep_up(), range(POLLS)))
    yield _reading("anchor a receipt", size, _anchored(place, requests))
    yield _reading("erase a document", size, each(gateway.shelf.destroy_erased, filler.leaves[-ERASURES:]))
    del filler.leaves[-ERASURES:], filler.cids[-ERASURES:]


def _upload(place: Place) -> None:
    place.city.upload(place.patients[0].address, papers(UPLOADS))
    place.city.anchor()


def _anchored(place: Place, requests: Iterator[Signed[ReadRequest]]) -> float:
    """Return the seconds for one receipt of a period that ends because of its receipts.

    A period takes some time for each receipt, and some for the tree over all lines, which the receipts share. The
    tree of the period before is in memory, as in a process that goes on.
    """
    gateway = place.city.gateway
    anchoring = Anchoring(gateway.office)
    anchoring.close()
    tree = average(lambda _: anchoring.close(), range(3))
    for _ in range(RECEIPTS):
        gateway.counter.read(next(requests))
    with_receipts = average(lambda _: anchoring.close(), range(1))
    return tree / anchoring.enough() + max(with_receipts - tree, 0.0) / RECEIPTS


def _server(templates: vaults.Templates, sizes: Sequence[int]) -> Iterator[Reading]:
    cluster = Cluster()
    try:
        name = cluster.new_database()
        vault = SqlVault(cluster.url(name))
        filler = vaults.Filler(vault, templates, random.Random(1))  # noqa: S311  # the same keys each time
        for size in sizes:
            filler.fill(size)
            yield from vaults.measure(
                POSTGRESQL, filler, size, lambda: _database_size(cluster, name), time.perf_counter
            )
        vault.close()
    finally:
        cluster.close()


def _database_size(cluster: Cluster, name: str) -> int:
    with cluster.superuser() as connection:
        found = connection.execute("SELECT pg_database_size(%s)", (name,)).fetchone()
    assert found is not None  # noqa: S101  # it is one number
    return int(found[0])


def _reading(name: str, size: int, seconds: float) -> Reading:
    return Reading(engine=ENGINE, name=name, kind=Kind.EACH, units="rows", unit="ms", n=size, value=1000 * seconds)
