"""JSON in and out without changing a value: a decimal is its text, and keys keep their order.

FHIR: "the precision of the decimal value has significance: 0.010 is regarded as different to 0.01"
(R4, datatypes, decimal). A float would lose that, and so would `decimal.Decimal` for an exponent's form.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from json.encoder import encode_basestring as quoted
from typing import Any, NoReturn

from medshare.intake.errors import (
    DuplicateKeyError,
    LoneSurrogateError,
    NotANumberError,
    NotJsonError,
    NotUtf8Error,
    NumberTooLongError,
    TooDeepError,
    TooManyValuesError,
)
from medshare.intake.limits import Limits

# An open string runs to the end of the text: every character is looked at once, whatever a hostile text holds.
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_NOT_STRUCTURE = re.compile(r"[^\[\]{}]+")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_HALF = re.compile("[\ud800-\udfff]")
_SAFE_INTEGER = 15
"""Characters of an integer that stays a Python int; a longer one stays text."""


@dataclass(frozen=True, slots=True)
class Numeral:
    """A JSON number as it was written: 1.10 is not 1.1."""

    text: str

    def to_decimal(self) -> Decimal:
        """Return its value, with its precision."""
        return Decimal(self.text)


def parse(data: bytes, *, limits: Limits) -> Any:
    """Return the value of JSON bytes (RFC 8259), numbers that are not small integers as `Numeral`.

    Raises:
        NotUtf8Error: The bytes are not UTF-8 (a byte order mark is allowed).
        TooDeepError: Deeper than `limits.depth`; told before parsing.
        TooManyValuesError: More values than `limits.values`; told before parsing.
        NotJsonError: Not one JSON value.
        DuplicateKeyError: An object with a key twice.
        NotANumberError: NaN, Infinity, -Infinity.
        NumberTooLongError: A number over `limits.number` characters or `limits.exponent`.
        LoneSurrogateError: Half of a surrogate pair.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotUtf8Error from None
    _check_shape(text, limits=limits)
    numbers = _Numbers(limits)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=numbers.decimal,
            parse_int=numbers.integer,
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as fault:
        raise NotJsonError(position=fault.pos) from None
    if _SURROGATE.search(text):
        _check_characters(value)
    return value


def dumps(value: Any) -> bytes:
    """Return `value` as compact UTF-8 JSON, numerals as they were written."""
    pieces: list[str] = []
    _write(value, pieces)
    return "".join(pieces).encode()


def to_plain(value: Any) -> Any:
    """Return a copy with `Decimal` for every `Numeral`, as the FHIR models want it."""
    if isinstance(value, dict):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [to_plain(item) for item in value]
    return value.to_decimal() if isinstance(value, Numeral) else value


def _check_shape(text: str, *, limits: Limits) -> None:
    """Count levels and values on the text alone, so that a hostile one never becomes objects."""
    bare = _STRING.sub("", text)
    if bare.count(",") + bare.count("[") + bare.count("{") > limits.values:
        raise TooManyValuesError(limit=limits.values)
    depth = 0
    for character in _NOT_STRUCTURE.sub("", bare):
        if character in "[{":
            depth += 1
            if depth > limits.depth:
                raise TooDeepError(limit=limits.depth)
        else:
            depth -= 1


class _Numbers:
    """Turns the text of numbers into values, within the limits."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def integer(self, text: str) -> int | Numeral:
        if len(text) <= _SAFE_INTEGER and text != "-0":
            return int(text)
        return self.decimal(text)

    def decimal(self, text: str) -> Numeral:
        _, _, exponent = text.lower().partition("e")
        if len(text) > self._limits.number or (exponent and abs(int(exponent)) > self._limits.exponent):
            raise NumberTooLongError(limit=self._limits.number, exponent=self._limits.exponent)
        return Numeral(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise DuplicateKeyError
    return result


def _refuse_constant(_: str) -> NoReturn:
    raise NotANumberError


def _check_characters(value: Any) -> None:
    if isinstance(value, str):
        if _HALF.search(value):
            raise LoneSurrogateError
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_characters(key)
            _check_characters(item)
    elif isinstance(value, list):
        for item in value:
            _check_characters(item)


def _write(value: Any, pieces: list[str]) -> None:
    if isinstance(value, str):
        pieces.append(quoted(value))
    elif isinstance(value, dict):
        separator = "{"
        for key, item in value.items():
            pieces.extend((separator, quoted(key), ":"))
            _write(item, pieces)
            separator = ","
        pieces.append("}" if value else "{}")
    elif isinstance(value, list):
        separator = "["
        for item in value:
            pieces.append(separator)
            _write(item, pieces)
            separator = ","
        pieces.append("]" if value else "[]")
    elif isinstance(value, Numeral):
        pieces.append(value.text)
    else:
        pieces.append(json.dumps(value))  # null, true, false, a small integer
