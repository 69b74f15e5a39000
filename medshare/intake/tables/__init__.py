"""Small sourced tables of what gives a sensitive category away; each file says its version.

A line is a row of columns parted by tabs; a line that starts with `#` is a remark, the first one the version.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

_VERSION: Final = "# version "


def rows(name: str) -> list[list[str]]:
    """Return the columns of each row of a table."""
    return [line.split("\t") for line in _lines(name) if not line.startswith("#")]


def version(name: str) -> str:
    """Return the version of a table: the day it was last changed."""
    return _lines(name)[0].removeprefix(_VERSION)


@cache
def _lines(name: str) -> tuple[str, ...]:
    return tuple(files(__name__).joinpath(name).read_text("utf-8").splitlines())
