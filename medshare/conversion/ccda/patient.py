"""The patient (C-CDA on FHIR, "Patient"): recordTarget/patientRole to Patient."""

from __future__ import annotations

from typing import Any, Final

from medshare.conversion.ccda.concept_maps import GENDER
from medshare.conversion.ccda.datatypes import absent, coding, concept, identifiers
from medshare.conversion.ccda.draft import Draft
from medshare.conversion.ccda.languages import language
from medshare.conversion.ccda.people import address, addresses, names, organization, reference, telecoms
from medshare.conversion.ccda.times import day, moment
from medshare.conversion.ccda.xml import find, find_all

_US_CORE: Final = "http://hl7.org/fhir/us/core/StructureDefinition"
_BASE: Final = "http://hl7.org/fhir/StructureDefinition"
_OMB_RACE: Final = frozenset(("1002-5", "2028-9", "2054-5", "2076-8", "2106-3"))
_OMB_ETHNICITY: Final = frozenset(("2135-2", "2186-5"))
_ROLE_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"


def add_patient(draft: Draft, role: Any) -> None:
    """Add the Patient of a patientRole; its full URL becomes that of the draft."""
    draft.patient = draft.url("Patient", role)
    person = find(role, "patient")
    draft.put(
        draft.patient,
        {
            "resourceType": "Patient",
            "extension": _extensions(draft, person),
            "identifier": identifiers(draft, role),
            "name": names(draft, person, "name"),
            "telecom": telecoms(draft, role),
            "gender": _gender(draft, person),
            **_birth(draft, person),
            **_death(draft, person),
            "address": addresses(draft, role),
            "maritalStatus": concept(draft, draft.one(person, "maritalStatusCode")),
            "contact": [_guardian(draft, guardian) for guardian in find_all(person, "guardian")],
            "communication": [_language(draft, node) for node in draft.all(person, "languageCommunication")],
            "managingOrganization": reference(organization(draft, find(role, "providerOrganization"))),
        },
    )


def _gender(draft: Draft, person: Any) -> str | None:
    """Return the gender (ConceptMap CF-AdministrativeGender); what is unknown or masked is `unknown`."""
    node = draft.one(person, "administrativeGenderCode")
    if node is None:
        return None
    return GENDER.get(node.get("code", ""), "unknown")


def _birth(draft: Draft, person: Any) -> dict[str, Any]:
    """Return birthDate, and the time of birth as the extension patient-birthTime."""
    node = draft.one(person, "birthTime")
    date, exact = day(draft, node), moment(draft, node)
    if not date:
        return {"_birthDate": absent(node)} if node is not None and node.get("nullFlavor") else {}
    if exact and "T" in exact:
        return {
            "birthDate": date,
            "_birthDate": {"extension": [{"url": f"{_BASE}/patient-birthTime", "valueDateTime": exact}]},
        }
    return {"birthDate": date}


def _death(draft: Draft, person: Any) -> dict[str, Any]:
    """Return whether or when she died; the time is preferred."""
    time, flag = moment(draft, draft.one(person, "sdtc:deceasedTime")), draft.one(person, "sdtc:deceasedInd")
    if time:
        return {"deceasedDateTime": time}
    if flag is not None and flag.get("value") in {"true", "false"}:
        return {"deceasedBoolean": flag.get("value") == "true"}
    return {}


def _extensions(draft: Draft, person: Any) -> list[dict[str, Any] | None]:
    religion = concept(draft, draft.one(person, "religiousAffiliationCode"))
    birthplace = address(draft, draft.one(person, "birthplace/place/addr"))
    return [
        _ombs(draft, person, "race", names_of=("raceCode", "sdtc:raceCode"), omb=_OMB_RACE),
        _ombs(draft, person, "ethnicity", names_of=("ethnicGroupCode", "sdtc:ethnicGroupCode"), omb=_OMB_ETHNICITY),
        {"url": f"{_BASE}/patient-religion", "valueCodeableConcept": religion} if religion else None,
        {"url": f"{_BASE}/patient-birthPlace", "valueAddress": birthplace} if birthplace else None,
    ]


def _ombs(
    draft: Draft, person: Any, name: str, *, names_of: tuple[str, ...], omb: frozenset[str]
) -> dict[str, Any] | None:
    """Return the extension us-core-race or us-core-ethnicity: categories, details, one text."""
    parts: list[dict[str, Any]] = []
    texts: list[str] = []
    for node in (item for path in names_of for item in draft.all(person, path)):
        code = coding(draft, node)
        text = draft.text_of(find(node, "originalText")) or node.get("displayName", "")
        texts += [text] if text and text not in texts else []
        if code:
            part = {"url": "ombCategory" if code["code"] in omb else "detailed", "valueCoding": code}
            parts += [part] if part not in parts else []
        elif node.get("nullFlavor"):
            texts += [] if texts else ["Unknown"]
    if not parts and not texts:
        return None
    texts = texts or [part["valueCoding"]["code"] for part in parts]
    extension = [*parts, {"url": "text", "valueString": ", ".join(texts)}]
    return {"url": f"{_US_CORE}/us-core-{name}", "extension": extension}


def _guardian(draft: Draft, node: Any) -> dict[str, Any] | None:
    """Return a guardian as a contact with the relationship GUARD."""
    said = names(draft, node, "guardianPerson/name")
    found = addresses(draft, node)
    body = {
        "relationship": [
            {"coding": [{"system": _ROLE_CODE, "code": "GUARD"}]},
            concept(draft, draft.one(node, "code")),
        ],
        "name": said[0] if said else None,
        "telecom": telecoms(draft, node),
        "address": found[0] if found else None,
        "organization": reference(organization(draft, find(node, "guardianOrganization"))),
    }
    if not any(body[key] for key in ("name", "telecom", "address", "organization")):
        return None  # FHIR R4, pat-1
    return body


def _language(draft: Draft, node: Any) -> dict[str, Any] | None:
    tag = language(find(node, "languageCode"))
    if not tag:
        return None
    mode, level = (find(node, name) for name in ("modeCode", "proficiencyLevelCode"))
    proficiency = [
        {"url": url, "valueCoding": said}
        for url, part in (("level", level), ("type", mode))
        if part is not None and (said := coding(draft, part))
    ]
    preferred = find(node, "preferenceInd")
    return {
        "extension": [{"url": f"{_BASE}/patient-proficiency", "extension": proficiency}] if proficiency else None,
        "language": {"coding": [{"system": "urn:ietf:bcp:47", "code": tag}]},
        "preferred": None if preferred is None else preferred.get("value") == "true",
    }
