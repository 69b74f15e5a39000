"""Presets: what they hold, and what none of them opens."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.consent.actions import Action
from medshare.consent.categories import CATEGORIES, SENSITIVE, Category
from medshare.consent.errors import SensitivePreset
from medshare.consent.presets import EMERGENCY_SUMMARY, ENROLMENT, EVERYTHING_FOR_MY_CARE
from medshare.consent.purposes import closed, codes_of


def test_no_preset_opens_a_sensitive_or_unlabelled_category():
    """[S-010]"""
    for preset in (EVERYTHING_FOR_MY_CARE, EMERGENCY_SUMMARY):
        assert not set(preset.categories) & (SENSITIVE | {Category.UNLABELLED})
        assert preset.actions == Action.READ


@pytest.mark.parametrize("category", sorted(SENSITIVE))
def test_a_preset_that_opens_a_sensitive_category_does_not_exist(category):
    """[S-010]"""
    with pytest.raises(SensitivePreset):
        replace(EVERYTHING_FOR_MY_CARE, categories=(Category.ALLERGIES, category))


def test_everything_for_my_care_is_the_other_17_categories_for_treatment():
    assert EVERYTHING_FOR_MY_CARE.categories == CATEGORIES[:17]
    assert codes_of(EVERYTHING_FOR_MY_CARE.purposes) == ("COC", "ERTREAT", "ETREAT", "TREAT", "TREATDS")


def test_the_emergency_summary_may_also_be_read_by_breaking_the_glass():
    assert EMERGENCY_SUMMARY.categories == (Category.EMERGENCY_SUMMARY,)
    assert codes_of(EMERGENCY_SUMMARY.purposes) == ("BTG", "ERTREAT", "ETREAT")


def test_enrolment_is_write_only_and_covers_all_categories():
    assert ENROLMENT.categories == CATEGORIES
    assert ENROLMENT.actions == Action.WRITE


def test_every_preset_is_closed():
    for preset in (EVERYTHING_FOR_MY_CARE, EMERGENCY_SUMMARY, ENROLMENT):
        assert closed(preset.purposes) == preset.purposes
