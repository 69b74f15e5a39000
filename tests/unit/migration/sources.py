"""Small sources for tests: Bundles of one patient each, and the list of patients."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

MRN = "https://hospital.example/mrn"


def bundle(number: int, *, values: int = 2) -> dict[str, Any]:
    """A Bundle of the patient with this number: herself and some results."""
    patient = f"urn:uuid:00000000-0000-4000-8000-{number:012d}"
    entries: list[dict[str, Any]] = [
        {
            "fullUrl": patient,
            "resource": {
                "resourceType": "Patient",
                "id": f"p{number}",
                "identifier": [{"system": MRN, "value": f"{number}"}],
            },
        }
    ]
    entries += [
        {
            "fullUrl": f"urn:uuid:00000000-0000-4000-9000-{number:06d}{value:06d}",
            "resource": {
                "resourceType": "Observation",
                "id": f"o{number}-{value}",
                "status": "final",
                "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4", "display": "Heart rate"}]},
                "subject": {"reference": patient},
                "valueQuantity": {"value": 60 + value, "unit": "/min"},
            },
        }
        for value in range(values)
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def write(folder: Path, name: str, value: Any) -> Path:
    """Write JSON to a file of a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / name
    place.write_text(json.dumps(value))
    return place
