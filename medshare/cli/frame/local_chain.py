"""The local chain of a home: one Anvil in the background, its state on disk, stopped by its own process id.

::

    chain/
        anvil.json    process id, port and seconds between blocks
        state.json    the chain, written when it is stopped and every half minute
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from medshare.cli.frame.errors import ChainRunsElsewhere, ChainStays
from medshare.cli.frame.home import Home
from medshare.errors import UnreachableError

if TYPE_CHECKING:
    from medshare.ledger.chain.rpc import Rpc

FILE: Final = "chain/anvil.json"
STATE: Final = "chain/state.json"
STOP_SECONDS: Final = 20.0
SAVE_SECONDS: Final = 30
"""Between two copies of the state on disk, in case nobody stops the chain properly."""


class LocalChain:
    """The local chain of `home`."""

    def __init__(self, home: Home) -> None:
        self._home = home

    @property
    def running(self) -> bool:
        """Whether the process of this home's chain is alive."""
        return bool(self._file) and is_anvil(self.pid, self.port)

    @property
    def pid(self) -> int:
        """Its process id, 0 if it was never started."""
        return int(self._file.get("pid", 0))

    @property
    def port(self) -> int:
        """Its port on the loopback."""
        return int(self._file.get("port", 0))

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def rpc(self) -> Rpc:
        """The node."""
        from medshare.ledger.chain.rpc import Rpc

        return Rpc.http(self.url)

    @property
    def _file(self) -> dict[str, Any]:
        if not self._home.has(FILE):
            return {}
        found: dict[str, Any] = json.loads(self._home.read(FILE))
        return found

    def start(self, *, port: int, block_seconds: int) -> bool:
        """Start it where it stopped; return False if it runs already.

        Raises:
            AnvilMissing, AnvilFailed: It does not start.
            ChainRunsElsewhere: Another program answers at that port.
        """
        if self.running:
            return False
        from medshare.deployment.anvil import Anvil, free_port
        from medshare.ledger.chain.rpc import Rpc

        port = port or free_port()
        try:
            Rpc.http(f"http://127.0.0.1:{port}", timeout=1).chain_id()
        except UnreachableError:
            pass
        else:
            raise ChainRunsElsewhere(port=port)
        folder = self._home.place / "chain"
        folder.mkdir(mode=0o700, exist_ok=True)
        anvil = Anvil(
            port=port,
            block_time=block_seconds,
            state=self._home.place / STATE,
            options=("--state-interval", str(SAVE_SECONDS)),
        )
        anvil.start()
        value = {"pid": anvil.pid, "port": port, "block_seconds": block_seconds}
        self._home.write(FILE, json.dumps(value).encode(), again=True)
        return True

    def stop(self) -> bool:
        """Stop it, and wait until its state is on disk; return False if it did not run.

        Raises:
            ChainStays: It does not end.
        """
        if not self.running:
            return False
        pid, port = self.pid, self.port
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + STOP_SECONDS
        while is_anvil(pid, port):
            if time.monotonic() > end:
                raise ChainStays(pid=pid)
            time.sleep(0.05)
        return True

    def forget(self) -> tuple[Path, ...]:
        """Remove its files; return those that were there. It must not run."""
        removed = []
        for name in (FILE, STATE):
            place = self._home.place / name
            if place.exists():
                place.unlink()
                removed.append(place)
        return tuple(removed)


def is_anvil(pid: int, port: int) -> bool:
    """Return whether the process `pid` is an Anvil on `port`: ids are used again, and a stranger is never stopped."""
    if pid <= 0:
        return False
    words = _command_of(pid)
    return any("anvil" in word for word in words[:2]) and str(port) in words


def _command_of(pid: int) -> list[str]:
    """Return the command line of a process, empty if there is none; a zombie has none."""
    proc = Path("/proc")
    if (proc / "self" / "cmdline").exists():
        try:
            return (proc / str(pid) / "cmdline").read_text().split("\0")
        except OSError:
            return []
    done = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return done.stdout.split()
