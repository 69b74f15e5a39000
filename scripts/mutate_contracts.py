"""Plant small faults in the contracts, one at a time; the tests must notice.

    python3 scripts/mutate_contracts.py                        every fault (an hour and more: make nightly)
    python3 scripts/mutate_contracts.py --sample 60 --seed 3   60 faults at random
    python3 scripts/mutate_contracts.py --only ConsentRegistry --key 1a2b3c4d

Each fault goes into a copy of the tree. First `forge test` with the profile `fast`, quick tests before invariants;
what survives is given to the Brownie tests of the contract (not with --forge-only). A fault that does not compile
counts for nothing. Faults that change nothing are listed with their reason in docs/equivalent-mutants.md, as rows
`| key | where | why |`; a row whose fault is killed or gone is reported. Exit code 1 below --floor.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts import worktree  # noqa: E402 - found by the line above in any environment
from scripts.environments import MissingError, ensure  # noqa: E402
from scripts.solidity_mutants import Mutant, mutants  # noqa: E402

EQUIVALENT = ROOT / "docs" / "equivalent-mutants.md"
ROW = re.compile(r"^\| *`?([0-9a-f]{8})`? *\|", re.MULTILINE)
FOLDERS = {
    "AccessRequests": "requests",
    "AuditLog": "audit",
    "ConsentRegistry": "consents",
    "ParticipantRegistry": "participants",
    "RecordRegistry": "records",
    "Signatures": "signatures",
}
# Quick tests first; gas is measured elsewhere, and differs with the profile.
QUICK = ("forge", "test", "--fail-fast", "--no-match-contract", "Gas|Flat|Invariant")
INVARIANTS = ("forge", "test", "--fail-fast", "--match-contract", "Invariant")
FORGE_SECONDS = 600
BROWNIE_SECONDS = 900


def planned(only: Sequence[str], keys: Sequence[str]) -> list[Mutant]:
    """The faults of all deployed contracts and their libraries, or of some of them."""
    found: list[Mutant] = []
    for path in sorted((ROOT / "contracts").glob("*.sol")):
        if not only or path.stem in only:
            found += mutants(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix())
    return [one for one in found if not keys or one.key in keys]


def equivalent() -> set[str]:
    """Keys of the faults that are known to change nothing."""
    return set(ROW.findall(EQUIVALENT.read_text(encoding="utf-8"))) if EQUIVALENT.is_file() else set()


def folder_of(path: str) -> str:
    """The folder of a contract's Brownie tests; all of them for what several contracts share."""
    folder = f"tests/contracts/{FOLDERS.get(Path(path).stem, '')}".rstrip("/")
    return folder if (ROOT / folder).is_dir() else "tests/contracts"


