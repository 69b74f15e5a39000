"""What a cell says, as a value of FHIR in the type that the mapping declares."""

from __future__ import annotations

import re
from datetime import tzinfo
from typing import Any, Final

from medshare.conversion.tabular.dates import read_moment
from medshare.conversion.tabular.errors import (
    CellCodeUnknownError,
    CellNotABooleanError,
    CellNotADateError,
    CellNotADecimalError,
)
from medshare.conversion.tabular.mapping import Cell
from medshare.intake import Numeral

_COMPARED: Final = re.compile(r"(<=|>=|<|>|≤|≥|\uff1c|\uff1e)?\s*(.*)", re.DOTALL)
_COMPARATORS: Final = {"≤": "<=", "≥": ">=", "\uff1c": "<", "\uff1e": ">"}
_DECIMAL: Final = re.compile(r"([+-]?)0*(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?", re.ASCII)
_LONGEST: Final = 60
"""Characters of a number; intake takes 64."""
_INTEGERS: Final = frozenset(("integer", "positiveInt", "unsignedInt"))
_LARGEST: Final = 2**31 - 1
_ZONE: Final = r"(?:Z|[+-]\d{2}:\d{2})"
_FHIR_FORMS: Final = {
    "date": re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?", re.ASCII),
    "dateTime": re.compile(
        rf"\d{{4}}(?:-\d{{2}}(?:-\d{{2}}(?:T\d{{2}}:\d{{2}}:\d{{2}}(?:\.\d{{1,9}})?{_ZONE})?)?)?", re.ASCII
    ),
    "instant": re.compile(rf"\d{{4}}-\d{{2}}-\d{{2}}T\d{{2}}:\d{{2}}:\d{{2}}(?:\.\d{{1,9}})?{_ZONE}", re.ASCII),
    "time": re.compile(r"\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?", re.ASCII),
}


def is_number(text: str) -> bool:
    """Whether a cell holds a number, perhaps with a comparator, with a point or a comma for its fraction."""
    rest = _compared(text)[1]
    return _numeral(rest) is not None or _numeral(rest.replace(",", ".", 1)) is not None


def read_value(text: str, source: Cell, *, zone: tzinfo | None, place: str, column: int) -> tuple[Any, bool]:
    """Return the value of a cell that holds something, None when it is left out, and whether its time came twice.

    Raises:
        CellNotADecimalError, CellNotABooleanError, CellNotADateError: It is not what the mapping declares.
        CellCodeUnknownError: Its table does not know it and leaves nothing out.
    """
    if source.part in {"comparator", "number"}:
        comparator, number = _compared(text)
        if source.part == "comparator":
            return comparator or None, False
        text = number
    if source.codes is not None:
        return _code(text, source, place=place, column=column), False
    if source.type == "decimal":
        return _decimal(text, source, place=place, column=column), False
    if source.type in _INTEGERS:
        return _integer(text, source, place=place, column=column), False
    if source.type == "boolean":
        if text in source.true or text in source.false:
            return text in source.true, False
        raise CellNotABooleanError(place=place, column=column)
    if source.type in _FHIR_FORMS:
        return _moment(text, source, zone=zone, place=place, column=column)
    return text, False


def _code(text: str, source: Cell, *, place: str, column: int) -> str | None:
    table = source.codes
    found = table.codes.get(text) if table else None
    if table and found is None and not table.leave_unknown:
        raise CellCodeUnknownError(place=place, column=column, table=table.name)
    if found is None:
        return None
    return {"system": found.system, "display": found.display}.get(source.part, found.code) or None


def _decimal(text: str, source: Cell, *, place: str, column: int) -> Numeral:
    """Return the number as JSON writes it, its digits and its precision kept: "1,50" is 1.50."""
    if source.group:
        whole, mark, fraction = text.partition(source.decimal)
        if source.group in fraction or not _grouped(whole, source.group):
            raise CellNotADecimalError(place=place, column=column)
        text = whole.replace(source.group, "") + mark + fraction
    if source.decimal != ".":
        if "." in text:
            raise CellNotADecimalError(place=place, column=column)
        text = text.replace(source.decimal, ".")
    found = _numeral(text)
    if found is None:
        raise CellNotADecimalError(place=place, column=column)
    return found


def _grouped(whole: str, group: str) -> bool:
    """Whether groups of three digits follow the first one."""
    first, *others = whole.lstrip("+-").split(group)
    return not others or (1 <= len(first) <= 3 and all(len(one) == 3 for one in others))


def _integer(text: str, source: Cell, *, place: str, column: int) -> int:
    found = _decimal(text, source, place=place, column=column).text
    if not re.fullmatch(r"-?\d{1,10}", found) or abs(int(found)) > _LARGEST:
        raise CellNotADecimalError(place=place, column=column)
    return int(found)


def _moment(text: str, source: Cell, *, zone: tzinfo | None, place: str, column: int) -> tuple[str, bool]:
    if source.pattern is None:
        if not _FHIR_FORMS[source.type].fullmatch(text):
            raise CellNotADateError(place=place, column=column)
        return text, False
    try:
        moment = read_moment(text, pattern=source.pattern, zone=zone)
    except ValueError:
        raise CellNotADateError(place=place, column=column) from None
    if source.type == "time":
        return moment.text, False
    return moment.text, moment.ambiguous


def _compared(text: str) -> tuple[str, str]:
    """Return the comparator before a number as FHIR writes it (R4, QuantityComparator), and the rest."""
    match = _COMPARED.fullmatch(text.strip())
    sign, rest = (match[1] or "", match[2]) if match else ("", text)
    return _COMPARATORS.get(sign, sign), rest


def _numeral(text: str) -> Numeral | None:
    match = _DECIMAL.fullmatch(text.strip())
    if match is None or len(text) > _LONGEST or not re.match(r"[+-]?\.?\d", text.strip()):
        return None
    sign, whole, fraction, exponent = match[1], match[2], match[3], match[4]
    pieces = (
        "-" if sign == "-" else "",
        whole or "0",
        f".{fraction}" if fraction else "",
        f"e{exponent}" if exponent else "",
    )
    return Numeral("".join(pieces))
