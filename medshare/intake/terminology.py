"""What codes tell: the table, read once.

A code is looked up in its code system's canonical URL (`code_systems`); editions of one code system count as one. A
coding without a system, or with one that only our conversion of HL7 v2 gave it, is looked up in all of them. What words
tell stands in `words`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from medshare.consent.categories import Category
from medshare.intake.code_systems import SNOMED, canonical_url
from medshare.intake.tables import rows, version

ICD_10: Final = "http://hl7.org/fhir/sid/icd-10"
ICD_9: Final = "http://hl7.org/fhir/sid/icd-9-cm"
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
_NAMED_BY_US: Final = re.compile(r"urn:id:(?:[^:]+:)?(?:HL7\d{4}|[A-Z][A-Z0-9]{2}-\d{1,3})")
"""What the conversion of HL7 v2 calls the system of a code whose sender named none, or a table without the code."""
_ORDINARY: Final = "-"
_OF_OTHERS: Final = "http://hl7.org/fhir/sid/"
"""Under HL7's roof, but others' code systems: drugs (NDC) and diagnoses (ICD-9-CM, ICPC) among them."""
_COVERED_WHOLE: Final = frozenset((ICD_10, ICD_9, ATC, CVX))
"""Systems whose sensitive chapters the table names by prefix: what it does not name is ordinary."""

_TW_CORE: Final = "https://twcore.mohw.gov.tw/ig/twcore/CodeSystem/"
_EDITIONS: Final = (
    ("http://snomed.info/sct/", SNOMED),
    (ICD_10, ICD_10),
    ("http://fhir.de/CodeSystem/bfarm/icd-10-gm", ICD_10),
    ("http://fhir.de/CodeSystem/dimdi/icd-10-gm", ICD_10),
    ("http://fhir.de/CodeSystem/bfarm/atc", ATC),
    (f"{_TW_CORE}icd-10-cm-", ICD_10),
    (f"{_TW_CORE}icd-9-cm-", ICD_9),
    (f"{_TW_CORE}medcation-atc-tw", ATC),  # spelled so in TW Core
)
"""Starts of the URLs of editions: other systems for whoever exchanges them, the same codes for what they tell."""
_FORMS: Final = (
    (ICD_10, re.compile(r"[A-TV-Z]\d[0-9A-Z]\.?[0-9A-Z]{0,4}")),
    (ATC, re.compile(r"[A-DGHJL-NPRSV]\d\d[A-Z]{2}\d\d")),
)
"""Systems that a code without a system may be of, by its form alone."""


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
class _System:
    """The rows of one code system.

    Attributes:
        exact: Code to what it tells; nothing for a code that was read and found ordinary.
        prefixes: Start of a code, without dots, to what all codes tell that start so.
        lengths: How long those starts are.
        patterns: Regular expressions for the start of a code, where a place within it tells.
    """

    exact: dict[str, frozenset[Category]]
    prefixes: dict[str, Category]
    lengths: tuple[int, ...]
    patterns: tuple[tuple[re.Pattern[str], Category], ...]

    def tell(self, code: str) -> tuple[frozenset[Category], bool]:
        """Return what a code tells, and whether any row speaks of it."""
        exact = self.exact.get(code)
        bare = code.replace(".", "").upper()
        found = {self.prefixes[bare[:length]] for length in self.lengths if bare[:length] in self.prefixes}
        found |= {category for pattern, category in self.patterns if pattern.match(bare)}
        return (exact or frozenset()) | found, exact is not None or bool(found)


_NO_ROWS: Final = _System(exact={}, prefixes={}, lengths=(), patterns=())


def canonical_system(system: str) -> str:
    """Return the one URL of a code system; its editions, national ones too, count as one."""
    found = canonical_url(system)
    return next((url for start, url in _EDITIONS if found.startswith(start)), found)


@lru_cache(maxsize=8192)
def meaning_of_code(system: str, code: str) -> Meaning:
    """Return what a code tells; an empty `system` is looked up in all of them."""
    if not system or _NAMED_BY_US.fullmatch(system):
        return _meaning_without_system(code)
    system = canonical_system(system)
    told, known = _systems().get(system, _NO_ROWS).tell(code)
    is_administrative = system.startswith(_ADMINISTRATIVE) and not system.startswith(_OF_OTHERS)
    return Meaning(categories=told, known=known or system in _COVERED_WHOLE or is_administrative)


def _meaning_without_system(code: str) -> Meaning:
    """Look a code up in every system that has it, and in those whose codes have its form."""
    systems = _systems()
    found = [table.exact[code] for table in systems.values() if code in table.exact]
    found += [systems[system].tell(code)[0] for system, form in _FORMS if form.fullmatch(code.upper())]
    told = frozenset[Category]().union(*found)
    return Meaning(categories=told, known=bool(told))


def table_versions() -> dict[str, str]:
    """Return the version of each table that labels depend on."""
    return {name: version(name) for name in ("codes.tsv", "words.tsv")}


@cache
def _systems() -> dict[str, _System]:
    exact: dict[str, dict[str, frozenset[Category]]] = {}
    prefixes: dict[str, dict[str, Category]] = {}
    patterns: dict[str, list[tuple[re.Pattern[str], Category]]] = {}
    for system, code, match, number, _, _ in rows("codes.tsv"):
        if number == _ORDINARY:
            exact.setdefault(system, {})[code] = frozenset()
        elif match == "exact":
            exact.setdefault(system, {})[code] = frozenset((Category(int(number)),))
        elif match == "prefix":
            prefixes.setdefault(system, {})[code.replace(".", "")] = Category(int(number))
        else:
            patterns.setdefault(system, []).append((re.compile(code), Category(int(number))))
    return {
        system: _System(
            exact=exact.get(system, {}),
            prefixes=(starts := prefixes.get(system, {})),
            lengths=tuple(sorted(set(map(len, starts)))),
            patterns=tuple(patterns.get(system, ())),
        )
        for system in exact.keys() | prefixes.keys() | patterns.keys()
    }


@cache
def ordinary_names() -> frozenset[str]:
    """Return the names, in lower case, of codes that were read and found ordinary."""
    return frozenset(row[4].casefold() for row in rows("codes.tsv") if row[3] == _ORDINARY)
