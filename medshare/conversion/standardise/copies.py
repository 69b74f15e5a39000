"""What is the same twice: by business identifier and by content.

Two resources are duplicates when they share an identifier and say the same. The same identifier with other content is
another version, or two things under one name: reported, and left to a person.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from medshare.conversion.item import Entry, Identifier
from medshare.intake.json_text import dumps

_OF_ONE_COPY: Final = frozenset(("lastUpdated", "versionId"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """What was found, by the numbers of the entries.

    Attributes:
        duplicates: Each later copy with the first one.
        versions: Each later resource with the first one that has the same identifier and says something else.
    """

    duplicates: tuple[tuple[int, int], ...]
    versions: tuple[tuple[int, int], ...]


def content_digest(resource: dict[str, Any]) -> bytes:
    """Return the SHA-256 of what a resource says, whatever the order of its keys.

    Its id, `meta.versionId` and `meta.lastUpdated` are those of one copy and do not count. 1.10 is not 1.1.
    Not for keeping in the open: whoever guesses a record can find it by this digest.
    """
    said = {name: value for name, value in resource.items() if name not in {"id", "meta"}}
    meta = resource.get("meta")
    if isinstance(meta, dict):
        meta = {name: value for name, value in meta.items() if name not in _OF_ONE_COPY}
    if meta:
        said["meta"] = meta
    return hashlib.sha256(dumps(_in_order(said))).digest()


def identifiers_of(resource: dict[str, Any]) -> tuple[Identifier, ...]:
    """Return the identifiers of a resource that have a system: without one, equal values mean nothing."""
    held = resource.get("identifier")
    values = held if isinstance(held, list) else [held]
    return tuple(
        Identifier(value["system"], value["value"])
        for value in values
        if isinstance(value, dict) and isinstance(value.get("system"), str) and isinstance(value.get("value"), str)
    )


def find_copies(entries: Sequence[Entry]) -> Copies:
    """Return which entries are copies of an earlier one; a resource without an identifier is never one."""
    first: dict[tuple[str, Identifier], int] = {}
    saying: dict[tuple[str, Identifier, bytes], int] = {}
    duplicates, versions = [], []
    for number, entry in enumerate(entries):
        resource = entry["resource"]
        keys = [(str(resource["resourceType"]), one) for one in identifiers_of(resource)]
        digest = content_digest(resource) if keys else b""
        same = [saying[(*key, digest)] for key in keys if (*key, digest) in saying]
        named = [first[key] for key in keys if key in first]
        if same:
            duplicates.append((number, min(same)))
        elif named:
            versions.append((number, min(named)))
        for key in keys:
            first.setdefault(key, number)
            saying.setdefault((*key, digest), number)
    return Copies(duplicates=tuple(duplicates), versions=tuple(versions))


def _in_order(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _in_order(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [_in_order(item) for item in value]
    return value
