"""Taking in a FHIR Bundle, and putting its documents together again."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from medshare.consent.categories import Category
from medshare.intake.errors import (
    DanglingReferenceError,
    DocumentsForeignError,
    DocumentsIncompleteError,
    NotABundleError,
    NotFhirError,
    RoundTripError,
    TooManyEntriesError,
)
from medshare.intake.findings import Findings, examine, security_of, told_by_strings
from medshare.intake.json_text import dumps, parse
from medshare.intake.kinds import PEOPLE, PROVIDERS, WRITINGS
from medshare.intake.labels import Node, label_resources
from medshare.intake.limits import Limits
from medshare.intake.parts import MEDIA_TYPE, put_back, read_document
from medshare.intake.preferences import NO_PREFERENCES, Preferences
from medshare.intake.reading import read_source
from medshare.intake.references import Directory, only_here, type_named
from medshare.intake.security_labels import SecurityLabel, security_labels
from medshare.intake.splitting import NO_VISIT, Splitter
from medshare.intake.validation import check_frame, check_resources, is_known_type

DEFAULT_LIMITS: Final = Limits()
_OF_NO_ENTRY: Final = frozenset(("resource", "fullUrl"))
"""Elements of an entry that say nothing beside its resource."""
Severity: TypeAlias = Literal["error", "warning", "information"]


@dataclass(frozen=True, slots=True)
class Document:
    """One part of a record, ready for sealing.

    Attributes:
        category: One of the 24 categories.
        media_type: application/fhir+json.
        text: A FHIR Bundle of type collection.
        resources: How many resources of the source it holds.
        encounter: The fullUrl or Type/id of its visit, or None. For the hospital's own use: it is in no manifest.
    """

    category: Category
    media_type: str
    text: bytes
    resources: int
    encounter: str | None

    @property
    def security(self) -> tuple[SecurityLabel, ...]:
        """Its HL7 v3 labels, which also stand in the Bundle's `meta.security`."""
        return security_labels(self.category)


@dataclass(frozen=True, slots=True)
class Issue:
    """Something a person should look at.

    Attributes:
        severity: error, warning or information (OperationOutcome.issue.severity).
        path: The element, without content.
        code: A stable name.
        message: What is the matter.
        remedy: What to do.
    """

    severity: Severity
    path: str
    code: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class IntakeReport:
    """What was read and where it went.

    Attributes:
        resources: Resources read; the sum of `by_category`.
        by_category: Resources placed, by category.
        documents: Documents made.
        references_apart: References that became logical ones.
        texts_apart: Narratives, typed texts and attachments sealed apart.
        issues: What a person should look at, by entry.
    """

    resources: int
    by_category: tuple[tuple[Category, int], ...]
    documents: int
    references_apart: int
    texts_apart: int
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True)
class Intake:
    """Documents and the report on them."""

    documents: tuple[Document, ...]
    report: IntakeReport


def take_in(
    source: bytes | Path,
    *,
    limits: Limits = DEFAULT_LIMITS,
    entropy: Callable[[int], bytes] = secrets.token_bytes,
    preferences: Preferences = NO_PREFERENCES,
) -> Intake:
    """Read, check, label and split a FHIR R4 Bundle (JSON, or JSON in gzip).

    The documents are put together again and compared with the input before they are handed on.

    Args:
        source: Bytes, or the path of a file.
        limits: What is refused for its size.
        entropy: Gives random bytes; the result is a function of the source, of these and of the preferences.
        preferences: What the patient wants labelled more strictly.

    Raises:
        InputError: The source is not a FHIR R4 Bundle within the limits; one class per cause.
        NotFoundError: There is no such file.
        RoundTripError: A fault of ours.
    """
    bundle = read_bundle(source, limits=limits)
    return take_in_bundle(bundle, limits=limits, entropy=entropy, preferences=preferences)


