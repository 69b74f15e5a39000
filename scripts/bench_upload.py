"""How fast documents are sealed, stored and anchored: one upload of a hospital, and what each step of it costs.

    .venv/bin/python scripts/bench_upload.py [--quick]

It is the whole of `Institution.upload` and `anchor` with documents of 2 KiB: drafts written down, sealed, bodies in
the embedded store, capsules deposited, the tree built, the root on the chain, and every proof kept. The vault is a
SQLite file and the store a folder, both with fsync. The chain is the twin in this process: an upload sends it one
transaction, whatever its size.
"""

from __future__ import annotations

import argparse
import os
import platform
import secrets
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from medshare.actors import Institution, Patient  # noqa: E402 - the tree this program stands in
from medshare.clock import HandClock  # noqa: E402
from medshare.consent.categories import Category  # noqa: E402
from medshare.intake import Document, Intake  # noqa: E402
from medshare.intake.bundles import IntakeReport  # noqa: E402
from medshare.keys.account import AccountKey  # noqa: E402
from medshare.ledger.memory import MemoryLedger  # noqa: E402
from medshare.outbox import steps  # noqa: E402
from medshare.sandbox import START, Sandbox  # noqa: E402
from medshare.store import BlockStore  # noqa: E402
from medshare.vault.sql import SqlVault  # noqa: E402

GOAL = 5_000
SIZE = 2_048
WARM = 64
STEPS = {
    steps.DRAFTED: "drafts in the vault",
    steps.SEALED: "sealed, with its rows",
    steps.BODIES_STORED: "bodies in the store",
    steps.DEPOSITED: "signed, checked, deposited",
    steps.PLACED: "tree, anchor, proofs",
}
"""What ends with each step, in words."""


class Stopwatch:
    """Adds up the seconds that end with each step."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)
        self._since = time.perf_counter()

    def start(self) -> None:
        """Begin anew."""
        self.spent.clear()
        self._since = time.perf_counter()

    def __call__(self, name: str) -> None:
        """End a step; those of the transaction count as the anchor's."""
        now = time.perf_counter()
        self.spent[name if name in STEPS else steps.PLACED] += now - self._since
        self._since = now


def hospital(folder: Path) -> tuple[Institution, Patient]:
    """Found a hospital on the disk, and enrol a patient."""
    clock, regulator = HandClock(START), AccountKey.generate()
    sandbox = Sandbox(
        ledger=MemoryLedger(regulator.address, clock),
        clock=clock,
        regulator=regulator,
        fund=lambda _: None,
        vault=lambda name: SqlVault(f"sqlite:///{folder / name}.db"),
        store=lambda name: BlockStore(folder / name),
    )
    city, anna = sandbox.institution("City Hospital"), sandbox.patient()
    sandbox.enrol(anna, city)
    return city, anna


def papers(count: int) -> Intake:
    """Return so many documents of `SIZE` random bytes."""
    documents = tuple(
        Document(
            category=Category.LABORATORY,
            media_type="application/octet-stream",
            text=secrets.token_bytes(SIZE),
            resources=1,
            encounter=None,
        )
        for _ in range(count)
    )
    report = IntakeReport(
        resources=count, by_category=(), documents=count, references_apart=0, texts_apart=0, issues=()
    )
    return Intake(documents=documents, report=report)


def measure(city: Institution, anna: Patient, count: int) -> list[str]:
    """Upload and anchor `count` documents, and return the lines of the table."""
    watch = Stopwatch()
    city.gateway.office.step = watch
    city.upload(anna.address, papers(WARM))
    city.anchor()
    chart = papers(count)
    processor = time.process_time()
    watch.start()
    begin = time.perf_counter()
    city.upload(anna.address, chart)
    city.anchor()
    took, processor = time.perf_counter() - begin, time.process_time() - processor
    lines = [
        f"sealed to anchored, {SIZE:,} bytes{count / took:>15,.0f} /s   goal {GOAL:,}/s",
        f"  processor{1000 * processor / count:>32.3f} ms each",
    ]
    lines += [f"  {words:<30}{1000 * watch.spent[name] / count:>11.3f} ms each" for name, words in STEPS.items()]
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="How fast documents are sealed, stored and anchored.")
    parser.add_argument("--quick", action="store_true", help="a tenth of it, in a few seconds")
    count = 512 if parser.parse_args(arguments).quick else 5_120
    print(f"scripts/bench_upload.py, Python {platform.python_version()}, {platform.machine()}, {count:,} documents")
    print(f"load of the last minute {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="medshare-bench-") as folder:
        print("\n".join(measure(*hospital(Path(folder)), count)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
