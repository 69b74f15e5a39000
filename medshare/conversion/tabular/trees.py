"""The elements of one resource of a mapping, as a tree, and whether they can stand together."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping as Table
from typing import Any

from medshare.conversion.tabular.elements import required_of, suggest
from medshare.conversion.tabular.mapping import Branch, CodeTable, Leaf, Link
from medshare.conversion.tabular.sections import Section
from medshare.conversion.tabular.sources import read_leaf


def read_plan_tree(
    kind: str, section: Section, tables: Table[str, CodeTable], names: Table[str, str], *, given: Collection[str] = ()
) -> Branch:
    """Return the tree of the `element` section of a resource; its faults go to the section's.

    Args:
        kind: The resource type.
        section: The section.
        tables: The tables of local codes, by name.
        names: The types of the resources of the mapping, by name.
        given: Elements that the mapping fills elsewhere.
    """
    before = len(section.faults.issues)
    below: dict[str, dict[int | None, Any]] = {}
    seen: set[tuple[object, ...]] = set()
    for path in section.keys():  # noqa: SIM118 - a Section is no dict
        if not isinstance(section.raw(path), dict):
            section.wrong_type(path, "a section")
            continue
        leaf = read_leaf(kind, path, section.section(path), tables)
        if leaf is None:
            continue
        first = leaf.element.steps[0].name
        if first in given:
            message = f"the element {first} is made from what [patient] says."
            section.faults.add(section.at(path), "element-given", message, "Take it out here.")
        elif leaf.element.steps in seen:
            message = "this element stands twice, perhaps with and without [0]."
            section.faults.add(section.at(path), "element-twice", message, "Take one out.")
        else:
            seen.add(leaf.element.steps)
            _place(below, leaf, section)
        _check_link(leaf, section, names)
    if len(section.faults.issues) == before:
        _check_required(kind, below, section, given)
    return _branch(below)


def _place(below: dict[str, dict[int | None, Any]], leaf: Leaf, section: Section) -> None:
    """Put a leaf into the nested dicts, unless a step on the way is taken or another of the same choice is."""
    here = below
    for number, (step, choice) in enumerate(zip(leaf.element.steps, leaf.element.choices, strict=True)):
        others = {name for name in here if name != step.name and name.startswith(choice)} if choice else set[str]()
        if any(_choice_of(here[name]) == choice for name in others):
            message = f"the element {choice}[x] can be said in one type only, and two are mapped."
            section.faults.add(section.at(leaf.path), "choice-twice", message, "Make two resources with conditions.")
            return
        several = here.setdefault(step.name, {})
        if number == len(leaf.element.steps) - 1:
            if step.index in several:
                message = "this element and elements below it are mapped."
                section.faults.add(section.at(leaf.path), "element-twice", message, "Take one out.")
                return
            several[step.index] = leaf
            return
        here = several.setdefault(step.index, {"": (leaf.element.types[number], choice)})
        if isinstance(here, Leaf):
            message = "this element and the one above it are mapped."
            section.faults.add(section.at(leaf.path), "element-twice", message, "Take one out.")
            return


def _choice_of(several: Any) -> str:
    """Return the choice that placed elements are one of."""
    if not isinstance(several, dict):
        return ""
    one = next(iter(several.values()))
    return str(one.element.choices[-1] if isinstance(one, Leaf) else one[""][1])


def _check_link(leaf: Leaf, section: Section, names: Table[str, str]) -> None:
    if not isinstance(leaf.source, Link):
        return
    name, targets = leaf.source.resource, leaf.element.targets
    place = f"{section.at(leaf.path)}.resource"
    if name not in names:
        message = f"no resource here is named {name!r}{suggest(name, names)}"
        section.faults.add(place, "resource-unknown", f"{message}.", f"Known are {', '.join(names)}.")
    elif targets and names[name] and names[name] not in targets and "Resource" not in targets:
        message = f"the element {leaf.path} cannot lead to a {names[name]}."
        section.faults.add(place, "resource-wrong", message, f"It may lead to {', '.join(targets)}.")


def _check_required(kind: str, below: dict[str, Any], section: Section, given: Collection[str], path: str = "") -> None:
    """Report elements that FHIR demands of an object that the mapping makes."""
    for group in required_of(kind):
        if not any(name in below or name in given for name in group):
            what = f"{path}.{' or '.join(group)}".removeprefix(".")
            message = f"{kind} must have {what}, and nothing is mapped to it."
            section.faults.add(section.place, "element-missing", message, f"Map a column or a constant to {what}.")
    for name, several in below.items():
        for index, one in several.items() if name else ():
            if isinstance(one, dict):
                spelled = name if index is None else f"{name}[{index}]"
                _check_required(one[""][0], one, section, (), f"{path}.{spelled}".removeprefix("."))


def _branch(below: dict[str, Any]) -> Branch:
    found: dict[str, dict[int | None, Branch | Leaf]] = {}
    for name, several in below.items():
        if name:
            order = sorted(several, key=lambda index: index or 0)
            found[name] = {index: one if isinstance(one := several[index], Leaf) else _branch(one) for index in order}
    return Branch(found)
