"""Medications (C-CDA on FHIR, "Medications"): Medication Activity to MedicationRequest, dispenses besides.

The guide has no consensus for histories of use; its ConceptMap CF-MedActivityMood makes of an event a request with
the intent `plan`, and so do we.
"""

from __future__ import annotations

from typing import Any, Final

from medshare.conversion.ccda.concept_maps import DISPENSE_STATUS, MEDICATION_MOOD, MEDICATION_STATUS
from medshare.conversion.ccda.datatypes import concept, concept_or_absent, number, quantity, range_or_quantity, ratio
from medshare.conversion.ccda.draft import Draft, words
from medshare.conversion.ccda.people import organization, performer, reference
from medshare.conversion.ccda.statements import (
    ROOT,
    authors,
    code_of,
    common,
    first,
    is_negated,
    nested,
    performers,
    reasons,
    status,
    subject,
)
from medshare.conversion.ccda.times import moment, single
from medshare.conversion.ccda.timing import timing
from medshare.conversion.ccda.xml import find, find_all, name_of, templates

_FREE_TEXT_SIG: Final = "76662-6"
_INSTRUCTION: Final = frozenset((ROOT + "20",))
_VEHICLE: Final = "412307009"
_SUPPLY_ORDER: Final = ROOT + "17"
_DISPENSE: Final = ROOT + "18"


def medication(draft: Draft, node: Any, focus: str) -> str:
    """Add the MedicationRequest of a substance administration, and a MedicationDispense for each dispense in it."""
    del focus  # a medication is about the patient
    writers, authored = authors(draft, node)
    others = performers(draft, node)
    mood = node.get("moodCode", "EVN")
    dosage, dispense = _dosage(draft, node), _dispense_request(draft, node)
    url = draft.add(
        {
            "resourceType": "MedicationRequest",
            **common(draft, node),
            "status": status(draft, node, MEDICATION_STATUS, "active" if mood == "INT" else "unknown"),
            "intent": MEDICATION_MOOD.get(mood, "order"),
            "doNotPerform": True if is_negated(node) else None,
            **_what(draft, node),
            "subject": subject(draft),
            "authoredOn": authored,
            "requester": first(writers or others),  # the guide's example has the performer here
            "performer": first(others) if writers else None,
            "reasonCode": reasons(draft, node),
            "dosageInstruction": [dosage],
            "dispenseRequest": dispense,
        },
        node,
    )
    for child in _supplies(node, _DISPENSE):
        add_dispense(draft, child, prescription=url)
    return url


def dispense(draft: Draft, node: Any, focus: str) -> str:
    """Add the MedicationDispense of a Medication Dispense (supply, EVN)."""
    return add_dispense(draft, node, prescription=focus)


def add_dispense(draft: Draft, node: Any, *, prescription: str) -> str:
    """Add a MedicationDispense. The guide says nothing of dispenses; FHIR's own mapping to HL7 v3 is followed."""
    draft.begun.add(node)
    request = draft.resource(prescription) if prescription else {}
    asked = prescription if request.get("resourceType") == "MedicationRequest" else ""
    said = _what(draft, node, required=False)
    if not said:
        taken = ("medicationCodeableConcept", "medicationReference")
        said = {name: request[name] for name in taken if name in request} or _what(draft, node)
    return draft.add(
        {
            "resourceType": "MedicationDispense",
            **common(draft, node),
            "status": status(draft, node, DISPENSE_STATUS, "unknown"),
            **said,
            "subject": subject(draft),
            "performer": [{"actor": actor} for actor in performers(draft, node)],
            "authorizingPrescription": [reference(asked)],
            "quantity": quantity(draft, draft.one(node, "quantity")),
            "whenHandedOver": single(draft, draft.one(node, "effectiveTime")),
        },
        node,
    )


def order(draft: Draft, node: Any, focus: str) -> str:
    """Add the MedicationRequest of a Medication Supply Order that stands by itself."""
    del focus
    writers, authored = authors(draft, node)
    return draft.add(
        {
            "resourceType": "MedicationRequest",
            **common(draft, node),
            "status": status(draft, node, MEDICATION_STATUS, "unknown"),
            "intent": "order",
            **_what(draft, node),
            "subject": subject(draft),
            "authoredOn": authored,
            "requester": first(writers),
            "dispenseRequest": _supply(draft, node),
        },
        node,
    )


def product(draft: Draft, node: Any) -> tuple[Any, Any, Any]:
    """Return the manufactured product, the code of its material and its manufacturer."""
    for path in ("consumable/manufacturedProduct", "product/manufacturedProduct"):
        made = find(node, path)
        if made is not None:
            material = find(made, "manufacturedMaterial")
            if material is None:
                material = find(made, "manufacturedLabeledDrug")
            return made, draft.one(material, "code"), find(made, "manufacturerOrganization")
    return None, None, None


