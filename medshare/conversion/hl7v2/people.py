"""The patient, her relatives and who pays: PID, PD1, NK1, GT1, IN1."""

from __future__ import annotations

from typing import Any, Final

from medshare.conversion.hl7v2.datatypes import (
    Element,
    address,
    boolean,
    code,
    concept,
    date,
    date_time,
    human_name,
    identifier,
    moment,
    positive_integer,
    without_empty,
    worded_codings,
)
from medshare.conversion.hl7v2.engine import apply
from medshare.conversion.hl7v2.orders import label_as
from medshare.conversion.hl7v2.parties import addressed_organization, organization_of
from medshare.conversion.hl7v2.scene import Scene
from medshare.conversion.hl7v2.syntax import Segment, Value

_CORE: Final = "http://hl7.org/fhir/StructureDefinition/"
_US_CORE: Final = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
_ROLE: Final = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
_CLASS: Final = "http://terminology.hl7.org/CodeSystem/coverage-class"
_NESTED: Final = (
    (26, "patient-citizenship", "code"),
    (28, "patient-nationality", "code"),
    (35, "patient-animal", "species"),
    (36, "patient-animal", "breed"),
    (39, "patient-citizenship", "code"),
)


def take_patient(segment: Segment, scene: Scene) -> None:
    """PID[Patient], PID[Account]."""
    patient: Element = {"resourceType": "Patient"}
    scene.add(patient)
    scene.about = patient
    for provenance in (entry["resource"] for entry in scene.entries):
        if provenance["resourceType"] == "Provenance":
            provenance["target"] = [scene.reference(patient)]
    apply(segment, "Patient", patient, scene)
    _born(segment, patient, scene)
    _died(segment, patient, scene)
    for number, name in ((10, "race"), (22, "ethnicity")):
        _us_core(segment, number, name, patient, scene)
    for number, name, inner in _NESTED:
        for value in segment.values(number):
            if found := concept(value, scene, ""):
                nested = {"url": inner, "valueCodeableConcept": found}
                _extend(patient, {"url": _CORE + name, "extension": [nested]})
                value.mapped()
    place = segment.first(23)
    if text := place.whole():
        _extend(patient, {"url": _CORE + "patient-birthPlace", "valueAddress": {"text": text}})
        place.mapped()
    _county(segment, patient)
    for mother in segment.values(21):
        if found := identifier(mother, scene, ""):
            relation = {"coding": [{"system": _ROLE, "code": "MTH", "display": "mother"}]}
            person = {"resourceType": "RelatedPerson", "patient": scene.refer("Patient"), "relationship": [relation]}
            scene.add({**person, "identifier": [found]})
            mother.mapped()
    account: Element = {"resourceType": "Account", "status": "active", "subject": [scene.refer("Patient")]}
    apply(segment, "Account", account, scene)
    if "identifier" in account:
        scene.add(account)


def _extend(resource: Element, extension: Element) -> None:
    resource.setdefault("extension", []).append(extension)


def _born(segment: Segment, patient: Element, scene: Scene) -> None:
    value = segment.first(7)
    if day := date(value, scene, ""):
        patient["birthDate"] = day
        value.mapped()
        found = moment(value, scene)
        if found and found.clock and found.zone:
            extension = {"url": _CORE + "patient-birthTime", "valueDateTime": found.text()}
            patient["_birthDate"] = {"extension": [extension]}
    multiple, order = segment.first(24), segment.first(25)
    number = positive_integer(order, scene, "")
    several = boolean(multiple, scene, "")
    if number:
        patient["multipleBirthInteger"] = number
        order.mapped()
        if multiple and several is not False:
            multiple.mapped()
    elif several is not None:
        patient["multipleBirthBoolean"] = several
        multiple.mapped()


def _died(segment: Segment, patient: Element, scene: Scene) -> None:
    when, whether = segment.first(29), segment.first(30)
    dead = boolean(whether, scene, "")
    if when and (found := date_time(when, scene, "")):
        patient["deceasedDateTime"] = found
        when.mapped()
        if dead is not False and whether:
            whether.mapped()
    elif dead is not None:
        patient["deceasedBoolean"] = dead
        whether.mapped()


def _us_core(segment: Segment, number: int, name: str, patient: Element, scene: Scene) -> None:
    """PID-10, PID-22: the guide leaves them to the country; the extensions of US Core say them with their text."""
    found = [(value, concept(value, scene, "")) for value in segment.values(number)]
    texts, parts = [], []
    for value, said in found:
        if not said:
            continue
        texts.append(said.get("text") or said["coding"][0].get("display") or said["coding"][0]["code"])
        if "coding" in said:
            parts += [{"url": "detailed", "valueCoding": item} for item in worded_codings(said)]
        value.mapped()
    if texts:
        text = {"url": "text", "valueString": "; ".join(texts)}
        _extend(patient, {"url": _US_CORE + name, "extension": [*parts, text]})


def _county(segment: Segment, patient: Element) -> None:
    """PID-12: the district of the one address that has none, else an address of its own."""
    for value in segment.values(12):
        district = value.part(1)
        if not district:
            continue
        addresses: list[Element] = patient.setdefault("address", [])
        if len(addresses) == 1 and addresses[0].get("district", district) == district:
            addresses[0]["district"] = district
        else:
            addresses.append({"district": district})
        value.mapped()


def take_demographics(segment: Segment, scene: Scene) -> None:
    """PD1[Patient], PD1[Observation-LivingWill]."""
    apply(segment, "Patient", scene.now["Patient"], scene)
    scene.about = scene.now["Patient"]
    protection = segment.first(12)
    if protection and (protection.part(1).upper() != "Y" or label_as(scene.now["Patient"], "R")):
        protection.mapped()
    will: Element = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "75320-2", "display": "Advance directive"}]},
        "subject": scene.refer("Patient"),
    }
    apply(segment, "Observation-LivingWill", will, scene)
    if "valueCodeableConcept" in will:
        scene.add(will)
        scene.forget("Observation")


