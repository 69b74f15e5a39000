"""The visit and what it found: PV1, PV2, DG1, PR1, AL1, IAM, and who took part: ROL, PRT."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from medshare.conversion.hl7v2 import vocabulary
from medshare.conversion.hl7v2.datatypes import (
    Element,
    address,
    concept,
    moment,
    numeral,
    table_coding,
    without_empty,
    worded_codings,
)
from medshare.conversion.hl7v2.engine import apply
from medshare.conversion.hl7v2.orders import label_as
from medshare.conversion.hl7v2.parties import location, organization, practitioner_resource
from medshare.conversion.hl7v2.scene import Scene
from medshare.conversion.hl7v2.syntax import Segment, Value
from medshare.conversion.hl7v2.times import Moment
from medshare.intake import Numeral

_CORE: Final = "http://hl7.org/fhir/StructureDefinition/"
_UNKNOWN_CLASS: Final = {"system": "http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "code": "UNK"}
_PLACES: Final = ((3, "active"), (6, "completed"), (11, "active"), (42, "reserved"))
_ALLERGY: Final = "http://terminology.hl7.org/CodeSystem/allergyintolerance-"
_CONDITION: Final = "http://terminology.hl7.org/CodeSystem/condition-"


def take_visit(segment: Segment, scene: Scene) -> None:
    """PV1[Encounter], PV1[EpisodeOfCare], PV1[Coverage]."""
    encounter: Element = {"resourceType": "Encounter", "subject": scene.refer("Patient")}
    kind = segment.first(2)
    encounter["class"] = _class(kind, scene)
    encounter["status"] = _status(segment, scene)
    if kind:
        kind.mapped()
    planned = kind.part(1).upper() == "P"
    for number, status in _PLACES:
        _places(segment, number, "planned" if planned and number == 3 else status, encounter, scene)
    bed = segment.first(40)
    if state := table_coding(scene, bed.part(1), "HL70116"):
        place = {"resourceType": "Location", "operationalStatus": state}
        encounter.setdefault("location", []).append(
            {"location": scene.share({**place, "mode": "instance", "name": "bed"})}
        )
        bed.mapped()
    facility = segment.first(39)
    if found := organization(facility, scene, ""):
        encounter["serviceProvider"] = found
        facility.mapped()
    apply(segment, "Encounter", encounter, scene)
    scene.add(encounter)
    scene.about = encounter
    episode: Element = {"resourceType": "EpisodeOfCare", "status": "active", "patient": scene.refer("Patient")}
    apply(segment, "EpisodeOfCare", episode, scene)
    if len(episode) > 3:
        encounter["episodeOfCare"] = [scene.reference(scene.add(episode))]
    coverage: Element = {
        "resourceType": "Coverage",
        "status": "active",
        "beneficiary": scene.refer("Patient"),
        "payor": [scene.refer("Patient")],
    }
    apply(segment, "Coverage", coverage, scene)
    if "type" in coverage:
        scene.add(coverage)


def _class(value: Value, scene: Scene) -> Element:
    """PatientClass[EncounterClass]; a class of the sender's own keeps its code."""
    found = concept(value, scene, "PatientClass[EncounterClass]") if value else None
    if not found:
        return dict(_UNKNOWN_CLASS)
    return worded_codings(found)[0]


def _status(segment: Segment, scene: Scene) -> str:
    """Return the status by the event, the discharge, and the class, the strongest first."""
    event = vocabulary.look_up("Event[EncounterStatus]", scene.trigger[1]) if scene.trigger[0] == "ADT" else None
    if event and event.code == "cancelled":
        return event.code
    if segment.first(45):
        return "finished"
    by_class = vocabulary.look_up("PatientClass[EncounterStatus]", segment.text(2))
    return (event or by_class or vocabulary.Target("unknown", "", "")).code


def _places(segment: Segment, number: int, status: str, encounter: Element, scene: Scene) -> None:
    for value in segment.values(number):
        if place := location(value, scene, ""):
            encounter.setdefault("location", []).append({"location": place, "status": status})
            value.mapped()


def take_visit_more(segment: Segment, scene: Scene) -> None:
    """PV2[Encounter]."""
    encounter = scene.now.get("Encounter")
    if encounter is None:
        return
    _places(segment, 1, "planned", encounter, scene)
    stay, facility = segment.first(11), segment.first(23)
    if days := numeral(stay.part(1)):
        encounter["length"] = {"value": days, "unit": "days", "system": "http://unitsofmeasure.org", "code": "d"}
        stay.mapped()
    protection = segment.first(22)
    if protection and (protection.part(1).upper() != "Y" or label_as(encounter, "R")):
        protection.mapped()
    if "serviceProvider" not in encounter and (found := organization(facility, scene, "")):
        encounter["serviceProvider"] = found
        facility.mapped()
    apply(segment, "Encounter", encounter, scene)


