"""Orders, reports and specimens: ORC, OBR, TQ1, SPM."""

from __future__ import annotations

from typing import Final

from medshare.conversion.hl7v2 import vocabulary
from medshare.conversion.hl7v2.datatypes import (
    ALTERNATE_CODES,
    Element,
    address,
    composite_quantity,
    concept,
    contact_point,
    date_time,
    filler_identifier,
    moment,
    placer_identifier,
    table_coding,
    without_empty,
)
from medshare.conversion.hl7v2.engine import apply, put
from medshare.conversion.hl7v2.parties import addressed_organization, practitioner, practitioner_resource
from medshare.conversion.hl7v2.scene import Scene
from medshare.conversion.hl7v2.syntax import Segment, Value
from medshare.conversion.hl7v2.timing import repeat_pattern

_UNKNOWN_CODE: Final = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "unknown"}]
}
_CORE: Final = "http://hl7.org/fhir/StructureDefinition/"
_CALL_BACK: Final = _CORE + "servicerequest-order-callback-phone-number"
_ROLE: Final = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Specimen.role"
_PARTICIPANT: Final = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
ORDER_TYPES: Final = (
    "ServiceRequest",
    "MedicationRequest",
    "Immunization",
    "DiagnosticReport",
    "Specimen",
    "Observation",
)


def take_order(segment: Segment, scene: Scene) -> None:
    """Begin an order: ORC[ServiceRequest]; ORC[MedicationRequest] and ORC[Immunization] where those follow."""
    kind = order_kind(segment, scene)
    order = new_order(kind, scene)
    if kind == "Immunization":
        _immunization_order(segment, order, scene)
    else:
        _status(segment, kind, order, scene)
        if kind == "ServiceRequest":
            _requester(segment, order, scene, who=12, phone=14, place=24)
            _authored(segment, order, scene)
        read_quantity(segment.first(7), order, scene)
    if (secret := segment.first(28)) and label_as(order, secret.part(1)):
        secret.mapped()
    apply(segment, kind, order, scene)
    _entered(segment, order, scene)
    scene.about = order


def label_as(resource: Element, code: str) -> bool:
    """Put a confidentiality label on a resource, by ConfidentialityCode; intake obeys it."""
    target = vocabulary.look_up("ConfidentialityCode", code)
    if not target:
        return False
    label = {"system": target.system, "code": target.code}
    resource.setdefault("meta", {}).setdefault("security", []).append(label)
    return True


def order_kind(segment: Segment, scene: Scene) -> str:
    """Return the type of resource that an order is, by the segments up to the next one."""
    for later in scene.message.segments[segment.index + 1 :]:
        if later.name in {"RXO", "RXE"}:
            return "MedicationRequest"
        if later.name == "RXA":
            return "Immunization"
        if later.name in {"ORC", "OBR"}:
            break
    return "ServiceRequest"


def new_order(kind: str, scene: Scene) -> Element:
    """Add an order with what FHIR asks of one; fields put in the rest."""
    scene.forget(*ORDER_TYPES)
    subject, encounter = scene.refer("Patient"), scene.refer("Encounter")
    whom = {"patient" if kind == "Immunization" else "subject": subject} | (
        {"encounter": encounter} if encounter else {}
    )
    order: Element = {"resourceType": kind, "status": "unknown", **whom}
    if kind == "ServiceRequest":
        order["intent"] = "order"
    elif kind == "MedicationRequest":
        order |= {"intent": "order", "medicationCodeableConcept": dict(_UNKNOWN_CODE)}
    else:
        order |= {"status": "completed", "vaccineCode": dict(_UNKNOWN_CODE), "occurrenceString": "unknown"}
    return scene.add(order)


