"""Which MedShare address has which identifier of the hospital: a CSV file, checked wholly before anything is read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from medshare.conversion import Identifier
from medshare.errors import InputError
from medshare.hexadecimal import Address, address
from medshare.migration.errors import PatientAmbiguous, PatientsUnreadable, PatientUnknown, PatientUnstated

COLUMNS: Final = ("system", "value", "address")
LARGEST: Final = 64 * 2**20
"""Bytes of the file: about half a million patients."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientIndex:
    """Finds the address of the patient whom an item is about.

    Attributes:
        addresses: By identifier.
        only: The one patient of the whole source, whatever its items say; None where they differ.
    """

    addresses: Mapping[Identifier, Address]
    only: Address | None = None

    @classmethod
    def of_one(cls, patient: Address) -> PatientIndex:
        """Return the index of a source that is about one patient."""
        return cls(addresses={}, only=patient)

    def find(self, identifiers: Iterable[Identifier]) -> Address:
        """Return the address of the patient who has one of `identifiers`.

        Raises:
            PatientUnstated: There are none.
            PatientUnknown: None of them is in the list.
            PatientAmbiguous: They belong to more than one.
        """
        if self.only is not None:
            return self.only
        named = tuple(identifiers)
        if not named:
            raise PatientUnstated
        found = {self.addresses[one] for one in named if one in self.addresses}
        if not found:
            raise PatientUnknown
        if len(found) > 1:
            raise PatientAmbiguous
        return found.pop()

    def to_bytes(self) -> bytes:
        """Return one text for equal indices."""
        rows = sorted((one.system, one.value, place) for one, place in self.addresses.items())
        return repr((self.only, rows)).encode()


def read_patients(place: Path) -> PatientIndex:
    """Read the list of patients: CSV (RFC 4180), UTF-8, with the header `system,value,address`.

    Raises:
        PatientsUnreadable: It is not of this form, an address is none, or an identifier stands there for two
            addresses. The number of the line is told, never what stands in it.
    """
    try:
        if place.stat().st_size > LARGEST:
            raise PatientsUnreadable(file=place, why="it is too large")
        text = place.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise PatientsUnreadable(file=place, why=error.strerror or "the disk fails") from error
    except UnicodeDecodeError as error:
        raise PatientsUnreadable(file=place, why="it is not UTF-8") from error
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    found: dict[Identifier, Address] = {}
    try:
        if tuple(name.strip() for name in next(rows, [])) != COLUMNS:
            raise PatientsUnreadable(file=place, why="its first line is not system,value,address")
        for row in rows:
            if row:
                _add(found, row, place, rows.line_num)
    except csv.Error as error:
        raise PatientsUnreadable(file=place, why=f"line {rows.line_num} is not CSV") from error
    if not found:
        raise PatientsUnreadable(file=place, why="it names nobody")
    return PatientIndex(addresses=found)


def _add(found: dict[Identifier, Address], row: list[str], place: Path, line: int) -> None:
    if len(row) != len(COLUMNS):
        raise PatientsUnreadable(file=place, why=f"line {line} does not have three columns")
    system, value, named = (cell.strip() for cell in row)
    if not value:
        raise PatientsUnreadable(file=place, why=f"line {line} has no value")
    try:
        patient = address(named.lower())
    except InputError as error:
        raise PatientsUnreadable(file=place, why=f"line {line} has no address") from error
    if found.setdefault(Identifier(system, value), patient) != patient:  # [J-006]
        raise PatientsUnreadable(file=place, why=f"line {line} gives a second address for an identifier")
