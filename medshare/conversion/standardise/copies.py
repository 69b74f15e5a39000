"""What is the same twice: by business identifier and by content.

Two resources are duplicates when they share an identifier and say the same. The same identifier with other content is
another version, or two things under one name: reported, and left to a person. Where they differ in another identifier
of the same system, the one that they share names a group (a number of claims, an order), and nothing is said.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

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
    saying: dict[tuple[_Names, bytes], int] = {}
    duplicates, versions = [], []
    names = [_names(entry["resource"]) for entry in entries]
    counts = Counter(names)
    for number, (entry, own) in enumerate(zip(entries, names, strict=True)):
        kind, identifiers = own
        # Who says the same has the same identifiers: most resources need no digest.
        digest = content_digest(entry["resource"]) if identifiers and counts[own] > 1 else b""
        named = [first[kind, one] for one in identifiers if (kind, one) in first]
        if digest and (own, digest) in saying:
            duplicates.append((number, saying[own, digest]))
        elif named and not _differ(own, names[min(named)]):
            versions.append((number, min(named)))
        for one in identifiers:
            first.setdefault((kind, one), number)
        saying.setdefault((own, digest), number)
    return Copies(duplicates=tuple(duplicates), versions=tuple(versions))


_Names: TypeAlias = tuple[str, frozenset[Identifier]]


def _names(resource: dict[str, Any]) -> _Names:
    return str(resource["resourceType"]), frozenset(identifiers_of(resource))


def _differ(one: _Names, other: _Names) -> bool:
    """Whether two resources have different values of one system: what they share names a group of things."""
    values = [_by_system(names) for names in (one, other)]
    return any(values[0][system].isdisjoint(values[1][system]) for system in values[0].keys() & values[1].keys())


def _by_system(names: _Names) -> dict[str, set[str]]:
    values: dict[str, set[str]] = defaultdict(set)
    for identifier in names[1]:
        values[identifier.system].add(identifier.value)
    return values


def _in_order(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _in_order(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [_in_order(item) for item in value]
    return value
