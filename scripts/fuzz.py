"""Fuzz every parser of a foreign format; tests/fuzz/README.md says what is allowed and what is kept.

    .venv/bin/python scripts/fuzz.py [--seconds N] [--only NAME ...]     N seconds for each harness, 30 unless told
    .venv/bin/python scripts/fuzz.py --only NAME --play FILE             one input again, with its traceback

Exit code 1 when a harness found something, 2 when atheris is not here.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "reports" / "fuzz"
HARNESSES = ("fhir", "hl7v2", "ccda", "csv", "csv-mapping", "dicom")
MEBIBYTES = 2048
"""Memory of one harness."""
SLOWEST = 10
"""Seconds for one input."""
GRACE = 120
"""Seconds for starting and for reading the seeds, after which a harness is ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one harness did.

    Attributes:
        name: The harness.
        inputs: How many inputs it played, as it last said.
        seconds: How long it took, starting included.
        found: Inputs that ended it.
        failed: Whether it ended otherwise than well.
    """

    name: str
    inputs: int
    seconds: float
    found: tuple[Path, ...]
    failed: bool


def words(name: str, *rest: str) -> list[str]:
    """Return the command that runs a harness in a process of its own."""
    return [sys.executable, "-m", "tests.fuzz.run", name, *rest]


def fuzz(name: str, seconds: int) -> Outcome:
    """Run one harness; its log, its findings and what it learned are in reports/fuzz."""
    folder = RESULTS / name
    corpus, seeds = folder / "corpus", folder / "seeds"
    corpus.mkdir(parents=True, exist_ok=True)
    before = set(folder.glob("*-*"))
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    start = time.monotonic()
    subprocess.run(words(name, "--seeds", str(seeds)), cwd=ROOT, env=environment, check=True)
    options = (
        *(f"-max_total_time={seconds}", f"-rss_limit_mb={MEBIBYTES}", f"-timeout={SLOWEST}"),
        *("-max_len=65536", "-print_final_stats=1", f"-artifact_prefix={folder}/"),
    )
    with (folder / "log").open("w", encoding="utf-8") as log:
        try:
            done = subprocess.run(
                words(name, str(corpus), str(seeds), *options),
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                timeout=seconds + GRACE,
                check=False,
            )
            failed = done.returncode != 0
        except subprocess.TimeoutExpired:
            failed = True
    return Outcome(
        name=name,
        inputs=inputs_in((folder / "log").read_text(encoding="utf-8", errors="replace")),
        seconds=round(time.monotonic() - start, 1),
        found=tuple(sorted(set(folder.glob("*-*")) - before)),
        failed=failed,
    )


def inputs_in(log: str) -> int:
    """Return the number of inputs that a log of libFuzzer speaks of last."""
    numbers = re.findall(r"^#(\d+)\s|^stat::number_of_executed_units: (\d+)", log, re.MULTILINE)
    return max((int(one or other) for one, other in numbers), default=0)


def tell(outcome: Outcome) -> str:
    """Return what a person should know of a run."""
    line = f"{outcome.name}: {outcome.inputs} inputs in {outcome.seconds} s"
    if not outcome.failed:
        return f"{line}, nothing found"
    log = RESULTS.relative_to(ROOT) / outcome.name / "log"
    lines = [f"{line}, ended by a finding; {log} says more", *_end_of(ROOT / log)]
    again = f"  again: .venv/bin/python scripts/fuzz.py --only {outcome.name} --play"
    return "\n".join([*lines, *(f"{again} {path.relative_to(ROOT)}" for path in outcome.found)])


def _end_of(log: Path) -> list[str]:
    """Return the traceback in a log, at most twenty lines of it."""
    text = log.read_text(encoding="utf-8", errors="replace").splitlines()
    begin = next((number for number, line in enumerate(text) if "Uncaught Python exception" in line), len(text) - 20)
    return [f"  | {line}" for line in text[max(0, begin) : max(0, begin) + 20]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz, or play one input."""
    parser = argparse.ArgumentParser(description="Fuzz the parsers of foreign formats.")
    parser.add_argument("--seconds", type=int, default=30, help="for each harness")
    parser.add_argument("--only", action="append", choices=HARNESSES, help="a harness; may be given several times")
    parser.add_argument("--play", type=Path, help="an input to give to the one harness that is named")
    options = parser.parse_args(arguments)
    names = options.only or HARNESSES
    if options.play is not None:
        if len(names) != 1:
            parser.error("--play needs one --only")
        command = words(names[0], "--play", str(options.play.resolve()))
        return subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False).returncode
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed; it has wheels for Linux on x86-64 only", file=sys.stderr)
        return 2
    failed = False
    for name in names:
        outcome = fuzz(name, options.seconds)
        failed = failed or outcome.failed
        print(tell(outcome), flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
