"""NDJSON with a manifest, as FHIR Bulk Data Access lays an export out (STU 2, "Response - Complete Status")."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from medshare.exchange.assembly import Assembly, as_resources, by_type
from medshare.exchange.systems import BASE

MANIFEST: Final = "manifest.json"
_SHA256: Final = f"{BASE}:sha256"


def bulk_files(assembly: Assembly, *, instant: str, outcome: dict[str, Any]) -> dict[str, bytes]:
    """Return a file for each resource type, one for the outcome, and the manifest with a SHA-256 of each."""
    found = {f"{kind}.ndjson": data for kind, data in by_type(as_resources(assembly)).items()}
    told = {"OperationOutcome.ndjson": json.dumps(outcome, ensure_ascii=False).encode() + b"\n"}
    manifest = {
        "transactionTime": instant,
        "request": f"{BASE}:export",
        "requiresAccessToken": False,
        "output": [_row(name, data) for name, data in found.items()],
        "error": [_row(name, data) for name, data in told.items()],
    }
    return {**found, **told, MANIFEST: (json.dumps(manifest, indent=1) + "\n").encode()}


def _row(name: str, data: bytes) -> dict[str, Any]:
    return {
        "type": name.partition(".")[0],
        "url": name,
        "count": data.count(b"\n"),
        "extension": {_SHA256: hashlib.sha256(data).hexdigest()},
    }
