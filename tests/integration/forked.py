"""`medshare` forked from a process that has imported all of it: the same command, without the seconds of its start.

    python -SE forked.py SOCKET ARGUMENTS...    what stands for the command: hands itself over and waits
    with forked.server(SOCKET): ...             the process that does the work, one child for each command

Only for a tour that also runs with the real command: with CI set the plain one does.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

# Whatever the command line takes: input, output, errors, a passphrase, words shown and typed.
LARGEST_FD = 9
ASIDE = 100
NO_ANSWER = 70


def hand_over(path: str, arguments: list[str]) -> int:
    """Send open files, folder, environment and arguments, and return the exit code."""
    there = []
    for number in range(LARGEST_FD + 1):
        with contextlib.suppress(OSError):
            os.fstat(number)
            there.append(number)
    what = {"arguments": arguments, "folder": str(Path.cwd()), "environment": dict(os.environ), "files": there}
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(path)
        text = json.dumps(what).encode()
        socket.send_fds(line, [len(text).to_bytes(4, "big")], there)
        line.sendall(text)
        answer = line.recv(1)
    return answer[0] if answer else NO_ANSWER


def serve(path: str) -> None:
    """Import everything, then fork for each command until this process is ended."""
    import gc
    import importlib
    import pkgutil

    import medshare

    for module in pkgutil.walk_packages(medshare.__path__, "medshare."):
        if not module.name.endswith("__main__") and ".migrations." not in module.name:
            importlib.import_module(module.name)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(path)
        door.listen()
        while True:
            line, _ = door.accept()
            if os.fork() == 0:
                door.close()
                _answer(line)
            line.close()


def _answer(line: socket.socket) -> NoReturn:
    """Become the command that was handed over, and tell its exit code."""
    from medshare.cli import run

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    code = NO_ANSWER
    try:
        head, files, _, _ = socket.recv_fds(line, 4, LARGEST_FD + 1)
        what = json.loads(line.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL))
        # Out of the way first: a file may have come under a number that another one shall have.
        line = socket.socket(fileno=os.dup2(line.detach(), ASIDE, inheritable=False))
        moved = [os.dup2(file, ASIDE + 1 + place) for place, file in enumerate(files)]
        os.closerange(3, ASIDE)
        for number, file in zip(what["files"], moved, strict=True):
            os.dup2(file, number)
        os.closerange(ASIDE + 1, ASIDE + 1 + len(moved))
        os.chdir(what["folder"])
        os.environ.clear()
        os.environ.update(what["environment"])
        code = run(what["arguments"])
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001  # the end of this process, whatever it is
        traceback.print_exc()
    line.send(bytes([code]))
    os._exit(0)


@contextlib.contextmanager
def server(path: str) -> Iterator[None]:
    """Run a server at `path`, a socket that it makes, and end it."""
    code = f"from tests.integration.forked import serve; serve({path!r})"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2], start_new_session=True)
    try:
        while not Path(path).exists():
            assert process.poll() is None, "it ended before it listened"
            time.sleep(0.05)
        yield
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    sys.exit(hand_over(sys.argv[1], sys.argv[2:]))
