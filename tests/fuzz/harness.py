"""What a harness is, and how a format is given bytes as if they were a file of somebody's."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from medshare.conversion import Converted, Format
from medshare.errors import MedShareError

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
FOUND = Path(__file__).parent / "found"
LARGEST_SEED = 64 * 1024
"""Bytes; what is larger is slow and teaches little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Harness:
    """One parser under fuzzing.

    Attributes:
        name: On the command line.
        play: Gives bytes to the parser; raises whatever a caller must never see.
        seeds: The inputs to begin with.
    """

    name: str
    play: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]


def files(folder: str, *patterns: str, largest: int = LARGEST_SEED) -> Iterator[bytes]:
    """The files of a corpus, unpacked, without those that are large."""
    for pattern in patterns:
        for path in sorted((DATA / folder).rglob(pattern)):
            if path.is_file():
                content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
                if len(content) <= largest:
                    yield content


def convert_all(form: Format, data: bytes, ending: str) -> list[Converted]:
    """Read a file of these bytes and convert every item; what a caller is told of is passed by."""
    found = []
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:  # noqa: S108
        path = Path(folder) / f"input{ending}"
        path.write_bytes(data)
        try:
            for item in form.items(path):
                try:
                    found.append(form.convert(item))
                except MedShareError:
                    continue
        except MedShareError:
            pass
    return found
