"""MedShare: a patient decides who reads which part of their medical record, for which purpose, until when.

The names below are the public surface; they are loaded when first used, so that importing a small
part of the package stays cheap. `Sandbox.in_memory()` is the place to begin.
"""

from __future__ import annotations

import importlib
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from medshare.actors import Institution, Network, Patient, Regulator, Researcher
    from medshare.consent.actions import Action
    from medshare.consent.categories import Category
    from medshare.errors import MedShareError
    from medshare.gateway import Gateway, Refused
    from medshare.keys.account import AccountKey
    from medshare.keys.root import RootSecret
    from medshare.sandbox import Sandbox

__version__ = version("medshare")

_HOMES = {
    "AccountKey": "medshare.keys.account",
    "Action": "medshare.consent.actions",
    "Category": "medshare.consent.categories",
    "Gateway": "medshare.gateway",
    "Institution": "medshare.actors",
    "MedShareError": "medshare.errors",
    "Network": "medshare.actors",
    "Patient": "medshare.actors",
    "Refused": "medshare.gateway",
    "Regulator": "medshare.actors",
    "Researcher": "medshare.actors",
    "RootSecret": "medshare.keys.root",
    "Sandbox": "medshare.sandbox",
}

__all__ = [
    "AccountKey",
    "Action",
    "Category",
    "Gateway",
    "Institution",
    "MedShareError",
    "Network",
    "Patient",
    "Refused",
    "Regulator",
    "Researcher",
    "RootSecret",
    "Sandbox",
    "__version__",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name not in _HOMES:
        text = f"module 'medshare' has no attribute {name!r}"
        raise AttributeError(text)
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
