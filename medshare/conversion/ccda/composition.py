"""The document itself: ClinicalDocument to Composition, its sections with their narratives (FHIR R4, Composition).

C-CDA on FHIR, "Narrative Text": the words of a section count more than its entries, so all of them are kept.
"""

from __future__ import annotations

from typing import Any, Final

from medshare.conversion.ccda.datatypes import absent, coding, concept, concept_or_absent, identifier
from medshare.conversion.ccda.draft import Draft, words
from medshare.conversion.ccda.entries import convert_statement
from medshare.conversion.ccda.languages import language
from medshare.conversion.ccda.narrative import as_narrative
from medshare.conversion.ccda.notes import unstructured
from medshare.conversion.ccda.people import author, references
from medshare.conversion.ccda.statements import STATEMENTS, code_of
from medshare.conversion.ccda.tally import count_elements
from medshare.conversion.ccda.times import moment, period
from medshare.conversion.ccda.xml import find, find_all, name_of
from medshare.conversion.item import Coverage

_RELATES: Final = {"RPLC": "replaces", "APND": "appends", "XFRM": "transforms"}
_CONFIDENTIALITY: Final = "2.16.840.1.113883.5.25"
_EMPTY: Final = {
    "NI": "unavailable",
    "NASK": "notasked",
    "MSK": "withheld",
    "UNK": "unavailable",
    "NAV": "unavailable",
}


class Tally:
    """The two counts of a document: entries, and elements within entries."""

    def __init__(self) -> None:
        self.entries = Coverage(elements=0, mapped=0)
        self.elements = Coverage(elements=0, mapped=0)

    def entry(self, *, mapped: bool) -> None:
        """Count one entry or header participant."""
        self.entries += Coverage(elements=1, mapped=int(mapped))


def add_composition(draft: Draft, tally: Tally, *, custodian: str, attesters: list[dict[str, Any]], visit: str) -> str:
    """Add the Composition with its sections, and return its full URL."""
    root = draft.root
    time = find(root, "effectiveTime")
    date = moment(draft, time)
    number = find(root, "setId") if find(root, "setId") is not None else find(root, "id")
    confidentiality = find(root, "confidentialityCode")
    title = find(root, "title")
    code = find(root, "code")
    return draft.add(
        {
            "resourceType": "Composition",
            "language": language(find(root, "languageCode")),
            "identifier": identifier(number) if number is not None else None,
            "status": "final",
            "type": concept_or_absent(draft, code),
            "subject": {"reference": draft.patient},
            "encounter": {"reference": visit} if visit else None,
            **({"date": date} if date else {"_date": absent(time)}),
            "author": references(draft.writers) or [{"display": "not named"}],
            "title": (words(title) if title is not None else "")
            or (code is not None and code.get("displayName"))
            or "Document",
            "confidentiality": _confidentiality(confidentiality),
            "attester": attesters,
            "custodian": {"reference": custodian} if custodian else None,
            "relatesTo": [_related(node) for node in find_all(root, "relatedDocument")],
            "event": [_event(draft, node) for node in find_all(root, "documentationOf/serviceEvent")],
            "section": _body(draft, tally),
        },
        root,
    )


def labels(draft: Draft, node: Any) -> list[dict[str, Any]]:
    """Return the label of a confidentialityCode that is stricter than normal (R or V)."""
    code = find(node, "confidentialityCode")
    said = coding(draft, code) if code is not None else None
    return [said] if said and said["code"] in {"R", "V"} and code.get("codeSystem") == _CONFIDENTIALITY else []


def _confidentiality(node: Any) -> str | None:
    code = "" if node is None else node.get("code", "")
    return code if code in {"U", "L", "M", "N", "R", "V"} else None


def _related(node: Any) -> dict[str, Any] | None:
    """Return the document that this one replaces, appends or transforms; FHIR's code of a transformation differs."""
    code = _RELATES.get(node.get("typeCode", ""))
    parent = find(node, "parentDocument/id")
    known = identifier(parent) if parent is not None else None
    return {"code": code, "targetIdentifier": known} if code and known else None


def _event(draft: Draft, node: Any) -> dict[str, Any] | None:
    kind, span = concept(draft, find(node, "code")), period(draft, find(node, "effectiveTime"))
    return {"code": [kind], "period": span} if kind or span else None


def _body(draft: Draft, tally: Tally) -> list[dict[str, Any] | None]:
    plain = find(draft.root, "component/nonXMLBody")
    if plain is not None:
        url = unstructured(draft, plain)
        tally.entry(mapped=bool(url))
        if not url:
            draft.issue(plain, "not-mapped")
            return []
        return [{"title": "Document", "entry": [{"reference": url}]}]
    return [_section(draft, tally, node) for node in find_all(draft.root, "component/structuredBody/component/section")]


def _section(draft: Draft, tally: Tally, node: Any) -> dict[str, Any] | None:
    """Return a section and add its entries; a section that says nothing and is not known to be empty is left out."""
    outer, outer_labels = draft.section_code, draft.labels
    draft.section_code = code_of(node)
    draft.label(labels(draft, node) or outer_labels)
    entries = [url for entry in find_all(node, "entry") if (url := _entry(draft, tally, entry))]
    inner = [_section(draft, tally, child) for child in find_all(node, "component/section")]
    draft.section_code = outer
    draft.label(outer_labels)
    title = find(node, "title")
    said = {
        "title": words(title) if title is not None else None,
        "code": concept(draft, find(node, "code")),
        "author": references([author(draft, item) for item in find_all(node, "author")]),
        "text": as_narrative(find(node, "text")),
        "entry": references(entries),
        "section": [section for section in inner if section],
    }
    reason = _EMPTY.get(node.get("nullFlavor", ""))
    if reason and not entries:
        system = "http://terminology.hl7.org/CodeSystem/list-empty-reason"
        said["emptyReason"] = {"coding": [{"system": system, "code": reason}]}
    return said if said["text"] or entries or said["section"] else None  # FHIR R4, cmp-1


def _entry(draft: Draft, tally: Tally, entry: Any) -> str:
    """Add what an entry says and count it; an entry without a statement holds nothing."""
    statement = next((child for child in entry if name_of(child) in STATEMENTS), None)
    if statement is None:
        if len(entry):
            draft.issue(entry, "not-mapped")
            tally.entry(mapped=False)
        return ""
    url = convert_statement(draft, statement)
    tally.entry(mapped=bool(url))
    tally.elements += count_elements(draft, entry)
    if not url:
        draft.issue(entry, "not-mapped")
    return url
