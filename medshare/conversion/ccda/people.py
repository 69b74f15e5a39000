"""Names, addresses, telecoms, and who took part: Practitioner, PractitionerRole, Organization, Device, RelatedPerson.

Rules of C-CDA on FHIR: "Name, Address, Telecom" and "Participations".
"""

from __future__ import annotations

from typing import Any, Final

from medshare.conversion.ccda.concept_maps import ADDRESS_USE, NAME_USE, TELECOM_TYPE, TELECOM_USE
from medshare.conversion.ccda.datatypes import concept, identifiers
from medshare.conversion.ccda.draft import Draft, words
from medshare.conversion.ccda.times import period
from medshare.conversion.ccda.xml import find, find_all

_STREET: Final = ("streetAddressLine", "houseNumber", "streetName", "additionalLocator", "unitID", "postBox")


def human_name(draft: Draft, node: Any) -> dict[str, Any] | None:
    """Return an EN as HumanName (rule "CDA name → FHIR name"); a name without parts is its text."""
    if node is None or (node.get("nullFlavor") and not len(node)):
        return None
    parts = {
        "family": " ".join(_parts(node, "family")),
        "given": _parts(node, "given"),
        "prefix": _parts(node, "prefix"),
        "suffix": _parts(node, "suffix"),
    }
    text = None if any(parts.values()) else words(node)
    if not text and not any(parts.values()):
        return None
    use = next((NAME_USE[code] for code in node.get("use", "").split() if code in NAME_USE), None)
    return {"use": use, "text": text, **parts, "period": period(draft, find(node, "validTime"))}


def names(draft: Draft, node: Any, path: str) -> list[dict[str, Any]]:
    """Return the names at a path."""
    return [found for item in draft.all(node, path) if (found := human_name(draft, item))]


def address(draft: Draft, node: Any) -> dict[str, Any] | None:
    """Return an AD as Address (rule "CDA addr → FHIR address")."""
    if node is None:
        return None
    parts: dict[str, Any] = {
        "line": [line for name in _STREET for line in _parts(node, name)],
        "city": " ".join(_parts(node, "city")),
        "district": " ".join(_parts(node, "county")),
        "state": " ".join(_parts(node, "state")),
        "postalCode": " ".join(_parts(node, "postalCode")),
        "country": " ".join(_parts(node, "country")),
    }
    text = None if any(parts.values()) else words(node)
    if not text and not any(parts.values()):
        return None
    use = next((ADDRESS_USE[code] for code in node.get("use", "").split() if code in ADDRESS_USE), None)
    return {"use": use, "text": text, **parts, "period": period(draft, find(node, "useablePeriod"))}


def addresses(draft: Draft, node: Any, path: str = "addr") -> list[dict[str, Any]]:
    """Return the addresses at a path."""
    return [found for item in draft.all(node, path) if (found := address(draft, item))]


def telecoms(draft: Draft, node: Any, path: str = "telecom") -> list[dict[str, Any]]:
    """Return the telecoms at a path (rule "CDA telecom → FHIR telecom"): scheme to system, the rest to value."""
    return [found for item in draft.all(node, path) if (found := _telecom(draft, item))]


def _telecom(draft: Draft, node: Any) -> dict[str, Any] | None:
    value = " ".join(node.get("value", "").split())
    scheme, colon, rest = value.partition(":")
    system = TELECOM_TYPE.get(scheme.lower()) if colon else None
    uses = node.get("use", "").split()
    if system == "url":
        rest = value
    if system is None:
        system, rest = ("phone" if value[:1] in "+(0123456789" else "other"), value
    if "PG" in uses:
        system = "pager"
    if not rest.strip():
        return None
    use = next((TELECOM_USE[code] for code in uses if code in TELECOM_USE), None)
    return {"system": system, "value": rest.strip(), "use": use, "period": period(draft, find(node, "useablePeriod"))}


def organization(draft: Draft, node: Any) -> str:
    """Return the full URL of an Organization; nothing when the element says nothing."""
    if node is None:
        return ""
    said: dict[str, Any] = {
        "identifier": identifiers(draft, node),
        "name": next(
            (text for path in ("name", "desc") for item in draft.all(node, path) if (text := words(item))), None
        ),
        "telecom": _not_home(telecoms(draft, node)),
        "address": _not_home(addresses(draft, node)),
    }
    code = find(node, "standardIndustryClassCode")
    if code is not None:
        said["type"] = [concept(draft, draft.take(code))]
    if not any(said.values()):
        return ""
    if not said["name"] and not said["identifier"]:
        said["name"] = "unnamed organization"  # FHIR R4, org-1: a name or an identifier
    return draft.share({"resourceType": "Organization", "active": True, **said})


