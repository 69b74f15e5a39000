"""Names in English and Traditional Chinese."""

from __future__ import annotations

import unicodedata

import pytest

from medshare.consent.actions import Action
from medshare.consent.categories import CATEGORIES, Category
from medshare.consent.errors import UnknownLanguage, UnknownPurpose
from medshare.consent.names import LANGUAGES, action_name, category_name, purpose_name, reason_text
from medshare.consent.purposes import PURPOSES
from medshare.consent.reasons import Reason

TABLES = [
    (purpose_name, PURPOSES),
    (category_name, tuple(Category)),
    (action_name, tuple(Action)),
    (reason_text, tuple(Reason)),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("name", "values"), TABLES)
def test_everything_has_its_own_name_in_both_languages(name, values, language):
    names = [name(value, language) for value in values]
    assert len(set(names)) == len(names)
    assert all(text and text == text.strip() and unicodedata.is_normalized("NFC", text) for text in names)


def test_chinese_names_are_chinese_and_english_ones_ascii():
    for code in PURPOSES:
        assert purpose_name(code, "en").isascii()
        assert any("\u4e00" <= character <= "\u9fff" for character in purpose_name(code, "zh-Hant"))
    for category in CATEGORIES:
        assert category_name(category, "en").isascii()


def test_a_folder_is_named_by_its_number():
    assert category_name(Category.FOLDER_27, "en") == "folder 27"
    assert category_name(Category.FOLDER_27, "zh-Hant") == "資料夾 27"


@pytest.mark.parametrize("language", ["", "EN", "zh", "zh-Hans", "de"])
def test_another_language_has_no_names(language):
    for name, values in TABLES:
        with pytest.raises(UnknownLanguage):
            name(values[-1], language)
    with pytest.raises(UnknownLanguage):
        category_name(Category.HIV, language)


def test_an_unknown_purpose_has_no_name():
    with pytest.raises(UnknownPurpose):
        purpose_name("NOPE", "en")
