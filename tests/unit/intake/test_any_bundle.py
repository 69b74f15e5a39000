"""Any Bundle comes back: random resources, references, notes, narratives, labels and odd values."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from medshare.consent.categories import SENSITIVE
from medshare.errors import InputError
from medshare.intake import reassemble, take_in
from medshare.intake.json_text import dumps
from tests.unit.intake.samples import (
    ACT_CODE,
    ENCOUNTER,
    LOW,
    PATIENT,
    bundle,
    concept,
    condition,
    counting,
    exact,
    observation,
    parts,
    prescription,
    references,
    shown,
)

NAMES = ["r0", "r1", "r2", "r3", "r4"]
TYPES = ["Condition", "Observation", "MedicationRequest", "Encounter"]
ELEMENTS = [
    "id",
    "meta",
    "security",
    "text",
    "div",
    "coding",
    "code",
    "system",
    "reference",
    "contained",
    "note",
    "resourceType",
    "identifier",
    "value",
    "data",
    "contentType",
    "url",
    "fullUrl",
    "display",
]
PLANTED = "zoloft"
"""Not in any other sample: where it is found, the planted drug leaked."""

words = st.sampled_from(["", "fasting", f"takes {PLANTED}", "HIV", "很好", "[Kept apart: urn:uuid:x]"])
literal = st.builds("{}/{}".format, st.sampled_from(TYPES), st.sampled_from(NAMES)) | st.just("Patient/p")
reference = st.fixed_dictionaries({"reference": literal}, optional={"display": words.filter(bool)})
narrative = st.builds(lambda text: {"status": "generated", "div": f"<div>{text}</div>"}, words)
number = st.decimals(allow_nan=False, allow_infinity=False, min_value=-1000, max_value=1000, places=3)
meta = st.fixed_dictionaries(
    {}, optional={"security": st.lists(st.fixed_dictionaries({"system": st.just(ACT_CODE), "code": st.just("PSY")}))}
)
extras: dict[str, st.SearchStrategy[Any]] = {
    "text": narrative,
    "note": st.lists(st.fixed_dictionaries({"text": words.filter(bool)}), min_size=1, max_size=2),
    "meta": meta.filter(bool),
    "encounter": reference,
    "extension": st.just([{"url": "urn:x", "valueString": "y"}]),
}


def built(make: Any, specific: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    fields = st.fixed_dictionaries({}, optional=extras | specific)
    return st.builds(lambda name, elements: make(name, **elements), st.sampled_from(NAMES), fields)


def visit(name: str, **elements: Any) -> dict[str, Any]:
    allowed = {key: value for key, value in elements.items() if key not in {"note", "encounter"}}
    return ENCOUNTER | {"id": name} | allowed


def drug(name: str, **elements: Any) -> dict[str, Any]:
    return prescription(name, concept("", "", "", PLANTED) | LOW, **elements)


resource = st.one_of(
    built(condition, {"evidence": st.lists(st.builds(lambda to: {"detail": [to]}, reference), min_size=1, max_size=2)}),
    built(observation, {"hasMember": st.lists(reference, min_size=1, max_size=2), "valueString": words.filter(bool)}),
    built(drug, {"reasonReference": st.lists(reference, min_size=1, max_size=2)}),
    built(visit, {"partOf": reference, "reasonCode": st.just([LOW])}),
    st.just(PATIENT | {"photo": [{"contentType": "text/plain", "data": "eA=="}]}),
    st.just({"resourceType": "Unheard", "id": "r0", "reference": "Condition/r1", "odd": [None, [[]], {}, 1.50]}),
)
entry = st.fixed_dictionaries(
    {"resource": resource},
    optional={"fullUrl": st.sampled_from(["urn:uuid:a", "urn:uuid:b"]), "search": st.just({"mode": "match"})},
) | st.just({"request": {"method": "DELETE", "url": "Condition/r0"}})
kinds = st.sampled_from(["collection", "transaction", "searchset", "history"])


@given(st.lists(entry, max_size=7), kinds, st.lists(number, max_size=3))
def test_any_bundle_comes_back_and_nothing_leaks(entries: list[dict[str, Any]], kind: str, numbers: list[Any]) -> None:
    value = {"resourceType": "Bundle", "type": kind, "entry": entries}
    text = json.dumps(value, ensure_ascii=False)
    for digits in numbers:
        text = text.replace('"valueString": "y"', f'"valueDecimal": {digits}', 1)
    intake = take_in(text.encode(), entropy=counting())
    back = dumps(reassemble(intake.documents))
    assert json.dumps(exact(back)) == json.dumps(exact(text.encode()))
    assert intake.report.resources == sum("resource" in item for item in entries)
    for document in intake.documents:
        visible = shown(document)
        here = {f"{item['resource']['resourceType']}/{item['resource'].get('id')}" for item in visible}
        for item in visible:
            if item["resource"]["resourceType"] != "Unheard":
                assert set(references(item["resource"])) <= here
        if document.category not in SENSITIVE:
            assert PLANTED not in str((visible, parts(document)))


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(ELEMENTS),
                inner,
                max_size=4,
            )
        ),
        max_leaves=20,
    )
)
def test_a_resource_of_an_unknown_type_may_have_any_form(value: Any) -> None:
    """It comes back, or is refused for a cause of its own; never another exception."""
    try:
        intake = take_in(bundle(PATIENT, {"resourceType": "Unheard", "content": value}), entropy=counting())
    except InputError:
        return
    assert exact(dumps(reassemble(intake.documents)))["entry"][1]["resource"]["content"] == exact(
        json.dumps(value).encode()
    )
