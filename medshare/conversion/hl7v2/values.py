"""What an observation says: OBX-5 by the type in OBX-2 (OBX[Observation], rows of OBX-5 and OBX-6)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from medshare.conversion.hl7v2.attachments import encapsulated, pointed
from medshare.conversion.hl7v2.datatypes import (
    Element,
    concept,
    numeral,
    quantity,
    unit_of,
    without_empty,
)
from medshare.conversion.hl7v2.scene import Scene
from medshare.conversion.hl7v2.syntax import Value
from medshare.conversion.hl7v2.times import read_clock, read_moment

Said: TypeAlias = tuple[str, Any]
"""The name of value[x] and its value."""
Reader: TypeAlias = Callable[[Value, Value, Scene], Said | None]

ATTACHMENT: Final = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Observation.valueAttachment"
_COMPARATORS: Final = {"<", "<=", ">=", ">"}
_RANGE: Final = re.compile(r"\s*([+\-]?[0-9.]+)\s*-\s*([+\-]?[0-9.]+)\s*")


def read_value(kind: str, value: Value, unit: Value, scene: Scene) -> Said | None:
    """Return value[x] for one repetition of OBX-5; as text when it is not of the type that OBX-2 says.

    Args:
        kind: OBX-2.
        value: A repetition of OBX-5.
        unit: OBX-6.
        scene: The conversion.
    """
    reader = _READERS.get(kind.upper())
    found = reader(value, unit, scene) if reader else None
    return found or _text(value, unit, scene)


def _text(value: Value, unit: Value, _scene: Scene) -> Said | None:
    text = value.whole()
    unit_text = unit.part(2) or unit.part(1) if unit else ""
    return ("valueString", f"{text} {unit_text}".strip()) if text else None


def _words(value: Value, _unit: Value, _scene: Scene) -> Said | None:
    text = value.whole()
    return ("valueString", text) if text else None


def _number(value: Value, unit: Value, scene: Scene) -> Said | None:
    text = value.part(1)
    comparator = next((sign for sign in ("<=", ">=", "<", ">") if text.startswith(sign)), "")
    found = quantity(text.removeprefix(comparator), unit, scene)
    if not found or list(value.held()) != [1]:
        return None
    return "valueQuantity", ({"comparator": comparator} | found if comparator else found)


def _coded(value: Value, _unit: Value, scene: Scene) -> Said | None:
    found = concept(value, scene, "")
    return ("valueCodeableConcept", found) if found else None


def _structured(value: Value, unit: Value, scene: Scene) -> Said | None:
    """SN[Quantity], SN[Range], SN[Ratio]; what is none of them is text."""
    sign, first, mark, second = (value.part(number) for number in (1, 2, 3, 4))
    one, other = quantity(first, unit, scene), quantity(second, unit, scene)
    said: Said | None = None
    if sign in {"<>", ""} or sign in _COMPARATORS or sign == "=":
        if sign == "<>":
            said = None
        elif mark in {":", "/"} and one and other:
            said = "valueRatio", {"numerator": one, "denominator": other}
        elif mark == "-" and one and other and sign in {"", "="}:
            said = "valueRange", {"low": one, "high": other}
        elif not mark and not second and one:
            said = "valueQuantity", ({"comparator": sign} | one if sign in _COMPARATORS else one)
    unit_text = unit.part(2) or unit.part(1) if unit else ""
    words = " ".join(part for part in (sign, first, mark, second, unit_text) if part)
    return said or (("valueString", words) if words else None)


def _moment(value: Value, _unit: Value, scene: Scene) -> Said | None:
    found = read_moment(value.part(1), zone=scene.zone)
    if not found:
        return None
    if found.clock and not found.zone:
        return None  # a time without a zone stays whole, as text
    return "valueDateTime", found.text()


def _clock(value: Value, _unit: Value, _scene: Scene) -> Said | None:
    found = read_clock(value.part(1))
    return ("valueTime", found) if found else None


def _bounds(value: Value, _unit: Value, scene: Scene) -> Said | None:
    """DR[Period]."""
    start, end = (read_moment(value.part(number), zone=scene.zone) for number in (1, 2))
    members = without_empty(start=start.text() if start else "", end=end.text() if end else "")
    return ("valuePeriod", members) if members else None


def _numeric_range(value: Value, unit: Value, scene: Scene) -> Said | None:
    """NR[Range]."""
    low, high = quantity(value.part(1), unit, scene), quantity(value.part(2), unit, scene)
    members = without_empty(low=low, high=high)
    return ("valueRange", members) if members else None


def _numbers(value: Value, unit: Value, scene: Scene) -> Said | None:
    """NA[SampledData]: numbers only, in the order they stand."""
    numbers = [numeral(value.part(number)) for number in value.held()]
    if not numbers or None in numbers:
        return None
    origin = {"value": 0, **(unit_of(unit, scene) if unit else {})}
    data = " ".join(number.text for number in numbers if number)
    return "valueSampledData", {"origin": origin, "period": 0, "dimensions": 1, "data": data}


def _document(value: Value, _unit: Value, scene: Scene) -> Said | None:
    found = encapsulated(value, scene, "")
    return (ATTACHMENT, found) if found else None


def _pointer(value: Value, _unit: Value, scene: Scene) -> Said | None:
    found = pointed(value, scene, "")
    return (ATTACHMENT, found) if found else None


def _written(value: Value, _unit: Value, scene: Scene) -> Said | None:
    """XPN, XCN, XAD, XON, XTN, CX, EI ...: FHIR has no such value; the parts that hold something, as text."""
    del scene
    words = " ".join(part for number in value.held() if (part := value.part(number)))
    return ("valueString", words) if words else None


_READERS: Final[dict[str, Reader]] = {
    **dict.fromkeys(("ST", "TX", "FT", "ID"), _words),
    **dict.fromkeys(("CE", "CWE", "CNE", "CF", "IS"), _coded),
    **dict.fromkeys(("DT", "TS", "DTM"), _moment),
    **dict.fromkeys(
        ("XPN", "XCN", "XAD", "XON", "XTN", "CX", "EI", "CN", "PN", "AD", "TN", "CK", "CP", "PPN"), _written
    ),
    "NM": _number,
    "SN": _structured,
    "TM": _clock,
    "DR": _bounds,
    "NR": _numeric_range,
    "NA": _numbers,
    "ED": _document,
    "RP": _pointer,
}


def reference_range(text: str, unit: Value, scene: Scene) -> Element:
    """OBX-7: its text, and low and high where it is nothing but two numbers."""
    found = _RANGE.fullmatch(text)
    limits = [quantity(part, unit, scene) for part in found.groups()] if found else []
    if len(limits) == 2 and all(limits):
        return {"low": limits[0], "high": limits[1], "text": text}
    return {"text": text}
