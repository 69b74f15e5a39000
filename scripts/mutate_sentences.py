"""Delete the code behind sentences of the specification; a test that names the sentence must fail.

    python3 scripts/mutate_sentences.py                  20 sentences at random; the seed is printed
    python3 scripts/mutate_sentences.py --seed 7         the same 20 again
    python3 scripts/mutate_sentences.py C-012 R-004      these

For each sentence the statements marked with its number are deleted, in Python and in Solidity apart, in a copy
of the tree; only the tests that name the number are run, first untouched (they must pass), then without the code.
The copy is thrown away, so that the tree is as it was however this program ends.
Exit code 1 when a deletion goes unnoticed.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts import worktree  # noqa: E402 - found by the line above in any environment
from scripts.environments import MissingError, ensure  # noqa: E402
from scripts.specification import Place, Specification, read  # noqa: E402
from scripts.statements import NoStatementError, without_python, without_solidity  # noqa: E402

LONGEST = 900  # seconds for the tests of one sentence
FORGE_TEST = re.compile(r"\.t\.sol$")


@dataclass(frozen=True, slots=True)
class Command:
    """One run of tests: what to call and which exit codes mean that a test failed."""

    words: tuple[str, ...]
    failing: frozenset[int] = frozenset({1})


def kind_of(path: str) -> str:
    """`sol` or `py`: the language whose deletion a test can notice together with others of it."""
    return "sol" if path.endswith(".sol") else "py"


def notices(language: str, test: str) -> bool:
    """Whether a test runs the code of that language: Forge and Brownie compile contracts, the others run Python."""
    compiles = test.endswith(".t.sol") or test.startswith(("tests/contracts/", "tests/stateful/"))
    return compiles if language == "sol" else not test.endswith(".t.sol")


def commands(language: str, tests: Iterable[Place]) -> list[Command]:
    """The runs that cover these tests, quickest first."""
    python: dict[str, set[str]] = defaultdict(set)
    forge: dict[str, set[str]] = defaultdict(set)
    for place in tests:
        if not notices(language, place.path) or place.path.startswith("tests/live/"):
            continue
        if FORGE_TEST.search(place.path):
            forge[place.path].add(place.test)
        elif place.path.rpartition("/")[2].startswith("test_"):
            brownie = place.path.startswith(("tests/contracts/", "tests/stateful/"))
            environment = ".venv-brownie" if brownie else ".venv"
            python[environment].add(f"{place.path}::{place.test}" if place.test else place.path)
    runs = []
    if nodes := python.get(".venv"):
        runs.append(pytest(".venv", nodes))
    for path, names in sorted(forge.items()):
        match = ("--match-test", f"^({'|'.join(sorted(names))})\\(") if "" not in names else ()
        runs.append(Command(("forge", "test", "--fail-fast", "--match-path", path, *match)))
    if nodes := python.get(".venv-brownie"):
        runs.append(pytest(".venv-brownie", nodes))
    return runs


def pytest(environment: str, nodes: Iterable[str]) -> Command:
    """Pytest on the named tests."""
    return Command((f"{environment}/bin/python", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *sorted(nodes)))


def delete(tree: Path, places: Iterable[Place]) -> dict[Path, str]:
    """Delete the marked statements in the copy; gives back the text of each changed file."""
    marked: dict[str, set[int]] = defaultdict(set)
    for place in places:
        marked[place.path].add(place.line)
    before = {}
    for path, lines in marked.items():
        file = tree / path
        before[file] = file.read_text(encoding="utf-8")
        edit = without_solidity if path.endswith(".sol") else without_python
        file.write_text(edit(before[file], lines), encoding="utf-8")
    return before


def verdict(code: int, said: str, command: Command) -> str:
    """`passed`, `failed`, or why the run says nothing."""
    if code == 0:
        return "passed"
    if "Compiler run failed" in said or "CompilerError" in said:
        return "the contracts do not compile without it: mark a statement that can be left out"
    if code in command.failing:
        return "failed"
    if code in {2, 3, 4}:
        return "the tests cannot be loaded without it: mark a statement that runs later"
    return "no such test ran" if code == 5 else f"it ended with code {code}"


def judge(tree: Path, number: str, language: str, specification: Specification) -> str:
    """Empty when deleting the code of one language is noticed; otherwise what went wrong."""
    runs = commands(language, specification.tests.get(number, ()))
    if not runs:
        return f"no test that names it runs {'Solidity' if language == 'sol' else 'Python'}"
    for command in runs:
        code, said = worktree.run(tree, command.words, LONGEST)
        if code:
            return f"its tests fail with the code in place:\n{tail(said)}"
    try:
        before = delete(tree, [one for one in specification.code[number] if kind_of(one.path) == language])
    except NoStatementError as error:
        return f"a mark stands beside nothing: {error}"
    reasons = []
    try:
        for command in runs:
            code, said = worktree.run(tree, command.words, LONGEST)
            result = verdict(code, said, command)
            if result == "failed":
                return ""
            reasons.append(result)
    finally:
        for file, text in before.items():
            file.write_text(text, encoding="utf-8")
    silent = all(reason == "passed" for reason in reasons)
    return "its tests pass without the code" if silent else "; ".join(one for one in reasons if one != "passed")


def tail(said: str) -> str:
    """What a run complained of, or the end of what it said."""
    lines = said.strip().splitlines()
    complaints = [line for line in lines if re.match(r"E  |FAILED|ERROR|\[FAIL|Error", line)]
    return "\n".join(f"    {line}" for line in (complaints or lines)[-12:])


def pick(sentences: Mapping[str, str], count: int, seed: int) -> list[str]:
    """`count` sentences; the same seed gives the same ones."""
    numbers = sorted(sentences)
    return sorted(random.Random(seed).sample(numbers, min(count, len(numbers))))  # noqa: S311 - to be repeated


def main(arguments: Sequence[str] | None = None) -> int:
    """Pick, delete, run, and say what went unnoticed."""
    parser = argparse.ArgumentParser(description="Delete the code behind sentences; a test that names one must fail.")
    parser.add_argument("numbers", nargs="*", metavar="C-012", help="these sentences instead of random ones")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    options = parser.parse_args(arguments)
    specification = read()
    if unknown := [number for number in options.numbers if number not in specification.sentences]:
        parser.error(f"the specification has no sentence {', '.join(unknown)}")
    numbers = options.numbers or pick(specification.sentences, options.count, options.seed)
    try:
        ensure(["package", "node", "brownie"])
    except MissingError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"seed {options.seed}: {' '.join(numbers)}", flush=True)
    unnoticed = 0
    with worktree.copy() as tree:
        for number in numbers:
            languages = sorted({kind_of(place.path) for place in specification.code.get(number, ())})
            found = [judge(tree, number, language, specification) for language in languages] or ["it marks no code"]
            wrong = [one for one in found if one]
            unnoticed += bool(wrong)
            print(f"{number} {'NOT noticed: ' + '; '.join(wrong) if wrong else 'noticed'}", flush=True)
    print(f"{len(numbers) - unnoticed} of {len(numbers)} deletions noticed (seed {options.seed})")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
