"""The short way: a file that is one patient's FHIR Bundle is one batch, and is taken in as it came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medshare.conversion import Coverage, Entry, Identifier
from medshare.errors import InputError, MedShareError
from medshare.hexadecimal import Address, Bytes32
from medshare.intake import read_bundle
from medshare.intake.errors import NotABundleError, NotFhirError, NotJsonError
from medshare.migration.batches import Parts, Settings, make_batch
from medshare.migration.closing import closing_issue, without_entries
from medshare.migration.digests import canonical, keyed
from medshare.migration.errors import PatientUnstated
from medshare.migration.items import NOTHING, Batch, Fault, Mark, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """A file that is not one patient's Bundle, or cannot be taken in as a whole: its items are taken one by one."""

    file: str
    fault: Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeFile:
    """Take in a file as one batch, without the items that are stored already."""

    path: Path
    file: str
    without: frozenset[Bytes32] = frozenset()

    def run(self, settings: Settings) -> Batch | Refused | Apart:
        """Return what it became."""
        try:
            bundle = read_bundle(self.path)
        except (NotABundleError, NotFhirError, NotJsonError) as error:
            return Apart(file=self.file, fault=Fault.of(error))
        except MedShareError as error:
            return Refused(marks=(whole_file(settings, self.path, self.file),), fault=Fault.of(error))
        entries = bundle.get("entry", [])
        people = [one["resource"] for one in entries if _type_of(one) == "Patient"]
        if len(people) != 1:
            return Apart(file=self.file, fault=Fault.of(PatientUnstated()))
        try:
            patient = settings.patients.find(identifiers_of(people[0]))
        except MedShareError as error:
            return Refused(marks=marks_of(settings.key, "", self.file, entries), fault=Fault.of(error))
        marks = marks_of(settings.key, patient, self.file, entries)
        try:
            return self._batch(settings, patient, bundle, marks)
        except InputError as error:
            return Apart(file=self.file, fault=Fault.of(error))

    def _batch(self, settings: Settings, patient: Address, bundle: dict[str, Any], marks: Sequence[Mark]) -> Batch:
        entries = bundle.get("entry", [])
        chosen, repeated, coverage, closed = [], [], NOTHING, 0
        dropped, seen = set[int](), set(self.without)
        numbers = [number for number, one in enumerate(entries) if _type_of(one)]
        for number, mark in zip(numbers, marks, strict=True):
            if mark.digest in seen:
                dropped.add(number)
                repeated.append(mark)
            else:
                seen.add(mark.digest)
                chosen.append(mark)
                count = elements_in(entries[number]["resource"])
                coverage += Coverage(elements=count, mapped=count)
        if dropped:
            bundle, closed = without_entries(bundle, dropped)
        parts = Parts(
            marks=tuple(chosen),
            repeated=tuple(repeated),
            coverage={self.file: coverage},
            issues={self.file: closing_issue(closed)},
        )
        return make_batch(settings, patient, bundle, parts)


def marks_of(key: bytes, patient: str, file: str, entries: Sequence[Entry]) -> tuple[Mark, ...]:
    """Return the marks of the resources of a Bundle."""
    return tuple(
        Mark(
            file=file,
            place=f"Bundle.entry[{number}]",
            digest=keyed(
                key, b"resource", patient.encode(), str(one.get("fullUrl", "")).encode(), canonical(one["resource"])
            ),
            name=_name(key, patient, one),
        )
        for number, one in enumerate(entries)
        if _type_of(one)
    )


def whole_file(settings: Settings, path: Path, file: str) -> Mark:
    """Return the mark of a file that counts as one item."""
    digest = keyed(settings.key, b"file", path.read_bytes()) if path.is_file() else keyed(settings.key, file.encode())
    return Mark(file=file, place="", digest=digest)


def identifiers_of(patient: dict[str, Any]) -> tuple[Identifier, ...]:
    """Return the business identifiers of a Patient."""
    found = patient.get("identifier", [])
    return tuple(
        Identifier(str(one.get("system", "")), one["value"])
        for one in (found if isinstance(found, list) else [])
        if isinstance(one, dict) and isinstance(one.get("value"), str)
    )


def elements_in(value: Any) -> int:
    """Return how many elements of a resource have a value of their own."""
    if isinstance(value, dict):
        return sum(map(elements_in, value.values()))
    if isinstance(value, list):
        return sum(map(elements_in, value))
    return 1


def _type_of(entry: Any) -> str:
    resource = entry.get("resource") if isinstance(entry, dict) else None
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    return kind if isinstance(kind, str) else ""


def _name(key: bytes, patient: str, entry: Entry) -> Bytes32 | None:
    resource = entry["resource"]
    named = resource.get("id")
    if not isinstance(named, str):
        return None
    return keyed(key, b"name", patient.encode(), resource["resourceType"].encode(), named.encode())
