"""Categories, actions and purposes of use as codes, and back.

A code of HL7 stands beside one of ours only where it permits no more than ours does, so that whoever knows HL7's
alone is never let further than the patient said:

- A sensitive category has the ActCode sensitivity that IHE PCF 1.1 lists for it (AdvancedSecurityTagVS), or the
  nearest one. An ordinary category has none: confidentiality `N` would be all of them.
- `read` is `access`, which is view-only, and `export` is `collect`, gathering for storage (consentaction 1.0.1).
  Writing, de-identified and aggregate use have no code there; `use` would open the identified record.
- A purpose is its v3-ActReason code, and stands for what it permits. HL7's parents hold all their children; ours hold
  no `NEVER_ADDED`. What a parent would add is named as an exception (`implied`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from medshare.consent.actions import Action
from medshare.consent.categories import CATEGORIES, SENSITIVE, Category
from medshare.consent.names import action_name, category_name
from medshare.consent.purposes import PURPOSES, bit, closure, codes_of, descendants, mask_of
from medshare.exchange.systems import (
    ACT_CODE,
    ACT_REASON,
    ACTION,
    CATEGORY,
    CONFIDENTIALITY,
    CONSENT_ACTION,
    Json,
    coding,
    concept,
)

SENSITIVITY: Final = {
    Category.MENTAL_HEALTH: "PSY",
    Category.SUBSTANCE_USE: "ETH",
    Category.SEXUAL_AND_REPRODUCTIVE_HEALTH: "SEX",
    Category.HIV: "HIV",
    Category.GENETICS: "GDIS",
    Category.VIOLENCE: "SDV",
}
"""The ActCode sensitivity of each sensitive category (v3-ActCode 11.0.0, InformationSensitivityPolicy)."""

NORMAL: Final = tuple(c for c in CATEGORIES if c not in SENSITIVE and c is not Category.UNLABELLED)
"""The categories of confidentiality N."""

RESTRICTED: Final = CATEGORIES
"""The categories of confidentiality R or lower: a mark of how high the water may stand (FHIR R4, securityLabel)."""

_BY_SENSITIVITY: Final = {code: category for category, code in SENSITIVITY.items()}
_CONFIDENTIALITY: Final = {"N": NORMAL, "R": RESTRICTED}
_HL7_ACTIONS: Final = {Action.READ: "access", Action.EXPORT: "collect"}
_BY_HL7_ACTION: Final = {"access": Action.READ, "use": Action.READ, "collect": Action.EXPORT}


def code_of(category: Category) -> str:
    """Return the code of a category or folder: its name as it is typed, `vital-signs`."""
    return category.name.lower().replace("_", "-")


_PERMITS: Final = {code: closure((code,)) for code in PURPOSES}
_BELOW: Final = {code: mask_of(descendants(code)) for code in PURPOSES}
_CATEGORIES: Final = {code_of(category): category for category in Category}
_ACTIONS: Final = {(action.name or "").lower(): action for action in Action}


def label(category: Category) -> Json:
    """Return the Coding of a category."""
    return coding(CATEGORY, code_of(category), category_name(category, "en"))


def labels(categories: Iterable[Category]) -> list[Json]:
    """Return the Codings of categories, each sensitive one with its ActCode beside."""
    found = []
    for category in categories:
        found.append(label(category))
        if category in SENSITIVITY:
            found.append(coding(ACT_CODE, SENSITIVITY[category]))
    return found


def labelled(system: str, code: str) -> tuple[Category, ...]:
    """Return the categories that a security label holds; none where MedShare has none for it."""
    if system == CATEGORY and code in _CATEGORIES:
        return (_CATEGORIES[code],)
    if system == ACT_CODE and code in _BY_SENSITIVITY:
        return (_BY_SENSITIVITY[code],)
    return _CONFIDENTIALITY.get(code, ()) if system == CONFIDENTIALITY else ()


def denied(system: str, code: str) -> tuple[Category, ...]:
    """Return the categories that a security label takes away; none where MedShare cannot tell.

    To deny R is to deny what is above N; to deny N would be to deny the less sensitive alone.
    """
    if system == CONFIDENTIALITY:
        return tuple(c for c in RESTRICTED if c not in NORMAL) if code == "R" else ()
    return labelled(system, code)


def actions(given: int) -> list[Json]:
    """Return a CodeableConcept for each action."""
    found = []
    for action in Action:
        if action & given:
            beside = [coding(CONSENT_ACTION, _HL7_ACTIONS[action])] if action in _HL7_ACTIONS else []
            own = coding(ACTION, (action.name or "").lower(), action_name(action, "en"))
            found.append(concept(own, *beside))
    return found


def acted(system: str, code: str) -> Action | None:
    """Return the action of a code; None where MedShare has none for it."""
    if system == ACTION:
        return _ACTIONS.get(code)
    return _BY_HL7_ACTION.get(code) if system == CONSENT_ACTION else None


def purposes(mask: int) -> list[Json]:
    """Return the Codings of the purposes of a mask; what a parent among them permits is left out."""
    codes = codes_of(mask)
    # No display: HL7's own names are long, and a validator compares them to the letter.
    return [coding(ACT_REASON, code) for code in codes if not _permitted_by_another(code, codes)]


def _permitted_by_another(code: str, codes: Iterable[str]) -> bool:
    return any(code != other and _PERMITS[other] >> bit(code) & 1 for other in codes)


def implied(mask: int) -> int:
    """Return the purposes that HL7's parents would add and the mask does not have; 0 for none."""
    below = 0
    for code in codes_of(mask):
        below |= _BELOW[code]
    return below & ~mask


def code_system() -> Json:
    """Return the CodeSystem of the 24 categories and 8 folders (FHIR R4, CodeSystem)."""
    return {
        "resourceType": "CodeSystem",
        "id": "medshare-category",
        "url": CATEGORY,
        "version": "1",
        "name": "MedShareCategory",
        "title": "Categories of a record in MedShare",
        "status": "active",
        "experimental": False,
        "publisher": "MedShare",
        "description": (
            "Every document of a record is in one category: the strictest that anything in it calls for. "
            "A folder is a set of documents that the patient picked by hand; its statement says which."
        ),
        "caseSensitive": True,
        "content": "complete",
        "property": [
            {"code": "number", "type": "integer", "description": "Its number in a statement."},
            {"code": "sensitive", "type": "boolean", "description": "Whether it stands alone in a consent."},
            {"code": "sensitivity", "type": "Coding", "description": "The HL7 sensitivity that it stands for."},
        ],
        "concept": [_entry(category) for category in Category],
    }


def _entry(category: Category) -> Json:
    properties: list[Json] = [
        {"code": "number", "valueInteger": int(category)},
        {"code": "sensitive", "valueBoolean": category in SENSITIVE},
    ]
    if category in SENSITIVITY:
        properties.append({"code": "sensitivity", "valueCoding": coding(ACT_CODE, SENSITIVITY[category])})
    return {
        "code": code_of(category),
        "display": category_name(category, "en"),
        "designation": [{"language": "zh-TW", "value": category_name(category, "zh-Hant")}],
        "property": properties,
    }
