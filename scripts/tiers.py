"""Run the tests tier by tier; what `make test` calls.

    python3 scripts/tiers.py                 every tier but live
    python3 scripts/tiers.py unit interop    these
    python3 scripts/tiers.py unit -- -k anchor -x

A tier is named by what it needs (tests/README.md). Every tier that the machine can run is run; what is left
out is listed with the reason. A tier without tests fails: silence is not success. With CI set, a tier that is
left out fails too, and so does a skipped test. `live` needs a whole network: it runs with MEDSHARE_LIVE set, as
`make test-live` does. COVERAGE=1 measures the package.
Tiers of one round run side by side, since alone they leave a processor idle; their output is shown one after the other.
Standard library only: it sets up the environments itself.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.environments import MissingError, ensure  # noqa: E402 - found by the line above in any environment
from scripts.network.programs import lacking  # noqa: E402 - the same
from scripts.postgresql import REMEDY, server_programs  # noqa: E402 - the same

REPORTS = ROOT / "reports"
# Flatness holds only for whole transactions (--isolate), as scripts/bench_gas.py runs it.
FORGE = ("forge", "test", "--no-match-contract", "^FlatTest$")
LONGEST = 1_800  # seconds; a tier that takes longer hangs
NOT_ASKED = "it starts a whole network of nodes; make test-live runs it"


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier of tests: what it needs, where its tests stand, and what its environment runs `first`.

    Those of one `round` share the machine well: both compile with one process first, or both wait for servers.
    """

    needs: tuple[str, ...]
    folders: tuple[str, ...]
    options: tuple[str, ...] = ()
    covers: bool = False
    first: tuple[str, ...] = ()
    round: str = ""

    @property
    def python(self) -> Path:
        """The interpreter of the environment that this tier runs in."""
        return ROOT / (".venv-brownie" if "brownie" in self.needs else ".venv") / "bin" / "python"


# A file is one server, one chain, one town: its tests stay together, and files begin in the order of tests/conftest.py.
BY_FILE = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")

