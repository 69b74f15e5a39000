"""Results and comments: OBX[Observation], NTE."""

from __future__ import annotations

from typing import Any, Final

from medshare.conversion.hl7v2 import vocabulary
from medshare.conversion.hl7v2.datatypes import ALTERNATE_CODES, Element, concept, date_time, first_part, unit_of
from medshare.conversion.hl7v2.engine import apply
from medshare.conversion.hl7v2.parties import addressed_organization
from medshare.conversion.hl7v2.scene import Scene
from medshare.conversion.hl7v2.syntax import Segment, Value
from medshare.conversion.hl7v2.values import ATTACHMENT, Said, read_value, reference_range

_UNKNOWN_CODE: Final = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "unknown"}]
}
_ABSENT: Final = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_SUBID: Final = "http://hl7.org/fhir/StructureDefinition/observation-v2-subid"
_NOTE: Final = "http://hl7.org/fhir/StructureDefinition/note"
_KIND_OF_NOTE: Final = "http://hl7.org/fhir/StructureDefinition/annotationType"
_WITH_NOTE: Final = {
    "Observation", "ServiceRequest", "Specimen", "Condition", "Procedure", "AllergyIntolerance", "Immunization",
    "MedicationRequest",
}  # fmt: skip


def take_observation(segment: Segment, scene: Scene) -> None:
    """OBX[Observation]: a result of its report, a part of its immunization, or a finding of the visit."""
    observation: Element = {"resourceType": "Observation", "status": "unknown", "subject": scene.refer("Patient")}
    if encounter := scene.refer("Encounter"):
        observation["encounter"] = encounter
    _status(segment, observation, scene)
    _values(segment, observation, scene)
    _effective(segment, observation, scene)
    _details(segment, observation, scene)
    apply(segment, "Observation", observation, scene)
    observation.setdefault("code", dict(_UNKNOWN_CODE))
    scene.add(observation)
    scene.about = observation
    reference = scene.reference(observation)
    if report := scene.now.get("DiagnosticReport"):
        report.setdefault("result", []).append(reference)
    elif order := scene.refer("Immunization"):
        observation["partOf"] = [order]
    elif order := scene.refer("ServiceRequest") or scene.refer("MedicationRequest"):
        observation["basedOn"] = [order]
    if specimen := scene.refer("Specimen"):
        observation.setdefault("specimen", specimen)


def _status(segment: Segment, observation: Element, scene: Scene) -> None:
    """ObservationResultStatusCodesInterpretation; X and N say besides why there is no value."""
    value = segment.first(11)
    letter = value.part(1).upper()
    target = vocabulary.look_up("ObservationResultStatusCodesInterpretation", letter)
    if target:
        observation["status"] = target.code
        value.mapped()
    elif value and (original := concept(value, scene, "")):
        observation["_status"] = {"extension": [{"url": ALTERNATE_CODES, "valueCodeableConcept": original}]}
        value.mapped()
    reason = {"X": "error", "N": "not-asked"}.get(letter)
    if reason and not segment.first(5):
        observation["dataAbsentReason"] = {"coding": [{"system": _ABSENT, "code": reason}]}


def _values(segment: Segment, observation: Element, scene: Scene) -> None:
    kind, unit = segment.text(2), segment.first(6)
    found: list[tuple[Value, Said]] = []
    for value in segment.values(5):
        if said := read_value(kind, value, unit, scene):
            found.append((value, said))
            value.mapped()
    if segment.first(2):
        segment.first(2).mapped()
    if unit and _says_unit([said for _, said in found], unit, observation, scene):
        unit.mapped()
    said_all = [said for _, said in found]
    if len(said_all) > 1 and all(name == "valueString" for name, _ in said_all):
        observation["valueString"] = "\n".join(text for _, text in said_all)
        return
    for name, content in said_all:
        holder = observation
        if len(said_all) > 1:  # FHIR has one value: several are components, each with the same code (rule obs-7)
            holder = {"code": concept(segment.first(3), scene, "") or dict(_UNKNOWN_CODE)}
            observation.setdefault("component", []).append(holder)
        if name == ATTACHMENT:
            holder.setdefault("extension", []).append({"url": ATTACHMENT, "valueAttachment": content})
        else:
            holder[name] = content


