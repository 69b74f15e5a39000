"""`medshare` as a person runs it: each command in a process of its own, the passphrase from a file, the answer as JSON.

The processes are forked from one that has imported the package: the start of Python would cost more than most
commands. What `serve` runs is a process of its own from the start, as in a hospital.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.network.errors import NetworkError
from scripts.network.programs import ROOT

REFUSED = 3
"""The exit code of a refusal."""
UNREACHABLE = 5
"""The exit code when a gateway or a node does not answer now; its remedy is to try again in a minute."""
SECONDS = 300
IMPORTED = "scripts.network.imported"
"""What the process that forks has imported."""


class Refusal(Exception):
    """A command ended with an error of MedShare: its code and words, and the exit code."""

    def __init__(self, code: str, text: str, exit_code: int) -> None:
        super().__init__(f"{code} (exit code {exit_code}): {text}")
        self.code = code
        self.exit_code = exit_code


class CommandLine:
    """Runs `medshare` on homes below `homes`; every key there is under the passphrase in `passphrase`."""

    def __init__(self, homes: Path, passphrase: Path) -> None:
        self.homes = homes
        self.passphrase = passphrase
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload([IMPORTED])

    def words(self, home: str, *words: str) -> list[str]:
        """Return a whole command line, for a process of its own."""
        return [sys.executable, "-m", "medshare", *words, "--home", str(self.homes / home)]

    @staticmethod
    def environment() -> dict[str, str]:
        """Return what a command inherits: nothing that would name another home, node or store."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        return {**kept, "PYTHONPATH": str(ROOT), "LANG": "en_GB.UTF-8"}

    def __call__(self, home: str, *words: str, files: Mapping[str, tuple[Path, str]] | None = None) -> Any:
        """Run a command and return its result.

        Args:
            home: The name of the home.
            words: The command, as in `docs/cli.md`.
            files: Files to open, with the mode, by the option that names the descriptor.

        Raises:
            Refusal: It ended with an error.
            NetworkError: It printed no document, or does not end.
        """
        given = {**(files or {}), "--passphrase-fd": (self.passphrase, "rb")}
        line = [*words, "--home", str(self.homes / home), "--json"]
        with tempfile.TemporaryDirectory(prefix="medshare-command-") as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            process = self._processes.Process(
                target=become, args=(line, given, self.homes, self.environment(), (out, err))
            )
            process.start()
            process.join(SECONDS)
            if process.exitcode is None:
                process.kill()
                process.join()
            printed, said = (place.read_bytes() if place.exists() else b"" for place in (out, err))
        try:
            document = json.loads(printed)
        except ValueError as error:
            text = said.decode(errors="replace")[-2000:]
            raise NetworkError(f"`medshare {' '.join(words)}` printed no document:\n{text}") from error
        if "error" in document:
            found = document["error"]
            raise Refusal(found["code"], " ".join(map(str, found.values())), int(found["exit_code"]))
        return document["result"]


def become(
    line: list[str],
    files: Mapping[str, tuple[Path, str]],
    folder: Path,
    environment: Mapping[str, str],
    outputs: tuple[Path, Path],
) -> None:
    """Be the command `line` in this process, which does nothing else: with its own output, folder and environment."""
    from medshare.cli import run

    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, place in zip((1, 2), outputs, strict=True):
        with place.open("wb") as output:
            os.dup2(output.fileno(), number)
    opened = {option: place.open(mode) for option, (place, mode) in files.items()}
    descriptors = [word for option, file in opened.items() for word in (option, str(file.fileno()))]
    code = run([*line, *descriptors])
    sys.stdout.flush()
    sys.exit(code)
