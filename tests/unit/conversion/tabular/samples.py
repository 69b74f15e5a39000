"""A small mapping and tables for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from medshare.conversion import Converted
from medshare.conversion.tabular import Tabular, read_mapping

DATA = Path(__file__).parents[3] / "data" / "csv"
EXAMPLES = ("laboratory", "medications", "synthea")

MAPPING = """
[patient]
identifier = [{ column = "MRN", system = "https://hospital.example/mrn" }]
[[resource]]
type = "Observation"
[resource.element]
"status" = { constant = "final" }
"code.text" = { column = "Test" }
"subject" = { resource = "patient" }
"valueQuantity.value" = { column = "Result" }
"""
TABLE = "MRN,Test,Result\n1,Glucose,5.10\n2,Potassium,4.0\n"


def write_mapping(folder: Path, text: str = MAPPING) -> Path:
    path = folder / "mapping.toml"
    path.write_text(text, encoding="utf-8")
    return path


def tabular(folder: Path, text: str = MAPPING, zone: Any = None) -> Tabular:
    return Tabular(read_mapping(write_mapping(folder, text)), zone)


def table(folder: Path, content: str | bytes = TABLE) -> Path:
    path = folder / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def convert_one(
    folder: Path, line: str, text: str = MAPPING, header: str = "MRN,Test,Result", zone: Any = None
) -> Converted:
    form = tabular(folder, text, zone)
    (item,) = form.items(table(folder, f"{header}\n{line}\n"))
    return form.convert(item)


def resource(converted: Converted, kind: str = "Observation") -> dict[str, Any]:
    (found,) = [entry["resource"] for entry in converted.entries if entry["resource"]["resourceType"] == kind]
    return found


def with_element(line: str) -> str:
    """The mapping with a further element of the Observation."""
    return f"{MAPPING}{line}\n"
