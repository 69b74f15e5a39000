"""Rows of tables, by the three example mappings."""

from __future__ import annotations

from medshare.conversion.tabular import Tabular, read_mapping
from medshare.intake.json_text import dumps
from tests.fuzz.harness import DATA, Harness, convert_all

NAMES = ("laboratory", "medications", "synthea")
FORMS = [Tabular(read_mapping(DATA / "csv" / name / "mapping.toml")) for name in NAMES]
TABLES = [next((DATA / "csv" / name / "tables").iterdir()).read_bytes().splitlines(keepends=True) for name in NAMES]
WITH_HEADER = 128


def play(data: bytes) -> None:
    """The first byte says which mapping, and whether its header is put before the rest."""
    first, rest = (data[0], data[1:]) if data else (0, b"")
    number = first % len(FORMS)
    content = rest if first >= WITH_HEADER else TABLES[number][0] + rest
    for one in convert_all(FORMS[number], content, ".csv"):
        dumps([entry["resource"] for entry in one.entries]).decode()


def seeds():
    for number, lines in enumerate(TABLES):
        header = next(first for first in range(WITH_HEADER, 256) if first % len(FORMS) == number)
        yield bytes([header]) + b"".join(lines[:4])
        yield from (bytes([number]) + line for line in lines[1:12])


HARNESS = Harness(name="csv", play=play, seeds=seeds)
