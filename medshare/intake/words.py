"""What words tell: names of diseases, drugs, tests and circumstances, in whatever comes with a code.

A text is read as words of letters (and of letters with digits) and, for Chinese, as characters. Phrases count before
the words in them: "alcohol abuse" is no abuse of a person. What looks like a sensitive word and is none ("hearing
aids", "lithium heparin") stands in the table as ordinary, and is read over. Full-width letters count as their usual
form (Unicode NFKC), upper and lower case as one, except for words that the table marks `case`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from medshare.consent.categories import Category
from medshare.intake.tables import rows
from medshare.intake.terminology import ordinary_names

_LONGEST_TERM: Final = 120
"""Characters of what is remembered between resources: names of codes, never what a person typed at length."""
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_LETTERS_AND_DIGITS: Final = re.compile(r"[^\W_]+")
_HAN: Final = re.compile(r"[\u2e80-\u2fdf\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
"""Chinese characters: no spaces part their words, so they are set apart from Latin words around them."""
_ORDINARY: Final = "-"


@dataclass(frozen=True, slots=True)
class _Words:
    stems: dict[str, Category]
    shortest: int
    longest: int
    words: dict[str, Category]
    phrases: dict[str, tuple[tuple[str, Category | None], ...]]
    parts: dict[str, Category]
    part: re.Pattern[str]
    ordinary_part: re.Pattern[str]
    cased: dict[str, Category]


def meaning_of_words(text: str) -> frozenset[Category]:
    """Return the sensitive categories that words give away; none for a display read and found ordinary."""
    return _meaning_of_term(text) if len(text) <= _LONGEST_TERM else _look(text)


@lru_cache(maxsize=8192)
def _meaning_of_term(text: str) -> frozenset[Category]:
    return _look(text)


def _look(text: str) -> frozenset[Category]:
    if text.casefold() in ordinary_names():
        return frozenset()
    words = _words()
    plain = unicodedata.normalize("NFKC", text)
    found: set[Category] = set()
    if _HAN.search(plain):
        without = words.ordinary_part.sub(" ", plain)
        found |= {words.parts[match] for match in words.part.findall(without)}
        plain = _HAN.sub(" ", plain)
    if not words.cased.keys().isdisjoint(tokens := _LETTERS.findall(plain)):
        found |= {words.cased[token] for token in tokens if token in words.cased}
    rest = _take_phrases(plain.casefold(), found)
    for token in _LETTERS.findall(rest):
        for length in range(words.shortest, min(words.longest, len(token)) + 1):
            category = words.stems.get(token[:length])
            if category is not None:
                found.add(category)
    for pattern in (_LETTERS, _LETTERS_AND_DIGITS):
        found |= {words.words[token] for token in pattern.findall(rest) if token in words.words}
    return frozenset(found)


def _take_phrases(lowered: str, found: set[Category]) -> str:
    """Add what the phrases tell to `found`, and return the text without them."""
    phrases = _words().phrases
    pieces: list[str] = []
    end = 0
    for match in _LETTERS_AND_DIGITS.finditer(lowered):
        start = match.start()
        if start < end:
            continue
        for phrase, category in phrases.get(match[0], ()):
            if lowered.startswith(phrase, start) and not _goes_on(lowered, start + len(phrase)):
                pieces += [lowered[end:start], " "]
                end = start + len(phrase)
                if category is not None:
                    found.add(category)
                break
    return "".join((*pieces, lowered[end:]))


def _goes_on(lowered: str, end: int) -> bool:
    """Whether a number goes on after a phrase that ends in a digit; a word may have any ending."""
    return lowered[end - 1].isdigit() and lowered[end : end + 1].isalnum()


@cache
def _words() -> _Words:
    tables: dict[str, dict[str, Category]] = {kind: {} for kind in ("stem", "word", "part", "case")}
    phrases: dict[str, list[tuple[str, Category | None]]] = {}
    ordinary_parts: list[str] = []
    for kind, number, entries, _ in rows("words.tsv"):
        category = None if number == _ORDINARY else Category(int(number))
        if kind == "phrase":
            for phrase in entries.split("|"):
                phrases.setdefault(_LETTERS_AND_DIGITS.findall(phrase)[0], []).append((phrase, category))
        elif category is None:
            ordinary_parts += entries.split()
        else:
            tables[kind] |= dict.fromkeys(entries.split(), category)
    stems = tables["stem"]
    return _Words(
        stems=stems,
        shortest=min(map(len, stems)),
        longest=max(map(len, stems)),
        words=tables["word"],
        phrases={first: tuple(sorted(group, key=_longest_first)) for first, group in phrases.items()},
        parts=tables["part"],
        part=_any_of(tables["part"]),
        ordinary_part=_any_of(ordinary_parts),
        cased=tables["case"],
    )


def _longest_first(entry: tuple[str, Category | None]) -> int:
    return -len(entry[0])


def _any_of(parts: dict[str, Category] | list[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(parts, key=len, reverse=True))))
