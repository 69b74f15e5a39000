"""The one URL of a code system or an identifier system (FHIR R4, "Using Codes": canonical URLs of code systems).

Hospitals name SNOMED CT by its object identifier, by its URL or by a misspelling of it. The table
`tables/systems.tsv` says which name means which URL and where that was read.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

SNOMED: Final = "http://snomed.info/sct"
LOINC: Final = "http://loinc.org"
UCUM: Final = "http://unitsofmeasure.org"

_OID: Final = "urn:oid:"
_TERMINOLOGY: Final = "http://terminology.hl7.org/CodeSystem/"
_BEFORE_R4: Final = re.compile(r"https?://hl7\.org/fhir/(v2|v3)/([A-Za-z0-9]+)")
"""How DSTU2 and STU3 wrote the code systems of HL7 v2 and v3 (R4 moved them to terminology.hl7.org)."""
_V2_TABLE: Final = re.compile(r"2\.16\.840\.1\.113883\.12\.([1-9]\d{0,3})")
"""The object identifiers of the tables of HL7 v2; 18.x are their code systems, which the table lists."""


@lru_cache(maxsize=4096)
def canonical_url(system: str) -> str:
    """Return the canonical URL of a system; a name that nobody knows comes back as it is."""
    table = _table()
    name = system.removeprefix(_OID)
    if name in table:
        return table[name]
    before = _BEFORE_R4.fullmatch(system)
    if before:
        return f"{_TERMINOLOGY}{before[1]}-{before[2]}"
    number = _V2_TABLE.fullmatch(name)
    if number and (url := f"{_TERMINOLOGY}v2-{int(number[1]):04d}") in _known_urls():
        return url
    return system


@cache
def _table() -> dict[str, str]:
    lines = files("medshare.intake.tables").joinpath("systems.tsv").read_text("utf-8").splitlines()
    return {name: url for name, url, _ in (line.split("\t") for line in lines if not line.startswith("#"))}


@cache
def _known_urls() -> frozenset[str]:
    return frozenset(_table().values())
