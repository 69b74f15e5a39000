"""Narrative blocks of CDA as XHTML that FHIR allows (C-CDA on FHIR, "Narrative Text"; FHIR R4, Narrative, txt-1).

Only the elements and attributes below come out, built anew; styles, scripts, links to elsewhere and images do not.
"""

from __future__ import annotations

from html import escape
from typing import Any, Final

from medshare.conversion.ccda.draft import words
from medshare.conversion.ccda.xml import find, find_all, name_of

XHTML: Final = "http://www.w3.org/1999/xhtml"

_TABLE: Final = frozenset(("table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption", "colgroup", "col"))
_AS: Final = {
    "paragraph": "p",
    "content": "span",
    "item": "li",
    "sub": "sub",
    "sup": "sup",
    "br": "br",
    "linkHtml": "span",
    "footnote": "span",
    "footnoteRef": "span",
    "renderMultiMedia": "span",
    **{name: name for name in _TABLE},
}
_SPAN_ATTRIBUTES: Final = ("colspan", "rowspan")
_EMPTY_ELEMENTS: Final = frozenset(("br", "col"))


def as_xhtml(node: Any) -> str:
    """Return a narrative block as one `div`; nothing when it has no words (txt-2)."""
    if node is None or not words(node):
        return ""
    return f'<div xmlns="{XHTML}">{_inside(node)}</div>'


def as_narrative(node: Any) -> dict[str, Any] | None:
    """Return a narrative block as Narrative; None when it has no words."""
    div = as_xhtml(node)
    return {"status": "generated", "div": div} if div else None


def _inside(node: Any) -> str:
    pieces = [escape(node.text or "", quote=False)]
    for part in node:
        pieces += [_element(part), escape(part.tail or "", quote=False)]
    return "".join(pieces)


def _element(node: Any) -> str:
    name = name_of(node)
    if name == "list":
        return _list(node)
    tag = _AS.get(name)
    if tag is None:
        return _inside(node)
    if tag in _EMPTY_ELEMENTS:
        return f"<{tag}/>"
    if name == "caption" and name_of(node.getparent()) != "table":
        return f"<b>{_inside(node)}</b>"
    if tag == "table":
        return _table(node)
    attributes = "".join(
        f' {key}="{node.get(key)}"' for key in _SPAN_ATTRIBUTES if name in _TABLE and node.get(key, "").isdecimal()
    )
    return f"<{tag}{attributes}>{_inside(node)}</{tag}>"


def _list(node: Any) -> str:
    tag = "ol" if node.get("listType") == "ordered" else "ul"
    caption = find(node, "caption")
    before = "" if caption is None else f"<b>{_inside(caption)}</b>"
    items = "".join(f"<li>{_inside(item)}</li>" for item in find_all(node, "item"))
    return f"{before}<{tag}>{items}</{tag}>" if items else before


def _table(node: Any) -> str:
    """Return a table without the text between its rows, which XHTML does not allow there."""
    return f"<table>{''.join(_element(part) for part in node)}</table>"
