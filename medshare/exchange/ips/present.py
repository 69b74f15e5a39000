"""What the IPS asks of a resource and its source lacks: a link to the patient, and why something is absent.

Required elements of the IPS 2.0 profiles; "Empty Sections & Missing Data" there says how absence is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

_ABSENT_URL: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_ABSENT_SYSTEM: Final = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_UNKNOWN: Final = "unknown"
_TIMED: Final[dict[str, str]] = {
    "Observation": "effective",
    "Procedure": "performed",
    "MedicationStatement": "effective",
    "DeviceUseStatement": "timing",
}
"""Where a time is required, by type; the element's name before its type."""
_CODED: Final = frozenset(("Condition", "AllergyIntolerance", "Procedure", "Medication"))
_SUBJECT: Final[dict[str, str]] = {"AllergyIntolerance": "patient", "Immunization": "patient"}
_ABOUT_NOBODY: Final = frozenset(("Medication", "Device", "Practitioner", "PractitionerRole", "Organization"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A resource of the summary that a reference means: its fullUrl and its words, empty where it has none."""

    url: str
    words: str


def absent() -> dict[str, Any]:
    """Return the sibling of a primitive that is not known."""
    return {"extension": [{"url": _ABSENT_URL, "valueCode": _UNKNOWN}]}


def absent_concept() -> dict[str, Any]:
    """Return a CodeableConcept that is not known."""
    return {"coding": [{"system": _ABSENT_SYSTEM, "code": _UNKNOWN, "display": "Unknown"}]}


def presented(resource: Mapping[str, Any], *, patient: str, links: Mapping[str, Link]) -> dict[str, Any]:
    """Return a resource as the summary shows it.

    Args:
        resource: As it was assembled.
        patient: The fullUrl of the Patient.
        links: What each reference into the summary means.
    """
    kind = resource["resourceType"]
    shown: dict[str, Any] = _linked(dict(resource), links)
    if kind == "Patient":
        return _patient(shown)
    if kind not in _ABOUT_NOBODY:
        shown[_SUBJECT.get(kind, "subject")] = {"reference": patient}
    time = _TIMED.get(kind)
    if time is not None and not any(name.startswith((time, f"_{time}")) for name in shown):
        shown[f"_{time}DateTime"] = absent()
    if kind in _CODED and "code" not in shown:
        shown["code"] = absent_concept()
    if kind.startswith("Medication") and kind != "Medication" and not _has_medication(shown):
        shown["medicationCodeableConcept"] = absent_concept()
    return shown


def unknown_patient() -> dict[str, Any]:
    """Return a Patient of whom nothing is known here."""
    return _patient({"resourceType": "Patient"})


def links_in(value: Any) -> Iterator[str]:
    """Give every literal reference in `value`."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for item in value.values():
            yield from links_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from links_in(item)


def _patient(shown: dict[str, Any]) -> dict[str, Any]:
    names = shown.get("name")
    if not isinstance(names, list) or not any(_has_words(name) for name in names):
        # The profile wants words in a name: this says that there are none.
        shown["name"] = [{"text": _UNKNOWN.capitalize(), **absent()}]
    if "birthDate" not in shown:
        shown["_birthDate"] = absent()
    return shown


def _has_words(name: Any) -> bool:
    return isinstance(name, dict) and bool({"family", "given", "text"} & name.keys())


def _has_medication(shown: Mapping[str, Any]) -> bool:
    return any(name in shown for name in ("medicationCodeableConcept", "medicationReference"))


def _linked(value: Any, links: Mapping[str, Link]) -> Any:
    """Return `value` with each reference into the summary as a fullUrl, and the words of every other one."""
    if isinstance(value, list):
        return [kept for item in value if (kept := _linked(item, links)) != {}]
    if not isinstance(value, dict):
        return value
    reference = value.get("reference")
    if isinstance(reference, str) and not reference.startswith("#"):
        if reference in links:
            link = links[reference]
            words = {"display": link.words} if link.words else {}
            return {**words, **value, "reference": link.url}
        return {name: item for name, item in value.items() if name in {"identifier", "display"}}
    return {name: kept for name, item in value.items() if (kept := _linked(item, links)) not in ({}, [])}
