"""A consent goes out as a FHIR Consent, R4, PCF or R5, and the same decision comes back."""

from __future__ import annotations

import base64
import copy

import pytest
from fhir.resources.consent import Consent as LaterConsent
from fhir.resources.R4B.codesystem import CodeSystem
from fhir.resources.R4B.consent import Consent
from hypothesis import given, settings
from hypothesis import strategies as st

from medshare.consent.actions import Action
from medshare.consent.categories import SENSITIVE, Category
from medshare.consent.names import LANGUAGES
from medshare.consent.purposes import NEVER_ADDED, closure, codes_of, mask_of
from medshare.consent.word import LONGEST
from medshare.exchange import codes
from medshare.exchange.consent import UNSAID, ConsentDraft, Standing
from medshare.exchange.consent_r4 import PCF_ADVANCED, Form, consent_r4
from medshare.exchange.consent_r5 import consent_r5
from medshare.exchange.drafting import Choices, drafts_from_fhir
from medshare.exchange.errors import (
    ConsentOver,
    EnforcerMissing,
    OtherPatient,
    PcfCannotSayAction,
    WordsAgainstCodes,
)
from medshare.exchange.systems import ACT_CODE, CATEGORY, CONSENT_ACTION
from tests.unit.consent.steady import STEADY
from tests.unit.exchange.samples import CHAIN, DELEGATE, FACTS, facts, given_of
from tests.unit.statement.samples import facts as any_facts

WRITERS = {"R4": consent_r4, "R5": consent_r5}


