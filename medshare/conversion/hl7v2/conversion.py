"""From a message to FHIR: its segments in their order, each to the rule of its name, then what was not said."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import tzinfo
from typing import Final

from medshare.conversion.hl7v2.documents import finish_documents, take_document, take_document_text
from medshare.conversion.hl7v2.errors import NoPatientError, SeveralPatientsError, UnsupportedTypeError
from medshare.conversion.hl7v2.header import take_event, take_header, take_software
from medshare.conversion.hl7v2.medication import take_administration, take_prescription, take_route
from medshare.conversion.hl7v2.observations import take_note, take_observation
from medshare.conversion.hl7v2.orders import (
    settle_times,
    take_observation_request,
    take_order,
    take_specimen,
    take_timing,
)
from medshare.conversion.hl7v2.people import (
    take_demographics,
    take_guarantor,
    take_insurance,
    take_patient,
    take_relative,
)
from medshare.conversion.hl7v2.scene import Scene, segment_path
from medshare.conversion.hl7v2.standard import dictionary_for, field_types, is_standard
from medshare.conversion.hl7v2.syntax import Message, Segment, Value
from medshare.conversion.hl7v2.times import read_moment, zone_named
from medshare.conversion.hl7v2.visits import (
    take_allergy,
    take_diagnosis,
    take_participation,
    take_procedure,
    take_visit,
    take_visit_more,
)
from medshare.conversion.item import Converted, Coverage, Identifier, SourceItem

TYPES: Final = {
    "ADT": frozenset(
        f"A{number:02}"
        for number in (*range(1, 17), *range(21, 24), *range(25, 30), *range(31, 34), 38, *range(52, 56))
    )
    | {"A60"},
    "ORU": frozenset(("R01", "R30", "R31", "R32", "R40")),
    "ORM": frozenset(("O01",)),
    "OML": frozenset(("O21", "O33", "O35")),
    "OMG": frozenset(("O19",)),
    "OMP": frozenset(("O09",)),
    "RDE": frozenset(("O11", "O01")),
    "MDM": frozenset(f"T{number:02}" for number in range(1, 12)),
    "VXU": frozenset(("V04",)),
}
"""Message types and events that are about one patient and whose segments are mapped. A17, A24, A30, A34 to A37 and
A39 to A51 are about two patients or numbers of them."""

Rule = Callable[[Segment, Scene], None]
_RULES: Final[dict[str, Rule]] = {
    "MSH": take_header,
    "SFT": take_software,
    "EVN": take_event,
    "PID": take_patient,
    "PD1": take_demographics,
    "NK1": take_relative,
    "GT1": take_guarantor,
    "IN1": take_insurance,
    "PV1": take_visit,
    "PV2": take_visit_more,
    "DG1": take_diagnosis,
    "PR1": take_procedure,
    "AL1": take_allergy,
    "IAM": take_allergy,
    "ROL": take_participation,
    "PRT": take_participation,
    "ORC": take_order,
    "OBR": take_observation_request,
    "TQ1": take_timing,
    "SPM": take_specimen,
    "OBX": take_observation,
    "NTE": take_note,
    "TXA": take_document,
    "RXA": take_administration,
    "RXR": take_route,
    "RXO": take_prescription,
    "RXE": take_prescription,
}
_SYNTAX: Final = {("MSH", 1), ("MSH", 2), ("RXA", 1), ("RXA", 2)}
"""Separators, and counters of repeated segments like the set IDs (data type SI): the order of entries says them. They
are no elements."""
_AFTER_DOCUMENT: Final = {"MDM"}


def convert_message(message: Message, item: SourceItem, *, zone: tzinfo | None) -> Converted:
    """Return what a message says in FHIR.

    Args:
        message: As it was parsed.
        item: Where it came from.
        zone: Of times without one; None when nobody says.

    Raises:
        UnsupportedTypeError: Its type and event are not mapped.
        NoPatientError, SeveralPatientsError: It is not about one patient.
    """
    header = message.header
    kind, event = _trigger(message)
    if event not in TYPES.get(kind, ()):
        raise UnsupportedTypeError
    patients = [segment for segment in message.segments if segment.name == "PID"]
    if len(patients) > 1:
        raise SeveralPatientsError(count=len(patients))
    if not patients or not any(patients[0].first(number) for number in (2, 3, 4, 5)):
        raise NoPatientError
    sent = read_moment(header.text(7))
    version = header.text(12)
    scene = Scene(
        message=message,
        digest=hashlib.sha256(item.content).hexdigest(),
        version=dictionary_for(version),
        zone=zone_named(sent.zone if sent else "") or zone,
        authority=header.text(4) or header.text(3),
        trigger=(kind, event),
    )
    _tell_reading(message, scene, version)
    for segment in message.segments:
        _rule_for(segment, scene)(segment, scene)
    finish_documents(scene)
    settle_times(scene)
    coverage = _cover(message, scene)
    patient = scene.now["Patient"]
    identifiers = [Identifier(one.get("system", ""), one["value"]) for one in patient.get("identifier", [])]
    return Converted(
        item=item,
        patient=tuple(dict.fromkeys(identifiers)),
        entries=tuple(scene.entries),
        issues=tuple(scene.issues),
        coverage=coverage,
    )


def _trigger(message: Message) -> tuple[str, str]:
    """Return MSH-9.1 and MSH-9.2; before version 2.3 the event stands in EVN-1 or in the type itself."""
    header = message.header
    kind, event = header.text(9, 1).upper(), header.text(9, 2).upper()
    if not event:
        named = next((segment.text(1) for segment in message.segments if segment.name == "EVN"), "")
        only = {"ORU": "R01", "ORM": "O01", "VXU": "V04"}
        event = named.upper() or only.get(kind, "")
    return kind, event


def _rule_for(segment: Segment, scene: Scene) -> Rule:
    if segment.name == "OBX" and scene.trigger[0] in _AFTER_DOCUMENT and "DocumentReference" in scene.now:
        return take_document_text
    needs_patient = segment.name not in {"MSH", "SFT", "EVN", "PID"}
    if needs_patient and "Patient" not in scene.now:
        return _take_nothing
    return _RULES.get(segment.name, _take_nothing)


def _take_nothing(segment: Segment, scene: Scene) -> None:
    """A segment without a rule: each of its fields is told below, a local one as a whole."""
    if not is_standard(segment.name, scene.version):
        scene.tell(
            "information",
            segment_path(segment),
            "local-segment",
            "This segment is the sender's own; FHIR does not say what it means.",
        )


def _tell_reading(message: Message, scene: Scene, version: str) -> None:
    if message.assumed:
        scene.tell(
            "information",
            "MSH[1]-18",
            "charset-assumed",
            "MSH-18 names no character set; the text was read as UTF-8, and it is.",
            "Let the sender name the character set.",
        )
    if message.continued:
        scene.tell(
            "warning",
            "MSH[1]",
            "line-continued",
            "There are line ends inside fields; the lines were put together.",
            "Let the sender write line ends in text as an escape sequence.",
        )
    if dictionary_for(version) != version:
        scene.tell(
            "information",
            "MSH[1]-12",
            "version-unknown",
            "This version of HL7 v2 is not known; the message was read as the newest that is.",
            "Check MSH-12.",
        )


def _cover(message: Message, scene: Scene) -> Coverage:
    """Count the fields that hold something, a repetition each, and tell those that FHIR does not say."""
    elements = mapped = 0
    for segment in message.segments:
        if not is_standard(segment.name, scene.version):
            continue
        types = field_types(segment.name, scene.version)
        for number in range(1, len(segment.fields)):
            if (segment.name, number) in _SYNTAX or types[number - 1 : number] == ("SI",):
                continue
            for value in segment.values(number):
                elements += 1
                if value.place in message.trace.mapped:
                    mapped += 1
                    _tell_components(value, scene)
                else:
                    scene.tell(
                        "information",
                        scene.path_of(value),
                        "not-mapped",
                        "FHIR does not say this field, by the rules that are named in the README of the converter.",
                    )
        for number in segment.nulls():
            scene.tell(
                "information",
                f"{segment_path(segment)}-{number}",
                "null",
                "This field says that its value is to be deleted; there is nothing to delete in a new document.",
                "Correct the record itself if something has to go.",
            )
    return Coverage(elements=elements, mapped=mapped)


def _tell_components(value: Value, scene: Scene) -> None:
    looked = scene.message.trace.components.get(value.place, set())
    if 0 in looked:
        return
    for component in value.held():
        if component not in looked:
            scene.tell(
                "information",
                f"{scene.path_of(value)}.{component}",
                "component-not-mapped",
                "FHIR does not say this component; the rest of the field is mapped.",
            )
