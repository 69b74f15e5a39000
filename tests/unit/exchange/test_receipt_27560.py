"""A record and a receipt have the fields of W3C's guide, use its words, and are read without a network.

The Data Privacy Vocabulary is not vendored: `dpv_terms` lists what we use of it, so only our own spelling is checked here,
and not that DPV still has a term.
"""

from __future__ import annotations

import pytest

from medshare.consent.categories import CATEGORIES
from medshare.exchange.consent import Standing
from medshare.exchange.receipt_27560 import (
    _DATA,
    _OPERATIONS,
    _PURPOSES,
    CONTEXT,
    UNKNOWN,
    Happened,
    Happening,
    Recorded,
    happened_by_standing,
    receipt_27560,
    record_27560,
)
from tests.unit.exchange.dpv_terms import TERMS
from tests.unit.exchange.samples import FACTS, facts, given_of
from tests.unit.statement.samples import NOW
from tests.vectors.generate_consent import HOSPITAL, PATIENT, RESEARCHER

TABLES = {*_PURPOSES.values(), *_DATA.values(), *_OPERATIONS.values()}
KEYWORDS = {"@context", "@id", "@type", "@value"}


def recorded(name: str = "care", **changes) -> Recorded:
    return Recorded(
        **{
            "given": given_of(FACTS[name]),
            "events": (
                Happened(what=Happening.GIVEN, at=NOW, by=PATIENT, transaction=b"\x08" * 32),
                Happened(what=Happening.WITHDRAWN, at=NOW + 60, by=PATIENT, transaction=b"\x09" * 32),
            ),
            "withdrawal": "medshare consent revoke 0x1234",
            "language": "en",
            "controller_names": {"en": "Riverside General Hospital", "zh-Hant": "河岸綜合醫院"},
            "jurisdiction": 158,
            **changes,
        }
    )


def every(value, found=None):
    """Every object and every text in a JSON value, with its key."""
    found = [] if found is None else found
    for key, inner in value.items():
        for one in inner if isinstance(inner, list) else [inner]:
            found.append((key, one))
            if isinstance(one, dict) and key != "@context":
                every(one, found)
    return found


def receipt(name: str = "care", **changes):
    return receipt_27560(recorded(name, **changes), at=NOW + 100, publisher=PATIENT)


@pytest.mark.parametrize("name", FACTS)
def test_every_key_and_every_term_of_dpv_is_one_that_we_list(name):
    value = receipt(name)
    for key, inner in every(value):
        if key in KEYWORDS:
            if key == "@type":
                assert inner in TERMS or inner == "xsd:dateTime"
            continue
        prefix = key.partition(":")[0]
        assert prefix in CONTEXT
        assert key in TERMS or prefix in {"dct", "schema", "skos", "rdf", "medshare"}
        typed_as_name = CONTEXT.get(key) == {"@type": "@id"}
        if typed_as_name and isinstance(inner, str) and inner.partition(":")[0] in {"dpv", "pd", "health"}:
            assert inner in TERMS


def test_every_word_for_a_purpose_a_category_and_an_action_is_one_that_we_list():
    assert TABLES <= TERMS


def test_no_term_is_listed_that_no_receipt_uses():
    """A list that is too long would let a misspelt term pass."""
    events = tuple(Happened(what=one, at=NOW, by=PATIENT) for one in Happening)
    used = set(CONTEXT) | TABLES
    for name in FACTS:
        for key, inner in every(receipt(name, events=events)):
            used |= {key} | ({inner} if isinstance(inner, str) else set())
    assert used >= TERMS


def test_the_context_is_inside_and_names_nothing_to_fetch():
    """Else whoever reads a receipt tells a server so."""
    value = receipt()
    assert value["@context"] is CONTEXT
    assert all(isinstance(one, dict) for key, one in every(value) if key == "@context")
    assert not {"@import", "@propagate", "@base"} & CONTEXT.keys()
    prefixes = {name: text for name, text in CONTEXT.items() if isinstance(text, str)}
    assert all(text[-1] in "#/:" for text in prefixes.values())
    assert {name.partition(":")[0] for name in CONTEXT.keys() - prefixes.keys()} <= prefixes.keys()


EXAMPLE = {
    "": {"@id", "@type", "dct:identifier", "dct:conformsTo", "dct:created", "dct:publisher", "schema:recipient"},
    "dpv:hasRecordOfActivity": {
        *("@id", "@type", "dct:identifier", "dct:conformsTo"),
        *("dpv:hasDataSubject", "dpv:hasProcess", "dpv:hasNotice", "dpv:hasConsentStatus"),
    },
    "dpv:hasProcess": {
        *("@type", "dpv:hasRecipient", "dpv:hasPurpose", "dpv:hasPersonalData", "dpv:hasStorageCondition"),
        *("dpv:hasDataController", "dpv:hasConsentControl", "dpv:hasRight", "dpv:hasJurisdiction"),
    },
    "dpv:hasNotice": {"@id", "@type", "dct:date", "dct:language"},
    "dpv:hasConsentStatus": {"@type", "dpv:isIndicatedBy", "dpv:isIndicatedAtTime"},
}
"""The keys of the guide's examples, but the processor, the law and the notice's coverage, which we do not have. The
four last of the process are outside of it in the example, and inside in the tables of section 8.3."""


