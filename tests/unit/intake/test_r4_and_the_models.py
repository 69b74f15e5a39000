"""Where the R4B models of another project differ from R4, R4 counts.

given a resource that is valid R4
    extensions beside the value of an extension should be allowed, and be looked into
    a type that R4B made anew should be kept with a warning
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from medshare.intake import reassemble, take_in
from medshare.intake.errors import InvalidResourceError
from medshare.intake.json_text import dumps
from tests.unit.intake.samples import PATIENT, bundle, counting, exact

TRANSLATED = {"url": "urn:x", "valueString": "a", "_valueString": {"extension": [{"url": "urn:t", "valueCode": "nl"}]}}


@pytest.mark.parametrize(
    "extension", [TRANSLATED, {"url": "urn:x", "_valueDate": {"id": "q"}}, {"url": "urn:y", "extension": [TRANSLATED]}]
)
def test_the_value_of_an_extension_may_have_extensions(extension: dict[str, Any]) -> None:
    source = bundle(PATIENT | {"contact": [{"modifierExtension": [extension], "gender": "other"}]})
    assert exact(dumps(reassemble(take_in(source, entropy=counting()).documents))) == exact(source)


@pytest.mark.parametrize(
    "extension",
    [
        {"url": "urn:x", "_valueDate": {"nonsense": 1}},
        {"url": "urn:x", "_valueDate": "x"},
        {"url": "urn:x", "_value": {"id": "q"}},
        {"url": "urn:x", "_url": {"nonsense": 1}},
        {"url": "urn:x", "_valueDate": {"extension": [{"url": "urn:x", "_valueCode": {"nonsense": 1}}]}},
    ],
)
def test_what_stands_beside_a_value_may_not_be_anything(extension: dict[str, Any]) -> None:
    with pytest.raises(InvalidResourceError) as refused:
        take_in(bundle(PATIENT | {"extension": [extension]}))
    assert "nonsense" not in str(refused.value)


@pytest.mark.parametrize("resource_type", ["Evidence", "EvidenceVariable", "MedicinalProduct"])
def test_a_type_that_is_not_the_same_in_r4b_is_kept_with_a_warning(resource_type: str) -> None:
    intake = take_in(bundle({"resourceType": resource_type, "exposureBackground": "x"}))
    assert [issue.code for issue in intake.report.issues] == ["unknown-type"]
    assert json.loads(dumps(reassemble(intake.documents)))["entry"][0]["resource"]["resourceType"] == resource_type
