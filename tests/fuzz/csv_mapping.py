"""Mapping files of tables, and a row by those that have no fault."""

from __future__ import annotations

import contextlib
import tempfile
from datetime import UTC
from pathlib import Path

from medshare.conversion import SourceItem
from medshare.conversion.tabular import Tabular, check_mapping, read_mapping
from medshare.errors import MedShareError
from tests.fuzz.harness import DATA, Harness

SMALL = b"""[patient]
identifier = [{ column = "MRN", system = "https://h.example/mrn" }]
[patient.element]
"birthDate" = { column = "Born", format = "%d.%m.%Y" }
[[resource]]
type = "Observation"
when = [{ column = "Result", holds = "number" }]
[resource.element]
"status" = { constant = "final" }
"code.text" = { template = "{Test}" }
"subject" = { resource = "patient" }
"valueQuantity.value" = { column = "Result", decimal = "," }
[codes.a]
map = { A = "B" }
[ignored]
X = "y"
"""


def play(data: bytes) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:  # noqa: S108
        path = Path(folder) / "mapping.toml"
        path.write_bytes(data)
        if any(issue.severity == "error" for issue in check_mapping(path)):
            try:
                read_mapping(path)
            except MedShareError:
                return
            raise AssertionError("faults, and read")
        mapping = read_mapping(path)
    columns = sorted(mapping.columns)
    quote = mapping.dialect.quote
    if any(quote in one or "\n" in one or "\r" in one for one in columns if quote) or not quote:
        return
    cells = [f"{quote}{one}{quote}" for one in columns], ["5" for _ in columns]
    try:
        text = "".join(mapping.dialect.delimiter.join(line) + "\n" for line in (*[cells[0]] * mapping.header, cells[1]))
        content = text.encode(mapping.dialect.encoding)
    except UnicodeEncodeError:
        return
    with contextlib.suppress(MedShareError):
        Tabular(mapping, UTC).convert(SourceItem(file="t.csv", place="row 2", content=content, media_type="text/csv"))


def seeds():
    yield SMALL
    for path in sorted((DATA / "csv").glob("*/mapping.toml")):
        yield path.read_bytes()


HARNESS = Harness(name="csv-mapping", play=play, seeds=seeds)
