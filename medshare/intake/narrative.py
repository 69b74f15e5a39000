"""A plain narrative made from what remains in a resource."""

from __future__ import annotations

from html import escape
from typing import Any, Final

from medshare.intake.json_text import Numeral

_ABOUT: Final = ("code", "vaccineCode", "medicationCodeableConcept", "type", "category")
_WHEN: Final = (
    "effectiveDateTime",
    "performedDateTime",
    "onsetDateTime",
    "occurrenceDateTime",
    "authoredOn",
    "created",
)
_XHTML: Final = "http://www.w3.org/1999/xhtml"


def summarise(resource: dict[str, Any]) -> str:
    """Return one XHTML `div`: type, what it is about, status, value, date; only from coded elements."""
    pieces = [str(resource["resourceType"])]
    for name in _ABOUT:
        words = _words(resource.get(name))
        if words:
            pieces.append(words)
            break
    if isinstance(resource.get("status"), str):
        pieces.append(resource["status"])
    quantity = resource.get("valueQuantity")
    if isinstance(quantity, dict) and isinstance(quantity.get("value"), int | Numeral):
        value = quantity["value"]
        pieces.append(f"{value.text if isinstance(value, Numeral) else value} {quantity.get('unit', '')}".strip())
    pieces += [resource[name] for name in _WHEN if isinstance(resource.get(name), str)][:1]
    return in_div(". ".join(pieces) + ".")


def in_div(text: str) -> str:
    """Return text as a narrative's `div`."""
    return f'<div xmlns="{_XHTML}">{escape(text, quote=False)}</div>'


def _words(concept: Any) -> str:
    """Return the words of a CodeableConcept, or of the first of a list."""
    if isinstance(concept, list):
        concept = concept[0] if concept else None
    if not isinstance(concept, dict):
        return ""
    codings = concept.get("coding")
    for holder in (concept, *(codings if isinstance(codings, list) else [])):
        for name in ("text", "display"):
            if isinstance(holder, dict) and isinstance(holder.get(name), str):
                return str(holder[name])
    return ""