def test_the_receipt_has_the_keys_of_the_guides_examples():
    """Section 9.3."""
    value = receipt()
    record = value["dpv:hasRecordOfActivity"]
    assert value.keys() >= EXAMPLE[""]
    assert record.keys() >= EXAMPLE["dpv:hasRecordOfActivity"]
    assert record["dpv:hasProcess"].keys() >= EXAMPLE["dpv:hasProcess"]
    assert record["dpv:hasNotice"].keys() >= EXAMPLE["dpv:hasNotice"]
    assert record["dpv:hasConsentStatus"][0].keys() >= EXAMPLE["dpv:hasConsentStatus"]


MANDATORY = {
    "": ("dct:conformsTo", "dct:identifier", "dpv:hasDataSubject", "dpv:hasNotice", "dpv:hasProcess", "dpv:hasEntity"),
    "dpv:hasProcess": (
        *("dpv:hasPurpose", "dpv:hasPersonalData", "dpv:hasStorageCondition", "dpv:hasDataController"),
        *("dpv:hasRecipient", "dpv:hasConsentControl", "dpv:hasJurisdiction", "dpv:hasRight", "dpv:hasLegalBasis"),
    ),
    "dpv:hasNotice": ("dct:language", "dct:description"),
    "dpv:hasEntity": ("dpv:hasName", "dpv:hasIdentifier", "@type"),
    "dpv:hasConsentStatus": ("@type", "dpv:isIndicatedAtTime", "dpv:isIndicatedBy"),
}
"""Cardinality 1 or 1..* in the tables of section 8, but what `UNKNOWN` lists."""


def test_every_mandatory_field_is_there_or_listed_as_unknown():
    record = record_27560(recorded())
    for where, fields in MANDATORY.items():
        for part in [record] if not where else record[where] if isinstance(record[where], list) else [record[where]]:
            assert set(fields) <= part.keys()
    assert UNKNOWN == ("party address", "party contact")
    assert record["dpv:hasConsentStatus"][0]["dpv:hasDuration"]["rdf:value"]["@value"] == "2027-04-15T08:00:00Z"


def test_the_record_says_what_the_consent_says():
    record = record_27560(recorded("sensitive"))
    process = record["dpv:hasProcess"]
    assert [one["dct:identifier"] for one in process["dpv:hasPersonalData"]] == ["hiv"]
    assert "dpv:SensitivePersonalData" in process["dpv:hasPersonalData"][0]["@type"]
    assert {"TREAT", "COC"} <= {one["dct:identifier"] for one in process["dpv:hasPurpose"]}
    assert process["dpv:hasProcessing"] == ["dpv:Consult"]
    assert process["dpv:hasConsentControl"]["dpv:isExercisedAt"].startswith("medshare consent revoke")
    assert record["dpv:hasEntity"][0]["dpv:hasName"] == ["Riverside General Hospital", "河岸綜合醫院"]
    assert record["dpv:hasNotice"]["dct:description"] == given_of(FACTS["sensitive"]).document.statement


def test_research_names_the_researcher_as_controller_and_the_grantee_as_processor():
    record = record_27560(recorded("research", controller_names={}, jurisdiction=0))
    process, (grantee, researcher) = record["dpv:hasProcess"], record["dpv:hasEntity"]
    assert (grantee["dpv:hasIdentifier"], grantee["@type"][1]) == (HOSPITAL, "dpv:DataProcessor")
    assert (researcher["dpv:hasIdentifier"], researcher["@type"][1]) == (RESEARCHER, "dpv:DataController")
    assert process["dpv:hasTechnicalMeasure"] == ["dpv:Deidentification"]
    assert process["dpv:hasDataController"]["@id"].endswith(RESEARCHER)
    assert len(process["dpv:hasRecipient"]) == 2
    assert "dpv:hasJurisdiction" not in process


def test_everything_is_told_in_the_language_that_is_asked_for():
    record = record_27560(recorded("write", language="zh-Hant"))
    titles = {one["dct:title"] for one in record["dpv:hasProcess"]["dpv:hasPersonalData"]}
    assert len(titles) == len(CATEGORIES)
    assert "檢驗報告" in titles


@pytest.mark.parametrize(
    ("standing", "states"),
    [
        (Standing.ACTIVE, []),
        (Standing.REVOKED, []),
        (Standing.ENDED, [(Happening.EXPIRED, NOW + 90 * 86_400)]),
        (Standing.LOCKED, [(Happening.INVALIDATED, NOW + 7)]),
    ],
)
def test_what_no_transaction_tells_is_told_by_how_it_stands(standing, states):
    found = happened_by_standing(given_of(facts(), standing=standing), at=NOW + 7)
    assert [(one.what, one.at) for one in found] == states
    record = record_27560(recorded(events=found))
    assert [one["@type"] for one in record["dpv:hasConsentStatus"]] == [[f"dpv:{what}"] for what, _ in states]
