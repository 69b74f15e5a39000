"""Which entry a reference leads to (FHIR R4, "References" and "Bundle: resolving references")."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any, Final

_LITERAL: Final = re.compile(r"([A-Z][A-Za-z]{2,50})/([A-Za-z0-9.\-]{1,64})(?:/_history/[A-Za-z0-9.\-]{1,64})?$")
_ONLY_HERE: Final = ("urn:uuid:", "urn:oid:", "#")
"""References that can only mean something inside the Bundle."""


class Directory:
    """Finds the entries that a reference can mean.

    A Bundle may hold several versions of one resource (type history): a reference means all of them.
    """

    def __init__(self, entries: list[tuple[int, dict[str, Any]]]) -> None:
        """Take the number and the value of each entry that has a resource."""
        self._by_url: dict[str, list[int]] = defaultdict(list)
        self._by_name: dict[tuple[str, str], list[int]] = defaultdict(list)
        for number, entry in entries:
            resource = entry["resource"]
            url, name = entry.get("fullUrl"), resource.get("id")
            if isinstance(url, str):
                self._by_url[url].append(number)
            if isinstance(name, str):
                self._by_name[resource["resourceType"], name].append(number)

    def find(self, reference: str) -> tuple[int, ...]:
        """Return the numbers of the entries that a literal reference means; none when it leads outside."""
        found = self._by_url.get(reference)
        if found is None and "#" in reference:
            found = self._by_url.get(reference.partition("#")[0])
        if found is None:
            match = _LITERAL.search(reference)
            # An absolute address elsewhere is somebody else's resource, whatever its id.
            if match and (match.start() == 0 or "://" not in reference or self._is_ours(reference, match)):
                found = self._by_name.get((match[1], match[2]))
        return tuple(found or ())

    def _is_ours(self, reference: str, match: re.Match[str]) -> bool:
        """Whether an absolute reference with a version means an entry that is named without one."""
        return f"{reference[: match.start()]}{match[1]}/{match[2]}" in self._by_url


def only_here(reference: str) -> bool:
    """Whether a reference can lead nowhere but into this Bundle."""
    return reference.startswith(_ONLY_HERE)


def type_named(reference: str) -> str:
    """Return the resource type that a literal reference names, or nothing."""
    match = _LITERAL.search(reference)
    if match:
        return match[1]
    conditional = re.match(r"([A-Z][A-Za-z]{2,50})\?", reference)
    return conditional[1] if conditional else ""
