"""Immunisations (C-CDA on FHIR, "Immunizations"): Immunization Activity, EVN, to Immunization.

Planned ones are requests.
"""

from __future__ import annotations

from typing import Any, Final

from medshare.conversion.ccda.concept_maps import IMMUNIZATION_STATUS
from medshare.conversion.ccda.datatypes import DATA_ABSENT_REASON, absent, concept, concept_or_absent, quantity
from medshare.conversion.ccda.draft import Draft, words
from medshare.conversion.ccda.medications import medication, product
from medshare.conversion.ccda.observations import PERFORMERS
from medshare.conversion.ccda.people import fit, organization, reference
from medshare.conversion.ccda.statements import (
    ROOT,
    authors,
    category,
    common,
    is_negated,
    nested,
    performers,
    reasons,
    status,
    subject,
)
from medshare.conversion.ccda.times import single
from medshare.conversion.ccda.xml import find, templates

_REFUSAL: Final = ROOT + "53"
_REACTION: Final = ROOT + "9"
_REFUSAL_CODES: Final = frozenset(
    ("IMMUNE", "MEDPREC", "OSTOCK", "PATOBJ", "PHILISOP", "RELIG", "VACEFF", "VACSAF", "PATREF", "FINANCIAL", "PARREF")
)  # FHIR value set "No Immunization Reason"


def immunization(draft: Draft, node: Any, focus: str) -> str:
    """Add an Immunization by the guide's table; of an intended one a MedicationRequest."""
    if node.get("moodCode", "EVN") != "EVN":
        return medication(draft, node, focus)
    _, recorded = authors(draft, node)
    made, code, maker = product(draft, node)
    lot = draft.one(made, "manufacturedMaterial/lotNumberText")
    state = "not-done" if is_negated(node) else status(draft, node, IMMUNIZATION_STATUS, "completed")
    draft.one(node, "statusCode")
    time = draft.one(node, "effectiveTime")
    occurred = single(draft, time)
    return draft.add(
        {
            "resourceType": "Immunization",
            **common(draft, node),
            "status": state,
            "statusReason": _refusal(draft, node),
            "vaccineCode": concept_or_absent(draft, code),
            "patient": subject(draft),
            **({"occurrenceDateTime": occurred} if occurred else {"occurrenceString": _unknown(time)}),
            "recorded": recorded,
            "_primarySource": {"extension": [{"url": DATA_ABSENT_REASON, "valueCode": "unsupported"}]},
            "manufacturer": reference(organization(draft, maker)),
            "lotNumber": words(lot) if lot is not None else None,
            "site": concept(draft, draft.one(node, "approachSiteCode")),
            "route": concept(draft, draft.one(node, "routeCode")),
            "doseQuantity": quantity(draft, draft.one(node, "doseQuantity")),
            "performer": [
                {"function": category("v2-0443", "AP")[0], "actor": actor}
                for actor in fit(draft, performers(draft, node), *PERFORMERS[:3])
            ],
            "reasonCode": reasons(draft, node),
            "reaction": _reactions(draft, node),
            "protocolApplied": [_protocol(draft, node)],
        },
        node,
    )


def _unknown(time: Any) -> str:
    """Return why there is no time, as words: FHIR wants an occurrence, and our models one with a value."""
    return str(absent(time)["extension"][0]["valueCode"])


def _refusal(draft: Draft, node: Any) -> dict[str, Any] | None:
    """Return why it was not given: the code of the RSON observation that is a refusal reason."""
    for _, child in nested(node, kind="RSON"):
        code = find(child, "code")
        if _REFUSAL in templates(child) or (code is not None and code.get("code") in _REFUSAL_CODES):
            draft.begun.add(child)
            draft.take(code)
            return concept(draft, code)
    return None


def _reactions(draft: Draft, node: Any) -> list[dict[str, Any]]:
    """Return the reactions, each detailed by an Observation (guide, Reaction)."""
    found: list[dict[str, Any]] = []
    for _, child in nested(node):
        if _REACTION in templates(child):
            time = single(draft, find(child, "effectiveTime"))
            url = draft.nest(child, "")
            found += [{"date": time, "detail": {"reference": url}}] if url else []
    return found


def _protocol(draft: Draft, node: Any) -> dict[str, Any] | None:
    """Return the number of the dose (repeatNumber)."""
    repeat = draft.one(node, "repeatNumber")
    value = "" if repeat is None else repeat.get("value", "")
    return {"doseNumberPositiveInt": int(value)} if value.isdecimal() and int(value[:9]) > 0 else None
