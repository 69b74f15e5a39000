"""What the standard says about segments and fields, from the dictionaries of hl7apy (versions 2.1 to 2.8.2)."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import hl7apy
from hl7apy.exceptions import ChildNotFound

NEWEST: Final = "2.8.2"
_NO_TABLE: Final = "HL79999"
"""What the standard writes of a coded field that has no table."""


def dictionary_for(version: str) -> str:
    """Return the version whose dictionary speaks for a message; the newest when there is none for it."""
    return version if version in hl7apy.SUPPORTED_LIBRARIES else NEWEST


@cache
def field_types(name: str, version: str) -> tuple[str, ...]:
    """Return the data types of a segment's fields, field 1 first; nothing when the standard has no such segment.

    A segment that its version does not have yet is looked up in the newest.
    """
    return _types(name, version) or _types(name, NEWEST)


@cache
def table_of(name: str, number: int, version: str) -> str:
    """Return the table that the codes of a field are of, as HL7nnnn; nothing where the standard names none."""
    for edition in (version, NEWEST):
        try:
            reference: Any = hl7apy.load_reference(f"{name}_{number}", "Field", edition)
        except ChildNotFound:
            continue
        if reference[4] not in {None, _NO_TABLE}:
            return str(reference[4])
    return ""


def _types(name: str, version: str) -> tuple[str, ...]:
    try:
        reference: Any = hl7apy.load_reference(name, "Segment", version)
    except ChildNotFound:
        return ()
    # By the number in the name (PID_34): the dictionaries leave out fields that were withdrawn.
    found = {int(child[0].rpartition("_")[2]): str(child[1][2]) for child in reference[1]}
    return tuple(found.get(number, "") for number in range(1, max(found, default=0) + 1))


def is_standard(name: str, version: str) -> bool:
    """Whether a segment is one of the standard: one of its version or of the newest, and no Z segment."""
    return not name.startswith("Z") and bool(field_types(name, version))
