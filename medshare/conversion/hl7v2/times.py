"""Times of HL7 v2 (data type DTM, v2.8 chapter 2A.2.22; TS, DT and TM alike) as FHIR writes them.

DTM: YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]. The precision stays; FHIR has no hour without minutes, so the
minutes are written as 00 then and that is all that is added. FHIR has no time of day without a zone in a dateTime: a
time without a zone takes that of MSH-7 (v2.8 chapter 2A.2.22.2), then that of the caller, else only its date is said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone, tzinfo
from typing import Final

_DTM: Final = re.compile(
    r"(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(\.\d{1,6})?)?)?)?)?)?([+\-]\d{4})?", re.ASCII
)
_TM: Final = re.compile(r"(\d{2})(?::?(\d{2})(?::?(\d{2})(\.\d{1,6})?)?)?([+\-]\d{4})?", re.ASCII)
_ZONE: Final = re.compile(r"[+\-](?:0\d|1[0-4]):[0-5]\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A point in time as precise as it was written.

    Attributes:
        day: YYYY, YYYY-MM or YYYY-MM-DD.
        clock: HH:MM:SS with its fraction; empty when there was none.
        zone: +HH:MM; empty when there was none.
    """

    day: str
    clock: str
    zone: str

    def text(self) -> str:
        """Return a FHIR dateTime: with its time only when there is a zone."""
        return f"{self.day}T{self.clock}{self.zone}" if self.clock and self.zone else self.day


def written_zone(moment: datetime) -> str:
    """Return the zone of a moment as FHIR writes it; empty when it has none."""
    offset = moment.utcoffset()
    if offset is None:
        return ""
    minutes = round(offset.total_seconds() / 60)  # local mean times of the nineteenth century have seconds
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def zone_named(text: str) -> tzinfo | None:
    """Return the zone that `written_zone` wrote."""
    if not text:
        return None
    ahead = timedelta(hours=int(text[1:3]), minutes=int(text[4:6]))
    return timezone(-ahead if text[0] == "-" else ahead)


def is_zone(text: str) -> bool:
    """Whether this is a zone as FHIR writes it."""
    return bool(_ZONE.fullmatch(text))


def read_moment(text: str, *, zone: tzinfo | None = None) -> Moment | None:
    """Return the moment that a DTM says, or nothing when it is no DTM.

    Args:
        text: As it stands in the field.
        zone: Of times that have none; the first of the two times that an hour has when the clocks go back.
    """
    # A degree of precision in a second component is of versions before 2.5; zeros for what is not known, too.
    found = _DTM.fullmatch(text.strip())
    if not found:
        return None
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    month, day = (None, None) if month == "00" else (month, None if day == "00" else day)
    try:
        day_of = int(year), int(month or 1), int(day or 1)
        local = datetime(*day_of, int(hour or 0), int(minute or 0), min(int(second or 0), 59), tzinfo=zone)
        own = f"{offset[:3]}:{offset[3:]}" if offset else written_zone(local)
    except (ValueError, OverflowError):
        return None
    if own and not is_zone(own):
        return None
    clock = f"{hour}:{minute or '00'}:{second or '00'}{fraction or ''}" if hour and day else ""
    return Moment(day="-".join(part for part in (year, month, day) if part), clock=clock, zone=own)


def read_clock(text: str) -> str | None:
    """Return a FHIR time for a TM, or nothing when it is no TM; FHIR's time has no zone."""
    found = _TM.fullmatch(text.strip())
    if not found:
        return None
    hour, minute, second, fraction, _ = found.groups()
    try:
        time(int(hour), int(minute or 0), int(second or 0))
    except ValueError:
        return None
    return f"{hour}:{minute or '00'}:{second or '00'}{fraction or ''}"