def take_relative(segment: Segment, scene: Scene) -> None:
    """NK1[RelatedPerson], and NK1[Patient] for the organization among them."""
    person: Element = {"resourceType": "RelatedPerson", "patient": scene.refer("Patient")}
    apply(segment, "RelatedPerson", person, scene)
    if len(person) > 2:
        scene.add(person)
        scene.about = person
    apply(segment, "Patient", scene.now["Patient"], scene)


def take_guarantor(segment: Segment, scene: Scene) -> None:
    """GT1: not in the guide. A RelatedPerson, and the guarantor of the patient's Account."""
    person: Element = {"resourceType": "RelatedPerson", "patient": scene.refer("Patient")}
    apply(segment, "RelatedPerson", person, scene)
    account = scene.now.get("Account")
    if account is None:
        account = {"resourceType": "Account", "status": "active", "subject": [scene.refer("Patient")]}
    apply(segment, "Account", account, scene)
    if len(person) > 2:
        scene.add(person)
        account.setdefault("guarantor", []).append({"party": scene.reference(person)})
    if "guarantor" in account and scene.now.get("Account") is not account:
        scene.add(account)


def take_insurance(segment: Segment, scene: Scene) -> None:
    """IN1[Coverage]."""
    coverage: Element = {
        "resourceType": "Coverage",
        "status": "active",
        "beneficiary": scene.refer("Patient"),
        "payor": [],
    }
    apply(segment, "Coverage", coverage, scene)
    # IN1-4 is repeated by version 2.7; IN1-3 numbers the company and is said with it.
    company = addressed_organization(segment, scene, 4, 5, 7)
    number = segment.first(3)
    if found := identifier(number, scene, ""):
        if not company:
            company = scene.share({"resourceType": "Organization", "identifier": [found]})
        else:
            coverage.setdefault("identifier", []).append({**found, "type": {"text": "insurance company ID"}})
        number.mapped()
    coverage["payor"] = [company or {"display": "unknown"}]
    _plan(segment, coverage, scene)
    _policy_holder(segment, coverage, scene)
    _subscriber(segment, coverage, scene)
    scene.add(coverage)


def _plan(segment: Segment, coverage: Element, scene: Scene) -> None:
    plan = segment.first(2)
    if plan and (found := concept(plan, scene, "")):
        codes = found.get("coding", [])
        if codes:
            member = without_empty(system=codes[0].get("system"), value=codes[0]["code"])
            coverage.setdefault("identifier", []).append(member)
            plan.mapped()
        if text := plan.part(2):
            kind = {"coding": [{"system": _CLASS, "code": "plan"}]}
            coverage.setdefault("class", []).append({"type": kind, "value": plan.part(1) or text, "name": text})
            plan.mapped()
    group, name = segment.first(8), segment.first(9)
    number = group.part(1)
    if number or name.part(1):
        kind = {"coding": [{"system": _CLASS, "code": "group"}]}
        member = {"type": kind, "value": number or name.part(1)} | without_empty(name=name.part(1))
        coverage.setdefault("class", []).append(member)
        for value in (group, name):
            if value:
                value.mapped()


def _policy_holder(segment: Segment, coverage: Element, scene: Scene) -> None:
    employer, number = segment.first(11), segment.first(10)
    resource = organization_of(employer, scene) or {"resourceType": "Organization"}
    found = identifier(number, scene, "")
    if found:
        resource.setdefault("identifier", []).append(found)
    if len(resource) > 1:
        coverage["policyHolder"] = scene.share(resource)
        for value in (employer, number):
            if value:
                value.mapped()


def _herself(segment: Segment, scene: Scene) -> None:
    """IN1-16, 18, 19, 43 of a patient who insures herself: PID says them already, and an address more is added."""
    patient = scene.now["Patient"]
    if segment.first(16):
        segment.first(16).mapped()
    for value in segment.values(19):
        if found := address(value, scene, ""):
            addresses = patient.setdefault("address", [])
            if found not in addresses:
                addresses.append(found)
            value.mapped()
    born, sex = segment.first(18), segment.first(43)
    if born and date(born, scene, "") == patient.get("birthDate"):
        born.mapped()
    if sex and code(sex, scene, "AdministrativeSex") == patient.get("gender"):
        sex.mapped()


def _subscriber(segment: Segment, coverage: Element, scene: Scene) -> None:
    """IN1-16: the patient herself when IN1-17 says so, else a RelatedPerson."""
    relation = segment.text(17).upper()
    if relation in {"SEL", "SELF", "18", "01"}:
        coverage["subscriber"] = scene.refer("Patient")
        _herself(segment, scene)
        return
    parts: list[tuple[Value, str, Any]] = []
    for number, member, convert in ((16, "name", human_name), (19, "address", address), (49, "identifier", identifier)):
        parts += [(value, member, convert(value, scene, "")) for value in segment.values(number)]
    person: Element = {"resourceType": "RelatedPerson", "patient": scene.refer("Patient")}
    for value, member, found in parts:
        if found:
            person.setdefault(member, []).append(found)
            value.mapped()
    born = segment.first(18)
    sex = segment.first(43)
    if len(person) > 2 and (gender := code(sex, scene, "AdministrativeSex")):
        person["gender"] = gender
        sex.mapped()
    if len(person) > 2 and (day := date(born, scene, "")):
        person["birthDate"] = day
        born.mapped()
    if len(person) > 2:
        coverage["subscriber"] = scene.reference(scene.add(person))
