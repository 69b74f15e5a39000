"""HL7 v3 labels of categories and of documents."""

from __future__ import annotations

import json

import pytest

from medshare.consent.categories import CATEGORIES, FOLDERS, SENSITIVE, Category
from medshare.exchange.codes import SENSITIVITY
from medshare.intake import reassemble, security_labels, take_in
from medshare.intake.json_text import dumps
from medshare.intake.terminology import meaning_of_code
from tests.unit.intake.samples import ACT_CODE, CONFIDENTIALITY, EVERYTHING, PATIENT, bundle, condition, counting


def codes(category: Category) -> list[str]:
    return [label.code for label in security_labels(category)]


@pytest.mark.parametrize(
    ("category", "expected"),
    [
        (Category.PROBLEMS, ["N"]),
        (Category.UNLABELLED, ["R"]),
        (Category.MENTAL_HEALTH, ["R", "PSY", "MH"]),
        (Category.SUBSTANCE_USE, ["R", "ETH", "SUD"]),
        (Category.SEXUAL_AND_REPRODUCTIVE_HEALTH, ["R", "SEX"]),
        (Category.HIV, ["R", "HIV"]),
        (Category.GENETICS, ["R", "GDIS"]),
        (Category.VIOLENCE, ["R", "SDV", "VIO"]),
    ],
)
def test_a_category_has_a_confidentiality_and_its_sensitivity(category: Category, expected: list[str]) -> None:
    assert codes(category) == expected


def test_every_category_has_exactly_one_confidentiality_and_it_comes_first() -> None:
    for category in (*CATEGORIES, *FOLDERS):
        first, *others = security_labels(category)
        assert first.system == CONFIDENTIALITY
        assert {label.system for label in others} == ({ACT_CODE} if category in SENSITIVE else set())


def test_a_label_that_goes_out_leads_back_to_its_category() -> None:
    for category in SENSITIVE:
        for label in security_labels(category)[1:]:
            assert meaning_of_code(label.system, label.code).categories == {category}


def test_each_document_says_its_labels_and_still_comes_back_exactly() -> None:
    intake = take_in(EVERYTHING, entropy=counting())
    for document in intake.documents:
        labels = json.loads(document.text)["meta"]["security"]
        assert labels == [label.coding() for label in document.security]
        assert [label["code"] for label in labels] == codes(document.category)
    assert json.loads(dumps(reassemble(intake.documents))) == json.loads(EVERYTHING.read_bytes())


def test_a_document_that_is_taken_in_again_keeps_its_labels() -> None:
    """Its own labels hold for all resources in it, so nothing becomes laxer on the way round."""
    documents = take_in(EVERYTHING, entropy=counting()).documents
    meta = next(json.loads(one.text)["meta"] for one in documents if one.category == Category.MENTAL_HEALTH)
    again = take_in(bundle(condition(), PATIENT, meta=meta), entropy=counting()).documents
    assert Category.MENTAL_HEALTH in {document.category for document in again}
    assert Category.PROBLEMS not in {document.category for document in again}


def test_a_document_and_a_consent_name_a_category_by_the_same_code() -> None:
    """Whoever enforces a FHIR Consent by HL7's labels alone finds the documents that it speaks of."""
    assert {category: codes(category)[1] for category in SENSITIVE} == SENSITIVITY
