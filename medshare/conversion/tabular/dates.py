"""Dates and times in a declared form, as FHIR writes them with the precision that they have.

The form is a pattern with the directives of `strptime` that are listed in `DIRECTIVES`. It is read here and not by
`strptime` itself, which does not say what a pattern leaves open, knows no year of the Republic (Minguo), and takes
names of months in the language of the machine.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["date", "dateTime", "instant", "time"]

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DIRECTIVES: Final = {
    "Y": r"(?P<Y>\d{4})",
    "m": r"(?P<m>\d{1,2})",
    "d": r"(?P<d>\d{1,2})",
    "b": rf"(?P<b>{'|'.join(_MONTHS)})",
    "H": r"(?P<H>\d{1,2})",
    "I": r"(?P<I>\d{1,2})",
    "p": r"(?P<p>am|pm|上午|下午)",
    "M": r"(?P<M>\d{2})",
    "S": r"(?P<S>\d{2})",
    "f": r"(?P<f>\d{1,9})",
    "z": r"(?P<z>z|[+-]\d{2}:?\d{2})",
}
_MINGUO: Final = 1911
_NEXT_TO_EACH_OTHER: Final = re.compile(r"%[YmdHI](?=%[mdHIMS])|(?<=%[YmdHI])%[mdHI]")


class PatternError(ValueError):
    """A pattern cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A form that was read.

    Attributes:
        fields: The directives in it, such as "Ymd".
        minguo: Whether years count from the founding of the Republic of China.
        form: What a cell in lower case must look like, a group for each directive.
    """

    fields: frozenset[str]
    minguo: bool
    form: re.Pattern[str]

    @property
    def is_timed(self) -> bool:
        """Whether it has a time of day."""
        return bool(self.fields & set("HI"))

    @property
    def is_zoned(self) -> bool:
        """Whether a cell says its offset from UTC."""
        return "z" in self.fields


def read_pattern(text: str, *, kind: Kind, minguo: bool) -> Pattern:
    """Return the pattern that `text` declares for a FHIR type.

    Raises:
        PatternError: It is no pattern, or it leaves open what the type needs.
    """
    pieces: list[str] = []
    fields: list[str] = []
    tight = {match.start() for match in _NEXT_TO_EACH_OTHER.finditer(text)}
    position = 0
    while position < len(text):
        if text[position] != "%":
            pieces.append(re.escape(text[position].lower()))
            position += 1
            continue
        name = text[position + 1 : position + 2]
        if name == "%":
            pieces.append("%")
        elif name not in DIRECTIVES:
            raise PatternError(f"%{name} is not known here; known are {', '.join('%' + one for one in DIRECTIVES)}")
        elif name in fields:
            raise PatternError(f"%{name} stands twice")
        else:
            pieces.append(_digits(name, tight=position in tight, minguo=minguo))
            fields.append(name)
        position += 2
    _check_fields(frozenset(fields), kind=kind)
    return Pattern(frozenset(fields), minguo, re.compile("".join(pieces), re.ASCII))


@dataclass(frozen=True, slots=True)
class Moment:
    """A date or time as FHIR writes it, and whether the local time came twice that day (the clocks went back)."""

    text: str
    ambiguous: bool = False


def read_moment(cell: str, *, pattern: Pattern, zone: tzinfo | None) -> Moment:
    """Return what a cell says (FHIR R4, datatypes: date, dateTime, instant, time).

    Raises:
        ValueError: It is not in the form of the pattern, or there is no such day or time.
    """
    match = pattern.form.fullmatch(cell.strip().lower())
    if match is None:
        raise ValueError
    found = {name: value for name, value in match.groupdict().items() if value is not None}
    clock = _clock(found)
    if "Y" not in found:
        datetime.strptime(clock[:8], "%H:%M:%S").replace(tzinfo=UTC)
        return Moment(clock)
    year = int(found["Y"]) + (_MINGUO if pattern.minguo else 0)
    month = _MONTHS.index(found["b"]) + 1 if "b" in found else int(found.get("m", "1"))
    day = int(found.get("d", "1"))
    if not (1 <= year <= 9999 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]):
        raise ValueError
    if not pattern.is_timed:
        parts = (f"{year:04}", f"{month:02}" if pattern.fields & set("mb") else "", f"{day:02}" if "d" in found else "")
        return Moment("-".join(part for part in parts if part))
    whole = datetime.fromisoformat(f"{year:04}-{month:02}-{day:02}T{clock[:8]}")
    offset, ambiguous = _offset(whole, found.get("z"), zone)
    return Moment(f"{year:04}-{month:02}-{day:02}T{clock}{offset}", ambiguous)


def _digits(name: str, *, tight: bool, minguo: bool) -> str:
    if name == "Y" and minguo:
        return r"(?P<Y>\d{3})" if tight else r"(?P<Y>\d{1,3})"
    return DIRECTIVES[name].replace("{1,2}", "{2}") if tight else DIRECTIVES[name]


def _check_fields(fields: frozenset[str], *, kind: Kind) -> None:
    needs = {"date": "Y", "dateTime": "Y", "instant": "Ymd", "time": ""}[kind]
    month = {"m"} if "b" in fields else set[str]()
    if missing := set(needs) - fields - month:
        raise PatternError(f"a FHIR {kind} needs {', '.join(f'%{one}' for one in sorted(missing))}")
    timed = bool(fields & set("HI"))
    if kind == "date" and fields & set("HIMSfzp"):
        raise PatternError("a FHIR date has no time of day")
    if kind == "time" and fields & set("Ymdbz"):
        raise PatternError("a FHIR time has no day and no zone")
    if kind in {"instant", "time"} and not timed:
        raise PatternError(f"a FHIR {kind} needs the hour")
    if timed and "M" not in fields:
        raise PatternError("an hour needs its minute, %M")
    if timed and kind != "time" and not ("d" in fields and fields & set("mb")):
        raise PatternError("a time of day needs the whole date")
    if not timed and fields & set("MSfzp"):
        raise PatternError("a minute, a second, a zone or a half of the day needs the hour")
    if "d" in fields and not fields & set("mb"):
        raise PatternError("a day needs its month, %m or %b")
    if {"m", "b"} <= fields or {"H", "I"} <= fields or ("I" in fields) != ("p" in fields):
        raise PatternError("%m and %b, or %H and %I, say the same; %I and %p go together")
    if "f" in fields and "S" not in fields:
        raise PatternError("a fraction needs its second, %S")


def _clock(found: dict[str, str]) -> str:
    hour = int(found.get("H", "0"))
    if "I" in found:
        if not 1 <= int(found["I"]) <= 12:
            raise ValueError
        hour = int(found["I"]) % 12 + (12 if found["p"] in {"pm", "下午"} else 0)
    fraction = f".{found['f']}" if "f" in found else ""
    return f"{hour:02}:{found.get('M', '00')}:{found.get('S', '00')}{fraction}"


def _offset(moment: datetime, written: str | None, zone: tzinfo | None) -> tuple[str, bool]:
    """Return the offset from UTC as FHIR writes it, and whether there are two that fit."""
    if written == "z":
        return "Z", False
    if written is not None:
        minutes = int(written[1:3]) * 60 + int(written[-2:])
        if minutes > 14 * 60 or int(written[-2:]) > 59:
            raise ValueError
        moment = moment.replace(tzinfo=timezone(timedelta(minutes=minutes if written[0] == "+" else -minutes)))
        return _spelled(moment), False
    local = moment.replace(tzinfo=zone)
    try:
        there_and_back = local.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    except OverflowError:  # at the first and the last day that there is
        raise ValueError from None
    if there_and_back != moment:  # the clocks went forward over it
        raise ValueError
    return _spelled(local), local.utcoffset() != local.replace(fold=1).utcoffset()


def _spelled(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")[16:22]
