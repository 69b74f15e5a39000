"""The text of a section: what its entries say, for people, as XHTML that holds no markup of theirs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Final

from medshare.exchange.ips.sections import time_of
from medshare.intake.json_text import Numeral

XHTML: Final = "http://www.w3.org/1999/xhtml"
NO_INFORMATION: Final = "No information available."
_ABOUT: Final = ("code", "vaccineCode", "medicationCodeableConcept", "medicationReference", "device", "type")
_BARE: Final = "No words"


def words_of(value: Any) -> str:
    """Return the words of a CodeableConcept, a Coding or a Reference; empty where it has none."""
    if isinstance(value, list):
        return next((words for words in map(words_of, value) if words), "")
    if not isinstance(value, dict):
        return ""
    codings = value.get("coding")
    codings = [one for one in codings if isinstance(one, dict)] if isinstance(codings, list) else []
    for holder in (value, *codings):
        for name in ("text", "display"):
            if isinstance(holder.get(name), str):
                return str(holder[name])
    return str(codings[0].get("code", "")) if codings else ""


def name_of(resource: Mapping[str, Any]) -> str:
    """Return the words by which something that is referred to is known: its code or type, or a name as text."""
    about = next((words for name in ("code", "type") if (words := words_of(resource.get(name)))), "")
    return about or (str(resource["name"]) if isinstance(resource.get("name"), str) else "")


def line_of(resource: Mapping[str, Any]) -> str:
    """Return one line on a resource: what it is about, value, status, time."""
    components = resource.get("component")
    components = components if isinstance(components, list) else []
    about = next((words for name in _ABOUT if (words := words_of(resource.get(name)))), _BARE)
    pieces = [about, *filter(None, (value_of(resource), *map(_component, components)))]
    status = words_of(resource.get("clinicalStatus")) or resource.get("status")
    if isinstance(status, str) and status not in {"final", "completed"}:
        pieces.append(status)
    if when := time_of(resource):
        pieces.append(when[:10])
    return ", ".join(pieces)


def value_of(resource: Mapping[str, Any]) -> str:
    """Return the value of an Observation or of a component, as it was written."""
    quantity = resource.get("valueQuantity")
    if isinstance(quantity, dict) and isinstance(quantity.get("value"), int | Numeral):
        number = quantity["value"]
        text = number.text if isinstance(number, Numeral) else str(number)
        return f"{quantity.get('comparator', '')}{text} {quantity.get('unit') or quantity.get('code') or ''}".strip()
    if isinstance(resource.get("valueString"), str):
        return str(resource["valueString"])
    return words_of(resource.get("valueCodeableConcept"))


def _component(value: Any) -> str:
    return f"{words_of(value.get('code'))} {value_of(value)}".strip() if isinstance(value, dict) else ""


def as_div(lines: Iterable[str]) -> str:
    """Return lines as a list in a narrative's `div`."""
    items = "".join(f"<li>{escape(line, quote=False)}</li>" for line in lines)  # [F-004]
    inner = f"<ul>{items}</ul>" if items else f"<p>{NO_INFORMATION}</p>"
    return f'<div xmlns="{XHTML}">{inner}</div>'
