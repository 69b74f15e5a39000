"""Play many seeds of the simulation in `tests/simulation`, and print what happened in them.

    .venv/bin/python scripts/simulate.py --seeds 10000 [--first 1] [--workers 2]    what `make simulate` calls
    .venv/bin/python scripts/simulate.py --seed 4711 [--trace 40]    one seed again, shrunk where it fails

Every hundredth seed runs with the real cryptography and with its vaults in SQLite. A failure prints seed, commit and
the shortest plan that still fails, with its trace. Exit code 1 when an invariant did not hold, or when, of a thousand
seeds or more, a kind of fault was in less than 5 %; 2 when a seed could not be played.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Play what was asked for, at the top of the tree."""
    asked = sys.argv[1:] if arguments is None else arguments
    return subprocess.run([sys.executable, "-m", "tests.simulation.many", *asked], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
