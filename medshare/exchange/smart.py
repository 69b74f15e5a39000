"""SMART scopes: strict reading, and what they and a consent have in common (SMART App Launch 2.2, Scopes).

Grammar of a scope of FHIR resources: ``context "/" (resource | "*") "." permissions [ "?" search ]``, where the context
is patient, user or system, and the permissions are a non-empty part of **c r u d s** in this order. Version 1's `read`,
`write` and `*` are rs, cud and cruds.

A scope is by type of resource, a consent by category, and a sensitive category may hold any type. So a scope of a
consent names the category by its security label (`_security`, a search parameter of every resource, FHIR R4), and what
an app asked for is narrowed by the same: **a token is never wider than the consent** (`narrowed`). To read is `rs`, to
write new documents is `c`; nothing permits `u` and `d`. De-identified and aggregate use give no token at all. What is
kept after reading no scope can say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from medshare.consent.actions import Action
from medshare.consent.categories import Category
from medshare.exchange.codes import NORMAL, code_of
from medshare.exchange.errors import ScopeMalformed
from medshare.exchange.systems import CATEGORY
from medshare.intake.kinds import category_by_type

ALL: Final = "cruds"
CONTEXTS: Final = ("patient", "user", "system")
LAUNCH: Final = frozenset(
    ("openid", "fhirUser", "profile", "launch", "launch/patient", "launch/encounter", "offline_access", "online_access")
)
"""Scopes for identity, launch context and tokens: they open no resource."""

_VERSION_1: Final = {"read": "rs", "write": "cud", "*": ALL}
_FORM: Final = re.compile(r"([a-z]+)/([A-Z][A-Za-z]{1,63}|\*)\.([a-z]+|\*)(?:\?(.*))?")
_PARAMETER: Final = re.compile(r"(_?[A-Za-z][A-Za-z0-9.:-]{0,63})=([\x21\x23-\x25\x27-\x5b\x5d-\x7e]+)")
"""RFC 6749, section 3.3: no space, quote or backslash in a scope; and no `&` in a value."""
_LONGEST: Final = 4096
_SECURITY: Final = "_security"
_LETTERS: Final = {Action.READ: "rs", Action.WRITE: "c"}
_SECTIONS: Final = {
    "Observation": ("laboratory", "vital-signs", "imaging", "procedure", "social-history"),
    "DiagnosticReport": ("LAB", "PAT", "RAD", "EC"),
}
"""One code of `category` for each of ours that such a resource may be in."""
_US_CORE: Final = {
    "LP29684-5": Category.IMAGING,
    "LP29708-2": Category.PROCEDURES,
    "LP7839-6": Category.PATHOLOGY,
    "sdoh": Category.FAMILY_AND_SOCIAL_HISTORY,
}
"""Codes of `category` of US Core 7 (LOINC: radiology, cardiology, pathology) that intake knows by others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A scope of FHIR resources: `permissions` are letters of cruds in order, `search` parameters that all hold."""

    context: str
    resource: str
    permissions: str
    search: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        tail = "&".join(f"{name}={value}" for name, value in self.search)
        return f"{self.context}/{self.resource}.{self.permissions}" + (f"?{tail}" if tail else "")


def scope_in(text: str, number: int = 1) -> Scope:
    """Return the scope in a text; `number` is its place in a list, for the error.

    Raises:
        ScopeMalformed: It is none.
    """
    if len(text) > _LONGEST:
        raise ScopeMalformed(number=number, why=f"it has more than {_LONGEST} characters")
    match = _FORM.fullmatch(text)
    if match is None:
        raise ScopeMalformed(number=number, why="it has no context, no resource or no permissions")
    context, resource, permissions, search = match.groups()
    if context not in CONTEXTS:
        raise ScopeMalformed(number=number, why="its context is not patient, user or system")
    if permissions in _VERSION_1:
        if search is not None:
            raise ScopeMalformed(number=number, why="read, write and * take no search parameters")
        permissions = _VERSION_1[permissions]
    elif permissions != "".join(letter for letter in ALL if letter in permissions):
        raise ScopeMalformed(number=number, why="its permissions are not letters of cruds in this order")
    found = []
    for part in [] if search is None else search.split("&"):
        parameter = _PARAMETER.fullmatch(part)
        if parameter is None:
            raise ScopeMalformed(number=number, why="its search parameters are not name=value")
        found.append((parameter.group(1), parameter.group(2)))
    return Scope(context=context, resource=resource, permissions=permissions, search=tuple(found))


def scopes_in(text: str) -> tuple[Scope, ...]:
    """Return the resource scopes of a list with spaces between; launch and identity scopes are left out.

    Raises:
        ScopeMalformed: One is neither.
    """
    return tuple(
        scope_in(one, number) for number, one in enumerate(text.split(" "), start=1) if one and one not in LAUNCH
    )


def scopes_of(categories: Iterable[Category], actions: int) -> tuple[Scope, ...]:
    """Return the scopes of a consent: one for each category, none where it opens no resource."""
    letters = _letters(actions)
    if not letters:
        return ()
    return tuple(
        Scope(context="patient", resource="*", permissions=letters, search=((_SECURITY, _label(category)),))
        for category in categories
    )


def narrowed(asked: Iterable[Scope], categories: Iterable[Category], actions: int) -> tuple[Scope, ...]:
    """Return what scopes and a consent have in common, as scopes of this patient; nothing for nothing in common.

    Each keeps its own resource and search and gets the categories of the consent as one more parameter, any of which
    may hold (FHIR R4, Search: values with commas between). A scope that names other categories alone falls away.
    """
    letters, given = _letters(actions), tuple(categories)
    found: dict[Scope, None] = {}
    for one in asked:
        common = "".join(letter for letter in one.permissions if letter in letters)
        held = [category for category in given if _may_hold(one, category)]  # [Z-002]
        if not common or not held:
            continue
        rest = tuple(pair for pair in one.search if not _names_categories(pair))
        label = (_SECURITY, ",".join(_label(category) for category in held))
        found[replace(one, context="patient", permissions=common, search=(*rest, label))] = None
    return tuple(found)


def categories_of(scopes: Iterable[Scope]) -> tuple[Category, ...]:
    """Return the categories that a patient would have to give for scopes to open what they ask for.

    A sensitive category is asked for by its label and by nothing else.
    """
    found: set[Category] = set()
    for one in scopes:
        named = _named(one)
        found.update(_by_type(one) if named is None else named)
    return tuple(sorted(found))


def actions_of(scopes: Iterable[Scope]) -> Action:
    """Return the actions that scopes need; 0 for none that there is."""
    letters = "".join(one.permissions for one in scopes)
    return (Action.READ if set(letters) & set("rs") else Action(0)) | (Action.WRITE if "c" in letters else Action(0))


def _letters(actions: int) -> str:
    found = "".join(letters for action, letters in _LETTERS.items() if action & actions)
    return "".join(letter for letter in ALL if letter in found)


def _label(category: Category) -> str:
    return f"{CATEGORY}|{code_of(category)}"


_BY_LABEL: Final = {_label(category): category for category in Category}


def _names_categories(pair: tuple[str, str]) -> bool:
    """Whether a parameter names categories of ours and nothing else."""
    return pair[0] == _SECURITY and all(value in _BY_LABEL for value in pair[1].split(","))


def _named(scope: Scope) -> frozenset[Category] | None:
    """Return the categories that a scope names, all of its parameters together; None if it names none."""
    sets = [
        frozenset(_BY_LABEL[value] for value in pair[1].split(",")) for pair in scope.search if _names_categories(pair)
    ]
    return frozenset.intersection(*sets) if sets else None


def _may_hold(scope: Scope, category: Category) -> bool:
    named = _named(scope)
    return named is None or category in named


def _by_type(scope: Scope) -> Iterable[Category]:
    """Return the ordinary categories in which resources of this type are."""
    if scope.resource == "*":
        return NORMAL
    codes = [value.rpartition("|")[2] for name, text in scope.search if name == "category" for value in text.split(",")]
    found = {_US_CORE[code] for code in codes if code in _US_CORE}
    kinds: list[dict[str, Any]] = [
        {"resourceType": scope.resource, "category": [{"coding": [{"code": code}]}]}
        for code in codes or _SECTIONS.get(scope.resource, ())
        if code not in _US_CORE
    ]
    found |= {category_by_type(kind) for kind in kinds}
    if not found:
        found = {category_by_type({"resourceType": scope.resource})}
    return [category for category in NORMAL if category in found]
