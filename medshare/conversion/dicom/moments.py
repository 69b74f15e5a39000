"""Dates and times of DICOM (PS3.5, section 6.2: DA, TM) as FHIR writes them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Final

_DATE: Final = re.compile(r"(\d{4})([.]?)(\d{2})\2(\d{2})", re.ASCII)
"""With points in versions before 3.0."""
_TIME: Final = re.compile(r"(\d{2})(?::?(\d{2})(?::?(\d{2})(?:\.(\d{1,6}))?)?)?", re.ASCII)
_OFFSET: Final = re.compile(r"([+-])(\d{2})(\d{2})", re.ASCII)


def read_date(text: str) -> str | None:
    """Return a FHIR date, or None where it is none."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[3]), int(match[4])).isoformat()
    except ValueError:
        return None


def read_offset(text: str) -> tzinfo | None:
    """Return the zone that Timezone Offset From UTC (0008,0201) names, or None where it is none."""
    match = _OFFSET.fullmatch(text)
    if match is None or int(match[2]) > 14 or int(match[3]) > 59:
        return None
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(offset if match[1] == "+" else -offset)


def read_time(day: str, text: str, zone: tzinfo) -> str | None:
    """Return a FHIR dateTime of a FHIR date and a time of DICOM, or None where there is no such time.

    A time that the clocks skipped is none. The precision is that of a FHIR dateTime: seconds, and a fraction as given.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    try:
        local = datetime.fromisoformat(f"{day}T{match[1]}:{match[2] or '00'}:{match[3] or '00'}").replace(tzinfo=zone)
        back = local.astimezone(UTC).astimezone(zone)
    except (ValueError, OverflowError):
        return None
    if back.replace(tzinfo=None) != local.replace(tzinfo=None):
        return None
    written = local.isoformat(timespec="seconds")
    return f"{written[:19]}{f'.{match[4]}' if match[4] else ''}{written[19:25]}"
