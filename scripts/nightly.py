"""Long runs: deep fuzzing and invariants, property tests at length, planted faults, deleted sentences.

    .venv/bin/python scripts/nightly.py [--only NAME ...]      what `make nightly` calls

Goes on after a failure and writes .nightly/<date>.json: commit, seconds and exit code of each run, and
the end of what it said. Takes some hours on two cores. Exit code 1 when a run failed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / ".nightly"
PYTHON = ".venv/bin/python"
RUNS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "forge": ({"FOUNDRY_PROFILE": "nightly"}, ("forge", "test", "--no-match-contract", "^FlatTest$")),
    "unit": ({"MEDSHARE_PROFILE": "nightly"}, (PYTHON, "-m", "pytest", "-q", "-n", "2", "tests/unit")),
    "interop": ({"MEDSHARE_PROFILE": "nightly"}, (PYTHON, "-m", "pytest", "-q", "tests/interop")),
    "stateful": ({"MEDSHARE_PROFILE": "nightly"}, (".venv-brownie/bin/python", "-m", "pytest", "-q", "tests/stateful")),
    "sentences": ({}, (PYTHON, "scripts/mutate_sentences.py", "--count", "60")),
    "fuzz": ({}, (PYTHON, "scripts/fuzz.py", "--seconds", "600")),
    "simulation": ({}, (PYTHON, "scripts/simulate.py", "--seeds", "1000000")),
    "package-mutants": ({}, (PYTHON, "scripts/mutate_package.py", "--sample", "400")),
    "contract-coverage": ({}, (PYTHON, "scripts/contract_coverage.py")),
    "contract-mutants": ({}, (PYTHON, "scripts/mutate_contracts.py")),
}


def run(name: str) -> dict[str, object]:
    """One long run and its result."""
    settings, words = RUNS[name]
    print(f"---- {name}: {' '.join(words)}", flush=True)
    path = f"{ROOT / 'node_modules' / '.bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    start = time.monotonic()
    with (RESULTS / f"{name}.log").open("w+", encoding="utf-8") as log:
        done = subprocess.run(
            words,
            cwd=ROOT,
            env=os.environ | settings | {"PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
        log.seek(0)
        said = log.read().strip().splitlines()
    seconds = round(time.monotonic() - start, 1)
    print(f"{name}: exit code {done.returncode} after {seconds} s; {said[-1] if said else 'nothing said'}", flush=True)
    command = " ".join([*(f"{key}={value}" for key, value in settings.items()), *words])
    return {"name": name, "command": command, "exit": done.returncode, "seconds": seconds, "said": said[-40:]}


def commit() -> str:
    """The commit that is tested, with a sign when files differ from it; empty outside a repository."""
    words = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run them all and write the dated result."""
    parser = argparse.ArgumentParser(description="Long runs with a dated result file.")
    parser.add_argument("--only", nargs="*", choices=RUNS, default=list(RUNS))
    names = parser.parse_args(arguments).only
    RESULTS.mkdir(exist_ok=True)
    started = datetime.now(UTC)
    results = [run(name) for name in names]
    stamp = started.strftime("%Y-%m-%dT%H%MZ")
    whole = {"started": started.isoformat(timespec="seconds"), "commit": commit(), "runs": results}
    (RESULTS / f"{stamp}.json").write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    failed = [str(one["name"]) for one in results if one["exit"]]
    print(f".nightly/{stamp}.json: {len(results)} runs, {'failed: ' + ', '.join(failed) if failed else 'all passed'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
