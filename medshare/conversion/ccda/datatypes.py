"""Data types of CDA R2 as data types of FHIR R4, by the rules of C-CDA on FHIR, "Mapping guidance".

Rules by their names in the guide: *CDA id ↔ FHIR identifier*, *CDA Coding ↔ FHIR CodeableConcept*, *OriginalText*,
*CDA ↔ FHIR Quantity*, *Ranges of Physical Quantities*, *Missing Data*. Each function takes elements of CDA and
gives JSON of FHIR, or None when there is nothing to say.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

from lark.exceptions import LarkError

from medshare.conversion.ccda.code_systems import IDENTIFIER_SYSTEMS, URI_OID, URI_SYSTEM, system_of, uri_of
from medshare.conversion.ccda.concept_maps import NULL_FLAVOR
from medshare.conversion.ccda.draft import Draft
from medshare.conversion.ccda.xml import find, find_all
from medshare.intake import Numeral

DATA_ABSENT_REASON: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
UCUM: Final = "http://unitsofmeasure.org"
_CODE: Final = re.compile(r"[^\s]+( [^\s]+)*")
_NUMBER: Final = re.compile(r"([+-]?)0*([0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_NUMBER_WITH_EXPONENT: Final = re.compile(r"(^|[/.(])[0-9]+[+-]")  # 10+3/ul: a number has no exponent in UCUM
_MOST_DIGITS: Final = 60


def absent(node: Any) -> dict[str, Any]:
    """Return an element that says why it is missing (ConceptMap CF-NullFlavorDataAbsentReason)."""
    flavor = "" if node is None else node.get("nullFlavor", "")
    return {"extension": [{"url": DATA_ABSENT_REASON, "valueCode": NULL_FLAVOR.get(flavor, "unknown")}]}


def identifier(node: Any) -> dict[str, Any] | None:
    """Return an II as Identifier (guide, table "CDA id → FHIR Identifier")."""
    root, extension = node.get("root", "").strip(), " ".join(node.get("extension", "").split())
    if root == URI_OID and extension:
        cut = extension.rfind("/" if "://" in extension else ":")
        if cut > 0 and extension[cut + 1 :]:
            return {"system": re.sub(r"\s", "", extension[:cut]), "value": extension[cut + 1 :]}
    if extension:
        return {"system": IDENTIFIER_SYSTEMS.get(root) or uri_of(root) or None, "value": extension}
    if not uri_of(root) or root in IDENTIFIER_SYSTEMS:
        return None  # the system alone names nobody
    return {"system": URI_SYSTEM, "value": uri_of(root)}


def identifiers(draft: Draft, node: Any, path: str = "id") -> list[dict[str, Any]]:
    """Return the identifiers of a statement or role."""
    return [found for item in draft.all(node, path) if (found := identifier(item))]


def token(text: str | None) -> str | None:
    """Return a text that is a `code` of FHIR (no white space but single spaces inside), else None."""
    return text if text and _CODE.fullmatch(text) else None


def coding(draft: Draft, node: Any) -> dict[str, Any] | None:
    """Return the code, system and display of a CD by itself."""
    code, display = node.get("code", "").strip(), " ".join(node.get("displayName", "").split())
    if code and not _CODE.fullmatch(code):
        draft.issue(node, "code-not-understood")
        code = ""
    if not code:
        return None
    return {
        "system": system_of(node.get("codeSystem", "").strip()) or None,
        "version": node.get("codeSystemVersion", "").strip() or None,
        "code": code,
        "display": display or None,
    }


def concept(draft: Draft, node: Any) -> dict[str, Any] | None:
    """Return a CD, CE, CV or CS as CodeableConcept: its code, then its translations; originalText is the text."""
    if node is None:
        return None
    found: list[dict[str, Any]] = []
    for part in (node, *find_all(node, "translation")):
        one = coding(draft, part)
        if one and one not in found:
            found.append(one)
    text = draft.text_of(find(node, "originalText")) or " ".join(node.get("displayName", "").split())
    if not text and not found:
        text = next((part.get("displayName", "") for part in find_all(node, "translation")), "")
    if not found and not text:
        return None
    return {"coding": found, "text": text or None}


def concept_or_absent(draft: Draft, node: Any) -> dict[str, Any]:
    """Return a CodeableConcept that FHIR requires: if there is none, why."""
    return concept(draft, node) or absent(node)


def concepts(draft: Draft, node: Any, path: str) -> list[dict[str, Any]]:
    """Return the CodeableConcepts at a path."""
    return [found for item in draft.all(node, path) if (found := concept(draft, item))]


def number(text: str | None) -> Numeral | None:
    """Return a number as it was written; only what JSON cannot write (+5, .5, 007) is written otherwise."""
    found = _NUMBER.fullmatch((text or "").strip())
    if not found or not (found[2] or found[3] or "0" in (text or "")) or len(found[0]) > _MOST_DIGITS:
        return None
    return Numeral(f"{'-' if found[1] == '-' else ''}{found[2] or '0'}{found[3] or ''}{found[4] or ''}")


def quantity(draft: Draft, node: Any, *, comparator: str = "") -> dict[str, Any] | None:
    """Return a PQ, REAL or INT as Quantity (rule "CDA ↔ FHIR Quantity"); a unit that is not UCUM stays words."""
    if node is None:
        return None
    value = number(node.get("value"))
    if value is None:
        if node.get("value"):
            draft.issue(node, "number-not-understood")
        return None
    return {"value": value, "comparator": comparator or None, **_unit(draft, node)}


def _unit(draft: Draft, node: Any) -> dict[str, Any]:
    unit = " ".join(node.get("unit", "").split())
    said = draft.text_of(find(node, "translation/originalText"))
    if not unit:
        return {"unit": said or None}
    if is_ucum(unit):
        return {"unit": unit, "system": UCUM, "code": unit}
    draft.issue(node, "unit-not-ucum", severity="information")
    return {"unit": said or unit}


def range_or_quantity(draft: Draft, node: Any) -> dict[str, Any]:
    """Return an IVL_PQ as `Range` or as `Quantity` with a comparator (rule "Ranges of Physical Quantities")."""
    low, high, exact = (find(node, name) for name in ("low", "high", "center"))
    bottom, top = quantity(draft, low), quantity(draft, high)
    if bottom and top and low.get("nullFlavor") is None:
        return {"Range": {"low": bottom, "high": top}}
    if top:
        return {"Quantity": quantity(draft, high, comparator="<" if high.get("inclusive") == "false" else "<=")}
    if bottom:
        return {"Quantity": quantity(draft, low, comparator=">" if low.get("inclusive") == "false" else ">=")}
    return {"Quantity": quantity(draft, exact if exact is not None else node)}


def ratio(draft: Draft, node: Any) -> dict[str, Any] | None:
    """Return an RTO as Ratio."""
    if node is None:
        return None
    numerator, denominator = (quantity(draft, find(node, name)) for name in ("numerator", "denominator"))
    return {"numerator": numerator, "denominator": denominator} if numerator and denominator else None


@cache
def is_ucum(unit: str) -> bool:
    """Whether a unit is UCUM, case-sensitive (a kept library has the grammar and the units)."""
    if not unit.isascii() or len(unit) > 100 or _NUMBER_WITH_EXPONENT.search(unit):
        return False
    try:
        _ucum_parser().parse(unit)
    except LarkError:
        return False
    return True


@cache
def _ucum_parser() -> Any:
    from ucumvert import get_ucum_parser

    return get_ucum_parser()
