"""A throw-away copy of the tree in which code may be broken: the original is never touched.

Nothing needs restoring, also after a power cut. Environments and Node packages are linked, not copied.
Standard library only.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from signal import SIGKILL

ROOT = Path(__file__).resolve().parent.parent
LINKED = (".venv", ".venv-brownie", "node_modules")
COPIED = (
    "medshare",
    "contracts",
    "interfaces",
    "scripts",
    "tests",
    "tools",
    "docs",
    "pyproject.toml",
    "foundry.toml",
    "brownie-config.yaml",
    "package.json",
    "README.md",
    "CHANGELOG.md",
    ".forge",
    "build",
)


@contextmanager
def copy(root: Path = ROOT) -> Iterator[Path]:
    """A copy of the sources and of what was compiled from them; removed at the end."""
    with tempfile.TemporaryDirectory(prefix="medshare-") as folder:
        tree = Path(folder) / "tree"
        tree.mkdir()
        for name in COPIED:
            source = root / name
            if source.is_dir():
                shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
            elif source.is_file():
                shutil.copy2(source, tree / name)
        for name in LINKED:
            if (root / name).exists():
                (tree / name).symlink_to(root / name)
        give_own_chain(tree)
        yield tree


def give_own_chain(tree: Path) -> None:
    """Brownie attaches to whatever answers on its port: let this copy have one that is free."""
    configuration = tree / "brownie-config.yaml"
    if configuration.is_file():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        text = configuration.read_text(encoding="utf-8")
        configuration.write_text(re.sub(r"port: \d+", f"port: {port}", text), encoding="utf-8")


def run(tree: Path, command: Sequence[str], seconds: float, **extra: str) -> tuple[int, str]:
    """Run a command in a copy: its exit code and what it said. 124 when it took longer than `seconds`."""
    environment: Mapping[str, str] = os.environ | {
        "PATH": f"{tree / 'node_modules' / '.bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "SOLCX_BINARY_PATH": str(tree / "tools" / "solc"),
        "PYTHONPATH": str(tree),
        "PYTHONDONTWRITEBYTECODE": "1",
        **extra,
    }
    # A file, not a pipe: a process left behind would hold a pipe open and this would wait for it.
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command,
            cwd=tree,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            code = 124
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, SIGKILL)
            process.wait()
        log.seek(0)
        return code, log.read().decode(errors="replace")
