"""The FHIR specification's own examples go in and come out again, or say what does not.

given the examples of R4, of each resource type and of each type of Bundle
    each should become an item and FHIR entries, all its elements with it
    together they should come back from intake as they were, decimals as text
    what is refused should be known by name, and why
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from medshare.conversion import Converted, Coverage
from medshare.conversion.fhir import Fhir, closure, subject_of, tie_of
from medshare.errors import MedShareError
from medshare.intake import reassemble, take_in
from medshare.intake.json_text import dumps, parse
from medshare.intake.limits import Limits
from tests.unit.conversion.fhir.samples import EXAMPLES, causes, read
from tests.unit.intake.samples import counting

RESOURCES = EXAMPLES / "resources.ndjson.gz"
BUNDLES = sorted((EXAMPLES / "bundles").glob("*.json.gz"))
INVALID = {"Questionnaire": 1}
"""A published example that breaks R4 itself: a Questionnaire without linkId."""


@cache
def outcomes(path: Path) -> list[tuple[str, str, Converted | MedShareError]]:
    return read(path)


def made(path: Path) -> list[Converted]:
    return [outcome for _, _, outcome in outcomes(path) if isinstance(outcome, Converted)]


def there_and_back(converted: list[Converted]) -> tuple[Coverage, list[str]]:
    """Take in what was made of one source; return what came back, and the types."""
    entries = [entry for each in converted for entry in each.entries]
    whole = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    back = reassemble(take_in(dumps(whole), entropy=counting()).documents)
    assert dumps(back) == dumps(whole)
    total = sum((each.coverage for each in converted), Coverage(elements=0, mapped=0))
    return total, [entry["resource"]["resourceType"] for entry in entries]


def test_examples_of_each_type_come_back_as_they_were(record_property: pytest.RecordProperty) -> None:
    converted = made(RESOURCES)
    refused = causes(outcomes(RESOURCES))
    coverage, types = there_and_back(converted)
    assert len(types) >= 615
    assert len(set(types)) >= 139
    assert Counter(code for _, code in refused) == {"intake.invalid-resource": sum(INVALID.values())}
    assert coverage.mapped == coverage.elements
    bundles = sum(each.coverage.mapped for path in BUNDLES for each in made(path))
    share = (coverage.mapped + bundles) / (
        coverage.elements + bundles + sum(_elements_of(place) for place, _ in refused)
    )
    record_property("share of elements kept", f"{share:.4%}")
    sys.stdout.write(
        f"FHIR examples: {len(types)} resources of {len(set(types))} types and {len(BUNDLES)} Bundles, "
        f"{share:.2%} of {coverage.elements + bundles} elements kept\n"
    )
    assert share >= 0.98  # the one that is not valid holds the rest


@cache
def _lines() -> list[bytes]:
    return gzip.decompress(RESOURCES.read_bytes()).splitlines()


def _elements_of(place: str) -> int:
    from medshare.conversion.fhir.source import values_in

    return values_in(json.loads(_lines()[int(place.removeprefix("line ")) - 1]))


def test_what_is_refused_is_what_breaks_r4_itself() -> None:
    refused = causes(outcomes(RESOURCES))
    lines = [json.loads(_lines()[int(place.removeprefix("line ")) - 1]) for place, _ in refused]
    assert Counter(line["resourceType"] for line in lines) == INVALID


@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.name.removeprefix("Bundle-")[:12])
def test_each_bundle_comes_back_from_its_items(path: Path) -> None:
    assert not causes(outcomes(path))
    there_and_back(made(path))


@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.name.removeprefix("Bundle-")[:12])
def test_the_items_of_a_bundle_hold_all_of_it(path: Path) -> None:
    """The resources in order, the frame after them, and nothing twice."""
    bundle = parse(gzip.decompress(path.read_bytes()), limits=Limits())
    fhir, entries = Fhir(), []
    items = list(fhir.items(path))
    frame = parse(items[-1].content, limits=Limits()) if items[-1].place == "Bundle" else {}
    for item in items:
        if item.place != "Bundle":
            (entry,) = parse(item.content, limits=Limits())["entry"]
            entries.append(entry)
    assert entries == bundle.get("entry", [])
    rest = {name: value for name, value in bundle.items() if name != "entry"}
    assert frame == rest or (not frame and rest.keys() <= {"resourceType", "type"})


def test_every_type_of_bundle_but_history_is_among_the_examples() -> None:
    kinds = {json.loads(gzip.decompress(path.read_bytes()))["type"] for path in BUNDLES}
    assert kinds == {
        *("document", "message", "transaction", "transaction-response"),
        *("batch", "batch-response", "searchset", "collection"),
    }


def test_the_examples_of_the_compartment_name_a_patient() -> None:
    named = Counter(
        entry["resource"]["resourceType"]
        for each in made(RESOURCES)
        for entry in each.entries
        if subject_of(entry["resource"])
    )
    assert named["Observation"] >= 4
    assert len(named) >= 50
    assert "Practitioner" not in named
    assert "ValueSet" not in named


def test_the_patients_of_a_bundle_get_what_is_theirs() -> None:
    entries = [entry for each in made(EXAMPLES / "bundles" / "Bundle-father.json.gz") for entry in each.entries]
    found = closure(tie_of(number, entry) for number, entry in enumerate(entries))
    ((_, numbers),) = found.patients.items()
    assert len(numbers) + len(found.unowned) == len(entries)
    assert not found.missing
