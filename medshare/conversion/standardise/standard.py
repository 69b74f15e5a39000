"""Entries of any format, brought nearer to what others can read. See `README.md` beside this file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from medshare.conversion.item import Entry
from medshare.conversion.standardise.copies import find_copies
from medshare.conversion.standardise.rules import Rules, Settings
from medshare.intake import Issue
from medshare.intake.references import Directory, only_here

_ADDITIONS: Final = frozenset(
    ("zone-added", "identifier-system-added", "system-canonical", "code-mapped", "unit-coded")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standardised:
    """What became of entries.

    Attributes:
        entries: In the same order, none taken away.
        issues: What was added and what a person should look at, by path.
        added: How many things were added.
    """

    entries: tuple[Entry, ...]
    issues: tuple[Issue, ...]
    added: int


def standardise(entries: Iterable[Entry], *, settings: Settings) -> Standardised:
    """Add units, zones, systems and codes; report references that lead nowhere, and copies.

    Each addition is an issue of its own; nothing else changes. What the entries say twice is the same twice:
    standardising again adds nothing.
    """
    made = apply_rules(entries, settings=settings)
    return replace(made, issues=(*made.issues, *dangling(made.entries), *_copies(made.entries)))


def apply_rules(entries: Iterable[Entry], *, settings: Settings) -> Standardised:
    """Do the same to entries that are not all of a record: what leads from one to another is not looked at."""
    issues: list[Issue] = []
    rules = Rules(settings, lambda *finding: issues.append(Issue(*finding)))
    made = tuple(_standard(rules, number, entry) for number, entry in enumerate(entries))
    return Standardised(entries=made, issues=tuple(issues), added=sum(issue.code in _ADDITIONS for issue in issues))


def dangling(entries: Sequence[Entry]) -> list[Issue]:
    """Return an issue for each reference of the entries that leads to none of them.

    It is an error where the reference means nothing elsewhere (`urn:uuid:`, `#id`), a warning where it may.
    """
    directory = Directory(list(enumerate(entries)))
    issues = []
    for number, entry in enumerate(entries):
        if all(map(directory.find, _literal(entry["resource"]))):
            continue  # most resources, most of the time
        own = {"#", *_own_names(entry["resource"])}
        for path, reference in _references(entry["resource"], f"Bundle.entry[{number}].resource"):
            if reference in own or directory.find(reference):
                continue
            if only_here(reference):
                issues.append(Issue("error", path, "reference-dangling", "This reference leads nowhere.", _ADD))
            else:
                issues.append(Issue("warning", path, "reference-outside", "This reference leads out of here.", _ADD))
    return issues


def _literal(resource: dict[str, Any]) -> list[str]:
    """Return the literal references in a resource; quick, and in no order."""
    found: list[str] = []
    waiting: list[Any] = [resource]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if isinstance(value.get("reference"), str):
                found.append(value["reference"])
            waiting += [item for item in value.values() if isinstance(item, dict | list)]
        elif isinstance(value, list):
            waiting += value
    return found


def _references(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield path, value["reference"]
        for name, item in value.items():
            yield from _references(item, f"{path}.{name}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _references(item, f"{path}[{number}]")


def _own_names(value: Any) -> Iterator[str]:
    """Yield what can be referred to inside a resource: what it contains, and entries of a Bundle in it."""
    if isinstance(value, dict):
        contained = value.get("contained")
        for one in contained if isinstance(contained, list) else ():
            if isinstance(one, dict) and isinstance(one.get("id"), str):
                yield f"#{one['id']}"
        if isinstance(value.get("fullUrl"), str):
            yield value["fullUrl"]
        for item in value.values():
            yield from _own_names(item)
    elif isinstance(value, list):
        for item in value:
            yield from _own_names(item)


def _standard(rules: Rules, number: int, entry: Entry) -> Entry:
    resource = rules.applied(entry["resource"], f"Bundle.entry[{number}].resource")
    return entry if resource is entry["resource"] else {**entry, "resource": resource}


def _copies(entries: Sequence[Entry]) -> list[Issue]:
    found = find_copies(entries)
    return [
        Issue("information", f"Bundle.entry[{later}].resource", "duplicate", _SAME.format(number=first), _LEAVE_OUT)
        for later, first in found.duplicates
    ] + [
        Issue(
            "warning",
            f"Bundle.entry[{later}].resource.identifier",
            "identifier-twice",
            _OTHER.format(number=first),
            _LOOK,
        )
        for later, first in found.versions
    ]


_ADD: Final = "Add the resource that it names, or take the reference out."
_SAME: Final = "This says the same as entry {number} and has its identifier."
_OTHER: Final = "This has an identifier of entry {number} and says something else."
_LEAVE_OUT: Final = "Nothing to do; leave one of them out if both are not wanted."
_LOOK: Final = "See whether it is another version, or another thing under the same identifier."