def take_diagnosis(segment: Segment, scene: Scene) -> None:
    """DG1[Condition], DG1[Encounter]."""
    condition: Element = {"resourceType": "Condition", "subject": scene.refer("Patient")}
    encounter = scene.now.get("Encounter")
    apply(segment, "Condition", condition, scene)
    _coding_method(segment.first(2), condition, scene)
    _named(segment, 4, condition)
    action = segment.first(21)
    if action.part(1).upper() == "D":
        wrong = {"system": _CONDITION + "ver-status", "code": "entered-in-error"}
        condition["verificationStatus"] = {"coding": [wrong]}
    if action:
        action.mapped()
    scene.add(condition)
    scene.about = condition
    told: Element = {}
    apply(segment, "Encounter", told, scene)
    parts = told.get("diagnosis", [])
    if encounter:
        condition["encounter"] = scene.refer("Encounter")
        condition["category"] = [{"coding": [{"system": _CONDITION + "category", "code": "encounter-diagnosis"}]}]
        use = {"condition": scene.reference(condition)}
        for part in parts:
            use |= part
        encounter.setdefault("diagnosis", []).append(use)
        return
    if roles := [part["use"] for part in parts if "use" in part]:
        condition["category"] = roles
    for value in segment.values(15):  # a rank among the diagnoses of no visit says nothing
        value.trace.mapped.discard(value.place)


def _coding_method(method: Value, condition: Element, scene: Scene) -> None:
    """DG1-2, until version 2.7: the coding system of DG1-3 where that names none."""
    if not method:
        return
    url = vocabulary.system_url(method.part(1), authority=scene.authority)
    unnamed = vocabulary.unnamed_system_url("HL70051", "", authority=scene.authority)
    codings = condition.get("code", {}).get("coding", [])
    for item in codings:
        if item["system"] == unnamed:
            item["system"] = url
    if any(item["system"] == url for item in codings):
        method.mapped()


def take_procedure(segment: Segment, scene: Scene) -> None:
    """PR1[Procedure]."""
    procedure: Element = {
        "resourceType": "Procedure",
        "status": "unknown" if scene.trigger[1] in {"A05", "A14"} else "completed",
        "subject": scene.refer("Patient"),
    }
    if encounter := scene.refer("Encounter"):
        procedure["encounter"] = encounter
    apply(segment, "Procedure", procedure, scene)
    _named(segment, 4, procedure)
    when, minutes = segment.first(5), segment.first(7)
    start = moment(when, scene) if when else None
    if start:
        procedure["performedDateTime"] = start.text()
        when.mapped()
    if duration := numeral(minutes.part(1)):
        if start and (end := _end(start, duration)):
            procedure["performedPeriod"] = {"start": procedure.pop("performedDateTime"), "end": end}
        else:
            procedure.setdefault("note", []).append({"text": f"duration: {duration.text} min"})
        minutes.mapped()
    scene.add(procedure)
    scene.about = procedure


def _end(start: Moment, minutes: Numeral) -> str | None:
    """Return when something ended that took so many minutes; nothing where its start has no time of day."""
    if not start.clock or not start.zone:
        return None
    try:
        ended = datetime.fromisoformat(start.text()) + timedelta(minutes=float(minutes.text))
    except (ValueError, OverflowError):  # a leap second, or beyond the calendar
        return None
    return ended.isoformat()


def _named(segment: Segment, number: int, resource: Element) -> None:
    """Put a description into code.text, or into a note where the code has another text."""
    value = segment.first(number)
    if text := value.whole():
        said = resource.setdefault("code", {})
        if said.setdefault("text", text) != text:
            resource.setdefault("note", []).append({"text": text})
        value.mapped()


