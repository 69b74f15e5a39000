"""A folder that appears whole, or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from medshare.cli.frame.errors import FileKept, HomeUnwritable
from medshare.cli.frame.home import Home


def appear(target: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder with these files; its owner alone may read it (0700, files 0600).

    Everything is written beside it under another name first; the folder has its own name when all of it is on disk.

    Args:
        target: The folder; there must be nothing there, or an empty folder.
        files: Their bytes, by path below the folder.

    Raises:
        FileKept: Something is there.
        HomeUnwritable: It cannot be written.
    """
    check_free(target)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    home = Home(temporary)
    try:
        for name, data in files.items():
            home.write(name, data)
        temporary.chmod(0o700)
        try:
            os.rename(temporary, target)  # noqa: PTH104 (not onto a file, nor onto a folder with something in it)  # [F-005]
        except (FileExistsError, NotADirectoryError) as error:
            raise FileKept(place=target) from error
        except OSError as error:
            if target.exists():
                raise FileKept(place=target) from error
            raise HomeUnwritable(place=target, why=error.strerror or "it does not answer") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def check_free(target: Path) -> None:
    """Check that nothing is lost by writing to `target`.

    Raises:
        FileKept: Something is there.
    """
    if target.is_symlink() or (target.exists() and not (target.is_dir() and not any(target.iterdir()))):
        raise FileKept(place=target)
