"""Social history (C-CDA on FHIR, "Social history"): smoking, pregnancy, birth sex and the rest."""

from __future__ import annotations

from typing import Any, Final

from medshare.conversion.ccda.code_systems import LOINC
from medshare.conversion.ccda.datatypes import coding, concept_or_absent
from medshare.conversion.ccda.draft import Draft
from medshare.conversion.ccda.observations import add_observation
from medshare.conversion.ccda.statements import nested_coded
from medshare.conversion.ccda.times import single
from medshare.conversion.ccda.xml import find, find_all

_US_CORE: Final = "http://hl7.org/fhir/us/core/StructureDefinition"
_NULL_FLAVOR: Final = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
_PREGNANCY: Final = {"coding": [{"system": LOINC, "code": "82810-3", "display": "Pregnancy status"}]}
_DELIVERY: Final = "11778-8"


def social(draft: Draft, node: Any, focus: str) -> str:
    """Add a Social History Observation, smoking status and tobacco use among them."""
    return add_observation(draft, node, focus=focus, kind="social-history")


def pregnancy(draft: Draft, node: Any, focus: str) -> str:
    """Add a pregnancy status: its code is 82810-3, unknown is a value, the expected delivery a component."""
    url = add_observation(draft, node, focus=focus, kind="social-history", code=_PREGNANCY)
    said = draft.resource(url)
    value = find(node, "value")
    if value is not None and value.get("nullFlavor") == "UNK":
        said.pop("dataAbsentReason", None)
        said["valueCodeableConcept"] = {"coding": [{"system": _NULL_FLAVOR, "code": "UNK"}]}
    if "effectivePeriod" in said:  # US Core takes one time: the first of value, low and high
        said["effectiveDateTime"] = single(draft, find(node, "effectiveTime"))
        del said["effectivePeriod"]
    for observation in nested_coded(node, _DELIVERY):
        due = single(draft, draft.one(observation, "value"))
        if due:
            draft.begun.add(observation)
            code = concept_or_absent(draft, draft.one(observation, "code"))
            said["component"] = [{"code": code, "valueDateTime": due}]
    return url


def birth_sex(draft: Draft, node: Any, focus: str) -> str:
    """Put the sex assigned at birth into the extension us-core-birthsex of the Patient; no Observation is made."""
    del focus
    value = draft.one(node, "value")
    code = "" if value is None else value.get("code") or value.get("nullFlavor", "")
    if code not in {"F", "M", "UNK", "OTH", "ASKU"}:
        draft.taken.discard(value)
        return ""
    for name in ("code", "effectiveTime"):
        draft.one(node, name)
    _extend(draft, {"url": f"{_US_CORE}/us-core-birthsex", "valueCode": code})
    return draft.patient


def gender_identity(draft: Draft, node: Any, focus: str) -> str:
    """Put the gender identity into the extension us-core-genderIdentity of the Patient; no Observation is made."""
    del focus
    draft.one(node, "code")
    draft.one(node, "effectiveTime")
    said = concept_or_absent(draft, draft.one(node, "value"))
    _extend(draft, {"url": f"{_US_CORE}/us-core-genderIdentity", "valueCodeableConcept": said})
    return draft.patient


def sex(draft: Draft, node: Any, focus: str) -> str:
    """Put the sex into the extension us-core-sex of the Patient when it is coded."""
    said = next((said for item in find_all(node, "value") if (said := coding(draft, item))), None)
    if not said or not said["system"]:
        return social(draft, node, focus)
    for name in ("code", "value", "effectiveTime"):
        draft.one(node, name)
    _extend(draft, {"url": f"{_US_CORE}/us-core-sex", "valueCode": said["code"]})
    return draft.patient


def _extend(draft: Draft, extension: dict[str, Any]) -> None:
    patient = draft.resource(draft.patient)
    known = patient.setdefault("extension", [])
    if extension not in known:
        known.append(extension)
