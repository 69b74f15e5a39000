"""Which patient a resource is about (FHIR R4, CompartmentDefinition/patient), and what belongs to each patient.

A resource that names no patient, such as a Practitioner, a Medication or a Binary, belongs to the patients
whose resources refer to it. One to which nothing leads, such as a Provenance, belongs to the patients of what
it refers to. What is left belongs to nobody and is said to.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from medshare.conversion.item import Entry, Identifier
from medshare.intake.references import Directory, type_named

_PATIENT: Final = "Patient"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """What ties an entry to others: a few strings, so that many entries can be put in order at once.

    Attributes:
        number: Its number, given by the caller.
        type: Its resource type.
        id: Its logical id; empty for none.
        full_url: Its full URL; empty for none.
        subjects: References to the patients it is about, first the one it is about before all.
        references: All its literal references, those into itself left out.
    """

    number: int
    type: str
    id: str
    full_url: str
    subjects: tuple[str, ...]
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """What belongs to whom.

    Attributes:
        patients: For the number of each Patient, the numbers of what belongs to it, itself first.
        unowned: The numbers of what belongs to nobody here.
        missing: The numbers of what names a patient who is not here.
    """

    patients: dict[int, tuple[int, ...]]
    unowned: tuple[int, ...]
    missing: tuple[int, ...]


def subjects_of(resource: dict[str, Any]) -> tuple[str, ...]:
    """Return the literal references to patients in a resource's compartment elements, each once."""
    found = dict.fromkeys(
        value["reference"]
        for path in _elements().get(str(resource.get("resourceType")), ())
        for value in _at(resource, path)
        if isinstance(value, dict) and isinstance(value.get("reference"), str)
    )
    return tuple(reference for reference in found if type_named(reference) in {_PATIENT, ""})


def subject_of(resource: dict[str, Any]) -> str | None:
    """Return the literal reference to the patient whom a resource is about, or None."""
    return next(iter(subjects_of(resource)), None)


def identifiers_of(resource: dict[str, Any]) -> tuple[Identifier, ...]:
    """Return the business identifiers of the patient: of a Patient its own, else of a logical reference to one."""
    if resource.get("resourceType") == _PATIENT:
        held = resource.get("identifier")
        return tuple(_identifiers(held if isinstance(held, list) else []))
    values = [
        value["identifier"]
        for path in _elements().get(str(resource.get("resourceType")), ())[:1]
        for value in _at(resource, path)
        if isinstance(value, dict) and "identifier" in value and value.get("type", _PATIENT) == _PATIENT
    ]
    return tuple(_identifiers(values))


def tie_of(number: int, entry: Entry) -> Tie:
    """Return what ties an entry to others."""
    resource = entry["resource"]
    name, url = resource.get("id"), entry.get("fullUrl")
    return Tie(
        number=number,
        type=str(resource["resourceType"]),
        id=name if isinstance(name, str) else "",
        full_url=url if isinstance(url, str) else "",
        subjects=subjects_of(resource),
        references=tuple(dict.fromkeys(r for r in references_in(resource) if not r.startswith("#"))),
    )


def references_in(value: Any) -> Iterator[str]:
    """Yield the literal references in a value, in order."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for item in value.values():
            yield from references_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from references_in(item)


def closure(ties: Iterable[Tie]) -> Closure:
    """Return what belongs to each patient, by the rule above."""
    held = list(ties)
    directory = directory_of(held)
    targets = [directory.find_all(tie.references) for tie in held]
    owners: list[set[int]] = [set() for _ in held]
    missing: set[int] = set()
    for index, tie in enumerate(held):
        if tie.type == _PATIENT:
            owners[index].add(index)
            continue
        about = directory.find_all(tie.subjects)
        owners[index] |= {target for target in about if held[target].type == _PATIENT}
        if tie.subjects and not owners[index] and not about:
            missing.add(index)
    direct = [bool(found) or index in missing for index, found in enumerate(owners)]
    _hand_on(owners, direct, targets, start=[index for index, found in enumerate(direct) if found])
    late = [index for index, found in enumerate(owners) if not found and index not in missing]
    for index in late:
        owners[index] = {owner for target in targets[index] if direct[target] for owner in owners[target]}
    _hand_on(owners, direct, targets, start=[index for index in late if owners[index]])
    belongs: dict[int, list[int]] = {i: [tie.number] for i, tie in enumerate(held) if tie.type == _PATIENT}
    for index, tie in enumerate(held):
        for owner in owners[index] - {index}:
            belongs[owner].append(tie.number)
    nobodys = [index for index, found in enumerate(owners) if not found and index not in missing]
    return Closure(
        patients={held[index].number: tuple(numbers) for index, numbers in belongs.items()},
        unowned=tuple(held[index].number for index in nobodys),
        missing=tuple(held[index].number for index in sorted(missing)),
    )


class _Names(Directory):
    """Finds the index of ties by reference."""

    def find_all(self, references: Iterable[str]) -> tuple[int, ...]:
        """Return each index that one of the references means, once."""
        return tuple(dict.fromkeys(index for reference in references for index in self.find(reference)))


def directory_of(ties: list[Tie]) -> _Names:
    """Return a directory from references to indices of `ties`."""
    return _Names(
        [
            (index, {"fullUrl": tie.full_url or None, "resource": {"resourceType": tie.type, "id": tie.id or None}})
            for index, tie in enumerate(ties)
        ]
    )


def _hand_on(owners: list[set[int]], direct: list[bool], targets: list[tuple[int, ...]], *, start: list[int]) -> None:
    """Give what names no patient itself the owners of what refers to it, and so on."""
    waiting = deque(start)
    while waiting:
        index = waiting.popleft()
        for target in targets[index]:
            if not direct[target] and not owners[index] <= owners[target]:
                owners[target] |= owners[index]
                waiting.append(target)


def _identifiers(values: list[Any]) -> Iterator[Identifier]:
    for value in values:
        if isinstance(value, dict) and isinstance(value.get("value"), str):
            system = value.get("system")
            yield Identifier(system if isinstance(system, str) else "", value["value"])


def _at(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """Yield what stands at a path, going through lists."""
    if isinstance(value, list):
        for item in value:
            yield from _at(item, path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _at(value[path[0]], path[1:])


@cache
def _elements() -> dict[str, tuple[tuple[str, ...], ...]]:
    found: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for line in files("medshare.conversion.fhir").joinpath("compartment.tsv").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            resource_type, path, _ = line.split("\t")
            found[resource_type].append(tuple(path.split(".")))
    return {resource_type: tuple(paths) for resource_type, paths in found.items()}
