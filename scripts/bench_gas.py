"""Measure what every operation costs, and compare it with the goals.

Runs `tests/forge/Gas.t.sol` (whole transactions, cold state) and `tests/forge/Flat.t.sol` (the same cost after many
consents) and prints the table of `docs/gas_goals.json` with our figures.

    python scripts/bench_gas.py                    measures, writes docs/gas.json; 1 when a goal is exceeded
                                                   for which docs/gas_goals.json gives no reason
    python scripts/bench_gas.py --check            compares with the committed docs/gas.json: 1 on any drift
    python scripts/bench_gas.py --strict           1 when any goal is exceeded, reason or not
    python scripts/bench_gas.py --consents 2000    seeds fewer consents for the flatness test (100,000 takes minutes)

Only the standard library; needs the packages of package.json (forge, solc, OpenZeppelin).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FORGE = ROOT / "node_modules" / ".bin" / "forge"
GOALS = ROOT / "docs" / "gas_goals.json"
FIGURES = ROOT / "docs" / "gas.json"
HEADINGS = ("operation", "floor", "prototype", "goal", "ours", "best peer", "EAS", "")


def forge_logs(contract: str, **variables: int) -> dict[str, int]:
    """The named figures that one Forge test contract logs, with these environment variables.

    SystemExit when a test fails or nothing was logged.
    """
    command = [str(FORGE), "test", "--isolate", "--match-contract", f"^{contract}$", "--json", "-vv"]
    given = {name: str(value) for name, value in variables.items()}
    environment = {**os.environ, **given, "FOUNDRY_PROFILE": "default"}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    start = run.stdout.find("{")
    if start < 0:
        raise SystemExit(f"forge gave no result for {contract}:\n{run.stdout}{run.stderr}")
    figures: dict[str, int] = {}
    for suite in json.loads(run.stdout[start:]).values():
        for name, result in suite["test_results"].items():
            if result["status"] != "Success":
                raise SystemExit(f"{name} failed: {result.get('reason')}")
            for line in result["decoded_logs"]:
                label, _, value = line.rpartition(": ")
                figures[label] = int(value)
    if not figures:
        raise SystemExit(f"{contract} logged no figure")
    return figures


def table(rows: list[dict[str, Any]], figures: dict[str, int]) -> str:
    """The comparison as aligned text, one operation a line."""
    lines: list[tuple[str, ...]] = [HEADINGS]
    for row in rows:
        ours = figures[row["operation"]]
        verdict = "" if ours <= row["goal"] else f"+{ours - row['goal']:,} ({(ours / row['goal'] - 1) * 100:.1f} %)"
        numbers = (row["floor"], row["prototype"], row["goal"], ours, row["peer"], row["eas"])
        lines.append((row["operation"], *(f"{n:,}" if n is not None else "-" for n in numbers), verdict))
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in (0, 7) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def drift(expected: dict[str, Any], actual: dict[str, Any]) -> list[str]:
    """What differs between the committed figures and the measured ones, one sentence each."""
    return [
        f"{part}: {name} was {expected.get(part, {}).get(name)}, is {actual[part].get(name)}"
        for part in actual
        for name in sorted(set(expected.get(part, {})) | set(actual[part]))
        if expected.get(part, {}).get(name) != actual[part].get(name)
    ]


def main(arguments: list[str] | None = None) -> int:
    """0 when all is well, 1 when a goal is exceeded without a reason, or on drift."""
    parser = argparse.ArgumentParser(description="Measure gas and compare it with the goals.")
    parser.add_argument("--check", action="store_true", help="compare with docs/gas.json and change nothing")
    parser.add_argument("--strict", action="store_true", help="fail on every exceeded goal")
    parser.add_argument("--consents", type=int, default=100_000, help="consents seeded for the flatness test")
    options = parser.parse_args(arguments)
    rows = json.loads(GOALS.read_text(encoding="utf-8"))["rows"]
    operations = forge_logs("GasTest")
    flat = forge_logs("FlatTest", MEDSHARE_CONSENTS=options.consents)
    missing = [row["operation"] for row in rows if row["operation"] not in operations]
    unknown = sorted(set(operations) - {row["operation"] for row in rows})
    if missing or unknown:
        raise SystemExit(f"measured and goals differ; not measured: {missing}; no goal: {unknown}")

    print(table(rows, operations))
    print(f"\nFlat: the first consent against {flat.pop('consents seeded'):,} others")
    names = [label.removeprefix("flat at 1: ") for label in flat if label.startswith("flat at 1: ")]
    for name in names:
        print(f"  {name:<28} {flat[f'flat at 1: {name}']:>8,} {flat[f'flat at many: {name}']:>8,}")

    failed = False
    for row in rows:
        if operations[row["operation"]] > row["goal"]:
            reason = row.get("unmet")
            failed |= options.strict or reason is None
            print(f"\nGoal not reached: {row['operation']}. {reason or 'No reason is given.'}")
    measured = {"operations": operations, "flat": {name: flat[f"flat at 1: {name}"] for name in names}}
    if options.check:
        differences = drift(json.loads(FIGURES.read_text(encoding="utf-8")), measured)
        print("\n".join(["", *differences]) if differences else "\nNo drift from docs/gas.json.")
        return int(failed or bool(differences))
    FIGURES.write_text(json.dumps(measured, indent=2) + "\n", encoding="utf-8")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
