"""Splitting a Bundle into documents of one category and one visit.

A document says nothing about another one. A reference that leaves it becomes a logical reference with
a random value (the same value for the same reference within one document, so that a reader can still
see that two results belong to one visit). The original is sealed with the target, or with the source
where the source is the stricter (ordinary < restricted < sensitive). Free text of an ordinary resource
is sealed with the strictest of: restricted, what its words tell, the sensitive resources it refers to.

One restricted document without a visit, the frame, holds the Bundle's own elements, the order, and
entries without a resource.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from medshare.consent.categories import Category
from medshare.intake.findings import Pointer, Writing
from medshare.intake.json_text import dumps
from medshare.intake.kinds import WRITINGS
from medshare.intake.labels import Node
from medshare.intake.narrative import summarise
from medshare.intake.parts import (
    new_token,
    stand_in_attachment,
    stand_in_narrative,
    stand_in_reference,
    stand_in_text,
    write_document,
)
from medshare.intake.security_labels import security_labels
from medshare.intake.strictness import grade, rank, strictest

_TOKEN_BYTES: Final = 16

Place = tuple[Category, int]
"""A category and the number of a visit's node; -1 for none."""
NO_VISIT: Final = -1
FRAME: Final[Place] = (Category.UNLABELLED, NO_VISIT)


