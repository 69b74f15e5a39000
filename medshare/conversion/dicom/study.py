"""One instance as an ImagingStudy, and the instances of one study as one (FHIR R4, ImagingStudy; PS3.3, section 7)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import Any, Final

from medshare.conversion.dicom.attributes import Attributes, Coded
from medshare.conversion.dicom.errors import AttributeMissingError
from medshare.conversion.dicom.moments import read_date, read_offset, read_time
from medshare.conversion.dicom.people import display_name
from medshare.conversion.item import Entry
from medshare.intake.json_text import dumps

_DCM: Final = "http://dicom.nema.org/resources/ontology/DCM"
_SNOMED_CT: Final = "http://snomed.info/sct"
_SCHEMES: Final = {"DCM": _DCM, "SCT": _SNOMED_CT, "LN": "http://loinc.org", "RADLEX": "http://www.radlex.org"}
"""Coding schemes (PS3.16, section 8) with a canonical URL of theirs; SRT is SNOMED RT, whose codes are others."""
_SIDES: Final = {"R": ("24028007", "Right"), "L": ("7771000", "Left")}
_ACCESSION: Final = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "ACSN"}]}
_PERFORMER: Final = {
    "coding": [
        {"system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "PRF", "display": "performer"}
    ]
}
_UID: Final = re.compile(r"[0-2](?:\.(?:0|[1-9]\d*))+", re.ASCII)
_UID_LENGTH: Final = 64
_CODE: Final = re.compile(r"\S+(?: \S+)*")
_OTHER: Final = "OT"
_INTEGER: Final = re.compile(r"\d{1,9}", re.ASCII)


class Study:
    """Makes the ImagingStudy of one instance, and remembers which attributes it says."""

    def __init__(self, found: Attributes, *, zone: tzinfo | None) -> None:
        self._found = found
        self._zone = read_offset(found.zone) or zone
        self.said: set[str] = set()
        self.without_zone: set[str] = set()

    def resource(self, subject: str) -> dict[str, Any]:
        """Return the ImagingStudy about the patient with this full URL.

        Raises:
            AttributeMissingError: A UID that every instance must have is missing or is none.
        """
        study = self._uid("StudyInstanceUID")
        identifiers: list[dict[str, Any]] = [{"system": "urn:dicom:uid", "value": f"urn:oid:{study}"}]
        if accession := self._text("AccessionNumber"):
            identifiers.append({"type": _ACCESSION, "value": accession})
        modality = self._modality()
        resource: dict[str, Any] = {
            "resourceType": "ImagingStudy",
            "identifier": identifiers,
            "status": "available",
            "modality": [modality],
            "subject": {"reference": subject},
        }
        if started := self._moment("Study"):
            resource["started"] = started
        if referrer := self._people("ReferringPhysicianName"):
            resource["referrer"] = {"display": "; ".join(referrer)}
        resource |= {"numberOfSeries": 1, "numberOfInstances": 1}
        if procedures := self._codes("ProcedureCodeSequence"):
            resource["procedureCode"] = [{"coding": [one]} for one in procedures]
        if description := self._text("StudyDescription"):
            resource["description"] = description
        return resource | {"series": [self._series(modality)]}

    def _series(self, modality: dict[str, Any]) -> dict[str, Any]:
        series: dict[str, Any] = {"uid": self._uid("SeriesInstanceUID")} | self._number("SeriesNumber")
        series["modality"] = modality
        if description := self._text("SeriesDescription"):
            series["description"] = description
        series["numberOfInstances"] = 1
        if site := self._site():
            series["bodySite"] = site
        if side := _SIDES.get(self._found.one("Laterality")):
            series["laterality"] = {"system": _SNOMED_CT, "code": side[0], "display": side[1]}
            self.said.add("Laterality")
        if started := self._moment("Series"):
            series["started"] = started
        performers = [*self._people("PerformingPhysicianName"), *self._people("OperatorsName")]
        if performers:
            series["performer"] = [{"function": _PERFORMER, "actor": {"display": name}} for name in performers]
        instance = {
            "uid": self._uid("SOPInstanceUID"),
            "sopClass": {"system": "urn:ietf:rfc:3986", "code": f"urn:oid:{self._uid('SOPClassUID')}"},
        }
        return series | {"instance": [instance | self._number("InstanceNumber")]}

    def _uid(self, keyword: str) -> str:
        text = self._found.one(keyword)
        if len(text) > _UID_LENGTH or not _UID.fullmatch(text):
            raise AttributeMissingError(tag=keyword)
        self.said.add(keyword)
        return text

    def _text(self, keyword: str) -> str:
        values = self._found.texts.get(keyword, ())
        if values:
            self.said.add(keyword)
        return "; ".join(values)

    def _number(self, keyword: str) -> dict[str, int]:
        text = self._found.one(keyword)
        if not _INTEGER.fullmatch(text):  # FHIR has no negative numbers here
            return {}
        self.said.add(keyword)
        return {"number": int(text)}

    def _modality(self) -> dict[str, Any]:
        """Return the modality; without one it is Other, and the attribute counts as not said."""
        text = self._found.one("Modality")
        if not _CODE.fullmatch(text):
            return {"system": _DCM, "code": _OTHER}
        self.said.add("Modality")
        return {"system": _DCM, "code": text}

    def _codes(self, keyword: str) -> list[dict[str, str]]:
        found = [_coding(one) for one in self._found.codes.get(keyword, ())]
        if found:
            self.said.add(keyword)
        return found

    def _site(self) -> dict[str, str] | None:
        """Return where the body was looked at: the coded region where there is one, with the word."""
        word = self._text("BodyPartExamined")
        regions = self._codes("AnatomicRegionSequence")
        if regions:
            return {"display": word} | regions[0] if word else regions[0]
        return {"display": word} if word else None

    def _people(self, keyword: str) -> list[str]:
        names = [name for text in self._found.texts.get(keyword, ()) if (name := display_name(text))]
        if names:
            self.said.add(keyword)
        return names

    def _moment(self, what: str) -> str | None:
        """Return the day, with its time where its zone is known: FHIR has no time without one."""
        day = read_date(self._found.one(f"{what}Date"))
        text = self._found.one(f"{what}Time")
        if day is None:
            return None
        self.said.add(f"{what}Date")
        if not text:
            return day
        if self._zone is None:
            self.without_zone.add(f"{what}Time")
            return day
        moment = read_time(day, text, self._zone)
        if moment is None:
            return day
        self.said.add(f"{what}Time")
        return moment


def merge(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return entries of one patient with one ImagingStudy for each study, and each other resource once.

    The instances of a study stand in its series, series and instances by their number and then their UID. Where
    instances of one study do not agree on a text, what comes first in order of the texts is taken: the result does not
    depend on the order of `entries`, and merging again changes nothing. What is no ImagingStudy and no Patient is
    left as it is, once for each full URL.
    """
    same: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        same[entry["fullUrl"]].append(entry)
    return tuple(_merged(group) for group in same.values())


