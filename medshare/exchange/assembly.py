"""The documents at hand as one Bundle or as NDJSON, and what is not there.

A document stands for itself, and its sealed parts hold what was taken out of stricter or milder ones. Of the
documents at hand, whatever has both sides at hand is put back as it was; a logical reference or a "Kept apart" stays
where the other side is not. Nothing here tells what the other side is.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from medshare.conversion.item import Entry
from medshare.conversion.naming import full_url
from medshare.errors import InputError, IntegrityError, MedShareError, NotFoundError, RefusedError, UnreachableError
from medshare.hexadecimal import Bytes32, to_hex
from medshare.intake import Limits
from medshare.intake.errors import NotADocumentError
from medshare.intake.json_text import dumps, parse
from medshare.intake.parts import MEDIA_TYPE, put_back, read_document, stand_ins

LIMITS: Final = Limits()
_TYPE: Final = re.compile(r"[A-Z][A-Za-z]{1,63}")
_URN: Final = "urn:uuid:"
_ISSUE: Final[tuple[tuple[type[MedShareError], str], ...]] = (
    (RefusedError, "forbidden"),
    (NotFoundError, "not-found"),
    (UnreachableError, "transient"),
    (IntegrityError, "invalid"),
)
"""Codes of OperationOutcome.issue for what kept a document away (FHIR R4, ValueSet issue-type)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A document at hand: its media type and its bytes."""

    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A listed document that is not at hand. Its category is not told: whoever reads may not know of it."""

    leaf: Bytes32
    why: MedShareError


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """What could be put together.

    Attributes:
        entries: Entries of a collection, each with a fullUrl of its own; decimals are `Numeral`.
        restored: References and texts that were put back.
        apart: References and texts whose other side is not at hand.
        doubles: Entries that came twice, and are there once.
    """

    entries: tuple[Entry, ...]
    restored: int
    apart: int
    doubles: int


def assemble(documents: Iterable[Held], *, limits: Limits = LIMITS) -> Assembly:
    """Return the entries of `documents` in their order, whatever has both sides at hand put back.

    A document that is FHIR but was not made by intake is taken as it is; any other, also one that only says it is
    FHIR, as a Binary: nothing that was granted is left out, and one document keeps nobody from the others.
    """
    shown: list[Entry] = []
    sealed: dict[str, Any] = {}
    order: dict[str, int] = {}
    keys: list[str] = []
    for held in documents:
        for key, entry in _read(held, sealed, order, limits):
            keys.append(key)
            shown.append(entry)
    sequence = sorted(range(len(shown)), key=lambda at: (order.get(keys[at], len(order)), at))
    before = sum(1 for entry in shown for _ in stand_ins(entry["resource"]))
    entries = [{**shown[at], "resource": put_back(shown[at]["resource"], sealed)} for at in sequence]  # [F-001]
    apart = sum(1 for entry in entries for _ in stand_ins(entry["resource"]))
    alone = tuple(_each_once(entries))
    return Assembly(entries=alone, restored=before - apart, apart=apart, doubles=len(entries) - len(alone))


