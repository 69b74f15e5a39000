"""Allergies (C-CDA on FHIR, "Allergies"): each Allergy Intolerance Observation to AllergyIntolerance."""

from __future__ import annotations

from typing import Any, Final

from medshare.conversion.ccda.code_systems import SNOMED
from medshare.conversion.ccda.concept_maps import (
    ALLERGY_CATEGORY,
    ALLERGY_STATUS,
    ALLERGY_TYPE,
    CRITICALITY,
    NO_KNOWN_ALLERGY,
    SEVERITY,
)
from medshare.conversion.ccda.datatypes import concept, concept_or_absent
from medshare.conversion.ccda.draft import Draft
from medshare.conversion.ccda.statements import (
    ROOT,
    category,
    common,
    is_negated,
    nested,
    nested_coded,
    nested_with,
    recorder,
    subject,
)
from medshare.conversion.ccda.times import moment, single
from medshare.conversion.ccda.xml import find, templates

ALLERGY: Final = frozenset((ROOT + "7", "2.16.840.1.113883.10.20.24.3.90"))
_CONCERN_STATUS: Final = {"active": "active", "completed": "resolved", "suspended": "inactive", "aborted": "inactive"}
_ANY_SUBSTANCE: Final = "105590001"
"""Substance: allergic to none of these is having no known allergy."""
_ABATEMENT: Final = "http://hl7.org/fhir/StructureDefinition/allergyintolerance-abatement"
_RISK: Final = "http://hl7.org/fhir/StructureDefinition/allergyintolerance-substanceExposureRisk"
_RISK_SYSTEM: Final = "http://terminology.hl7.org/CodeSystem/allerg-intol-substance-exp-risk"


def concern(draft: Draft, node: Any, focus: str) -> str:
    """Add the AllergyIntolerances of an Allergy Concern Act; the first is its main one."""
    del focus  # an allergy is about the patient
    draft.begun.add(node)
    added = [_add(draft, child, wrapper=node) for _, child in nested(node) if templates(child) & ALLERGY]
    return added[0] if added else ""


def allergy(draft: Draft, node: Any, focus: str) -> str:
    """Add the AllergyIntolerance of an observation that stands by itself."""
    del focus
    return _add(draft, node)


def _add(draft: Draft, node: Any, *, wrapper: Any = None) -> str:
    draft.begun.add(node)
    value = draft.one(node, "value")
    kind = "" if value is None else value.get("code", "")
    time = draft.one(node, "effectiveTime")
    return draft.add(
        {
            "resourceType": "AllergyIntolerance",
            **common(draft, node),
            **_what(draft, node, value),
            "clinicalStatus": category("allergyintolerance-clinical", _status(draft, node, wrapper))[0],
            "type": ALLERGY_TYPE.get(kind),
            "category": [ALLERGY_CATEGORY.get(kind)],
            "criticality": _first_value(draft, node, CRITICALITY, "82606-5"),
            "patient": subject(draft),
            "onsetDateTime": moment(draft, find(time, "low")) or moment(draft, time),
            **recorder(draft, node, wrapper),
            "reaction": _reactions(draft, node),
        }
        | _ended(draft, node, time),
        node,
    )


def _what(draft: Draft, node: Any, value: Any) -> dict[str, Any]:
    """Return the substance, or that none is known.

    Negated with a substance: the extension substanceExposureRisk, `no-known-reaction-risk`. Negated without one:
    the code for no known allergy of this kind (ConceptMap CF-NoKnownAllergies).
    """
    entity = find(node, "participant/participantRole/playingEntity")
    code = draft.one(entity, "code")
    name = draft.one(entity, "name")
    substance = concept(draft, code)
    if is_negated(node) and code is not None and code.get("code") == _ANY_SUBSTANCE:
        substance = None
    if name is not None and draft.text_of(name):
        substance = {"text": draft.text_of(name), **(substance or {})}
    if not is_negated(node):
        return {"code": substance or _of_value(draft, value, code)}
    if substance:
        risk = {"coding": [{"system": _RISK_SYSTEM, "code": "no-known-reaction-risk"}]}
        parts = [
            {"url": "substance", "valueCodeableConcept": substance},
            {"url": "exposureRisk", "valueCodeableConcept": risk},
        ]
        return {"extension": [{"url": _RISK, "extension": parts}]}
    kind = "" if value is None else value.get("code", "")
    none = NO_KNOWN_ALLERGY.get(kind, NO_KNOWN_ALLERGY["419199007"])
    return {"code": {"coding": [{"system": SNOMED, "code": none}]}}


def _of_value(draft: Draft, value: Any, code: Any) -> dict[str, Any]:
    """Return the kind of the allergy where no substance is named: it is all that is known."""
    return concept(draft, value) or concept_or_absent(draft, code)


def _status(draft: Draft, node: Any, wrapper: Any) -> str:
    wrapped = draft.one(wrapper, "statusCode") if wrapper is not None else None
    draft.one(node, "statusCode")
    said = _first_value(draft, node, ALLERGY_STATUS, "33999-4")
    return said or _CONCERN_STATUS.get("" if wrapped is None else wrapped.get("code", ""), "active")


def _first_value(draft: Draft, node: Any, table: dict[str, str], code: str) -> str | None:
    """Return what the table makes of the value of the first nested observation with this code."""
    for observation in nested_coded(node, code):
        value = find(observation, "value")
        said = table.get("" if value is None else value.get("code", ""))
        if said:
            draft.begun.add(observation)
            draft.one(observation, "code")
            draft.take(value)
            return said
    return None


def _ended(draft: Draft, node: Any, time: Any) -> dict[str, Any]:
    """Return the end as an extension (FHIR R4 has no abatement of an allergy)."""
    end = moment(draft, find(time, "high"))
    if not end:
        return {}
    ended: list[dict[str, Any]] = [{"url": _ABATEMENT, "valueDateTime": end}]
    return {"extension": [*_what(draft, node, find(node, "value")).get("extension", []), *ended]}


def _reactions(draft: Draft, node: Any) -> list[dict[str, Any]]:
    """Return the reactions; a severity of the allergy itself counts for each that has none."""
    reactions = nested_with(node, "9")
    severity = _first_value(draft, node, SEVERITY, "SEV") if reactions else None
    found: list[dict[str, Any]] = []
    for reaction in reactions:
        draft.begun.add(reaction)
        draft.one(reaction, "code")
        draft.one(reaction, "text")
        manifestation = concept_or_absent(draft, draft.one(reaction, "value"))
        if "coding" not in manifestation and "text" not in manifestation:
            text = draft.text_of(find(reaction, "text"))
            manifestation = {"text": text} if text else manifestation
        found.append(
            {
                "manifestation": [manifestation],
                "onset": single(draft, draft.one(reaction, "effectiveTime")),
                "severity": _first_value(draft, reaction, SEVERITY, "SEV") or severity,
            }
        )
    return found
