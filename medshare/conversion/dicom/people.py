"""The patient of an instance, and the names of people (PS3.5, section 6.2.1: PN)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from medshare.conversion.dicom.attributes import Attributes
from medshare.conversion.dicom.moments import read_date
from medshare.conversion.item import Identifier
from medshare.conversion.naming import full_url

_ABSENT: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_REPRESENTATION: Final = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation"
_GROUPS: Final = ("ABC", "IDE", "SYL")
"""Alphabetic, ideographic, syllabic: the three groups of a name, in order."""
_GENDERS: Final = {"M": "male", "F": "female", "O": "other"}
_OID: Final = re.compile(r"[0-2](?:\.(?:0|[1-9]\d*))+", re.ASCII)
_MEDICAL_RECORD_NUMBER: Final = {
    "coding": [
        {"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR", "display": "Medical record number"}
    ]
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The patient.

    Attributes:
        url: The full URL.
        identifiers: The business identifiers.
        resource: The Patient.
        said: The attributes that it says.
    """

    url: str
    identifiers: tuple[Identifier, ...]
    resource: dict[str, Any]
    said: frozenset[str]


def read_patient(found: Attributes, *, systems: Mapping[str, str]) -> Person:
    """Return the patient whom an instance names.

    Args:
        found: The attributes.
        systems: The system of the identifiers of each issuer, by the text of Issuer of Patient ID; by the empty
            text, of those without an issuer. An issuer that is an OID needs no entry.
    """
    value, issuer = found.one("PatientID"), found.one("IssuerOfPatientID")
    system = systems.get(issuer) or (f"urn:oid:{issuer}" if _OID.fullmatch(issuer) else "")
    resource: dict[str, Any] = {"resourceType": "Patient"}
    said: set[str] = set()
    if value:
        said |= {"PatientID"} | ({"IssuerOfPatientID"} if issuer else set())
        resource["identifier"] = [
            {"type": _MEDICAL_RECORD_NUMBER}
            | ({"system": system} if system else {})
            | {"value": value}
            | ({"assigner": {"display": issuer}} if issuer else {})
        ]
    if names := [name for text in found.texts.get("PatientName", ()) for name in human_names(text)]:
        resource["name"] = names
        said.add("PatientName")
    if gender := _GENDERS.get(found.one("PatientSex")):
        resource["gender"] = gender
        said.add("PatientSex")
    if born := read_date(found.one("PatientBirthDate")):
        resource["birthDate"] = born
        said.add("PatientBirthDate")
    if len(resource) == 1:
        resource["name"] = [{"extension": [{"url": _ABSENT, "valueCode": "unknown"}]}]  # FHIR R4: nothing is empty
    if system and value:
        url = full_url("patient", system, value)
    elif value:  # who else gives this number to whom is not known: the issuer is part of the name
        url = full_url("dicom", "patient", issuer, value)
    else:
        url = full_url("dicom", "patient of a study", found.one("StudyInstanceUID"))
    identifiers = (Identifier(system, value),) if value else ()
    return Person(url=url, identifiers=identifiers, resource=resource, said=frozenset(said))


def human_names(text: str) -> list[dict[str, Any]]:
    """Return a HumanName for each group of a name of DICOM; with several, each says its script."""
    groups = [group.strip() for group in text.split("=")][: len(_GROUPS)]
    written = [(kind, group) for kind, group in zip(_GROUPS, groups, strict=False) if group.strip("^ ")]
    names = [_human_name(group, kind) for kind, group in written]
    if len(groups) > 1:
        for name, (kind, _) in zip(names, written, strict=True):
            name["extension"] = [{"url": _REPRESENTATION, "valueCode": kind}]
    return names


def display_name(text: str) -> str:
    """Return a name in one line, its first group that holds something."""
    names = human_names(text)
    return str(names[0]["text"]) if names else ""


def _human_name(group: str, kind: str) -> dict[str, Any]:
    """Return one group: family, given, middle, prefix, suffix, with carets between them."""
    family, given, middle, prefix, suffix = ([part.strip() for part in group.split("^")] + [""] * 5)[:5]
    order = (prefix, given, middle, family, suffix) if kind == "ABC" else (prefix, family, given, middle, suffix)
    name: dict[str, Any] = {"text": " ".join(part for part in order if part)}
    if family:
        name["family"] = family
    if given or middle:
        name["given"] = [part for part in (given, middle) if part]
    if prefix:
        name["prefix"] = [prefix]
    if suffix:
        name["suffix"] = [suffix]
    return name
