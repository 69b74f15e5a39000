"""Codes of HL7 v2 tables and names of coding systems as FHIR has them: the concept maps of HL7's v2-to-FHIR guide.

`tables/codes.tsv`: map of the guide, v2 code, FHIR code, its system, its display. `tables/systems.tsv`: name of a
coding system as messages write it (HL7 table 0396 and what is common beside it), canonical URL. HL7nnnn is a table of
v2 itself. A name that is in neither is local: it becomes a URN made from who assigned it, never a standard's URL; so
does a code of an HL7 table that HL7 did not publish in it (`tables/published.tsv`, made by scripts/v2_tables.py).
"""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple
from urllib.parse import quote

_TABLE: Final = re.compile(r"HL7(\d{4})", re.IGNORECASE)
_OID: Final = re.compile(r"[0-2](?:\.(?:0|[1-9]\d*))+")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_URI: Final = re.compile(r"(?:https?://|urn:)\S+")
V2: Final = "http://terminology.hl7.org/CodeSystem/v2-"


class Target(NamedTuple):
    """A code of FHIR."""

    code: str
    system: str
    display: str


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a table beside this file."""
    text = files("medshare.conversion.hl7v2").joinpath("tables", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


@cache
def _codes() -> dict[tuple[str, str], Target]:
    return {
        (row["map"], row["code"].upper()): Target(row["to"], row["system"], row["display"]) for row in rows("codes.tsv")
    }


@cache
def _systems() -> dict[str, str]:
    return {row["name"].upper(): row["url"] for row in rows("systems.tsv")}


@cache
def _published() -> dict[str, frozenset[str]]:
    return {row["table"]: frozenset(row["codes"].split("|")) for row in rows("published.tsv")}


def look_up(concept_map: str, code: str) -> Target | None:
    """Return what a concept map says of a v2 code, or nothing."""
    return _codes().get((concept_map, code.strip().upper()))


def system_url(name: str, *, code: str = "", oid: str = "", authority: str = "") -> str:
    """Return the canonical URL of a coding system; nothing when it has no name.

    Args:
        name: As a message writes it (CWE.3).
        code: What the system is named for: a code that an HL7 table does not have is not said to be of it.
        oid: Its OID, where the message gives one (CWE.14, since v2.7).
        authority: Who assigned a local name: the namespace of the sending facility.
    """
    name = name.strip()
    if table := _TABLE.fullmatch(name):
        if code and code not in _published().get(table[1], {code}):
            return _local(authority, name.upper())
        return _systems().get(name.upper(), V2 + table[1])
    if known := _systems().get(name.upper()):
        return known
    if _OID.fullmatch(oid.strip()):
        return f"urn:oid:{oid.strip()}"
    if _OID.fullmatch(name):
        return f"urn:oid:{name}"
    if not name:
        return ""
    return _local(authority, name)


def unnamed_system_url(field: str, code: str, *, authority: str = "") -> str:
    """Return the system of a code whose field names none: the field's table if it has the code, else the sender's own.

    Args:
        field: The table of the field (HL70069), or the field itself (OBX-3) where the standard names no table.
        code: The code.
        authority: The namespace of the sending facility.
    """
    table = _TABLE.fullmatch(field)
    return V2 + table[1] if table and code in _published().get(table[1], ()) else _local(authority, field)


def _local(authority: str, name: str) -> str:
    return local_uri(authority, name) if authority else local_uri(name)


def authority_uri(namespace: str, universal: str, kind: str) -> str:
    """Return the system of an assigning authority (HD -> uri): an OID, a UUID or a URL as such, else a local URN."""
    universal, kind = universal.strip(), kind.strip().upper()
    if _OID.fullmatch(universal) and kind in {"ISO", "", "OID", "GUID"}:
        return f"urn:oid:{universal}"
    if _UUID.fullmatch(universal):
        return f"urn:uuid:{universal.lower()}"
    if _URI.fullmatch(universal):
        return universal
    if universal and kind:
        return local_uri(universal)
    return local_uri(namespace) if namespace.strip() else (local_uri(universal) if universal else "")


def local_uri(*names: str) -> str:
    """Return a URN for names that mean something to their owner only."""
    return "urn:id:" + ":".join(quote(name.strip(), safe="") for name in names if name.strip())