def _says_unit(found: list[Said], unit: Value, observation: Element, scene: Scene) -> bool:
    """Whether the unit is said with the value; of a value that has no unit in FHIR it becomes a note."""
    with_unit = {"valueQuantity", "valueRange", "valueRatio", "valueSampledData"}
    if any(name in with_unit for name, _ in found):
        return True
    text = str(unit_of(unit, scene).get("unit", ""))
    if any(name == "valueString" and str(content).endswith(text) for name, content in found):
        return True
    observation.setdefault("note", []).append({"text": f"unit: {text}"})
    return True


def _effective(segment: Segment, observation: Element, scene: Scene) -> None:
    """OBX-14; where it is empty the time of its report holds (v2.8 chapter 7.4.2.14)."""
    when = segment.first(14)
    if when and (found := date_time(when, scene, "")):
        observation["effectiveDateTime"] = found
        when.mapped()
    elif report := scene.now.get("DiagnosticReport"):
        observation |= {name: report[name] for name in ("effectiveDateTime", "effectivePeriod") if name in report}


def _details(segment: Segment, observation: Element, scene: Scene) -> None:
    """OBX-4, 7, 17, 18, 23 to 25."""
    group = segment.first(4)
    if text := group.whole():
        inner = {"url": "original-sub-identifier", "valueString": text}
        observation.setdefault("extension", []).append({"url": _SUBID, "extension": [inner]})
        group.mapped()
    bounds = segment.first(7)
    if text := bounds.whole():
        observation["referenceRange"] = [reference_range(text, segment.first(6), scene)]
        bounds.mapped()
    methods = [(value, concept(value, scene, "")) for value in segment.values(17)]
    for value, method in methods:
        if method:
            joined = observation.setdefault("method", {})
            joined.setdefault("coding", []).extend(method.get("coding", []))
            joined.setdefault("text", method.get("text", ""))
            value.mapped()
    if "method" in observation:
        observation["method"] = {name: member for name, member in observation["method"].items() if member}
    for value in segment.values(18):
        if first := first_part(value, scene, ""):
            system = vocabulary.authority_uri(value.part(2), value.part(3), value.part(4))
            member: dict[str, Any] = {"value": first} | ({"system": system} if system else {})
            reference = scene.share({"resourceType": "Device", "identifier": [member]})
            if observation.setdefault("device", reference) != reference:
                observation.setdefault("note", []).append({"text": f"device: {first}"})
            value.mapped()
    if unit := addressed_organization(segment, scene, 23, 24, 0):
        observation.setdefault("performer", []).append(unit)


def take_note(segment: Segment, scene: Scene) -> None:
    """NTE: a note of what the segment before it spoke of; where FHIR has no note, the extension of that name."""
    texts = segment.values(3)
    words = "\n".join(text for value in texts if (text := value.whole()))
    about = scene.about
    if not words or not about:
        return
    note: Element = {"text": words}
    apply(segment, "Annotation", note, scene)
    kind_of = segment.first(4)
    if said := concept(kind_of, scene, "") if kind_of else None:
        note["extension"] = [{"url": _KIND_OF_NOTE, "valueCodeableConcept": said}]
        kind_of.mapped()
    for value in texts:
        value.mapped()
    kind = about["resourceType"]
    if kind in _WITH_NOTE:
        about.setdefault("note", []).append(note)
    elif kind == "DocumentReference":
        before = about.get("description")
        about["description"] = f"{before}\n{words}" if before else words
    else:
        about.setdefault("extension", []).append({"url": _NOTE, "valueAnnotation": note})
