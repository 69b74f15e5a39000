"""The structure of a DICOM file, checked byte by byte before anything is made of it.

Lengths, nesting and the number of elements are held to limits first, so that a hostile file costs neither time nor
memory in the parser (PS3.5, section 7; PS3.10, section 7). No value is looked at, and pixels are only stepped over.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Final, Literal

from pydicom import config
from pydicom.datadict import dictionary_VR
from pydicom.uid import UID

from medshare.conversion.dicom.errors import (
    DeflateBrokenError,
    DeflateExpandsTooFarError,
    ElementsTooManyError,
    InstanceTruncatedError,
    PreambleMissingError,
    SequencesTooDeepError,
    StructureBrokenError,
    TransferSyntaxUnknownError,
    ValueRepresentationUnknownError,
)

MAGIC_AT: Final = 128
MAGIC: Final = b"DICM"
_META: Final = 0x0002
_MEDIA_CLASS: Final = (0x0002, 0x0002)
_TRANSFER_SYNTAX: Final = (0x0002, 0x0010)
_IMPLICIT: Final = "1.2.840.10008.1.2"
_BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"
_DEFLATED: Final = "1.2.840.10008.1.2.1.99"
_ITEM, _ITEM_END, _SEQUENCE_END = (0xFFFE, 0xE000), (0xFFFE, 0xE00D), (0xFFFE, 0xE0DD)
_PIXELS: Final = (0x7FE0, 0x0010)
_UNDEFINED: Final = 0xFFFFFFFF
_LONG: Final = frozenset((b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"))
_SHORT: Final = frozenset(
    (
        *(
            b"AE",
            b"AS",
            b"AT",
            b"CS",
            b"DA",
            b"DS",
            b"DT",
            b"FD",
            b"FL",
            b"IS",
            b"LO",
            b"LT",
            b"PN",
            b"SH",
            b"SL",
            b"SS",
        ),
        *(b"ST", b"TM", b"UI", b"UL", b"US"),
    )
)
_PIECE: Final = 64 * 1024
_Kind = Literal["elements", "items", "fragments"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What is refused for its size.

    Attributes:
        file: Bytes of a file.
        inflated: Bytes after inflating.
        depth: Levels of nested sequences; whole-body structured reports have about ten.
        elements: Elements of all levels; an enhanced multi-frame image of a thousand frames has about fifty thousand.
    """

    file: int = 128 * 2**20
    inflated: int = 128 * 2**20
    depth: int = 32
    elements: int = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A data set that is sound in its structure.

    Attributes:
        media_class: What the meta information says that it is: a SOP class.
        data: Its bytes, inflated.
        implicit: Whether value representations are left out.
        little: Whether the least byte comes first.
    """

    media_class: str
    data: bytes
    implicit: bool
    little: bool


def check_structure(content: bytes, *, bounds: Bounds) -> Encoded:
    """Return the data set of a DICOM file, without its preamble and its meta information.

    Raises:
        PreambleMissingError, TransferSyntaxUnknownError: It is no DICOM file, or not one that can be read.
        InstanceTruncatedError, ValueRepresentationUnknownError, StructureBrokenError: It is damaged.
        SequencesTooDeepError, ElementsTooManyError: It is over its limits.
        DeflateBrokenError, DeflateExpandsTooFarError: It cannot be inflated, or not within the limit.
    """
    if content[MAGIC_AT : MAGIC_AT + len(MAGIC)] != MAGIC:
        raise PreambleMissingError
    meta = _Walk(content, start=MAGIC_AT + len(MAGIC), implicit=False, little=True, bounds=bounds, only=_META)
    meta.run()
    syntax = UID(meta.text(_TRANSFER_SYNTAX), validation_mode=config.IGNORE)
    if not syntax.is_transfer_syntax:
        raise TransferSyntaxUnknownError
    data = content[meta.position :]
    if syntax == _DEFLATED:
        data = _inflate(data, limit=bounds.inflated)
    implicit, little = syntax == _IMPLICIT, syntax != _BIG_ENDIAN
    encoded = Encoded(media_class=meta.text(_MEDIA_CLASS), data=data, implicit=implicit, little=little)
    _Walk(data, start=0, implicit=implicit, little=little, bounds=bounds).run()
    return encoded


def _inflate(data: bytes, *, limit: int) -> bytes:
    """Inflate (RFC 1951, without a header), never holding more than the limit and one piece."""
    inflater = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    plain = bytearray()
    rest = data
    while not inflater.eof:
        try:
            piece = inflater.decompress(rest, _PIECE)
        except zlib.error:
            raise DeflateBrokenError from None
        plain += piece
        rest = inflater.unconsumed_tail
        if len(plain) > limit:
            raise DeflateExpandsTooFarError(limit=limit)
        if not (piece or rest or inflater.eof):  # nothing more comes, and the end was not there
            raise DeflateBrokenError
    return bytes(plain)


@dataclass(slots=True)
class _Level:
    """What is being walked through: its kind, its end where a length was given, and the nearest end around it."""

    kind: _Kind
    end: int | None
    bound: int
    implicit: bool
    last: tuple[int, int] = (0, 0)


class _Walk:
    """Steps from element to element, with a stack of its own instead of recursion."""

    def __init__(
        self, data: bytes, *, start: int, implicit: bool, little: bool, bounds: Bounds, only: int | None = None
    ) -> None:
        self.position = start
        self._data = data
        self._only = only
        self._bounds = bounds
        self._elements = 0
        self._values: dict[tuple[int, int], tuple[int, int]] = {}
        sign = "<" if little else ">"
        self._tag, self._short, self._long = (struct.Struct(sign + form) for form in ("HH", "H", "L"))
        self._levels = [_Level("elements", len(data), len(data), implicit)]

    def text(self, tag: tuple[int, int]) -> str:
        """Return a UID of the outermost level; nothing where there is none."""
        start, end = self._values.get(tag, (0, 0))
        return self._data[start:end].rstrip(b"\0 ").decode("ascii", "replace")

    def run(self) -> None:
        """Walk to the end, or to the first element of another group than the one asked for."""
        while self._levels:
            level = self._levels[-1]
            if level.end is not None and self.position >= level.end:
                self._levels.pop()
                continue
            if len(self._levels) == 1 and not any(self._data[self.position : self.position + 8]):
                self._pass_padding()
                return
            tag = self._tag.unpack_from(self._data, self._room(8, level))
            if len(self._levels) == 1 and self._only is not None and tag[0] != self._only:
                return
            self._elements += 1
            if self._elements > self._bounds.elements:
                raise ElementsTooManyError(limit=self._bounds.elements)
            if level.kind == "elements":
                self._element(level, tag)
            else:
                self._item(level, tag)

    def _pass_padding(self) -> None:
        """Pass zeros at the end of the file, which some writers leave."""
        if any(self._data[self.position :]):
            raise StructureBrokenError(position=self.position)
        self.position = len(self._data)

    def _room(self, size: int, level: _Level) -> int:
        """Return the position when there is room for so many bytes."""
        if self.position + size > level.bound:
            raise InstanceTruncatedError(position=self.position)
        return self.position

    def _item(self, level: _Level, tag: tuple[int, int]) -> None:
        (length,) = self._long.unpack_from(self._data, self.position + 4)
        if tag == _SEQUENCE_END and level.end is None and length == 0:
            self.position += 8
            self._levels.pop()
        elif tag != _ITEM or (level.kind == "fragments" and length == _UNDEFINED):
            raise StructureBrokenError(position=self.position)
        elif level.kind == "fragments":
            self.position = self._room(8 + length, level) + 8 + length
        else:
            self._open("elements", 8, length, level, implicit=level.implicit)

    def _element(self, level: _Level, tag: tuple[int, int]) -> None:
        if tag == _ITEM_END and level.end is None:
            self.position += 8
            self._levels.pop()
            return
        if tag <= level.last or tag[0] == _ITEM[0]:
            raise StructureBrokenError(position=self.position)
        level.last = tag
        representation, head, length = self._head(level, tag)
        if representation == b"SQ":
            self._open("items", head, length, level, implicit=level.implicit)
        elif length != _UNDEFINED:
            start = self._room(head + length, level) + head
            if len(self._levels) == 1 and self._only is not None:
                self._values[tag] = (start, start + length)
            self.position = start + length
        elif tag == _PIXELS and representation in {b"OB", b"OW"}:
            self._open("fragments", head, length, level, implicit=False)
        elif representation == b"UN":  # a sequence whose writer did not know it: implicit within (PS3.5, section 6.2.2)
            self._open("items", head, length, level, implicit=True)
        else:
            raise StructureBrokenError(position=self.position)

    def _head(self, level: _Level, tag: tuple[int, int]) -> tuple[bytes, int, int]:
        """Return the value representation of an element, the bytes before its value, and the length of that."""
        if level.implicit:
            (length,) = self._long.unpack_from(self._data, self.position + 4)
            return _known(tag), 8, length
        representation = self._data[self.position + 4 : self.position + 6]
        if representation in _SHORT:
            return representation, 8, int(self._short.unpack_from(self._data, self.position + 6)[0])
        if representation not in _LONG:
            raise ValueRepresentationUnknownError(position=self.position)
        (length,) = self._long.unpack_from(self._data, self._room(12, level) + 8)
        return representation, 12, length

    def _open(self, kind: _Kind, head: int, length: int, level: _Level, *, implicit: bool) -> None:
        start = self._room(head, level) + head
        end = None if length == _UNDEFINED else start + length
        if end is not None and end > level.bound:
            raise InstanceTruncatedError(position=self.position)
        if len(self._levels) > 2 * self._bounds.depth:  # a sequence and an item for each level
            raise SequencesTooDeepError(limit=self._bounds.depth)
        self.position = start
        self._levels.append(_Level(kind, end, level.bound if end is None else end, implicit))


def _known(tag: tuple[int, int]) -> bytes:
    """Return the value representation that the standard gives a tag; UN for one that it does not know."""
    try:
        return dictionary_VR(tag)[:2].encode("ascii")
    except KeyError:
        return b"UN"