def choices_for(one: ConsentDraft, **changes: object) -> Choices:
    at = max(0, one.not_after - LONGEST)
    return Choices(**{"patient": one.patient, "chain_id": CHAIN, "at": at, "until": at + 1, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("release", WRITERS)
@given(numbers=any_facts(), language=st.sampled_from(LANGUAGES))
@settings(STEADY, max_examples=60)
def test_every_consent_comes_back_as_it_went_out(release, numbers, language):
    """[Z-001]"""
    sent = given_of(numbers, language=language)
    draft = ConsentDraft.of(sent)
    found = drafts_from_fhir(WRITERS[release](sent), choices_for(draft))
    assert found.drafts == (draft,)
    assert found.remarks == ()


@given(numbers=any_facts(), language=st.sampled_from(LANGUAGES))
@settings(STEADY, max_examples=60)
def test_the_codes_alone_say_the_same_without_the_words(numbers, language):
    """The words are checked against the codes; here they do not help."""
    sent = given_of(numbers, language=language)
    value = consent_r4(sent)
    del value["sourceAttachment"]
    assert drafts_from_fhir(value, choices_for(ConsentDraft.of(sent))).drafts == (ConsentDraft.of(sent),)


@pytest.mark.parametrize("name", FACTS)
def test_what_goes_out_is_a_valid_consent(name):
    Consent.model_validate(consent_r4(given_of(FACTS[name])))
    LaterConsent.model_validate(consent_r5(given_of(FACTS[name])))


@pytest.mark.parametrize("standing", Standing)
@pytest.mark.parametrize("release", WRITERS)
def test_only_a_consent_that_stands_is_active(release, standing):
    value = WRITERS[release](given_of(facts(), standing=standing))
    assert value["status"] == {"draft": "draft", "active": "active"}.get(standing.value, "inactive")
    assert ("verification" in value) == (standing is not Standing.DRAFT)
    if value["status"] == "inactive":
        with pytest.raises(ConsentOver):
            drafts_from_fhir(value, choices_for(ConsentDraft.of(given_of(facts()))))


def test_pcf_has_every_element_that_its_profile_asks_for_and_none_that_it_forbids():
    """IHE PCF 1.1, RuleSet FoundationConsent."""
    value = consent_r4(given_of(FACTS["care"]), Form.PCF)
    assert value["meta"]["profile"] == [PCF_ADVANCED]
    asked = {"status", "scope", "category", "patient", "dateTime", "performer", "organization", "sourceAttachment"}
    assert asked | {"policy", "provision"} <= value.keys()
    assert all(one["uri"] for one in value["policy"])
    assert value["scope"]["coding"][0]["code"] == "patient-privacy"
    assert "verification" not in value
    assert not {"action", "class", "code"} & value["provision"].keys()
    assert {role["code"] for one in value["provision"]["actor"] for role in one["role"]["coding"]} == {"IRCP"}
    assert all("provision" not in inner for inner in value["provision"].get("provision", ()))
    Consent.model_validate(value)


def test_pcf_comes_back_to_the_same_draft_with_the_action_taken_for_granted():
    sent = given_of(FACTS["care"])
    found = drafts_from_fhir(consent_r4(sent, Form.PCF), choices_for(ConsentDraft.of(sent)))
    assert found.drafts == (ConsentDraft.of(sent),)
    assert [one.narrower.value for one in found.remarks] == ["action-not-named"]


@pytest.mark.parametrize("name", ["export", "write", "research"])
def test_pcf_refuses_a_consent_whose_action_it_cannot_say(name):
    with pytest.raises(PcfCannotSayAction):
        consent_r4(given_of(FACTS[name]), Form.PCF)


def test_pcf_refuses_a_consent_that_nobody_enforces_and_the_plain_form_does_not():
    lonely = given_of(facts(), enforcers=())
    with pytest.raises(EnforcerMissing):
        consent_r4(lonely, Form.PCF)
    assert "organization" not in consent_r4(lonely)
    assert "manager" not in consent_r5(lonely)


def test_the_words_go_along_as_they_were_signed():
    sent = given_of(facts(), language="zh-Hant")
    attached = consent_r4(sent)["sourceAttachment"]
    assert base64.b64decode(attached["data"]).decode() == sent.document.statement
    assert (attached["language"], attached["size"]) == ("zh-TW", len(sent.document.statement.encode()))


def test_a_delegate_who_signed_is_no_patient():
    assert consent_r4(given_of(facts()))["performer"][0]["type"] == "Patient"
    signed = consent_r4(given_of(facts(), signer=DELEGATE))
    assert signed["performer"][0]["type"] == "RelatedPerson"
    assert DELEGATE in signed["verification"][0]["verifiedWith"]["identifier"]["value"]


def test_hl7s_codes_stand_beside_only_where_they_permit_no_more():
    """An enforcer that knows HL7's codes alone must not open more than the patient said."""
    ordinary = consent_r4(given_of(FACTS["care"]))["provision"]
    assert {one["system"] for one in ordinary["securityLabel"]} == {CATEGORY}
    sensitive = consent_r4(given_of(FACTS["sensitive"]))["provision"]
    assert [(one["system"], one["code"]) for one in sensitive["securityLabel"]] == [
        (CATEGORY, "hiv"),
        (ACT_CODE, "HIV"),
    ]
    research = consent_r4(given_of(FACTS["research"]))["provision"]
    assert CONSENT_ACTION not in {one["system"] for action in research["action"] for one in action["coding"]}


def test_a_purpose_stands_for_what_it_permits():
    given = given_of(facts(purposes=closure(("TREAT", "BTG", "COVAUTH"))))
    assert [one["code"] for one in consent_r4(given)["provision"]["purpose"]] == ["BTG", "COVAUTH", "TREAT"]


def test_what_an_hl7_parent_would_add_is_taken_away_by_name():
    inner = consent_r4(given_of(FACTS["care"]))["provision"]["provision"]
    assert inner[0]["type"] == "deny"
    assert {one["code"] for one in inner[0]["purpose"]} == {"BTG", "CLINTRL", "POPHLTH"}
    whole = facts(purposes=mask_of(("COC", "COVAUTH")))
    assert "provision" not in consent_r4(given_of(whole))["provision"]
    assert "provision" not in consent_r5(given_of(whole))["provision"][0]


def test_r5_denies_permits_and_denies_again():
    """FHIR R5, Consent.decision: each level is the negation of the one above."""
    value = consent_r5(given_of(FACTS["care"]))
    assert value["decision"] == "deny"
    assert "type" not in value["provision"][0]
    assert {one["code"] for one in value["provision"][0]["provision"][0]["purpose"]} == {"BTG", "CLINTRL", "POPHLTH"}


def test_a_period_ends_with_its_last_second():
    """FHIR R4, Period.end is inside the period; ours is the first second outside."""
    sent = facts(not_before=1_800_000_000, not_after=1_800_000_001)
    assert consent_r4(given_of(sent))["provision"]["period"] == {
        "start": "2027-01-15T08:00:00Z",
        "end": "2027-01-15T08:00:00Z",
    }


def test_words_that_say_something_else_than_the_codes_are_refused():
    """[Z-007]"""
    sent = given_of(facts())
    value = copy.deepcopy(consent_r4(sent))
    value["provision"]["securityLabel"].append(codes.label(Category.NOTES))
    with pytest.raises(WordsAgainstCodes, match="categories"):
        drafts_from_fhir(value, choices_for(ConsentDraft.of(sent)))


def test_another_patients_consent_is_refused():
    sent = given_of(facts())
    with pytest.raises(OtherPatient):
        drafts_from_fhir(consent_r4(sent), choices_for(ConsentDraft.of(sent), patient=DELEGATE))


def test_what_fhir_cannot_say_is_listed_and_is_not_said():
    sent = given_of(facts())
    value = consent_r4(sent)
    del value["sourceAttachment"]
    text = str(value)
    assert sent.document.signature.hex() not in text
    assert sent.document.nonce.hex() not in text
    assert str(sent.document.word.scope) not in text
    said = " ".join(one.what for one in UNSAID)
    assert all(word in said for word in ("slots", "nonce", "decoys", "signature", "folder", "request"))
    assert all(one.where for one in UNSAID)


def test_the_code_system_holds_every_category_and_folder_and_validates():
    value = codes.code_system()
    CodeSystem.model_validate(value)
    assert [one["code"] for one in value["concept"]] == [codes.code_of(category) for category in Category]
    marked = {one["code"] for one in value["concept"] if {"code": "sensitive", "valueBoolean": True} in one["property"]}
    assert marked == {codes.code_of(category) for category in SENSITIVE}
    assert set(codes.SENSITIVITY) == SENSITIVE


@pytest.mark.parametrize("action", Action)
def test_every_action_comes_back_from_its_code(action):
    (concept,) = codes.actions(action)
    assert {codes.acted(one["system"], one["code"]) for one in concept["coding"]} == {action}


@given(mask=any_facts().map(lambda numbers: numbers.purposes))
@settings(STEADY, max_examples=60)
def test_what_is_implied_is_never_held(mask):
    extra = codes.implied(mask)
    assert extra & mask == 0
    assert set(codes_of(extra) if extra else ()) <= NEVER_ADDED
