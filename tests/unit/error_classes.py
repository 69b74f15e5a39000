"""Every error class of the package, found by importing every module."""

from __future__ import annotations

import importlib
import pkgutil
import string
from collections.abc import Iterator

import medshare
from medshare import errors
from medshare.errors import MedShareError

FAMILIES = tuple(child for child in MedShareError.__subclasses__() if child.__module__ == errors.__name__)
"""The six that decide the exit code and are not raised themselves."""


def modules() -> Iterator[str]:
    """Give the name of every module that may be imported without doing anything."""
    for module in pkgutil.walk_packages(medshare.__path__, "medshare."):
        if not module.name.endswith(".__main__") and ".migrations." not in module.name:
            yield module.name


def causes() -> list[type[MedShareError]]:
    """Return every class that the package raises, by code; not the bases that several causes share."""
    for name in modules():
        importlib.import_module(name)

    def below(base: type[MedShareError]) -> Iterator[type[MedShareError]]:
        for child in base.__subclasses__():
            yield child
            yield from below(child)

    found = {
        one
        for one in below(MedShareError)
        if one.__module__.startswith("medshare.") and ("cause" in vars(one) or not one.__subclasses__())
    }
    return sorted(found - set(FAMILIES), key=lambda one: (one.code, one.__qualname__))


def facts_of(error: type[MedShareError]) -> set[str]:
    """Return the names of the facts that cause and remedy speak of."""
    parts = [*string.Formatter().parse(error.cause), *string.Formatter().parse(error.remedy)]
    return {name.split(".")[0].split("[")[0] for _, name, _, _ in parts if name is not None}