def _status(segment: Segment, kind: str, order: Element, scene: Scene) -> None:
    """ORC-5, and ORC-1 where there is none; both are kept as they stand (extension alternate-codes)."""
    control, status = segment.first(1), segment.first(5)
    by_control = vocabulary.look_up(f"OrderControlCode[{kind}.status]", control.part(1))
    by_status = vocabulary.look_up(
        "OrderStatus" if kind == "ServiceRequest" else f"OrderStatus[{kind}]", status.part(1)
    )
    target = by_status or by_control
    if target:
        order["status"] = target.code
    originals = [
        original
        for value, table in ((control, "HL70119"), (status, "HL70038"))
        if value and (original := table_coding(scene, value.part(1), table))
    ]
    if originals:
        concept_of = {"coding": originals}
        order["_status"] = {"extension": [{"url": ALTERNATE_CODES, "valueCodeableConcept": concept_of}]}
    for value in (control, status):
        if value:
            value.mapped()


def _requester(segment: Segment, order: Element, scene: Scene, *, who: int, phone: int, place: int) -> None:
    """ORC-12, 14, 21 to 24 and OBR-16, 17: the orderer, alone or as the role of an organization."""
    person = segment.first(who)
    homes = [(value, address(value, scene, "")) for value in segment.values(place)] if place else []
    found = practitioner_resource(person, scene, address=[home for _, home in homes if home])
    if found:
        for value, home in [(person, person), *homes]:
            if home:
                value.mapped()
        for value in segment.values(who):  # further orderers: the first requests, all of them are kept as identified
            if practitioner(value, scene, ""):
                value.mapped()
    unit = addressed_organization(segment, scene, 21, 22, 23) if segment.name == "ORC" else None
    if unit and "requester" not in order:
        members = without_empty(practitioner=found, organization=unit)
        order["requester"] = scene.share({"resourceType": "PractitionerRole", **members})
    elif found:
        order.setdefault("requester", found)
    for value in segment.values(phone):
        if call := contact_point(value, scene, "work"):
            put(order, "extension[]", {"url": _CALL_BACK, "valueContactPoint": call})
            value.mapped()


def _authored(segment: Segment, order: Element, scene: Scene) -> None:
    """ORC-9 for a new order; else when that happened, in a Provenance. ORC-15: when it takes effect."""
    when, effect = segment.first(9), segment.first(15)
    if when and segment.text(1).upper() == "NW" and (found := date_time(when, scene, "")):
        order["authoredOn"] = found
        when.mapped()
    if found := date_time(effect, scene, "") if effect else None:
        order["occurrenceDateTime"] = found
        effect.mapped()


def _entered(segment: Segment, order: Element, scene: Scene) -> None:
    """ORC[Provenance]: who entered, verified and ordered, for whom, and when."""
    agents: list[Element] = []
    for number, role in ((10, "enterer"), (11, "verifier"), (19, "author")):
        for value in segment.values(number):
            if who := practitioner(value, scene, ""):
                agents.append({"type": {"coding": [{"system": _PARTICIPANT, "code": role}]}, "who": who})
                value.mapped()
    unit = segment.first(17)
    if unit and (found := concept(unit, scene, "")):
        name = found.get("text") or found["coding"][0]["code"]
        agents.append({"who": scene.share({"resourceType": "Organization", "name": name})})
        unit.mapped()
    unit = segment.first(21)
    if order["resourceType"] != "ServiceRequest" and (company := addressed_organization(segment, scene, 21, 22, 23)):
        agents.append({"who": company})
    when, place = segment.first(9), segment.first(13)
    found_when = moment(when, scene) if when else None
    needed = when and when.place not in scene.message.trace.mapped
    if not agents and not needed and not place:
        return
    resource: Element = {
        "resourceType": "Provenance",
        "target": [scene.reference(order)],
        "agent": agents or [{"who": {"display": "HL7 v2 sender"}}],
    }
    if event := table_coding(scene, segment.text(1), "HL70119"):
        resource["activity"] = {"coding": [event]}
    if found_when:
        resource["occurredDateTime"] = found_when.text()
        when.mapped()
    if name := place.part(1) or place.part(9):
        resource["location"] = scene.share({"resourceType": "Location", "name": name, "mode": "instance"})
        place.mapped()
    if found_when and found_when.clock and found_when.zone:
        resource["recorded"] = found_when.text()
    else:
        absent = {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}
        resource["_recorded"] = {"extension": [absent]}
    scene.add(resource)


