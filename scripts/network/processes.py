"""Processes that outlive the command that started them: recorded, found again, and ended by their number.

One file for each: number, when it started, and the boot it started in. A number is used again, so a process is
touched only while all three fit. Every process carries the network's folder in its environment, by which a last
look finds whatever was left behind. Needs Linux's /proc.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scripts.network.errors import LeftBehindError

PROC = Path("/proc")
MARK = "MEDSHARE_NETWORK_FOLDER"
PATIENCE = 30.0
"""Seconds that a process has to end before it is killed."""
LONGEST = 60.0
"""Seconds after which stopping gives up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to run: a name that is unique in the network, the command, and where.

    `files` are open descriptors that it inherits under their numbers. `user` is a user and group number of its own.
    """

    name: str
    command: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    files: tuple[int, ...] = ()
    user: tuple[int, int] | None = None


def started(pid: int) -> str:
    """Return when a process started, as the boot and its clock ticks; empty when there is none, or a dead one."""
    try:
        # The name stands in brackets and may hold spaces: the state is the first field behind it, the start the 20th.
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
    return "" if fields[0] in {"Z", "X"} else f"{boot} {fields[19]}"


class Processes:
    """The processes of the network in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._records = folder / "processes"
        self._logs = folder / "logs"
        self._children: dict[int, subprocess.Popen[bytes]] = {}

    def log(self, name: str) -> Path:
        """Return where a process writes."""
        return self._logs / f"{name}.log"

    def start(self, program: Program) -> int:
        """Start a program in a session of its own, if it does not run; return its number."""
        if pid := self.running(program.name):
            return pid
        self._records.mkdir(parents=True, exist_ok=True)
        self._logs.mkdir(parents=True, exist_ok=True)
        user, group = program.user or (None, None)
        with self.log(program.name).open("ab") as log:
            process = subprocess.Popen(
                program.command,
                cwd=program.folder,
                env={**program.environment, **_run_of_ci(), MARK: str(self._folder)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=program.files,
                start_new_session=True,
                user=user,
                group=group,
                extra_groups=None if program.user is None else [],
            )
        self._children[process.pid] = process
        record = {"pid": process.pid, "started": started(process.pid), "command": program.command[0]}
        place = self._records / f"{program.name}.json"
        place.with_suffix(".new").write_text(json.dumps(record))
        place.with_suffix(".new").replace(place)
        return process.pid

    def running(self, name: str) -> int | None:
        """Return the number of a process that still runs, None otherwise."""
        try:
            record = json.loads((self._records / f"{name}.json").read_text())
        except FileNotFoundError:
            return None
        pid = int(record["pid"])
        if (child := self._children.get(pid)) and child.poll() is not None:
            del self._children[pid]
        return pid if record["started"] and started(pid) == record["started"] else None

    def names(self) -> list[str]:
        """Return the names of all that run."""
        known = sorted(place.stem for place in self._records.glob("*.json")) if self._records.is_dir() else []
        return [name for name in known if self.running(name)]

    def send(self, number: signal.Signals, *names: str) -> None:
        """Send a signal to those of `names` that run."""
        for name in names:
            if pid := self.running(name):
                with contextlib.suppress(ProcessLookupError):  # it ended just now
                    os.kill(pid, number)

    def paused(self, name: str) -> bool:
        """Return whether a process is stopped by SIGSTOP."""
        pid = self.running(name)
        try:
            return pid is not None and (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] == "T"
        except OSError:
            return False

    def stop(self, *names: str, how: signal.Signals = signal.SIGTERM) -> None:
        """Ask processes to end, wait, and insist; return when none of them is left.

        Raises:
            LeftBehindError: One does not even end when it is killed.
        """
        self.send(how, *names)
        self.send(signal.SIGCONT, *names)  # a paused process hears nothing
        begun = time.monotonic()
        insisted = how is signal.SIGKILL
        while left := [name for name in names if self.running(name)]:
            waited = time.monotonic() - begun
            if waited > PATIENCE and not insisted:
                insisted = True
                self.send(signal.SIGKILL, *left)
            if waited > LONGEST:
                raise LeftBehindError({self.running(name) or 0: name for name in left})
            time.sleep(0.05)

    def carrying_mark(self) -> dict[int, str]:
        """Return every process that carries this network's mark, by number, with its command line."""
        mark = f"{MARK}={self._folder}".encode()
        found = {}
        for place in PROC.iterdir():
            if not place.name.isdigit() or int(place.name) == os.getpid():
                continue
            try:
                if mark in (place / "environ").read_bytes().split(b"\0"):
                    command = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                    if command:  # without one it has ended and waits to be collected
                        found[int(place.name)] = command
            except OSError:
                continue  # it ended meanwhile, or belongs to somebody else
        return found


def _run_of_ci() -> dict[str, str]:
    """Return the mark by which a CI run finds what it left behind, if there is one."""
    return {name: os.environ[name] for name in ("MEDSHARE_CI_RUN",) if name in os.environ}


def stop_in_order(processes: Processes, groups: Iterable[Iterable[str]]) -> None:
    """Stop groups of processes one after the other, so that none loses what it stands on before it ended."""
    for group in groups:
        processes.stop(*group)
