"""What one resource holds: labels, references and free text, found in one walk.

A walk changes nothing. What it finds is named by the container and the key it stands under, so that
`splitting` can put something else in its place.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from medshare.consent.categories import Category
from medshare.intake.kinds import WRITINGS
from medshare.intake.preferences import NO_PREFERENCES, Preferences
from medshare.intake.terminology import ACT_CODE, CONFIDENTIALITY, canonical_system, meaning_of_code
from medshare.intake.words import meaning_of_words

_NOT_WORDS: Final = (
    frozenset(("system", "url", "reference", "id", "versionId", "status", "code", "use", "data", "div", "resourceType"))
    | {"unit", "family", "given", "prefix", "suffix", "line", "city", "district", "state", "postalCode", "country"}
    | {"fullUrl", "lastUpdated", "profile", "contentType", "language", "hash", "start", "end", "uid", "intent"}
)
"""Elements whose strings are identifiers, codes, names of people or places."""
_NAMES: Final = frozenset(("name", "address", "telecom"))
"""Elements that are objects of such strings. The name of an organisation is a string, and is looked through."""
_FREE: Final = frozenset(
    ("comment", "comments", "conclusion", "patientInstruction", "valueString", "valueMarkdown", "description")
) | {"details", "summary", "clinicalNotes", "authorString", "reasonText"}
"""Strings that a person typed. Annotation.text and attachments count as well."""
_MAIN: Final = {
    "Condition": ("code",),
    "Procedure": ("code",),
    "Observation": ("code",),
    "DiagnosticReport": ("code",),
    "AllergyIntolerance": ("code",),
    "Medication": ("code",),
    "Immunization": ("vaccineCode",),
    "MedicationRequest": ("medicationCodeableConcept", "medicationReference"),
    "MedicationStatement": ("medicationCodeableConcept", "medicationReference"),
    "MedicationAdministration": ("medicationCodeableConcept", "medicationReference"),
    "MedicationDispense": ("medicationCodeableConcept", "medicationReference"),
}
"""The element that says what it is about; one of them has a code, or nobody labelled the resource."""
_LARGEST_READ: Final = 2**20
"""Characters of an attachment that are looked through for words."""

_TOKEN: Final = re.compile(r"([^?&=|\s]*)\|([^&|\s]+)")
"""A code in a search (FHIR R4, "Search: token")."""

Container: TypeAlias = dict[str, Any] | list[Any]


@dataclass(frozen=True, slots=True)
class Pointer:
    """A reference.

    Attributes:
        container: Where it stands.
        key: Under which key or index.
        element: The name of the element.
        reference: The literal reference, never empty.
        told: Categories that its display gives away.
    """

    container: Container
    key: str | int
    element: str
    reference: str
    told: frozenset[Category]


@dataclass(frozen=True, slots=True)
class Writing:
    """Free text: a narrative, a string that a person typed, or an attachment.

    Attributes:
        container: Where it stands.
        key: Under which key or index.
        kind: narrative, text or attachment.
        told: Categories that its words give away.
    """

    container: Container
    key: str | int
    kind: str
    told: frozenset[Category]


@dataclass(slots=True)
class Findings:
    """What one resource holds.

    Attributes:
        told: Categories that its codes, labels and words give away; 17 where a label restricts.
        labelled: Whether the source gave it a confidentiality below "restricted".
        unlabelled: Whether it holds a code that no table knows and that has no words, or no code at all.
        pointers: Its references, in order.
        writings: Its free text, in order.
        own: What stands inside it and can be referred to: `#id` of contained, fullUrl of nested entries.
    """

    told: set[Category] = field(default_factory=set)
    labelled: bool = False
    unlabelled: bool = False
    pointers: list[Pointer] = field(default_factory=list)
    writings: list[Writing] = field(default_factory=list)
    own: set[str] = field(default_factory=lambda: {"#"})


def examine(resource: dict[str, Any], preferences: Preferences = NO_PREFERENCES) -> Findings:
    """Walk a resource once; `preferences` are the patient's, who may want a code kept more strictly."""
    findings = Findings()
    walk = _Walk(findings, preferences=preferences, is_writing=resource["resourceType"] in WRITINGS)
    walk.object(resource, "")
    main = _MAIN.get(resource["resourceType"])
    if main and not any(_says_something(resource.get(name)) for name in main):
        findings.unlabelled = True
    return findings


def security_of(meta: Any) -> tuple[set[Category], bool]:
    """Return what `meta.security` labels say: categories, and whether there is any label at all."""
    told: set[Category] = set()
    labels = _labels_in(meta)
    for label in labels:
        told |= meaning_of_code(str(label.get("system", "")), str(label.get("code", ""))).categories
    return told, bool(labels)


def told_by_strings(value: Any) -> set[Category]:
    """Return what the strings of anything beside a resource tell: codings, words, and `system|code` in an address."""
    told: set[Category] = set()
    if isinstance(value, dict):
        if isinstance(value.get("code"), str):
            told |= meaning_of_code(str(value.get("system", "")), value["code"]).categories
        for name, item in value.items():
            told |= told_by_strings(item) if name not in {"system", "code"} else set()
    elif isinstance(value, list):
        told = told.union(*map(told_by_strings, value))
    elif isinstance(value, str):
        told |= meaning_of_words(value)
        for system, code in _TOKEN.findall(value):
            told |= meaning_of_code(system, code).categories
    return told


