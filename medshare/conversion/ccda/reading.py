"""From a path to items: one for each document, read one at a time."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from medshare.conversion.ccda.errors import DocumentTooLargeError
from medshare.conversion.ccda.limits import CcdaLimits
from medshare.conversion.item import SourceItem
from medshare.intake.errors import SourceMissingError, SourceTooLargeError
from medshare.intake.limits import Limits
from medshare.intake.reading import GZIP_MAGIC, read_source

SUFFIXES: Final = (".xml", ".xml.gz", ".cda", ".ccd", ".ccda")
"""What a document's name ends with in a folder. A file that is named itself may have any name."""
_XML: Final = "application/xml"
_GZIP: Final = "application/gzip"


def read_items(path: Path, *, limits: CcdaLimits) -> Iterator[SourceItem]:
    """Read a file, or the documents of a folder and its folders, ordered by name.

    Of a file over the limit one byte more than the limit is read, so that converting can tell.

    Raises:
        SourceMissingError: Nothing is there.
    """
    if not path.exists():
        raise SourceMissingError
    if not path.is_dir():
        yield _read(path, path.name, limit=limits.file_bytes)
        return
    for folder, folders, files in os.walk(path):
        folders.sort()
        for name in sorted(files):
            if name.lower().endswith(SUFFIXES):
                file = Path(folder) / name
                yield _read(file, file.relative_to(path).as_posix(), limit=limits.file_bytes)


def _read(path: Path, name: str, *, limit: int) -> SourceItem:
    content = b""
    try:
        if stat.S_ISREG(path.stat().st_mode):
            with path.open("rb") as file:
                content = file.read(limit + 1)
    except OSError:
        content = b""  # one file that may not be read does not stop the others: converting refuses what is empty
    media_type = _GZIP if content.startswith(GZIP_MAGIC) else _XML
    return SourceItem(file=name, place="", content=content, media_type=media_type)


def unpack(content: bytes, *, limits: CcdaLimits) -> bytes:
    """Return the plain bytes of an item.

    Raises:
        DocumentTooLargeError: Over the limit, packed or unpacked.
        SourceExpandsTooFarError, GzipBrokenError: Gzip data that grows like a bomb, or is damaged.
    """
    allowed = Limits(source_bytes=limits.file_bytes, plain_bytes=limits.file_bytes)
    try:
        return read_source(content, limits=allowed)
    except SourceTooLargeError:
        raise DocumentTooLargeError(limit=limits.file_bytes) from None