def _not_home(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return addresses or telecoms of an organization: FHIR says that none is at home (org-2, org-3)."""
    return [{**item, "use": None if item["use"] == "home" else item["use"]} for item in found]


def participant(draft: Draft, role: Any, *, person: str, scope: str = "representedOrganization") -> str:
    """Return the full URL of who plays a role: PractitionerRole, Practitioner, Organization or Device.

    Rules: a device is a Device; an organization alone an Organization; a person with an organization or a code is a
    PractitionerRole; the identifiers and telecoms of the role are the person's. Who has the patient's identifier is
    the patient.

    Args:
        draft: The document.
        role: assignedAuthor, assignedEntity and their like.
        person: The name of the element with the person.
        scope: The name of the element with the organization.
    """
    if role is None:
        return ""
    device = find(role, "assignedAuthoringDevice")
    employer = organization(draft, find(role, scope))
    if device is not None:
        return _device(draft, role, device, employer)
    human = find(role, person)
    said = names(draft, human, "name") if human is not None else []
    known = identifiers(draft, role)
    if any((item.get("system") or "", item["value"]) in draft.known for item in known):
        return draft.patient
    if not said and employer and not known:
        return employer
    if not said and not known and not employer:
        return ""
    code = concept(draft, draft.one(role, "code"))
    practitioner = draft.share(
        {
            "resourceType": "Practitioner",
            "identifier": known,
            "name": said,
            "telecom": telecoms(draft, role),
            "address": addresses(draft, role),
        }
    )
    if not employer and not code:
        return practitioner
    return draft.share(
        {
            "resourceType": "PractitionerRole",
            "practitioner": {"reference": practitioner},
            "organization": reference(employer),
            "code": [code],
        }
    )


def _device(draft: Draft, role: Any, device: Any, employer: str) -> str:
    model, software = (draft.text_of(draft.one(device, name)) for name in ("manufacturerModelName", "softwareName"))
    named = [{"name": model, "type": "model-name"}] if model else []
    if software:
        named.append({"name": software, "type": "other"})
    return draft.share(
        {
            "resourceType": "Device",
            "identifier": identifiers(draft, role),
            "deviceName": named,
            "owner": reference(employer),
            "contact": telecoms(draft, role),
        }
    )


def related_person(draft: Draft, role: Any, *, person: str) -> str:
    """Return the full URL of a RelatedPerson: a relative, a guardian, an emergency contact."""
    said = {
        "identifier": identifiers(draft, role),
        "relationship": [concept(draft, draft.one(role, "code")), _class_of(role)],
        "name": names(draft, role, f"{person}/name"),
        "telecom": telecoms(draft, role),
        "address": addresses(draft, role),
    }
    if not said["name"] and not said["identifier"] and not said["telecom"]:
        return ""
    return draft.share({"resourceType": "RelatedPerson", "patient": {"reference": draft.patient}, **said})


def _class_of(role: Any) -> dict[str, Any] | None:
    """Return the class of a role (v3 RoleClass), such as NOK, ECON, GUARD, CAREGIVER."""
    code = role.get("classCode", "")
    if code not in {"NOK", "ECON", "GUARD", "CAREGIVER", "AGNT", "PRS"}:
        return None
    return {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleClass", "code": code}]}


def location(draft: Draft, role: Any) -> str:
    """Return the full URL of a Location, made of a participantRole or a healthCareFacility."""
    if role is None:
        return ""
    place = find(role, "playingEntity") if find(role, "playingEntity") is not None else find(role, "location")
    name = next((text for item in draft.all(place, "name") if (text := words(item))), None)
    found = addresses(draft, role) or addresses(draft, place)
    said = {
        "identifier": identifiers(draft, role),
        "name": name,
        "type": [concept(draft, draft.one(role, "code"))],
        "telecom": telecoms(draft, role),
        "address": found[0] if found else None,
    }
    if not (said["name"] or said["identifier"] or said["address"] or said["type"] != [None]):
        return ""
    return draft.share({"resourceType": "Location", **said})


def author(draft: Draft, node: Any) -> str:
    """Return the full URL of an author."""
    return participant(draft, find(node, "assignedAuthor"), person="assignedPerson")


def performer(draft: Draft, node: Any) -> str:
    """Return the full URL of a performer, informant or other assigned entity."""
    return participant(draft, find(node, "assignedEntity"), person="assignedPerson")


def reference(url: str) -> dict[str, Any] | None:
    """Return a Reference, or None without a URL."""
    return {"reference": url} if url else None


def references(urls: list[str]) -> list[dict[str, Any]]:
    """Return References in order, each once."""
    return [{"reference": url} for url in dict.fromkeys(urls) if url]


def fit(draft: Draft, found: list[dict[str, Any]], *types: str) -> list[dict[str, Any]]:
    """Return the references that an element of FHIR may have: those to one of these types."""
    return [item for item in found if draft.resource(item["reference"])["resourceType"] in types]


def _parts(node: Any, name: str) -> list[str]:
    return [text for part in find_all(node, name) if (text := words(part))]
