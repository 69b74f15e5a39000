"""Texts for people, in English and in Traditional Chinese.

The source is English: what stands in the code is the text. `zh_Hant/LC_MESSAGES/medshare.po` holds the
other language and is read when it is first asked for. `scripts/messages.py` collects every text and a
test fails on one that is missing, fuzzy, or whose {facts} differ. Statements that a patient signs are
not here: they stand in `medshare.statement`, where their words are part of what is signed.
"""

from __future__ import annotations

import functools
import importlib.resources
from collections.abc import Mapping
from typing import Final

from medshare.errors import InputError, MedShareError

LANGUAGES: Final = ("en", "zh-Hant")
_CATALOGUES: Final = {"zh-Hant": "zh_Hant/LC_MESSAGES/medshare.po"}


class LanguageUnknown(InputError):
    """Raised when a language is asked for that MedShare does not speak."""

    code = "locale.language-unknown"
    cause = "MedShare does not speak {language}."
    remedy = "Choose en or zh-Hant."


def check_language(language: str) -> str:
    """Return `language` if MedShare speaks it.

    Raises:
        LanguageUnknown: It does not.
    """
    if language not in LANGUAGES:
        raise LanguageUnknown(language=language)
    return language


def language_of(environment: Mapping[str, str]) -> str:
    """Return the language of a POSIX environment: LC_ALL, else LC_MESSAGES, else LANG; English if it names another.

    Every Chinese locale that is not of mainland China or Singapore is Traditional Chinese.
    """
    named = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    name = named.partition(".")[0].replace("-", "_").lower()
    if name.startswith("zh") and not name.startswith(("zh_cn", "zh_sg", "zh_hans")):
        return "zh-Hant"
    return "en"


def translate(text: str, language: str) -> str:
    """Return `text` in `language`; a text that no catalogue has stays as it is."""
    return _catalogue(language).get(text, text) if text else text


def say(text: str, language: str, **facts: object) -> str:
    """Return `text` in `language` with its {facts} filled in; a fact that is itself a text is translated too."""
    known = {name: translate(fact, language) if isinstance(fact, str) else fact for name, fact in facts.items()}
    return translate(text, language).format(**known)


def words_of(error: MedShareError, language: str) -> tuple[str, str]:
    """Return cause and remedy of an error in `language`."""
    return say(error.cause, language, **error.facts), say(error.remedy, language, **error.facts)


def mark(*texts: str) -> tuple[str, ...]:
    """Return texts that are said elsewhere, so that they are found and translated."""
    return texts


@functools.cache
def _catalogue(language: str) -> Mapping[str, str]:
    if check_language(language) not in _CATALOGUES:
        return {}
    from babel.messages.pofile import read_po

    source = importlib.resources.files(__name__) / _CATALOGUES[language]
    with source.open("rb") as file:
        read = read_po(file, locale="zh_Hant")
    return {str(message.id): str(message.string) for message in read if message.id and not message.fuzzy}
