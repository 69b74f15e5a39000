"""Problems (C-CDA on FHIR, "Problems"): each Problem Observation, wherever it stands, to Condition."""

from __future__ import annotations

from typing import Any, Final

from medshare.conversion.ccda.concept_maps import CONDITION_STATUS, PROBLEM_CATEGORY, PROBLEM_STATUS
from medshare.conversion.ccda.datatypes import absent, concept, concept_or_absent, quantity
from medshare.conversion.ccda.draft import Draft
from medshare.conversion.ccda.statements import (
    ROOT,
    category,
    code_of,
    common,
    is_negated,
    nested,
    nested_coded,
    recorder,
    subject,
)
from medshare.conversion.ccda.times import moment, single
from medshare.conversion.ccda.xml import find, templates

PROBLEM: Final = ROOT + "4"
_STATUS: Final = "33999-4"
_AGE: Final = "445518008"
_DIAGNOSED: Final = "77975-1"
_ENDED: Final = frozenset(("inactive", "remission", "resolved"))
_HEALTH_CONCERN: Final = "75310-3"
_DIAGNOSIS_SECTIONS: Final = frozenset(("46240-8", "11535-2", "46241-6"))
_ASSERTED: Final = "http://hl7.org/fhir/StructureDefinition/condition-assertedDate"


def concern(draft: Draft, node: Any, focus: str) -> str:
    """Add the Conditions of a Problem Concern Act, or of an act that wraps a diagnosis; the first is its main one."""
    del focus  # a condition is about the patient
    draft.begun.add(node)
    kind = "encounter-diagnosis" if code_of(node) in {"29308-4", *_DIAGNOSIS_SECTIONS} else ""
    added = [
        add_condition(draft, child, wrapper=node, kind=kind) for _, child in nested(node) if PROBLEM in templates(child)
    ]
    return added[0] if added else ""


def problem(draft: Draft, node: Any, focus: str) -> str:
    """Add the Condition of a Problem Observation that stands by itself."""
    del focus
    return add_condition(draft, node)


def add_condition(draft: Draft, node: Any, *, wrapper: Any = None, kind: str = "") -> str:
    """Add a Condition by the guide's table, and return its full URL.

    Args:
        draft: The document.
        node: The Problem Observation.
        wrapper: The act around it, of which the status counts when the observation has none.
        kind: Its category, when the act says so.
    """
    draft.begun.add(node)
    time = draft.one(node, "effectiveTime")
    status = _status(draft, node, wrapper)
    if find(time, "high") is not None and status not in _ENDED and _is_over(time):
        status = "inactive"  # FHIR R4, con-4
    value = draft.one(node, "value")
    return draft.add(
        {
            "resourceType": "Condition",
            **common(draft, node),
            "extension": _asserted(draft, node),
            "clinicalStatus": _coded("condition-clinical", status),
            "verificationStatus": _coded("condition-ver-status", "refuted") if is_negated(node) else None,
            "category": [*_category(draft, kind), concept(draft, draft.one(node, "code"))],
            "code": concept_or_absent(draft, value),
            "bodySite": [concept(draft, draft.one(node, "targetSiteCode"))],
            "subject": subject(draft),
            **_onset(draft, node, time),
            **_abatement(draft, time),
            **recorder(draft, node, wrapper),
            "evidence": _evidence(draft, node),
        },
        node,
    )


def _status(draft: Draft, node: Any, wrapper: Any) -> str:
    """Return the clinical status: of the status observation, else of the wrapper (ConceptMap CF-ProblemStatus)."""
    wrapped = draft.one(wrapper, "statusCode") if wrapper is not None else None
    draft.one(node, "statusCode")
    for observation in nested_coded(node, _STATUS):
        value = find(observation, "value")
        said = PROBLEM_STATUS.get("" if value is None else value.get("code", ""))
        if said:
            draft.begun.add(observation)
            draft.one(observation, "code")
            draft.take(value)
            return said
    return CONDITION_STATUS.get("" if wrapped is None else wrapped.get("code", ""), "active")


def _is_over(time: Any) -> bool:
    high = find(time, "high")
    return high is not None and (bool(high.get("value")) or high.get("nullFlavor") == "UNK")


def _category(draft: Draft, kind: str) -> list[dict[str, Any]]:
    """Return the category by the section (ConceptMap CF-ProblemCategory)."""
    if draft.section_code == _HEALTH_CONCERN:
        system = "http://hl7.org/fhir/us/core/CodeSystem/condition-category"
        return [{"coding": [{"system": system, "code": "health-concern"}]}]
    if not kind and draft.section_code in _DIAGNOSIS_SECTIONS:
        kind = "encounter-diagnosis"
    return category("condition-category", kind or PROBLEM_CATEGORY.get(draft.section_code, ""))


def _onset(draft: Draft, node: Any, time: Any) -> dict[str, Any]:
    """Return the onset: the time, else the age (only one of them may be there)."""
    start = moment(draft, find(time, "low")) or moment(draft, time)
    if start:
        return {"onsetDateTime": start}
    for observation in nested_coded(node, _AGE):
        value = find(observation, "value")
        age = quantity(draft, value)
        if age and age.get("code") in {"a", "mo", "wk", "d", "h", "min"}:
            draft.begun.add(observation)
            draft.one(observation, "code")
            draft.take(value)
            return {"onsetAge": age}
    return {}


def _abatement(draft: Draft, time: Any) -> dict[str, Any]:
    high = find(time, "high")
    end = moment(draft, high)
    if end:
        return {"abatementDateTime": end}
    return {"_abatementDateTime": absent(high)} if time is not None and _is_over(time) else {}


def _asserted(draft: Draft, node: Any) -> list[dict[str, Any]]:
    """Return the date of diagnosis as the extension condition-assertedDate."""
    found: list[dict[str, Any]] = []
    for act in nested_coded(node, _DIAGNOSED):
        said = single(draft, draft.one(act, "effectiveTime"))
        draft.begun.add(act)
        draft.one(act, "code")
        found += [{"url": _ASSERTED, "valueDateTime": said}] if said else []
    return found[:1]


def _evidence(draft: Draft, node: Any) -> list[dict[str, Any]]:
    """Return the observations that support a problem (SPRT), as Observations of their own."""
    found = [draft.nest(child, "") for _, child in nested(node, kind="SPRT") if child not in draft.begun]
    return [{"detail": [{"reference": url}]} for url in found if url]


def _coded(system: str, code: str) -> dict[str, Any]:
    return category(system, code)[0]