def _immunization_order(segment: Segment, order: Element, scene: Scene) -> None:
    control = segment.first(1)
    if found := table_coding(scene, control.part(1), "HL70119"):
        extension = {"url": ALTERNATE_CODES, "valueCodeableConcept": {"coding": [found]}}
        order["_status"] = {"extension": [extension]}
        control.mapped()


def take_observation_request(segment: Segment, scene: Scene) -> None:
    """OBR[ServiceRequest]; OBR[DiagnosticReport] where results are sent; OBR[Specimen] where it speaks of one."""
    order = scene.now.get("ServiceRequest")
    if order is None or "code" in order:
        order = new_order("ServiceRequest", scene)
    scene.forget("DiagnosticReport", "Observation", "Specimen")
    action = segment.first(11)
    if action:
        order["intent"] = {"G": "reflex-order", "A": "reflex-order"}.get(action.part(1).upper(), "order")
        action.mapped()
    if (priority := segment.first(5)) and _priority(priority, order):
        priority.mapped()
    _requester(segment, order, scene, who=16, phone=17, place=0)
    relevant = segment.first(13)
    if text := relevant.whole():
        order.setdefault("note", []).append({"text": text})
        relevant.mapped()
    for number, name in ((18, "placer-field-1"), (19, "placer-field-2")):
        for value in segment.values(number):
            member = {"system": vocabulary.local_uri(name, scene.authority), "value": value.whole()}
            order.setdefault("identifier", []).append(member)
            value.mapped()
    read_quantity(segment.first(27), order, scene)
    apply(segment, "ServiceRequest", order, scene)
    scene.about = order
    if scene.trigger[0] in {"ORU", "MDM"} or segment.first(25) or segment.first(22):
        _report(segment, order, scene)
    _specimen_of(segment, scene)


def read_quantity(timing: Value, order: Element, scene: Scene) -> None:
    """TQ[ServiceRequest], TQ[MedicationRequest], components 1 and 6: how much, and how soon."""
    if not timing:
        return
    amount = composite_quantity(timing.inside(1), scene, "") if timing.part(1) else None
    if amount and order["resourceType"] == "ServiceRequest":
        order.setdefault("quantityQuantity", amount)
        timing.mapped()
    if target := vocabulary.look_up("ExtendedPriorityCodes", timing.part(6)[:1]):
        order.setdefault("priority", target.code)
        timing.mapped()


def settle_times(scene: Scene) -> None:
    """Say when a service is wanted in one way: a date beside a timing is an event of the timing."""
    for resource in (entry["resource"] for entry in scene.entries):
        timing = resource.get("occurrenceTiming") if resource["resourceType"] == "ServiceRequest" else None
        if timing is not None and (day := resource.pop("occurrenceDateTime", None)):
            timing.setdefault("event", []).append(day)


def _priority(value: Value, order: Element) -> bool:
    target = vocabulary.look_up("ExtendedPriorityCodes", value.part(1))
    if target:
        order["priority"] = target.code
    else:
        put(order, "note[]", {"text": f"priority: {value.part(2) or value.part(1)}"})
    return True


def _report(segment: Segment, order: Element, scene: Scene) -> None:
    """OBR[DiagnosticReport]."""
    report: Element = {
        "resourceType": "DiagnosticReport",
        "basedOn": [scene.reference(order)],
        "status": "unknown",
        "subject": scene.refer("Patient"),
    }
    if encounter := scene.refer("Encounter"):
        report["encounter"] = encounter
    status = segment.first(25)
    if target := vocabulary.look_up("ResultStatus[Non-Queries]", status.part(1)):
        report["status"] = target.code
        status.mapped()
    elif status and (original := table_coding(scene, status.part(1), "HL70123")):
        extension = {"url": ALTERNATE_CODES, "valueCodeableConcept": {"coding": [original]}}
        report["_status"] = {"extension": [extension]}
        status.mapped()
    start, end = segment.first(7), segment.first(8)
    began = date_time(start, scene, "") if start else None
    ended = date_time(end, scene, "") if end else None
    if began and not ended:
        report["effectiveDateTime"] = began
    elif ended:
        report["effectivePeriod"] = without_empty(start=began, end=ended)
    for value, found in ((start, began), (end, ended)):
        if found:
            value.mapped()
    section = segment.first(24)
    if section and (category := table_coding(scene, section.part(1), "HL70074")):
        report["category"] = [{"coding": [category]}]
        section.mapped()
    for number, name in ((20, "filler-field-1"), (21, "filler-field-2")):
        for value in segment.values(number):
            member = {"system": vocabulary.local_uri(name, scene.authority), "value": value.whole()}
            report.setdefault("identifier", []).append(member)
            value.mapped()
    apply(segment, "DiagnosticReport", report, scene)
    report.setdefault("code", dict(_UNKNOWN_CODE))
    for value in segment.values(28):
        if who := practitioner(value, scene, ""):
            extension = {"url": _CORE + "event-performerFunction", "valueCodeableConcept": {"text": "result copies to"}}
            report.setdefault("performer", []).append({"extension": [extension], **who})
            value.mapped()
    scene.add(report)


