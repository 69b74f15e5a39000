"""A local chain: Anvil as a child process of this one.

It mines on an interval, because with automatic mining its clock stands still between transactions,
and calls its blocks final quickly (`--slots-in-an-epoch 1`). Only the child is ever stopped.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from medshare.deployment.errors import AnvilFailed, AnvilMissing
from medshare.ledger.chain.rpc import Rpc
from medshare.ledger.errors import NodeUnreachable

CHAIN_ID: Final = 31337
START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 10.0
HISTORY: Final = 10_000
"""States that are kept in memory; older blocks cannot be asked any more."""

MNEMONIC: Final = "test test test test test test test test test test test junk"
"""Anvil's well-known words: its accounts hold play money and no secret."""


def find_anvil(environment: Mapping[str, str] = os.environ, here: Path | None = None) -> Path:
    """Return the Anvil program: MEDSHARE_ANVIL, else the project's node_modules, else PATH.

    Raises:
        AnvilMissing: There is none.
    """
    named = environment.get("MEDSHARE_ANVIL")
    if named:
        if not Path(named).is_file():
            raise AnvilMissing
        return Path(named)
    for folder in (here or Path.cwd(), Path(__file__).resolve().parents[2]):
        program = folder / "node_modules" / ".bin" / "anvil"
        if program.exists():
            return program
    found = shutil.which("anvil", path=environment.get("PATH"))
    if found is None:
        raise AnvilMissing
    return Path(found)


def free_port() -> int:
    """Return a port of the loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Anvil:
    """One Anvil, running from `start` to `stop`, or within a `with`.

    Args:
        program: Where it is; by default `find_anvil()`.
        port: Its port on the loopback; by default a free one.
        block_time: Seconds between blocks; 0 mines each transaction at once (tests only).
        state: A file where the chain is kept between runs; none keeps nothing.
        chain_id: The chain's id.
        accounts: How many accounts with play money.
        options: More of its options.
    """

    def __init__(
        self,
        *,
        program: Path | None = None,
        port: int | None = None,
        block_time: int = 1,
        state: Path | None = None,
        chain_id: int = CHAIN_ID,
        accounts: int = 10,
        options: tuple[str, ...] = (),
    ) -> None:
        self._program = program
        self.port = port or 0
        self._block_time = block_time
        self._state = state
        self._chain_id = chain_id
        self._accounts = accounts
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def rpc(self) -> Rpc:
        """The node."""
        return Rpc.http(self.url)

    @property
    def pid(self) -> int | None:
        """The id of the child process, None if it does not run."""
        return self._process.pid if self._process else None

    def command(self) -> list[str]:
        """Return the command line."""
        line = [
            str(self._program or find_anvil()),
            *("--host", "127.0.0.1", "--port", str(self.port), "--chain-id", str(self._chain_id)),
            *("--hardfork", "prague", "--accounts", str(self._accounts), "--mnemonic", MNEMONIC),
            *("--slots-in-an-epoch", "1", "--silent"),
        ]
        if self._block_time:
            line += ["--block-time", str(self._block_time)]
        if self._state:
            line += ["--state", str(self._state)]
        else:
            line += ["--prune-history", str(HISTORY)]
        return [*line, *self._options]

    def start(self) -> Self:
        """Start it and wait until it answers.

        Raises:
            AnvilMissing: There is no such program.
            AnvilFailed: It ends, or does not answer in time.
        """
        self.port = self.port or free_port()
        with tempfile.TemporaryFile() as output:
            try:
                self._process = subprocess.Popen(
                    self.command(),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
            except OSError as error:
                raise AnvilMissing from error
            end = time.monotonic() + START_SECONDS
            while not self._answers():
                ended = self._process.poll() is not None
                if ended or time.monotonic() > end:
                    output.seek(0)
                    why = output.read()[-400:].decode(errors="replace").strip() or "it says nothing"
                    self.stop()
                    raise AnvilFailed(why=why)
                time.sleep(0.05)
        return self

    def stop(self) -> None:
        """Stop the child, if it runs; nobody else's."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS)

    def _answers(self) -> bool:
        try:
            return self.rpc.chain_id() == self._chain_id
        except NodeUnreachable:
            return False

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