def take_in_bundle(
    bundle: dict[str, Any],
    *,
    limits: Limits = DEFAULT_LIMITS,
    entropy: Callable[[int], bytes] = secrets.token_bytes,
    preferences: Preferences = NO_PREFERENCES,
) -> Intake:
    """Check, label and split a FHIR R4 Bundle that was read already; numbers are `Numeral`. Raises as `take_in`."""
    check_bundle(bundle, limits=limits)
    numbers, nodes = _examine(bundle, preferences)
    _refuse_dangling(numbers, nodes)
    labels = label_resources(nodes, preferences)
    splitter = Splitter(nodes=nodes, labels=labels, entropy=entropy)
    texts = splitter.split(bundle, numbers)
    held = Counter(splitter.places)
    documents = tuple(
        Document(
            category=place[0],
            media_type=MEDIA_TYPE,
            text=text,
            resources=held[place],
            encounter=None if place[1] == NO_VISIT else _name_of(bundle["entry"][numbers[place[1]]]),
        )
        for place, text in texts.items()
    )
    if dumps(reassemble(documents, limits=limits)) != dumps(bundle):  # [I-002]
        raise RoundTripError
    report = IntakeReport(
        resources=len(nodes),
        by_category=tuple(sorted(Counter(labels).items())),
        documents=len(documents),
        references_apart=splitter.counts.references,
        texts_apart=splitter.counts.texts,
        issues=tuple(_issues(numbers, nodes, labels)),
    )
    return Intake(documents=documents, report=report)


def reassemble(documents: Iterable[Document], *, limits: Limits = DEFAULT_LIMITS) -> dict[str, Any]:
    """Return the Bundle that was taken in, from all of its documents, in any order.

    Numbers are `Numeral`; `json_text.dumps` writes them as they were.

    Raises:
        NotADocumentError: One was not made by intake.
        DocumentsIncompleteError: Some are missing.
        DocumentsForeignError: Some belong to another Bundle, or are given twice.
    """
    entries: dict[str, dict[str, Any]] = {}
    sealed: dict[str, Any] = {}
    frames: list[dict[str, Any]] = []
    for document in documents:
        shown, parts = read_document(document.text, limits=limits)
        for entry, (key, names, rest) in zip(shown, parts["entries"], strict=True):
            if key in entries:
                raise DocumentsForeignError
            entries[key] = {name: rest[name] if name in rest else entry[name] for name in names}
        sealed |= parts["sealed"]
        if "frame" in parts:
            frames.append(parts["frame"])
    if not frames:
        raise DocumentsIncompleteError
    if len(frames) > 1:
        raise DocumentsForeignError
    frame = frames[0]
    keys = [item for item in frame["order"] if isinstance(item, str)]
    if entries.keys() - set(keys) or len(sealed) > frame["sealed"]:
        raise DocumentsForeignError
    if len(entries) < len(keys) or len(sealed) < frame["sealed"]:
        raise DocumentsIncompleteError
    order = [_restored(entries[item], sealed) if isinstance(item, str) else item for item in frame["order"]]
    return {name: order if name == "entry" else value for name, value in frame["bundle"]}


def _restored(entry: dict[str, Any], sealed: dict[str, Any]) -> dict[str, Any]:
    return {name: put_back(value, sealed) if name == "resource" else value for name, value in entry.items()}


def read_bundle(source: bytes | Path, *, limits: Limits = DEFAULT_LIMITS) -> dict[str, Any]:
    """Read a Bundle without looking into its entries. Raises as `take_in`."""
    bundle = parse(read_source(source, limits=limits), limits=limits)
    check_bundle(bundle, limits=limits)
    return bundle  # type: ignore[no-any-return]  # just checked


def check_bundle(bundle: Any, *, limits: Limits) -> None:
    """Check that a value is a Bundle with no more entries than the limit.

    Raises:
        NotFhirError: It is no resource.
        NotABundleError: It is another one.
        TooManyEntriesError: It has more.
    """
    if not isinstance(bundle, dict) or not isinstance(bundle.get("resourceType"), str):
        raise NotFhirError
    if bundle["resourceType"] != "Bundle":
        raise NotABundleError
    entries = bundle.get("entry", [])
    if isinstance(entries, list) and len(entries) > limits.entries:
        raise TooManyEntriesError(limit=limits.entries)


