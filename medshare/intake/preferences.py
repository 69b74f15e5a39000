"""What a patient wants labelled more strictly than the rule does.

A category is bound into a leaf when a document is sealed and stays what it is. So a patient who wants more speaks
before: a standing wish that the hospital applies at intake. It only raises: the strictest of rule and wish counts, and
a wish that would make a label laxer is refused when it is made, not read over when it is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from medshare.consent.categories import Category
from medshare.intake.errors import PreferenceLaxerError, PreferenceNotOrdinaryError
from medshare.intake.strictness import grade, rank, strictest
from medshare.intake.terminology import canonical_system, meaning_of_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """Wishes of one patient.

    Attributes:
        codes: (URL of the code system, code) to the category that whatever holds the code belongs to at least.
        categories: An ordinary category to the one that takes its place.

    Raises:
        PreferenceLaxerError: A wish names an ordinary category as its aim, or a laxer one than the tables.
        PreferenceNotOrdinaryError: `categories` names a restricted or sensitive category to be moved.
    """

    codes: Mapping[tuple[str, str], Category] = field(default_factory=dict)
    categories: Mapping[Category, Category] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what would not make stricter."""
        if any(grade(category) > 0 for category in self.categories):
            raise PreferenceNotOrdinaryError
        told = [(meaning_of_code(*coding).categories, aim) for coding, aim in self.codes.items()]
        told += [(frozenset(), aim) for aim in self.categories.values()]
        if any(grade(aim) == 0 or max(map(rank, categories), default=0) > rank(aim) for categories, aim in told):
            raise PreferenceLaxerError
        named = {(canonical_system(system), code): aim for (system, code), aim in self.codes.items()}
        object.__setattr__(self, "codes", named)

    def told_by(self, system: str, code: str) -> frozenset[Category]:
        """Return what the patient says of a code, beside what the tables say."""
        aim = self.codes.get((canonical_system(system), code))
        return frozenset() if aim is None else frozenset((aim,))

    def raised(self, category: Category) -> Category:
        """Return a category, or the stricter one that the patient put in its place."""
        return strictest(category, self.categories.get(category, category))  # [I-008]


NO_PREFERENCES: Final = Preferences()
