"""Words against numbers: each holder renders the statement again. What is seen is what is signed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medshare.consent import errors
from medshare.consent.actions import Action
from medshare.consent.categories import Category
from medshare.consent.document import ConsentDocument
from medshare.consent.names import LANGUAGES
from medshare.consent.presets import EMERGENCY_SUMMARY, ENROLMENT, EVERYTHING_FOR_MY_CARE
from medshare.consent.purposes import closure
from medshare.consent.slots import scope
from medshare.errors import MedShareError
from medshare.statement import check, draft, parse, render
from medshare.statement.errors import (
    BadRecord,
    GranteeIsCustodian,
    GranteeNotProcessor,
    NotAStatement,
    WordsDiffer,
)
from tests.unit.consent.steady import STEADY
from tests.unit.statement.samples import CARE, FOLDER, PROCESSOR_RECORD, RECORD, RESEARCHER_RECORD
from tests.vectors.generate_consent import NOW, PATIENT, RESEARCHER, stream

STUDY = {
    "grantee": PROCESSOR_RECORD,
    "researcher": RESEARCHER_RECORD,
    "purposes": closure(("HRESCH",)),
    "actions": Action.READ | Action.AGGREGATE,
}


def drafted(**changes) -> ConsentDocument:
    fields = {
        "chain_id": 31337,
        "registry": RESEARCHER,
        "patient": PATIENT,
        "grantee": RECORD,
        "categories": (Category.LABORATORY, Category.ALLERGIES),
        "purposes": closure(("TREAT",)),
        "actions": Action.READ,
        "not_before": NOW,
        "not_after": NOW + 1000,
        "issued_at": NOW,
        "language": "en",
        "custodians": (),
        "entropy": stream("draft"),
    }
    return draft(**{**fields, **changes})


def checked(document, **changes):
    return check(document, **{"record": RECORD.to_bytes(), "custodians": (), **changes})


def differs(document, field, **changes):
    with pytest.raises(WordsDiffer, match=field):
        checked(document, **changes)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_drafted_consent_says_what_its_numbers_say(language):
    document = drafted(language=language, request=b"\x07" * 32)
    facts = checked(document)
    assert facts == parse(document.statement)
    assert document.categories == facts.categories == (Category.ALLERGIES, Category.LABORATORY)
    assert document.signature == b""
    assert ConsentDocument.from_bytes(document.to_bytes()) == document


@pytest.mark.parametrize("preset", [EVERYTHING_FOR_MY_CARE, EMERGENCY_SUMMARY, ENROLMENT])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_preset_makes_a_consent(preset, language):
    document = drafted(
        categories=preset.categories, purposes=preset.purposes, actions=preset.actions, language=language
    )
    assert checked(document).categories == preset.categories


def test_folders_are_checked_by_number():
    document = drafted(folders=(replace(FOLDER, number=Category.FOLDER_26), FOLDER))
    assert [folder.number for folder in checked(document).folders] == [Category.FOLDER_24, Category.FOLDER_26]


def test_a_study_names_processor_and_researcher():
    document = drafted(**STUDY)
    records = {"record": PROCESSOR_RECORD.to_bytes(), "researcher_record": RESEARCHER_RECORD.to_bytes()}
    facts = checked(document, **records)
    assert facts.grantee.name == "Safe Haven"
    assert facts.researcher.name == "心臟研究所"
    differs(document, "researcher", record=PROCESSOR_RECORD.to_bytes())
    other = replace(RESEARCHER_RECORD, names={"en": "Somebody Else"})
    differs(document, "researcher", **{**records, "researcher_record": other.to_bytes()})


def test_only_an_accredited_processor_gets_deidentified_or_aggregate_use():
    with pytest.raises(GranteeNotProcessor):
        drafted(**{**STUDY, "grantee": RECORD})
    facts = parse(drafted(**STUDY).statement)
    dressed = replace(
        drafted(**STUDY),
        statement=render(replace(facts, grantee=parse(drafted().statement).grantee), "en", custodians=()),
    )
    with pytest.raises(GranteeNotProcessor):
        checked(dressed, researcher_record=RESEARCHER_RECORD.to_bytes())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"patient": RESEARCHER}, "patient"),
        ({"request": b"\x01" * 32}, "request"),
        ({"grantee": RESEARCHER}, "grantee, record"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_number_that_differs_from_the_words_is_named(changes, field):
    """[S-002]"""
    differs(replace(drafted(), **changes), field)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"purposes": closure(("HRESCH",))}, "purposes"),
        ({"actions": 5}, "actions"),
        ({"not_before": NOW - 1}, "not_before"),
        ({"not_after": NOW + 1001}, "not_after"),
        ({"issued_at": NOW - 1}, "issued_at"),
    ],
    ids=str,
)
def test_a_word_that_differs_from_the_words_is_named(changes, field):
    document = drafted()
    differs(replace(document, word=replace(document.word, **changes)), field)


@pytest.mark.parametrize(
    ("granted", "field"),
    [
        ((Category.ALLERGIES,), "categories"),
        ((Category.ALLERGIES, Category.LABORATORY, Category.HIV), "categories"),
        ((Category.ALLERGIES, Category.LABORATORY, Category.FOLDER_24), "folders"),
    ],
)
def test_a_scope_that_grants_more_or_less_than_the_words_is_refused(granted, field):
    """[S-002]"""
    document = drafted()
    differs(replace(document, word=replace(document.word, scope=scope(document.nonce, granted))), field)


def test_other_decoys_change_no_meaning():
    document = drafted()
    other = scope(document.nonce, document.categories, entropy=stream("other"))
    assert other != document.word.scope
    checked(replace(document, word=replace(document.word, scope=other)))


def test_the_words_of_another_consent_are_refused():
    document, other = drafted(), drafted(entropy=stream("another"), purposes=closure(("HRESCH",)))
    with pytest.raises((WordsDiffer, errors.ScopeWithoutCategory)):
        checked(replace(document, statement=other.statement))


def test_another_version_of_the_accreditation_record_is_refused():
    """The statement is rendered from the version that it names."""
    renamed = replace(RECORD, names={"en": "Riverside Clinic"})
    differs(drafted(), "grantee", record=renamed.to_bytes())
    differs(drafted(), "grantee", record=replace(RECORD, roles=6).to_bytes())
    differs(drafted(), "record", record=replace(RECORD, account=RESEARCHER).to_bytes())
    with pytest.raises(BadRecord):
        checked(drafted(), record=b"{}")


def test_a_custodian_of_the_patient_is_no_grantee():
    with pytest.raises(GranteeIsCustodian):
        drafted(custodians=(RECORD.account,))
    with pytest.raises(GranteeIsCustodian):
        checked(drafted(), custodians=(RECORD.account,))


def test_free_text_is_no_statement():
    document = drafted()
    with pytest.raises(NotAStatement):
        checked(replace(document, statement="I agree to everything.\n" + document.nonce.hex()))


def test_a_draft_has_the_form_that_the_chain_asks_for():
    document = drafted()
    document.check(terms=document.terms)
    with pytest.raises(errors.TooLong):
        drafted(not_after=NOW + 10**9)
    with pytest.raises(errors.CategoryTwice):
        drafted(categories=(Category.HIV, Category.HIV))
    with pytest.raises(errors.CategoriesNone):
        drafted(categories=())


def test_two_drafts_share_neither_nonce_nor_terms():
    """P: equal consents look unequal on the chain."""
    one, other = drafted(), drafted(entropy=stream("another"))
    assert one.nonce != other.nonce
    assert one.word.scope != other.word.scope
    assert one.terms != other.terms


@given(st.integers(0, 10**6), st.integers(0, 7))
@settings(STEADY, max_examples=200)
def test_one_flipped_bit_in_the_statement_is_never_accepted(position, bit):
    document = drafted(language="zh-Hant")
    data = bytearray(document.statement.encode())
    data[position % len(data)] ^= 1 << bit
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    with pytest.raises(MedShareError):
        checked(replace(document, statement=text))


def test_the_sample_is_what_the_tests_think_it_is():
    assert parse(render(CARE, "en", custodians=())) == CARE
