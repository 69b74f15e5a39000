"""FHIR R4 in JSON: files, folders and lines cut into items, and an item taken as it is.

An item is one resource. One that stood in a Bundle comes in a small Bundle of its own, with the type and the
`meta` of the one that it came from, so that an item is FHIR by itself and can be corrected and replayed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from medshare.conversion.fhir.compartment import identifiers_of
from medshare.conversion.fhir.errors import EmptyFileError, XmlNotReadError
from medshare.conversion.fhir.files import File, files_in, pieces_of
from medshare.conversion.fhir.slicing import Slice, slices
from medshare.conversion.item import Converted, Coverage, Entry, SourceItem
from medshare.conversion.naming import full_url
from medshare.conversion.standardise import Settings, apply_rules
from medshare.intake import Issue, Limits
from medshare.intake.errors import GzipBrokenError, NotFhirError, SourceExpandsTooFarError
from medshare.intake.json_text import parse
from medshare.intake.limits import MEBIBYTE
from medshare.intake.reading import read_source
from medshare.intake.validation import check_resources, is_known_type

MEDIA_TYPE: Final = "application/fhir+json"
ITEM_LIMITS: Final = Limits(source_bytes=32 * MEBIBYTE, plain_bytes=32 * MEBIBYTE, values=500_000)
"""Of one item; a file may be of any length."""
_FRAME: Final = MEBIBYTE
"""Bytes of a member of the Bundle itself that are kept while looking what a file is."""
_PACKED_HEAD: Final = 64 * 1024
_BUNDLE: Final = "Bundle"
_FRAME_PLACE: Final = "Bundle"
_BARE: Final = frozenset(("resourceType", "type", "entry"))
"""What a Bundle has that says nothing by itself."""


class Fhir:
    """The format FHIR R4 JSON; satisfies `medshare.conversion.Format`."""

    name = "fhir"

    def __init__(self, *, limits: Limits = ITEM_LIMITS, settings: Settings | None = None) -> None:
        """Take the limits of one item; with `settings`, each resource is standardised before it is checked."""
        self._limits = limits
        self._settings = settings

    def items(self, path: Path) -> Iterator[SourceItem]:
        """Yield the resources of a file or a folder: of Bundles of every type, single ones, and lines (NDJSON).

        The elements of a Bundle besides its entries come after them, as a Bundle without entries.
        What cannot be read is an item too, which `convert` refuses; what stands beside it goes on.

        Raises:
            SourceMissingError, SourceNotAFileError, NothingToReadError: Nothing can be read there.
        """
        for file in files_in(path):
            yield from self._items_of(file)

    def items_of_page(self, name: str, content: bytes) -> Iterator[SourceItem]:
        """Yield the entries of a page that a server gave; what the page says itself is not of the record.

        Args:
            name: What stands for the name of a file.
            content: A Bundle.
        """
        frame = _Frame.of(slices(iter((content,)), keep=_FRAME, keep_entries=False))
        found = slices(iter((content,)), keep=self._limits.plain_bytes)
        for item in self._bundle(name, "", frame, found):
            if item.place != _FRAME_PLACE:
                yield item

    def convert(self, item: SourceItem) -> Converted:
        """Take the resource as it is; the same item gives the same entries.

        A resource without a label takes those of the Bundle that it came from, and an issue says so. Nothing
        else is changed, unless the settings say how to standardise. An entry without a full URL is given one
        made from its type and id.

        Raises:
            EmptyFileError, XmlNotReadError: Nothing, or XML.
            InputError: As `medshare.intake.take_in`: broken JSON, not FHIR, over a limit, not valid.
        """
        value = self._parsed(item.content)
        if value["resourceType"] == _BUNDLE and not _is_resource_of_its_own(value):
            labels = _labels_of(value)
            entries = [_entry_of(entry, value, item.content) for entry in value["entry"]]
        else:
            labels, entries = [], [_named({"resource": value}, item.content)]
        issues: list[Issue] = []
        if self._settings is not None:
            added = apply_rules(entries, settings=self._settings)
            entries, issues = list(added.entries), list(added.issues)
        check_resources(
            [(n, e["resource"]) for n, e in enumerate(entries) if is_known_type(e["resource"]["resourceType"])]
        )
        for number, entry in enumerate(entries):
            if labels and _label(entry["resource"], labels):
                issues.append(Issue("information", f"Bundle.entry[{number}].resource.meta", *_LABELLED))
        count = sum(values_in(entry["resource"]) for entry in entries)
        patients = [entry["resource"] for entry in entries if entry["resource"]["resourceType"] == "Patient"]
        about = patients if len(entries) > 1 else [entry["resource"] for entry in entries]
        return Converted(
            item=item,
            patient=identifiers_of(about[0]) if len(about) == 1 else (),
            entries=tuple(entries),
            issues=tuple(issues),
            coverage=Coverage(elements=count, mapped=count),
        )

    def _parsed(self, content: bytes) -> dict[str, Any]:
        plain = read_source(content, limits=self._limits)
        start = plain[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()
        if not start:
            raise EmptyFileError
        if start.startswith(b"<"):
            raise XmlNotReadError
        value = parse(plain, limits=self._limits)
        if not isinstance(value, dict) or not isinstance(value.get("resourceType"), str):
            raise NotFhirError
        return value

    def _items_of(self, file: File) -> Iterator[SourceItem]:
        try:
            yield from self._lines(file) if file.is_lines else self._object(file)
        except OSError:
            yield _item(file.name, "", b"")
        except _PACKING:
            with file.path.open("rb") as raw:
                yield _item(file.name, "packed file", raw.read(_PACKED_HEAD))

    def _lines(self, file: File) -> Iterator[SourceItem]:
        keep = self._limits.plain_bytes + 1
        line, number = bytearray(), 1
        for piece in pieces_of(file.path, limits=self._limits):
            head, *others = piece.split(b"\n")
            line += head[: max(0, keep - len(line))]
            for other in others:
                yield from self._line(file, number, bytes(line))
                line, number = bytearray(other), number + 1
        yield from self._line(file, number, bytes(line))

    def _line(self, file: File, number: int, line: bytes) -> Iterator[SourceItem]:
        content, place = line.strip(b" \t\r"), f"line {number}"
        if not content:
            return
        frame = _Frame.of(slices(iter((content,)), keep=_FRAME, keep_entries=False)) if b'"Bundle"' in content else None
        if frame and frame.is_bundle:
            found = slices(iter((content,)), keep=self._limits.plain_bytes)
            yield from self._bundle(file.name, f"{place}, ", frame, found)
        else:
            yield _item(file.name, place, content)

    def _object(self, file: File) -> Iterator[SourceItem]:
        keep = self._limits.plain_bytes
        frame = _Frame.of(slices(pieces_of(file.path, limits=self._limits), keep=_FRAME, keep_entries=False))
        if frame.is_bundle:
            yield from self._bundle(file.name, "", frame, slices(pieces_of(file.path, limits=self._limits), keep=keep))
            return
        content = bytearray()
        for piece in pieces_of(file.path, limits=self._limits):
            content += piece[: keep + 1 - len(content)]
            if len(content) > keep:
                break
        yield _item(file.name, "", bytes(content))

    def _bundle(self, name: str, place: str, frame: _Frame, found: Iterator[Slice]) -> Iterator[SourceItem]:
        members = bytearray()
        for piece in found:
            if piece.kind == "entry":
                yield _item(name, f"{place}entry {piece.number}", frame.around(piece.content))
            elif piece.kind == "break":
                yield _item(name, f"{place}after entry {piece.number}", piece.content)
            else:
                member = json.dumps(piece.name).encode() + b":" + piece.content
                members += (b"," if members else b"") + member
                del members[self._limits.plain_bytes :]
        if frame.says_something:
            yield _item(name, place + _FRAME_PLACE, b"{" + bytes(members) + b"}")


@dataclass(frozen=True, slots=True)
class _Frame:
    """What a file is, by its members.

    Attributes:
        members: The members of the object besides `entry`, with the bytes of their values.
        entries: How many entries there are.
    """

    members: dict[str, bytes]
    entries: int

    @classmethod
    def of(cls, found: Iterator[Slice]) -> _Frame:
        members, entries = {}, 0
        for piece in found:
            if piece.kind == "member":
                members[piece.name] = piece.content
            entries = max(entries, piece.number)
        return cls(members, entries)

    @property
    def is_bundle(self) -> bool:
        return self.members.get("resourceType") == b'"Bundle"'

    @property
    def says_something(self) -> bool:
        """Whether the Bundle itself has more than its type, or has nothing else."""
        return not self.entries or bool(self.members.keys() - _BARE)

    def around(self, entry: bytes) -> bytes:
        """Return a Bundle with one entry, of the same type and with the same `meta`."""
        own = b"".join(
            b'"%s":%s,' % (name.encode(), self.members[name]) for name in ("type", "meta") if name in self.members
        )
        return b'{"resourceType":"Bundle",%s"entry":[%s]}' % (own, entry)


_PACKING: Final = (GzipBrokenError, SourceExpandsTooFarError)
_LABELLED: Final = (
    "label-of-bundle",
    "This resource has no label and took those of its Bundle.",
    "Nothing to do; label the resource itself if it should have another.",
)


def values_in(value: Any) -> int:
    """Return how many primitive values a FHIR value holds: its elements with a value."""
    if isinstance(value, dict):
        return sum(map(values_in, value.values()))
    if isinstance(value, list):
        return sum(map(values_in, value))
    return value is not None


def _item(name: str, place: str, content: bytes) -> SourceItem:
    return SourceItem(file=name, place=place, content=content, media_type=MEDIA_TYPE)


def _is_resource_of_its_own(bundle: dict[str, Any]) -> bool:
    """Whether a Bundle is kept as a resource: it has no entries to be taken out."""
    entries = bundle.get("entry")
    if entries is not None and not (isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)):
        raise NotFhirError
    return not entries


def _entry_of(entry: dict[str, Any], bundle: dict[str, Any], content: bytes) -> Entry:
    """Return an entry with a resource; one without, such as a deletion, is kept as a Bundle that holds it."""
    if "resource" not in entry:
        return _named({"resource": {**bundle, "entry": [entry]}}, content)
    resource = entry["resource"]
    if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
        raise NotFhirError
    return _named(entry, content)


def _named(entry: Entry, content: bytes) -> Entry:
    if isinstance(entry.get("fullUrl"), str):
        return entry
    resource = entry["resource"]
    if isinstance(resource.get("id"), str):
        name = full_url("fhir", resource["resourceType"], resource["id"])
    else:
        name = full_url("fhir", hashlib.sha256(content).hexdigest())
    return {"fullUrl": name, **{key: value for key, value in entry.items() if key != "fullUrl"}}


def _labels_of(bundle: dict[str, Any]) -> list[Any]:
    meta = bundle.get("meta")
    labels = meta.get("security") if isinstance(meta, dict) else None
    return labels if isinstance(labels, list) else []


def _label(resource: dict[str, Any], labels: list[Any]) -> bool:
    """Give a resource without labels those of its Bundle; say whether it took them."""
    meta = resource.setdefault("meta", {})
    if not isinstance(meta, dict) or meta.get("security"):
        return False
    meta["security"] = list(labels)  # [J-024]
    return True
