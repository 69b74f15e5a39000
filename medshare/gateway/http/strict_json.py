"""JSON of a request: read strictly, within bounds, before anything looks at it."""

from __future__ import annotations

from typing import Any, Final

from medshare.canonical_json import LARGEST_INTEGER
from medshare.errors import InputError
from medshare.gateway.wire.fields import Malformed
from medshare.intake.json_text import Numeral, parse
from medshare.intake.limits import Limits

LIMITS: Final = Limits(depth=24, values=200_000)


def read_json(data: bytes) -> Any:
    """Return the value of `data`.

    Raises:
        Malformed: Not UTF-8, not JSON, too deep, too many values, a key twice, half a character, or NaN.
    """
    try:
        return _whole(parse(data, limits=LIMITS))  # [H-009]
    except InputError as error:
        raise Malformed(why=error.code.rpartition(".")[2]) from error


def _whole(value: Any) -> Any:
    """Return `value` with the whole numbers that the parser left as text; decimals stay what no form takes."""
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, Numeral) and value.text.isdigit() and int(value.text) <= LARGEST_INTEGER:
        return int(value.text)
    return value
