"""Encounters (C-CDA on FHIR, "Encounters"): Encounter Activity and encompassingEncounter to Encounter.

The same visit told in the header and in the body, by its identifier, is one Encounter.
"""

from __future__ import annotations

import re
from typing import Any, Final

from medshare.conversion.ccda.concept_maps import ENCOUNTER_STATUS
from medshare.conversion.ccda.datatypes import absent, coding, concept
from medshare.conversion.ccda.draft import Draft, clean
from medshare.conversion.ccda.people import location, participant, reference
from medshare.conversion.ccda.problems import concern
from medshare.conversion.ccda.procedures import place
from medshare.conversion.ccda.statements import ROOT, common, nested, reasons, subject
from medshare.conversion.ccda.times import period
from medshare.conversion.ccda.xml import find, find_all, templates

_ACT_CODE_OID: Final = "2.16.840.1.113883.5.4"
_ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_CPT: Final = frozenset(("2.16.840.1.113883.6.12", "2.16.840.1.113883.6.82"))
_CPT_CLASSES: Final = (("9921[1-5]", "AMB"), ("9920[1-5]", "AMB"), ("9922[1-3]", "IMP"), ("9928[1-5]", "EMER"))
_DIAGNOSIS: Final = ROOT + "80"
_PLANNED: Final = frozenset(("INT", "ARQ", "PRMS", "PRP", "RQO", "APT"))


def encounter(draft: Draft, node: Any, focus: str) -> str:
    """Add the Encounter of an Encounter Activity with its diagnoses; a planned one has the status `planned`."""
    del focus
    draft.begun.add(node)
    time = draft.one(node, "effectiveTime")
    said = {
        **_what(draft, node, time),
        "participant": [_who(draft, item) for item in find_all(node, "performer")],
        "reasonCode": reasons(draft, node),
        "hospitalization": _discharge(draft, node, "sdtc:dischargeDispositionCode"),
        "location": _at(place(draft, node)),
    }
    note = said.pop("note")
    if node.get("moodCode") in _PLANNED:
        said["status"] = "planned"
    url = _same(draft, said) or draft.add(said, node)
    _remember(draft, url)
    diagnoses = [concern(draft, child, url) for _, child in nested(node) if _DIAGNOSIS in templates(child)]
    resource = draft.resource(url)
    if any(diagnoses):
        resource["diagnosis"] = [{"condition": {"reference": item}} for item in dict.fromkeys(diagnoses) if item]
    if note:
        resource.setdefault("reasonCode", []).extend({"text": item["text"]} for item in note)
    for item in diagnoses:
        if item:
            draft.resource(item)["encounter"] = {"reference": url}
    return url


def encompassing(draft: Draft, node: Any) -> str:
    """Add the Encounter in which the document was made."""
    time = draft.one(node, "effectiveTime")
    people = [
        _who(draft, item) for path in ("responsibleParty", "encounterParticipant") for item in find_all(node, path)
    ]
    facility = location(draft, find(node, "location/healthCareFacility"))
    said = _what(draft, node, time)
    del said["note"]
    url = draft.add(
        {
            **said,
            "participant": people,
            "hospitalization": _discharge(draft, node, "dischargeDispositionCode"),
            "location": _at(facility),
        },
        node,
    )
    _remember(draft, url)
    return url


def _what(draft: Draft, node: Any, time: Any) -> dict[str, Any]:
    code = draft.one(node, "code")
    kind = concept(draft, code)
    if kind:
        kind["coding"] = [item for item in kind["coding"] if item["system"] != _ACT_CODE]
    return {
        "resourceType": "Encounter",
        **common(draft, node),
        "status": _status(draft, node, time),
        "class": _class(draft, code),
        "type": [kind] if kind and (kind["coding"] or kind["text"]) else None,
        "subject": subject(draft),
        "period": period(draft, time),
    }


def _status(draft: Draft, node: Any, time: Any) -> str:
    """Return the status: by the time, unless statusCode says other than completed or active (guide, Encounter)."""
    code = draft.one(node, "statusCode")
    said = "" if code is None else code.get("code", "")
    if said in ENCOUNTER_STATUS and said not in {"completed", "active"}:
        return ENCOUNTER_STATUS[said]
    if time is not None and (time.get("value") or find(time, "high") is not None):
        return "finished"
    if said == "completed":
        return "finished"
    return "in-progress" if find(time, "low") is not None else ENCOUNTER_STATUS.get(said, "unknown")


def _class(draft: Draft, code: Any) -> dict[str, Any]:
    """Return the class: a code of v3 ActCode, else what CPT tells, else why there is none."""
    for item in [] if code is None else [code, *find_all(code, "translation")]:
        if item.get("codeSystem") == _ACT_CODE_OID and (said := coding(draft, item)):
            return said
        if item.get("codeSystem") in _CPT:
            for pattern, kind in _CPT_CLASSES:
                if re.fullmatch(pattern, item.get("code", "")):
                    return {"system": _ACT_CODE, "code": kind}
    return absent(None)


def _who(draft: Draft, node: Any) -> dict[str, Any] | None:
    url = participant(draft, find(node, "assignedEntity"), person="assignedPerson")
    if not url or draft.resource(url)["resourceType"] not in {"Practitioner", "PractitionerRole", "RelatedPerson"}:
        return None
    kind = concept(draft, draft.one(node, "sdtc:functionCode"))
    code = node.get("typeCode", "")
    if not kind and code in {"ADM", "ATND", "CON", "DIS", "REF"}:
        system = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
        kind = {"coding": [{"system": system, "code": code}]}
    return {"type": [kind], "individual": reference(url)}


def _discharge(draft: Draft, node: Any, path: str) -> dict[str, Any] | None:
    said = concept(draft, draft.one(node, path))
    return {"dischargeDisposition": said} if said else None


def _at(url: str) -> list[dict[str, Any]]:
    return [{"location": {"reference": url}}] if url else []


def _remember(draft: Draft, url: str) -> None:
    for known in draft.resource(url).get("identifier", []):
        draft.visits.setdefault((known.get("system", ""), known["value"]), url)


def _same(draft: Draft, said: dict[str, Any]) -> str:
    """Complete the Encounter that has one of the same identifiers, and return its full URL."""
    for known in clean(said["identifier"]):
        url = draft.visits.get((known.get("system", ""), known["value"]), "")
        if url:
            resource = draft.resource(url)
            told = {name: item for name, item in resource.items() if name not in {"status", "class"}}
            merged = {**clean(said), **told}
            resource.clear()
            resource.update(merged)
            return url
    return ""
