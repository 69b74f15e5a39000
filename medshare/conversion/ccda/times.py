"""Times of CDA as times of FHIR (C-CDA on FHIR, "CDA ↔ FHIR Time/Dates"): precision kept, no zone made up."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final

from medshare.conversion.ccda.draft import Draft
from medshare.conversion.ccda.xml import find

_TS: Final = re.compile(
    r"(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,6})\d*)?)?)?)?)?)?(?:([+-])(\d{2})(\d{2})|(Z))?"
)


def moment(draft: Draft, node: Any) -> str | None:
    """Return a TS as `dateTime`, as precise as it is written.

    A time of day needs a zone in FHIR: its own, else the zone of the format, else only the date is kept, with an
    issue. Hours without minutes are kept as a date, since FHIR has no such precision.
    """
    if node is None:
        return None
    text = node.get("value", "").strip()
    if not text:
        return None
    said = _said(text, draft)
    if said is None:
        draft.issue(node, "time-not-understood")
    elif "T" not in said and len(text.split("+")[0].split("-")[0]) > 8:
        draft.issue(node, "time-without-zone", severity="information")
    return said


def _said(text: str, draft: Draft) -> str | None:
    found = _TS.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute, second, fraction, sign, zone_hours, zone_minutes, zulu = found.groups()
    try:
        stamp = datetime(  # noqa: DTZ001 - the zone is looked at below
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0)
        )
    except ValueError:
        return None
    date = "-".join(part for part in (year, month, day) if part)
    if minute is None:
        return date
    time = f"{date}T{hour}:{minute}:{second or '00'}{'.' + fraction if fraction else ''}"
    if zulu:
        return f"{time}Z"
    if sign:
        return f"{time}{sign}{zone_hours}:{zone_minutes}" if int(zone_hours) <= 14 and int(zone_minutes) < 60 else None
    if draft.zone is None:
        return date
    return time + stamp.replace(tzinfo=draft.zone).isoformat()[-6:]


def day(draft: Draft, node: Any) -> str | None:
    """Return a TS as `date`."""
    if node is None:
        return None
    said = _said(node.get("value", "").strip(), draft)
    if said is None and node.get("value"):
        draft.issue(node, "time-not-understood")
    return said.partition("T")[0] if said else None


def single(draft: Draft, node: Any) -> str | None:
    """Return an IVL_TS as one time: its value, else its start, else its middle, else its end."""
    if node is None:
        return None
    found = (moment(draft, part) for part in (node, *(find(node, name) for name in ("low", "center", "high"))))
    return next((said for said in found if said), None)


def period(draft: Draft, node: Any) -> dict[str, Any] | None:
    """Return an IVL_TS as Period; a value alone is its start.

    FHIR wants the start before the end (per-1): an end before the start is left out with an issue, and on one day
    an end is no more precise than its start.
    """
    if node is None:
        return None
    start = moment(draft, find(node, "low")) or moment(draft, node)
    end = moment(draft, find(node, "high"))
    if start and end:
        shorter = min(len(start), len(end), len("2012-08-06"))
        if end[:shorter] < start[:shorter]:
            draft.issue(node, "period-reversed")
            end = None
        elif "T" not in start and end.startswith(start):
            end = start
    return {"start": start, "end": end} if start or end else None


def time_of(draft: Draft, node: Any, name: str) -> dict[str, Any]:
    """Return `nameDateTime` for one time, or `namePeriod` for an interval; the same at both ends is one time."""
    interval = period(draft, node)
    if interval is None:
        said = single(draft, node)
        return {f"{name}DateTime": said} if said else {}
    if interval["end"] is None or interval["end"] == interval["start"]:
        if find(node, "low") is not None and interval["end"] is None:
            return {f"{name}Period": interval} if _open(node) else {f"{name}DateTime": interval["start"]}
        return {f"{name}DateTime": interval["start"]}
    return {f"{name}Period": interval}


def instant(draft: Draft, node: Any) -> str | None:
    """Return a TS as `instant`; None when it is less precise than that."""
    said = moment(draft, node)
    return said if said and "T" in said else None


def _open(node: Any) -> bool:
    """Whether an interval says that it has no end, or none that is known."""
    return find(node, "high") is not None
