"""Check docs/cases.md: every case of the security review has its row, and every test that a row names exists.

    python3 scripts/cases.py            how many cases are tested, and which have no test
    python3 scripts/cases.py --check    what `make lint` and CI call

A row is `| S01 | what it asks | what stands for it here | tests |`. A test is `path::name`, in backquotes; its file
names the case, so that both ends point at each other. A row without a test begins its last cell with "none".
The letters: S sealed records, K keys, E signatures, C contracts, P privacy, A the door, R faults.
Standard library only.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = "docs/cases.md"
LAST = {"S": 12, "K": 15, "E": 16, "C": 12, "P": 7, "A": 12, "R": 18}
CASES = tuple(f"{letter}{number:02}" for letter, last in LAST.items() for number in range(1, last + 1))
ROW = re.compile(r"^\| ([A-Z]\d{2}) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)
TEST = re.compile(r"`([^`:]+\.(?:py|sol))::(\w+)`")
NAMED = re.compile(r"\b([SKECPAR])(\d{2})(?: to \1(\d{2}))?(?!\d)\b")


@dataclass(frozen=True, slots=True)
class Row:
    """One case of the page; `tests` are pairs of path and name, `why` the reason where there is none."""

    case: str
    tests: tuple[tuple[str, str], ...]
    why: str = ""


def rows_of(page: str) -> Iterator[Row]:
    """Read the rows of the page."""
    for case, _asks, _here, cell in ROW.findall(page):
        yield Row(case, tuple(TEST.findall(cell)), cell if cell.lower().startswith("none") else "")


def named_in(text: str) -> set[str]:
    """Cases that a file speaks of: `S03`, and what lies within `S03 to S05`."""
    found = set()
    for letter, first, last in NAMED.findall(text):
        found |= {f"{letter}{number:02}" for number in range(int(first), int(last or first) + 1)}
    return found


def defines(text: str, path: str, name: str) -> bool:
    """Whether a file of tests has a test of this name."""
    word = "function" if path.endswith(".sol") else "def"
    return re.search(rf"^\s*{word} {re.escape(name)}\(", text, re.MULTILINE) is not None


def problems(rows: Sequence[Row], files: Mapping[str, str]) -> list[str]:
    """One line for each row that is missing, twice or wrong; `files` are the texts of the tests by path."""
    cases = [row.case for row in rows]
    found = [f"{case} has no row in {PAGE}" for case in CASES if case not in cases]
    found += [
        f"{case} has more than one row in {PAGE}" for case in sorted({one for one in cases if cases.count(one) > 1})
    ]
    found += [f"{PAGE} has a row for {case}, which is no case" for case in cases if case not in CASES]
    for row in rows:
        if not row.tests and not row.why:
            found.append(f"{row.case} names no test and does not say why there is none")
        for path, name in row.tests:
            if path not in files:
                found.append(f"{row.case} names {path}, which does not exist")
            elif not defines(files[path], path, name):
                found.append(f"{row.case} names {path}::{name}, which does not exist")
            elif row.case not in named_in(files[path]):
                found.append(f"{row.case} names {path}::{name}, but that file does not name {row.case}")
    return found


def tests(root: Path) -> dict[str, str]:
    """Texts of the files of tests, by path below the root."""
    paths = (path for path in sorted((root / "tests").rglob("*")) if path.suffix in {".py", ".sol"})
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Print the summary, or check."""
    parser = argparse.ArgumentParser(description="Check that docs/cases.md has every case, and tests that exist.")
    parser.add_argument("--check", action="store_true", help="print only what is wrong; fail when anything is")
    check = parser.parse_args(arguments).check
    rows = list(rows_of((root / PAGE).read_text(encoding="utf-8")))
    found = problems(rows, tests(root))
    if not check:
        for row in rows:
            if not row.tests:
                print(f"{row.case} {row.why}")
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    print(f"{len(rows)} cases, {sum(bool(row.tests) for row in rows)} with tests, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
