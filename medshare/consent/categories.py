"""The 24 categories of a record and the 8 folders (design, section 11)."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class Category(IntEnum):
    """One of 24 categories, or one of 8 folders: sets that the patient picks by hand."""

    EMERGENCY_SUMMARY = 0
    DEMOGRAPHICS = 1
    ENCOUNTERS = 2
    PROBLEMS = 3
    ALLERGIES = 4
    MEDICATIONS = 5
    IMMUNISATIONS = 6
    LABORATORY = 7
    PATHOLOGY = 8
    VITAL_SIGNS = 9
    IMAGING = 10
    PROCEDURES = 11
    NOTES = 12
    CARE_PLANS = 13
    FAMILY_AND_SOCIAL_HISTORY = 14
    DEVICES = 15
    COVERAGE_AND_CLAIMS = 16
    UNLABELLED = 17
    MENTAL_HEALTH = 18
    SUBSTANCE_USE = 19
    SEXUAL_AND_REPRODUCTIVE_HEALTH = 20
    HIV = 21
    GENETICS = 22
    VIOLENCE = 23
    FOLDER_24 = 24
    FOLDER_25 = 25
    FOLDER_26 = 26
    FOLDER_27 = 27
    FOLDER_28 = 28
    FOLDER_29 = 29
    FOLDER_30 = 30
    FOLDER_31 = 31

    @property
    def is_folder(self) -> bool:
        """Whether this is a folder and not a category proper."""
        return self >= Category.FOLDER_24


CATEGORIES: Final = tuple(category for category in Category if not category.is_folder)
"""The 24 categories proper."""

FOLDERS: Final = tuple(category for category in Category if category.is_folder)
"""The 8 folders."""

SENSITIVE: Final = frozenset(
    (
        Category.MENTAL_HEALTH,
        Category.SUBSTANCE_USE,
        Category.SEXUAL_AND_REPRODUCTIVE_HEALTH,
        Category.HIV,
        Category.GENETICS,
        Category.VIOLENCE,
    )
)
"""Categories that stand alone in a consent and in no preset.

A folder is sensitive when it holds a leaf of one of these; the number does not tell.
"""
