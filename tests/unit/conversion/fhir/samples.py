"""FHIR in files, for the tests of this folder. All people are invented."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from medshare.conversion import Converted, SourceItem
from medshare.conversion.fhir import Fhir
from medshare.errors import MedShareError

EXAMPLES = Path(__file__).resolve().parents[3] / "data" / "fhir-examples"
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p",
    "identifier": [{"system": "urn:oid:1.2.3", "value": "A1"}, {"value": "A2"}],
}
PSY = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PSY"}


def observation(name: str = "o", subject: str = "Patient/p", **elements: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "code": {"text": "pulse"},
        "subject": {"reference": subject},
    } | elements


def bundle(*entries: dict[str, Any], kind: str = "collection", **elements: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind} | elements | {"entry": list(entries)}


def write(folder: Path, name: str, value: Any) -> Path:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    return path


def read(path: Path, fhir: Fhir | None = None) -> list[tuple[str, str, Converted | MedShareError]]:
    """Each item's file and place with what came of it."""
    fhir = fhir or Fhir()
    return [(item.file, item.place, outcome(item, fhir)) for item in fhir.items(path)]


def outcome(item: SourceItem, fhir: Fhir) -> Converted | MedShareError:
    try:
        return fhir.convert(item)
    except MedShareError as error:
        return error


def resources(found: list[tuple[str, str, Converted | MedShareError]]) -> list[dict[str, Any]]:
    return [entry["resource"] for _, _, made in found if isinstance(made, Converted) for entry in made.entries]


def causes(found: list[tuple[str, str, Converted | MedShareError]]) -> list[tuple[str, str]]:
    return [(place, made.code) for _, place, made in found if isinstance(made, MedShareError)]
