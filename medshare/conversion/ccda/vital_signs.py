"""Vital signs (C-CDA on FHIR, "Vitals"): an organizer to a panel, its observations to its members.

Blood pressure and pulse oximetry are one Observation with components, as the guide says.
"""

from __future__ import annotations

from typing import Any, Final

from medshare.conversion.ccda.code_systems import LOINC
from medshare.conversion.ccda.draft import Draft
from medshare.conversion.ccda.observations import add_observation, body
from medshare.conversion.ccda.results import add_panel
from medshare.conversion.ccda.statements import code_of, is_negated, nested
from medshare.conversion.ccda.xml import name_of

_KIND: Final = "vital-signs"
_PANEL: Final = ("85353-1", "Vital signs, weight, height, head circumference, oxygen saturation and BMI panel")
_SYSTOLIC: Final = "8480-6"
_DIASTOLIC: Final = "8462-4"
_BLOOD_PRESSURE: Final = ("85354-9", "Blood pressure panel with all children optional")
_SATURATION: Final = (
    ("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry"),
    ("2708-6", "Oxygen saturation in Arterial blood"),
)
_SATURATION_CODES: Final = tuple(code for code, _ in _SATURATION)
_OXYGEN: Final = ("3150-0", "3151-8")
_OF_COMPONENT: Final = ("code", "interpretation", "referenceRange", "dataAbsentReason")


def vital_signs(draft: Draft, node: Any, focus: str) -> str:
    """Add the panel of a Vital Signs Organizer and its members."""
    members = [child for _, child in nested(node) if name_of(child) == "observation"]
    by_code = {code_of(child): child for child in reversed(members) if not is_negated(child)}
    urls: list[str] = []
    for child in members:
        if child in draft.begun:
            continue
        code = code_of(child)
        if code in {_SYSTOLIC, _DIASTOLIC} and _SYSTOLIC in by_code and _DIASTOLIC in by_code:
            urls.append(_blood_pressure(draft, by_code[_SYSTOLIC], by_code[_DIASTOLIC]))
            del by_code[_SYSTOLIC], by_code[_DIASTOLIC]
        elif code in _SATURATION_CODES:
            urls.append(_saturation(draft, child, [by_code.pop(name) for name in _OXYGEN if name in by_code]))
        elif code in _OXYGEN and code in by_code and any(name in by_code for name in _SATURATION_CODES):
            continue  # a component of the saturation
        else:
            draft.begun.add(child)
            urls.append(add_observation(draft, child, kind=_KIND))
    return add_panel(draft, node, focus=focus, kind=_KIND, code=_coded(_PANEL), members=urls)


def vital_sign(draft: Draft, node: Any, focus: str) -> str:
    """Add a Vital Sign Observation that stands by itself."""
    return add_observation(draft, node, focus=focus, kind=_KIND)


def _blood_pressure(draft: Draft, systolic: Any, diastolic: Any) -> str:
    """Add one Observation with both pressures."""
    draft.begun |= {systolic, diastolic}
    upper, lower = body(draft, systolic, kind=_KIND), body(draft, diastolic, kind=_KIND)
    parts = {"component": [_component(upper), _component(lower)], "code": _coded(_BLOOD_PRESSURE)}
    return draft.add(_merged(upper, lower) | parts, systolic)


def _saturation(draft: Draft, node: Any, oxygen: list[Any]) -> str:
    """Add one Observation with both codes of the saturation, and the inhaled oxygen as components."""
    draft.begun |= {node, *oxygen}
    said = body(draft, node, kind=_KIND)
    inhaled = [body(draft, item, kind=_KIND) for item in oxygen]
    code = {
        "coding": [{"system": LOINC, "code": name, "display": display} for name, display in _SATURATION],
        "text": said["code"].get("text"),
    }
    return draft.add({**said, "code": code, "component": [_component(item) for item in inhaled]}, node)


def _component(said: dict[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in said.items() if name in _OF_COMPONENT or name.startswith("value")}


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return what two observations say beside their components; the identifiers and notes of both."""
    inside = _component(one).keys() | _component(other).keys()
    said = {name: item for name, item in {**other, **one}.items() if name not in inside}
    return {**said, "identifier": [*one["identifier"], *other["identifier"]], "note": [*one["note"], *other["note"]]}


def _coded(code: tuple[str, str]) -> dict[str, Any]:
    return {"coding": [{"system": LOINC, "code": code[0], "display": code[1]}]}