def _examine(bundle: dict[str, Any], preferences: Preferences) -> tuple[list[int], list[Node]]:
    """Check the Bundle and return a node for each resource, with the number of its entry."""
    check_frame(bundle)
    found = [(number, entry) for number, entry in enumerate(bundle.get("entry", [])) if "resource" in entry]
    for _, entry in found:
        resource = entry["resource"]
        if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
            raise NotFhirError
    check_resources(
        [(number, entry["resource"]) for number, entry in found if is_known_type(entry["resource"]["resourceType"])]
    )
    directory = Directory(found)
    node_of = {number: index for index, (number, _) in enumerate(found)}
    of_bundle, _ = security_of(bundle.get("meta"))
    nodes = []
    for _, entry in found:
        findings = examine(entry["resource"], preferences)
        findings.told |= told_by_strings(
            {name: item for name, item in entry.items() if name not in _OF_NO_ENTRY}
        )  # [I-009]
        if not security_of(entry["resource"].get("meta"))[1]:
            findings.told |= of_bundle
        targets = [
            () if pointer.reference in findings.own else tuple(node_of[n] for n in directory.find(pointer.reference))
            for pointer in findings.pointers
        ]
        nodes.append(Node(resource=entry["resource"], findings=findings, targets=targets))
    return [number for number, _ in found], nodes


def _refuse_dangling(numbers: list[int], nodes: list[Node]) -> None:
    dangling = [
        f"Bundle.entry[{number}].resource..{pointer.element}"
        for number, node in zip(numbers, nodes, strict=True)
        for pointer, targets in zip(node.findings.pointers, node.targets, strict=True)
        if _leads_outside(node.findings, pointer.reference, targets) and only_here(pointer.reference)
    ]
    if dangling:
        raise DanglingReferenceError(count=len(dangling), path=dangling[0])


def _leads_outside(findings: Findings, reference: str, targets: tuple[int, ...]) -> bool:
    return not targets and reference not in findings.own


def _issues(numbers: list[int], nodes: list[Node], labels: list[Category]) -> Iterable[Issue]:
    for number, node, label in zip(numbers, nodes, labels, strict=True):
        path = f"Bundle.entry[{number}].resource"
        if not is_known_type(node.type):
            yield Issue("warning", path, "unknown-type", "This resource type is not in FHIR R4B as it is in R4.", _KEPT)
        elif label == Category.UNLABELLED and node.findings.unlabelled:
            yield Issue("warning", path, "unlabelled", "A code here is in no table and has no words.", _GIVE_WORDS)
        elif label == Category.UNLABELLED and node.type in WRITINGS:
            yield Issue("information", path, "unlabelled-text", "Free text that nobody labelled.", _GIVE_LABEL)
        elif label == Category.UNLABELLED:
            yield Issue("information", path, "restricted", "This resource is restricted.", _GIVE_LABEL)
        for pointer, targets in zip(node.findings.pointers, node.targets, strict=True):
            if pointer.element != "url" and _leads_outside(node.findings, pointer.reference, targets):
                clinical = type_named(pointer.reference) not in PEOPLE | PROVIDERS
                severity: Severity = "warning" if clinical else "information"
                where = f"{path}..{pointer.element}"
                yield Issue(severity, where, "reference-outside", "This reference leads out of the Bundle.", _ADD)


_KEPT: Final = "It is kept whole and restricted; export it as an R4 type if others should read it."
_GIVE_WORDS: Final = "Add the display of the code, or a code of SNOMED CT, LOINC, RxNorm or ICD-10."
_GIVE_LABEL: Final = "It is restricted; label it in meta.security if it is ordinary or belongs elsewhere."
_ADD: Final = "Add the resource that it names; until then the reference is kept apart."


def _name_of(entry: dict[str, Any]) -> str:
    if isinstance(entry.get("fullUrl"), str):
        return str(entry["fullUrl"])
    return f"Encounter/{entry['resource'].get('id', '')}"
