"""Where the entries of a Bundle begin and end, found in a stream; nothing is parsed here.

A reader of JSON that hands out values would change them: numbers lose their text, and half a surrogate pair
becomes a question mark. So each entry is cut out as the bytes that came, and parsed by itself later. Memory
holds one entry, never more than `keep` bytes of it. Brackets are counted outside of strings, no more: an entry
that is wrong inside is cut out all the same, and the others go on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

_BLANK: Final = re.compile(rb"[ \t\r\n]*+")
_INSIDE: Final = re.compile(rb'[^"\[\]{}]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"\[\]{}]*+)*+', re.DOTALL)
"""What stands before the next bracket, whole strings included."""
_IN_STRING: Final = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_IN_SCALAR: Final = re.compile(rb"[^ \t\r\n,:\[\]{}\"]*+")
_LONGEST_NAME: Final = 1024
_BOM: Final = b"\xef\xbb\xbf"

Kind: TypeAlias = Literal["member", "entry", "break"]


@dataclass(frozen=True, slots=True)
class Slice:
    """A piece of a Bundle.

    Attributes:
        kind: A member of the Bundle besides its entries, an entry, or what follows where the JSON goes wrong.
        name: The name of the member; empty otherwise.
        number: Which entry, from 1; after how many entries it goes wrong; 0 for a member.
        content: The bytes as they came; at most one more than was to be kept.
    """

    kind: Kind
    name: str
    number: int
    content: bytes


class _WrongError(Exception):
    """The JSON goes wrong here; never leaves this module."""


def slices(pieces: Iterator[bytes], *, keep: int, keep_entries: bool = True) -> Iterator[Slice]:
    """Cut a JSON object into its members, and its member `entry` into its elements.

    A name that stands twice, or a value that does not end, is a break: the last slice.

    Args:
        pieces: The bytes, in order, in pieces of any length.
        keep: How many bytes of a value are kept.
        keep_entries: Whether the entries are wanted; they are counted in any case.
    """
    text = _Text(pieces, keep=keep)
    entries = 0
    try:
        names: set[str] = set()
        text.expect(b"{", after_mark=True)
        while text.goes_on(b"}", first=not names):
            name = text.name()
            if name in names:
                raise _WrongError  # noqa: TRY301 - the one place where a break becomes a slice stands below
            names.add(name)
            text.expect(b":")
            if name == "entry" and text.peek() == b"[":
                text.expect(b"[")
                start = entries
                while text.goes_on(b"]", first=entries == start):
                    content = text.value(keep if keep_entries else 0)
                    entries += 1
                    yield Slice("entry", "", entries, content)
            else:
                yield Slice("member", name, 0, text.value(keep))
        text.end()
    except _WrongError:
        yield Slice("break", "", entries, text.rest(keep))


class _Text:
    """The bytes of a JSON text, a piece at a time."""

    def __init__(self, pieces: Iterator[bytes], *, keep: int) -> None:
        self._pieces = pieces
        self._buffer = b""
        self._at = 0
        self._limit = keep
        self._kept = bytearray()
        self._mark: int | None = None
        self._last = b""

    def peek(self) -> bytes:
        """Return the next byte that is not blank, or nothing at the end."""
        while True:
            found = _BLANK.match(self._buffer, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._buffer):
                return self._buffer[self._at : self._at + 1]
            if not self._more():
                return b""

    def expect(self, byte: bytes, *, after_mark: bool = False) -> None:
        """Go past `byte`; past a byte order mark before it too."""
        if after_mark and self.peek() == _BOM[:1]:
            while len(self._buffer) - self._at < len(_BOM) and self._more():
                pass
            if self._buffer.startswith(_BOM, self._at):
                self._at += len(_BOM)
        if self.peek() != byte:
            raise _WrongError
        self._take(byte)

    def goes_on(self, closing: bytes, *, first: bool) -> bool:
        """Go past a comma, or past `closing`; say whether there is another."""
        found = self.peek()
        if found == closing:
            self._take(found)
            return False
        if first:
            return True
        if found != b",":
            raise _WrongError
        self._take(found)
        return True

    def name(self) -> str:
        """Return the name of a member."""
        if self.peek() != b'"':
            raise _WrongError
        raw = self.value(_LONGEST_NAME)
        self._last = raw
        try:
            return str(json.loads(raw))
        except ValueError:
            raise _WrongError from None

    def value(self, keep: int) -> bytes:
        """Go past one value and return at most `keep` + 1 bytes of it."""
        first = self.peek()
        self._kept.clear()
        self._limit = keep + 1
        self._mark = self._at
        if first in {b"{", b"["}:
            self._skip_brackets()
        elif first == b'"':
            self._at += 1
            self._skip_string()
        else:
            self._skip_scalar()
        self._keep()
        self._mark = None
        self._last = bytes(self._kept[-1:])
        return bytes(self._kept)

    def rest(self, keep: int) -> bytes:
        """Return the value that went wrong, or the end of what stands before the fault, and what follows.

        Blanks between the two are left out. No reader takes this for JSON that is whole.
        """
        self._limit = keep + 1
        if self._mark is None:
            self._kept = bytearray(self._last)
            self._mark = self._at
        more = True
        while more and len(self._kept) <= keep:
            self._at = len(self._buffer)
            more = self._more()
        return bytes(self._kept)

    def end(self) -> None:
        """See that nothing follows."""
        if self.peek():
            raise _WrongError

    def _take(self, byte: bytes) -> None:
        self._last = byte
        self._at += 1

    def _skip_brackets(self) -> None:
        depth = 0
        while True:
            found = _INSIDE.match(self._buffer, self._at)
            self._at = found.end() if found else self._at
            byte = self._buffer[self._at : self._at + 1]
            if not byte:
                self._more_or_wrong()
                continue
            self._at += 1
            if byte == b'"':
                self._skip_string()
                continue
            depth += 1 if byte in b"{[" else -1
            if not depth:
                return

    def _skip_string(self) -> None:
        """Go past a string whose first quotation mark was passed; an escape may be cut in two."""
        while True:
            found = _IN_STRING.match(self._buffer, self._at)
            self._at = found.end() if found else self._at
            if self._buffer[self._at : self._at + 1] == b'"':
                self._at += 1
                return
            self._more_or_wrong()

    def _skip_scalar(self) -> None:
        start = True
        while True:
            found = _IN_SCALAR.match(self._buffer, self._at)
            end = found.end() if found else self._at
            start, self._at = start and end == self._at, end
            if self._at < len(self._buffer) or not self._more():
                break
        if start:
            raise _WrongError

    def _more_or_wrong(self) -> None:
        if not self._more():
            raise _WrongError

    def _more(self) -> bool:
        """Take in another piece after what is left."""
        self._keep()
        piece = next(filter(None, self._pieces), b"")
        self._buffer = self._buffer[self._at :] + piece
        self._at = 0
        if self._mark is not None:
            self._mark = 0
        return bool(piece)

    def _keep(self) -> None:
        if self._mark is not None:
            free = self._limit - len(self._kept)
            if free > 0:
                self._kept += self._buffer[self._mark : min(self._at, self._mark + free)]
            self._mark = self._at
