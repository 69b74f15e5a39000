"""What words tell, and what they do not."""

from __future__ import annotations

import pytest

from medshare.consent.categories import Category
from medshare.intake.words import meaning_of_words

HIV, MENTAL, SUBSTANCE = Category.HIV, Category.MENTAL_HEALTH, Category.SUBSTANCE_USE
SEXUAL, GENETIC, VIOLENCE = Category.SEXUAL_AND_REPRODUCTIVE_HEALTH, Category.GENETICS, Category.VIOLENCE


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("感染HIV病毒", {HIV}),
        ("ＨＩＶ陽性", {HIV}),
        ("CD4低下", {HIV}),
        ("憂鬱症合併酒癮", {MENTAL, SUBSTANCE}),
        ("孕婦，家暴個案", {SEXUAL, VIOLENCE}),
        ("β型海洋性貧血", {GENETIC}),
        ("OCD", {MENTAL}),
        ("Alcohol abuse", {SUBSTANCE}),
        ("Child abuse", {VIOLENCE}),
        ("alcohol abuse and child abuse", {SUBSTANCE, VIOLENCE}),
        ("sickle-cell trait", {GENETIC}),
        ("PrEP refill", {HIV}),
        ("BRCA2 gene c.5946del", {GENETIC}),
        ("opioid use disorder, on methadone", {SUBSTANCE}),
        ("G3P2", {SEXUAL}),
    ],
)
def test_words_tell(text: str, told: set[Category]) -> None:
    assert meaning_of_words(text) == told


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bowel prep",
        "needs hearing aids",
        "Gene Kelly",
        "消毒用酒精棉片",
        "精密檢查",
        "lithium heparin tube",
        "nicotine dependence",
        "oxygen dependence",
        "date of birth",
        "DTaP-Hib-IPV",
        "CD45",
    ],
)
def test_what_looks_alike_tells_nothing(text: str) -> None:
    assert meaning_of_words(text) == frozenset()


def test_an_ordinary_phrase_does_not_hide_what_stands_beside_it() -> None:
    assert meaning_of_words("hearing aids, and AIDS") == {HIV}
    assert meaning_of_words("lithium heparin tube; on lithium") == {MENTAL}
    assert meaning_of_words("酒精棉片過敏，酗酒") == {SUBSTANCE}


def test_a_phrase_that_ends_in_a_digit_ends_there() -> None:
    assert meaning_of_words("gad-7 questionnaire") == {MENTAL}
    assert meaning_of_words("gad 70") == {MENTAL}  # by the word gad alone
    assert meaning_of_words("ella 30 mg") == {SEXUAL}
    assert meaning_of_words("ella 300") == frozenset()
