"""Which rule a clinical statement is mapped by: by its template, else by its class and mood."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from medshare.conversion.ccda import (
    allergies,
    care_team,
    encounters,
    family_history,
    immunizations,
    medications,
    notes,
    observations,
    payers,
    plans,
    problems,
    procedures,
    results,
    social_history,
    supplies,
    vital_signs,
)
from medshare.conversion.ccda.draft import Draft
from medshare.conversion.ccda.statements import ROOT, nested, nested_with
from medshare.conversion.ccda.xml import find, name_of, templates

Rule: TypeAlias = Callable[[Draft, Any, str], str]
"""Adds what a statement says to a draft and returns the full URL of the main resource; nothing if nothing is said.

The last argument is the full URL of what the statement stands in, or nothing.
"""

_PLANNED: Final = frozenset(("INT", "ARQ", "PRMS", "PRP", "RQO", "APT"))

_BY_TEMPLATE: Final[dict[str, Rule]] = {
    ROOT + number: rule
    for rule, numbers in {
        problems.concern: ("3", "33", "34", "51", "65", "80"),
        problems.problem: ("4",),
        allergies.concern: ("30",),
        allergies.allergy: ("7",),
        medications.medication: ("16", "42"),
        immunizations.immunization: ("52", "120"),
        results.report: ("1",),
        vital_signs.vital_signs: ("26",),
        vital_signs.vital_sign: ("27",),
        encounters.encounter: ("49", "40"),
        social_history.social: ("38", "78", "85"),
        social_history.birth_sex: ("200",),
        social_history.gender_identity: ("45.1", "503.1"),
        social_history.sex: ("507",),
        family_history.family: ("45",),
        plans.goal: ("121",),
        payers.coverage: ("60",),
        payers.policy: ("61",),
        notes.note: ("202",),
        care_team.care_team: ("500",),
        supplies.supply: ("17", "18", "50"),
        plans.device_request: ("43",),
    }.items()
    for number in numbers
} | {
    "2.16.840.1.113883.10.20.15.3.8": social_history.pregnancy,
    "2.16.840.1.113883.10.20.34.3.45": social_history.gender_identity,
    "2.16.840.1.113883.10.20.24.3.90": allergies.allergy,
}
_MEDICATION_WRAPPERS: Final = ("35", "36")
"""Discharge Medication and Admission Medication: acts that say only when a medication counts."""

_BY_CLASS: Final[dict[str, Rule]] = {
    "observation": observations.observation,
    "organizer": results.panel,
    "procedure": procedures.procedure,
    "act": procedures.procedure,
    "encounter": encounters.encounter,
    "substanceAdministration": medications.medication,
    "supply": supplies.supply,
}


def convert_statement(draft: Draft, node: Any, focus: str = "") -> str:
    """Add what a clinical statement and all that is nested in it says; return the URL of its main resource."""
    if node in draft.begun:
        return ""
    draft.begun.add(node)
    url = _rule(node)(draft, node, focus)
    main = url
    for _, child in nested(node):
        found = convert_statement(draft, child, url or focus) if child not in draft.begun else ""
        main = main or found
    _nested_in_begun(draft, node, url or focus)
    return main


def _nested_in_begun(draft: Draft, node: Any, focus: str) -> None:
    """Convert what is nested in statements that a rule already used as parts of its own."""
    for _, child in nested(node):
        for _, grandchild in nested(child):
            if grandchild not in draft.begun:
                convert_statement(draft, grandchild, focus)
        _nested_in_begun(draft, child, focus)


def _rule(node: Any) -> Rule:
    for claimed in sorted(templates(node)):
        if claimed in _BY_TEMPLATE:
            return _BY_TEMPLATE[claimed]
    kind = name_of(node)
    if nested_with(node, "16") and _is_wrapper(node):
        return _nothing
    if kind == "act" and nested_with(node, "4") and _says_nothing(node):
        return problems.concern
    if node.get("moodCode") == "GOL":
        return plans.goal
    if node.get("moodCode") in _PLANNED and kind in {"observation", "act", "procedure"}:
        return plans.request
    if kind == "act" and _is_reference(node):
        return _nothing
    return _BY_CLASS[kind]


def _is_wrapper(node: Any) -> bool:
    return bool(templates(node) & {ROOT + number for number in _MEDICATION_WRAPPERS})


def _says_nothing(node: Any) -> bool:
    """Whether the code of an act is only that it is a concern."""
    code = find(node, "code")
    return code is None or code.get("code") in {None, "CONC"}


def _is_reference(node: Any) -> bool:
    """Whether an act is an Entry Reference: an identifier of another entry, no code."""
    code = find(node, "code")
    return ROOT + "122" in templates(node) or (code is not None and bool(code.get("nullFlavor")) and not len(code))


def _nothing(draft: Draft, node: Any, focus: str) -> str:
    """Say nothing for the act itself: what is nested in it says everything."""
    del draft, node, focus
    return ""
