"""A user's own map from local codes to those of a standard, read from CSV or TOML.

CSV (RFC 4180, UTF-8) has the header `system,code,target_system,target_code,display`; TOML has the same names in
`[[code]]` tables. A local code may mean several, each in a row of its own; `display` may be empty.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from medshare.conversion.standardise.errors import CodeMapError
from medshare.intake.code_systems import canonical_url
from medshare.intake.limits import MEBIBYTE, Limits
from medshare.intake.reading import read_source

_COLUMNS: Final = ("system", "code", "target_system", "target_code", "display")
_LIMITS: Final = Limits(source_bytes=16 * MEBIBYTE, plain_bytes=16 * MEBIBYTE)
_LONGEST: Final = 1024


@dataclass(frozen=True, slots=True, order=True)
class Code:
    """A code of a standard.

    Attributes:
        system: Its canonical URL.
        code: The code.
        display: Its words; empty for none.
    """

    system: str
    code: str
    display: str


@dataclass(frozen=True, slots=True)
class CodeMap:
    """What local codes mean, by (system, code)."""

    meanings: dict[tuple[str, str], tuple[Code, ...]]

    def meaning(self, system: str, code: str) -> tuple[Code, ...]:
        """Return what a local code means; nothing when the map does not know it."""
        return self.meanings.get((system, code), ())


def read_code_map(path: Path) -> CodeMap:
    """Read a map; a name that ends in .toml is TOML, any other CSV.

    Raises:
        CodeMapError: It is not a map, with the first row that is wrong.
        SourceMissingError, SourceNotAFileError, SourceTooLargeError: It cannot be read.
    """
    try:
        text = read_source(path, limits=_LIMITS).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CodeMapError(row=0, reason="it is not UTF-8") from None
    return _checked(_from_toml(text) if path.name.lower().endswith(".toml") else _from_csv(text))


def _from_csv(text: str) -> Iterator[dict[str, Any]]:
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        if tuple(rows.fieldnames or ()) != _COLUMNS:
            raise CodeMapError(row=1, reason="the header is another")
        yield from rows
    except csv.Error:
        raise CodeMapError(row=rows.line_num, reason="it is not CSV") from None


def _from_toml(text: str) -> Iterator[dict[str, Any]]:
    try:
        value = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        raise CodeMapError(row=0, reason="it is not TOML") from None
    rows = value.get("code")
    if value.keys() != {"code"} or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise CodeMapError(row=0, reason="it has something else than [[code]] tables")
    for row in rows:
        yield {"display": ""} | row


def _checked(rows: Iterable[dict[Any, Any]]) -> CodeMap:
    found: dict[tuple[str, str], list[Code]] = defaultdict(list)
    number = 0
    for number, row in enumerate(rows, start=1):
        if row.keys() != set(_COLUMNS) or not all(isinstance(value, str) for value in row.values()):
            raise CodeMapError(row=number, reason="it has other fields, or one that is no text")
        system, code, target, target_code, display = (row[name].strip() for name in _COLUMNS)
        if not (system and code and target and target_code):
            raise CodeMapError(row=number, reason="a system or a code is empty")
        if max(map(len, row.values())) > _LONGEST:
            raise CodeMapError(row=number, reason="a field is too long")
        meaning = Code(canonical_url(target), target_code, display)
        if ":" not in meaning.system:
            raise CodeMapError(row=number, reason="the target system is no URL and no object identifier")
        if (meaning.system, meaning.code) == (system, code):
            raise CodeMapError(row=number, reason="a code means itself")
        if any((known.system, known.code) == (meaning.system, meaning.code) for known in found[system, code]):
            raise CodeMapError(row=number, reason="the same meaning stands twice")
        found[system, code].append(meaning)
    if not number:
        raise CodeMapError(row=0, reason="it is empty")
    return CodeMap({local: tuple(meanings) for local, meanings in found.items()})
