"""FHIR dateTimes as seconds (FHIR R4, Datatypes, dateTime and Period). A time without a zone is taken as UTC.

A dateTime of less precision stands for all of its time, and the end of a Period is inside it: the end `2022-12-31`
lasts to the end of that day.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FORM: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(.+))?)?)?", re.ASCII)
_DAY: Final = 86_400


def first_second(text: str) -> int:
    """Return the first whole second of a dateTime.

    Raises:
        ValueError, OverflowError: It is none, or not in the calendar.
    """
    begin, fraction = _begin(text)
    return begin + (1 if fraction else 0)


def second_after(text: str) -> int:
    """Return the first second after a dateTime; a second of which only a part is meant is left out.

    Raises:
        ValueError, OverflowError: It is none, or not in the calendar.
    """
    begin, fraction = _begin(text)
    year, month, day, time = _parts(text)
    if time is not None:
        return begin if fraction else begin + 1
    if day is not None:
        return begin + _DAY
    year, month = (year + 1, 1) if month in {None, 12} else (year, (month or 1) + 1)
    # The year 10000 is beyond the calendar, and beyond every consent.
    return begin + 366 * _DAY if year > 9999 else _seconds(datetime(year, month, 1, tzinfo=UTC))


def _parts(text: str) -> tuple[int, int | None, int | None, str | None]:
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError("not a dateTime")
    year, month, day, time = match.groups()
    return int(year), None if month is None else int(month), None if day is None else int(day), time


def _begin(text: str) -> tuple[int, bool]:
    """Return the second in which it begins, and whether it begins within that second."""
    year, month, day, time = _parts(text)
    if time is None:
        return _seconds(datetime(year, month or 1, day or 1, tzinfo=UTC)), False
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return _seconds(moment), moment.microsecond > 0


def _seconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(seconds=1)
