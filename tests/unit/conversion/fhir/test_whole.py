"""Which files are one patient's record in one Bundle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from medshare.conversion.fhir import one_patient, summarise
from medshare.intake.errors import SourceMissingError
from tests.unit.conversion.fhir.samples import PATIENT, bundle, observation
from tests.unit.intake.samples import SYNTHEA


def text(*resources: Any, **elements: Any) -> bytes:
    return json.dumps(bundle(*({"resource": resource} for resource in resources), **elements)).encode()


@pytest.mark.parametrize("path", SYNTHEA[::6], ids=lambda path: path.name[:12])
def test_each_generated_patient_is_one(path: Path) -> None:
    summary = summarise(path)
    assert summary is not None
    assert summary.is_one_patient
    assert len(summary.patients[0]) >= 3
    assert summary.type == "transaction"


@pytest.mark.parametrize(
    ("source", "one"),
    [
        (text(PATIENT, observation()), True),
        (
            text(PATIENT, observation(contained=[{"resourceType": "Device", "id": "d"}], device={"reference": "#d"})),
            True,
        ),
        (text(PATIENT, observation(performer=[{"reference": "Practitioner?identifier=1"}])), True),
        (text(observation()), False),
        (text(PATIENT, PATIENT | {"id": "q"}), False),
        (text(PATIENT, observation(subject="Patient/other")), False),
        (text(PATIENT, observation(performer=[{"reference": "urn:uuid:none"}])), False),
        (json.dumps(PATIENT).encode(), False),
        (b"<Bundle/>", False),
        (json.dumps({"resourceType": "Bundle", "entry": {}}).encode(), False),
        (json.dumps({"resourceType": "Bundle", "entry": [1]}).encode(), False),
        (json.dumps({"resourceType": "Bundle", "entry": [{"resource": {"resourceType": 1}}]}).encode(), False),
        (json.dumps(bundle({"resource": PATIENT}, {"request": {"method": "DELETE", "url": "x"}})).encode(), True),
    ],
)
def test_a_bundle_may_or_may_not_be_one_patient(source: bytes, one: bool) -> None:
    assert one_patient(source) is one


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceMissingError):
        one_patient(tmp_path / "none.json")
