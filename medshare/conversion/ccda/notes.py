"""Clinical notes and unstructured bodies (C-CDA on FHIR, "Notes"): to DocumentReference."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

from medshare.conversion.ccda.datatypes import concept, concept_or_absent, identifiers, token
from medshare.conversion.ccda.draft import Draft
from medshare.conversion.ccda.narrative import as_xhtml
from medshare.conversion.ccda.people import references
from medshare.conversion.ccda.statements import authors, subject
from medshare.conversion.ccda.times import instant, period
from medshare.conversion.ccda.xml import find

_CATEGORY: Final = "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category"


def note(draft: Draft, node: Any, focus: str) -> str:
    """Add the DocumentReference of a Note Activity; nothing when its text cannot be read."""
    del focus
    attachment = attached(draft, find(node, "text"))
    if attachment is None:
        return ""
    draft.one(node, "text")
    draft.one(node, "statusCode")
    code = draft.one(node, "code")
    writers, _ = authors(draft, node)
    kind = concept(draft, code)
    if kind and len(kind["coding"]) > 1:  # the code is always "Note"; what kind of note is a translation
        kind["coding"] = kind["coding"][1:]
    said = instant(draft, find(node, "author/time"))
    return draft.add(
        {
            "resourceType": "DocumentReference",
            "identifier": identifiers(draft, node),
            "status": "current",
            "type": kind,
            "category": [{"coding": [{"system": _CATEGORY, "code": "clinical-note"}]}],
            "subject": subject(draft),
            "date": said,
            "author": writers,
            "content": [{"attachment": attachment}],
            "context": {"period": period(draft, draft.one(node, "effectiveTime"))},
        },
        node,
    )


def unstructured(draft: Draft, node: Any) -> str:
    """Add the DocumentReference of a nonXMLBody; nothing when its content cannot be read."""
    attachment = attached(draft, find(node, "text"))
    if attachment is None:
        return ""
    draft.one(node, "text")
    code = find(draft.root, "code")
    return draft.add(
        {
            "resourceType": "DocumentReference",
            "status": "current",
            "type": concept_or_absent(draft, code),
            "category": [{"coding": [{"system": _CATEGORY, "code": "clinical-note"}]}],
            "subject": subject(draft),
            "author": references(draft.writers),
            "date": instant(draft, find(draft.root, "effectiveTime")),
            "content": [{"attachment": attachment}],
        },
        node,
    )


def attached(draft: Draft, node: Any) -> dict[str, Any] | None:
    """Return an ED as Attachment (rule "CDA ED → FHIR Attachment"); None when there is nothing to attach."""
    if node is None:
        return None
    kind = token(node.get("mediaType"))
    if node.get("representation") == "B64":
        data = _base64(draft, node)
        return {"contentType": kind, "language": token(node.get("language")), "data": data} if data else None
    reference = find(node, "reference")
    target = draft.narrative_of(node)
    if target is not None:
        page = as_xhtml(target)
        return _encoded("application/xhtml+xml", page) if draft.spend(node, len(page)) else None
    if reference is not None and reference.get("value", "") and not reference.get("value").startswith("#"):
        return {"contentType": kind, "url": "".join(reference.get("value").split())}
    text = "".join(node.itertext()).strip()
    return _encoded(kind or "text/plain", text) if text else None


def _encoded(kind: str, text: str) -> dict[str, Any] | None:
    return {"contentType": kind, "data": base64.b64encode(text.encode()).decode("ascii")} if text else None


def _base64(draft: Draft, node: Any) -> str:
    data = "".join("".join(node.itertext()).split())
    try:
        base64.b64decode(data, validate=True)
    except binascii.Error:
        draft.issue(node, "attachment-not-readable")
        return ""
    return data