@dataclass(slots=True)
class Draft:
    """A document before it is written.

    Attributes:
        entries: What a reader of FHIR sees.
        described: For each entry its key, the names of its elements in order, and the rest of them.
        sealed: Token to original.
        tokens: Tokens given out in this document: (kind, original as JSON, destination) to token.
    """

    entries: list[dict[str, Any]] = field(default_factory=list)
    described: list[list[Any]] = field(default_factory=list)
    sealed: dict[str, Any] = field(default_factory=dict)
    tokens: dict[tuple[str, bytes, Place], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many things were put apart."""

    references: int
    texts: int


class Splitter:
    """Splits one Bundle; used once."""

    def __init__(self, *, nodes: list[Node], labels: list[Category], entropy: Callable[[int], bytes]) -> None:
        """Take the nodes with their labels; `entropy` gives the tokens."""
        self._nodes = nodes
        self._labels = labels
        self._entropy = entropy
        self.places: list[Place] = [(label, self._visit_of(index)) for index, label in enumerate(labels)]
        self.drafts: dict[Place, Draft] = {place: Draft() for place in sorted({FRAME, *self.places}, key=_in_order)}
        self._references = 0
        self._texts = 0

    def split(self, bundle: dict[str, Any], numbers: list[int]) -> dict[Place, bytes]:
        """Return the bytes of each document; `numbers` are the entry numbers of the nodes."""
        node_of = {number: index for index, number in enumerate(numbers)}
        order: list[Any] = []
        for number, entry in enumerate(bundle.get("entry", [])):
            order.append(self._place_entry(entry, node_of[number]) if number in node_of else entry)
        elements = [[name, [] if name == "entry" else value] for name, value in bundle.items()]
        total = sum(len(draft.sealed) for draft in self.drafts.values())
        frame = {"bundle": elements, "order": order, "sealed": total}
        documents: dict[Place, bytes] = {}
        for place in sorted(self.drafts, key=_in_order):
            draft = self.drafts[place]
            parts: dict[str, Any] = {"entries": draft.described, "sealed": draft.sealed}
            if place == FRAME:
                parts["frame"] = frame
            labels = security_labels(place[0])
            documents[place] = write_document(draft.entries, parts, token=self._token(), security=labels)
        return documents

    @property
    def counts(self) -> Counts:
        """How many references and texts were put apart."""
        return Counts(references=self._references, texts=self._texts)

    def _place_entry(self, entry: dict[str, Any], index: int) -> str:
        """Put an entry into its document and return its key."""
        swaps: dict[tuple[int, str | int], Any] = {}
        node = self._nodes[index]
        # An attachment that is taken out takes its address with it, so writings come first.
        for writing in node.findings.writings:
            self._seal_writing(index, writing, swaps)
        for pointer, targets in zip(node.findings.pointers, node.targets, strict=True):
            if (id(pointer.container), pointer.key) not in swaps:
                self._seal_pointer(index, pointer, targets, swaps)
        resource = _swapped(node.resource, swaps)
        narrative = resource.get("text")
        if ("text" in node.resource) and (id(node.resource), "text") in swaps:
            resource["text"] = stand_in_narrative(narrative["id"], summarise(resource))
        draft = self.drafts[self.places[index]]
        key = self._token()
        shown = {"fullUrl": entry["fullUrl"]} if "fullUrl" in entry else {}
        rest = {name: value for name, value in entry.items() if name not in {"fullUrl", "resource"}}
        draft.entries.append({**shown, "resource": resource})  # [I-001]
        draft.described.append([key, list(entry), rest])
        return key

    def _seal_pointer(
        self, index: int, pointer: Pointer, targets: tuple[int, ...], swaps: dict[tuple[int, str | int], Any]
    ) -> None:
        if pointer.reference in self._nodes[index].findings.own:
            return
        here = self.places[index]
        if targets and all(self.places[target] == here for target in targets):
            return
        if not targets and pointer.element == "url":
            return  # an address on the web, in an attachment that may stay
        destination = here
        if targets:
            target = max(targets, key=lambda other: rank(self._labels[other]))
            if grade(self._labels[target]) >= grade(self._labels[index]):
                destination = self.places[target]
        elif grade(self._labels[index]) == 0:
            destination = FRAME
        holder: Any = pointer.container
        original = holder[pointer.key]
        kind = "attachment" if pointer.element == "url" and "reference" not in original else "reference"
        self._swap(index, pointer.container, pointer.key, kind, destination, swaps)  # [I-004]
        self._references += 1

    def _seal_writing(self, index: int, writing: Writing, swaps: dict[tuple[int, str | int], Any]) -> None:
        node, label = self._nodes[index], self._labels[index]
        if writing.kind != "narrative" and grade(label) == 0 and node.findings.labelled and not writing.told:
            return  # the source said that it is as ordinary as the rest
        around = {self._labels[target] for targets in node.targets for target in targets}
        sensitive = sorted(category for category in around | writing.told if grade(category) == 2)
        if node.type in WRITINGS and grade(label) == 0:
            needed = strictest(label, *sensitive)
        else:
            needed = strictest(strictest(Category.UNLABELLED, label), *sensitive)
        if needed == label:
            return
        visit = self.places[index][1]
        destination = (needed, visit) if (needed, visit) in self.drafts else (needed, NO_VISIT)
        self._swap(index, writing.container, writing.key, writing.kind, destination, swaps)
        self._texts += 1

    def _swap(
        self,
        index: int,
        container: Any,
        key: str | int,
        kind: str,
        destination: Place,
        swaps: dict[tuple[int, str | int], Any],
    ) -> None:
        original = container[key]
        here = self.drafts[self.places[index]]
        known = (kind, dumps(original), destination)
        token = here.tokens.get(known) if kind == "reference" else None
        if token is None:
            token = here.tokens[known] = self._token()
            self.drafts.setdefault(destination, Draft()).sealed[token] = original
        swaps[id(container), key] = _STAND_INS[kind](token)

    def _visit_of(self, index: int) -> int:
        """Return the one visit that a resource belongs to; a visit belongs to itself."""
        if self._nodes[index].type == "Encounter":
            return index
        visits = {
            target
            for targets in self._nodes[index].targets
            for target in targets
            if self._nodes[target].type == "Encounter"
        }
        return visits.pop() if len(visits) == 1 else NO_VISIT

    def _token(self) -> str:
        return new_token(self._entropy(_TOKEN_BYTES))


_STAND_INS: Final[dict[str, Callable[[str], Any]]] = {
    "reference": stand_in_reference,
    "narrative": stand_in_narrative,
    "attachment": stand_in_attachment,
    "text": stand_in_text,
}


def _swapped(value: Any, swaps: dict[tuple[int, str | int], Any]) -> Any:
    """Return a copy of `value` with what stands under (id of container, key) replaced."""
    if isinstance(value, dict):
        identity = id(value)
        return {
            key: swaps[identity, key] if (identity, key) in swaps else _swapped(item, swaps)
            for key, item in value.items()
        }
    if isinstance(value, list):
        identity = id(value)
        return [
            swaps[identity, index] if (identity, index) in swaps else _swapped(item, swaps)
            for index, item in enumerate(value)
        ]
    return value


def _in_order(place: Place) -> tuple[int, int]:
    return (int(place[0]), place[1])
