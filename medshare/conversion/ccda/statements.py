"""What all clinical statements share: status, authors, performers, comments, reasons, and what is nested in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from medshare.conversion.ccda.datatypes import concept, identifiers
from medshare.conversion.ccda.draft import Draft
from medshare.conversion.ccda.people import author, fit, performer, references
from medshare.conversion.ccda.times import moment, single
from medshare.conversion.ccda.xml import find, find_all, name_of, templates

ROOT: Final = "2.16.840.1.113883.10.20.22.4."
"""What the identifiers of C-CDA's entry templates begin with."""
STATEMENTS: Final = frozenset(
    ("act", "encounter", "observation", "organizer", "procedure", "substanceAdministration", "supply")
)
_RELATIONS: Final = ("entryRelationship", "component")
_PEOPLE: Final = ("Practitioner", "PractitionerRole", "Patient", "RelatedPerson")
_COMMENT: Final = "48767-8"
_INDICATION: Final = "19"


def template(*numbers: str) -> frozenset[str]:
    """Return entry templates by the last number of their identifiers."""
    return frozenset(ROOT + number for number in numbers)


def nested(node: Any, *, kind: str = "") -> Iterator[tuple[Any, Any]]:
    """Give each relation of a statement with the statement at its other end, in document order.

    Args:
        node: A clinical statement.
        kind: Only relations of this `typeCode`.
    """
    for relation in (item for name in _RELATIONS for item in find_all(node, name)):
        if kind and relation.get("typeCode") != kind:
            continue
        for child in relation:
            if isinstance(child.tag, str) and name_of(child) in STATEMENTS:
                yield relation, child


def nested_with(node: Any, *numbers: str) -> list[Any]:
    """Return the nested statements that claim one of these templates."""
    wanted = template(*numbers)
    return [child for _, child in nested(node) if templates(child) & wanted]


def nested_coded(node: Any, *codes: str) -> list[Any]:
    """Return the nested statements whose code is one of these (the guide finds statements by code, not template)."""
    return [child for _, child in nested(node) if code_of(child) in codes]


def code_of(node: Any) -> str:
    """Return the bare code of a statement."""
    code = find(node, "code")
    return "" if code is None else str(code.get("code", ""))


def is_negated(node: Any) -> bool:
    """Whether a statement says that something is not so, or was not done."""
    return bool(node.get("negationInd") == "true")


def status(draft: Draft, node: Any, table: Mapping[str, str], default: str) -> str:
    """Return the status of a statement by one of the guide's ConceptMaps."""
    code = draft.one(node, "statusCode")
    return table.get("" if code is None else code.get("code", ""), default)


def notes(draft: Draft, node: Any) -> list[dict[str, Any]]:
    """Return the comments of a statement (rule "Comment → Annotation")."""
    found: list[dict[str, Any]] = []
    for comment in nested_coded(node, _COMMENT):
        text = draft.text_of(draft.one(comment, "text"))
        draft.begun.add(comment)
        draft.one(comment, "code")
        if text:
            who = [_writer(draft, author(draft, item)) for item in find_all(comment, "author")]
            when = [moment(draft, draft.take(item)) for item in find_all(comment, "author/time")]
            found.append(
                {
                    "authorReference": {"reference": who[0]} if who and who[0] else None,
                    "time": next((said for said in when if said), None),
                    "text": text,
                }
            )
    return found


def _writer(draft: Draft, url: str) -> str:
    """Return who wrote a comment: Annotation takes the person, not the role."""
    found = draft.resource(url) if url else {}
    if found.get("resourceType") == "PractitionerRole":
        return str(found.get("practitioner", {}).get("reference", ""))
    return url if found.get("resourceType") in {"Practitioner", "Organization", "Patient", "RelatedPerson"} else ""


def authors(draft: Draft, node: Any) -> tuple[list[dict[str, Any]], str | None]:
    """Return the authors of a statement in order of their times, and the earliest time."""
    found = find_all(node, "author")
    timed = sorted(
        ((single(draft, draft.one(item, "time")) or "", number, item) for number, item in enumerate(found)),
        key=lambda triple: triple[:2],
    )
    times = [said for said, _, _ in timed if said]
    return references([author(draft, item) for _, _, item in timed]), times[0] if times else None


def recorder(draft: Draft, *nodes: Any) -> dict[str, Any]:
    """Return recorder and recordedDate: the latest author who is a person, and the earliest time.

    Args:
        draft: The document.
        nodes: The observation, and the act around it, whose authors count as well (guide, Problems and Allergies).
    """
    found = [authors(draft, node) for node in nodes if node is not None]
    people = [item for writers, _ in found for item in fit(draft, writers, *_PEOPLE)[::-1]]
    times = [time for _, time in found if time]
    return {"recorder": first(people), "recordedDate": min(times, default=None)}


def performers(draft: Draft, node: Any) -> list[dict[str, Any]]:
    """Return the performers of a statement."""
    return references([performer(draft, item) for item in find_all(node, "performer")])


def reasons(draft: Draft, node: Any) -> list[dict[str, Any]]:
    """Return the indications of a statement (rule "Indication": RSON, the observation's value)."""
    found: list[dict[str, Any]] = []
    for _, child in nested(node, kind="RSON"):
        value = find(child, "value")
        said = concept(draft, value)
        if said and ROOT + _INDICATION in templates(child):
            draft.begun.add(child)
            draft.take(value)
            found.append(said)
    return found


def common(draft: Draft, node: Any) -> dict[str, Any]:
    """Return what nearly every clinical resource has: identifiers, the subject and comments."""
    text = find(node, "text")
    if text is not None:
        draft.take(text)  # its words stand in the section's narrative
    return {"identifier": identifiers(draft, node), "note": notes(draft, node)}


def subject(draft: Draft) -> dict[str, Any]:
    """Return the reference to the patient."""
    return {"reference": draft.patient}


def category(system: str, code: str) -> list[dict[str, Any]]:
    """Return one category of HL7's terminology; none without a code."""
    if not code:
        return []
    return [{"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{system}", "code": code}]}]


def first(items: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the first, or None."""
    return items[0] if items else None
