"""Plant small faults in the package, one at a time; the unit tests of the same folder must notice.

    .venv/bin/python scripts/mutate_package.py medshare/release --sample 100 --seed 1
    .venv/bin/python scripts/mutate_package.py medshare/release --sample 0 --tests tests/unit/release

Each fault goes into a copy of the tree. Faults at import time that stop the tests from loading count as killed.
Survivors are listed for a reader; exit code 1 below --floor. Those that change nothing are listed with the reason in
docs/equivalent-mutants.md, as rows `| py-key | where | why |`. Part of make nightly.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts import worktree  # noqa: E402 - found by the line above in any environment
from scripts.python_mutants import Mutant, mutants  # noqa: E402

LONGEST = 180  # seconds for one fault; a test that hangs has noticed too
EQUIVALENT = ROOT / "docs" / "equivalent-mutants.md"
ROW = re.compile(r"^\| *`py-([0-9a-f]{8})` *\|", re.MULTILINE)
CORE = ("age", "consent", "keys", "record", "release", "typed_data")


def tests_of(path: str) -> str:
    """The folder of tests that mirrors a module's: medshare/record/leaf.py -> tests/unit/record."""
    parts = Path(path).parts
    folder = f"tests/unit/{parts[1]}" if len(parts) > 2 else "tests/unit"
    return folder if (ROOT / folder).is_dir() else "tests/unit"


def planned(folders: Sequence[str]) -> list[Mutant]:
    """The faults of all modules below the folders."""
    found: list[Mutant] = []
    for folder in folders:
        top = ROOT / folder
        for path in [top] if top.is_file() else sorted(top.rglob("*.py")):
            if path.name != "errors.py":
                found += mutants(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix())
    return found


def equivalent() -> set[str]:
    """Keys of the faults of the package that are known to change nothing."""
    return set(ROW.findall(EQUIVALENT.read_text(encoding="utf-8")))


def compiled(tree: Path) -> Path:
    """Compile a copy once. What has a fault is newer than its bytecode, so it is compiled each time."""
    worktree.run(tree, [".venv/bin/python", "-m", "compileall", "-q", "medshare", "tests"], LONGEST)
    return tree


def try_one(tree: Path, mutant: Mutant, tests: Sequence[str]) -> bool:
    """Whether the tests notice the fault in this copy."""
    file = tree / mutant.path
    sound = file.read_text(encoding="utf-8")
    file.write_text(mutant.apply(sound), encoding="utf-8")
    try:
        words = [".venv/bin/python", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
        words += tests or [tests_of(mutant.path)]
        return worktree.run(tree, words, LONGEST, MEDSHARE_PROFILE="ci")[0] != 0
    finally:
        file.write_text(sound, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Plant, test, report."""
    parser = argparse.ArgumentParser(description="Plant small faults in the package; the unit tests must notice.")
    parser.add_argument("folders", nargs="*", default=[f"medshare/{name}" for name in CORE])
    parser.add_argument("--tests", nargs="*", default=[], help="tests that must notice, in this order")
    parser.add_argument("--key", nargs="*", default=[], help="these faults alone, such as survivors of before")
    parser.add_argument("--sample", type=int, default=200, help="as many faults at random; 0 for all")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--floor", type=float, default=85.0, help="per cent")
    options = parser.parse_args(arguments)
    chosen = [one for one in planned(options.folders) if not options.key or one.key in options.key]
    if options.sample and options.sample < len(chosen):
        chosen = random.Random(options.seed).sample(chosen, options.sample)  # noqa: S311 - to be repeated
    print(f"{len(chosen)} faults, seed {options.seed}", flush=True)
    survivors: list[Mutant] = []
    same: list[Mutant] = []
    known = equivalent()
    with ExitStack() as stack:
        trees: SimpleQueue[Path] = SimpleQueue()
        for _ in range(options.workers):
            trees.put(compiled(stack.enter_context(worktree.copy())))

        def work(mutant: Mutant) -> tuple[Mutant, bool]:
            tree = trees.get()
            try:
                return mutant, try_one(tree, mutant, options.tests)
            finally:
                trees.put(tree)

        with ThreadPoolExecutor(options.workers) as pool:
            for mutant, noticed in pool.map(work, chosen):
                if noticed:
                    if mutant.key in known:
                        print(f"docs/equivalent-mutants.md lists {mutant}, which is killed", flush=True)
                elif mutant.key in known:
                    same.append(mutant)
                else:
                    survivors.append(mutant)
                    print(f"survived {mutant}", flush=True)
    count = len(chosen) - len(same)
    share = 100 * (count - len(survivors)) / max(count, 1)
    print(f"{count - len(survivors)} of {count} faults killed: {share:.1f} %; {len(same)} more change nothing")
    return 0 if chosen and share >= options.floor else 1


if __name__ == "__main__":
    sys.exit(main())
