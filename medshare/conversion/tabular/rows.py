"""Rows of a table, one at a time, byte for byte as they came.

A row ends at a line end outside quotes (RFC 4180). A quote that is not closed before the end of the file or
within the limit makes a bad row of its line alone: the lines after it are read on their own, so that one stray quote
neither swallows the file nor takes memory.
"""

from __future__ import annotations

import codecs
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

LIMIT: Final = 2**20
"""Bytes of a row."""
_LINES: Final = 10_000
"""Lines of a row; each takes some room beside its bytes."""
_PIECE: Final = 64 * 1024
_BOMS_16: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a table is written.

    Attributes:
        encoding: A name of Python's codecs.
        delimiter: One character between cells.
        quote: One character around a cell, or nothing.
    """

    encoding: str
    delimiter: str
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row as it stands in the file.

    Attributes:
        number: Its number, the first row of the file being 1; rows without anything count too.
        content: Its bytes with the line end; a row over the limit is cut off there.
        open: Whether a quote in it is not closed.
    """

    number: int
    content: bytes
    open: bool


def read_rows(file: BinaryIO, *, dialect: Dialect, limit: int = LIMIT) -> Iterator[Row]:
    """Read the rows of a table; never more than about twice `limit` bytes are held."""
    lines = _Lines(file, encoding=dialect.encoding, limit=limit)
    waiting: deque[bytes] = deque()
    number = 0
    while line := waiting.popleft() if waiting else lines.read():
        number += 1
        held = [line]
        size = len(line)
        is_open = _still_open(lines.text(line), dialect=dialect, is_open=False)
        while is_open and size <= limit and len(held) <= _LINES:
            following = waiting.popleft() if waiting else lines.read()
            if not following:
                break
            held.append(following)
            size += len(following)
            is_open = _still_open(lines.text(following), dialect=dialect, is_open=True)
        if is_open or size > limit:
            waiting.extendleft(reversed(held[1:]))
            yield Row(number=number, content=held[0], open=is_open or len(held) > 1)
        else:
            yield Row(number=number, content=b"".join(held), open=False)


def decode(content: bytes, *, encoding: str) -> str:
    """Return the text of some rows from the beginning of a file; a byte order mark is no text.

    Raises:
        UnicodeDecodeError: The bytes are not in this encoding.
    """
    name = _exact(content, encoding)
    return content.decode(name).removeprefix("\ufeff")


class _Lines:
    """Lines of a file, not longer than the limit and one byte; what is over it is passed by."""

    def __init__(self, file: BinaryIO, *, encoding: str, limit: int) -> None:
        self._file = file
        self._limit = limit
        self._buffer = bytearray(file.read(_PIECE))
        self._encoding = _exact(bytes(self._buffer[:3]), encoding)
        self._step = 2 if self._encoding.startswith("utf-16") else 1
        feed = "\n".encode(self._encoding)
        # A file without a line feed may end its lines as old Macintoshes did.
        self._end = feed if feed in self._buffer else "\r".encode(self._encoding)
        if self._find(0) < 0:
            self._end = feed

    def read(self) -> bytes:
        """Return the next line with its end; nothing at the end of the file."""
        searched = 0
        while (found := self._find(searched)) < 0:
            if len(self._buffer) > self._limit:
                return self._cut()
            searched = max(0, len(self._buffer) - self._step)
            piece = self._file.read(_PIECE)
            if not piece:
                found = len(self._buffer)
                break
            self._buffer += piece
        else:
            found += self._step
        line = bytes(self._buffer[:found])
        del self._buffer[:found]
        return line[: self._limit + 1]

    def text(self, line: bytes) -> str:
        """Return the text of a line for looking for quotes only."""
        return line.decode(self._encoding, errors="replace").removeprefix("\ufeff")

    def _cut(self) -> bytes:
        """Return the beginning of a line over the limit, and pass the rest of it by."""
        line = bytes(self._buffer[: self._limit + 1])
        del self._buffer[: len(self._buffer) - len(self._buffer) % self._step]
        while (found := self._find(0)) < 0:
            del self._buffer[: len(self._buffer) - len(self._buffer) % self._step]
            piece = self._file.read(_PIECE)
            if not piece:
                self._buffer.clear()
                return line
            self._buffer += piece
        del self._buffer[: found + self._step]
        return line

    def _find(self, start: int) -> int:
        """Return where the next line end stands, whole characters only."""
        start -= start % self._step
        found = self._buffer.find(self._end, start)
        while found >= 0 and found % self._step:
            found = self._buffer.find(self._end, found + 1)
        return found


def _exact(beginning: bytes, encoding: str) -> str:
    """Return the encoding with the byte order that the mark at the beginning says; without one it is little."""
    if encoding == "utf-16":
        return _BOMS_16.get(beginning[:2], "utf-16-le")
    return encoding


def _still_open(text: str, *, dialect: Dialect, is_open: bool) -> bool:
    """Whether a quote is open at the end of a line that begins inside one or not."""
    quote = dialect.quote
    if not quote or quote not in text:
        return is_open
    position = 0
    while True:
        if is_open:
            position = text.find(quote, position)
            if position < 0:
                return True
            if text.startswith(quote, position + 1):
                position += 2
                continue
            is_open = False
        elif text.startswith(quote, position):  # a cell begins here
            is_open = True
            position += 1
            continue
        position = text.find(dialect.delimiter, position) + 1
        if position == 0:
            return False
