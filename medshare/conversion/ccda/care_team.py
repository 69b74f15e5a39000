"""Care teams: Care Team Organizer to CareTeam.

The guide has no page for it; FHIR R4's definition of CareTeam is followed.
"""

from __future__ import annotations

from typing import Any

from medshare.conversion.ccda.datatypes import concept
from medshare.conversion.ccda.draft import Draft
from medshare.conversion.ccda.people import performer, related_person
from medshare.conversion.ccda.statements import common, nested, subject
from medshare.conversion.ccda.times import period
from medshare.conversion.ccda.xml import find, find_all, name_of

_STATUS = {"active": "active", "completed": "inactive", "suspended": "suspended", "aborted": "inactive"}


def care_team(draft: Draft, node: Any, focus: str) -> str:
    """Add the CareTeam of an organizer, each Care Team Member Act a participant."""
    del focus
    state = draft.one(node, "statusCode")
    members: list[dict[str, Any]] = []
    for _, child in nested(node):
        if name_of(child) == "act" and find(child, "performer") is not None:
            members += _members(draft, child)
    said = common(draft, node)
    return draft.add(
        {
            "resourceType": "CareTeam",
            "identifier": said["identifier"],
            "status": _STATUS.get("" if state is None else state.get("code", "")),
            "category": [concept(draft, draft.one(node, "code"))],
            "subject": subject(draft),
            "period": period(draft, draft.one(node, "effectiveTime")),
            "participant": members,
            "note": said["note"],
        },
        node,
    )


def _members(draft: Draft, node: Any) -> list[dict[str, Any]]:
    """Return the people of a member act, each with a function."""
    draft.begun.add(node)
    for name in ("id", "code", "statusCode"):
        draft.one(node, name)
    span = period(draft, draft.one(node, "effectiveTime"))
    found: list[dict[str, Any]] = []
    for item in find_all(node, "performer"):
        url = performer(draft, item) or related_person(draft, find(item, "assignedEntity"), person="assignedPerson")
        if url and draft.resource(url)["resourceType"] != "Device":
            role = concept(draft, draft.one(item, "sdtc:functionCode"))
            found.append({"role": [role], "member": {"reference": url}, "period": span})
    return found