def try_one(tree: Path, mutant: Mutant, *, forge_only: bool) -> str:
    """`killed`, `survived` or `stillborn`, with the fault planted in this copy."""
    file = tree / mutant.path
    sound = file.read_text(encoding="utf-8")
    file.write_text(mutant.apply(sound), encoding="utf-8")
    try:
        for words in (QUICK, INVARIANTS):
            code, said = worktree.run(tree, words, FORGE_SECONDS, FOUNDRY_PROFILE="fast")
            if "Compiler run failed" in said:
                return "stillborn"
            if code:
                return "killed"
        if forge_only:
            return "survived"
        brownie = [".venv-brownie/bin/python", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
        code, said = worktree.run(tree, [*brownie, folder_of(mutant.path)], BROWNIE_SECONDS)
        if "CompilerError" in said:
            return "stillborn"
        return "killed" if code else "survived"
    finally:
        file.write_text(sound, encoding="utf-8")


def try_all(chosen: Sequence[Mutant], workers: int, *, forge_only: bool) -> dict[Mutant, str]:
    """Try the faults in as many copies as there are workers.

    Raises:
        MissingError: the tests fail without any fault.
    """
    results: dict[Mutant, str] = {}
    with ExitStack() as stack:
        trees: SimpleQueue[Path] = SimpleQueue()
        for _ in range(workers):
            tree = stack.enter_context(worktree.copy())
            for words in (QUICK, INVARIANTS):
                code, said = worktree.run(tree, words, FORGE_SECONDS, FOUNDRY_PROFILE="fast")
                if code:
                    text = f"`{' '.join(words)}` fails without any fault planted:\n{said[-2000:]}"
                    raise MissingError(text)
            trees.put(tree)

        def work(mutant: Mutant) -> tuple[Mutant, str]:
            tree = trees.get()
            try:
                return mutant, try_one(tree, mutant, forge_only=forge_only)
            finally:
                trees.put(tree)

        with ThreadPoolExecutor(workers) as pool:
            for count, (mutant, result) in enumerate(pool.map(work, chosen), 1):
                results[mutant] = result
                print(f"[{count}/{len(chosen)}] {result} {mutant}", flush=True)
    return results


def report(results: dict[Mutant, str], known: set[str], planned_keys: Iterable[str], *, whole: bool) -> float:
    """Print the table and what survived; the share of killed among those that count, in per cent."""
    print("\ncontract                killed  survived  equivalent  stillborn")
    for path in sorted({mutant.path for mutant in results}):
        count = Counter(
            "equivalent" if result == "survived" and mutant.key in known else result
            for mutant, result in results.items()
            if mutant.path == path
        )
        row = (count["killed"], count["survived"], count["equivalent"], count["stillborn"])
        print("{:<22}{:>8}{:>10}{:>12}{:>11}".format(Path(path).stem, *row))
    survivors = [one for one, result in results.items() if result == "survived" and one.key not in known]
    print("".join(f"survived {mutant}\n" for mutant in survivors), end="")
    for mutant, result in results.items():
        if mutant.key in known and result != "survived":
            print(f"docs/equivalent-mutants.md lists {mutant.key}, which is {result}")
    if whole:
        for key in sorted(known - set(planned_keys)):
            print(f"docs/equivalent-mutants.md lists {key}, which is no fault any more")
    killed = sum(1 for result in results.values() if result == "killed")
    share = 100 * killed / max(killed + len(survivors), 1)
    print(f"{killed} of {killed + len(survivors)} faults killed: {share:.1f} %")
    return share


def main(arguments: Sequence[str] | None = None) -> int:
    """Plant, test, report."""
    parser = argparse.ArgumentParser(description="Plant small faults in the contracts; the tests must notice.")
    parser.add_argument("--only", nargs="*", default=[], metavar="Contract")
    parser.add_argument("--key", nargs="*", default=[])
    parser.add_argument("--sample", type=int, default=0, help="as many faults at random; 0 for all")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--floor", type=float, default=95.0, help="per cent")
    parser.add_argument("--forge-only", action="store_true", help="do not ask the Brownie tests about survivors")
    parser.add_argument("--list", action="store_true", help="print the faults and plant none")
    options = parser.parse_args(arguments)
    everything = planned(options.only, options.key)
    chosen = everything
    if options.sample and options.sample < len(everything):
        chosen = random.Random(options.seed).sample(everything, options.sample)  # noqa: S311 - to be repeated
        print(f"seed {options.seed}")
    if options.list:
        print("\n".join(map(str, chosen)))
        return 0
    if not chosen:
        print("there is no such fault", file=sys.stderr)
        return 1
    try:
        ensure(["node"] if options.forge_only else ["node", "brownie"])
        results = try_all(chosen, options.workers, forge_only=options.forge_only)
    except MissingError as error:
        print(error, file=sys.stderr)
        return 2
    whole = not options.only and not options.key and len(chosen) == len(everything)
    share = report(results, equivalent(), (one.key for one in everything), whole=whole)
    return 0 if share >= options.floor else 1


if __name__ == "__main__":
    sys.exit(main())
