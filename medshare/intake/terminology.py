"""What codes and words tell: the tables, read once.

A code is looked up in its code system's canonical URL; the OIDs of the same systems are understood.
A coding without a system is looked up in all of them. Words are looked up in whatever comes with a code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from medshare.consent.categories import Category
from medshare.intake.code_systems import canonical_url

ICD_10: Final = "http://hl7.org/fhir/sid/icd-10"
ATC: Final = "http://www.whocc.no/atc"
CVX: Final = "http://hl7.org/fhir/sid/cvx"
ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
CONFIDENTIALITY: Final = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"

_ADMINISTRATIVE: Final = (
    "http://terminology.hl7.org/",
    "http://hl7.org/fhir/",
    "https://hl7.org/fhir/",
    "http://unitsofmeasure.org",
    "http://dicom.nema.org/",
    "http://www.nubc.org/",
    "https://bluebutton.cms.gov/",
    "urn:ietf:",
    "urn:iso:",
    "urn:oid:2.16.840.1.113883.6.238",  # race and ethnicity
    "urn:oid:2.16.840.1.113883.6.8",  # UCUM
    "urn:oid:2.16.840.1.113883.5.",  # HL7 v3
    "urn:oid:2.16.840.1.113883.12.",  # HL7 v2
)
"""Systems whose codes say how something was recorded, not what a person has."""
_OF_OTHERS: Final = "http://hl7.org/fhir/sid/"
"""Under HL7's roof, but others' code systems: drugs (NDC) and diagnoses (ICD-9-CM, ICPC) among them."""
_COVERED_WHOLE: Final = frozenset((ICD_10, ATC, CVX))
"""Systems whose sensitive chapters the table names by prefix: what it does not name is ordinary."""

_LONGEST_TERM: Final = 120
"""Characters of what is remembered between resources: names of codes, never what a person typed at length."""
_WORD: Final = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one code tells.

    Attributes:
        categories: Sensitive categories, and 17 for a label that only says "restricted".
        known: Whether the tables speak of it at all, or its system needs no table.
    """

    categories: frozenset[Category]
    known: bool


@dataclass(frozen=True, slots=True)
class _Codes:
    exact: dict[tuple[str, str], frozenset[Category]]
    prefixes: dict[str, tuple[tuple[str, Category], ...]]
    ordinary_names: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Words:
    stems: dict[str, Category]
    shortest: int
    longest: int
    words: dict[str, Category]
    phrases: dict[str, Category]
    phrase: re.Pattern[str]
    parts: dict[str, Category]
    part: re.Pattern[str]
    cased: dict[str, Category]


def canonical_system(system: str) -> str:
    """Return the one URL of a code system; ICD-10 and its national editions count as one."""
    found = canonical_url(system)
    return ICD_10 if found.startswith(ICD_10) else found


@lru_cache(maxsize=8192)
def meaning_of_code(system: str, code: str) -> Meaning:
    """Return what a code tells; an empty `system` is looked up in all of them."""
    codes = _codes()
    system = canonical_system(system)
    if not system:
        found = frozenset[Category]().union(
            *(categories for (_, known), categories in codes.exact.items() if known == code)
        )
        return Meaning(categories=found, known=bool(found))
    categories = codes.exact.get((system, code))
    bare = code.replace(".", "").upper()
    by_prefix = {category for prefix, category in codes.prefixes.get(system, ()) if bare.startswith(prefix)}
    is_administrative = system.startswith(_ADMINISTRATIVE) and not system.startswith(_OF_OTHERS)
    known = categories is not None or bool(by_prefix) or system in _COVERED_WHOLE or is_administrative
    return Meaning(categories=(categories or frozenset()) | by_prefix, known=known)


def meaning_of_words(text: str) -> frozenset[Category]:
    """Return the sensitive categories that words give away; none for a display read and found ordinary."""
    return _meaning_of_term(text) if len(text) <= _LONGEST_TERM else _look(text)


@lru_cache(maxsize=8192)
def _meaning_of_term(text: str) -> frozenset[Category]:
    return _look(text)


def _look(text: str) -> frozenset[Category]:
    lowered = text.casefold()
    if lowered in _codes().ordinary_names:
        return frozenset()
    words = _words()
    found = {words.phrases[match] for match in words.phrase.findall(lowered)}
    found |= {words.parts[match] for match in words.part.findall(lowered)}
    for token in _WORD.findall(words.phrase.sub(" ", lowered)):
        if token in words.words:
            found.add(words.words[token])
        for length in range(words.shortest, min(words.longest, len(token)) + 1):
            category = words.stems.get(token[:length])
            if category is not None:
                found.add(category)
    if not words.cased.keys().isdisjoint(tokens := _WORD.findall(text)):
        found |= {words.cased[token] for token in tokens if token in words.cased}
    return frozenset(found)


def table_versions() -> dict[str, str]:
    """Return the version of each table."""
    return {name: _lines(name)[0].removeprefix("# version ") for name in ("codes.tsv", "words.tsv")}


@cache
def _lines(name: str) -> tuple[str, ...]:
    return tuple(files("medshare.intake.tables").joinpath(name).read_text("utf-8").splitlines())


def _rows(name: str) -> list[list[str]]:
    return [line.split("\t") for line in _lines(name) if not line.startswith("#")]


@cache
def _codes() -> _Codes:
    exact: dict[tuple[str, str], frozenset[Category]] = {}
    prefixes: dict[str, tuple[tuple[str, Category], ...]] = {}
    ordinary: set[str] = set()
    for system, code, match, category, display, _ in _rows("codes.tsv"):
        if category == "-":
            exact[system, code] = frozenset()
            ordinary.add(display.casefold())
        elif match == "exact":
            exact[system, code] = frozenset((Category(int(category)),))
        else:
            row = (code.replace(".", ""), Category(int(category)))
            prefixes[system] = (*prefixes.get(system, ()), row)
    return _Codes(exact=exact, prefixes=prefixes, ordinary_names=frozenset(ordinary))


@cache
def _words() -> _Words:
    tables: dict[str, dict[str, Category]] = {kind: {} for kind in ("stem", "word", "phrase", "part", "case")}
    for kind, category, words, _ in _rows("words.tsv"):
        for word in words.split("|" if kind == "phrase" else None):
            tables[kind][word] = Category(int(category))
    stems = tables["stem"]
    return _Words(
        stems=stems,
        shortest=min(map(len, stems)),
        longest=max(map(len, stems)),
        words=tables["word"],
        phrases=tables["phrase"],
        phrase=re.compile(r"\b(?:" + "|".join(map(_as_pattern, sorted(tables["phrase"], key=len, reverse=True))) + ")"),
        parts=tables["part"],
        part=re.compile("|".join(map(re.escape, tables["part"]))),
        cased=tables["case"],
    )


def _as_pattern(phrase: str) -> str:
    """A phrase that ends in a digit ends there: cd4 must not be found in the middle of a UUID."""
    return re.escape(phrase) + (r"(?!\w)" if phrase[-1].isdigit() else "")
