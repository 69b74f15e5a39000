"""Messages for the tests: the corpus, and short ones written here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from medshare.conversion import Converted, SourceItem
from medshare.conversion.hl7v2 import Hl7v2

CORPUS = Path(__file__).resolve().parents[3] / "data" / "hl7v2"
HANDMADE = CORPUS / "handmade"
HEADER = "MSH|^~\\&|HIS|North|EHR|MedShare|20240105093000+0800||{kind}|M1|P|2.5.1"
PATIENT = "PID|1||MRN1^^^North||Lin^Mei||19750308|F"


def item(content: bytes) -> SourceItem:
    """Return an item of these bytes."""
    return SourceItem(file="x.hl7", place="message 1", content=content, media_type="x-application/hl7-v2+er7")


def convert(
    *segments: str, kind: str = "ADT^A08", header: str = "", patient: str = PATIENT, **options: Any
) -> Converted:
    """Convert a message of a header, a patient and these segments."""
    lines = [header or HEADER.format(kind=kind), *([patient] if patient else []), *segments]
    return Hl7v2(**options).convert(item("\r".join([*lines, "ZZZ|1"]).encode()))


def resources(converted: Converted, kind: str) -> list[dict[str, Any]]:
    """Return the resources of one type, in their order."""
    return [entry["resource"] for entry in converted.entries if entry["resource"]["resourceType"] == kind]


def only(converted: Converted, kind: str) -> dict[str, Any]:
    """Return the one resource of a type."""
    (found,) = resources(converted, kind)
    return found


def segment(name: str, fields: dict[int, str]) -> str:
    """Return a segment with these fields."""
    first = 2 if name == "MSH" else 1
    texts = [fields.get(number, "") for number in range(first, max(fields, default=first) + 1)]
    return "|".join([name, *texts])


def codes(converted: Converted) -> list[str]:
    """Return the codes of the issues."""
    return [issue.code for issue in converted.issues]


def unmapped(converted: Converted) -> list[str]:
    """Return the paths of the fields that FHIR does not say."""
    return [issue.path for issue in converted.issues if issue.code == "not-mapped"]