def _specimen_of(segment: Segment, scene: Scene) -> None:
    """OBR-7 to 10, 14, 15 (until SPM came with v2.5)."""
    specimen: Element = {"resourceType": "Specimen", "subject": scene.refer("Patient")}
    source = segment.first(15)
    if source:
        inner = source.inside(1)
        found = concept(inner, scene, "") if source.sub(1, 2) else None
        specimen["type"] = found or without_empty(text=source.part(1))
        site = source.part(4)
        if site:
            specimen["collection"] = {"bodySite": {"text": site}}
        notes = [text for text in (source.part(2), source.part(3)) if text]
        if notes:
            specimen["note"] = [{"text": text} for text in notes]
        if not specimen["type"]:
            del specimen["type"]
        source.mapped()
    apply(segment, "Specimen", specimen, scene)
    if len(specimen) == 2:
        return
    scene.add(specimen)
    _tie_specimen(scene)


def take_specimen(segment: Segment, scene: Scene) -> None:
    """SPM[Specimen]."""
    specimen: Element = {"resourceType": "Specimen", "subject": scene.refer("Patient")}
    for value in segment.values(2):
        found = [part for part in (placer_identifier(value, scene, ""), filler_identifier(value, scene, "")) if part]
        if found:
            specimen.setdefault("identifier", []).extend(part for n, part in enumerate(found) if part not in found[:n])
            value.mapped()
    collected = segment.first(17)
    start, end = moment(collected, scene, 1), moment(collected, scene, 2)
    if start and end:
        specimen["collection"] = {"collectedPeriod": {"start": start.text(), "end": end.text()}}
    elif start:
        specimen["collection"] = {"collectedDateTime": start.text()}
    if start:
        collected.mapped()
    available = segment.first(20)
    if status := {"Y": "available", "N": "unavailable"}.get(available.part(1).upper()):
        specimen["status"] = status
        available.mapped()
    for value in segment.values(11):
        if role := concept(value, scene, ""):
            specimen.setdefault("extension", []).append({"url": _ROLE, "valueCodeableConcept": role})
            value.mapped()
    apply(segment, "Specimen", specimen, scene)
    scene.add(specimen)
    scene.about = specimen
    _tie_specimen(scene)


def _tie_specimen(scene: Scene) -> None:
    for kind in ("DiagnosticReport", "ServiceRequest"):
        if kind in scene.now:
            scene.now[kind].setdefault("specimen", []).append(scene.refer("Specimen"))


def take_timing(segment: Segment, scene: Scene) -> None:
    """TQ1[ServiceRequest], TQ1[MedicationRequest]."""
    kind = next((name for name in ("MedicationRequest", "ServiceRequest") if name in scene.now), "")
    if not kind:
        return
    order = scene.now[kind]
    pattern, priority = segment.first(3), segment.first(9)
    if pattern and (found := repeat_pattern(pattern, scene, "")):
        holder = order if kind == "ServiceRequest" else order.setdefault("dosageInstruction", [{}])[0]
        holder.setdefault("occurrenceTiming" if kind == "ServiceRequest" else "timing", {}).update(found)
        pattern.mapped()
    if priority and "priority" not in order and _priority(priority, order):
        priority.mapped()
    apply(segment, kind, order, scene)
