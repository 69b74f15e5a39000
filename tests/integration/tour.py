"""Plays the tour of README.md in an empty folder.

Read from README.md, run by bash. Ports are exchanged for free ones, and `medshare` is this very tree.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from medshare.deployment.anvil import free_port

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"<!-- run by tests/integration/test_tour\.py -->\n```sh\n(.*?)\n```", re.DOTALL)
SECONDS = 1500
SERVED = 'command medshare serve --home "$1" --passphrase-fd 3 3<passphrase >"$1.log" 2>&1 &'
"""How the tour starts a gateway: one that is ended by a signal is never forked."""
AS_A_PROCESS = SERVED.replace("command medshare", '"$PYTHON" -m medshare')


def tour(ports: Mapping[str, int] | None = None) -> str:
    """Return the script of README.md, its own definition of the function left out; `ports` in the place of its own."""
    text = "\n".join(FENCE.findall((ROOT / "README.md").read_text(encoding="utf-8")))
    assert "medshare() {" in text
    lines = [line for line in text.splitlines() if not line.startswith("medshare() {")]
    script = "\n".join(lines)
    for port in sorted(set(re.findall(r"127\.0\.0\.1:(\d+)", script))):
        script = script.replace(port, str((ports or {}).get(port) or free_port()))
    return script


def gateways_apart(script: str) -> str:
    """Return a tour whose gateways are processes of their own, also where its other commands are forked."""
    assert SERVED in script
    return script.replace(SERVED, AS_A_PROCESS)


def play(place: Path, function: str, script: str, *, socket: str = "") -> subprocess.CompletedProcess[str]:
    """Run a tour in `place` and end every process that it began; `function` is its `medshare`.

    With the `socket` of a `forked.server` its commands are forked there. Where the tiers measure what they cover,
    the commands of any other tour count too; it takes half as long again.
    """
    environment = {
        **os.environ,
        "PYTHON": sys.executable,
        "TREE": str(ROOT),
        "PYTHONPATH": str(ROOT),
        "LANG": "en_GB.UTF-8",
    }
    environment["PATH"] = f"{ROOT / 'node_modules' / '.bin'}:{environment['PATH']}"
    program = place / "bin" / "medshare"
    program.parent.mkdir()
    by = (
        f"-m coverage run --rcfile={ROOT / 'pyproject.toml'} -m medshare"
        if environment.get("COVERAGE")
        else "-m medshare"
    )
    forked = f"-SE {Path(__file__).parent / 'forked.py'} {socket}"
    program.write_text(f'#!/bin/sh\nexec "$PYTHON" {forked if socket else by} "$@"\n')
    program.chmod(0o755)
    environment["PATH"] = f"{program.parent}:{environment['PATH']}"
    for name in ("MEDSHARE_HOME", "MEDSHARE_NETWORK", "MEDSHARE_ACCOUNT", "LC_ALL"):
        environment.pop(name, None)
    script = f"set -eu -o pipefail\nset -x\n{function}\n{script}"
    with (place / "out").open("w") as out, (place / "err").open("w") as err:
        process = subprocess.Popen(
            ["bash", "-c", script], cwd=place, env=environment, stdout=out, stderr=err, start_new_session=True
        )
        try:
            code = process.wait(SECONDS)
        finally:
            # The group is ours: bash, and the gateways that it left behind.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            end_chain(place)
    return subprocess.CompletedProcess([], code, (place / "out").read_text(), (place / "err").read_text())


def end_chain(place: Path) -> None:
    """Stop the local chain of the tour if it was interrupted."""
    from medshare.cli.frame.home import Home
    from medshare.cli.frame.local_chain import LocalChain

    LocalChain(Home(place / "regulator")).stop()
