"""What is being made of one document: its entries, its issues, and which of its elements FHIR says by now."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import tzinfo
from typing import Any, Final

from lxml import etree

from medshare.conversion.ccda.paths import Paths
from medshare.conversion.ccda.xml import find, find_all
from medshare.conversion.item import Entry
from medshare.conversion.naming import full_url
from medshare.intake import Issue
from medshare.intake.bundles import Severity
from medshare.intake.json_text import dumps

_MESSAGES: Final = {
    "not-mapped": (
        "FHIR does not say what this entry says.",
        "Read it in the original, which is kept beside what was mapped.",
    ),
    "element-not-mapped": (
        "This part of an entry was left out of what FHIR says.",
        "Read it in the original if it matters.",
    ),
    "time-without-zone": (
        "A time of day has no time zone, so only its date was kept.",
        "Name the hospital's time zone and convert again.",
    ),
    "time-not-understood": ("This is not a time, so it was left out.", "Correct the export."),
    "period-reversed": ("This interval ends before it starts, so its end was left out.", "Correct the export."),
    "code-not-understood": (
        "This is not a code, so only its words were kept.",
        "Correct the export.",
    ),
    "number-not-understood": ("This is not a number, so it was kept as text.", "Correct the export."),
    "unit-not-ucum": (
        "This unit is not UCUM, so it was kept as words.",
        "Use UCUM units at the source, or map the unit.",
    ),
    "duplicate-id": ("Two elements of the narrative have the same ID; the first counts.", "Correct the export."),
    "text-not-found": ("The narrative that this refers to is not in the document.", "Correct the export."),
    "text-too-long": (
        "The document refers to more of its narrative than can be repeated, so this text was left out.",
        "Read it in the section's narrative.",
    ),
    "attachment-not-readable": ("This attachment is not base64, so it was left out.", "Correct the export."),
    "too-many-issues": ("There are {count} more issues like these.", "Correct the first ones, and convert again."),
}


MOST_TEXT: Final = 16 * 2**20
"""Characters of narrative that may be repeated because entries refer to them."""


class Draft:
    """One document on its way to FHIR."""

    def __init__(self, root: Any, *, content: bytes, zone: tzinfo | None, most_issues: int) -> None:
        """Take the root element, the plain bytes it was read from, and the zone of times that name none."""
        self.root = root
        self.zone = zone
        self.patient = ""
        self.writers: list[str] = []
        self.visits: dict[tuple[str, str], str] = {}
        self.known: frozenset[tuple[str, str]] = frozenset()
        self.section_code = ""
        self.nest: Callable[[Any, str], str] = lambda _node, _focus: ""
        self.taken: set[Any] = set()
        self.begun: set[Any] = set()
        self._digest = hashlib.sha256(content).hexdigest()
        self._entries: dict[str, Entry] = {}
        self._issues: list[Issue] = []
        self._most_issues = most_issues
        self._paths = Paths()
        self._text_left = MOST_TEXT
        self._words: dict[Any, str] = {}
        self._told: set[tuple[Any, str]] = set()
        self._left_out = 0
        self._security: list[dict[str, Any]] = []
        self._narrative = self._index()

    # Elements

    def one(self, node: Any, path: str) -> Any:
        """Return the first element at a path and take it: FHIR will say it."""
        found = find(node, path)
        if found is not None:
            self.taken.add(found)
        return found

    def all(self, node: Any, path: str) -> list[Any]:
        """Return all elements at a path and take them."""
        found = find_all(node, path)
        self.taken.update(found)
        return found

    def take(self, node: Any) -> Any:
        """Take an element that was found otherwise."""
        self.taken.add(node)
        return node

    # Text

    def text_of(self, node: Any) -> str:
        """Return the words of an ED or ST: its own, or those of the narrative that it refers to, without markup."""
        if node is None:
            return ""
        reference = find(node, "reference")
        value = "" if reference is None else reference.get("value", "")
        if value.startswith("#"):
            target = self._narrative.get(value[1:])
            if target is not None:
                return self._resolved(node, target)
            self.issue(node, "text-not-found", severity="information")
        return words(node)

    def _resolved(self, node: Any, target: Any) -> str:
        if target not in self._words:
            self._words[target] = words(target)
        return self._words[target] if self.spend(node, len(self._words[target])) else ""

    def spend(self, node: Any, characters: int) -> bool:
        """Whether so much more narrative may be repeated: a small document could else refer to a long one often."""
        if characters > self._text_left:
            self.issue(node, "text-too-long")
            return False
        self._text_left -= characters
        return True

    def narrative_of(self, node: Any) -> Any:
        """Return the narrative element that an ED refers to, or None."""
        reference = find(node, "reference")
        return None if reference is None else self._narrative.get(reference.get("value", "").removeprefix("#"))

    # What comes out

    def url(self, resource_type: str, node: Any) -> str:
        """Return the full URL of what is made of an element: the same document gives the same names."""
        return full_url("ccda", self._digest, resource_type, self._paths.path_of(node))

    def add(self, resource: dict[str, Any], node: Any) -> str:
        """Add a resource that was made of an element, and return its full URL."""
        url = self.url(resource["resourceType"], node)
        self.put(url, resource)
        return url

    def share(self, resource: dict[str, Any]) -> str:
        """Add a resource that is named by what it says, so that the same person or place is there once."""
        url = full_url("ccda", dumps(clean(resource)).decode())
        self.put(url, resource)
        return url

    def put(self, url: str, resource: dict[str, Any]) -> None:
        """Add a resource under its URL; what is empty in it is left out, and the labels of the document are added."""
        body = clean(resource)
        if self._security:
            body = {"resourceType": body.pop("resourceType"), "meta": {"security": self._security}, **body}
        self._entries[url] = {"fullUrl": url, "resource": body}

    def resource(self, url: str) -> dict[str, Any]:
        """Return a resource that was added, to be completed."""
        found: dict[str, Any] = self._entries[url]["resource"]
        return found

    def label(self, security: list[dict[str, Any]]) -> None:
        """Set the labels that everything added from now on gets."""
        self._security = security

    @property
    def labels(self) -> list[dict[str, Any]]:
        """The labels that everything added now gets."""
        return self._security

    def issue(self, node: Any, code: str, *, severity: Severity = "warning") -> None:
        """Say what a person should look at, once for each element and code."""
        if (node, code) in self._told:
            return
        self._told.add((node, code))
        if len(self._issues) >= self._most_issues:
            self._left_out += 1
            return
        message, remedy = _MESSAGES[code]
        path = self._paths.path_of(node)
        self._issues.append(Issue(severity=severity, path=path, code=code, message=message, remedy=remedy))

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What was added, in order."""
        return tuple(self._entries.values())

    @property
    def issues(self) -> tuple[Issue, ...]:
        """What was said; the last says how much was left unsaid."""
        if not self._left_out:
            return tuple(self._issues)
        message, remedy = _MESSAGES["too-many-issues"]
        more = Issue(
            severity="warning",
            path=self._paths.path_of(self.root),
            code="too-many-issues",
            message=message.format(count=self._left_out),
            remedy=remedy,
        )
        return (*self._issues, more)

    def _index(self) -> dict[str, Any]:
        """Return the elements that have an ID (CDA R2, 4.3.5.1); the first of several counts."""
        found: dict[str, Any] = {}
        for node in self.root.iter(etree.Element):
            name = node.get("ID")
            if name and name in found:
                self.issue(node, "duplicate-id", severity="information")
            elif name:
                found[name] = node
        return found


def clean(value: Any) -> Any:
    """Return a copy without what is empty: FHIR allows no empty objects, lists or strings."""
    if isinstance(value, dict):
        kept = {key: clean(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if not _empty(item)}
    if isinstance(value, list):
        return [item for item in map(clean, value) if not _empty(item)]
    return value


def words(node: Any) -> str:
    """Return the text of an element without markup, white space made single (never across cells)."""
    return " ".join(" ".join(node.itertext()).split())


def _empty(value: Any) -> bool:
    return value is None or value in ("", [], {})
