"""Results (C-CDA on FHIR, "Results"): Result Organizer to DiagnosticReport, its observations to Observations."""

from __future__ import annotations

from typing import Any

from medshare.conversion.ccda.concept_maps import RESULT_STATUS
from medshare.conversion.ccda.datatypes import concept_or_absent
from medshare.conversion.ccda.draft import Draft
from medshare.conversion.ccda.observations import CATEGORIES, PERFORMERS, add_observation
from medshare.conversion.ccda.people import fit, references
from medshare.conversion.ccda.specimens import specimen
from medshare.conversion.ccda.statements import (
    authors,
    category,
    code_of,
    common,
    nested,
    performers,
    status,
    subject,
)
from medshare.conversion.ccda.times import time_of
from medshare.conversion.ccda.xml import find, find_all, name_of

_COLLECTION = "17636008"


def report(draft: Draft, node: Any, focus: str) -> str:
    """Add the DiagnosticReport of a Result Organizer and the Observations in it."""
    del focus
    members = list(nested(node))
    collected = next((child for _, child in members if code_of(child) == _COLLECTION), None)
    if collected is not None:
        draft.begun.add(collected)
        draft.one(collected, "code")
    sample = specimen(draft, find(node, "specimen"), collected)
    results: list[str] = []
    for _, child in members:
        if name_of(child) == "observation" and child not in draft.begun:
            draft.begun.add(child)
            results.append(add_observation(draft, child, kind="laboratory"))
            if sample and "specimen" not in draft.resource(results[-1]):
                draft.resource(results[-1])["specimen"] = sample
    writers, _ = authors(draft, node)
    said = common(draft, node)
    url = draft.add(
        {
            "resourceType": "DiagnosticReport",
            "identifier": said["identifier"],
            "status": status(draft, node, RESULT_STATUS, "final"),
            "category": category("v2-0074", "LAB"),
            "code": concept_or_absent(draft, draft.one(node, "code")),
            "subject": subject(draft),
            **_time(draft, node),
            "performer": fit(draft, performers(draft, node) or writers, *PERFORMERS[:3]),
            "specimen": [sample],
            "result": references(results),
        },
        node,
    )
    for note in said["note"]:
        draft.resource(url)["conclusion"] = note["text"]
    return url


def panel(draft: Draft, node: Any, focus: str) -> str:
    """Add an Observation that has those in an organizer as its members: functional status, mental status and others."""
    return add_panel(draft, node, focus=focus, kind=CATEGORIES.get(draft.section_code, ""))


def add_panel(
    draft: Draft, node: Any, *, focus: str = "", kind: str = "", code: dict[str, Any] | None = None, members: Any = None
) -> str:
    """Add the Observation of an organizer, and what stands in it."""
    urls = [draft.nest(child, "") for _, child in nested(node)] if members is None else members
    found = [url for url in urls if url and draft.resource(url)["resourceType"] == "Observation"]
    writers, _ = authors(draft, node)
    return draft.add(
        {
            "resourceType": "Observation",
            **common(draft, node),
            "status": status(draft, node, RESULT_STATUS, "final"),
            "category": category("observation-category", kind),
            "code": _both(code, concept_or_absent(draft, draft.one(node, "code"))),
            "subject": subject(draft),
            "focus": [{"reference": focus}] if focus else None,
            **_time(draft, node),
            "performer": fit(draft, performers(draft, node) or writers, *PERFORMERS),
            "hasMember": references(found),
        },
        node,
    )


def _both(fixed: dict[str, Any] | None, own: dict[str, Any]) -> dict[str, Any]:
    """Return the code that the guide fixes, and after it the organizer's own."""
    if fixed is None:
        return own
    codings = fixed["coding"]
    known = {item["code"] for item in codings}
    return {**fixed, "coding": [*codings, *(item for item in own.get("coding", []) if item["code"] not in known)]}


def _time(draft: Draft, node: Any) -> dict[str, Any]:
    """Return the time of an organizer, else from the first to the last of its observations (guide, effectiveTime)."""
    said = time_of(draft, draft.one(node, "effectiveTime"), "effective")
    if said:
        return said
    times: list[str] = []
    for observation in find_all(node, "component/observation"):
        found = time_of(draft, find(observation, "effectiveTime"), "effective")
        span = found.get("effectivePeriod", {})
        times += [time for time in (found.get("effectiveDateTime"), span.get("start"), span.get("end")) if time]
    if not times:
        return {}
    first, last = min(times), max(times)
    if first == last:
        return {"effectiveDateTime": first}
    return {"effectivePeriod": {"start": first, "end": last}}
