"""What is drafted for anybody's Consent permits no more than it, by a judge that knows nothing of drafts."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medshare.consent.actions import Action
from medshare.consent.categories import CATEGORIES, SENSITIVE, Category
from medshare.consent.purposes import bit, closure, descendants
from medshare.errors import MedShareError
from medshare.exchange.codes import NORMAL, label
from medshare.exchange.consent_r4 import consent_r4
from medshare.exchange.consent_r5 import consent_r5
from medshare.exchange.drafting import Choices, Narrower, drafts_from_fhir
from medshare.exchange.errors import (
    ActorMissing,
    ActorNotKnown,
    CodeNotKnown,
    ConsentOver,
    ElementNotKept,
    ExceptionNotKept,
    NotAConsent,
    NothingPermitted,
    PurposeMissing,
)
from medshare.exchange.moments import first_second, second_after
from medshare.exchange.systems import (
    ACT_CODE,
    ACT_REASON,
    CONFIDENTIALITY,
    CONSENT_ACTION,
    PARTICIPATION,
    coding,
    concept,
)
from tests.unit.consent.steady import STEADY
from tests.unit.exchange.samples import FACTS, facts, given_of
from tests.unit.statement.samples import NOW

PATIENT, HOSPITAL, CLINIC, LAB = ("0x" + digit * 40 for digit in "1234")
DAY = 86_400
ACCOUNTS = {"Patient/1": PATIENT, "Organization/clinic": CLINIC, "Organization/lab": LAB}
CHOICES = Choices(patient=PATIENT, chain_id=1, at=NOW, until=NOW + 100 * DAY, grantee=HOSPITAL, accounts=ACCOUNTS)


def consent(provision: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": concept(coding("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy")),
        "category": [concept(coding("http://loinc.org", "59284-0"))],
        "patient": {"reference": "Patient/1"},
        "policy": [{"uri": "urn:policy"}],
        "provision": provision,
        **changes,
    }


def purpose(*codes: str) -> list[dict[str, Any]]:
    return [coding(ACT_REASON, code) for code in codes]


def actor(reference: str, role: str = "IRCP") -> dict[str, Any]:
    return {"role": concept(coding(PARTICIPATION, role)), "reference": {"reference": reference}}


PLAIN: dict[str, Any] = {"type": "permit", "purpose": purpose("TREAT")}

# The judge: FHIR R4 and IHE PCF, one request at a time

LABELS = {
    (CONFIDENTIALITY, "N"): NORMAL,
    (CONFIDENTIALITY, "R"): CATEGORIES,
    (ACT_CODE, "PSY"): (Category.MENTAL_HEALTH,),
    **{tuple(label(one)[part] for part in ("system", "code")): (one,) for one in (Category.NOTES, Category.HIV)},
}
DENIED = {**LABELS, (CONFIDENTIALITY, "R"): tuple(one for one in CATEGORIES if one not in NORMAL)}


def matches(rule: dict[str, Any], who: str, why: str, what: Category, at: int) -> bool:
    period = rule.get("period", {})
    if "start" in period and at < first_second(period["start"]):
        return False
    if "end" in period and at >= second_after(period["end"]):
        return False
    if "actor" in rule and who not in {ACCOUNTS[one["reference"]["reference"]] for one in rule["actor"]}:
        return False
    if "purpose" in rule and not any(why == one["code"] or why in descendants(one["code"]) for one in rule["purpose"]):
        return False
    table = LABELS if rule["type"] == "permit" else DENIED
    return "securityLabel" not in rule or any(
        what in table[one["system"], one["code"]] for one in rule["securityLabel"]
    )


def permits(value: dict[str, Any], who: str, why: str, what: Category, at: int) -> bool:
    base = value["provision"]
    inner = base.get("provision", ())
    if any(one["type"] == "deny" and matches(one, who, why, what, at) for one in inner):
        return False
    if base["type"] == "permit" and matches(base, who, why, what, at):
        return True
    lasting = matches({"type": "permit", "period": base.get("period", {})}, who, why, what, at)
    return lasting and any(one["type"] == "permit" and matches(one, who, why, what, at) for one in inner)


PURPOSES = ("TREAT", "COC", "BTG", "CLINTRL", "HRESCH", "CLINTRCH", "HOPERAT", "MLTRAINING", "HMARKT")
TIMES = {"2026-06-01": NOW - 200 * DAY, "2027-02-01T00:00:00Z": NOW + 17 * DAY, "2028": NOW + 600 * DAY}
rules = st.fixed_dictionaries(
    {"type": st.sampled_from(["permit", "permit", "permit", "deny"])},
    optional={
        "purpose": st.sets(st.sampled_from(PURPOSES), min_size=1, max_size=4).map(lambda some: purpose(*sorted(some))),
        "securityLabel": st.sets(st.sampled_from(sorted(LABELS)), min_size=1, max_size=3).map(
            lambda some: [coding(*one) for one in sorted(some)]
        ),
        "actor": st.sets(st.sampled_from(["Organization/clinic", "Organization/lab"]), min_size=1).map(
            lambda some: [actor(one) for one in sorted(some)]
        ),
        "period": st.sampled_from([{"start": "2026-06-01", "end": "2028"}, {"end": "2027-02-01T00:00:00Z"}, {}]),
    },
)
whole = st.one_of(
    st.sets(st.sampled_from(PURPOSES), min_size=1, max_size=2).map(
        lambda some: {"type": "deny", "purpose": purpose(*sorted(some))}
    ),
    st.sampled_from([Category.NOTES, Category.HIV]).map(lambda one: {"type": "deny", "securityLabel": [label(one)]}),
)
"""Exceptions that can be kept: of any others most trees are refused."""
trees = st.tuples(rules, st.lists(st.one_of(rules, whole, whole), max_size=3)).map(
    lambda pair: {**pair[0], **({"provision": pair[1]} if pair[1] else {})}
)


@given(trees)
@settings(STEADY, max_examples=400)
def test_no_draft_permits_what_the_consent_does_not(tree):
    """[Z-004]"""
    value = consent(tree)
    before = copy.deepcopy(value)
    try:
        drafts = drafts_from_fhir(value, CHOICES).drafts
    except MedShareError:
        return
    assert value == before
    for one in drafts:
        assert one.not_before < one.not_after
        assert len(one.categories) == 1 or not SENSITIVE.intersection(one.categories)
        for why in PURPOSES:
            if not one.purposes >> bit(why) & 1:
                continue
            for what in one.categories:
                for at in (one.not_before, one.not_after - 1):
                    assert permits(value, one.grantee, why, what, at)


def test_the_judge_and_the_drafts_can_disagree():
    """A judge that always says yes would prove nothing."""
    value = consent({**PLAIN, "securityLabel": [coding(CONFIDENTIALITY, "N")]})
    assert permits(value, HOSPITAL, "TREAT", Category.NOTES, NOW)
    assert not permits(value, HOSPITAL, "TREAT", Category.HIV, NOW)
    assert not permits(value, HOSPITAL, "HMARKT", Category.NOTES, NOW)
    ended = consent({**PLAIN, "period": {"end": "2027-02-01T00:00:00Z"}})
    assert permits(ended, HOSPITAL, "TREAT", Category.NOTES, TIMES["2027-02-01T00:00:00Z"] - DAY)
    assert not permits(ended, HOSPITAL, "TREAT", Category.NOTES, TIMES["2028"])


# Each refusal, and where


def refused(value: Any, choices: Choices = CHOICES) -> MedShareError:
    with pytest.raises(MedShareError) as caught:
        drafts_from_fhir(value, choices)
    return caught.value


def nested(inner: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return consent({**PLAIN, "provision": [inner]}, **changes)


@pytest.mark.parametrize(
    ("value", "kind", "path"),
    [
        (consent({**PLAIN, "dataPeriod": {"end": "2020"}}), ElementNotKept, "Consent.provision.dataPeriod"),
        (consent({**PLAIN, "class": [coding("urn:x", "y")]}), ElementNotKept, "Consent.provision.class"),
        (consent({**PLAIN, "code": [concept(coding("urn:x", "y"))]}), ElementNotKept, "Consent.provision.code"),
        (consent(PLAIN, policyRule=concept(coding("urn:x", "y"))), ElementNotKept, "Consent.policyRule"),
        (consent(PLAIN, implicitRules="urn:x"), ElementNotKept, "Consent.implicitRules"),
        (
            consent(PLAIN, modifierExtension=[{"url": "urn:x", "valueBoolean": True}]),
            ElementNotKept,
            "Consent.modifierExtension",
        ),
        (consent(PLAIN, scope=concept(coding("urn:x", "adr"))), ElementNotKept, "Consent.scope"),
        (consent({"purpose": purpose("TREAT")}), ElementNotKept, "Consent.provision"),
        (consent({**PLAIN, "purpose": [coding("urn:x", "TREAT")]}), CodeNotKnown, "Consent.provision.purpose[0]"),
        (
            consent({**PLAIN, "securityLabel": [coding(ACT_CODE, "OPIOIDUD")]}),
            CodeNotKnown,
            "Consent.provision.securityLabel[0]",
        ),
        (
            consent({**PLAIN, "action": [concept(coding(CONSENT_ACTION, "disclose"))]}),
            CodeNotKnown,
            "Consent.provision.action[0]",
        ),
        (consent({**PLAIN, "actor": [actor("Organization/x")]}), ActorNotKnown, "Consent.provision.actor[0]"),
        (
            consent({**PLAIN, "actor": [actor("Organization/lab", "PRCP")]}),
            CodeNotKnown,
            "Consent.provision.actor[0].role",
        ),
        (consent({**PLAIN, "actor": [actor("Organization/lab", "BEN")]}), ElementNotKept, "Consent.provision.actor"),
        (consent({"type": "permit"}), PurposeMissing, "Consent.provision"),
        (nested({"type": "deny"}), ExceptionNotKept, "Consent.provision.provision[0]"),
        (nested({"type": "deny", "purpose": purpose("COC")}), ExceptionNotKept, "Consent.provision.provision[0]"),
        (
            nested({"type": "deny", "purpose": purpose("BTG"), "actor": [actor("Organization/lab")]}),
            ExceptionNotKept,
            "Consent.provision.provision[0]",
        ),
        (
            nested({"type": "deny", "securityLabel": [coding(CONFIDENTIALITY, "N")]}),
            CodeNotKnown,
            "Consent.provision.provision[0].securityLabel[0]",
        ),
        (
            nested({"type": "permit", "provision": [{"type": "deny"}]}),
            ExceptionNotKept,
            "Consent.provision.provision[0].provision[0]",
        ),
        (
            consent({"type": "deny", "purpose": purpose("HMARKT"), "provision": [PLAIN]}),
            ExceptionNotKept,
            "Consent.provision",
        ),
    ],
)
def test_what_cannot_be_kept_is_refused_by_its_path(value, kind, path):
    """[Z-004]"""
    error = refused(value)
    assert (type(error), error.facts["path"]) == (kind, path)


@pytest.mark.parametrize(
    "value",
    [
        nested({"type": "deny", "purpose": purpose("TREAT")}),
        nested({"type": "deny", "securityLabel": [label(one) for one in NORMAL]}),
        consent({"type": "deny"}),
    ],
)
def test_a_consent_that_permits_nothing_asks_for_no_signature(value):
    assert isinstance(refused(value), NothingPermitted)


@pytest.mark.parametrize("status", ["inactive", "rejected", "entered-in-error"])
def test_a_consent_that_is_over_is_refused(status):
    assert isinstance(refused(consent(PLAIN, status=status)), ConsentOver)


def test_a_consent_for_everybody_needs_somebody():
    nobody = Choices(patient=PATIENT, chain_id=1, at=NOW, until=NOW + DAY)
    assert isinstance(refused(consent(PLAIN), nobody), ActorMissing)


@pytest.mark.parametrize(
    "value",
    [
        *(None, [], "Consent", 7, {}, {"resourceType": "Patient"}, {"resourceType": "Consent"}),
        consent({**PLAIN, "purpose": "TREAT"}),
        consent({**PLAIN, "type": 7}),
        consent(PLAIN, scope=[]),
        consent({**PLAIN, "period": {"end": "2027-02-30"}}),
        consent({**PLAIN, "period": {"end": "2027-02-28T23:59:60Z"}}),
        consent({**PLAIN, "surprise": True}),
    ],
)
def test_what_is_no_consent_is_told_so(value):
    assert isinstance(refused(value), NotAConsent)


def test_an_r4_consent_without_a_provision_or_an_r5_one_without_a_decision_says_too_little():
    value = consent(PLAIN)
    del value["provision"]
    assert refused(value).facts["path"] == "Consent.policy"
    later = consent_r5(given_of(facts()))
    del later["decision"]
    choices = Choices(patient=facts().patient, chain_id=31337, at=NOW, until=NOW + DAY)
    assert refused(later, choices).facts["path"] == "Consent.decision"


def test_r5_lets_nobody_in_beyond_its_grantees_and_no_deeper_exception():
    choices = Choices(patient=facts().patient, chain_id=31337, at=NOW, until=NOW + DAY)
    later = consent_r5(given_of(facts()))
    later["grantee"] = [consent_r5(given_of(FACTS["research"]))["provision"][0]["actor"][1]["reference"]]
    del later["sourceAttachment"]
    assert refused(later, choices).facts["path"] == "Consent.provision[0].actor"
    deeper = consent_r5(given_of(facts()))
    deeper["provision"][0]["provision"][0]["provision"] = [{}]
    assert refused(deeper, choices).facts["path"] == "Consent.provision[0].provision[0].provision[0]"
    typed = consent_r5(given_of(facts()))
    typed["decision"] = "permit"
    assert isinstance(refused(typed, choices), (ExceptionNotKept, PurposeMissing))


def test_an_account_of_another_chain_is_nobody():
    sent = consent_r4(given_of(facts()))
    choices = Choices(patient=facts().patient, chain_id=2, at=NOW, until=NOW + DAY)
    assert isinstance(refused(sent, choices), ActorNotKnown)


# What is kept, and what is told


def drafted(value: Any, **changes: Any) -> Any:
    return drafts_from_fhir(
        value, Choices(**{**{name: getattr(CHOICES, name) for name in Choices.__slots__}, **changes})
    )


def test_each_grantee_gets_a_consent_of_its_own():
    found = drafted(consent({**PLAIN, "actor": [actor("Organization/lab"), actor("Organization/clinic")]}))
    assert [one.grantee for one in found.drafts] == [LAB, CLINIC]
    assert Narrower.GRANTEE_CHOSEN not in {one.narrower for one in found.remarks}


def test_care_and_research_become_two_consents():
    found = drafted(consent({"type": "permit", "purpose": purpose("TREAT", "HRESCH")}))
    assert [one.purposes for one in found.drafts] == [closure(("TREAT",)), closure(("HRESCH",))]


def test_whole_purposes_and_categories_are_taken_away():
    found = drafted(
        consent(
            {
                **PLAIN,
                "purpose": purpose("HPAYMT", "COC"),
                "provision": [
                    {"type": "deny", "purpose": purpose("COC")},
                    {"type": "deny", "securityLabel": [label(Category.NOTES)]},
                ],
            }
        )
    )
    (draft,) = found.drafts
    assert draft.purposes == closure(("HPAYMT",))
    assert draft.categories == tuple(one for one in NORMAL if one is not Category.NOTES)


def test_an_unknown_patient_is_taken_for_who_drafts_and_it_is_said():
    found = drafted(consent(PLAIN, patient={"display": "Anna"}))
    assert found.drafts[0].patient == PATIENT
    assert Narrower.PATIENT_TAKEN in {one.narrower for one in found.remarks}
    silent = consent(PLAIN)
    del silent["patient"]
    assert Narrower.PATIENT_TAKEN in {one.narrower for one in drafted(silent).remarks}


def test_an_inner_permission_lasts_no_longer_than_its_base():
    value = consent(
        {
            **PLAIN,
            "period": {"start": "2027-01-20", "end": "2027-02-01"},
            "provision": [{"type": "permit", "purpose": purpose("BTG"), "period": {"end": "2028-01-01"}}],
        }
    )
    found = drafted(value)
    assert {(one.not_before, one.not_after) for one in found.drafts} == {
        (first_second("2027-01-20"), second_after("2027-02-01"))
    }
    assert Narrower.ZONE_TAKEN in {one.narrower for one in found.remarks}


def test_an_end_too_far_away_is_the_one_that_was_chosen():
    (draft,) = drafted(consent({**PLAIN, "period": {"end": "2099"}})).drafts
    assert draft.not_after == CHOICES.until


def test_our_writing_consent_stays_one():
    given = given_of(FACTS["write"])
    choices = Choices(patient=facts().patient, chain_id=31337, at=NOW, until=NOW + DAY)
    (draft,) = drafts_from_fhir(consent_r4(given), choices).drafts
    assert (draft.actions, draft.categories) == (Action.WRITE, CATEGORIES)


@pytest.mark.parametrize(
    ("data", "path"),
    [("TUVEU0hBUkUtQ09OU0VOVC0xIGVu", "Consent.sourceAttachment"), ("/////w==", None), ("aGVsbG8=", None)],
)
def test_attached_words_that_begin_as_ours_must_be_ours(data, path):
    value = consent(PLAIN, sourceAttachment={"contentType": "text/plain", "data": data})
    if path is None:
        assert drafted(value).drafts
    else:
        assert refused(value).facts["path"] == path


def test_of_several_attachments_of_r5_none_is_taken_for_ours():
    later = consent_r5(given_of(facts()))
    later["sourceAttachment"] *= 2
    choices = Choices(patient=facts().patient, chain_id=31337, at=NOW, until=NOW + DAY)
    assert drafts_from_fhir(later, choices).drafts


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("2022", "2022-01-01T00:00:00Z", "2023-01-01T00:00:00Z"),
        ("2022-12", "2022-12-01T00:00:00Z", "2023-01-01T00:00:00Z"),
        ("2024-02", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"),
        ("2024-02-29", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z"),
        ("2022-12-31T23:59:59+08:00", "2022-12-31T15:59:59Z", "2022-12-31T16:00:00Z"),
    ],
)
def test_a_moment_lasts_as_long_as_it_is_precise(text, first, after):
    """FHIR R4, dateTime and Period: the end `2022-12-31` lasts to the end of that day."""
    assert (first_second(text), second_after(text)) == (first_second(first), first_second(after))


def test_part_of_a_second_is_never_more_than_was_meant():
    assert first_second("2022-12-31T00:00:00.5Z") == first_second("2022-12-31T00:00:01Z")
    assert second_after("2022-12-31T00:00:00.5Z") == first_second("2022-12-31T00:00:00Z")
    assert second_after("9999") > second_after("9998")
    with pytest.raises(ValueError, match="not a dateTime"):
        first_second("yesterday")
