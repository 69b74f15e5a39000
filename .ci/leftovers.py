"""End the processes that this CI run started and left behind; fail when there was one.

A process belongs to the run when it carries the run's MEDSHARE_CI_RUN in its environment. Only these are
ended, by their number. Where there is no /proc, nothing is looked for.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

PROC = Path("/proc")


def ancestors(process: int) -> set[int]:
    """The process, its parent, and so on."""
    found: set[int] = set()
    while process > 1 and process not in found:
        found.add(process)
        try:
            # The name stands in brackets and may hold spaces; the parent is the second field after it.
            process = int((PROC / str(process) / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            break
    return found


def left_behind(mark: str) -> dict[int, str]:
    """Processes that carry the mark and are not on the way from here to the run itself."""
    ours = ancestors(os.getpid())
    found = {}
    for folder in PROC.iterdir() if PROC.is_dir() else ():
        if not folder.name.isdigit() or int(folder.name) in ours:
            continue
        try:
            if f"MEDSHARE_CI_RUN={mark}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                if command:  # a process without a command line has ended and waits to be collected
                    found[int(folder.name)] = command
        except OSError:
            continue  # it ended meanwhile, or belongs to somebody else
    return found


def main() -> int:
    """End what is left and say what it was."""
    mark = os.environ.get("MEDSHARE_CI_RUN", "")
    if not mark:
        return 0
    time.sleep(1)  # what is just ending is not left behind
    found = left_behind(mark)
    for process, command in found.items():
        print(f"left behind, ended now: {process} {command[:200]}")
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            continue
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
