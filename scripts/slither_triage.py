"""Run slither over the contracts; every finding is either fixed or triaged with a reason.

    .venv/bin/python scripts/slither_triage.py

tools/slither-triage.toml lists what was looked at and left, by detector and place (`Contract.function`, a regular
expression). A finding that no entry covers fails, and so does an entry that covers nothing any more.
Informational and optimisation notes are left out. Needs .venv-slither and node_modules (`make lint` sees to it).
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TRIAGE = ROOT / "tools" / "slither-triage.toml"
SLITHER = ROOT / ".venv-slither" / "bin" / "slither"
LONGEST = 600


@dataclass(frozen=True, slots=True)
class Finding:
    """What slither says: the detector, how bad, where (`Contract.function`), and its first line."""

    check: str
    impact: str
    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A triaged finding: the detector, where, and why it stays."""

    check: str
    where: str
    reason: str

    def covers(self, finding: Finding) -> bool:
        """Whether this entry speaks of that finding."""
        return self.check == finding.check and re.fullmatch(self.where, finding.where) is not None


def place_of(elements: Sequence[Mapping[str, Any]]) -> str:
    """`Contract.function` (or `Contract.variable`) of the first element, from slither's description of the source."""
    if not elements:
        return "?"
    names: list[str] = []
    element: Mapping[str, Any] = elements[0]
    while element:
        if element["type"] in {"contract", "function"} or not names:
            names.insert(0, str(element["name"]))
        element = element.get("type_specific_fields", {}).get("parent", {})
    return ".".join(names[:2])


def findings(report: Mapping[str, Any]) -> list[Finding]:
    """The findings of slither's JSON report.

    Raises:
        ValueError: slither did not finish.
    """
    if not report.get("success"):
        message = f"slither did not finish: {report.get('error')}"
        raise ValueError(message)
    return [
        Finding(one["check"], one["impact"], place_of(one["elements"]), one["description"].strip().splitlines()[0])
        for one in report["results"].get("detectors", [])
    ]


def entries(text: str) -> list[Entry]:
    """The triage file; every entry has a reason."""
    return [Entry(one["check"], one["where"], one["reason"]) for one in tomllib.loads(text).get("finding", [])]


def problems(found: Sequence[Finding], triaged: Sequence[Entry]) -> list[str]:
    """One line for each finding without an entry, and each entry without a finding or a reason."""
    lines = [
        f"{one.impact} {one.check} at {one.where}: {one.text}"
        for one in found
        if not any(entry.covers(one) for entry in triaged)
    ]
    for entry in triaged:
        if not any(entry.covers(one) for one in found):
            lines.append(f"triaged and not found any more: {entry.check} at {entry.where}")
        if len(entry.reason.split()) < 4:
            lines.append(f"triaged without a reason: {entry.check} at {entry.where}")
    return lines


def analyse() -> Mapping[str, Any]:
    """Run slither on the Forge build; its JSON report.

    Raises:
        ValueError: it wrote none.
    """
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "slither.json"
        path = f"{SLITHER.parent}{os.pathsep}{ROOT / 'node_modules' / '.bin'}{os.pathsep}{os.environ.get('PATH', '')}"
        done = subprocess.run(
            [
                str(SLITHER),
                ".",
                "--foundry-out-directory",
                ".forge/out",
                "--filter-paths",
                "node_modules|tests/|contracts/test/",
                "--exclude-informational",
                "--exclude-optimization",
                "--json",
                str(target),
            ],
            cwd=ROOT,
            env=os.environ | {"PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST,
        )
        if not target.is_file():
            message = f"slither wrote no report:\n{(done.stdout + done.stderr)[-3000:]}"
            raise ValueError(message)
        report: Mapping[str, Any] = json.loads(target.read_text())
        return report


def main() -> int:
    """Analyse and compare with the triage."""
    if not SLITHER.is_file():
        print("slither is not set up: run make setup", file=sys.stderr)
        return 2
    try:
        found = findings(analyse())
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    triaged = entries(TRIAGE.read_text(encoding="utf-8"))
    lines = problems(found, triaged)
    print("\n".join(lines), end="\n" if lines else "")
    print(f"slither: {len(found)} findings, {len(triaged)} triage entries, {len(lines)} problems")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
