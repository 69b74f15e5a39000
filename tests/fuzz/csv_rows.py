"""Rows of tables, by the three example mappings."""

from __future__ import annotations

from medshare.conversion.tabular import Tabular, read_mapping
from medshare.intake.json_text import dumps
from tests.fuzz.harness import DATA, Harness, convert_all

FORMS = [
    Tabular(read_mapping(DATA / "csv" / name / "mapping.toml")) for name in ("laboratory", "medications", "synthea")
]


def play(data: bytes) -> None:
    """The first byte says which mapping."""
    for one in convert_all(FORMS[data[0] % len(FORMS)] if data else FORMS[0], data[1:], ".csv"):
        dumps([entry["resource"] for entry in one.entries]).decode()


def seeds():
    for number, name in enumerate(("laboratory", "medications", "synthea")):
        (path,) = (DATA / "csv" / name / "tables").iterdir()
        lines = path.read_bytes().splitlines(keepends=True)
        yield bytes([number]) + b"".join(lines[:4])
        yield from (bytes([number]) + lines[0] + line for line in lines[1:12])


HARNESS = Harness(name="csv", play=play, seeds=seeds)
