"""Small C-CDA documents for tests, and what comes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from medshare.conversion import Converted, SourceItem, with_original
from medshare.conversion.ccda import Ccda
from medshare.intake import take_in
from medshare.intake.json_text import dumps

CORPUS = Path(__file__).parents[3] / "data" / "ccda"
NAMES = 'xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:sdtc="urn:hl7-org:sdtc"'
PATIENT = '<recordTarget><patientRole><id root="1.2.3" extension="p1"/></patientRole></recordTarget>'
T = "2.16.840.1.113883.10.20.22.4."
SNOMED = 'codeSystem="2.16.840.1.113883.6.96"'
LOINC = 'codeSystem="2.16.840.1.113883.6.1"'


def document(*sections: str, header: str = PATIENT, body: str = "") -> bytes:
    """Return a document with these sections, or this body."""
    inside = body or f"<structuredBody>{''.join(sections)}</structuredBody>"
    return f"<ClinicalDocument {NAMES}>{header}<component>{inside}</component></ClinicalDocument>".encode()


def section(*entries: str, code: str = "11450-4", text: str = "", extra: str = "") -> str:
    """Return a section with these statements as entries."""
    inside = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return (
        f'<component><section><code code="{code}" {LOINC}/><title>S</title>'
        f"<text>{text}</text>{extra}{inside}</section></component>"
    )


def template(*numbers: str) -> str:
    """Return templateId elements by the last number of entry templates."""
    return "".join(f'<templateId root="{T}{number}" extension="2015-08-01"/>' for number in numbers)


def item(content: bytes) -> SourceItem:
    return SourceItem(file="a.xml", place="", content=content, media_type="application/xml")


def convert(content: bytes, ccda: Ccda | None = None) -> Converted:
    return (ccda or Ccda()).convert(item(content))


def convert_entry(*entries: str, code: str = "11450-4", text: str = "", zone: Any = None) -> Converted:
    """Convert a document with one section, and see that intake takes what comes of it."""
    converted = convert(document(section(*entries, code=code, text=text)), Ccda(zone=zone))
    accept(converted)
    return converted


def accept(converted: Converted) -> None:
    """Let intake check that all entries are valid FHIR R4, the original among them."""
    entries = list(with_original(converted, recorded="2026-01-01T00:00:00Z").entries)
    take_in(dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}))


def resources(converted: Converted, resource_type: str) -> list[dict[str, Any]]:
    """Return the resources of one type as plain JSON, numbers as text where they keep it."""
    return [entry["resource"] for entry in converted.entries if entry["resource"]["resourceType"] == resource_type]


def only(converted: Converted, resource_type: str) -> dict[str, Any]:
    (found,) = resources(converted, resource_type)
    return found


def by_url(converted: Converted, reference: dict[str, str]) -> dict[str, Any]:
    return next(entry["resource"] for entry in converted.entries if entry["fullUrl"] == reference["reference"])


def plain(converted: Converted) -> list[dict[str, Any]]:
    """Return all resources with numbers as numbers."""
    found: list[dict[str, Any]] = json.loads(dumps([entry["resource"] for entry in converted.entries]))
    return found


def codes(concept: dict[str, Any] | None) -> list[str]:
    return [coding["code"] for coding in (concept or {}).get("coding", [])]


def issues(converted: Converted, code: str) -> list[str]:
    """Return the paths of the issues with a code."""
    return [issue.path for issue in converted.issues if issue.code == code]
