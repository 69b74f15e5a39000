"""The format: reads documents from a path and converts one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path

from medshare.conversion.ccda.composition import Tally
from medshare.conversion.ccda.datatypes import identifier
from medshare.conversion.ccda.draft import Draft, clean
from medshare.conversion.ccda.entries import convert_statement
from medshare.conversion.ccda.header import convert_header, patient_role
from medshare.conversion.ccda.limits import CcdaLimits
from medshare.conversion.ccda.reading import read_items, unpack
from medshare.conversion.ccda.xml import find_all, parse_document
from medshare.conversion.item import Converted, Coverage, Identifier, SourceItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Ccda:
    """C-CDA documents.

    Attributes:
        zone: The time zone of times of day that name none; without it they become dates, with an issue.
        limits: How much a document may ask for.
    """

    zone: tzinfo | None = None
    limits: CcdaLimits = field(default_factory=CcdaLimits)

    @property
    def name(self) -> str:
        """Its name on the command line."""
        return "ccda"

    def items(self, path: Path) -> Iterator[SourceItem]:
        """Read the documents of a file or a folder: XML, or XML in gzip; one item for each, ordered by name.

        Raises:
            SourceMissingError: Nothing is there.
        """
        return read_items(path, limits=self.limits)

    def convert(self, item: SourceItem) -> Converted:
        """Convert one document.

        Raises:
            InputError: It is not XML, not a C-CDA document, about nobody, or over a limit; one class for each cause.
        """
        return self.convert_in_detail(item)[0]

    def convert_in_detail(self, item: SourceItem) -> tuple[Converted, Coverage]:
        """Convert one document, and count the elements within its entries too.

        Raises:
            InputError: As `convert`.
        """
        content = unpack(item.content, limits=self.limits)
        root = parse_document(content, limits=self.limits)
        role = patient_role(root)
        draft = Draft(root, content=content, zone=self.zone, most_issues=self.limits.issues)
        found = [clean(said) for node in find_all(role, "id") if (said := identifier(node))]
        draft.known = frozenset((said.get("system", ""), said["value"]) for said in found)
        draft.nest = lambda node, focus: convert_statement(draft, node, focus)
        tally = Tally()
        convert_header(draft, tally, role)
        converted = Converted(
            item=item,
            patient=tuple(Identifier(system=said.get("system", ""), value=said["value"]) for said in found),
            entries=draft.entries,
            issues=draft.issues,
            coverage=tally.entries,
        )
        return converted, tally.elements
