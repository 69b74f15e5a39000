"""Early pytest plugin: the compiler and Anvil of this project are found before Brownie loads.

Brownie compiles in `pytest_load_initial_conftests`, so a conftest.py would come too late;
`addopts = -p tools.pytest_environment` in pyproject.toml is early enough.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).resolve().parent.parent
BROWNIE = importlib.util.find_spec("brownie") is not None
WARNINGS = (
    "error",
    # ipfshttpclient and old web3 middleware import what newer Pythons deprecate.
    "ignore:pkg_resources is deprecated as an API:UserWarning",
    "ignore:websockets.legacy is deprecated:DeprecationWarning",
    # Coverage says so for a test that starts a process of its own.
    "ignore:No data was collected",
)


def prepare(environment: os._Environ[str] | dict[str, str]) -> None:
    """Set the folder of compilers for py-solc-x and put this project's Node programs first on PATH."""
    programs = str(ROOT / "node_modules" / ".bin")
    environment.setdefault("SOLCX_BINARY_PATH", str(ROOT / "tools" / "solc"))
    path = environment.get("PATH", os.defpath)
    if programs not in path.split(os.pathsep):
        environment["PATH"] = f"{programs}{os.pathsep}{path}"


prepare(os.environ)


def pytest_configure(config: pytest.Config) -> None:
    """Make warnings errors, but not beside Brownie: it and the old libraries it needs warn by the dozen.

    This cannot stand in pyproject.toml: pytest applies that list already while it loads Brownie.
    """
    for line in ("ignore",) if BROWNIE else WARNINGS:
        config.addinivalue_line("filterwarnings", line)
