"""RFC 8785 canonical JSON for our own documents (design, section 11).

No floats. Integers stay below ±2^53; larger ones are decimal strings. Bytes and addresses are
lower-case 0x hex. A clinical document never passes through here: it is hashed as its exact bytes.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any, Final, NoReturn

import rfc8785

from medshare.errors import InputError

LARGEST_INTEGER = 2**53 - 1
"""What every JSON reader holds exactly, and the library's own limit."""
DEEPEST = 64
LARGEST_DOCUMENT = 64 * 2**20
"""Bytes. AgentState is the largest of our own documents."""


_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":"))
"""Writes texts and whole numbers as RFC 8785 does, ten times as fast as the library, which sorts any key rightly."""


_HALF: Final = re.compile("[\ud800-\udfff]")
_STRING_OR_BRACKET: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


class NotCanonical(InputError):
    """Raised when bytes are not the one canonical form of a JSON value."""

    code = "canonical-json.not-canonical"
    cause = "This document is not canonical JSON: {why}."
    remedy = "Write it with MedShare, or by RFC 8785 without floats."


def dumps(value: object) -> bytes:
    """Return the canonical bytes of `value`.

    Raises:
        NotCanonical: A float, an integer of ±2^53 or beyond, a foreign type, text that is not NFC or that
            has half a character.
    """
    if _check(value, DEEPEST):
        return _ENCODER.encode(value).encode("utf-8")
    return bytes(rfc8785.dumps(value))  # type: ignore[arg-type]


def loads(data: bytes, *, limit: int = LARGEST_DOCUMENT) -> Any:
    """Return the value of `data`, which must be canonical to the byte.

    Raises:
        NotCanonical: Anything that `dumps` would not have written.
    """
    if len(data) > limit:
        raise NotCanonical(why=f"it has more than {limit} bytes")
    if data.count(b"[") + data.count(b"{") > DEEPEST and _depth(data) > DEEPEST:
        raise NotCanonical(why=f"it is nested deeper than {DEEPEST}")
    try:
        text = data.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_object, parse_float=_no_float, parse_constant=_no_float)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise NotCanonical(why="it is not JSON in UTF-8") from error
    except ValueError as error:
        raise NotCanonical(why="it holds a number that is too long") from error
    if dumps(value) != data:
        raise NotCanonical(why="spaces, order or escapes differ from RFC 8785")
    return value


def _check(value: object, depth: int) -> bool:
    """Return whether every key is ASCII: then the order of code points is the order that RFC 8785 asks for."""
    if isinstance(value, str):  # first: most values are texts
        if not value.isascii():
            _check_text(value)
        return True
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise NotCanonical(why="it holds an integer of 2^53 or beyond that is not a string")
        return True
    if isinstance(value, list | tuple | dict) and depth < 1:
        raise NotCanonical(why=f"it is nested deeper than {DEEPEST}")
    plain = True
    if isinstance(value, list | tuple):
        for item in value:
            plain = _check(item, depth - 1) and plain
        return plain
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise NotCanonical(why="it holds a key that is not text")
            if not key.isascii():
                _check_text(key)
                plain = False
            plain = _check(item, depth - 1) and plain
        return plain
    raise NotCanonical(why=f"it holds a {type(value).__name__}")


def _check_text(text: str) -> None:
    """Check a text that is not ASCII."""
    if _HALF.search(text):
        raise NotCanonical(why="it holds half a character")
    if not unicodedata.is_normalized("NFC", text):
        raise NotCanonical(why="it holds text that is not in Unicode NFC")


def _depth(data: bytes) -> int:
    """Return the deepest nesting of brackets outside strings, without recursion."""
    depth = deepest = 0
    for token in _STRING_OR_BRACKET.finditer(data):
        first = data[token.start()]
        if first in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif first in b"]}":
            depth -= 1
    return deepest


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise NotCanonical(why="it holds a key twice")
    return value


def _no_float(_: str) -> NoReturn:
    raise NotCanonical(why="it holds a number that is not an integer")