def _labels_in(meta: Any) -> list[dict[str, Any]]:
    """Return the labels of a `meta`; one of an unknown resource type may have any form."""
    labels = meta.get("security") if isinstance(meta, dict) else None
    return [label for label in labels if isinstance(label, dict)] if isinstance(labels, list) else []


def _says_something(element: Any) -> bool:
    """Whether a main element is coded or refers to something coded."""
    if not isinstance(element, dict):
        return False
    return "reference" in element or any("code" in coding for coding in element.get("coding", []))


class _Walk:
    def __init__(self, findings: Findings, *, preferences: Preferences, is_writing: bool) -> None:
        self._found = findings
        self._preferences = preferences
        self._is_writing = is_writing

    def object(self, value: dict[str, Any], element: str) -> None:
        if isinstance(value.get("fullUrl"), str):
            self._found.own.add(value["fullUrl"])
        if element == "contained" and isinstance(value.get("id"), str):
            self._found.own.add("#" + value["id"])
        if isinstance(value.get("coding"), list):
            self._concept(value)
        elif isinstance(value.get("code"), str) and ("system" in value or "display" in value):
            self._coding(value, has_words="display" in value or "unit" in value)
        for key, item in value.items():
            if key == "meta":
                self._meta(item)
            elif isinstance(item, str):
                self._string(value, key, item, element)
            else:
                self._item(value, key, item, key)

    def _item(self, container: Container, key: str | int, item: Any, element: str) -> None:
        if isinstance(item, dict):
            if isinstance(item.get("reference"), str):
                self._pointer(container, key, item, element)
            elif isinstance(item.get("div"), str):
                self._write(container, key, "narrative", item["div"])
            elif _is_attachment(item):
                self._attachment(container, key, item)
            else:
                self.object(item, element)
        elif isinstance(item, list):
            for index, child in enumerate(item):
                if isinstance(child, str):
                    if element not in _NOT_WORDS:
                        self._found.told |= meaning_of_words(child)
                else:
                    self._item(item, index, child, element)

    def _string(self, container: dict[str, Any], key: str, text: str, element: str) -> None:
        if key in _NOT_WORDS or element in _NAMES:
            return
        is_note = key == "text" and element == "note"
        if (is_note or key in _FREE) and "url" not in container and not self._is_writing:
            self._write(container, key, "text", text)
        else:
            self._found.told |= meaning_of_words(text)

    def _concept(self, concept: dict[str, Any]) -> None:
        codings = [coding for coding in concept["coding"] if isinstance(coding, dict)]
        has_words = "text" in concept or any("display" in coding for coding in codings)
        for coding in codings:
            if isinstance(coding.get("code"), str):
                self._coding(coding, has_words=has_words)

    def _coding(self, coding: dict[str, Any], *, has_words: bool) -> None:
        system = str(coding.get("system", ""))
        meaning = meaning_of_code(system, coding["code"])
        self._found.told |= meaning.categories  # [I-007]
        self._found.told |= self._preferences.told_by(system, coding["code"])
        if not meaning.known and not has_words:
            self._found.unlabelled = True

    def _meta(self, meta: Any) -> None:
        told, _ = security_of(meta)
        self._found.told |= told
        for label in _labels_in(meta):
            system, code = canonical_system(str(label.get("system", ""))), label.get("code")
            if system == CONFIDENTIALITY and code in {"U", "L", "M", "N"}:
                self._found.labelled = True
            elif system not in {CONFIDENTIALITY, ACT_CODE} and "display" in label:
                self._found.told |= meaning_of_words(str(label["display"]))
        if isinstance(meta, dict):
            self._found.told |= told_by_strings({name: value for name, value in meta.items() if name != "security"})

    def _pointer(self, container: Container, key: str | int, item: dict[str, Any], element: str) -> None:
        told = meaning_of_words(item["display"]) if isinstance(item.get("display"), str) else frozenset()
        self._found.pointers.append(Pointer(container, key, element, item["reference"], told))

    def _write(self, container: Container, key: str | int, kind: str, words: str) -> None:
        self._found.writings.append(Writing(container, key, kind, meaning_of_words(words)))

    def _attachment(self, container: Container, key: str | int, item: dict[str, Any]) -> None:
        told = meaning_of_words(" ".join((str(item.get("title", "")), _readable(item))))
        self._found.writings.append(Writing(container, key, "attachment", told))
        if isinstance(item.get("url"), str):
            self._found.pointers.append(Pointer(container, key, "url", item["url"], frozenset()))


def _is_attachment(item: dict[str, Any]) -> bool:
    """Whether an object is an Attachment: it has data or an address, and is no resource."""
    return "resourceType" not in item and ("data" in item or "contentType" in item)


def _readable(attachment: dict[str, Any]) -> str:
    """Return the words of a small text attachment; anything else is not looked into."""
    data, kind = attachment.get("data"), attachment.get("contentType")
    if not isinstance(data, str) or not str(kind).startswith("text/") or len(data) > _LARGEST_READ:
        return ""
    try:
        return base64.b64decode(data).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