def as_bundle(assembly: Assembly, *, at: str, outcome: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a Bundle of type collection.

    Args:
        assembly: What was put together.
        at: When, a FHIR instant.
        outcome: An OperationOutcome on what is missing; it becomes the last entry.
    """
    entries = list(assembly.entries)
    if outcome is not None:
        digest = hashlib.sha256(dumps(dict(outcome))).hexdigest()
        entries.append({"fullUrl": full_url("outcome", digest), "resource": dict(outcome)})
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "collection", "timestamp": at}
    return {**bundle, "entry": entries} if entries else bundle


def as_resources(assembly: Assembly) -> tuple[dict[str, Any], ...]:
    """Return the resources, each with an id, references among them as `Type/id` (Bulk Data Access: NDJSON)."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for entry in assembly.entries:
        resource, url = entry["resource"], entry["fullUrl"]
        name = f"{resource['resourceType']}/{resource.get('id') or _uuid_in(url)}"
        if name in taken:
            name = f"{resource['resourceType']}/{full_url('id', url).removeprefix(_URN)}"
        taken.add(name)
        names[url] = name
    return tuple(
        {
            **_renamed(entry["resource"], names),
            "id": names[entry["fullUrl"]].partition("/")[2],
        }
        for entry in assembly.entries
    )


def by_type(resources: Iterable[dict[str, Any]]) -> dict[str, bytes]:
    """Return NDJSON of each resource type, by its name: one resource a line."""
    lines: dict[str, list[bytes]] = {}
    for resource in resources:
        lines.setdefault(resource["resourceType"], []).append(dumps(resource) + b"\n")
    return {kind: b"".join(lines[kind]) for kind in sorted(lines)}


def outcome_of(*, listed: int, missing: Sequence[Missing], assembly: Assembly) -> dict[str, Any]:
    """Return the OperationOutcome of an assembly: how many were listed and received, what is missing and why."""
    issues: list[dict[str, Any]] = [
        {
            "severity": "information",
            "code": "informational",
            "diagnostics": f"{listed} documents listed, {listed - len(missing)} received.",
        }
    ]
    for one in missing:
        code = next((code for kind, code in _ISSUE if isinstance(one.why, kind)), "exception")
        words = f"Document {to_hex(one.leaf)[:18]} is not here: {one.why}"
        issues.append({"severity": "warning", "code": code, "diagnostics": words})  # [F-002]
    if assembly.apart:
        words = f"{assembly.apart} references and texts are kept apart in documents that are not here."
        issues.append({"severity": "information", "code": "incomplete", "diagnostics": words})
    return {"resourceType": "OperationOutcome", "issue": issues}


def _read(held: Held, sealed: dict[str, Any], order: dict[str, int], limits: Limits) -> Iterator[tuple[str, Entry]]:
    """Give the entries of one document with their keys; its parts are added to `sealed` and `order`."""
    try:
        if held.media_type != MEDIA_TYPE:
            raise NotADocumentError
        entries, parts = read_document(held.content, limits=limits)
        keys = [key for key, _, _ in parts["entries"]]
        found = parts["frame"]["order"] if "frame" in parts else []
        if not all(map(_is_entry, entries)) or not isinstance(parts["sealed"], dict) or not isinstance(found, list):
            raise NotADocumentError
    except (InputError, KeyError, TypeError, ValueError):
        yield from (("", entry) for entry in _foreign(held, limits))
        return
    sealed |= parts["sealed"]
    begin = len(order)
    order |= {key: begin + at for at, key in enumerate(found) if isinstance(key, str)}
    for entry, key in zip(entries, keys, strict=True):
        yield str(key), _entry(entry["resource"], entry.get("fullUrl"))


def _foreign(held: Held, limits: Limits) -> Iterator[Entry]:
    """Give the entries of FHIR that intake did not make: those of a Bundle if each has a resource, or one resource."""
    try:
        value = parse(held.content, limits=limits) if held.media_type == MEDIA_TYPE else None
    except InputError:
        value = None
    if not isinstance(value, dict) or not _is_entry({"resource": value}):
        yield _entry(_binary(held))
        return
    inner = value.get("entry") if value["resourceType"] == "Bundle" and value.get("type") != "document" else None
    if isinstance(inner, list) and all(map(_is_entry, inner)):
        yield from (_entry(entry["resource"], entry.get("fullUrl")) for entry in inner)
    else:
        yield _entry(value)


def _is_entry(value: Any) -> bool:
    resource = value.get("resource") if isinstance(value, dict) else None
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    return isinstance(kind, str) and _TYPE.fullmatch(kind) is not None  # it becomes the name of a file


def _binary(held: Held) -> dict[str, Any]:
    data = base64.b64encode(held.content).decode("ascii")
    return {"resourceType": "Binary", "contentType": held.media_type, "data": data}


def _entry(resource: dict[str, Any], url: object = None) -> Entry:
    if not isinstance(url, str):
        url = full_url("entry", hashlib.sha256(dumps(resource)).hexdigest())
    return {"fullUrl": url, "resource": resource}


def _each_once(entries: Sequence[Entry]) -> Iterator[Entry]:
    """Give each entry once; another resource under the same fullUrl gets one of its own (FHIR R4, Bundle, bdl-7)."""
    seen: dict[str, set[bytes]] = {}
    for entry in entries:
        data = dumps(entry["resource"])
        contents = seen.setdefault(entry["fullUrl"], set())
        if data in contents:
            continue
        if contents:
            own = full_url("again", entry["fullUrl"], hashlib.sha256(data).hexdigest())
            yield {**entry, "fullUrl": own}
        else:
            yield entry
        contents.add(data)


def _uuid_in(url: str) -> str:
    return url.removeprefix(_URN) if url.startswith(_URN) else full_url("id", url).removeprefix(_URN)


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            key: names.get(item, item) if key == "reference" and isinstance(item, str) else _renamed(item, names)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    return value
