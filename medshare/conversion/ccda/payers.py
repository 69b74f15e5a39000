"""Payers: Coverage Activity and the Policy Activities in it to Coverage.

The guide has no page for them; FHIR R4's definition of Coverage is followed.
"""

from __future__ import annotations

from typing import Any, Final

from medshare.conversion.ccda.datatypes import concept, identifiers
from medshare.conversion.ccda.draft import Draft, words
from medshare.conversion.ccda.people import participant, related_person
from medshare.conversion.ccda.statements import ROOT, common, nested, status, subject
from medshare.conversion.ccda.times import period
from medshare.conversion.ccda.xml import find, find_all, templates

_POLICY: Final = ROOT + "61"
_STATUS: Final = {
    "active": "active",
    "completed": "active",
    "aborted": "cancelled",
    "cancelled": "cancelled",
    "nullified": "entered-in-error",
}


def coverage(draft: Draft, node: Any, focus: str) -> str:
    """Add a Coverage for each policy of a Coverage Activity; the first is its main one."""
    del focus
    added = [policy(draft, child, "") for _, child in nested(node) if _POLICY in templates(child)]
    draft.one(node, "code")
    draft.one(node, "id")
    return added[0] if added else ""


def policy(draft: Draft, node: Any, focus: str) -> str:
    """Add the Coverage of a Policy Activity: who pays, who is covered, as whom and for how long."""
    del focus
    draft.begun.add(node)
    payor, member, holder = "", None, ""
    span: dict[str, Any] | None = None
    relation: dict[str, Any] | None = None
    for item in find_all(node, "performer"):
        if ROOT + "87" in templates(item) or (not payor and ROOT + "88" not in templates(item)):
            payor = participant(draft, find(item, "assignedEntity"), person="assignedPerson")
    for item in find_all(node, "participant"):
        role = find(item, "participantRole")
        if item.get("typeCode") == "COV":
            member = next((found["value"] for found in identifiers(draft, role)), None)
            relation = concept(draft, draft.one(role, "code"))
            span = period(draft, draft.one(item, "time"))
        elif item.get("typeCode") == "HLD":
            holder = related_person(draft, role, person="playingEntity")
    said = common(draft, node)
    return draft.add(
        {
            "resourceType": "Coverage",
            "identifier": said["identifier"],
            "status": status(draft, node, _STATUS, "active"),
            "type": concept(draft, draft.one(node, "code")),
            "policyHolder": {"reference": holder} if holder else None,
            "subscriberId": member,
            "beneficiary": subject(draft),
            "relationship": relation,
            "period": span,
            "payor": [{"reference": _payor(draft, payor)} if payor else {"display": "not named"}],
            "class": [_plan(draft, child) for _, child in nested(node)],
        },
        node,
    )


def _payor(draft: Draft, url: str) -> str:
    """Return the Organization that pays: Coverage takes no person with a role."""
    found = draft.resource(url)
    if found["resourceType"] == "PractitionerRole" and "organization" in found:
        return str(found["organization"]["reference"])
    if found["resourceType"] == "Organization":
        return url
    return draft.share({"resourceType": "Organization", "identifier": found.get("identifier"), "name": "payer"})


def _plan(draft: Draft, node: Any) -> dict[str, Any] | None:
    """Return the plan of a policy (REFR, an act or an authorization): its words and its identifier."""
    text = draft.one(node, "text")
    known = identifiers(draft, node)
    name = words(text) if text is not None else ""
    if not known and not name:
        return None
    draft.begun.add(node)
    system = "http://terminology.hl7.org/CodeSystem/coverage-class"
    value = known[0]["value"] if known else name
    return {"type": {"coding": [{"system": system, "code": "plan"}]}, "value": value, "name": name or None}
