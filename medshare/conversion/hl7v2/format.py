"""HL7 v2 as a format that hospitals hand over: files and folders of messages, and the conversion of one."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Final

from medshare.conversion.hl7v2.conversion import convert_message
from medshare.conversion.hl7v2.errors import MessageTooLargeError, NoMessagesError, TruncatedMessageError
from medshare.conversion.hl7v2.framing import END, START, split_messages
from medshare.conversion.hl7v2.limits import DEFAULT_LIMITS, MessageLimits
from medshare.conversion.hl7v2.syntax import parse
from medshare.conversion.item import Converted, Coverage, SourceItem
from medshare.intake.errors import GzipBrokenError, SourceMissingError, SourceNotAFileError
from medshare.intake.reading import GZIP_MAGIC

MEDIA_TYPE: Final = "x-application/hl7-v2+er7"
ENDINGS: Final = (".hl7", ".txt", ".er7", ".adm", ".msg", ".mllp", ".hl7v2", ".v2")
"""Of the files that are taken from a folder; a file that is named itself may have any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hl7v2:
    """Messages of HL7 v2, versions 2.1 to 2.8.2, encoded as ER7 ("pipes and hats").

    Attributes:
        zone: Of times without one whose message has none either; None when nobody knows.
        charset: Of messages whose MSH-18 is empty, a name of HL7 table 0211; empty for UTF-8.
        limits: What is refused for its size.
        name: On the command line.
    """

    zone: tzinfo | None = None
    charset: str = ""
    limits: MessageLimits = field(default=DEFAULT_LIMITS)
    name: str = "hl7v2"

    def items(self, path: Path) -> Iterator[SourceItem]:
        """Read the messages of a file or a folder one at a time, by the order of paths; a folder with its folders.

        Raises:
            SourceMissingError: There is nothing at this path.
            SourceNotAFileError: It is neither a file nor a folder, or cannot be read.
            NoMessagesError: A folder without a file of a known ending.
        """
        for file in _files(path):
            yield from self._messages(file, path.name if file == path else file.relative_to(path).as_posix())

    def _messages(self, file: Path, name: str) -> Iterator[SourceItem]:
        try:
            with file.open("rb") as stream:
                packed = stream.read(2) == GZIP_MAGIC
                stream.seek(0)
                number = 0
                try:
                    source = gzip.GzipFile(fileobj=stream) if packed else stream
                    for number, content in enumerate(split_messages(source, limit=self.limits.message_bytes), 1):
                        yield SourceItem(file=name, place=f"message {number}", content=content, media_type=MEDIA_TYPE)
                except (EOFError, zlib.error, gzip.BadGzipFile):
                    # What was unpacked so far has gone on; the rest is one item, which says so when it is converted.
                    place = f"after message {number}"
                    yield SourceItem(file=name, place=place, content=GZIP_MAGIC, media_type=MEDIA_TYPE)
                    return
                if not number:
                    yield SourceItem(file=name, place="", content=b"", media_type=MEDIA_TYPE)
        except OSError:
            raise SourceNotAFileError from None

    def convert(self, item: SourceItem) -> Converted:
        """Convert one message; the same message gives the same entries.

        Raises:
            InputError: It is not a message, not about one patient, of a type that is not mapped, or over a limit.
        """
        content = item.content
        if len(content) > self.limits.message_bytes:
            raise MessageTooLargeError(limit=self.limits.message_bytes)
        if content.startswith(GZIP_MAGIC):
            raise GzipBrokenError
        if content.startswith(START):
            if not content.rstrip(b"\r\n").endswith(END):
                raise TruncatedMessageError
            content = content.rstrip(b"\r\n").removesuffix(END).removeprefix(START)
        message = parse(content, limits=self.limits, charset=self.charset)
        return convert_message(message, item, zone=self.zone)


def total_coverage(converted: Iterable[Converted]) -> Coverage:
    """Return the coverage of all of these together."""
    return sum((one.coverage for one in converted), start=Coverage(elements=0, mapped=0))


def _files(path: Path) -> list[Path]:
    try:
        if not path.exists():
            raise SourceMissingError
        if path.is_file():
            return [path]
        if not path.is_dir():
            raise SourceNotAFileError
        found = sorted(file for file in path.rglob("*") if _is_ours(file.name.lower()) and file.is_file())
    except OSError:
        raise SourceNotAFileError from None
    if not found:
        raise NoMessagesError
    return found


def _is_ours(name: str) -> bool:
    return name.removesuffix(".gz").endswith(ENDINGS) and not name.startswith(".")
