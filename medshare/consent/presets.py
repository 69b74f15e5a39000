"""Ready choices for a consent. None opens a sensitive category for reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from medshare.consent.actions import Action
from medshare.consent.categories import CATEGORIES, SENSITIVE, Category
from medshare.consent.errors import SensitivePreset
from medshare.consent.purposes import closure


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """What and why, without whom and when. `purposes` is a closed mask."""

    categories: tuple[Category, ...]
    purposes: int
    actions: Action

    def __post_init__(self) -> None:
        """Check that nothing sensitive is opened by one click.

        Raises:
            SensitivePreset: A sensitive category, to do anything with but write into it.
        """
        if self.actions != Action.WRITE and not SENSITIVE.isdisjoint(self.categories):  # [S-010]
            raise SensitivePreset


EVERYTHING_FOR_MY_CARE: Final = Preset(
    # What nobody labelled may hold anything: it is not in a preset either.
    categories=tuple(c for c in CATEGORIES if c not in SENSITIVE and c is not Category.UNLABELLED),
    purposes=closure(("TREAT",)),
    actions=Action.READ,
)
"""All that is neither sensitive nor unlabelled, to read, for treatment."""

EMERGENCY_SUMMARY: Final = Preset(
    categories=(Category.EMERGENCY_SUMMARY,), purposes=closure(("ETREAT", "BTG")), actions=Action.READ
)
"""The emergency summary, to read, also by breaking the glass: for patients who chose it."""

ENROLMENT: Final = Preset(categories=CATEGORIES, purposes=closure(("TREAT",)), actions=Action.WRITE)
"""Write only, for treatment, into every category: it opens nothing."""
