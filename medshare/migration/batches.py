"""Batches: entries of one patient, split into documents whose record ids and random values follow from what they are.

The same items make the same batch, with the same documents under the same record ids: what was under way when a
process was killed is recognised by the next one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medshare.conversion import Coverage
from medshare.conversion.standardise import Settings as Standard
from medshare.conversion.standardise import standardise
from medshare.hexadecimal import Address, Bytes32
from medshare.intake import Document, Issue, take_in_bundle
from medshare.migration.digests import keyed, stream
from medshare.migration.items import Batch, IssueLine, Mark, issue_lines
from medshare.migration.patients import PatientIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What every process of an import knows.

    Attributes:
        key: The journal's.
        patients: Whose records these are.
        recorded: When the run began, a FHIR instant.
        standard: What the hospital says about its own data.
    """

    key: bytes
    patients: PatientIndex
    recorded: str
    standard: Standard


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What is known of a batch before it is taken in: see `Batch`."""

    marks: tuple[Mark, ...]
    repeated: tuple[Mark, ...]
    coverage: Mapping[str, Coverage]
    issues: Mapping[str, tuple[IssueLine, ...]]


def make_batch(settings: Settings, patient: Address, bundle: dict[str, Any], parts: Parts) -> Batch:
    """Return the batch of a Bundle; no documents where all of it is stored already.

    Raises:
        InputError: As `take_in`.
    """
    name = batch_id(settings.key, patient, parts.marks)
    issues = dict(parts.issues)
    documents: tuple[Document, ...] = ()
    if parts.marks:
        bundle, added = _standardised(bundle, settings.standard)
        intake = take_in_bundle(bundle, entropy=stream(settings.key, b"intake", name))
        documents = intake.documents
        # This is told of the Bundle as a whole; it is filed with the first of its files.
        first = next(iter(parts.issues))
        issues[first] = (*issues[first], *issue_lines([*added, *intake.report.issues]))
    ids = record_ids(settings.key, name, len(documents))
    return Batch(
        id=name,
        patient=patient,
        marks=parts.marks,
        repeated=parts.repeated,
        documents=dict(zip(ids, documents, strict=True)),
        coverage=dict(parts.coverage),
        issues=issues,
    )


def _standardised(bundle: dict[str, Any], standard: Standard) -> tuple[dict[str, Any], list[Issue]]:
    """Return a Bundle with what standardising adds to its resources, and what there is to say."""
    numbers = [number for number, one in enumerate(bundle.get("entry", [])) if "resource" in one]
    done = standardise([bundle["entry"][number] for number in numbers], settings=standard)
    entries = list(bundle.get("entry", []))
    for number, entry in zip(numbers, done.entries, strict=True):
        entries[number] = entry
    # Intake tells of references that lead outside, too.
    issues = [one for one in done.issues if one.code != "reference-outside"]
    return ({**bundle, "entry": entries} if "entry" in bundle else bundle), issues


def batch_id(key: bytes, patient: Address, marks: tuple[Mark, ...]) -> Bytes32:
    """Return the id of the batch of these items."""
    return keyed(key, b"batch", patient.encode(), *sorted(mark.digest for mark in marks))


def record_ids(key: bytes, batch: Bytes32, count: int) -> list[Bytes32]:
    """Return the record ids of the documents of a batch."""
    return [keyed(key, b"record", batch, number.to_bytes(4, "big")) for number in range(count)]
