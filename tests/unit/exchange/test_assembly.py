"""Documents at hand as one Bundle or NDJSON.

given all documents of a Bundle
    every resource should come back as it was
given some of them
    what has both sides at hand should be put back
    what has not should stay a logical reference, and nothing should tell of the rest
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from medshare.consent.categories import Category
from medshare.exchange.assembly import (
    Assembly,
    Held,
    Missing,
    as_bundle,
    as_resources,
    assemble,
    by_type,
    outcome_of,
)
from medshare.intake import Document, take_in
from medshare.intake.errors import DocumentsIncompleteError
from medshare.intake.json_text import dumps, parse
from medshare.intake.limits import Limits
from medshare.intake.parts import MEDIA_TYPE, stand_ins
from medshare.intake.reading import read_source
from medshare.store.errors import StoreFull
from tests.unit.exchange.chart import chart
from tests.unit.intake.samples import (
    ACT_CODE,
    ENCOUNTER,
    HANDMADE,
    PATIENT,
    SYNTHEA,
    bundle,
    condition,
    counting,
    observation,
)

AT = "2026-11-01T12:00:00Z"
SMALL = sorted(SYNTHEA, key=lambda path: path.stat().st_size)[:2]


def held(documents: tuple[Document, ...]) -> list[Held]:
    return [Held(media_type=one.media_type, content=one.text) for one in documents]


def fhir(*resources: dict[str, Any], **elements: Any) -> Held:
    return Held(media_type=MEDIA_TYPE, content=bundle(*resources, **elements))


@pytest.mark.parametrize("source", [*SMALL, *HANDMADE], ids=lambda path: path.name.partition("_")[0])
def test_of_all_documents_every_resource_comes_back_as_it_was(source: Path) -> None:
    """[F-001]"""
    documents = take_in(source, entropy=counting()).documents
    assembly = assemble(held(documents[::-1]))
    came = parse(read_source(source, limits=Limits()), limits=Limits())
    resources = [entry["resource"] for entry in came["entry"] if "resource" in entry]
    assert [dumps(entry["resource"]) for entry in assembly.entries] == [dumps(one) for one in resources]
    assert assembly.apart == 0
    assert assembly.restored > 0


def test_of_some_documents_only_what_has_both_sides_at_hand_is_put_back() -> None:
    """[F-001]"""
    documents = take_in(SMALL[0], entropy=counting()).documents
    whole = assemble(held(documents))
    for left_out in sorted({one.category for one in documents}):
        some = tuple(one for one in documents if one.category != left_out)
        part = assemble(held(some))
        assert part.restored + part.apart <= whole.restored
        assert part.apart == sum(1 for entry in part.entries for _ in stand_ins(entry["resource"]))
        assert len(part.entries) == sum(one.resources for one in some)


def test_nothing_tells_what_is_on_the_other_side_of_a_reference() -> None:
    """[F-002] The sealed parts of what is not there are not here, and its words are in no other document."""
    secret = "Opioid dependence, in remission"
    label = {"security": [{"system": ACT_CODE, "code": "ETHUD"}]}
    visit = ENCOUNTER | {"reasonCode": [{"text": secret}], "meta": label}
    source = bundle(PATIENT, visit, observation("o", "vital-signs", encounter={"reference": "Encounter/e"}))
    documents = take_in(source, entropy=counting()).documents
    ordinary = tuple(one for one in documents if one.category not in {Category.SUBSTANCE_USE, Category.UNLABELLED})
    assembly = assemble(held(ordinary))
    outcome = outcome_of(listed=1, missing=(), assembly=assembly)
    text = dumps(as_bundle(assembly, at=AT, outcome=outcome)).decode()
    assert assembly.apart
    assert secret not in text
    assert "ETHUD" not in text
    assert "Encounter" not in text


def test_without_the_frame_entries_keep_the_order_of_the_documents() -> None:
    documents = take_in(SMALL[1], entropy=counting()).documents
    some = tuple(one for one in documents if one.category != Category.UNLABELLED)
    once, twice = assemble(held(some)), assemble(held(some + some))
    assert once.entries == twice.entries
    assert (once.doubles, twice.doubles) == (0, len(once.entries))


def test_fhir_that_intake_did_not_make_is_taken_as_it_is_and_anything_else_as_a_binary() -> None:
    letter = Held(media_type="application/pdf", content=b"%PDF-1.7")
    number = Held(media_type=MEDIA_TYPE, content=b"7")
    one = Held(media_type=MEDIA_TYPE, content=json.dumps(condition()).encode())
    posted = {"request": {"method": "POST", "url": "Condition"}, "resource": condition("d")}
    sent = Held(
        media_type=MEDIA_TYPE,
        content=json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [posted]}).encode(),
    )
    found = assemble([letter, number, one, sent]).entries
    assert [entry["resource"]["resourceType"] for entry in found] == ["Binary", "Binary", "Condition", "Condition"]
    assert found[0]["resource"] == {"resourceType": "Binary", "contentType": "application/pdf", "data": "JVBERi0xLjc="}
    assert all(entry.keys() == {"fullUrl", "resource"} for entry in found)


def test_two_contents_of_one_full_url_are_both_there_under_names_of_their_own() -> None:
    entries = [
        {"fullUrl": "urn:uuid:00000000-0000-4000-8000-000000000009", "resource": observation("o", valueInteger=number)}
        for number in (1, 2, 1)
    ]
    content = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()
    assembly = assemble([Held(media_type=MEDIA_TYPE, content=content)])
    urls = [entry["fullUrl"] for entry in assembly.entries]
    assert (len(urls), len(set(urls)), assembly.doubles) == (2, 2, 1)
    names = [(one["resourceType"], one["id"]) for one in as_resources(assembly)]
    assert len(set(names)) == 2
    assert names[0] == ("Observation", "o")


def test_in_ndjson_references_name_the_resources_and_decimals_stay() -> None:
    assembly = assemble(held(take_in(chart(), entropy=counting()).documents))
    files = by_type(as_resources(assembly))
    observations = [json.loads(line) for line in files["Observation"].splitlines()]
    assert len(observations) == 4
    assert {one["subject"]["reference"] for one in observations} == {"Patient/r1"}
    assert list(files) == sorted(files)
    whole = assemble(held(take_in(HANDMADE[0], entropy=counting()).documents))
    text = b"".join(by_type(as_resources(whole)).values())
    assert b"12345678901234567.890" in text
    assert all(json.loads(line)["id"] for line in text.splitlines())


def test_a_resource_without_an_id_gets_one_from_its_full_url() -> None:
    nameless = {name: value for name, value in condition().items() if name != "id"}
    url = "urn:uuid:00000000-0000-4000-8000-000000000009"
    entries = ({"fullUrl": url, "resource": nameless}, {"fullUrl": "https://a.example/1", "resource": nameless})
    first, second = as_resources(Assembly(entries=entries, restored=0, apart=0, doubles=0))
    assert first["id"] == "00000000-0000-4000-8000-000000000009"
    assert len(second["id"]) == 36


def test_the_outcome_says_how_many_were_listed_and_received_and_why_the_rest_is_missing() -> None:
    """[F-002] By leaf and reason, never by category."""
    assembly = assemble([])
    missing = (
        Missing(leaf=bytes(32), why=DocumentsIncompleteError()),
        Missing(leaf=b"\1" * 32, why=StoreFull()),
    )
    outcome = outcome_of(listed=5, missing=missing, assembly=assembly)
    first, *others = outcome["issue"]
    assert first["diagnostics"] == "5 documents listed, 3 received."
    assert [one["severity"] for one in others] == ["warning", "warning"]
    assert others[1]["code"] == "transient"
    assert "0x0101010101010101" in others[1]["diagnostics"]
    made = as_bundle(assembly, at=AT, outcome=outcome)
    assert made["entry"][-1]["resource"] == outcome
    assert "entry" not in as_bundle(assembly, at=AT)
