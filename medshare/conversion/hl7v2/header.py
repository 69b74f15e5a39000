"""Who sent the message, when, and what happened: MSH, SFT and EVN as MessageHeader and Provenance."""

from __future__ import annotations

from typing import Any, Final

from medshare.conversion.hl7v2 import vocabulary
from medshare.conversion.hl7v2.datatypes import (
    Element,
    concept,
    entity_identifier,
    moment,
    table_coding,
    without_empty,
)
from medshare.conversion.hl7v2.engine import apply
from medshare.conversion.hl7v2.parties import authority_organization, coded_location, organization
from medshare.conversion.hl7v2.scene import Scene
from medshare.conversion.hl7v2.syntax import Segment, Value
from medshare.conversion.language_tags import known_tag

_EVENTS: Final = vocabulary.V2 + "0003"
_PARTICIPANT: Final = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_TAGS: Final = (
    (11, 1, "HL70103"),
    (11, 2, "HL70207"),
    (12, 1, "HL70104"),
    (18, 1, "HL70211"),
    (20, 1, "HL70356"),
)
"""Field, component, and the table that its code is of."""
_ABSENT: Final = {
    "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]
}


def take_header(segment: Segment, scene: Scene) -> None:
    """MSH[MessageHeader] and MSH[Provenance-Source]."""
    header: Element = {"resourceType": "MessageHeader"}
    scene.add(header)
    kind, event = scene.trigger
    structure = segment.text(9, 3)
    display = "^".join(part for part in (kind, event, structure) if part)
    header["eventCoding"] = {"system": _EVENTS, "code": event or kind, "display": display}
    segment.first(9).mapped()
    _tags(segment, header, scene)
    if language := known_tag(segment.text(19)):
        header["language"] = language
        segment.first(19).mapped()
    header["source"] = _endpoint(segment, 3, 24)
    if any(segment.first(number) for number in (5, 6, 23, 25)):
        header["destination"] = [_endpoint(segment, 5, 25)]
        receiver = _receiver(segment, scene)
        if receiver:
            header["destination"][0]["receiver"] = receiver
    if sender := _sender(segment, scene):
        header["sender"] = sender
    apply(segment, "MessageHeader", header, scene)
    _tell_source(segment, scene, sender)


def _tags(segment: Segment, header: Element, scene: Scene) -> None:
    """PT[Meta]; by the same rule, which is ours, what else says how the message was written: MSH-12, 18, 20 and 21."""
    tags: list[Element] = []
    for number, component, table in _TAGS:
        for value in segment.values(number):
            if tag := table_coding(scene, value.part(component), table):
                tags.append(tag)
                value.mapped()
    for value in segment.values(21):
        if profile := entity_identifier(value, scene, ""):
            tags.append(without_empty(system=profile.get("system"), code=profile["value"]))
            value.mapped()
    if tags:
        header["meta"] = {"tag": tags}


def _endpoint(segment: Segment, application: int, address: int) -> Element:
    """HD[MessageHeader.source-name] and HD[MessageHeader.source-endpoint], and the same of the destination."""
    named, network = segment.first(application), segment.first(address)
    found: Element = {}
    if name := named.part(1):
        found["name"] = name
    url = ""
    for value in (network, named):
        url = url or _url_of(value)
        if value:
            value.mapped()
    return found | ({"endpoint": url} if url else {"_endpoint": dict(_ABSENT)})


def _url_of(value: Value) -> str:
    return vocabulary.authority_uri(value.part(1), value.part(2), value.part(3))


def _receiver(segment: Segment, scene: Scene) -> Element | None:
    for number, convert in ((23, organization), (6, authority_organization)):
        value = segment.first(number)
        if found := convert(value, scene, ""):
            value.mapped()
            also = segment.first(6)
            if number == 23 and also.part(1) == value.part(1):
                also.mapped()
            return found
    return None


def _sender(segment: Segment, scene: Scene) -> Element | None:
    value, country = segment.first(4), segment.text(17)
    found = authority_organization(value, scene, "")
    if not found:
        return None
    value.mapped()
    if country:
        name = value.part(1) or value.part(2)
        found = scene.share({"resourceType": "Organization", "name": name, "address": [{"country": country}]})
        segment.first(17).mapped()
    return found


def _tell_source(segment: Segment, scene: Scene, sender: Element | None) -> None:
    """Add the Provenance of the message, about its MessageHeader until the patient is known."""
    resource = _provenance(scene, f"message - {'^'.join(scene.trigger)}", segment.first(7))
    if sender:
        resource["agent"] = [{"type": {"coding": [{"system": _PARTICIPANT, "code": "author"}]}, "who": sender}]
    if number := segment.text(10):
        system = vocabulary.local_uri("message-control-id", scene.authority) if scene.authority else ""
        what = {"identifier": without_empty(system=system, value=number)}
        resource["entity"] = [{"role": "source", "what": what}]
        segment.first(10).mapped()
    scene.add(resource)


def _provenance(scene: Scene, activity: str, when: Value) -> dict[str, Any]:
    target = scene.refer("MessageHeader")
    event = table_coding(scene, scene.trigger[1], "HL70003")
    resource: dict[str, Any] = {
        "resourceType": "Provenance",
        "target": [target],
        "activity": without_empty(coding=[event] if event else [], text=activity),
        "agent": [{"who": {"display": "HL7 v2 sender"}}],
    }
    found = moment(when, scene) if when else None
    if found:
        when.mapped()
        resource["occurredDateTime"] = found.text()
    if found and found.clock and found.zone:
        resource["recorded"] = found.text()
    else:
        resource["_recorded"] = dict(_ABSENT)
    return resource


def take_software(segment: Segment, scene: Scene) -> None:
    """SFT[MessageHeader] and SFT[Device]."""
    apply(segment, "MessageHeader", scene.now["MessageHeader"], scene)
    device: Element = {"resourceType": "Device"}
    apply(segment, "Device", device, scene)
    for version in device.get("version", []):
        if "value" not in version:  # FHIR wants the value of a version of which there is a date alone
            version["_value"] = dict(_ABSENT)
    if len(device) > 1:
        scene.share(device)


def take_event(segment: Segment, scene: Scene) -> None:
    """EVN[Provenance]: the event that the message tells of."""
    resource = _provenance(scene, f"event - {'^'.join(scene.trigger)}", segment.first(2))
    if patient := scene.refer("Patient"):
        resource["target"] = [patient]
    resource.pop("occurredDateTime", None)
    if "_recorded" in resource and (found := moment(segment.first(2), scene)):
        resource["occurredDateTime"] = found.text()
    if segment.text(6):
        resource.pop("occurredDateTime", None)
    if segment.first(5):
        resource["agent"] = []
    place = segment.first(7)
    if location := coded_location(place, scene, ""):
        resource["location"] = location
        place.mapped()
    if segment.text(1) == scene.trigger[1] or concept(segment.first(1), scene, ""):
        segment.first(1).mapped()
    apply(segment, "Provenance", resource, scene)
    if not resource["agent"]:
        resource["agent"] = [{"who": {"display": "HL7 v2 sender"}}]
    scene.add(resource)
