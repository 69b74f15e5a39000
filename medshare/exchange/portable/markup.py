"""HTML whose words cannot become markup: only `element` makes markup, and it escapes every string."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_ALONE: Final = frozenset(("meta", "br"))
_STYLE: Final = (
    "body{font:1rem/1.5 sans-serif;max-width:60rem;margin:auto;padding:1rem;color:#111;background:#fff}"
    "table{border-collapse:collapse;width:100%}caption{text-align:left;font-weight:bold}"
    "th,td{border:1px solid #767676;padding:.25rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere}dt{font-weight:bold}dd{margin-left:1rem}a{color:#0b57d0}"
)
_POLICY: Final = "default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True, slots=True)
class Markup:
    """Markup that `element` made."""

    text: str


def element(name: str, *inner: Markup | str, **attributes: str) -> Markup:
    """Return an element; strings in it and its attributes are escaped, `_` ends a name that is a word of Python."""
    begin = "".join(f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"' for key, value in attributes.items())
    if name in _ALONE:
        return Markup(f"<{name}{begin}>")
    body = "".join(one.text if isinstance(one, Markup) else escape(one) for one in inner)  # [F-004]
    return Markup(f"<{name}{begin}>{body}</{name}>")


def table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[Markup | str]]) -> Markup:
    """Return a table that a screen reader can read: a caption, and heads with a scope."""
    head = element("tr", *(element("th", one, scope="col") for one in heads))
    body = [element("tr", *(element("td", cell) for cell in row)) for row in rows]
    return element("table", element("caption", caption), element("thead", head), element("tbody", *body))


def page(title: str, language: str, *main: Markup) -> bytes:
    """Return a whole page: nothing is loaded, nothing runs, and a policy says so."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    head = element(
        "head",
        element("meta", charset="utf-8"),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY.format(digest=digest))}">'),
        element("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        Markup(f"<style>{_STYLE}</style>"),
    )
    body = element("body", element("main", element("h1", title), *main))
    return f"<!DOCTYPE html>\n{element('html', head, body, lang=language).text}\n".encode()
