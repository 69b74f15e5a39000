"""The files of a folder in a stable order, and their plain bytes a piece at a time."""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Final

from medshare.conversion.fhir.errors import NothingToReadError
from medshare.intake.errors import GzipBrokenError, SourceExpandsTooFarError, SourceMissingError, SourceNotAFileError
from medshare.intake.limits import Limits
from medshare.intake.reading import GZIP_MAGIC, PIECE

_JSON: Final = (".json", ".fhir", ".xml")
"""XML is taken up so that it can be refused by name, not passed over."""
_LINES: Final = (".ndjson", ".jsonl")


@dataclass(frozen=True, slots=True)
class File:
    """A file to be read.

    Attributes:
        path: Where it is.
        name: Its path relative to what the user named, with `/`.
    """

    path: Path
    name: str

    @property
    def is_lines(self) -> bool:
        """Whether each line is a resource of its own (Bulk Data: NDJSON)."""
        return self.name.lower().removesuffix(".gz").endswith(_LINES)


def files_in(path: Path) -> Iterator[File]:
    """Return the file itself, or the files of a folder and of those in it, by name; links are not followed.

    Raises:
        SourceMissingError: There is nothing at this path.
        SourceNotAFileError: It is neither a file nor a folder.
        NothingToReadError: The folder holds no file with a known ending.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise SourceMissingError from None
    except (OSError, ValueError):  # ValueError: a NUL in the path
        raise SourceNotAFileError from None
    if stat.S_ISREG(mode):
        return iter((File(path, path.name),))
    if not stat.S_ISDIR(mode):
        raise SourceNotAFileError
    found = _in_folder(path)
    first = next(found, None)
    if first is None:
        raise NothingToReadError
    return _followed(first, found)


def _followed(first: File, others: Iterator[File]) -> Iterator[File]:
    yield first
    yield from others


def _in_folder(folder: Path) -> Iterator[File]:
    for here, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(here, name)
            ending = name.lower().removesuffix(".gz")
            if ending.endswith((*_JSON, *_LINES)) and stat.S_ISREG(path.lstat().st_mode):
                yield File(path, path.relative_to(folder).as_posix())


def pieces_of(path: Path, *, limits: Limits) -> Iterator[bytes]:
    """Yield the plain bytes of a file, unpacked when they are gzip (RFC 1952), a piece at a time.

    The file itself may have any length; only how far gzip grows is limited.

    Raises:
        OSError: It cannot be read.
        GzipBrokenError: Damaged, cut off, or with something after its end.
        SourceExpandsTooFarError: Over `limits.ratio`.
    """
    with path.open("rb") as file:
        pieces = iter(partial(file.read, PIECE), b"")
        first = next(pieces, b"")
        whole = chain((first,), pieces)
        yield from _unpacked(whole, limits=limits) if first.startswith(GZIP_MAGIC) else whole


def _unpacked(pieces: Iterator[bytes], *, limits: Limits) -> Iterator[bytes]:
    member = _new_member()
    taken = given = 0
    for piece in pieces:
        taken += len(piece)
        rest = piece
        while rest:
            if member.eof:
                member = _new_member()
            try:
                plain = member.decompress(rest, PIECE)
            except zlib.error:  # a wrong check sum, or something after the end that is not gzip
                raise GzipBrokenError from None
            given += len(plain)
            if given > max(limits.ratio_from, limits.ratio * taken):
                raise SourceExpandsTooFarError(ratio=limits.ratio)
            yield plain
            rest = member.unused_data if member.eof else member.unconsumed_tail
    yield b"" if member.eof else member.flush(PIECE)
    if not member.eof:
        raise GzipBrokenError


def _new_member() -> zlib._Decompress:
    return zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
