"""Plans and goals: what is intended, ordered or wished for.

The guide has no page for them (beyond intended immunisations, which are requests); FHIR R4's definitions of
ServiceRequest, Goal and DeviceRequest are followed.
"""

from __future__ import annotations

from typing import Any, Final

from medshare.conversion.ccda.concept_maps import GOAL_STATUS, REQUEST_INTENT, REQUEST_STATUS
from medshare.conversion.ccda.datatypes import concept, concept_or_absent, concepts
from medshare.conversion.ccda.draft import Draft
from medshare.conversion.ccda.observations import value
from medshare.conversion.ccda.people import reference
from medshare.conversion.ccda.procedures import place
from medshare.conversion.ccda.statements import (
    authors,
    common,
    first,
    is_negated,
    nested_with,
    performers,
    reasons,
    recorder,
    status,
    subject,
)
from medshare.conversion.ccda.times import moment, single, time_of
from medshare.conversion.ccda.xml import find

_PRIORITY: Final = {"A": "asap", "EM": "stat", "S": "stat", "UR": "urgent", "R": "routine"}
_TARGETS: Final = ("valueQuantity", "valueRange", "valueCodeableConcept", "valueString", "valueBoolean", "valueInteger")


def request(draft: Draft, node: Any, focus: str) -> str:
    """Add the ServiceRequest of a planned act, procedure or observation, of an instruction or a recommendation."""
    writers, authored = authors(draft, node)
    code = draft.one(node, "code")
    said = concept(draft, code)
    text = draft.text_of(find(node, "text"))
    if not said and text:
        said = {"text": text}
    priority = draft.one(node, "priorityCode")
    wanted = draft.one(node, "value")
    detail = concept(draft, wanted) if wanted is not None else None
    kind = "" if not focus else draft.resource(focus)["resourceType"]
    return draft.add(
        {
            "resourceType": "ServiceRequest",
            **common(draft, node),
            "status": status(draft, node, REQUEST_STATUS, "unknown"),
            "intent": REQUEST_INTENT.get(node.get("moodCode", ""), "plan"),
            "priority": _PRIORITY.get("" if priority is None else priority.get("code", "")),
            "doNotPerform": True if is_negated(node) else None,
            "code": said or concept_or_absent(draft, code),
            "orderDetail": [detail],
            "subject": subject(draft),
            **time_of(draft, draft.one(node, "effectiveTime"), "occurrence"),
            "authoredOn": authored,
            "requester": first(writers),
            "performer": performers(draft, node),
            "locationReference": [reference(place(draft, node))],
            "reasonCode": reasons(draft, node),
            "reasonReference": [reference(focus)] if kind in {"Condition", "Observation"} else None,
            "bodySite": concepts(draft, node, "targetSiteCode"),
        },
        node,
    )


def goal(draft: Draft, node: Any, focus: str) -> str:
    """Add the Goal of a Goal Observation: its code is the description, its value the target."""
    time = draft.one(node, "effectiveTime")
    code = draft.one(node, "code")
    text = draft.text_of(find(node, "text"))
    target = draft.one(node, "value")
    wanted = {} if target is None else value(draft, target)
    described = concept(draft, code)
    if "valueString" in wanted and not text:
        text = wanted["valueString"]
    start, end = moment(draft, find(time, "low")) or moment(draft, time), moment(draft, find(time, "high"))
    detail = {f"detail{name[5:]}": item for name, item in wanted.items() if name in _TARGETS}
    addressed = focus and draft.resource(focus)["resourceType"] in {"Condition", "Observation", "ServiceRequest"}
    return draft.add(
        {
            "resourceType": "Goal",
            **common(draft, node),
            "lifecycleStatus": status(draft, node, GOAL_STATUS, "active"),
            "description": {**(described or {}), "text": text or (described or {}).get("text") or "Goal"},
            "subject": subject(draft),
            "startDate": start.partition("T")[0] if start else None,
            "target": [
                {
                    "measure": (described or {"text": text or "Goal"}) if detail else None,
                    **detail,
                    "dueDate": end.partition("T")[0] if end else None,
                }
            ],
            "expressedBy": recorder(draft, node)["recorder"],
            "addresses": [{"reference": focus}] if addressed else None,
            "outcomeReference": [reference(url) for url in _progress(draft, node)],
        },
        node,
    )


def _progress(draft: Draft, node: Any) -> list[str]:
    """Return the Progress Toward Goal Observations of a goal."""
    return [draft.nest(child, "") for child in nested_with(node, "110") if child not in draft.begun]


def device_request(draft: Draft, node: Any, focus: str) -> str:
    """Add the DeviceRequest of a Planned Supply."""
    from medshare.conversion.ccda.supplies import supplied

    del focus
    writers, authored = authors(draft, node)
    said, url = supplied(draft, node)
    draft.one(node, "quantity")
    return draft.add(
        {
            "resourceType": "DeviceRequest",
            **common(draft, node),
            "status": status(draft, node, REQUEST_STATUS, "unknown"),
            "intent": REQUEST_INTENT.get(node.get("moodCode", ""), "plan"),
            **({"codeReference": {"reference": url}} if url else {"codeCodeableConcept": said}),
            "subject": subject(draft),
            "occurrenceDateTime": single(draft, draft.one(node, "effectiveTime")),
            "authoredOn": authored,
            "requester": first(writers),
        },
        node,
    )
