"""Which category is stricter than which."""

from __future__ import annotations

from typing import Final

from medshare.consent.categories import Category

STRICTNESS: Final = (
    Category.UNLABELLED,
    Category.SEXUAL_AND_REPRODUCTIVE_HEALTH,
    Category.MENTAL_HEALTH,
    Category.SUBSTANCE_USE,
    Category.GENETICS,
    Category.VIOLENCE,
    Category.HIV,
)
"""What is not ordinary, strictest last: what costs a person most when it gets out."""
_RANK: Final = {category: rank for rank, category in enumerate(STRICTNESS, start=1)}


def rank(category: Category) -> int:
    """Return how strict a category is: 0 ordinary, 1 restricted, from 2 sensitive."""
    return _RANK.get(category, 0)


def grade(category: Category) -> int:
    """Return 0 for ordinary, 1 for restricted, 2 for sensitive: sensitive ones are not above each other."""
    return min(rank(category), 2)


def strictest(first: Category, *others: Category) -> Category:
    """Return the strictest; the first of equals."""
    return max((first, *others), key=rank)
