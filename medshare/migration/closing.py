"""Entries taken out of a Bundle, without leaving a reference that means nothing elsewhere.

A reference to a `urn:uuid:` or `urn:oid:` that is no longer in the Bundle becomes a logical one: the same URI as an
identifier (FHIR R4, references, "Logical references"; a URI as a value has the system urn:ietf:rfc:3986).
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any, Final

from medshare.intake import Issue
from medshare.migration.items import IssueLine, issue_lines

URI: Final = "urn:ietf:rfc:3986"


def without_entries(bundle: dict[str, Any], dropped: AbstractSet[int]) -> tuple[dict[str, Any], int]:
    """Return a Bundle without the entries of these numbers, and how many references were closed."""
    entries = bundle["entry"]
    kept = [one for number, one in enumerate(entries) if number not in dropped]
    here = {one.get("fullUrl") for one in kept}
    gone = {url for number in dropped if (url := entries[number].get("fullUrl")) not in here and _only_here(url)}
    closer = _Closer(gone)
    return {**bundle, "entry": [closer.closed(one) for one in kept]}, closer.count


def closing_issue(count: int) -> tuple[IssueLine, ...]:
    """Return what there is to say of so many closed references."""
    issue = Issue(
        "information",
        "Bundle.entry.resource..reference",
        "reference-closed",
        "This reference leads to a resource that was stored before.",
        "Nothing: it is kept as an identifier.",
    )
    return issue_lines([issue] * count)


class _Closer:
    """Closes references to what is gone, and counts them."""

    def __init__(self, gone: AbstractSet[str]) -> None:
        self._gone = gone
        self.count = 0

    def closed(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.closed(one) for one in value]
        if not isinstance(value, dict):
            return value
        if isinstance(target := value.get("reference"), str) and target in self._gone and "identifier" not in value:
            self.count += 1
            rest = {name: self.closed(one) for name, one in value.items() if name != "reference"}
            return {**rest, "identifier": {"system": URI, "value": target}}
        return {name: self.closed(one) for name, one in value.items()}


def _only_here(url: object) -> bool:
    return isinstance(url, str) and url.startswith(("urn:uuid:", "urn:oid:"))