TIERS: Mapping[str, Tier] = {
    "unit": Tier(("package",), ("tests/unit",), ("-n", "2", "--dist", "worksteal"), covers=True),
    "interop": Tier(("package", "node"), ("tests/interop",), BY_FILE, covers=True),
    # Brownie starts a chain for each process and keeps the tests of a file together by itself. It must not compile
    # in this run: its processes would then disagree on what there is. The third process works while chains answer.
    "contracts": Tier(
        ("brownie", "node"),
        ("tests/stateful", "tests/contracts"),
        ("-n", "3"),
        first=("brownie", "compile"),
        round="compile",
    ),
    "forge": Tier(("node",), ("tests/forge",), round="compile"),
    "integration": Tier(("package", "node"), ("tests/integration",), BY_FILE, covers=True, round="servers"),
    "postgresql": Tier(("package", "node"), ("tests/postgresql",), BY_FILE, covers=True, round="servers"),
    "live": Tier(("package",), ("tests/live",)),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a tier. `left_out` says why it was not run; `trouble` why it failed beside its tests.

    Of tiers that ran side by side each has its share of the `seconds` that they took together.
    """

    tier: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    left_out: str = ""
    trouble: str = ""

    @property
    def good(self) -> bool:
        """Whether nothing failed."""
        return not self.failed and not self.trouble


def has_tests(tier: str) -> bool:
    """Whether there is at least one file of tests."""
    pattern = "*.t.sol" if tier == "forge" else "test_*.py"
    return any(next((ROOT / folder).rglob(pattern), None) for folder in TIERS[tier].folders if (ROOT / folder).is_dir())


SHOWING = threading.Lock()
RUNNING: set[int] = set()
"""Groups of processes that run now."""


def run_to_end(command: Sequence[str | Path], environment: Mapping[str, str], keep: Path | None = None) -> int:
    """Run in a group of its own, show (and keep) its output, and leave no process of the group behind."""
    REPORTS.mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        # A file, not a pipe: a process left behind would hold a pipe open and this would wait for it.
        log = stack.enter_context(keep.open("wb")) if keep else None
        process = subprocess.Popen(
            list(map(str, command)),
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT if log else None,
            start_new_session=True,
        )
        RUNNING.add(process.pid)
        try:
            return process.wait(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            print(f"stopped after {LONGEST} s", flush=True)
            return 124
        finally:
            RUNNING.discard(process.pid)
            with contextlib.suppress(ProcessLookupError):  # the usual end: nobody is left
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if keep:
                with SHOWING:
                    print(keep.read_text(errors="replace"), flush=True)


def interrupt() -> None:
    """Ask every group that runs to end, and end those that have not after a while."""
    for sign in (signal.SIGINT, signal.SIGKILL):
        for group in list(RUNNING):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, sign)
        patience = time.monotonic() + 15
        while RUNNING and time.monotonic() < patience:
            time.sleep(0.1)


def pytest_outcome(tier: str, report: Path, code: int, seconds: float) -> Outcome:
    """Read pytest's own report; an exit code without a report is trouble too."""
    if code == 5:
        return Outcome(tier, seconds=seconds, trouble="no test was collected")
    if not report.is_file():
        return Outcome(tier, seconds=seconds, trouble=f"pytest ended with code {code} before it ran a test")
    # Only files that pytest wrote a moment ago in our own folder are read.
    suites = ET.parse(report).getroot().iter("testsuite")  # noqa: S314
    total = failed = skipped = 0
    for suite in suites:
        total += int(suite.get("tests", "0"))
        failed += int(suite.get("failures", "0")) + int(suite.get("errors", "0"))
        skipped += int(suite.get("skipped", "0"))
    trouble = "" if code in {0, 1} else f"pytest ended with code {code}"
    return Outcome(tier, max(total - failed - skipped, 0), failed, skipped, seconds, trouble=trouble)


def forge_outcome(output: str, code: int, seconds: float) -> Outcome:
    """Read Forge's closing line."""
    found = re.search(r"(\d+) tests? passed, (\d+) failed, (\d+) skipped \(\d+ total tests?\)", output)
    if not found:
        return Outcome("forge", seconds=seconds, trouble=f"forge ended with code {code} before it ran a test")
    passed, failed, skipped = map(int, found.groups())
    trouble = f"forge ended with code {code}" if code and not failed else ""
    return Outcome("forge", passed, failed, skipped, seconds, trouble=trouble)


def run_tier(tier: str, extra: Sequence[str], *, aside: bool = False) -> Outcome:
    """Set up and run one tier; one that runs `aside` of another shows its output at its end."""
    definition = TIERS[tier]
    if not has_tests(tier):
        return Outcome(tier, trouble=f"there is no test in {' or '.join(definition.folders)}")
    environment = dict(os.environ) | {"PYTHONUNBUFFERED": "1"}
    environment["PATH"] = f"{ROOT / 'node_modules' / '.bin'}{os.pathsep}{environment.get('PATH', os.defpath)}"
    start = time.monotonic()
    if tier == "forge":
        log = REPORTS / "forge.log"
        code = run_to_end([*FORGE, *extra], environment, keep=log)
        return forge_outcome(log.read_text(errors="replace") if log.is_file() else "", code, time.monotonic() - start)
    if definition.first:
        program, *words = definition.first
        environment.setdefault("SOLCX_BINARY_PATH", str(ROOT / "tools" / "solc"))
        if code := run_to_end([definition.python.parent / program, *words], environment):
            return Outcome(
                tier, seconds=time.monotonic() - start, trouble=f"`{' '.join(definition.first)}` ended with code {code}"
            )
    report = REPORTS / f"{tier}.xml"
    report.unlink(missing_ok=True)
    folders = [folder for folder in definition.folders if (ROOT / folder).is_dir()]
    command: list[str | Path] = [
        definition.python,
        "-m",
        "pytest",
        "-q",
        *folders,
        *definition.options,
        f"--junitxml={report}",
    ]
    if definition.covers and environment.get("COVERAGE"):
        environment["COVERAGE_FILE"] = str(REPORTS / f".coverage.{tier}")
        command += ["--cov", "--cov-report="]
    code = run_to_end([*command, *extra], environment, keep=REPORTS / f"{tier}.log" if aside else None)
    return pytest_outcome(tier, report, code, time.monotonic() - start)


def rounds(names: Iterable[str]) -> list[list[str]]:
    """Return the tiers in the order given; those of one round that follow each other stand together."""
    found: list[list[str]] = []
    for name in names:
        if found and TIERS[name].round and TIERS[name].round == TIERS[found[-1][0]].round:
            found[-1].append(name)
        else:
            found.append([name])
    return found


def run_round(names: Sequence[str], extra: Sequence[str]) -> list[Outcome]:
    """Run tiers side by side; what the machine cannot run is left out with the reason."""
    reasons = {name: reason_to_leave_out(name, os.environ) for name in names}
    ready = [name for name in names if not reasons[name]]
    if ready:
        print(f"---- {' and '.join(ready)} ----", flush=True)
    start = time.monotonic()
    with ThreadPoolExecutor(max_workers=len(names)) as pool:
        running = {name: pool.submit(run_tier, name, extra, aside=len(ready) > 1) for name in ready}
        try:
            done = {name: future.result() for name, future in running.items()}
        except KeyboardInterrupt:
            interrupt()
            raise
    share = (time.monotonic() - start) / (sum(outcome.seconds for outcome in done.values()) or 1)
    return [
        replace(done[name], seconds=done[name].seconds * share)
        if name in done
        else Outcome(name, left_out=reasons[name])
        for name in names
    ]


def reason_to_leave_out(tier: str, environment: Mapping[str, str]) -> str:
    """Why this machine does not run the tier by default; empty when it does."""
    if tier == "live" and not environment.get("MEDSHARE_LIVE"):
        return NOT_ASKED
    try:
        ensure(TIERS[tier].needs)
    except MissingError as error:
        return str(error)
    if tier == "postgresql" and server_programs(environment, venv=ROOT / ".venv") is None:
        return REMEDY
    if tier == "live" and (lacks := lacking(environment)):
        return " ".join(lacks)
    native = {"forge": "forge", "contracts": "anvil", "integration": "anvil", "postgresql": "anvil"}.get(tier)
    programs = f"{ROOT / 'node_modules' / '.bin'}{os.pathsep}{environment.get('PATH', os.defpath)}"
    if native and shutil.which(native, path=programs) is None:
        return f"npm has no {native} for this platform; install Foundry and put {native} on PATH"
    return ""


def problems(outcomes: Iterable[Outcome], *, strict: bool) -> list[str]:
    """One sentence for each tier that is not as it should be; `strict` (CI) forbids gaps as well."""
    found = []
    for outcome in outcomes:
        if outcome.failed:
            found.append(f"{outcome.tier}: {outcome.failed} failed")
        if outcome.trouble:
            found.append(f"{outcome.tier}: {outcome.trouble}")
        if strict and outcome.left_out and outcome.left_out != NOT_ASKED:
            found.append(f"{outcome.tier}: left out")
        if strict and outcome.skipped:
            found.append(f"{outcome.tier}: {outcome.skipped} skipped")
    return found


def summary(outcomes: Sequence[Outcome]) -> str:
    """The table of tiers, what was left out and why, and one closing line for all."""
    lines = ["", "tier          passed  failed  skipped  seconds"]
    for one in outcomes:
        numbers = f"{one.tier:<12}{one.passed:>8}{one.failed:>8}{one.skipped:>9}{one.seconds:>9.1f}"
        lines += [] if one.left_out else [f"{numbers}  {one.trouble}".rstrip()]
    lines += ["", *(f"left out: {one.tier}, because {one.left_out}" for one in outcomes if one.left_out)]
    passed, failed, skipped = (sum(getattr(one, key) for one in outcomes) for key in ("passed", "failed", "skipped"))
    failed += sum(1 for one in outcomes if one.trouble and not one.failed)
    seconds = sum(one.seconds for one in outcomes)
    lines += ["", f"==== {passed} passed, {failed} failed, {skipped} skipped in {seconds:.2f}s ===="]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run tiers and say what came of them; 0 only when nothing failed."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    split = given.index("--") if "--" in given else len(given)
    parser = argparse.ArgumentParser(description="Run the tests tier by tier.")
    parser.add_argument("tiers", nargs="*", metavar="tier", help=", ".join(TIERS))
    names = parser.parse_args(given[:split]).tiers or list(TIERS)
    if unknown := [name for name in names if name not in TIERS]:
        parser.error(f"no tier is called {', '.join(unknown)}; there are {', '.join(TIERS)}")
    REPORTS.mkdir(exist_ok=True)
    outcomes = [outcome for together in rounds(names) for outcome in run_round(together, given[split + 1 :])]
    (REPORTS / "tiers.json").write_text(json.dumps([asdict(outcome) for outcome in outcomes], indent=1) + "\n")
    print(summary(outcomes), flush=True)
    found = problems(outcomes, strict=bool(os.environ.get("CI")))
    for sentence in found:
        print(f"failed: {sentence}", flush=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
