"""Units of measure as codes of UCUM (FHIR R4, datatypes, Quantity: `system` and `code`)."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

_LONGEST: Final = 64
"""Characters of a unit; longer ones are text."""
_LETTERS: Final = re.compile(r"[A-Za-z]+")
_ENCLOSED: Final = re.compile(r"\[[^\]]*\]|\{[^}]*\}")
_CERTAIN: Final = frozenset(("L", "U"))
"""Capital letters that are UCUM and are meant so. Others are not taken for UCUM: MG is no megagauss, C no coulomb."""
_POWER_OF_TEN: Final = re.compile(r"(?:[x\u00d7]\s?)?10[\^eE*]\+?(\d{1,2})")
_RAISED: Final = str.maketrans({"²": "2", "³": "3"})
_MICRO: Final = re.compile("[µμ](?=[A-Za-z])")
_EXPONENT: Final = re.compile(r"(?<=[a-z])\^(?=\d)")


@lru_cache(maxsize=4096)
def is_ucum(code: str) -> bool:
    """Whether a code follows the grammar and the unit table of UCUM, by ucumvert."""
    from lark.exceptions import LarkError

    if not 0 < len(code) <= _LONGEST or not code.isascii():
        return False
    try:
        _parser().parse(code)
    except LarkError:
        return False
    return True


@lru_cache(maxsize=4096)
def ucum_of(unit: str) -> str | None:
    """Return the UCUM code that a unit's text means, or None where that is not certain."""
    text = unit.strip()
    if not 0 < len(text) <= _LONGEST:
        return None
    if text in _known():
        return _known()[text]
    plain = _POWER_OF_TEN.sub(r"10*\1", _EXPONENT.sub("", _MICRO.sub("u", text.translate(_RAISED))))
    return _composed(plain) or (plain if _is_certain(plain) else None)


def _composed(text: str) -> str | None:
    """Look up the parts of a quotient one by one."""
    parts = [_part(part.strip()) for part in text.split("/")]
    if None in parts:
        return None
    code = "/".join(part or "" for part in parts)
    return code if is_ucum(code) else None


def _part(text: str) -> str | None:
    if not text or text in _known():
        return _known().get(text, "")
    if _is_certain(text):
        return text
    return _known().get(text.lower())


def _is_certain(text: str) -> bool:
    letters = _LETTERS.findall(_ENCLOSED.sub(" ", text))
    return is_ucum(text) and not any(run.isupper() and run not in _CERTAIN for run in letters)


@cache
def _known() -> dict[str, str]:
    lines = files("medshare.conversion.standardise").joinpath("units.tsv").read_text("utf-8").splitlines()
    return {text: code for text, code, _ in (line.split("\t") for line in lines if not line.startswith("#"))}


@cache
def _parser() -> Any:
    from ucumvert import get_ucum_parser

    return get_ucum_parser()
