"""Set up what a command needs: Python environments by uv, Node packages by npm.

    python3 scripts/environments.py package node brownie slither

Standard library only, since it runs before anything is installed. Each environment carries a stamp, the
digest of what it was made from; a second run compares digests and touches nothing. What the machine lacks
is named in one sentence with the remedy (exit code 2).
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAMP = ".medshare-stamp"
PYTHONS = ((3, 11), (3, 12))
OLDEST_NODE = 20
OLDEST_UV = (0, 9)
UV = "uv==0.13.9"
# Compiled once: where PYTHONDONTWRITEBYTECODE is set, every process would compile each module anew.
SYNC = ("sync", "--locked", "--quiet", "--compile-bytecode")


class MissingError(Exception):
    """The machine lacks something; the text is one sentence with the remedy."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A Python environment: its folder and what `uv sync` puts into it."""

    folder: str
    selection: tuple[str, ...]


ENVIRONMENTS = {
    "package": Environment(".venv", ("--group", "dev")),
    "brownie": Environment(".venv-brownie", ("--no-default-groups", "--group", "brownie")),
    "slither": Environment(".venv-slither", ("--only-group", "slither")),
}


def version_of(program: str, *arguments: str) -> tuple[int, ...] | None:
    """The version a program prints, as numbers; None when it is absent or prints none."""
    path = shutil.which(program)
    if path is None:
        return None
    try:
        done = subprocess.run([path, *arguments], capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", done.stdout + done.stderr)
    return tuple(int(part) for part in found.groups() if part) if found and done.returncode == 0 else None


def python_program(versions: Callable[[str], tuple[int, ...] | None] | None = None) -> str:
    """The interpreter that environments are made with: 3.11 or 3.12, whichever is found first."""
    ask = versions or (lambda program: version_of(program, "--version"))
    seen: list[str] = []
    for program in (sys.executable, "python3", "python3.12", "python3.11"):
        version = ask(program)
        if version is not None and version[:2] in PYTHONS:
            return program
        if version is not None:
            seen.append(".".join(map(str, version)))
    found = f"only {', '.join(dict.fromkeys(seen))} is here" if seen else "none is here"
    text = f"MedShare needs Python 3.11 or 3.12 and {found}: install one of them, for example apt install python3.11."
    raise MissingError(text)


def check_node(versions: Callable[[str], tuple[int, ...] | None] | None = None) -> tuple[int, ...]:
    """The version of Node.js, which must be 20 or later, with npm beside it."""
    ask = versions or (lambda program: version_of(program, "--version"))
    node = ask("node")
    remedy = "install Node.js 20 or later from https://nodejs.org or your system's packages."
    if node is None:
        text = f"MedShare's chain and compiler need Node.js and `node` is not on PATH: {remedy}"
        raise MissingError(text)
    if node[0] < OLDEST_NODE:
        text = f"MedShare needs Node.js 20 or later and {'.'.join(map(str, node))} is here: {remedy}"
        raise MissingError(text)
    if ask("npm") is None:
        text = "Node.js is here but `npm` is not on PATH: install npm, for example apt install npm."
        raise MissingError(text)
    return node


def run(command: Sequence[str | Path], remedy: str, **environment: str) -> None:
    """Run a set-up command quietly; on failure show what it said and the remedy."""
    settings = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"} | environment
    done = subprocess.run(
        list(map(str, command)),
        cwd=ROOT,
        env=settings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        text = f"{said}\n`{' '.join(map(str, command))}` failed (exit code {done.returncode}): {remedy}"
        raise MissingError(text)


def uv_program(python: str) -> str:
    """The uv on PATH when it is recent enough, else one of our own in .venv-uv, installed by pip."""
    found = version_of("uv", "--version")
    if found is not None and found[:2] >= OLDEST_UV:
        return "uv"
    own = ROOT / ".venv-uv"
    program = own / "bin" / "uv"
    if version_of(str(program), "--version") is None:
        say("installing uv into .venv-uv")
        run([python, "-m", "venv", own], "install Python's venv module, for example apt install python3-venv.")
        pip = (own / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV)
        run(pip, "check that pip reaches a package registry.")
    return str(program)


def python_inputs(name: str) -> bytes:
    """What an environment is made from: its selection, the lock and the dependencies."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    parts = {
        "selection": ENVIRONMENTS[name].selection,
        "lock": (ROOT / "uv.lock").read_text(),
        "project": [project[key] for key in ("build-system", "project", "dependency-groups")],
        "uv": project["tool"]["uv"],
        "root": str(ROOT),  # an environment does not survive a move
        "sync": SYNC,
    }
    return json.dumps(parts, sort_keys=True).encode()


def stamped(folder: Path, inputs: bytes) -> bool:
    """Whether `folder` was made from exactly these inputs."""
    stamp = folder / STAMP
    return stamp.is_file() and stamp.read_text().strip() == hashlib.sha256(inputs).hexdigest()


def write_stamp(folder: Path, inputs: bytes) -> None:
    """Last step of a set-up: an interrupted one leaves no stamp and is done again."""
    (folder / STAMP).write_text(hashlib.sha256(inputs).hexdigest() + "\n")


def ensure_python(name: str) -> None:
    """Make or renew one Python environment; nothing happens when its stamp fits."""
    environment = ENVIRONMENTS[name]
    folder = ROOT / environment.folder
    inputs = python_inputs(name)
    own = version_of(str(folder / "bin" / "python"), "--version") if stamped(folder, inputs) else None
    if own is not None and own[:2] in PYTHONS:  # its interpreter may have been removed meanwhile
        return
    python = python_program()
    say(f"setting up {environment.folder}")
    (folder / STAMP).unlink(missing_ok=True)
    interpreter = shutil.which(python) or python
    run(
        [uv_program(python), *SYNC, "--python", interpreter, *environment.selection],
        "check that a Python package registry is reachable and that uv.lock is the committed one.",
        UV_PROJECT_ENVIRONMENT=str(folder),
        UV_PYTHON_DOWNLOADS="never",
    )
    write_stamp(folder, inputs)


def ensure_node() -> None:
    """Install the Node packages; nothing happens when their stamp fits."""
    version = check_node()
    folder = ROOT / "node_modules"
    inputs = b"\0".join([*((ROOT / name).read_bytes() for name in ("package.json", "package-lock.json"))])
    inputs += str(version[0]).encode()
    if stamped(folder, inputs):
        return
    say("setting up node_modules")
    (folder / STAMP).unlink(missing_ok=True)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    run(command, "check that an npm registry is reachable and that package-lock.json is the committed one.")
    write_stamp(folder, inputs)


def say(text: str) -> None:
    """One line about what is being set up, on stderr: stdout belongs to the command that follows."""
    print(f"[set-up] {text}", file=sys.stderr, flush=True)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two commands started at once do not set up the same folder at once."""
    (ROOT / "reports").mkdir(exist_ok=True)
    with (ROOT / "reports" / ".set-up").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def ensure(names: Sequence[str]) -> None:
    """Set up the named environments.

    Raises:
        MissingError: something is not on this machine or cannot be fetched.
    """
    with one_at_a_time():
        for name in names:
            if name == "node":
                ensure_node()
            else:
                ensure_python(name)


def main(arguments: Sequence[str] | None = None) -> int:
    """Set up the environments named on the command line."""
    parser = argparse.ArgumentParser(description="Set up Python environments and Node packages.")
    parser.add_argument("names", nargs="+", choices=[*ENVIRONMENTS, "node"])
    try:
        ensure(parser.parse_args(arguments).names)
    except MissingError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
