"""The Bundle of an International Patient Summary: Composition, Patient, author, and what the sections refer to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from medshare import __version__
from medshare.conversion.item import Entry
from medshare.conversion.naming import full_url
from medshare.exchange.ips.narrative import NO_INFORMATION, as_div, line_of, name_of
from medshare.exchange.ips.present import Link, links_in, presented, unknown_patient
from medshare.exchange.ips.sections import SECTIONS, Section, entries_of
from medshare.exchange.systems import LOINC, URI
from medshare.intake.references import Directory

PROFILE: Final = "http://hl7.org/fhir/uv/ips/StructureDefinition/"
TITLE: Final = "International Patient Summary, assembled by software"
_COME_ALONG: Final = frozenset(
    ("Medication", "Device", "Practitioner", "PractitionerRole", "Organization", "Specimen", "Substance")
)
"""Types that come along with what refers to them."""
_EMPTY: Final[dict[str, Any]] = {
    "coding": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/list-empty-reason",
            "code": "unavailable",
            "display": "Unavailable",
        }
    ],
    "text": NO_INFORMATION.rstrip("."),
}


Shown: TypeAlias = tuple[str, dict[str, Any]]
"""A resource of the summary, after its fullUrl."""


def summary(entries: Sequence[Entry], *, at: str, identifier: str) -> dict[str, Any]:
    """Return the IPS document of one person.

    Args:
        entries: What is at hand of her, with unique full URLs, as `medshare.exchange.assembly` gives it.
        at: When it is made, a FHIR instant.
        identifier: A `urn:uuid:` for the document; the names of what is new in it are made from it.

    Returns:
        A Bundle of type document; decimals are `Numeral`.
    """
    chosen = {section.code: entries_of(section, entries) for section in SECTIONS}
    listed = {entry["fullUrl"]: entry for found in chosen.values() for entry in found}
    directory = Directory(list(enumerate(entries)))
    along = _along(listed, entries, directory)
    person = next((entry for entry in entries if entry["resource"]["resourceType"] == "Patient"), None)
    patient = full_url(identifier, "patient") if person is None else str(person["fullUrl"])
    inside = {**listed, **along}
    links = _links(inside, patient, entries, directory)
    author = full_url(identifier, "device")
    shown = {url: presented(entry["resource"], patient=patient, links=links) for url, entry in inside.items()}
    composition = _composition(
        {code: [(one["fullUrl"], shown[one["fullUrl"]]) for one in found] for code, found in chosen.items()},
        patient=patient,
        author=author,
        at=at,
        identifier=identifier,
    )
    herself = unknown_patient() if person is None else presented(person["resource"], patient=patient, links=links)
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [f"{PROFILE}Bundle-uv-ips"]},
        "identifier": {"system": URI, "value": identifier},
        "type": "document",
        "timestamp": at,
        "entry": [
            {"fullUrl": full_url(identifier, "composition"), "resource": composition},
            {"fullUrl": patient, "resource": herself},
            {"fullUrl": author, "resource": _author()},
            *({"fullUrl": url, "resource": resource} for url, resource in shown.items()),
        ],
    }


def _along(listed: Mapping[str, Entry], entries: Sequence[Entry], directory: Directory) -> dict[str, Entry]:
    """Return what the listed entries refer to and what that refers to, of the types that come along."""
    along: dict[str, Entry] = {}
    open_ones = list(listed.values())
    while open_ones:
        for reference in links_in(open_ones.pop(0)["resource"]):
            for number in directory.find(reference)[:1]:
                entry = entries[number]
                wanted = entry["resource"]["resourceType"] in _COME_ALONG
                if wanted and entry["fullUrl"] not in along and entry["fullUrl"] not in listed:
                    along[entry["fullUrl"]] = entry
                    open_ones.append(entry)
    return along


def _links(
    inside: Mapping[str, Entry], patient: str, entries: Sequence[Entry], directory: Directory
) -> dict[str, Link]:
    """Return what each reference into the summary means."""
    links: dict[str, Link] = {}
    for entry in entries:
        for reference in links_in(entry["resource"]):
            for number in directory.find(reference)[:1]:
                url, resource = entries[number]["fullUrl"], entries[number]["resource"]
                if url in inside or url == patient:
                    links[reference] = Link(url=url, words=name_of(resource))
    return links


def _composition(
    chosen: Mapping[str, Sequence[Shown]], *, patient: str, author: str, at: str, identifier: str
) -> dict[str, Any]:
    sections = [
        _section(section, chosen[section.code]) for section in SECTIONS if section.required or chosen[section.code]
    ]
    return {
        "resourceType": "Composition",
        "meta": {"profile": [f"{PROFILE}Composition-uv-ips"]},
        "text": {"status": "generated", "div": as_div(one["title"] for one in sections)},
        "identifier": {"system": URI, "value": identifier},
        "status": "final",
        "type": {"coding": [{"system": LOINC, "code": "60591-5", "display": "Patient summary Document"}]},
        "subject": {"reference": patient},
        "date": at,
        "author": [{"reference": author}],
        "title": TITLE,
        "section": sections,
    }


def _section(section: Section, entries: Sequence[Shown]) -> dict[str, Any]:
    value: dict[str, Any] = {
        "title": section.title,
        "code": {"coding": [{"system": LOINC, "code": section.code, "display": section.display}]},
        "text": {"status": "generated", "div": as_div(line_of(resource) for _, resource in entries)},
    }
    if entries:
        return {**value, "entry": [{"reference": url} for url, _ in entries]}
    return {**value, "emptyReason": _EMPTY}  # [F-003]


def _author() -> dict[str, Any]:
    name = {"name": "MedShare", "type": "user-friendly-name"}
    return {"resourceType": "Device", "deviceName": [name], "version": [{"value": __version__}]}
