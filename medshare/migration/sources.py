"""The files of a source, in a stable order, one folder in memory at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from medshare.migration.errors import NothingRead


def files_of(source: Path) -> Iterator[tuple[Path, str]]:
    """Yield each file with its name as reports have it: relative to `source`, or its own name.

    Hidden files and folders are passed over, links to folders are not followed.

    Raises:
        NothingRead: There is no such file or folder, or it cannot be read.
    """
    if source.is_file():
        yield source, source.name
    elif source.is_dir():
        yield from _below(source, "")
    else:
        raise NothingRead(place=source)


def size_of(source: Path) -> int:
    """Return the bytes of all files together. Raises as `files_of`."""
    return sum(path.stat().st_size for path, _ in files_of(source))


def _below(folder: Path, name: str) -> Iterator[tuple[Path, str]]:
    try:
        with os.scandir(folder) as found:
            entries = sorted((one for one in found if not one.name.startswith(".")), key=lambda one: one.name)
    except OSError as error:
        raise NothingRead(place=folder) from error
    for one in entries:
        if one.is_dir(follow_symlinks=False):
            yield from _below(Path(one.path), f"{name}{one.name}/")
        elif one.is_file():
            yield Path(one.path), f"{name}{one.name}"
