"""The long way: items of any format converted one by one, to be put together by patient afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from medshare.conversion import Converted, Coverage, Entry, Format, SourceItem, with_original
from medshare.conversion.fhir import Tie, tie_of
from medshare.conversion.item import Identifier
from medshare.errors import InputError, MedShareError
from medshare.hexadecimal import Address
from medshare.intake.json_text import dumps, parse
from medshare.intake.limits import Limits
from medshare.migration.batches import Parts, Settings, make_batch
from medshare.migration.closing import close_references, closing_issue
from medshare.migration.digests import canonical, keyed
from medshare.migration.direct import resource_digest, resource_name
from medshare.migration.errors import ConversionFault
from medshare.migration.formats import FHIR, after_grouping
from medshare.migration.items import NOTHING, Batch, Fault, IssueLine, Mark, Refused, issue_lines

_ANY: Limits = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """An item as FHIR, before it is known what else is stored with it.

    Attributes:
        mark: Its mark, whoever it is about.
        patient: The business identifiers of its patient.
        tie: What ties it to other items of the source; None where it names its patient itself.
        entries: Its entries, as JSON.
    """

    mark: Mark
    patient: tuple[Identifier, ...]
    tie: Tie | None
    entries: bytes = field(repr=False)
    coverage: Coverage
    issues: tuple[IssueLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Convert:
    """Convert a few items."""

    format: Format
    items: tuple[SourceItem, ...]

    def run(self, settings: Settings) -> tuple[Staged | Refused, ...]:
        """Return what each became, in their order."""
        return tuple(self._one(settings, item) for item in self.items)

    def _one(self, settings: Settings, item: SourceItem) -> Staged | Refused:
        mark = Mark(file=item.file, place=item.place, digest=keyed(settings.key, b"item", item.content))
        try:
            converted = self.format.convert(item)
        except InputError as error:
            return Refused(marks=(mark,), fault=Fault.of(error))
        except Exception as error:  # noqa: BLE001 (one item must not stop a hospital's others; the fault is told)
            return Refused(marks=(mark,), fault=Fault.of(ConversionFault(kind=type(error).__name__)))
        if self.format.name == FHIR:
            return _as_it_is(settings, mark, converted)
        converted = with_original(converted, recorded=settings.recorded)
        return _staged(mark, converted, None)


def _as_it_is(settings: Settings, mark: Mark, converted: Converted) -> Staged:
    """Return a FHIR resource, which is known by its own content and tied to others by its references."""
    (entry,) = converted.entries
    digest, name = resource_digest(settings.key, entry), resource_name(settings.key, entry)
    return _staged(replace(mark, digest=digest, name=name), converted, tie_of(0, entry))


def _staged(mark: Mark, converted: Converted, tie: Tie | None) -> Staged:
    return Staged(
        mark=mark,
        patient=converted.patient,
        tie=tie,
        entries=dumps(list(converted.entries)),
        coverage=converted.coverage,
        issues=issue_lines(converted.issues),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TakePatient:
    """Take in what belongs to one patient as one batch; what is stored already is not among it."""

    format: str
    patient: Address
    marks: tuple[Mark, ...]
    numbers: tuple[int, ...]
    entries: tuple[bytes, ...] = field(repr=False)

    def run(self, settings: Settings) -> Batch | Refused:
        """Return the batch, or why there is none."""
        entries = [entry for one in self.entries for entry in parse(one, limits=_ANY)]
        entries = after_grouping(self.format, _each_once(entries))
        bundle, closed = close_references({"resourceType": "Bundle", "type": "collection", "entry": entries})
        file = self.marks[0].file
        parts = Parts(marks=self.marks, repeated=(), coverage={file: NOTHING}, issues={file: closing_issue(closed)})
        try:
            return replace(make_batch(settings, self.patient, bundle, parts), numbers=self.numbers)
        except MedShareError as error:
            return Refused(marks=self.marks, fault=Fault.of(error), numbers=self.numbers)


def _each_once(entries: Sequence[Entry]) -> list[Entry]:
    """Leave out what several items brought along in the very same words."""
    found: dict[tuple[Any, bytes], Entry] = {}
    for one in entries:
        found.setdefault((one.get("fullUrl"), canonical(one["resource"])), one)
    return list(found.values())
