"""Every document of the corpus is converted, valid, and counted honestly; another implementation agrees on its codes."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from lxml import etree

from medshare.conversion import full_url
from medshare.conversion.ccda import Ccda
from medshare.conversion.item import Coverage
from tests.unit.conversion.ccda.documents import CORPUS, accept, plain

DOCUMENTS = sorted(path for path in CORPUS.rglob("*.xml*") if path.is_file())
V3 = "{urn:hl7-org:v3}"
HEADER = ("recordTarget", "author", "dataEnterer", "informant", "custodian", "informationRecipient", "authenticator")
HEADER += ("legalAuthenticator", "participant", "inFulfillmentOf", "documentationOf", "relatedDocument", "componentOf")
HEADER += ("authorization",)


def read(path):
    (item,) = Ccda().items(path)
    return item


def root_of(item):
    plain_bytes = gzip.decompress(item.content) if item.content[:2] == b"\x1f\x8b" else item.content
    return etree.fromstring(plain_bytes)


def test_the_corpus_is_there():
    assert len(DOCUMENTS) >= 6


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_intake_takes_what_every_document_becomes(path):
    accept(Ccda().convert(read(path)))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_entries_and_header_participants_are_all_counted_and_at_least_95_of_100_are_mapped(path):
    item = read(path)
    converted, elements = Ccda().convert_in_detail(item)
    root = root_of(item)
    entries = [entry for entry in root.iter(f"{V3}entry") if len(entry)]
    header = [child for name in HEADER for child in root.findall(f"{V3}{name}")]
    assert converted.coverage.elements == len(entries) + len(header)
    assert converted.coverage.mapped >= 0.95 * converted.coverage.elements
    unmapped = [issue for issue in converted.issues if issue.code == "not-mapped"]
    assert converted.coverage.elements - converted.coverage.mapped == len(unmapped)
    left_out = [issue for issue in converted.issues if issue.code == "element-not-mapped"]
    assert elements.elements - elements.mapped == len(left_out)
    assert elements.mapped >= 0.8 * elements.elements


def test_the_same_document_gives_the_same_entries():
    item = read(DOCUMENTS[0])
    assert Ccda().convert(item).entries == Ccda().convert(item).entries


def test_every_full_url_is_there_once():
    for path in DOCUMENTS:
        urls = [entry["fullUrl"] for entry in Ccda().convert(read(path)).entries]
        assert len(urls) == len(set(urls))
        assert all(url.startswith("urn:uuid:") for url in urls)
    assert full_url("a") != full_url("b")


def test_coverages_add_up():
    assert Coverage(elements=2, mapped=1) + Coverage(elements=3, mapped=3) == Coverage(elements=5, mapped=4)


def coded(concept):
    return sorted(
        [coding.get("system", ""), coding["code"]] for coding in (concept or {}).get("coding", []) if "code" in coding
    )


def value_of(resource):
    quantity = resource.get("valueQuantity")
    if quantity:
        return [float(quantity["value"]), quantity.get("unit")]
    return coded(resource.get("valueCodeableConcept")) or resource.get("valueString")


def essence(resource: dict[str, Any], found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return what the vectors say of a resource."""
    reactions = resource.get("reaction", [])
    drug = resource.get("medicationCodeableConcept")
    if "medicationReference" in resource:
        drug = found[resource["medicationReference"]["reference"]]["code"]
    name = (resource.get("name") or [{}])[0] if resource["resourceType"] == "Patient" else {}
    status = resource.get("clinicalStatus")
    return {
        "name": name.get("family"),
        "given": name.get("given"),
        "birthDate": resource.get("birthDate"),
        "gender": resource.get("gender"),
        "identifier": sorted([item.get("system", ""), item["value"]] for item in resource.get("identifier", [])),
        "code": coded(resource.get("code") or resource.get("vaccineCode") or drug),
        "onset": resource.get("onsetDateTime"),
        "status": coded(status) if status else resource.get("status"),
        "reaction": [coded(concept) for reaction in reactions for concept in reaction.get("manifestation", [])],
        "severity": [reaction.get("severity") for reaction in reactions],
        "lot": resource.get("lotNumber"),
        "time": resource.get("performedDateTime")
        or resource.get("performedPeriod", {}).get("start")
        or resource.get("effectiveDateTime")
        or resource.get("effectivePeriod", {}).get("start"),
        "value": value_of(resource),
        "results": len(resource.get("result", [])),
        "period": resource.get("period"),
    }


def test_another_implementation_says_the_same_codes_states_times_and_values():
    vectors = json.loads((CORPUS / "vectors.json").read_text(encoding="utf-8"))
    converted = Ccda().convert(read(CORPUS / "amida" / "CCD_medication_performer_phones.xml.gz"))
    ours = plain(converted)
    found = dict(zip((entry["fullUrl"] for entry in converted.entries), ours, strict=True))
    compared = 0
    for resource_type, theirs in vectors.items():
        mine = [essence(resource, found) for resource in ours if resource["resourceType"] == resource_type]
        for wanted in theirs:
            assert any(wanted == said for said in _comparable(mine, wanted)), (resource_type, wanted)
            compared += 1
    assert compared == 29


def _comparable(mine, wanted):
    for said in mine:
        yield {key: value for key, value in said.items() if key in wanted}
