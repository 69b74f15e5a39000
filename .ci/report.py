"""Print the seconds of each stage beside its budget; exit code 1 when a stage failed.

    python3 .ci/report.py ROWS

ROWS has a line for each stage: name, milliseconds, exit code. `tests` is split into its tiers by reports/tiers.json.
A stage over its budget is marked and fails nothing: machines differ. A stage without a budget fails.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TESTS = "tests"


def seconds_of(rows: str, tiers: list[dict[str, Any]]) -> dict[str, tuple[float, bool]]:
    """Seconds and success of each stage; of `tests` only what is not in a tier remains."""
    stages = {}
    for row in rows.splitlines():
        name, milliseconds, code = row.split("\t")
        stages[name] = (int(milliseconds) / 1000, code == "0")
    if TESTS in stages:
        for tier in tiers:
            good = not tier["failed"] and not tier["trouble"]
            stages[f"{TESTS}/{tier['tier']}"] = (tier["seconds"], good)
        rest = stages[TESTS][0] - sum(tier["seconds"] for tier in tiers)
        stages[TESTS] = (max(rest, 0.0), stages[TESTS][1])
    return stages


def report(stages: dict[str, tuple[float, bool]], groups: dict[str, Any]) -> tuple[list[str], bool]:
    """The table, and whether every stage succeeded and has a budget."""
    lines = []
    good = True
    for name, group in groups.items():
        spent = sum(stages[stage][0] for stage in group["stages"] if stage in stages)
        over = "  over budget" if spent > group["seconds"] else ""
        lines += ["", f"{name:<32}{spent:>8.1f} s of {group['seconds']} s{over}"]
        for stage, budget in group["stages"].items():
            if stage in stages:
                seconds, passed = stages[stage]
                sign = "" if passed else "  FAILED"
                sign += "  over budget" if seconds > budget else ""
                lines.append(f"  {stage:<30}{seconds:>8.1f} s of {budget} s{sign}")
                good = good and passed
    planned = {stage for group in groups.values() for stage in group["stages"]}
    for stage in sorted(set(stages) - planned):
        lines.append(f"{stage} has no budget in .ci/budget.json")
        good = False
    total = sum(seconds for seconds, _ in stages.values())
    failed = [stage for stage, (_, passed) in stages.items() if not passed]
    lines += [
        "",
        f"{len(stages)} stages in {total:.0f} s; " + (f"failed: {', '.join(failed)}" if failed else "all passed"),
    ]
    return lines, good


def main() -> int:
    """Read, print, decide."""
    tiers = ROOT / "reports" / "tiers.json"
    measured = json.loads(tiers.read_text()) if tiers.is_file() else []
    groups = json.loads((ROOT / ".ci" / "budget.json").read_text())["groups"]
    lines, good = report(seconds_of(Path(sys.argv[1]).read_text(), measured), groups)
    print("\n".join(lines))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
