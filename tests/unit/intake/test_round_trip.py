"""Done when 6: everything goes in and comes out.

given a Bundle
    it should come back from all of its documents, decimals as text, keys in order
    each resource should be shown in exactly one document
    no reference should lead out of a document
    a document should be FHIR by itself
    no ordinary document should hold a word or a code of a sensitive one
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from fhir.resources.R4B.bundle import Bundle

from medshare.consent.categories import SENSITIVE, Category
from medshare.intake import Intake, reassemble, take_in
from medshare.intake.json_text import dumps
from medshare.intake.limits import Limits
from medshare.intake.reading import read_source
from medshare.intake.terminology import meaning_of_code
from medshare.intake.words import meaning_of_words
from tests.unit.intake.samples import (
    EVERYTHING,
    HANDMADE,
    SYNTHEA,
    counting,
    exact,
    parts,
    references,
    shown,
    strings,
)

ALL = [*SYNTHEA, *HANDMADE]


@pytest.fixture(scope="module", params=ALL, ids=[path.name.partition("-")[0] for path in ALL])
def source(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture(scope="module")
def intake(source: Path) -> Intake:
    return take_in(source, entropy=counting())


def test_the_24_patients_and_the_handmade_ones_are_here() -> None:
    assert len(SYNTHEA) == 24
    assert len(HANDMADE) == 2


def test_all_documents_together_give_the_same_json_values_back(source: Path, intake: Intake) -> None:
    """[I-002]"""
    text = read_source(source, limits=Limits())
    back = dumps(reassemble(reversed(intake.documents)))
    assert exact(back) == exact(text)
    # Order as well: an ordinary dictionary comparison does not see it.
    assert json.dumps(exact(back)) == json.dumps(exact(text))


def test_each_resource_is_shown_in_exactly_one_document(source: Path, intake: Intake) -> None:
    """[I-001]"""
    bundle = exact(read_source(source, limits=Limits()))
    read = Counter(
        (entry["resource"]["resourceType"], entry["resource"].get("id"), json.dumps(entry["resource"].get("meta")))
        for entry in bundle["entry"]
        if "resource" in entry
    )
    placed = Counter(
        (entry["resource"]["resourceType"], entry["resource"].get("id"), json.dumps(entry["resource"].get("meta")))
        for document in intake.documents
        for entry in shown(document)
    )
    assert placed == read
    assert intake.report.resources == read.total() == sum(count for _, count in intake.report.by_category)
    assert intake.report.resources == sum(document.resources for document in intake.documents)
    assert intake.report.documents == len(intake.documents)


def test_no_reference_leads_out_of_a_document(intake: Intake) -> None:
    for document in intake.documents:
        entries = shown(document)
        here = {entry.get("fullUrl") for entry in entries}
        here |= {f"{entry['resource']['resourceType']}/{entry['resource'].get('id')}" for entry in entries}
        for entry in entries:
            own = {f"#{contained['id']}" for contained in entry["resource"].get("contained", [])}
            leading = {reference.partition("/_history/")[0] for reference in references(entry["resource"])}
            assert leading <= here | own


def test_a_document_is_fhir_by_itself(intake: Intake) -> None:
    for document in intake.documents:
        assert document.media_type == "application/fhir+json"
        value = json.loads(document.text)
        assert value["type"] == "collection"
        value["entry"] = [entry for entry in value["entry"] if entry["resource"]["resourceType"] != "MedicinalProduct"]
        Bundle.model_validate(value)


def test_no_ordinary_document_holds_a_word_or_a_code_of_a_sensitive_one(intake: Intake) -> None:
    """[I-004] H08: not in what is shown, nor in the parts sealed beside it, nor in a display or a narrative."""
    for document in intake.documents:
        if document.category in SENSITIVE:
            continue
        whole = [shown(document), parts(document)["sealed"]]
        for text in strings(whole):
            assert not meaning_of_words(text) & SENSITIVE
        for system, code in codings(whole):
            assert not meaning_of_code(system, code).categories & SENSITIVE


@pytest.mark.parametrize("source", [SYNTHEA[0], *HANDMADE], ids=lambda path: path.name[:12])
def test_the_same_entropy_gives_the_same_documents(source: Path) -> None:
    assert take_in(source, entropy=counting()) == take_in(source, entropy=counting())


def test_other_entropy_gives_other_tokens_and_the_same_bundle() -> None:
    first, second = take_in(EVERYTHING), take_in(EVERYTHING)
    assert first.documents != second.documents
    assert reassemble(first.documents) == reassemble(second.documents)


def test_bytes_and_a_path_give_the_same() -> None:
    assert take_in(EVERYTHING.read_bytes(), entropy=counting()) == take_in(EVERYTHING, entropy=counting())


def test_nothing_of_a_generated_patient_is_restricted_for_want_of_a_row() -> None:
    """`test_tables` looks at the codes of all 24."""
    for source in SYNTHEA[:1]:
        assert dict(take_in(source).report.by_category).keys().isdisjoint({Category.UNLABELLED})


def codings(value: object) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        own = [(str(value["system"]), str(value["code"]))] if "system" in value and "code" in value else []
        return own + [pair for item in value.values() for pair in codings(item)]
    if isinstance(value, list):
        return [pair for item in value for pair in codings(item)]
    return []
