"""Documents: TXA[DocumentReference], OBX[DocumentReference]."""

from __future__ import annotations

from typing import Final

from medshare.conversion.hl7v2 import vocabulary
from medshare.conversion.hl7v2.attachments import PLAIN, encapsulated, media_type, of_text, pointed
from medshare.conversion.hl7v2.datatypes import Element, concept, date_time, entity_identifier, table_coding
from medshare.conversion.hl7v2.engine import apply
from medshare.conversion.hl7v2.scene import Scene
from medshare.conversion.hl7v2.syntax import Segment

_LINES: Final = "lines"
"""Where the lines of an attachment are gathered before it is whole."""


def take_document(segment: Segment, scene: Scene) -> None:
    """TXA[DocumentReference]."""
    document: Element = {
        "resourceType": "DocumentReference",
        "status": "current",
        "subject": scene.refer("Patient"),
        "content": [],
    }
    if encounter := scene.refer("Encounter"):
        document["context"] = {"encounter": [encounter]}
    available = segment.first(19)
    if target := vocabulary.look_up("DocumentAvailabilityStatus", available.part(1)):
        document["status"] = target.code
        available.mapped()
    shape = segment.first(3)
    attachment: Element = {"contentType": media_type("", shape.part(1)) or PLAIN}
    if shape:
        shape.mapped()
    transcribed = segment.first(7)
    if transcribed and (found := date_time(transcribed, scene, "")):
        attachment["creation"] = found
        transcribed.mapped()
    document["content"].append({"attachment": attachment})
    secret = segment.first(18)
    if label := table_coding(scene, secret.part(1), "HL70272"):
        document["securityLabel"] = [{"coding": [label]}]
        secret.mapped()
    parent = segment.first(13)
    if number := entity_identifier(parent, scene, ""):
        document["relatesTo"] = [{"code": "replaces", "target": {"identifier": number}}]
        parent.mapped()
    apply(segment, "DocumentReference", document, scene)
    scene.add(document)
    scene.about = document


def take_document_text(segment: Segment, scene: Scene) -> None:
    """OBX[DocumentReference]: lines of text are one attachment together, in their order; each document is its own."""
    document = scene.now["DocumentReference"]
    kind = segment.text(2).upper()
    contents: list[Element] = document["content"]
    for value in segment.values(5):
        if kind in {"ED", "RP"}:
            found = encapsulated(value, scene, "") if kind == "ED" else pointed(value, scene, "")
        else:
            found = {_LINES: [value.whole()]}
        if not found:
            continue
        _title(segment, found, scene)
        _append(contents, found)
        value.mapped()
    _status(segment, document)
    for number in (2, 3):
        if segment.first(number):
            segment.first(number).mapped()
    when = segment.first(14)
    if when and contents and (said := date_time(when, scene, "")):
        contents[-1]["attachment"].setdefault("creation", said)
        when.mapped()


def _status(segment: Segment, document: Element) -> None:
    """OBX-11: the status of the document where TXA-17 gives none, and said already where they agree."""
    status = segment.first(11)
    found = {"F": "final", "C": "amended", "P": "preliminary"}.get(status.part(1).upper(), "")
    if found and document.setdefault("docStatus", found) == found:
        status.mapped()


def _title(segment: Segment, attachment: Element, scene: Scene) -> None:
    named = concept(segment.first(3), scene, "")
    if named and "title" not in attachment:
        attachment["title"] = named.get("text") or named["coding"][0]["code"]


def _append(contents: list[Element], found: Element) -> None:
    """Add an attachment: in the empty one that TXA began, with the text before it, or as a further one."""
    last = contents[-1]["attachment"]
    if not {"data", "url", _LINES} & last.keys():
        contents[-1]["attachment"] = {**last, **found}
    elif _LINES in last and _LINES in found:
        last[_LINES] += found[_LINES]
    else:
        contents.append({"attachment": found})


def finish_documents(scene: Scene) -> None:
    """Make the lines of text that were gathered one attachment."""
    for entry in scene.entries:
        if entry["resource"]["resourceType"] != "DocumentReference":
            continue
        for content in entry["resource"]["content"]:
            lines = content["attachment"].pop(_LINES, None)
            if lines is not None:
                content["attachment"] |= of_text("\n".join(lines))
