"""Build the wheel, install it into an empty environment, and run the unit tests there.

    .venv/bin/python scripts/check_wheel.py

The environment has neither Brownie nor this tree, and nothing but its own programs is on PATH: no Node.js.
Versions are those of uv.lock. The tests of scripts/ stay behind: the scripts are not in the wheel.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.environments import MissingError, ensure, python_program, uv_program  # noqa: E402

TESTERS = ("pytest", "pytest-xdist", "greenlet", "hypothesis", "ijson", "schemathesis")
NEEDED = ("README.md", "pyproject.toml", "deploy", "docs", "tools", "tests")
ABSENT = "import importlib.util as u, shutil; assert u.find_spec('brownie') is None and shutil.which('node') is None"


def call(command: Sequence[str | Path], folder: Path, environment: dict[str, str]) -> str:
    """Run a step and give back its stdout.

    Raises:
        RuntimeError: it failed; the text is what it said.
    """
    done = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        message = f"`{' '.join(map(str, command))}` failed:\n{(done.stdout + done.stderr)[-6000:]}"
        raise RuntimeError(message)
    return done.stdout


def strangers(wheel: Path) -> list[str]:
    """Files of the wheel that are neither the package nor its metadata."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    return [name for name in names if not name.startswith("medshare/") and ".dist-info/" not in name]


def check(folder: Path) -> None:
    """Build, install, import, test, all below `folder`.

    Raises:
        RuntimeError: a step failed.
    """
    python = python_program()
    uv = uv_program(python)
    outside = {key: value for key, value in os.environ.items() if key not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    call([uv, "build", "--quiet", "--wheel", "--out-dir", folder / "dist", ROOT], ROOT, outside)
    wheel = next((folder / "dist").glob("medshare-*.whl"))
    if wrong := strangers(wheel):
        message = f"the wheel holds what is not the package: {', '.join(wrong[:10])}"
        raise RuntimeError(message)
    lock = call(
        [uv, "export", "--locked", "--quiet", "--no-hashes", "--no-emit-project", "--group", "dev"], ROOT, outside
    )
    (folder / "constraints.txt").write_text(lock)
    inside = folder / "environment"
    call([uv, "venv", "--quiet", "--python", shutil.which(python) or python, inside], folder, outside)
    interpreter = inside / "bin" / "python"
    options = ("--quiet", "--python", interpreter, "-c", folder / "constraints.txt")
    call([uv, "pip", "install", *options, f"{wheel}[fhir-server]", *TESTERS], folder, outside)
    tree = folder / "tree"
    tree.mkdir()
    for name in NEEDED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__", "scripts"))
        elif source.is_file():
            shutil.copy2(source, tree / name)
    bare = {"PATH": str(inside / "bin"), "HOME": str(folder), "LANG": "C.UTF-8", "CI": os.environ.get("CI", "")}
    call([interpreter, "-c", ABSENT], tree, bare)
    call([interpreter, "-c", "import medshare"], tree, bare)
    said = call([interpreter, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", "tests/unit"], tree, bare)
    print(f"{wheel.name}: {said.strip().splitlines()[-1]}")


def main() -> int:
    """Check in a folder that is removed at the end."""
    try:
        ensure(["package"])
        with tempfile.TemporaryDirectory(prefix="medshare-wheel-") as folder:
            check(Path(folder))
    except (MissingError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