def _what(draft: Draft, node: Any, *, required: bool = True) -> dict[str, Any]:
    """Return the medication: a code, or a Medication when form, manufacturer or vehicle are named too."""
    made, code, maker = product(draft, node)
    said = concept(draft, code)
    name = draft.one(made, "manufacturedMaterial/name")
    if not said and name is not None and words(name):
        said = {"text": words(name)}
    if not said and not required:
        return {}
    drug = said or concept_or_absent(draft, code)
    form = concept(draft, draft.one(node, "administrationUnitCode"))
    lot = draft.one(made, "manufacturedMaterial/lotNumberText")
    manufacturer = organization(draft, maker)
    vehicles = _vehicles(draft, node)
    if not form and not manufacturer and not vehicles and (lot is None or not words(lot)):
        return {"medicationCodeableConcept": drug}
    url = draft.share(
        {
            "resourceType": "Medication",
            "code": drug,
            "manufacturer": reference(manufacturer),
            "form": form,
            "ingredient": [{"itemCodeableConcept": vehicle, "isActive": False} for vehicle in vehicles],
            "batch": {"lotNumber": words(lot)} if lot is not None and words(lot) else None,
        }
    )
    return {"medicationReference": {"reference": url}}


def _vehicles(draft: Draft, node: Any) -> list[dict[str, Any]]:
    """Return the drug vehicles (participant CSM)."""
    found: list[dict[str, Any]] = []
    for item in find_all(node, "participant"):
        role = find(item, "participantRole")
        kind = find(role, "code")
        vehicle = concept(draft, find(role, "playingEntity/code"))
        if item.get("typeCode") == "CSM" and vehicle:
            draft.one(role, "playingEntity/code")
            name = draft.one(role, "playingEntity/name")
            if kind is not None and kind.get("code") == _VEHICLE:
                draft.take(kind)
            found.append({**vehicle, "text": (words(name) if name is not None else "") or vehicle["text"]})
    return found


def _dosage(draft: Draft, node: Any) -> dict[str, Any] | None:
    """Return the dosage by the guide's table."""
    texts = [draft.text_of(draft.one(node, "text"))] if not len(find_all(node, "text/reference")) else []
    additional: list[dict[str, Any]] = []
    for _, child in nested(node):
        if code_of(child) == _FREE_TEXT_SIG:
            draft.begun.add(child)
            draft.one(child, "code")
            texts.insert(0, draft.text_of(draft.one(child, "text")))
        elif templates(child) & _INSTRUCTION and name_of(child) == "act":
            said = concept(draft, find(child, "code"))
            words_of = draft.text_of(find(child, "text"))
            if said or words_of:
                draft.begun.add(child)
                draft.one(child, "code")
                draft.one(child, "text")
                additional.append({**(said or {}), **({"text": words_of} if words_of else {})})
    needed = find_all(node, "precondition")
    return {
        "text": next((text for text in texts if text), None),
        "additionalInstruction": additional,
        "timing": timing(draft, find_all(node, "effectiveTime")),
        **_as_needed(draft, needed),
        "site": concept(draft, draft.one(node, "approachSiteCode")),
        "route": concept(draft, draft.one(node, "routeCode")),
        "doseAndRate": [_amount(draft, node)],
        "maxDosePerPeriod": ratio(draft, draft.one(node, "maxDoseQuantity")),
    }


def _as_needed(draft: Draft, needed: list[Any]) -> dict[str, Any]:
    """Return as needed: for what, if that is coded, else that it is (rule "precondition")."""
    for item in needed:
        said = concept(draft, draft.one(item, "criterion/value"))
        draft.one(item, "criterion/code")
        draft.one(item, "criterion/text")
        if said:
            return {"asNeededCodeableConcept": said}
    return {"asNeededBoolean": True} if needed else {}


def _amount(draft: Draft, node: Any) -> dict[str, Any] | None:
    """Return dose and rate, each a Quantity or a Range."""
    said: dict[str, Any] = {}
    for path, name in (("doseQuantity", "dose"), ("rateQuantity", "rate")):
        amount = draft.one(node, path)
        if amount is not None:
            said |= {f"{name}{kind}": found for kind, found in range_or_quantity(draft, amount).items() if found}
    return said or None


def _supplies(node: Any, template_id: str) -> list[Any]:
    return [child for _, child in nested(node) if name_of(child) == "supply" and template_id in templates(child)]


def _dispense_request(draft: Draft, node: Any) -> dict[str, Any] | None:
    """Return the first supply order in a medication as its dispense request."""
    for child in _supplies(node, _SUPPLY_ORDER)[:1]:
        draft.begun.add(child)
        return _supply(draft, child)
    return None


def _supply(draft: Draft, node: Any) -> dict[str, Any] | None:
    """Return a supply order: repeats are one less than CDA's number of all dispenses (guide, Supply Order)."""
    span = draft.one(node, "effectiveTime")
    repeat = draft.one(node, "repeatNumber")
    repeats = None if repeat is None else number(repeat.get("value"))
    total = int(repeats.to_decimal()) if repeats and not repeats.to_decimal() % 1 else 0
    start, end = moment(draft, find(span, "low")), moment(draft, find(span, "high"))
    return {
        "validityPeriod": {"start": start, "end": end} if start or end else None,
        "numberOfRepeatsAllowed": total - 1 if 0 < total < 1000 else None,
        "quantity": quantity(draft, draft.one(node, "quantity")),
        "performer": _dispenser(draft, node),
    }


def _dispenser(draft: Draft, node: Any) -> dict[str, Any] | None:
    """Return the organization that is to dispense; FHIR allows no person here."""
    for item in find_all(node, "performer"):
        url = performer(draft, item)
        if url and draft.resource(url)["resourceType"] == "Organization":
            return {"reference": url}
    return None
