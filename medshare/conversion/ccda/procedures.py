"""Procedures (C-CDA on FHIR, "Procedures"): Procedure Activity Procedure and Act to Procedure; other acts likewise."""

from __future__ import annotations

from typing import Any, Final

from medshare.conversion.ccda.concept_maps import PROCEDURE_STATUS
from medshare.conversion.ccda.datatypes import absent, concept, concept_or_absent, concepts, identifiers
from medshare.conversion.ccda.draft import Draft, words
from medshare.conversion.ccda.people import location, organization, reference
from medshare.conversion.ccda.specimens import specimen
from medshare.conversion.ccda.statements import (
    common,
    is_negated,
    performers,
    reasons,
    recorder,
    status,
    subject,
)
from medshare.conversion.ccda.times import time_of
from medshare.conversion.ccda.xml import find, find_all

_MOVED: Final = {"DEV", "PRD"}


def procedure(draft: Draft, node: Any, focus: str) -> str:
    """Add a Procedure by the guide's table. Acts that have no template of their own are said this way too."""
    time = draft.one(node, "effectiveTime")
    performed = time_of(draft, time, "performed")
    state = "not-done" if is_negated(node) else status(draft, node, PROCEDURE_STATUS, "unknown")
    draft.one(node, "statusCode")
    for sample in find_all(node, "specimen"):
        specimen(draft, sample)  # FHIR R4 has no place for it in Procedure, so it stands by itself
    return draft.add(
        {
            "resourceType": "Procedure",
            **common(draft, node),
            "status": state,
            "code": _code(draft, node),
            "subject": subject(draft),
            **(performed or {"_performedDateTime": absent(time)}),
            "recorder": recorder(draft, node)["recorder"],
            "performer": [{"actor": actor} for actor in performers(draft, node)],
            "location": reference(place(draft, node)),
            "reasonCode": reasons(draft, node),
            "reasonReference": [reference(focus)] if _may_be_reason(draft, focus) else None,
            "bodySite": concepts(draft, node, "targetSiteCode"),
            "focalDevice": [{"manipulated": {"reference": url}} for url in devices(draft, node)],
        },
        node,
    )


def _code(draft: Draft, node: Any) -> dict[str, Any]:
    """Return the code; of an act that has only words, these."""
    code = draft.one(node, "code")
    said = concept(draft, code)
    if said:
        return said
    text = draft.text_of(draft.one(node, "text"))
    return {"text": text} if text else concept_or_absent(draft, code)


def _may_be_reason(draft: Draft, focus: str) -> bool:
    """Whether a Procedure may name this as its reason (FHIR R4, Procedure.reasonReference)."""
    return bool(focus) and draft.resource(focus)["resourceType"] in {"Condition", "Observation", "Procedure"}


def place(draft: Draft, node: Any) -> str:
    """Return the full URL of the place of a statement (participant LOC)."""
    for item in find_all(node, "participant"):
        if item.get("typeCode") == "LOC":
            url = location(draft, find(item, "participantRole"))
            if url:
                return url
    return ""


def devices(draft: Draft, node: Any) -> list[str]:
    """Return the full URLs of the devices that take part in a statement (Product Instance)."""
    found = (
        device(draft, find(item, "participantRole"))
        for item in find_all(node, "participant")
        if item.get("typeCode") in _MOVED
    )
    return [url for url in found if url]


def device(draft: Draft, role: Any) -> str:
    """Add the Device of a Product Instance (a participantRole): its identifiers, kind, model and maker."""
    if role is None:
        return ""
    entity = find(role, "playingDevice")
    model = draft.one(entity, "manufacturerModelName")
    known = identifiers(draft, role)
    said = {
        "identifier": known,
        "udiCarrier": [_udi(item) for item in find_all(role, "id")],
        "deviceName": [{"name": words(model), "type": "model-name"}] if model is not None and words(model) else None,
        "type": concept(draft, draft.one(entity, "code")),
        "owner": reference(organization(draft, find(role, "scopingEntity"))),
    }
    if not any((known, said["deviceName"], said["type"])):
        return ""
    return draft.add({"resourceType": "Device", **said, "patient": subject(draft)}, role)


def _udi(node: Any) -> dict[str, Any] | None:
    """Return an identifier of the FDA's UDI system as UDI carrier; it is the human-readable form."""
    if node.get("root") != "2.16.840.1.113883.3.3719" or not node.get("extension"):
        return None
    return {"carrierHRF": node.get("extension").strip()}
