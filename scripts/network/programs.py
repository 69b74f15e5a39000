"""The programs of other projects, built from source by Go with pinned sums, once for each state of those pins.

    python3 -m scripts.network programs       builds what is missing and says where everything lies

A program lies in a folder named by the digest of what it was made from: go.mod, go.sum, the packages, and Go's
version. A change of one of them is another folder; a second start builds nothing. The folder appears by rename,
so an interrupted build leaves none.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.network.errors import MissingProgramsError, NetworkError
from scripts.postgresql import REMEDY, server_programs

ROOT = Path(__file__).resolve().parents[2]
MODULES_FOLDER = ROOT / "deploy" / "programs"
OLDEST_GO = (1, 21)
"""From here on Go fetches, by the same proxy and with a sum, the newer version that a go.mod asks for."""
PRYSM = "github.com/OffchainLabs/prysm/v6/cmd"


@dataclass(frozen=True, slots=True)
class Module:
    """One Go module of ours that builds another project's programs: its folder, the packages, the build tags."""

    name: str
    packages: tuple[str, ...]
    tags: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """Where its go.mod is."""
        return MODULES_FOLDER / self.name

    @property
    def programs(self) -> tuple[str, ...]:
        """What it builds."""
        return tuple(package.rpartition("/")[2] for package in self.packages)


MODULES = (
    Module("geth", ("github.com/ethereum/go-ethereum/cmd/geth",)),
    Module("prysm", (f"{PRYSM}/beacon-chain", f"{PRYSM}/validator", f"{PRYSM}/prysmctl")),
    Module("kubo", ("github.com/ipfs/kubo/cmd/ipfs",)),
    # Discovery in clouds is more code than all the rest of it; the targets stand in a file here.
    Module("prometheus", ("github.com/prometheus/prometheus/cmd/prometheus",), ("remove_all_sd",)),
)


@dataclass(frozen=True, slots=True)
class Programs:
    """Where every program is. `postgresql` is the folder of the server's programs."""

    paths: Mapping[str, Path]
    postgresql: Path

    def path(self, name: str) -> Path:
        """Return the path of a program that Go built."""
        return self.paths[name]


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where built programs are kept: MEDSHARE_PROGRAMS, else below the user's cache."""
    if named := environment.get("MEDSHARE_PROGRAMS"):
        return Path(named)
    cache = environment.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "medshare" / "programs"


def go_version() -> str:
    """Return the version of Go, empty when there is none."""
    if shutil.which("go") is None:
        return ""
    done = subprocess.run(["go", "env", "GOVERSION"], cwd="/", capture_output=True, text=True, check=False)
    return done.stdout.strip()


def key(module: Module, go: str) -> str:
    """Return the digest of what a module's programs are made from, 32 hex digits."""
    parts = {
        "go.mod": (module.folder / "go.mod").read_text(),
        "go.sum": (module.folder / "go.sum").read_text(),
        "packages": module.packages,
        "tags": module.tags,
        "go": go,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def missing(go: str, *, compiler: str | None, postgresql: Path | None) -> list[str]:
    """Return a sentence with the remedy for each program that this machine lacks.

    Args:
        go: What `go env GOVERSION` says, empty without Go.
        compiler: The path of a C compiler.
        postgresql: The folder of PostgreSQL's programs.
    """
    found = []
    numbers = re.match(r"go(\d+)\.(\d+)", go)
    remedy = (
        "install Go 1.21 or later from https://go.dev/dl, or your system's package (for example apt install golang)."
    )
    if numbers is None:
        found.append(f"Go builds the chain's, IPFS's and Prometheus's programs, and `go` is not on PATH: {remedy}")
    elif (int(numbers[1]), int(numbers[2])) < OLDEST_GO:
        found.append(f"Go builds the chain's, IPFS's and Prometheus's programs, and {go} is too old: {remedy}")
    if compiler is None:
        found.append("Prysm needs a C compiler and none is on PATH: install one, for example apt install gcc.")
    if postgresql is None:
        found.append(f"{REMEDY[0].upper()}{REMEDY[1:]}.")
    return found


def lacking(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return a sentence with the remedy for each program that this machine lacks, as found by `environment`."""
    compiler = shutil.which(environment.get("CC") or "cc") or shutil.which("gcc")
    return missing(go_version(), compiler=compiler, postgresql=server_programs(environment, venv=ROOT / ".venv"))


def ensure(tell: Callable[[str], None]) -> Programs:
    """Return where the programs are; build those that are not there yet. `tell` gets a line for each step.

    Raises:
        MissingProgramsError: Go, a C compiler or PostgreSQL is not on this machine.
        NetworkError: A build fails; the text ends with what Go said.
    """
    go, postgresql, lacks = go_version(), server_programs(venv=ROOT / ".venv"), lacking()
    if lacks or postgresql is None:
        raise MissingProgramsError(lacks)
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    paths: dict[str, Path] = {}
    with (cache / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two commands started at once build each program once
        for module in MODULES:
            folder = cache / f"{module.name}-{key(module, go)}"
            if not folder.is_dir():
                start = time.monotonic()
                tell(f"building {', '.join(module.programs)}")
                build(module, folder)
                tell(f"built {', '.join(module.programs)} in {time.monotonic() - start:.0f} s")
            paths |= {name: folder / name for name in module.programs}
    return Programs(paths, postgresql)


def build(module: Module, folder: Path) -> None:
    """Build a module's programs into `folder`, which appears only when all are there.

    Raises:
        NetworkError: Go fails.
    """
    half = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{module.name}-"))
    try:
        run_go(build_command(module, half), module.folder)
        half.chmod(0o755)
        half.replace(folder)
    finally:
        shutil.rmtree(half, ignore_errors=True)


def build_command(module: Module, folder: Path) -> list[str]:
    """Return the command that builds a module's programs into `folder`. No pin can change by it."""
    tags = [f"-tags={','.join(module.tags)}"] if module.tags else []
    return ["go", "build", "-mod=readonly", "-buildvcs=false", *tags, "-o", f"{folder}/", *module.packages]


def run_go(command: Sequence[str], folder: Path) -> None:
    """Run Go, its output in the error when it fails."""
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise NetworkError(
            f"{said}\n`{' '.join(command)}` failed in {folder}: see that a Go module proxy is reachable."
        )