def _merged(group: list[Entry]) -> Entry:
    resources = sorted((entry["resource"] for entry in group), key=dumps)
    match resources[0]["resourceType"]:
        case "ImagingStudy":
            return {"fullUrl": group[0]["fullUrl"], "resource": _one_study(resources)}
        case "Patient":
            return {"fullUrl": group[0]["fullUrl"], "resource": _one_object(resources, several=("identifier", "name"))}
        case _:
            return group[0]


def _one_study(studies: list[dict[str, Any]]) -> dict[str, Any]:
    by_uid: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for study in studies:
        for series in study["series"]:
            by_uid[series["uid"]].append(series)
    merged = sorted((_one_series(sorted(group, key=dumps)) for group in by_uid.values()), key=_by_number)
    started = sorted(study["started"] for study in studies if "started" in study)
    result = _one_object(studies, several=("identifier", "modality", "procedureCode"))
    if started:
        result["started"] = started[0]
    result["series"] = merged
    result["numberOfSeries"] = len(merged)
    result["numberOfInstances"] = sum(len(series["instance"]) for series in merged)
    return result


def _one_series(group: list[dict[str, Any]]) -> dict[str, Any]:
    instances: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for series in group:
        for instance in series["instance"]:
            instances[instance["uid"]].append(instance)
    result = _one_object(group, several=("performer",))
    result["instance"] = sorted(
        (_one_object(sorted(same, key=dumps), several=()) for same in instances.values()), key=_by_number
    )
    result["numberOfInstances"] = len(result["instance"])
    return result


def _one_object(objects: list[dict[str, Any]], *, several: Iterable[str]) -> dict[str, Any]:
    """Return the first value of each element, and for some elements the different values of all objects, in order."""
    result: dict[str, Any] = {}
    for one in objects:
        for name, value in one.items():
            result.setdefault(name, value)
    for name in several:
        values = {dumps(value): value for one in objects for value in one.get(name, ())}
        if values:
            result[name] = [values[text] for text in sorted(values)]
    return result


def _by_number(one: dict[str, Any]) -> tuple[int, str]:
    return one.get("number", 2**31), one["uid"]


def _coding(one: Coded) -> dict[str, str]:
    system = _SCHEMES.get(one.scheme) or (f"urn:oid:{one.scheme}" if _UID.fullmatch(one.scheme) else "")
    coding = {"system": system} if system else {}
    if _CODE.fullmatch(one.code):
        coding["code"] = one.code
    return coding | ({"display": one.meaning} if one.meaning else {})
