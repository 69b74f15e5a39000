"""The nouns that all formats share: an item of a source, and what it was converted to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from medshare.intake import Issue

Entry: TypeAlias = dict[str, Any]
"""An entry of a Bundle: `fullUrl` and `resource`. Decimals are `Numeral`, so that 1.10 stays 1.10."""


@dataclass(frozen=True, slots=True, order=True)
class Identifier:
    """A business identifier (FHIR R4, datatypes, Identifier); `system` is empty where the source names none."""

    system: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceItem:
    """What is stored, quarantined or found to be a duplicate as a whole.

    Attributes:
        file: The path of its file, relative to what the user named.
        place: Where it stands in the file, in the format's own words ("message 3", "row 12"); empty for the whole file.
        content: Its bytes as they came.
        media_type: The media type of `content`.
    """

    file: str
    place: str
    content: bytes = field(repr=False)
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many elements of a source hold something, and how many of them FHIR now says.

    An element is: a FHIR element with a value, a field of a v2 segment, an entry of a C-CDA section, a cell of a
    table, an attribute of a DICOM instance that the format promises to index.
    """

    elements: int
    mapped: int

    def __add__(self, other: Coverage) -> Coverage:
        """Return both together."""
        return Coverage(elements=self.elements + other.elements, mapped=self.mapped + other.mapped)


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """One item as FHIR.

    Attributes:
        item: What was converted.
        patient: The business identifiers of the one patient whom it is about; none where the source names none.
        entries: FHIR R4, the Patient among them where the source describes her. References are full URLs.
        issues: What a person should look at: each element that was not mapped, by its path, never with its content.
        coverage: How much was mapped.
    """

    item: SourceItem
    patient: tuple[Identifier, ...]
    entries: tuple[Entry, ...]
    issues: tuple[Issue, ...]
    coverage: Coverage


class Format(Protocol):
    """A format that hospitals hand over."""

    @property
    def name(self) -> str:
        """Its name on the command line."""

    def items(self, path: Path) -> Iterator[SourceItem]:
        """Read the items of a file or a folder one at a time, in a stable order; memory does not grow with it.

        Raises:
            InputError, NotFoundError: Nothing can be read there. One bad item raises nothing here.
        """

    def convert(self, item: SourceItem) -> Converted:
        """Convert one item; the same item gives the same entries.

        Raises:
            InputError: The item is not of this format, or is over its limits; one class per cause.
        """
