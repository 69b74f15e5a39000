"""What a patient wants labelled more strictly; and what an uploader cannot make laxer."""

from __future__ import annotations

import pytest

from medshare.consent.categories import Category
from medshare.intake import Preferences, take_in
from medshare.intake.errors import PreferenceLaxerError, PreferenceNotOrdinaryError
from tests.unit.intake.samples import (
    CONFIDENTIALITY,
    ENCOUNTER,
    LOINC,
    LOW,
    PATIENT,
    SNOMED,
    bundle,
    category_of,
    concept,
    condition,
    counting,
    observation,
    prescription,
)

GLUCOSE = (LOINC, "2339-0")


def filed(resource: dict[str, object], preferences: Preferences, *beside: dict[str, object]) -> Category:
    source = bundle(resource, PATIENT, ENCOUNTER, *beside)
    return category_of(take_in(source, entropy=counting(), preferences=preferences), str(resource["id"]))


@pytest.mark.parametrize("aim", [Category.UNLABELLED, Category.MENTAL_HEALTH, Category.HIV])
def test_a_code_may_be_made_stricter(aim: Category) -> None:
    """[I-008]"""
    wish = Preferences(codes={GLUCOSE: aim})
    assert filed(observation(), wish) == aim
    assert filed(observation(code=concept(LOINC, "2947-0", "Sodium")), wish) == Category.LABORATORY


def test_a_code_is_known_by_every_name_of_its_system() -> None:
    """[I-008]"""
    wish = Preferences(codes={("urn:oid:2.16.840.1.113883.6.1", "2339-0"): Category.UNLABELLED})
    assert filed(observation(), wish) == Category.UNLABELLED


def test_a_whole_category_may_be_made_stricter() -> None:
    """[I-008]"""
    wish = Preferences(categories={Category.PROBLEMS: Category.UNLABELLED})
    assert filed(condition(), wish) == Category.UNLABELLED
    assert filed(observation(), wish) == Category.LABORATORY


def test_what_refers_to_something_made_stricter_takes_its_label() -> None:
    """[I-008]"""
    wish = Preferences(categories={Category.PROBLEMS: Category.VIOLENCE})
    request = prescription(reasonReference=[{"reference": "Condition/why"}])
    assert filed(request, wish, condition("why")) == Category.VIOLENCE


def test_a_preference_never_lowers_what_the_rule_says() -> None:
    """[I-008]"""
    wish = Preferences(codes={GLUCOSE: Category.UNLABELLED}, categories={Category.PROBLEMS: Category.UNLABELLED})
    assert filed(condition(code=LOW), wish) == Category.MENTAL_HEALTH
    assert filed(observation(valueCodeableConcept=concept(SNOMED, "86406008")), wish) == Category.HIV


@pytest.mark.parametrize(
    ("coding", "aim"),
    [
        (GLUCOSE, Category.LABORATORY),
        (GLUCOSE, Category.FOLDER_24),
        ((SNOMED, "86406008"), Category.UNLABELLED),
        ((SNOMED, "86406008"), Category.VIOLENCE),
    ],
)
def test_a_preference_that_would_make_laxer_is_refused(coding: tuple[str, str], aim: Category) -> None:
    """[I-008]"""
    with pytest.raises(PreferenceLaxerError):
        Preferences(codes={coding: aim})


def test_an_ordinary_category_cannot_take_the_place_of_another() -> None:
    """[I-008]"""
    with pytest.raises(PreferenceLaxerError):
        Preferences(categories={Category.PROBLEMS: Category.NOTES})


@pytest.mark.parametrize("category", [Category.UNLABELLED, Category.MENTAL_HEALTH])
def test_a_category_that_is_kept_apart_cannot_be_moved(category: Category) -> None:
    with pytest.raises(PreferenceNotOrdinaryError):
        Preferences(categories={category: Category.HIV})


@pytest.mark.parametrize("code", ["U", "L", "M", "N"])
def test_an_uploader_cannot_make_laxer(code: str) -> None:
    """[I-008] Neither on the resource nor on the Bundle."""
    normal = {"security": [{"system": CONFIDENTIALITY, "code": code}]}
    told = condition("h", code=concept(SNOMED, "86406008"))
    wish = Preferences(categories={Category.PROBLEMS: Category.UNLABELLED})
    assert filed(told | {"meta": normal}, Preferences()) == Category.HIV
    assert filed(condition(meta=normal), wish) == Category.UNLABELLED
    whole = take_in(bundle(told, PATIENT, meta=normal), entropy=counting())
    assert category_of(whole, "h") == Category.HIV
