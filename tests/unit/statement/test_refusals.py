"""Bundles and facts that no statement may carry; beside each refusal what is allowed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from medshare.consent.actions import Action
from medshare.consent.categories import CATEGORIES, SENSITIVE, Category
from medshare.consent.errors import (
    BadActions,
    BadPeriod,
    BadPurposes,
    CategoriesNone,
    CategoryTwice,
    PurposesNotClosed,
    TooLong,
)
from medshare.consent.names import LANGUAGES
from medshare.consent.purposes import closure, mask_of
from medshare.consent.word import LONGEST
from medshare.hexadecimal import NotAnAddress
from medshare.statement import Party, parse, render
from medshare.statement import errors as refusals
from medshare.statement.rendering import _render
from medshare.statement.words import TEMPLATE_1, words_of
from tests.unit.statement.samples import CARE, FOLDER, RESEARCHER_RECORD
from tests.vectors.generate_consent import HOSPITAL, NOW, RESEARCHER

RESEARCH = closure(("HRESCH",))
WHO = Party.of(RESEARCHER_RECORD, "en")
SECRET = replace(FOLDER, number=Category.FOLDER_30, sensitive=True)


def refused(error, **changes):
    """Neither is it rendered, nor is a text that says so accepted."""
    facts = replace(CARE, **changes)
    for language in LANGUAGES:
        with pytest.raises(error):
            render(facts, language, custodians=())
        with pytest.raises(error):
            parse(_render(facts, words_of(TEMPLATE_1, language), TEMPLATE_1, language))


def accepted(**changes):
    facts = replace(CARE, **changes)
    assert parse(render(facts, "zh-Hant", custodians=())) == facts


@pytest.mark.parametrize("category", sorted(SENSITIVE))
def test_a_sensitive_category_stands_alone(category):
    """[S-003]"""
    accepted(categories=(category,))
    refused(refusals.SensitiveNotAlone, categories=(Category.ALLERGIES, category))
    refused(refusals.SensitiveNotAlone, categories=(category,), folders=(FOLDER,))


def test_two_sensitive_categories_do_not_stand_together():
    refused(refusals.SensitiveNotAlone, categories=(Category.MENTAL_HEALTH, Category.HIV))


def test_a_folder_with_a_sensitive_leaf_stands_alone():
    """[S-003]"""
    accepted(categories=(), folders=(SECRET,))
    accepted(folders=(FOLDER, replace(FOLDER, number=Category.FOLDER_25)))
    refused(refusals.SensitiveNotAlone, folders=(SECRET,))
    refused(refusals.SensitiveNotAlone, categories=(), folders=(FOLDER, SECRET))


@pytest.mark.parametrize("code", ["HRESCH", "BIORCH", "CLINTRCH", "CLINTRL", "MLTRAINING", "HMARKT"])
@pytest.mark.parametrize("care", ["TREAT", "COC", "BTG", "ERTREAT"])
def test_care_never_stands_with_research_or_marketing(code, care):
    """[S-004]"""
    accepted(purposes=closure((code,)))
    accepted(purposes=closure((care,)))
    refused(refusals.CareWithResearchOrMarketing, purposes=closure((code, care)))


def test_care_may_stand_with_payment():
    accepted(purposes=closure(("TREAT", "HPAYMT")))


def test_a_write_only_consent_covers_all_categories():
    """[S-005]"""
    accepted(actions=Action.WRITE, categories=CATEGORIES)
    refused(refusals.WriteNotEverything, actions=Action.WRITE)
    refused(refusals.WriteNotEverything, actions=Action.WRITE, categories=CATEGORIES[:-1])
    refused(refusals.WriteNotEverything, actions=Action.WRITE, categories=CATEGORIES, folders=(FOLDER,))


@pytest.mark.parametrize("other", [Action.READ, Action.EXPORT])
def test_writing_stands_alone(other):
    """[S-005]"""
    refused(refusals.WriteNotAlone, actions=Action.WRITE | other)
    refused(refusals.WriteNotAlone, actions=Action.WRITE | other, categories=CATEGORIES)


def test_writing_is_not_for_research_and_care_at_once():
    refused(
        refusals.CareWithResearchOrMarketing,
        actions=Action.WRITE,
        categories=CATEGORIES,
        purposes=closure(("TREAT", "HRESCH")),
    )


def test_reading_every_category_at_once_is_refused():
    refused(refusals.SensitiveNotAlone, categories=CATEGORIES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_custodian_of_the_patient_is_no_grantee(language):
    """[S-006]"""
    assert render(CARE, language, custodians=(RESEARCHER,))
    with pytest.raises(refusals.GranteeIsCustodian):
        render(CARE, language, custodians=(RESEARCHER, HOSPITAL))


def test_purposes_that_are_not_closed_are_refused():
    """[S-008]"""
    refused(PurposesNotClosed, purposes=mask_of(("TREAT",)))
    with pytest.raises(BadPurposes):
        render(replace(CARE, purposes=0), "en", custodians=())
    with pytest.raises(BadPurposes):
        render(replace(CARE, purposes=1 << 62), "en", custodians=())


@pytest.mark.parametrize("use", [Action.DEIDENTIFIED, Action.AGGREGATE, Action.DEIDENTIFIED | Action.AGGREGATE])
def test_deidentified_and_aggregate_use_name_the_researcher(use):
    accepted(actions=Action.READ | use, purposes=RESEARCH, researcher=WHO)
    refused(refusals.ResearcherMissing, actions=Action.READ | use, purposes=RESEARCH)


def test_a_researcher_is_named_only_for_such_a_use():
    refused(refusals.ResearcherWithoutUse, researcher=WHO)


def test_the_researcher_is_not_the_processor():
    itself = replace(WHO, account=HOSPITAL)
    refused(refusals.ResearcherIsProcessor, actions=Action.AGGREGATE, purposes=RESEARCH, researcher=itself)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"categories": ()}, CategoriesNone),
        ({"categories": (Category.HIV, Category.ALLERGIES)}, CategoryTwice),
        ({"categories": (Category.HIV, Category.HIV)}, CategoryTwice),
        ({"categories": (Category.FOLDER_24,)}, CategoryTwice),
        ({"folders": (FOLDER, FOLDER)}, CategoryTwice),
        ({"folders": (SECRET, FOLDER)}, CategoryTwice),
        ({"actions": Action(0)}, BadActions),
        ({"actions": 32}, BadActions),
        ({"not_before": 0}, BadPeriod),
        ({"not_after": NOW}, BadPeriod),
        ({"not_after": NOW + LONGEST + 1}, TooLong),
        ({"issued_at": 1 << 32}, refusals.BadMoment),
        ({"issued_at": -1}, refusals.BadMoment),
        ({"patient": "0x" + "AB" * 20}, NotAnAddress),
        ({"nonce": bytes(31)}, refusals.BadDigest),
        ({"request": bytes(33)}, refusals.BadDigest),
    ],
    ids=str,
)
def test_facts_that_cannot_be_true_do_not_exist(changes, error):
    with pytest.raises(error):
        replace(CARE, **changes)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"number": Category.VIOLENCE}, refusals.BadFolder),
        ({"documents": 0}, refusals.BadFolder),
        ({"documents": 1 << 32}, refusals.BadFolder),
        ({"first": date(2024, 3, 2)}, refusals.BadFolder),
        ({"leaves": b""}, refusals.BadDigest),
    ],
    ids=str,
)
def test_a_folder_that_cannot_be_true_does_not_exist(changes, error):
    with pytest.raises(error):
        replace(FOLDER, **changes)


def test_a_text_with_an_impossible_folder_is_refused():
    text = render(replace(CARE, folders=(FOLDER,)), "en", custodians=())
    with pytest.raises(refusals.BadFolder):
        parse(text.replace("2024-02-29 to 2024-03-01", "2024-03-02 to 2024-03-01"))
    with pytest.raises(refusals.BadFolder):
        parse(text.replace("documents: 3", "documents: 9999999999"))
