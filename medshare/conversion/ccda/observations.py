"""Observations of every kind (C-CDA on FHIR, "Results" and "Social history"): Observation, by the type of the value.

What has no template of its own is said this way too, rather than dropped.
"""

from __future__ import annotations

from typing import Any, Final

from medshare.conversion.ccda.concept_maps import RESULT_STATUS
from medshare.conversion.ccda.datatypes import (
    absent,
    concept,
    concept_or_absent,
    concepts,
    number,
    quantity,
    range_or_quantity,
    ratio,
)
from medshare.conversion.ccda.draft import Draft
from medshare.conversion.ccda.people import fit
from medshare.conversion.ccda.specimens import specimen
from medshare.conversion.ccda.statements import authors, category, common, is_negated, performers, status, subject
from medshare.conversion.ccda.times import moment, period, time_of
from medshare.conversion.ccda.xml import find, find_all, type_of

CATEGORIES: Final = {
    "30954-2": "laboratory",
    "8716-3": "vital-signs",
    "29762-2": "social-history",
    "29545-1": "exam",
    "47420-5": "survey",
    "10190-7": "survey",
    "51848-0": "survey",
}
"""The category of an observation by the LOINC code of its section; the guide would ask a LOINC server."""

PERFORMERS: Final = ("Practitioner", "PractitionerRole", "Organization", "Patient", "RelatedPerson")
"""Who may have made an observation (FHIR R4, Observation.performer)."""
_INT_32: Final = 2**31
_CONCEPTS: Final = frozenset(("CD", "CE", "CV", "CO", "CS", "SC"))


def observation(draft: Draft, node: Any, focus: str) -> str:
    """Add an observation that nothing more special is said of."""
    return add_observation(draft, node, focus=focus, kind=CATEGORIES.get(draft.section_code, ""))


def add_observation(
    draft: Draft, node: Any, *, focus: str = "", kind: str = "", code: dict[str, Any] | None = None
) -> str:
    """Add an Observation and return its full URL.

    Args:
        draft: The document.
        node: The observation.
        focus: What it is about, when that is another resource than the patient.
        kind: Its category (observation-category).
        code: Its code, when the guide gives one.
    """
    return draft.add(
        {**body(draft, node, kind=kind, code=code), "focus": [{"reference": focus}] if focus else None}, node
    )


def body(draft: Draft, node: Any, *, kind: str = "", code: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return an observation as Observation, by the guide's table "C-CDA Observation to FHIR Observation"."""
    writers, earliest = authors(draft, node)
    said = {
        "resourceType": "Observation",
        **common(draft, node),
        "status": status(draft, node, RESULT_STATUS, "final"),
        "category": category("observation-category", kind),
        "code": code or concept_or_absent(draft, draft.one(node, "code")),
        "subject": subject(draft),
        **time_of(draft, draft.one(node, "effectiveTime"), "effective"),
        "performer": fit(draft, performers(draft, node) or writers, *PERFORMERS),
        **values(draft, node),
        "interpretation": concepts(draft, node, "interpretationCode"),
        "bodySite": concept(draft, draft.one(node, "targetSiteCode")),
        "method": concept(draft, draft.one(node, "methodCode")),
        "specimen": specimen(draft, find(node, "specimen")),
        "referenceRange": _ranges(draft, node),
    }
    if "effectiveDateTime" not in said and "effectivePeriod" not in said and earliest:
        said["effectiveDateTime"] = earliest
    return _negated(said) if is_negated(node) else said


def values(draft: Draft, node: Any) -> dict[str, Any]:
    """Return `value[x]`; of several values each is a component with the observation's own code."""
    found = [value(draft, item) for item in draft.all(node, "value")]
    said = [item for item in found if item]
    if not said:
        missing = find(node, "value")
        return {} if missing is None else {"dataAbsentReason": _reason(missing)}
    if len(said) == 1:
        return said[0]
    code = concept_or_absent(draft, find(node, "code"))
    return {"component": [{"code": code, **item} for item in said]}


def value(draft: Draft, node: Any) -> dict[str, Any]:
    """Return a value by its type (`xsi:type`); what fits no type of FHIR is its words."""
    kind = type_of(node)
    said: dict[str, Any] = {}
    if kind in {"PQ", "REAL"}:
        said = {"valueQuantity": quantity(draft, node)}
    elif kind in {"IVL_PQ", "IVL_INT", "IVL_REAL"}:
        said = {f"value{name}": found for name, found in range_or_quantity(draft, node).items()}
    elif kind in _CONCEPTS:
        said = {"valueCodeableConcept": concept(draft, node)}
    elif kind == "INT":
        said = _integer(node)
    elif kind == "BL":
        said = {"valueBoolean": node.get("value") == "true"} if node.get("value") else {}
    elif kind == "TS":
        said = {"valueDateTime": moment(draft, node)}
    elif kind == "IVL_TS":
        said = {"valuePeriod": period(draft, node)}
    elif kind.startswith("RTO"):
        said = {"valueRatio": ratio(draft, node)}
    said = {name: found for name, found in said.items() if found is not None}
    if said:
        return said
    text = draft.text_of(node) or " ".join(f"{node.get('value', '')} {node.get('unit', '')}".split())
    return {"valueString": text} if text else {}


def _integer(node: Any) -> dict[str, Any]:
    found = number(node.get("value"))
    if found is None or found.to_decimal() % 1 or abs(found.to_decimal()) >= _INT_32:
        return {}
    return {"valueInteger": int(found.to_decimal())}


def _reason(node: Any) -> dict[str, Any]:
    extension = absent(node)["extension"][0]
    return {
        "coding": [
            {"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": extension["valueCode"]}
        ]
    }


def _negated(said: dict[str, Any]) -> dict[str, Any]:
    """Return what a negated observation says: the thing it names is false; without a value, it was not made."""
    named = said.pop("valueCodeableConcept", None)
    if named:
        return {**said, "code": named, "valueBoolean": False}
    said = {name: found for name, found in said.items() if not name.startswith("value")}
    coding = {"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "not-performed"}
    return {**said, "status": "cancelled", "dataAbsentReason": {"coding": [coding]}}


def _ranges(draft: Draft, node: Any) -> list[dict[str, Any]]:
    """Return the reference ranges; of several only the normal one (guide, referenceRange)."""
    found = find_all(node, "referenceRange")
    if len(found) > 1:
        normal = [item for item in found if _interpretation(item) == "N"]
        found = normal or found
    return [said for item in found if (said := _range(draft, item))]


def _interpretation(node: Any) -> str:
    code = find(node, "observationRange/interpretationCode")
    return "" if code is None else str(code.get("code", ""))


def _range(draft: Draft, node: Any) -> dict[str, Any] | None:
    span = draft.one(node, "observationRange/value")
    if _interpretation(node) == "N":
        draft.one(node, "observationRange/interpretationCode")  # a range in FHIR is the normal one
    text = draft.text_of(draft.one(node, "observationRange/text"))
    low, high = (quantity(draft, find(span, name)) for name in ("low", "high"))
    if not text and span is not None and not low and not high:
        text = draft.text_of(span)
    if not text and not low and not high:
        return None
    return {"low": low, "high": high, "text": text or None}
