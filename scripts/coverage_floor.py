"""Hold each part of the package to its share of covered lines and branches.

    .venv/bin/python scripts/coverage_floor.py      after COVERAGE=1 make test

Joins what the tiers measured (reports/.coverage.*) and compares it with `[tool.medshare.coverage]` in
pyproject.toml: the longest prefix of a file's path decides. A part of the table without files fails.
Exit code 1 when a part is below its floor; the missing lines are printed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "reports" / "coverage.json"


@dataclass(slots=True)
class Part:
    """A part of the package: what can be covered, what is, and what is missing."""

    floor: float
    total: int = 0
    covered: int = 0
    missing: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Per cent of lines and branches; a part without any counts as nothing."""
        return 100 * self.covered / self.total if self.total else 0.0

    @property
    def good(self) -> bool:
        """Whether the floor is reached; compared without rounding."""
        return self.total > 0 and self.share >= self.floor


def prefix_of(path: str, floors: Mapping[str, float]) -> str:
    """The longest prefix in the table that a file falls under, or `default`."""
    fits = [one for one in floors if path == f"{one}.py" or path.startswith(f"{one}/")]
    return max(fits, key=len, default="default")


def parts(report: Mapping[str, Any], floors: Mapping[str, float]) -> dict[str, Part]:
    """Add up coverage's report by part. `floors` holds `default` and prefixes, in per cent."""
    found = {name: Part(floor) for name, floor in floors.items()}
    for path, file in sorted(report["files"].items()):
        part = found[prefix_of(path, floors)]
        numbers = file["summary"]
        part.total += numbers["num_statements"] + numbers["num_branches"]
        part.covered += numbers["covered_lines"] + numbers["covered_branches"]
        if file["missing_lines"] or file["missing_branches"]:
            branches = [f"{start}->{end}" for start, end in file["missing_branches"]]
            part.missing.append(f"{path}: {', '.join(map(str, [*file['missing_lines'], *branches]))}")
    return found


def measure() -> Mapping[str, Any]:
    """Join the tiers' measurements into one report.

    Raises:
        FileNotFoundError: nothing was measured.
    """
    data = sorted(str(path) for path in REPORT.parent.glob(".coverage.*"))
    if not data:
        message = "nothing was measured: run COVERAGE=1 make test first"
        raise FileNotFoundError(message)
    environment = dict(os.environ) | {"COVERAGE_FILE": str(REPORT.parent / ".coverage")}
    for words in (["combine", "--keep", "--quiet", *data], ["json", "--quiet", "-o", str(REPORT)]):
        subprocess.run([sys.executable, "-m", "coverage", *words], check=True, cwd=ROOT, env=environment)
    report: Mapping[str, Any] = json.loads(REPORT.read_text())
    return report


def table(found: Mapping[str, Part]) -> str:
    """One row for each part, then what is missing in the parts below their floor, worst first."""
    lines: dict[str, list[str]] = defaultdict(list)
    for name, part in found.items():
        sign = "" if part.good else "  too low" if part.total else "  no file"
        lines["rows"].append(f"{name:<24}{part.share:>8.2f} %  floor {part.floor:g} %{sign}")
        if not part.good:
            lines["missing"] += part.missing
    return "\n".join([*lines["rows"], *lines["missing"]])


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, compare, print."""
    if arguments or (len(sys.argv) > 1 and arguments is None):
        print(__doc__)
        return 2
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    try:
        found = parts(measure(), project["tool"]["medshare"]["coverage"])
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    print(table(found))
    return 0 if all(part.good for part in found.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
