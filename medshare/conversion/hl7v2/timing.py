"""When a service is wanted, and how often: TQ (until v2.5) and TQ1 with RPT of the guide."""

from __future__ import annotations

import re
from typing import Any, Final

from medshare.conversion.hl7v2.datatypes import Element, concept, moment, without_empty
from medshare.conversion.hl7v2.scene import Scene
from medshare.conversion.hl7v2.syntax import Value

_DURATION: Final = re.compile(r"([SMHDWLX])(\d{1,6})")
_UNITS: Final = {"S": "s", "M": "min", "H": "h", "D": "d", "W": "wk", "L": "mo"}


def quantity_timing(value: Value, scene: Scene, _map: str) -> Element | None:
    """TQ[ServiceRequest], components 2 to 5 and 8: interval, duration, start and end."""
    start, end = moment(value, scene, 4), moment(value, scene, 5)
    bounds = without_empty(start=start.text() if start else "", end=end.text() if end else "")
    repeat: dict[str, Any] = without_empty(boundsPeriod=bounds)
    pattern, duration = value.sub(2, 1), value.part(3)
    if not bounds and (found := _DURATION.fullmatch(duration)) and found[1] in _UNITS:
        unit = _UNITS[found[1]]
        repeat["boundsDuration"] = {
            "value": int(found[2]),
            "unit": unit,
            "system": "http://unitsofmeasure.org",
            "code": unit,
        }
    words = [part for part in (pattern, "" if "boundsDuration" in repeat else duration, value.part(8)) if part]
    code = {"text": " ".join(words)} if words else {}
    return without_empty(repeat=repeat, code=code) or None


def repeat_pattern(value: Value, scene: Scene, _map: str) -> Element | None:
    """RPT[Timing]: the code as it stands; RPT.1 is a coded element with subcomponents."""
    inner = value.inside(1)
    found = concept(inner, scene, "")
    return without_empty(code=found) or None
