"""From a stream of bytes to messages, one at a time, with memory bounded by the limit of one message.

Files hold one message, several behind each other, frames of the Minimal Lower Layer Protocol
(HL7 v2, transport specification MLLP: 0x0B message 0x1C 0x0D) or batches (v2.8 chapter 2.10.3: FHS, BHS, BTS, FTS).
Lines end with CR as the standard says, or with LF or CR LF as files on disk do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Protocol

START: Final = b"\x0b"
END: Final = b"\x1c"
PIECE: Final = 64 * 1024
_LINE_END: Final = re.compile(rb"[\r\n\x1c]")
_BATCH: Final = (b"FHS", b"BHS", b"BTS", b"FTS")
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_BLANK: Final = b" \t\r\n"


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none at the end."""


def split_messages(stream: Readable, *, limit: int) -> Iterator[bytes]:
    """Return the messages of a stream one at a time, without their frames.

    What stands before the first header is one by itself. A message over the limit is cut after `limit` + 1 bytes; the
    rest is read past, not held. One whose frame is not closed keeps the 0x0B that began it.
    """
    current = bytearray()
    framed = False
    for piece, starts_line in _lines(stream):
        text = piece.lstrip(b" \t") if starts_line else piece
        opens = starts_line and text.startswith(START)
        begins = opens or (starts_line and not framed and text.startswith((b"MSH", *_BATCH)))
        if begins:
            yield from _finished(current)
            current = bytearray()
            framed = opens
            if text.startswith(_BATCH):
                continue
        closes = text.endswith(END)
        current += text.removesuffix(END)[: limit + 1 - len(current)]
        if closes:
            yield from _finished(current.removeprefix(START))
            current = bytearray()
            framed = False
    yield from _finished(current)


def _finished(current: bytearray) -> Iterator[bytes]:
    if current.strip(_BLANK):
        yield bytes(current)


def _lines(stream: Readable) -> Iterator[tuple[bytes, bool]]:
    """Return lines with their ends, a long one in pieces, and whether each stands at the start of a line."""
    rest = b""
    starts = True
    first = True
    while chunk := stream.read(PIECE):
        data = rest + chunk
        if first:
            data = data.removeprefix(_BYTE_ORDER_MARK)
            first = False
        place = 0
        for end in _LINE_END.finditer(data):
            yield data[place : end.end()], starts
            place, starts = end.end(), True
        rest = data[place:]
        if len(rest) >= PIECE:
            yield rest, starts
            rest, starts = b"", False
    if rest:
        yield rest, starts
