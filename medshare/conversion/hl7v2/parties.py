"""People, organizations and places that a field names, each a resource: XCN, XON, HD, PL, NDL of the guide."""

from __future__ import annotations

from typing import Any, Final

from medshare.conversion.hl7v2 import vocabulary
from medshare.conversion.hl7v2.datatypes import (
    Element,
    address,
    authority,
    concept,
    contact_point,
    human_name,
    identifier_type,
    spoken,
    without_empty,
)
from medshare.conversion.hl7v2.scene import Scene
from medshare.conversion.hl7v2.syntax import Segment, Value

_PHYSICAL: Final = "http://terminology.hl7.org/CodeSystem/location-physical-type"
_LEVELS: Final = ((4, "si"), (7, "bu"), (8, "lvl"), (1, "wa"), (2, "ro"), (3, "bd"))
"""PL components from the widest to the narrowest, with the code of their physical type."""


def practitioner(value: Value, scene: Scene, _map: str) -> Element | None:
    """XCN[Practitioner], CNN[Practitioner]: a reference."""
    resource = _practitioner_of(value, scene)
    return _referred(resource, scene) if resource else None


def practitioner_resource(value: Value, scene: Scene, **more: Any) -> Element | None:
    """Return the same with more members: an address, a telephone."""
    resource = _practitioner_of(value, scene)
    return _referred(resource | without_empty(**more), scene) if resource else None


def _practitioner_of(value: Value, scene: Scene) -> Element | None:
    number, name = value.part(1), human_name(value, scene, "", shift=1)
    if not number and not name:
        return None
    kind, degree = value.part(13), value.part(7)
    kind = kind or value.part(8)
    if name and degree:
        name["suffix"] = [part for part in name.get("suffix", []) if part != degree] + [degree]
    facility = value.sub(14, 1)
    number_of = without_empty(
        type=identifier_type(kind, scene),
        system=authority(value, 9),
        value=number,
        assigner={"display": facility} if facility else None,
    )
    if not name:
        number_of.setdefault("value", number)
    return {
        "resourceType": "Practitioner",
        **without_empty(identifier=[number_of] if number else [], name=[name] if name else []),
    }


def _referred(resource: Element, scene: Scene) -> Element:
    reference = scene.share(resource)
    names = resource.get("name")
    display = spoken(names[0]) if isinstance(names, list) else names
    return reference | without_empty(display=display)


def observer(value: Value, scene: Scene, _map: str) -> Element | None:
    """NDL[PractitionerRole]: its first component is a name with subcomponents."""
    return practitioner(value.inside(1), scene, "") if value.sub(1, 2) or value.part(1) else None


def related_name(value: Value, scene: Scene, _map: str) -> Element | None:
    """XPN where FHIR wants a person: a Practitioner with a name only."""
    name = human_name(value, scene, "")
    return _referred({"resourceType": "Practitioner", "name": [name]}, scene) if name else None


def organization_of(value: Value, scene: Scene, **more: Any) -> Element | None:
    """XON[Organization], with more members: an address, a telephone."""
    name, number = value.part(1), value.part(10) or value.part(3)
    if not name and not number:
        return None
    found = without_empty(type=identifier_type(value.part(7), scene), system=authority(value, 6), value=number)
    return {
        "resourceType": "Organization",
        **without_empty(identifier=[found] if number else [], name=name),
        **without_empty(**more),
    }


def organization(value: Value, scene: Scene, _map: str) -> Element | None:
    """XON[Organization]: a reference."""
    resource = organization_of(value, scene)
    return _referred(resource, scene) if resource else None


def authority_organization(value: Value, scene: Scene, _map: str) -> Element | None:
    """HD[Organization]: a reference."""
    name, universal, kind = value.part(1), value.part(2), value.part(3)
    if not name and not universal:
        return None
    system = vocabulary.authority_uri("", universal, kind) if universal else ""
    identifiers = [{"system": "urn:ietf:rfc:3986", "value": system}] if system else []
    return _referred(
        {"resourceType": "Organization", **without_empty(identifier=identifiers, name=name or universal)}, scene
    )


def coded_organization(value: Value, scene: Scene, _map: str) -> Element | None:
    """CWE[Organization]."""
    found = concept(value, scene, "")
    if not found:
        return None
    identifiers = [
        without_empty(system=item.get("system"), value=item["code"])
        for item in found.get("coding", [])
        if "system" in item
    ]
    name = found.get("text") or found["coding"][0].get("display") or found["coding"][0]["code"]
    return _referred({"resourceType": "Organization", **without_empty(identifier=identifiers, name=name)}, scene)


def location(value: Value, scene: Scene, _map: str) -> Element | None:
    """PL[Location]: one Location for each component, each part of the wider one; a reference to the narrowest."""
    parent: Element | None = None
    description = value.part(9)
    levels = [(component, kind) for component, kind in _LEVELS if value.sub(component, 1) or value.sub(component, 2)]
    for component, kind in levels:
        name = value.sub(component, 1)
        universal = value.sub(component, 2)
        system = vocabulary.authority_uri("", universal, value.sub(component, 3)) if universal else ""
        last = component == levels[-1][0]
        resource = {
            "resourceType": "Location",
            "identifier": [without_empty(system=system, value=name or universal)],
            **without_empty(
                name=name or universal,
                description=description if last else "",
                mode="instance",
                physicalType={"coding": [{"system": _PHYSICAL, "code": kind}]},
                partOf=parent,
            ),
        }
        parent = _referred(resource, scene)
    if not levels and description:
        return _referred({"resourceType": "Location", "description": description, "mode": "instance"}, scene)
    return parent


def coded_location(value: Value, scene: Scene, _map: str) -> Element | None:
    """DLD[Location-Discharge], HD[Location]: a Location with a name or a number."""
    name = value.sub(1, 1)
    if not name:
        return None
    text = value.part(2)
    return _referred(
        {"resourceType": "Location", "identifier": [{"value": name}], "name": text or name, "mode": "instance"}, scene
    )


def addressed_organization(segment: Segment, scene: Scene, name: int, place: int, phone: int) -> Element | None:
    """Return a reference to the organization of one field with the address and telephone of others, all mapped."""
    named = segment.first(name)
    places = [(value, address(value, scene, "")) for value in segment.values(place)]
    phones = [(value, contact_point(value, scene, "work")) for value in segment.values(phone)] if phone else []
    resource = organization_of(named, scene) or {"resourceType": "Organization"}
    resource |= without_empty(
        address=[found for _, found in places if found], telecom=[found for _, found in phones if found]
    )
    if len(resource) == 1:
        return None
    for value, found in [*places, *phones]:
        if found:
            value.mapped()
    if named:
        named.mapped()
    return _referred(resource, scene)
