"""The corpus, and DICOM files made byte by byte."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from zoneinfo import ZoneInfo

from medshare.conversion import Converted, SourceItem
from medshare.conversion.dicom import Dicom

DATA = Path(__file__).parents[3] / "data" / "dicom"
ZONE = ZoneInfo("Europe/Berlin")
EXPLICIT, IMPLICIT, BIG, DEFLATED = (
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.1.99",
)
LONG = {b"OB", b"OW", b"SQ", b"UC", b"UN", b"UR", b"UT"}
UNDEFINED = 0xFFFFFFFF


def element(group: int, number: int, kind: bytes, value: bytes, length: int | None = None) -> bytes:
    """An element in explicit little endian; `length` is what it says, true or not."""
    said = len(value) if length is None else length
    if kind in LONG:
        return struct.pack("<HH2sHL", group, number, kind, 0, said) + value
    return struct.pack("<HH2sH", group, number, kind, said) + value


def implicit(group: int, number: int, value: bytes, length: int | None = None) -> bytes:
    return struct.pack("<HHL", group, number, len(value) if length is None else length) + value


def item(value: bytes, length: int | None = None) -> bytes:
    return implicit(0xFFFE, 0xE000, value, length)


ITEM_END, SEQUENCE_END = implicit(0xFFFE, 0xE00D, b""), implicit(0xFFFE, 0xE0DD, b"")


def even(text: str, encoding: str = "latin-1") -> bytes:
    data = text.encode(encoding)
    return data + b" " * (len(data) % 2)


BASE: dict[tuple[int, int, bytes], str] = {
    (0x0008, 0x0016, b"UI"): "1.2.840.10008.5.1.4.1.1.7",
    (0x0008, 0x0018, b"UI"): "1.2.3.4",
    (0x0008, 0x0060, b"CS"): "OT",
    (0x0010, 0x0010, b"PN"): "Doe^Jane",
    (0x0010, 0x0020, b"LO"): "P1",
    (0x0020, 0x000D, b"UI"): "1.2.3",
    (0x0020, 0x000E, b"UI"): "1.2.3.1",
}


def data_set(changes: dict[tuple[int, int, bytes], str | None] | None = None, encoding: str = "latin-1") -> bytes:
    values = {**BASE, **(changes or {})}
    return b"".join(element(*tag, even(text, encoding)) for tag, text in sorted(values.items()) if text is not None)


def part10(content: bytes, syntax: str = EXPLICIT, media: str = "1.2.840.10008.5.1.4.1.1.7") -> bytes:
    """A file of Part 10 around a data set."""
    meta = element(0x0002, 0x0002, b"UI", media.encode() + b"\0" * (len(media) % 2))
    meta += element(0x0002, 0x0010, b"UI", syntax.encode() + b"\0" * (len(syntax) % 2)) if syntax else b""
    return bytes(128) + b"DICM" + element(0x0002, 0x0000, b"UL", struct.pack("<L", len(meta))) + meta + content


def deflated(content: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


def convert(content: bytes, form: Dicom | None = None) -> Converted:
    source = SourceItem(file="x.dcm", place="", content=content, media_type="application/dicom")
    return (form or Dicom(ZONE)).convert(source)


def made(changes: dict[tuple[int, int, bytes], str | None] | None = None, form: Dicom | None = None) -> Converted:
    return convert(part10(data_set(changes)), form)
