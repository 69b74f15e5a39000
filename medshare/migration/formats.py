"""The formats by their names on the command line, made when they are asked for."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from medshare.conversion import Entry, Format
from medshare.conversion.fhir import Fhir
from medshare.conversion.standardise import Settings as Standard
from medshare.conversion.standardise import Zone, read_code_map
from medshare.migration.errors import MappingMissing, ZoneUnknown

FHIR: Final = "fhir"
HL7V2: Final = "hl7v2"
CCDA: Final = "ccda"
CSV: Final = "csv"
DICOM: Final = "dicom"
NAMES: Final = (FHIR, HL7V2, CCDA, CSV, DICOM)
_OFFSET: Final = re.compile(r"[+-](?:0\d|1[0-4]):[0-5]\d|Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the user says about a source.

    Attributes:
        mapping: The mapping file of a table.
        zone: Where clocks without a zone hang: an IANA name, or an offset such as +02:00; empty for nobody knows.
        codes: A file that says what local codes mean.
        server: The base address of a FHIR server to read from.
        token_fd: A file descriptor that gives its bearer token.
    """

    mapping: Path | None = None
    zone: str = ""
    codes: Path | None = None
    server: str | None = None
    token_fd: int | None = None


def make_format(name: str, choices: Choices) -> Format:
    """Return a format.

    Raises:
        MappingMissing: A table without a mapping.
        ZoneUnknown: The zone is neither a name nor an offset.
        InputError: The mapping cannot be used.
    """
    zone = _zone(choices.zone)
    if name == HL7V2:
        from medshare.conversion.hl7v2 import Hl7v2

        return Hl7v2(zone=zone)
    if name == CCDA:
        from medshare.conversion.ccda import Ccda

        return Ccda(zone=zone)
    if name == CSV:
        from medshare.conversion.tabular import Tabular, read_mapping

        if choices.mapping is None:
            raise MappingMissing
        return Tabular(read_mapping(choices.mapping), zone)
    if name == DICOM:
        from medshare.conversion.dicom import Dicom

        return Dicom(zone)
    if choices.server is None:
        return Fhir()
    from medshare.conversion.fhir.server import Server, read_token
    from medshare.migration.served import Served

    token = None if choices.token_fd is None else read_token(choices.token_fd)
    return Served(Server(choices.server, token=token))


def standard_of(choices: Choices) -> Standard:
    """Return what the user says about the source's own codes and clocks.

    Raises:
        InputError: The map of codes cannot be used, or there is no such zone.
    """
    named = choices.zone if choices.zone and not _OFFSET.fullmatch(choices.zone) else ""
    return Standard(
        zone=Zone(named) if named else None,
        codes=None if choices.codes is None else read_code_map(choices.codes),
    )


def after_grouping(name: str, entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries of one patient once all of them are there: instances of one study become one."""
    if name == DICOM:
        from medshare.conversion.dicom import merge

        return list(merge(entries))
    return list(entries)


def _zone(text: str) -> dt.tzinfo | None:
    if not text:
        return None
    if _OFFSET.fullmatch(text):
        return dt.datetime.fromisoformat(f"2000-01-01T00:00:00{text}").tzinfo
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: the name of a folder
        raise ZoneUnknown from error
