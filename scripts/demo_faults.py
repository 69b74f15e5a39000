"""Run the demo with each planted fault; exactly the assertion that the fault is about must fail.

    .venv/bin/python scripts/demo_faults.py

First the demo without a fault: it lists at least 30 assertions, each named once and with evidence, and all hold.
Then once for each of the 12 faults, two at a time. What it relies on:
`make demo JSON=1` prints one JSON object on stdout, {"assertions": [{"name": ..., "passed": true, "evidence": ...}]};
`medshare.demo.faults.FAULTS` maps each fault's name to the name of its assertion; with a fault the exit code is not 0.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

LEAST_ASSERTIONS = 30
FAULTS = 12
LONGEST = 360  # seconds: a demo from nothing may take six minutes
WARM = 90  # seconds: the promise for a demo on a machine that is set up


def play(fault: str = "") -> tuple[int, str, float]:
    """Run the demo: exit code, stdout and seconds."""
    environment = {key: value for key, value in os.environ.items() if key != "DEMO_FAULT"}
    if fault:
        environment["DEMO_FAULT"] = fault
    start = time.monotonic()
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complained:
        process = subprocess.Popen(
            ["make", "--silent", "demo", "JSON=1"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=complained,
            start_new_session=True,
        )
        try:
            code = process.wait(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            code = 124
        finally:
            with contextlib.suppress(ProcessLookupError):  # the usual end: the demo stopped its chain
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        seconds = time.monotonic() - start
        said.seek(0)
        complained.seek(0)
        return code, said.read().strip() or complained.read(), seconds


def assertions(output: str) -> list[Mapping[str, Any]]:
    """The assertions that the demo lists.

    Raises:
        ValueError: the output is not that of `make demo JSON=1`.
    """
    try:
        found: list[Mapping[str, Any]] = json.loads(output)["assertions"]
    except (ValueError, KeyError, TypeError) as error:
        message = f"the demo printed no list of assertions, but:\n{output[-1500:]}"
        raise ValueError(message) from error
    return found


def faults_of_sound(code: int, found: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is wrong with a demo without a fault."""
    names = [one["name"] for one in found]
    wrong = [f"without a fault: {one['name']} fails" for one in found if not one["passed"]]
    wrong += [f"{one['name']} has no evidence" for one in found if not one.get("evidence")]
    if code:
        wrong.append(f"without a fault the exit code is {code}")
    if len(names) < LEAST_ASSERTIONS or len(set(names)) != len(names):
        wrong.append(f"{len(set(names))} different assertions of {len(names)}; at least {LEAST_ASSERTIONS} are wanted")
    return wrong


def faults_of_planted(fault: str, target: str, code: int, found: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is wrong with a demo with a fault."""
    failing = [one["name"] for one in found if not one["passed"]]
    wrong = [] if failing == [target] else [f"{fault}: {', '.join(failing) or 'nothing'} fails instead of {target}"]
    return wrong + ([] if code else [f"{fault}: the exit code is 0"])


def judge(fault: str, target: str) -> tuple[list[str], float]:
    """Run once, with a fault or (`fault` empty) without."""
    code, output, seconds = play(fault)
    try:
        found = assertions(output)
    except ValueError as error:
        return [f"{fault or 'without a fault'}: {error}"], seconds
    return (faults_of_planted(fault, target, code, found) if fault else faults_of_sound(code, found)), seconds


def main() -> int:
    """Run them all and say what went wrong."""
    try:
        planted: Mapping[str, str] = importlib.import_module("medshare.demo.faults").FAULTS
    except ImportError as error:
        print(f"the demo's faults are not there: {error}", file=sys.stderr)
        return 1
    wrong, seconds = judge("", "")
    print(f"without a fault: {seconds:.1f} s {'' if not wrong else 'WRONG'}", flush=True)
    if seconds > WARM:
        wrong.append(f"the demo took {seconds:.0f} s; {WARM} s are promised")
    if len(planted) != FAULTS:
        wrong.append(f"{len(planted)} faults are planted; {FAULTS} are wanted")
    with ThreadPoolExecutor(2) as pool:
        for fault, (found, seconds) in zip(planted, pool.map(judge, planted, planted.values()), strict=True):
            print(f"{fault}: {seconds:.1f} s {'' if not found else 'WRONG'}", flush=True)
            wrong += found
    print("\n".join(wrong), file=sys.stderr, end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
