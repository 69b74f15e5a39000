"""Which lines and branches of the contracts the Forge tests run.

    python3 scripts/contract_coverage.py                       run `forge coverage` and judge its report
    python3 scripts/contract_coverage.py --report FILE.lcov    judge a report that exists

Prints the shares of each contract. docs/contract-coverage.md lists the lines that the tool shows as not run, as rows
`| Contract | line | why | test |`: why the tool cannot see it, and the test that runs it. Exit code 1 when a line is
not run and not listed, when a row has become wrong, or when its test does not exist. Standard library only.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LISTED = ROOT / "docs" / "contract-coverage.md"
REPORT = ROOT / "reports" / "forge.lcov"
ROW = re.compile(r"^\| *(\w+) *\| *`(.+?)` *\| *(.+?) *\| *`(\w+)` *\|$", re.MULTILINE)
# Gas is measured elsewhere; invariants run no line of their own and take long without the optimiser.
COMMAND = (
    "forge",
    "coverage",
    "--ir-minimum",
    "--no-match-contract",
    "GasTest|FlatTest|InvariantsTest",
    "--no-match-coverage",
    "node_modules|tests|contracts/test",
    "--report",
    "lcov",
    "--report-file",
    str(REPORT.relative_to(ROOT)),
)
LONGEST = 900


@dataclass(slots=True)
class Coverage:
    """How often each line of a file ran, and each branch as (line, how often)."""

    lines: dict[int, int] = field(default_factory=dict)
    branches: list[tuple[int, int]] = field(default_factory=list)

    def missed(self) -> list[int]:
        """Lines that did not run, or have a branch that was never taken."""
        found = {line for line, count in self.lines.items() if count == 0}
        return sorted(found | {line for line, count in self.branches if count == 0})


@dataclass(frozen=True, slots=True)
class Row:
    """A line that the tool does not see: its contract, its text, why, and the test that runs it."""

    contract: str
    text: str
    why: str
    test: str


def parse(lcov: str) -> dict[str, Coverage]:
    """The files of an lcov report; a branch that was never reached (`-`) counts as not taken."""
    files: dict[str, Coverage] = {}
    current = Coverage()
    for line in lcov.splitlines():
        kind, _, value = line.partition(":")
        if kind == "SF":
            current = files.setdefault(value, Coverage())
        elif kind == "DA":
            number, count = value.split(",")[:2]
            current.lines[int(number)] = int(count)
        elif kind == "BRDA":
            number, _, _, taken = value.split(",")
            current.branches.append((int(number), 0 if taken == "-" else int(taken)))
    return files


def rows(text: str) -> list[Row]:
    """The table of docs/contract-coverage.md."""
    return [Row(*found) for found in ROW.findall(text)]


def share(counts: Sequence[int]) -> str:
    """`97.3 % of 145`."""
    return f"{100 * sum(1 for count in counts if count) / max(len(counts), 1):5.1f} % of {len(counts):>3}"


def problems(
    files: Mapping[str, Coverage], sources: Mapping[str, str], listed: Sequence[Row], tests: str
) -> tuple[list[str], int]:
    """What is wrong, one line each, and how many lines were missed with a good row.

    `sources` has the text of each file by path, `tests` the text of all Forge tests.
    """
    said = [
        f"{path}: not in the report"
        for path in sorted(sources.keys() - files.keys())
        if re.search(r"^\s*function\b", sources[path], re.MULTILINE)
    ]
    used: set[tuple[str, str]] = set()
    excused = 0
    known = {(row.contract, row.text) for row in listed}
    for path, coverage in sorted(files.items()):
        text = sources[path].splitlines()
        for number in coverage.missed():
            place = (Path(path).stem, text[number - 1].strip())
            if place in known:
                used.add(place)
                excused += 1
            else:
                said.append(f"{path}:{number} is not run and not listed: {place[1]}")
    for row in listed:
        if (row.contract, row.text) not in used:
            said.append(f"{row.contract}: listed, but it is seen to run or is gone: {row.text}")
        if f"function {row.test}(" not in tests:
            said.append(f"{row.contract}: there is no test {row.test}")
    return said, excused


def measure() -> str:
    """Run the tests under the tool; the report's text.

    Raises:
        subprocess.SubprocessError: it failed or took too long.
    """
    REPORT.parent.mkdir(exist_ok=True)
    path = f"{ROOT / 'node_modules' / '.bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    environment = os.environ | {"PATH": path, "FOUNDRY_PROFILE": "coverage"}
    subprocess.run(
        COMMAND,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=LONGEST,
    )
    return REPORT.read_text(encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, compare."""
    parser = argparse.ArgumentParser(description="Which lines of the contracts the Forge tests run.")
    parser.add_argument("--report", type=Path, help="an lcov file that exists; nothing is run")
    options = parser.parse_args(arguments)
    try:
        files = parse(options.report.read_text(encoding="utf-8") if options.report else measure())
    except subprocess.CalledProcessError as error:
        print(f"forge coverage failed:\n{(error.stdout + error.stderr)[-3000:]}", file=sys.stderr)
        return 2
    except subprocess.TimeoutExpired:
        print(f"forge coverage took longer than {LONGEST} s", file=sys.stderr)
        return 2
    sources = {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "contracts").glob("*.sol"))
    }
    files = {path: coverage for path, coverage in files.items() if path in sources}
    for path, coverage in sorted(files.items()):
        branches = [count for _, count in coverage.branches]
        lines = share(list(coverage.lines.values()))
        print(f"{Path(path).stem:<22}{lines} lines" + (f"  {share(branches)} branches" if branches else ""))
    every = [count for coverage in files.values() for count in coverage.lines.values()]
    forks = [count for coverage in files.values() for _, count in coverage.branches]
    print(f"{'all':<22}{share(every)} lines  {share(forks)} branches")
    tests = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests" / "forge").glob("*.sol")))
    said, excused = problems(files, sources, rows(LISTED.read_text(encoding="utf-8")), tests)
    print("".join(f"{line}\n" for line in said), end="")
    print(f"{excused} lines are not seen and listed with their test; {len(said)} problems")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
