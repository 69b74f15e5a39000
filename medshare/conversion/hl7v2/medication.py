"""Vaccinations and prescriptions: RXA and RXR[Immunization]; RXO, RXE and RXR[MedicationRequest]."""

from __future__ import annotations

from typing import Final

from medshare.conversion.hl7v2 import vocabulary
from medshare.conversion.hl7v2.datatypes import (
    ALTERNATE_CODES,
    Element,
    concept,
    date_time,
    moment,
    numeral,
    positive_integer,
    table_coding,
    unit_of,
)
from medshare.conversion.hl7v2.engine import apply, put
from medshare.conversion.hl7v2.orders import new_order, read_quantity
from medshare.conversion.hl7v2.parties import location
from medshare.conversion.hl7v2.scene import Scene
from medshare.conversion.hl7v2.syntax import Segment

_NIP001: Final = "NIP001"
_NOT_RECORDED: Final = {"998", "999"}
"""RXA-6 of a vaccination whose amount nobody knows (CDC implementation guide for immunization messaging, RXA-6)."""


def take_administration(segment: Segment, scene: Scene) -> None:
    """RXA[Immunization]."""
    shot = scene.now.get("Immunization")
    if shot is None or "occurrenceString" not in shot:
        shot = new_order("Immunization", scene)
    _completion(segment, shot, scene)
    when = segment.first(3)
    if found := date_time(when, scene, ""):
        shot.pop("occurrenceString", None)
        shot["occurrenceDateTime"] = found
        when.mapped()
    code = shot.pop("vaccineCode")
    _dose(segment, shot, scene)
    for value in segment.values(9):
        if said := concept(value, scene, ""):
            if value.part(3).upper() == _NIP001 and "reportOrigin" not in shot and value.part(1) != "00":
                shot["reportOrigin"] = said
            else:
                shot.setdefault("note", []).append({"text": said.get("text") or said["coding"][0]["code"]})
            shot["primarySource"] = value.part(1) == "00" or shot.get("primarySource", False)
            value.mapped()
    place = segment.first(11)
    if place and (found_place := location(place, scene, "")):
        shot["location"] = found_place
        place.mapped()
    apply(segment, "Immunization", shot, scene)
    shot.setdefault("vaccineCode", code)
    end = segment.first(4)
    if end and end.part(1) == when.part(1):
        end.mapped()  # an injection takes no time: the same moment, said once
    scene.about = shot


def _completion(segment: Segment, shot: Element, scene: Scene) -> None:
    """CompletionStatus, and RXA-21 where it deletes."""
    done, action, entered = segment.first(20), segment.first(21), segment.first(22)
    target = vocabulary.look_up("CompletionStatus", done.part(1))
    if target:
        shot["status"] = target.code
    if done and (original := table_coding(scene, done.part(1), "HL70322")):
        extension = {"url": ALTERNATE_CODES, "valueCodeableConcept": {"coding": [original]}}
        shot.setdefault("_status", {"extension": []})["extension"].append(extension)
        done.mapped()
    if action:
        if action.part(1).upper() == "D":
            shot["status"] = "entered-in-error"
        action.mapped()
    if entered and (found := moment(entered, scene)):
        shot.setdefault("recorded", found.text())
        entered.mapped()


def _dose(segment: Segment, shot: Element, scene: Scene) -> None:
    amount, unit = segment.first(6), segment.first(7)
    number = numeral(amount.part(1))
    if amount.part(1) in _NOT_RECORDED:
        amount.mapped()
    elif number:
        shot["doseQuantity"] = {"value": number, **(unit_of(unit, scene) if unit else {})}
        amount.mapped()
        if unit:
            unit.mapped()


def take_route(segment: Segment, scene: Scene) -> None:
    """RXR[Immunization], RXR[MedicationRequest]: of the order before it."""
    kind = next((name for name in ("Immunization", "MedicationRequest") if name in scene.now), "")
    if kind:
        apply(segment, kind, scene.now[kind], scene)


def take_prescription(segment: Segment, scene: Scene) -> None:
    """RXO[MedicationRequest]; RXE by the same map, whose fields stand one later, before them the timing."""
    order = scene.now.get("MedicationRequest")
    if order is None:
        order = new_order("MedicationRequest", scene)
    encoded = segment.name == "RXE"
    first = 2 if encoded else 1
    if encoded:
        read_quantity(segment.first(1), order, scene)
    if segment.first(first):
        order.pop("medicationCodeableConcept", None)
    _amounts(segment, order, scene, first=first)
    if not order.get("dosageInstruction", [1])[0]:
        del order["dosageInstruction"]
    apply(segment, "MedicationRequest", order, scene)
    numbers = (10, 11, 12) if encoded else (11, 12, 13)
    _dispense(segment, order, scene, *numbers)
    strength, measure = (segment.first(number) for number in ((25, 26) if encoded else (18, 19)))
    if strength:
        unit = measure.part(2) or measure.part(1)
        words = f"strength: {strength.part(1)} {unit}".strip()
        put(order, "dosageInstruction[0].additionalInstruction[]", {"text": words})
        for value in (strength, measure):
            if value:
                value.mapped()
    scene.about = order


def _amounts(segment: Segment, order: Element, scene: Scene, *, first: int) -> None:
    """RXO-2 to 5, RXE-3 to 6: from, to, units, dosage form."""
    low, high, unit, form = (segment.first(first + step) for step in (1, 2, 3, 4))
    measure = unit_of(unit, scene) if unit else {}
    bounds = {
        name: {"value": number, **measure}
        for name, value in (("low", low), ("high", high))
        if (number := numeral(value.part(1)))
    }
    dosage: Element = order.setdefault("dosageInstruction", [{}])[0]
    if "high" in bounds:
        dosage["doseAndRate"] = [{"doseRange": bounds}]
    elif bounds:
        dosage["doseAndRate"] = [{"doseQuantity": bounds["low"]}]
    elif low and (text := low.whole()):
        dosage["text"] = " ".join(part for part in (text, measure.get("unit", "")) if part)
        low.mapped()
    for value, name in ((low, "low"), (high, "high")):
        if name in bounds:
            value.mapped()
    if unit and dosage:
        unit.mapped()
    if form and (said := concept(form, scene, "")):
        # R4 has a form on Medication only; beside the code it is said as what the order asks for.
        put(dosage, "additionalInstruction[]", said)
        form.mapped()


def _dispense(segment: Segment, order: Element, scene: Scene, amount: int, unit: int, refills: int) -> None:
    quantity, measure, repeats = (segment.first(number) for number in (amount, unit, refills))
    wanted: Element = {}
    if number := numeral(quantity.part(1)):
        wanted["quantity"] = {"value": number, **(unit_of(measure, scene) if measure else {})}
        quantity.mapped()
        if measure:
            measure.mapped()
    if repeats and repeats.part(1) == "0":
        wanted["numberOfRepeatsAllowed"] = 0
        repeats.mapped()
    elif times := positive_integer(repeats, scene, ""):
        wanted["numberOfRepeatsAllowed"] = times
        repeats.mapped()
    if wanted:
        order["dispenseRequest"] = wanted
