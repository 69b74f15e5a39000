"""Closing references that mean nothing outside of a Bundle.

A reference to a `urn:uuid:` or `urn:oid:` that is no longer in the Bundle becomes a logical one: the same URI as an
identifier (FHIR R4, references, "Logical references"; a URI as a value has the system urn:ietf:rfc:3986).
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any, Final

from medshare.intake import Issue
from medshare.migration.items import IssueLine, issue_lines

URI: Final = "urn:ietf:rfc:3986"


def close_references(bundle: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Return a Bundle in which no reference is lost, and how many were closed."""
    here = {one.get("fullUrl") for one in bundle["entry"]}
    closer = _Closer(here)
    return {**bundle, "entry": [closer.closed(one) for one in bundle["entry"]]}, closer.count


def closing_issue(count: int) -> tuple[IssueLine, ...]:
    """Return what there is to say of so many closed references."""
    issue = Issue(
        "information",
        "Bundle.entry.resource..reference",
        "reference-closed",
        "This reference leads to a resource that was stored before, or is missing.",
        "If it is missing, export it too: the reference is kept as an identifier.",
    )
    return issue_lines([issue] * count)


class _Closer:
    """Closes references to what is not here, and counts them."""

    def __init__(self, here: AbstractSet[object]) -> None:
        self._here = here
        self.count = 0

    def closed(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.closed(one) for one in value]
        if not isinstance(value, dict):
            return value
        target = value.get("reference")
        if _only_here(target) and target not in self._here and "identifier" not in value:
            self.count += 1
            rest = {name: self.closed(one) for name, one in value.items() if name != "reference"}
            return {**rest, "identifier": {"system": URI, "value": target}}
        return {name: self.closed(one) for name, one in value.items()}


def _only_here(url: object) -> bool:
    return isinstance(url, str) and url.startswith(("urn:uuid:", "urn:oid:"))
