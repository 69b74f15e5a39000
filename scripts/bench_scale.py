"""How costs grow with what is there: every engine at 10^3, 10^4, 10^5 and 10^6 of its own units.

    .venv/bin/python scripts/bench_scale.py            measures, writes docs/scale.json; 1 when a cost grows
    .venv/bin/python scripts/bench_scale.py --quick    10^3 and 10^4 in less than a minute, writes nothing
    .venv/bin/python scripts/bench_scale.py --check    judges the readings of docs/scale.json, measures nothing

With --sizes 1000,10000 other sizes, with --engine NAME (more than once) only these, whose readings then take the place
of their old ones. `scripts/scale.py` makes docs/scale.md of the readings; `scripts/scaling/` says what is measured.

Times are of this process's processor, so what else runs on the machine counts little; where a server works too, and
where it says so, they are of the wall. Needs the packages of package.json (forge) and a PostgreSQL server.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.scaling import bodies, contracts, documents, gateways, indices  # noqa: E402 - the tree this stands in
from scripts.scaling.growth import Reading, from_json, growing, to_json  # noqa: E402

RESULTS = ROOT / "docs" / "scale.json"
SIZES = (1_000, 10_000, 100_000, 1_000_000)
QUICK = (1_000, 10_000)
SERVER_UP_TO = 100_000
"""Rows in the PostgreSQL server: filling it by the vault's own statements takes ten times as long as a file."""

Engine = Callable[[Sequence[int], Path], Iterator[Reading]]


def engines(*, quick: bool) -> dict[str, Engine]:
    """Return what is measured, by name."""
    return {
        "documents": lambda _, __: documents.measure(4 if quick else 24),
        "contracts": lambda sizes, _: contracts.measure(sizes),
        "store": bodies.measure,
        "index": indices.measure,
        "vault": lambda sizes, folder: gateways.measure(sizes, folder, server_up_to=SERVER_UP_TO),
    }


def measure(names: Sequence[str], sizes: Sequence[int], *, quick: bool) -> Iterator[tuple[str, list[Reading]]]:
    """Yield the readings of each engine, and print each as it comes."""
    for name, engine in engines(quick=quick).items():
        if name not in names:
            continue
        found = []
        with tempfile.TemporaryDirectory(prefix="medshare-scale-") as folder:
            for one in engine(sizes, Path(folder)):
                print(f"{one.engine:<20}{one.name:<48}{one.n:>10,}{one.value:>14,.4g} {one.unit}", flush=True)
                found.append(one)
        yield name, found


def circumstances(took: float, sizes: Sequence[int], before: float) -> dict[str, Any]:
    """Return when, where and how it was measured."""
    return {
        "command": f".venv/bin/python scripts/bench_scale.py --sizes {','.join(map(str, sizes))}",
        "date": f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC",
        "python": platform.python_version(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "load_before": round(before, 1),
        "load_after": round(os.getloadavg()[0], 1),
        "seconds": round(took),
    }


def results() -> dict[str, Any]:
    """Return what was measured so far, by engine."""
    found: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    return found


def keep(name: str, part: dict[str, Any]) -> None:
    """Write the readings of one engine beside those of the others."""
    all_of_them = {**results(), name: part}
    ordered = {one: all_of_them[one] for one in engines(quick=True) if one in all_of_them}
    RESULTS.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")


def judge(readings: Sequence[Reading]) -> int:
    """Print what grows, and return 1 if something does."""
    faults = growing(readings)
    print("\n".join(["", *faults]) if faults else "\nNothing grows faster than it may.")
    return int(bool(faults))


def _sizes(text: str) -> list[int]:
    parts = text.split(",")
    numbers = [int(one) for one in parts if one.isdecimal()]
    if len(numbers) < len(parts) or numbers != sorted(set(numbers)) or not numbers[0]:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of rising whole numbers, such as 1000,10000")
    return numbers


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when no cost grows that may not."""
    parser = argparse.ArgumentParser(description="How costs grow with what is there.")
    parser.add_argument("--quick", action="store_true", help="10^3 and 10^4, and nothing is written")
    parser.add_argument("--check", action="store_true", help="judge docs/scale.json")
    parser.add_argument("--sizes", type=_sizes, help="numbers with commas between them, rising")
    parser.add_argument("--engine", action="append", choices=sorted(engines(quick=True)), default=[])
    options = parser.parse_args(arguments)
    if options.check:
        return judge([one for part in results().values() for one in from_json(part["readings"])])
    sizes = options.sizes or (QUICK if options.quick else SIZES)
    readings: list[Reading] = []
    names = options.engine or list(engines(quick=True))
    begin, before = time.monotonic(), os.getloadavg()[0]
    for name, found in measure(names, sizes, quick=options.quick):
        readings += found
        if not options.quick:
            keep(name, {"measured": circumstances(time.monotonic() - begin, sizes, before), "readings": to_json(found)})
        begin, before = time.monotonic(), os.getloadavg()[0]
    return judge(readings)


if __name__ == "__main__":
    sys.exit(main())
