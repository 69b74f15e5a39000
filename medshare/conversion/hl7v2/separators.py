"""The separators of a message, which each message declares for itself (v2.8 chapter 2.5.4)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Separators:
    """One character each; an empty one is not in use."""

    field: str
    component: str
    repetition: str
    escape: str
    subcomponent: str
