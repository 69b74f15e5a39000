"""Family history: Family History Organizer to FamilyMemberHistory.

The guide has no page for it; FHIR R4's own mapping of FamilyMemberHistory to HL7 v3 is followed.
"""

from __future__ import annotations

from typing import Any, Final

from medshare.conversion.ccda.concept_maps import GENDER
from medshare.conversion.ccda.datatypes import concept, concept_or_absent, quantity
from medshare.conversion.ccda.draft import Draft
from medshare.conversion.ccda.people import names
from medshare.conversion.ccda.statements import code_of, common, nested, notes, subject
from medshare.conversion.ccda.times import day, moment, single
from medshare.conversion.ccda.xml import find, name_of, templates

_AGE: Final = "445518008"
_DEATH: Final = frozenset(("2.16.840.1.113883.10.20.22.4.47",))


def family(draft: Draft, node: Any, focus: str) -> str:
    """Add the FamilyMemberHistory of one relative."""
    del focus
    relative = find(node, "subject/relatedSubject")
    person = find(relative, "subject")
    gender = draft.one(person, "administrativeGenderCode")
    sex = GENDER.get("" if gender is None else gender.get("code", ""))
    conditions = [_condition(draft, child) for _, child in nested(node) if name_of(child) == "observation"]
    said_names = names(draft, person, "name")
    told = draft.one(node, "statusCode")
    return draft.add(
        {
            "resourceType": "FamilyMemberHistory",
            **common(draft, node),
            "status": "completed" if told is None or told.get("code") == "completed" else "partial",
            "patient": subject(draft),
            "date": single(draft, draft.one(node, "effectiveTime")),
            "name": _one_name(said_names),
            "relationship": concept_or_absent(draft, draft.one(relative, "code")),
            "sex": {"coding": [{"system": "http://hl7.org/fhir/administrative-gender", "code": sex}]} if sex else None,
            "bornDate": day(draft, draft.one(person, "birthTime")),
            **_death(draft, person, conditions),
            "condition": [{name: item for name, item in said.items() if name != "died"} for said in conditions],
        },
        node,
    )


def _one_name(found: list[dict[str, Any]]) -> str | None:
    if not found:
        return None
    name = found[0]
    return name.get("text") or " ".join([*name.get("given", []), name.get("family", "")]).strip() or None


def _condition(draft: Draft, node: Any) -> dict[str, Any]:
    """Return a Family History Observation: the problem, the age, and whether she died of it."""
    draft.begun.add(node)
    for name in ("id", "code", "statusCode"):
        draft.one(node, name)
    said: dict[str, Any] = {
        "code": concept_or_absent(draft, draft.one(node, "value")),
        "note": notes(draft, node),
    }
    time = draft.one(node, "effectiveTime")
    started = single(draft, time)
    died = False
    for _, child in nested(node):
        value = find(child, "value")
        if code_of(child) == _AGE and (age := quantity(draft, value)) and age.get("code"):
            draft.begun.add(child)
            draft.one(child, "code")
            draft.take(value)
            said["onsetAge"] = age
        elif templates(child) & _DEATH:
            draft.begun.add(child)
            draft.one(child, "code")
            said["contributedToDeath"] = died = True
            said["outcome"] = concept(draft, draft.take(value)) if value is not None else None
    if started and "onsetAge" not in said:
        said["onsetString"] = started
    return {**said, "died": died}


def _death(draft: Draft, person: Any, conditions: list[dict[str, Any]]) -> dict[str, Any]:
    time = moment(draft, draft.one(person, "sdtc:deceasedTime"))
    flag = draft.one(person, "sdtc:deceasedInd")
    if time:
        return {"deceasedDate": time.partition("T")[0]}
    if flag is not None and flag.get("value") in {"true", "false"}:
        return {"deceasedBoolean": flag.get("value") == "true"}
    return {"deceasedBoolean": True} if any(item["died"] for item in conditions) else {}
