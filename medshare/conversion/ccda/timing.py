"""Frequencies of medication as Timing (C-CDA on FHIR, Medications, "Medication Timing and Frequency")."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from medshare.conversion.ccda.datatypes import number
from medshare.conversion.ccda.draft import Draft
from medshare.conversion.ccda.times import moment, period
from medshare.conversion.ccda.xml import find, type_of
from medshare.intake import Numeral

_UNITS: Final = {"s": "s", "min": "min", "h": "h", "d": "d", "wk": "wk", "mo": "mo", "a": "a"}
_MINUTES: Final = {"s": Decimal(1) / 60, "min": Decimal(1), "h": Decimal(60), "d": Decimal(1440), "wk": Decimal(10080)}
_EVENTS: Final = frozenset(
    ("HS", "WAKE", "C", "CM", "CD", "CV", "AC", "ACM", "ACD", "ACV", "PC", "PCM", "PCD", "PCV")
)  # FHIR R4, EventTiming, the codes of HL7 v3


def timing(draft: Draft, times: list[Any]) -> dict[str, Any] | None:
    """Return the effectiveTime elements of a substance administration as Timing.

    Rules: a value alone is an event; low and high are the bounds; PIVL_TS is frequency and period; EIVL_TS is when
    and offset. Elements that none of these fits are not taken.
    """
    repeat: dict[str, Any] = {}
    events: list[str] = []
    for node in times:
        kind = type_of(node)
        if kind == "PIVL_TS" or find(node, "period") is not None:
            found = _periodic(node)
        elif kind == "EIVL_TS" or find(node, "event") is not None:
            found = _at_event(node)
        else:
            said = moment(draft, node)
            events += [said] if said else []
            bounds = None if said else period(draft, node)
            found = {"boundsPeriod": bounds} if bounds else {}
            if said:
                draft.take(node)
        if found:
            draft.take(node)
            repeat = {**found, **repeat}
    return {"event": events, "repeat": repeat} if events or repeat else None


def _periodic(node: Any) -> dict[str, Any]:
    """Return a PIVL_TS as a period; "every 8 h" is 1 per 8 h. Frequency and period are not simplified."""
    span = find(node, "period")
    if span is None:
        return {}
    low, high = find(span, "low"), find(span, "high")
    shortest = span if low is None else low
    value, unit = number(shortest.get("value")), _UNITS.get(shortest.get("unit", ""))
    if value is None or unit is None or value.to_decimal() <= 0:
        return {}
    most = None if high is None or high.get("unit") != shortest.get("unit") else number(high.get("value"))
    return {"frequency": 1, "period": value, "periodMax": most, "periodUnit": unit}


def _at_event(node: Any) -> dict[str, Any]:
    """Return an EIVL_TS: the event's code is that of FHIR, an offset is in minutes."""
    event = find(node, "event")
    code = "" if event is None else event.get("code", "")
    if code not in _EVENTS:
        return {}
    offset = find(node, "offset")
    if offset is not None and find(offset, "low") is not None:
        offset = find(offset, "low")
    minutes = _minutes(offset)
    return {"when": [code], "offset": minutes}


def _minutes(node: Any) -> int | None:
    """Return an offset in whole minutes; None without one, or when it comes before the event."""
    if node is None:
        return None
    value: Numeral | None = number(node.get("value"))
    factor = _MINUTES.get(node.get("unit", ""))
    if value is None or factor is None:
        return None
    minutes = value.to_decimal() * factor
    return int(minutes) if minutes > 0 and minutes == minutes.to_integral_value() else None
