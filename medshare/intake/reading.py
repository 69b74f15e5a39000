"""From a path or bytes to plain bytes, with memory bounded by the limits."""

from __future__ import annotations

import stat
import zlib
from pathlib import Path

from medshare.intake.errors import (
    GzipBrokenError,
    SourceExpandsTooFarError,
    SourceMissingError,
    SourceNotAFileError,
    SourceTooLargeError,
)
from medshare.intake.limits import Limits

GZIP_MAGIC = b"\x1f\x8b"
PIECE = 64 * 1024


def read_source(source: bytes | Path, *, limits: Limits) -> bytes:
    """Return the plain bytes of a file or of bytes, unpacked when they are gzip (RFC 1952).

    A file over the limit is refused by its size, before a byte of it is read.

    Raises:
        SourceMissingError: No such file.
        SourceNotAFileError: A folder, a device, a pipe, or no right to read.
        SourceTooLargeError: Over `limits.source_bytes` or `limits.plain_bytes`.
        SourceExpandsTooFarError: Over `limits.ratio`.
        GzipBrokenError: Damaged, cut off, or with something after its end.
    """
    data = source if isinstance(source, bytes) else _read_file(source, limit=limits.source_bytes)
    if len(data) > limits.source_bytes:  # [I-006]
        raise SourceTooLargeError(limit=limits.source_bytes)
    if data.startswith(GZIP_MAGIC):
        return _unpack(data, limits=limits)
    if len(data) > limits.plain_bytes:
        raise SourceTooLargeError(limit=limits.plain_bytes)
    return data


def _read_file(path: Path, *, limit: int) -> bytes:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise SourceNotAFileError
        if found.st_size > limit:  # [I-006]
            raise SourceTooLargeError(limit=limit)
        with path.open("rb") as file:
            return file.read(limit + 1)  # it may have grown since
    except FileNotFoundError:
        raise SourceMissingError from None
    except (OSError, ValueError):  # ValueError: a NUL in the path
        raise SourceNotAFileError from None


def _unpack(data: bytes, *, limits: Limits) -> bytes:
    """Unpack gzip members one after another, never holding more than the limit and one piece."""
    allowed = min(limits.plain_bytes, max(limits.ratio_from, limits.ratio * len(data)))
    plain = bytearray()
    member = _new_member()
    for start in range(0, len(data), PIECE):
        rest = data[start : start + PIECE]
        while rest:
            if member.eof:
                member = _new_member()
            try:
                plain += member.decompress(rest, PIECE)
            except zlib.error:  # a wrong check sum, or something after the end that is not gzip
                raise GzipBrokenError from None
            if len(plain) > limits.plain_bytes:
                raise SourceTooLargeError(limit=limits.plain_bytes)
            if len(plain) > allowed:
                raise SourceExpandsTooFarError(ratio=limits.ratio)
            rest = member.unused_data if member.eof else member.unconsumed_tail
    plain += b"" if member.eof else member.flush(PIECE)
    if not member.eof:
        raise GzipBrokenError
    return bytes(plain)


def _new_member() -> zlib._Decompress:
    return zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
