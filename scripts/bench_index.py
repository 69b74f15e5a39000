"""How fast the index reads a chain from nothing, and how fast it answers.

    .venv/bin/python scripts/bench_index.py [--events 1000000] [--url postgresql+psycopg://...]

A synthetic chain is served from memory by another process (`scripts/synthetic_chain.py`). The same questions are then
asked once more and the answers thrown away: that is the node's own time, which the goal leaves out.
"""

from __future__ import annotations

import argparse
import http.client
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from medshare.index import Index, Progress  # noqa: E402 - the tree this program stands in
from medshare.index.reading import MOST  # noqa: E402
from medshare.ledger.chain.rpc import BATCH, Rpc  # noqa: E402
from scripts.synthetic_chain import ADDRESSES, PER_BLOCK, deployment  # noqa: E402

GOAL_SECONDS: Final = 15.0
"""For a million events on two cores, on top of the node's own time."""

GOAL_PAGE: Final = 0.001
"""Seconds for a patient's page of rows."""

PAGES: Final = 2_000


@contextmanager
def served(events: int) -> Iterator[dict[str, Any]]:
    """Serve a synthetic chain in another process; yield its URL and some of its patients."""
    command = [sys.executable, str(ROOT / "scripts" / "synthetic_chain.py"), "--events", str(events)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        yield json.loads(process.stdout.readline())
        process.communicate()


def drain(url: str, blocks: int, span: int) -> float:
    """Ask what an index asks, throw the answers away, and return the seconds."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)

    def ask(body: object) -> None:
        connection.request("POST", "/", json.dumps(body), {"Content-Type": "application/json"})
        connection.getresponse().read()

    def request(number: int, method: str, *params: object) -> dict[str, object]:
        return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}

    started = time.perf_counter()
    for first in range(1, blocks + 1, span):
        last = min(blocks, first + span - 1)
        for start in range(first, last + 1, BATCH):
            numbers = range(start, min(last, start + BATCH - 1) + 1)
            ask([request(number, "eth_getBlockByNumber", hex(number), False) for number in numbers])
        question = {"fromBlock": hex(first), "toBlock": hex(last), "address": sorted(ADDRESSES.values())}
        ask(request(0, "eth_getLogs", question))
    return time.perf_counter() - started


def processor_seconds() -> float:
    """Seconds that this process and its ended children have had a processor."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def pages(index: Index, patients: Sequence[str]) -> tuple[float, float]:
    """Return the median and the 99th of a hundred of the seconds for one patient's page."""
    taken = []
    for turn in range(PAGES):
        patient = f"0x{patients[turn % len(patients)]}"
        started = time.perf_counter()
        page = index.page(patient)
        taken.append(time.perf_counter() - started)
        assert page  # noqa: S101 - every patient of the chain has entries
    taken.sort()
    return taken[len(taken) // 2], taken[len(taken) * 99 // 100]


def row(name: str, figure: str, remark: str = "") -> None:
    """Print one line of the table."""
    print(f"{name:<32}{figure:>12}   {remark}".rstrip())


def verdict(good: bool) -> str:  # noqa: FBT001 - what it says is what it is asked
    """Return the word for whether a goal is met."""
    return "met" if good else "MISSED"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="How fast the index reads a chain, and how fast it answers.")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--url", default="", help="an empty database; a new SQLite file if none is given")
    options = parser.parse_args(arguments)
    print(f"scripts/bench_index.py, Python {platform.python_version()}, {platform.machine()}, two cores, one run\n")
    with served(options.events) as chain, tempfile.TemporaryDirectory() as folder:
        spans: list[int] = []

        def note(progress: Progress) -> None:
            spans.append(progress.last)

        place = options.url or f"sqlite:///{folder}/index.db"
        with Index.open(place) as index:
            before, started = processor_seconds(), time.perf_counter()
            status = index.follow(Rpc.http(chain["url"]), deployment(), progress=note)
            seconds, busy = time.perf_counter() - started, processor_seconds() - before
            blocks = -(-options.events // PER_BLOCK)
            widest = max((later - earlier for earlier, later in pairwise(spans)), default=MOST)
            node = drain(chain["url"], blocks, widest)
            middle, slow = pages(index, chain["patients"])
    goal, own = GOAL_SECONDS * options.events / 1_000_000, seconds - node
    print(f"{status.entries:,} events of {blocks:,} blocks into {place.split(':', maxsplit=1)[0]}")
    row("from an empty database", f"{seconds:.1f} s", f"{options.events / seconds:,.0f} events a second")
    row("  of that the node", f"{node:.1f} s", "the same questions, answers thrown away")
    row("  on top of the node", f"{own:.1f} s", f"goal {goal:.1f} s: {verdict(own <= goal)}")
    row("  processor time", f"{busy:.1f} s", "reading and writing together")
    row("a page of a patient, median", f"{middle * 1e3:.2f} ms")
    row("  99 of 100 within", f"{slow * 1e3:.2f} ms", f"goal {GOAL_PAGE * 1e3:.0f} ms: {verdict(slow <= GOAL_PAGE)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
