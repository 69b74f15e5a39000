"""Carrying out the rules of `tables/rules.tsv`: field by field, each with the name of its map in the guide.

A row says: map, field, element, data type map, concept map, and members that stand beside what is set (JSON).
An element is a path; `name[]` appends, `name[0]` is the first of a list, made when it is missing.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from medshare.conversion.hl7v2 import attachments, datatypes, parties, timing, vocabulary
from medshare.conversion.hl7v2.datatypes import ALTERNATE_CODES, Converter, Element
from medshare.conversion.hl7v2.scene import Scene
from medshare.conversion.hl7v2.syntax import Segment, Value

CONVERTERS: Final[dict[str, Converter]] = {
    "ST[string]": datatypes.string,
    "part[string]": datatypes.first_part,
    "ID[boolean]": datatypes.boolean,
    "NM[decimal]": datatypes.decimal,
    "NM[positiveInt]": datatypes.positive_integer,
    "DTM[dateTime]": datatypes.date_time,
    "DTM[date]": datatypes.date,
    "DTM[instant]": datatypes.instant,
    "TM[time]": datatypes.clock,
    "DR[Period]": datatypes.period,
    "CWE[CodeableConcept]": datatypes.concept,
    "CWE[CodeableConcept-Language]": datatypes.language,
    "CWE[Coding]": datatypes.one_coding,
    "CWE[code]": datatypes.code,
    "ST[CodeableConcept]": datatypes.concept_text,
    "CX[Identifier]": datatypes.identifier,
    "EI[Identifier]": datatypes.entity_identifier,
    "EIP[Identifier-PlacerAssignedIdentifier]": datatypes.placer_identifier,
    "EIP[Identifier-FillerAssignedIdentifier]": datatypes.filler_identifier,
    "EIP[Identifier-Group]": datatypes.group_identifier,
    "DLN[Identifier]": datatypes.driving_license,
    "ST[Identifier]": datatypes.plain_identifier,
    "XPN[HumanName]": datatypes.human_name,
    "XPN[string]": datatypes.name_text,
    "XPN[Practitioner]": parties.related_name,
    "XAD[Address]": datatypes.address,
    "XTN[ContactPoint]": datatypes.contact_point,
    "CQ[Quantity]": datatypes.composite_quantity,
    "FT[Annotation]": datatypes.comment,
    "XCN[Practitioner]": parties.practitioner,
    "NDL[Practitioner]": parties.observer,
    "XON[Organization]": parties.organization,
    "HD[Organization]": parties.authority_organization,
    "CWE[Organization]": parties.coded_organization,
    "PL[Location]": parties.location,
    "DLD[Location]": parties.coded_location,
    "TQ[Timing]": timing.quantity_timing,
    "RPT[Timing]": timing.repeat_pattern,
    "ED[Attachment]": attachments.encapsulated,
}
_RENDERED: Final = "http://hl7.org/fhir/StructureDefinition/rendered-value"
_LOOK_BACK: Final = 32
"""Items of a list that are compared with a new one: a hostile message may have many thousands."""
BY_CODE: Final = "(code)"
"""The type of a row whose rule is more than a table says; its function names the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row."""

    map: str
    field: int
    element: str
    type: str
    concepts: str
    beside: Element


@cache
def rules() -> dict[tuple[str, str], tuple[Rule, ...]]:
    """Return the rules by segment and resource: ("PID", "Patient")."""
    found: dict[tuple[str, str], list[Rule]] = defaultdict(list)
    for row in vocabulary.rows("rules.tsv"):
        name, _, resource = row["map"].removesuffix("]").partition("[")
        found[name, resource].append(
            Rule(
                map=row["map"],
                field=int(row["field"].partition("-")[2]),
                element=row["element"],
                type=row["type"],
                concepts=row["concepts"],
                beside=json.loads(row["beside"]) if row["beside"] else {},
            )
        )
    return {key: tuple(rows) for key, rows in found.items()}


def apply(segment: Segment, name: str, target: Element, scene: Scene) -> None:
    """Put what the fields of a segment say into a resource, or into a part of one, by the rules of one map.

    Args:
        segment: Where the fields are.
        name: The map's name in brackets: "Patient" of PID[Patient].
        target: What the elements are elements of.
        scene: The conversion.
    """
    for rule in rules()[segment.name, name]:
        if rule.type == BY_CODE:
            continue
        for value in segment.values(rule.field):
            if _set(target, rule, value, scene):
                value.mapped()


def _set(target: Element, rule: Rule, value: Value, scene: Scene) -> bool:
    found = CONVERTERS[rule.type](value, scene, rule.concepts)
    if found is None and rule.type == "DTM[instant]":
        return _set_less_than_instant(target, rule, value, scene)
    if found is None:
        return rule.type == "CWE[code]" and _set_alternate(target, rule, value, scene)
    return put(target, rule.element, found, rule.beside)


def _set_alternate(target: Element, rule: Rule, value: Value, scene: Scene) -> bool:
    """Keep a sex that no map knows: `unknown`, and what it was beside it (extension alternate-codes)."""
    original = datatypes.concept(value, scene, "")
    if not original or rule.element != "gender" or "gender" in target:
        return False
    target["gender"] = "unknown"
    target["_gender"] = {"extension": [{"url": ALTERNATE_CODES, "valueCodeableConcept": original}]}
    return True


def _set_less_than_instant(target: Element, rule: Rule, value: Value, scene: Scene) -> bool:
    """Keep a date where FHIR wants an instant: as what is shown in its place (extension rendered-value)."""
    found = datatypes.date_time(value, scene, "")
    if not found or "." in rule.element or f"_{rule.element}" in target:
        return False
    target[f"_{rule.element}"] = {"extension": [{"url": _RENDERED, "valueString": found}]}
    return True


def put(target: Element, element: str, value: Any, beside: Element | None = None) -> bool:
    """Set an element, and members beside it; say whether FHIR now says the value.

    A list takes it once more, unless it is among its last ones already; an element of one value keeps the first.
    """
    *path, last = element.split(".")
    node = target
    for step in path:
        node = _down(node, step)
    if last.endswith("[]"):
        items = node.setdefault(last.removesuffix("[]"), [])
        if beside and isinstance(value, dict):
            value = {**beside, **value}
        if value not in items[-_LOOK_BACK:]:
            items.append(value)
        return True
    if beside:
        for name, member in beside.items():
            node.setdefault(name, member)
    if last in node:
        return bool(node[last] == value)
    node[last] = value
    return True


def _down(node: Element, step: str) -> Element:
    name, bracket, _ = step.partition("[")
    if not bracket:
        inner: Element = node.setdefault(name, {})
        return inner
    items: list[Element] = node.setdefault(name, [])
    if step.endswith("[]") or not items:
        items.append({})
    return items[-1] if step.endswith("[]") else items[0]
