"""The pages of an export: a contents page, and the record as a person reads it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from itertools import groupby
from typing import Any, Final

from medshare.consent.names import category_name
from medshare.exchange.ips.narrative import line_of
from medshare.exchange.ips.sections import time_of
from medshare.exchange.portable.markup import Markup, element, page, table
from medshare.exchange.portable.record import OwnRecord
from medshare.hexadecimal import to_hex
from medshare.intake.json_text import Numeral
from medshare.locale import say, translate

LONGEST: Final = 2000
"""Characters of a text that is shown whole; a longer one is in the machine-readable file."""
PAGE_TEXTS: Final[dict[str, str]] = {
    "title": "Your medical record",
    "made": "Put together on {time} for {patient}.",
    "count": "{count} documents listed, {received} received.",
    "documents": "Documents",
    "record": "The record, entry by entry",
    "consents": "Consents",
    "looks": "Who looked",
    "missing": "What is missing",
    "files": "For programs",
    "category": "category",
    "from": "from",
    "day": "day",
    "file": "file",
    "to": "to",
    "state": "state",
    "words": "The words that were signed",
    "time": "time",
    "who": "who",
    "what": "what",
    "why": "why",
    "allowed": "allowed by",
    "receipt": "receipt",
    "document": "document",
    "nothing": "There is nothing.",
    "long": "A text of {count} characters, in the file for programs.",
    "apart": "{count} references and texts stay apart: the document that holds the other side is not here.",
    "fhir": "FHIR R4: one Bundle, and one file for each kind of entry.",
    "summary": "The International Patient Summary, FHIR R4.",
    "proof": "The receipts with their proofs: anybody verifies them without you.",
    "unproven": "There is no proof of the receipts: {why}",
}


def contents_page(record: OwnRecord, files: Mapping[str, str]) -> bytes:
    """Return the contents page; `files` are the names of the documents' files, by the document's stem."""
    say_ = _Speaker(record.language)
    listed = len(record.documents) + len(record.missing)
    documents = [
        (category_name(one.category, record.language), one.provider, _day(one.at), _link(files[one.stem]))
        for one in record.documents
    ]
    looks = [(_time(one.at), one.who, one.what, one.why, one.allowed, one.receipt) for one in record.looks]
    proof = (
        element("p", _link("looks/proof.json"), " ", say_("proof"))
        if record.proof
        else element("p", say_("unproven", why=record.no_proof))
    )
    return page(
        say_("title"),
        record.language,
        element("p", say_("made", time=_time(record.at), patient=record.patient)),
        element("p", say_("count", count=listed, received=len(record.documents))),
        element("p", _link("record.html", say_("record"))),
        *_part(say_, "documents", ("category", "from", "day", "file"), documents),
        *_missing(record, say_),
        *_consents(record, say_),
        *_part(say_, "looks", ("time", "who", "what", "why", "allowed", "receipt"), looks),
        proof,
        element("h2", say_("files")),
        element("p", _link("fhir/Bundle.json"), " ", _link("fhir/manifest.json"), " ", say_("fhir")),
        element("p", _link("summary.json"), " ", say_("summary")),
    )


def record_page(record: OwnRecord) -> bytes:
    """Return every entry of the record by its type, newest first, each with all its elements."""
    say_ = _Speaker(record.language)
    entries = sorted(record.assembly.entries, key=lambda one: time_of(one["resource"]), reverse=True)
    entries.sort(key=lambda one: str(one["resource"]["resourceType"]))
    apart = record.assembly.apart
    parts: list[Markup] = [element("p", say_("apart", count=apart))] if apart else []
    for kind, group in groupby(entries, key=lambda one: str(one["resource"]["resourceType"])):
        parts.append(element("h2", kind))
        parts += [
            element(
                "details",
                element("summary", line_of(one["resource"])),
                _shown(one["resource"], say_),
            )
            for one in group
        ]
    return page(say_("record"), record.language, *(parts or [element("p", say_("nothing"))]))


class _Speaker:
    """Says the texts of a page in one language."""

    def __init__(self, language: str) -> None:
        self._language = language

    def __call__(self, name: str, **facts: object) -> str:
        if not facts:
            return translate(PAGE_TEXTS[name], self._language)
        return say(PAGE_TEXTS[name], self._language, **facts)


class _Words(HTMLParser):
    """Takes the words out of a narrative."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def handle_data(self, data: str) -> None:
        """Keep the words."""
        self.pieces.append(data)


def _part(say_: _Speaker, name: str, heads: Sequence[str], rows: Sequence[Sequence[Markup | str]]) -> list[Markup]:
    head = element("h2", say_(name))
    if not rows:
        return [head, element("p", say_("nothing"))]
    return [head, table(say_(name), [say_(one) for one in heads], rows)]


def _missing(record: OwnRecord, say_: _Speaker) -> list[Markup]:
    rows = [
        (to_hex(one.leaf)[:18], f"{say(one.why.cause, record.language, **one.why.facts)}") for one in record.missing
    ]
    return _part(say_, "missing", ("document", "why"), rows) if rows else []


def _consents(record: OwnRecord, say_: _Speaker) -> list[Markup]:
    parts = _part(
        say_,
        "consents",
        ("to", "state"),
        [(one.grantee, translate(one.state, record.language)) for one in record.consents],
    )
    for one in record.consents:
        words = element("pre", one.given.document.statement)
        parts.append(element("details", element("summary", f"{say_('words')}: {one.grantee}"), words))
    return parts


def _shown(value: Any, say_: _Speaker) -> Markup:
    """Return a value of a resource with all that is in it."""
    if isinstance(value, dict):
        pairs = [
            part
            for key, item in value.items()
            for part in (element("dt", key), element("dd", _narrative(item) if key == "div" else _shown(item, say_)))
        ]
        return element("dl", *pairs)
    if isinstance(value, list):
        return element("ul", *(element("li", _shown(item, say_)) for item in value))
    text = value.text if isinstance(value, Numeral) else str(value).lower() if isinstance(value, bool) else str(value)
    return element("span", say_("long", count=f"{len(text):,}") if len(text) > LONGEST else text)


def _narrative(value: Any) -> Markup:
    words = _Words()
    words.feed(str(value))
    return element("span", " ".join(" ".join(words.pieces).split()))


def _link(name: str, words: str = "") -> Markup:
    return element("a", words or name, href=name)


def _time(at: int) -> str:
    return dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")


def _day(at: int) -> str:
    return dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%d") if at else ""
