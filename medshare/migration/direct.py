"""The short way: a file that is one patient's FHIR Bundle is one batch, and is taken in as it came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medshare.conversion import Coverage, Entry
from medshare.conversion.fhir import identifiers_of
from medshare.errors import InputError, MedShareError
from medshare.hexadecimal import Address, Bytes32
from medshare.intake import read_bundle
from medshare.migration.batches import Parts, Settings, make_batch
from medshare.migration.closing import close_references, closing_issue
from medshare.migration.digests import canonical, keyed
from medshare.migration.items import NOTHING, Batch, Fault, Mark, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """A file that is not one patient's Bundle, or cannot be taken in as a whole: its items are taken one by one."""

    file: str


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
        except InputError:
            return Apart(file=self.file)
        entries = bundle.get("entry", [])
        people = [one["resource"] for one in entries if _type_of(one) == "Patient"]
        if len(people) != 1:
            return Apart(file=self.file)
        try:
            patient = settings.patients.find(identifiers_of(people[0]))
        except MedShareError as error:
            return Refused(marks=marks_of(settings.key, "", self.file, entries), fault=Fault.of(error))
        marks = marks_of(settings.key, patient, self.file, entries)
        try:
            return self._batch(settings, patient, bundle, marks)
        except InputError:
            return Apart(file=self.file)

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
            kept = [one for number, one in enumerate(entries) if number not in dropped]
            bundle, closed = close_references({**bundle, "entry": kept})
        parts = Parts(
            marks=tuple(chosen),
            repeated=tuple(repeated),
            coverage={self.file: coverage},
            issues={self.file: closing_issue(closed)},
        )
        return make_batch(settings, patient, bundle, parts)


def resource_digest(key: bytes, entry: Entry) -> Bytes32:
    """Return the digest of a resource and its full URL, whoever it is about."""
    return keyed(key, b"resource", str(entry.get("fullUrl", "")).encode(), canonical(entry["resource"]))


def resource_name(key: bytes, entry: Entry) -> Bytes32 | None:
    """Return the digest of the type and id of a resource; None where it has no id."""
    named = entry["resource"].get("id")
    if not isinstance(named, str):
        return None
    return keyed(key, b"name", entry["resource"]["resourceType"].encode(), named.encode())


def of_patient(key: bytes, patient: str, digest: Bytes32) -> Bytes32:
    """Return the digest of something for one patient."""
    return keyed(key, b"of", patient.encode(), digest)


def marks_of(key: bytes, patient: str, file: str, entries: Sequence[Entry]) -> tuple[Mark, ...]:
    """Return the marks of the resources of a Bundle."""
    return tuple(
        Mark(
            file=file,
            place=f"Bundle.entry[{number}]",
            digest=of_patient(key, patient, resource_digest(key, one)),
            name=None if (name := resource_name(key, one)) is None else of_patient(key, patient, name),
        )
        for number, one in enumerate(entries)
        if _type_of(one)
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
