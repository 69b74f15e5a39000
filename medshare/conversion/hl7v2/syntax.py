"""From the text of a message to segments, fields, repetitions, components and subcomponents, by their positions.

Splitting is done here and not by `hl7apy.parser`: measured, its tree has no position for a field beyond those of the
version, nor for a component of a field that has none by the standard, makes a date with a time of 00:00 of a date,
refuses a whole message for one segment or version it does not know, and takes 2 ms for a segment. Its dictionaries of
segments, data types and tables are what `standard` asks; a test compares what both read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from medshare.conversion.hl7v2.charset import codec_of, decode
from medshare.conversion.hl7v2.errors import (
    EmptyMessageError,
    HeaderTooShortError,
    NoHeaderError,
    NulByteError,
    SecondHeaderError,
    TooManyFieldsError,
    TruncatedMessageError,
)
from medshare.conversion.hl7v2.escape import unescaper
from medshare.conversion.hl7v2.limits import MessageLimits
from medshare.conversion.hl7v2.separators import Separators

NULL: Final = '""'
"""The value that says: delete what you have (v2.8 chapter 2.5.3)."""
_NAME: Final = re.compile("[A-Z][A-Z0-9]{2}")
_LINE_END: Final = re.compile("\r\n|\r|\n")
_CONTROL: Final = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f]")

Place: TypeAlias = tuple[int, int, int]
"""Segment (from 0), field (as the standard counts), repetition (from 0)."""


@dataclass(slots=True)
class Trace:
    """What of a message has been said in FHIR: repetitions of fields, and the components that were looked at."""

    mapped: set[Place] = field(default_factory=set)
    components: dict[Place, set[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Value:
    """One repetition of a field; components and subcomponents are numbered from 1."""

    raw: str = field(repr=False)
    separators: Separators
    unescape: Callable[[str], str]
    place: Place
    trace: Trace

    def whole(self) -> str:
        """Return all of it as text: a text field may hold the other separators unescaped."""
        self._look(0)
        return "" if self.raw == NULL else self.unescape(self.raw).strip()

    def part(self, number: int) -> str:
        """Return a component as text, all of its subcomponents; nothing when it is empty or null."""
        raw = self._component(number)
        return "" if raw == NULL else self.unescape(raw).strip()

    def sub(self, number: int, inner: int) -> str:
        """Return a subcomponent as text; nothing when it is empty or null."""
        pieces = self._split(self._component(number), self.separators.subcomponent)
        raw = pieces[inner - 1] if inner <= len(pieces) else ""
        return "" if raw == NULL else self.unescape(raw).strip()

    def inside(self, number: int) -> Value:
        """Return a component as if it were a field: its subcomponents become components."""
        separators = Separators(
            field=self.separators.field,
            component=self.separators.subcomponent,
            repetition="",
            escape=self.separators.escape,
            subcomponent="",
        )
        return Value(self._component(number), separators, self.unescape, self.place, Trace())

    def mapped(self) -> None:
        """Note that FHIR now says it."""
        self.trace.mapped.add(self.place)

    def held(self) -> Iterator[int]:
        """Return the numbers of the components that hold something."""
        for number, raw in enumerate(self._split(self.raw, self.separators.component), 1):
            if raw.strip(self.separators.subcomponent + " ") not in {"", NULL}:
                yield number

    def __bool__(self) -> bool:
        marks = self.separators.component + self.separators.subcomponent + " "
        return self.raw.strip(marks) not in {"", NULL}

    def _component(self, number: int) -> str:
        self._look(number)
        pieces = self._split(self.raw, self.separators.component)
        return pieces[number - 1] if number <= len(pieces) else ""

    def _look(self, number: int) -> None:
        self.trace.components.setdefault(self.place, set()).add(number)

    @staticmethod
    def _split(raw: str, separator: str) -> list[str]:
        return raw.split(separator) if separator else [raw]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One segment.

    Attributes:
        name: Three characters.
        index: Where it stands in the message, from 0.
        number: The how many-th of its name it is, from 1.
    """

    name: str
    index: int
    number: int
    fields: tuple[str, ...] = field(repr=False)
    separators: Separators
    unescape: Callable[[str], str]
    trace: Trace

    def values(self, number: int) -> list[Value]:
        """Return the repetitions of a field that hold something."""
        if number >= len(self.fields):
            return []
        raw = self.fields[number]
        separator = self.separators.repetition
        verbatim = self.name in {"MSH", "BHS", "FHS"} and number <= 2
        pieces = raw.split(separator) if separator and not verbatim else [raw]
        found = (
            Value(piece, self.separators, self.unescape, (self.index, number, repetition), self.trace)
            for repetition, piece in enumerate(pieces)
        )
        return [value for value in found if value]

    def first(self, number: int) -> Value:
        """Return the first repetition of a field that holds something, or an empty one."""
        found = self.values(number)
        return found[0] if found else Value("", self.separators, self.unescape, (self.index, number, 0), self.trace)

    def text(self, number: int, component: int = 1) -> str:
        """Return a component of the first repetition, as text."""
        return self.first(number).part(component)

    def nulls(self) -> Iterator[int]:
        """Return the numbers of the fields that say: delete what you have."""
        return (number for number, raw in enumerate(self.fields) if raw == NULL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as it is written.

    Attributes:
        segments: In their order, the header first.
        continued: Lines that begin no segment and were taken as part of the one before.
        assumed: Whether the character set was assumed and the text is not plain ASCII.
    """

    segments: tuple[Segment, ...]
    trace: Trace
    continued: int
    assumed: bool

    @property
    def header(self) -> Segment:
        """The segment MSH."""
        return self.segments[0]


def parse(content: bytes, *, limits: MessageLimits, charset: str = "") -> Message:
    """Return the message that stands in these bytes.

    Args:
        content: One message without its frame.
        limits: What is refused for its size.
        charset: Of messages whose MSH-18 is empty.

    Raises:
        InputError: It is not a message; one class per cause, in the order of their checks below.
    """
    content = content.strip(b" \t\r\n")
    if not content:
        raise EmptyMessageError
    if not content.startswith(b"MSH"):
        raise NoHeaderError
    if b"\x00" in content:
        raise NulByteError
    separators = _separators(content)
    names = _charset_names(content, separators)
    text = decode(content, codec := codec_of(names, given=charset))
    if _count_parts(text, separators) > limits.parts:
        raise TooManyFieldsError(limit=limits.parts)
    lines, continued = _segment_lines(text, separators)
    headers = sum(line.startswith("MSH" + separators.field) for line in lines)
    if headers > 1:
        raise SecondHeaderError(count=headers)
    if len(lines) < 2:
        raise TruncatedMessageError
    trace = Trace()
    counts: Counter[str] = Counter()
    unescape = _clean(unescaper(separators, codec))
    segments = []
    for index, line in enumerate(lines):
        fields = line.split(separators.field)
        name = fields[0]
        if name == "MSH":
            fields.insert(1, separators.field)
        counts[name] += 1
        segments.append(
            Segment(
                name=name,
                index=index,
                number=counts[name],
                fields=tuple(fields),
                separators=separators,
                unescape=unescape,
                trace=trace,
            )
        )
    if not segments[0].text(9):
        raise HeaderTooShortError
    assumed = not any(names) and not charset and not text.isascii()
    return Message(segments=tuple(segments), trace=trace, continued=continued, assumed=assumed)


def _separators(content: bytes) -> Separators:
    head = content[3:9].decode("latin-1")
    field_separator = head[:1]
    rest = head[1:].partition(field_separator)[0] if field_separator else ""
    marks = [field_separator, *rest]
    if len(rest) < 2 or len(set(marks)) < len(marks) or any(mark.isalnum() or ord(mark) < 33 for mark in marks):
        raise HeaderTooShortError
    padded = [*rest, "", ""]
    return Separators(
        field=field_separator, component=padded[0], repetition=padded[1], escape=padded[2], subcomponent=padded[3]
    )


def _charset_names(content: bytes, separators: Separators) -> list[str]:
    """Return the repetitions of MSH-18: the header up to there is ASCII in every character set that is in use."""
    header = _LINE_END.split(content[:4096].decode("latin-1"), maxsplit=1)[0].split(separators.field)
    return [name.strip() for name in header[17].split(separators.repetition)] if len(header) > 17 else []


def _count_parts(text: str, separators: Separators) -> int:
    marks = (separators.field, separators.component, separators.repetition, separators.subcomponent, "\r", "\n")
    return sum(text.count(mark) for mark in marks if mark)


def _segment_lines(text: str, separators: Separators) -> tuple[list[str], int]:
    """Return one line for each segment; a line that begins none goes on with the one before."""
    segments: list[list[str]] = []
    continued = 0
    for line in _LINE_END.split(text):
        bare = line.strip(" \t")
        begins = _NAME.match(bare) and (len(bare) == 3 or bare[3] == separators.field)
        if begins:
            segments.append([bare])
        elif bare:
            segments[-1].append(line)
            continued += 1
    return ["\n".join(lines) for lines in segments], continued


def _clean(unescape: Callable[[str], str]) -> Callable[[str], str]:
    """Return the same, without the control characters that no FHIR string has (R4, datatypes, string)."""
    return lambda raw: _CONTROL.sub("", unescape(raw))
