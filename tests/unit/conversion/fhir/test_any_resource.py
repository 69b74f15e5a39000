"""Any valid FHIR in, equal content out: through items, conversion and intake.

given random resources in a Bundle of any type, in lines, or by themselves
    each should become an item, and all of them together should come back, decimals as text
given any JSON
    it should be converted or refused for a cause of its own
"""

from __future__ import annotations

import gzip
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medshare.conversion import Converted, SourceItem
from medshare.conversion.fhir import Fhir, one_patient
from medshare.conversion.fhir.source import MEDIA_TYPE
from medshare.errors import InputError
from medshare.intake import reassemble, take_in
from medshare.intake.json_text import dumps
from tests.unit.conversion.fhir.samples import read
from tests.unit.intake.samples import SYNTHEA, counting, exact
from tests.unit.intake.test_any_bundle import ELEMENTS, entry, kinds, number, resource


def converted(text: bytes, name: str) -> list[Converted]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(text)
        found = [made for _, _, made in read(path)]
    assert all(isinstance(made, Converted) for made in found)
    return [made for made in found if isinstance(made, Converted)]


def through_intake(made: list[Converted]) -> list[dict[str, Any]]:
    """The entries that come back from intake, numbers as text."""
    entries = [one for each in made for one in each.entries]
    whole = dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})
    return list(exact(dumps(reassemble(take_in(whole, entropy=counting()).documents)))["entry"])


def with_numbers(value: Any, numbers: list[Any]) -> bytes:
    text = json.dumps(value, ensure_ascii=False)
    for digits in numbers:
        text = text.replace('"valueString": "y"', f'"valueDecimal": {digits}', 1)
    return text.encode()


@settings(max_examples=30, deadline=None)
@given(st.lists(entry, max_size=6), kinds, st.lists(number, max_size=3), st.booleans())
def test_any_bundle_comes_back_from_its_items(
    entries: list[dict[str, Any]], kind: str, numbers: list[Any], packed: bool
) -> None:
    text = with_numbers({"resourceType": "Bundle", "type": kind, "entry": entries}, numbers)
    back = through_intake(converted(gzip.compress(text) if packed else text, "b.json"))
    source = exact(text)
    for came, went in zip(back, source["entry"], strict=False):
        if "resource" in went:
            assert json.dumps({"fullUrl": came["fullUrl"], **went}, sort_keys=True) == json.dumps(came, sort_keys=True)
        else:
            assert came["resource"] == source | {"entry": [went]}
    assert len(back) == len(entries) or (not entries and len(back) == 1)


@settings(max_examples=30, deadline=None)
@given(st.lists(resource, min_size=1, max_size=5), st.lists(number, max_size=3))
def test_any_resource_comes_back_from_a_line_and_by_itself(resources: list[dict[str, Any]], numbers: list[Any]) -> None:
    lines = [with_numbers(one, numbers) for one in resources]
    back = through_intake(converted(b"\n".join(lines), "x.ndjson"))
    assert [one["resource"] for one in back] == [exact(line) for line in lines]
    assert through_intake(converted(lines[0], "x.json"))[0]["resource"] == exact(lines[0])


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*ELEMENTS, "entry"]), inner, max_size=4)
        ),
        max_leaves=20,
    )
    | st.binary(max_size=40),
    st.sampled_from([None, "Bundle", "Patient", "Unheard"]),
)
def test_anything_is_converted_or_refused_for_a_cause(value: Any, kind: str | None) -> None:
    if isinstance(value, dict) and kind:
        value |= {"resourceType": kind}
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    item = SourceItem(file="f", place="", content=content, media_type=MEDIA_TYPE)
    try:
        assert Fhir().convert(item).coverage.elements >= 1
    except InputError:
        return
    one_patient(content)


@pytest.mark.parametrize("path", SYNTHEA[5:6], ids=lambda path: path.name[:12])
def test_a_generated_patient_comes_back_exactly_from_its_items(path: Path) -> None:
    made = [outcome for _, _, outcome in read(path) if isinstance(outcome, Converted)]
    source = exact(gzip.decompress(path.read_bytes()))
    assert [json.dumps(one) for one in through_intake(made)] == [json.dumps(one) for one in source["entry"]]
    assert not [issue for each in made for issue in each.issues]