def take_allergy(segment: Segment, scene: Scene) -> None:
    """AL1[AllergyIntolerance], IAM[AllergyIntolerance]."""
    allergy: Element = {"resourceType": "AllergyIntolerance", "patient": scene.refer("Patient")}
    status = {"coding": [{"system": _ALLERGY + "clinical", "code": "active"}]}
    _allergy_type(segment, allergy, scene)
    _severity(segment, allergy)
    if segment.name == "IAM":
        status = _allergy_more(segment, allergy, scene) or status
    apply(segment, "AllergyIntolerance", allergy, scene)
    if allergy.get("verificationStatus", {}).get("coding", [{}])[0].get("code") != "entered-in-error":
        allergy["clinicalStatus"] = status
    for reaction in allergy.get("reaction", []):
        reaction.setdefault("manifestation", [{"text": "unknown"}])
    scene.add(allergy)
    scene.about = allergy


def _allergy_type(segment: Segment, allergy: Element, scene: Scene) -> None:
    value = segment.first(2)
    original = concept(value, scene, "") if value else None
    if not original:
        return
    category = vocabulary.look_up("AllergenType[AllergyIntoleranceCategory]", value.part(1))
    kind = vocabulary.look_up("AllergyType", value.part(1))
    if kind:
        allergy["type"] = kind.code
    if category:
        allergy["category"] = [category.code]
    else:
        words = original.get("text") or original["coding"][0]["code"]
        allergy.setdefault("note", []).append({"text": f"allergen type: {words}"})
    value.mapped()


def _severity(segment: Segment, allergy: Element) -> None:
    value = segment.first(4)
    if not value:
        return
    reaction = allergy.setdefault("reaction", [{}])[0]
    target = vocabulary.look_up("AllergySeverity[AllergyIntolerance.reaction.severity]", value.part(1))
    if target:
        reaction["severity"] = target.code
    else:
        reaction["description"] = f"severity: {value.part(2) or value.part(1)}"
    value.mapped()


def _allergy_more(segment: Segment, allergy: Element, scene: Scene) -> Element | None:
    """IAM-6, 9, 12, 17: action, sensitivity, onset as text, clinical status."""
    action, onset, status = segment.first(6), segment.first(12), segment.first(17)
    if action.part(1).upper() == "D":
        allergy["verificationStatus"] = {"coding": [{"system": _ALLERGY + "verification", "code": "entered-in-error"}]}
    if action:
        action.mapped()
    sensitivity = segment.first(9)
    if found := concept(sensitivity, scene, "") if sensitivity else None:
        words = found.get("text") or found["coding"][0]["code"]
        allergy.setdefault("note", []).append({"text": f"sensitivity: {words}"})
        sensitivity.mapped()
    if onset and not segment.first(11):
        allergy["onsetString"] = onset.whole()
        onset.mapped()
    if not status:
        return None
    status.mapped()
    original = concept(status, scene, "")
    code = {"I": "inactive", "R": "resolved"}.get(status.part(1).upper()[:1], "active")
    said = {"coding": [{"system": _ALLERGY + "clinical", "code": code}]}
    return said | without_empty(text=(original or {}).get("text"))


def take_participation(segment: Segment, scene: Scene) -> None:
    """ROL[PractitionerRole], PRT[PractitionerRole], PRT[Device]: to what the segment before it spoke of."""
    role: Element = {"resourceType": "PractitionerRole"}
    apply(segment, "PractitionerRole", role, scene)
    who, where = (4, 11) if segment.name == "ROL" else (5, 14)
    person, place = segment.first(who), segment.first(where)
    home = address(place, scene, "") if place else None
    if found := practitioner_resource(person, scene, address=[home] if home else []):
        role["practitioner"] = found
        person.mapped()
        if home:
            place.mapped()
    if segment.name == "PRT":
        _device(segment, scene)
    if len(role) > 1:
        _join(scene.share(role), role, scene)


def _device(segment: Segment, scene: Scene) -> None:
    device: Element = {"resourceType": "Device", "patient": scene.refer("Patient")}
    apply(segment, "Device", device, scene)
    for value in (value for value in segment.values(16) if value.part(1)):
        device.setdefault("udiCarrier", []).append({"carrierHRF": value.part(1)})
        value.mapped()
    if len(device) > 2:
        scene.share(device)


def _join(reference: Element, role: Element, scene: Scene) -> None:
    about: dict[str, Any] = scene.about
    kind = about.get("resourceType", "")
    if kind == "Encounter":
        more = without_empty(type=role.get("code"), period=role.get("period"))
        about.setdefault("participant", []).append({**more, "individual": reference})
    elif kind == "Patient":
        about.setdefault("generalPractitioner", []).append(reference)
    elif kind in {"Observation", "ServiceRequest", "DiagnosticReport"}:
        about.setdefault("performer", []).append(reference)
    elif kind == "Procedure":
        about.setdefault("performer", []).append({"actor": reference})
