"""SMART scopes are read strictly, and a token is never wider than the consent."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medshare.consent.actions import Action
from medshare.consent.categories import CATEGORIES, SENSITIVE, Category
from medshare.exchange.codes import NORMAL, code_of
from medshare.exchange.errors import ScopeMalformed
from medshare.exchange.smart import (
    ALL,
    LAUNCH,
    Scope,
    actions_of,
    categories_of,
    narrowed,
    scope_in,
    scopes_in,
    scopes_of,
)
from medshare.exchange.systems import CATEGORY
from tests.unit.consent.steady import STEADY

OBSERVATION = "http://terminology.hl7.org/CodeSystem/observation-category"

letters = st.sets(st.sampled_from(ALL), min_size=1).map(lambda some: "".join(one for one in ALL if one in some))
POOL = (Category.LABORATORY, Category.NOTES, Category.UNLABELLED, Category.HIV, Category.FOLDER_24)
labels = st.sets(st.sampled_from(POOL), min_size=1, max_size=3).map(
    lambda some: ("_security", ",".join(f"{CATEGORY}|{code_of(one)}" for one in sorted(some)))
)
searches = st.lists(
    st.one_of(
        labels,
        st.sampled_from([("category", f"{OBSERVATION}|laboratory"), ("_security", "urn:other|x"), ("date", "ge2026")]),
    ),
    max_size=3,
).map(tuple)
scopes = st.builds(
    Scope,
    context=st.sampled_from(["patient", "user", "system"]),
    resource=st.sampled_from(["*", "Observation", "Condition", "DocumentReference"]),
    permissions=letters,
    search=searches,
)
some_categories = st.sets(st.sampled_from(list(Category)), max_size=6).map(lambda some: tuple(sorted(some)))
some_actions = st.integers(0, 31)


@given(scopes)
@STEADY
def test_a_scope_is_read_as_it_is_written(scope):
    assert scope_in(str(scope)) == scope


@pytest.mark.parametrize(
    ("text", "permissions"),
    [("patient/Observation.read", "rs"), ("user/*.write", "cud"), ("system/Patient.*", "cruds")],
)
def test_version_1_permissions_are_read_as_version_2s(text, permissions):
    """SMART App Launch 2.2, "Scopes for requesting FHIR resources": clinical scope syntax of version 1."""
    assert scope_in(text).permissions == permissions


@pytest.mark.parametrize(
    "text",
    [
        *("patient/Observation.sr", "patient/Observation.rr", "patient/Observation.", "patient/Observation.rx"),
        *("patient/Observation", "patient.Observation.rs", "Patient/Observation.rs", "patients/Observation.rs"),
        *("patient/observation.rs", "patient/Obs ervation.rs", "patient/.rs", "/Observation.rs", "patient/**.rs"),
        *("patient/Observation.rs?", "patient/Observation.rs?category", "patient/Observation.rs?=x"),
        *("patient/Observation.rs?category=", "patient/Observation.rs?a=b&", "patient/Observation.rs?a=b&&c=d"),
        *("patient/Observation.read?category=x", "patient/Observation.readwrite", "patient/Observation.rs\n"),
        *('patient/Observation.rs?a="b"', "patient/Observation.rs?a=b\\", "patient/Observation.rs?a=愛", "", " "),
        "patient/Observation.rs?a=" + "b" * 5000,
    ],
)
def test_anything_else_is_refused_with_its_place(text):
    with pytest.raises(ScopeMalformed) as caught:
        scope_in(text, 3)
    assert caught.value.facts["number"] == 3
    assert text.strip() == "" or text not in caught.value.facts["why"]


def test_a_list_is_read_with_its_launch_scopes_left_out_and_a_stranger_is_refused():
    found = scopes_in("launch/patient openid fhirUser offline_access patient/Condition.rs user/Observation.r")
    assert [str(one) for one in found] == ["patient/Condition.rs", "user/Observation.r"]
    assert scopes_in(" ".join(sorted(LAUNCH))) == ()
    with pytest.raises(ScopeMalformed, match="scope 2 "):
        scopes_in("openid anything patient/*.rs")


@given(some_categories.filter(bool), some_actions)
@STEADY
def test_a_consents_scopes_name_its_categories_and_no_other(categories, actions):
    found = scopes_of(categories, actions)
    if actions & (Action.READ | Action.WRITE):
        assert categories_of(found) == categories
        assert actions_of(found) == Action(actions) & (Action.READ | Action.WRITE)
        assert tuple(scope_in(str(one)) for one in found) == found
    else:
        assert found == ()


def opens(scope: Scope, resource: str, letter: str, category: Category, facts: frozenset[str]) -> bool:
    """Whether a scope opens a resource of a type and a category for which these search values hold."""
    values = facts | {f"{CATEGORY}|{code_of(category)}"}
    fits = all(any(value in values for value in text.split(",")) for _, text in scope.search)
    return scope.resource in {"*", resource} and letter in scope.permissions and fits


RESOURCES = ("Observation", "Condition")
FACTS = [frozenset[str](), frozenset({f"{OBSERVATION}|laboratory"}), frozenset({"urn:other|x", "ge2026"})]
NEEDED = {"r": Action.READ, "s": Action.READ, "c": Action.WRITE}


@given(st.lists(scopes, max_size=4), st.sets(st.sampled_from(POOL)).map(sorted), some_actions)
@settings(STEADY, max_examples=60)
def test_a_token_is_never_wider_than_the_consent_nor_than_what_was_asked(asked, categories, actions):
    """[Z-002] And never narrower than both together: it opens exactly what the two have in common."""
    token = narrowed(asked, categories, actions)
    assert all(one.context == "patient" and scope_in(str(one)) == one for one in token)
    for resource in RESOURCES:
        for letter in ALL:
            for category in POOL:
                for facts in FACTS:
                    wanted = any(opens(one, resource, letter, category, facts) for one in asked)
                    given_by_consent = category in categories and bool(actions & NEEDED.get(letter, 0))
                    granted = any(opens(one, resource, letter, category, facts) for one in token)
                    assert granted == (wanted and given_by_consent)


def test_nothing_permits_to_change_or_delete():
    everything = (scope_in("patient/*.cruds"),)
    (token,) = narrowed(everything, CATEGORIES, 31)
    assert token.permissions == "crs"
    assert narrowed((scope_in("patient/*.ud"),), CATEGORIES, 31) == ()


def test_results_without_a_name_give_no_token():
    assert scopes_of(CATEGORIES, Action.DEIDENTIFIED | Action.AGGREGATE) == ()
    assert narrowed((scope_in("patient/*.rs"),), CATEGORIES, Action.DEIDENTIFIED | Action.EXPORT) == ()


@pytest.mark.parametrize(
    ("text", "categories"),
    [
        ("patient/AllergyIntolerance.rs", [Category.ALLERGIES]),
        ("patient/Condition.rs?category=http://terminology.hl7.org/CodeSystem/condition-category|encounter-diagnosis", [Category.PROBLEMS]),
        ("patient/Condition.rs?category=http://hl7.org/fhir/us/core/CodeSystem/condition-category|health-concern", [Category.PROBLEMS]),
        (f"patient/Observation.rs?category={OBSERVATION}|laboratory", [Category.LABORATORY]),
        (f"patient/Observation.rs?category={OBSERVATION}|vital-signs", [Category.VITAL_SIGNS]),
        (f"patient/Observation.rs?category={OBSERVATION}|survey", [Category.FAMILY_AND_SOCIAL_HISTORY]),
        ("patient/Observation.rs?category=http://hl7.org/fhir/us/core/CodeSystem/us-core-category|sdoh", [Category.FAMILY_AND_SOCIAL_HISTORY]),
        ("patient/DiagnosticReport.rs?category=http://loinc.org|LP29684-5", [Category.IMAGING]),
        ("patient/DiagnosticReport.rs?category=http://loinc.org|LP29708-2", [Category.PROCEDURES]),
        ("patient/DocumentReference.rs?category=http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category|clinical-note", [Category.NOTES]),
        ("patient/ServiceRequest.rs?category=http://hl7.org/fhir/us/core/CodeSystem/us-core-category|sdoh", [Category.FAMILY_AND_SOCIAL_HISTORY]),
        (
            "user/Observation.rs",
            [Category.LABORATORY, Category.VITAL_SIGNS, Category.IMAGING, Category.PROCEDURES, Category.FAMILY_AND_SOCIAL_HISTORY],
        ),
        ("patient/*.rs", list(NORMAL)),
        ("patient/Parameters.rs", []),
    ],
)  # fmt: skip
def test_the_scopes_that_certified_apps_ask_for_have_their_categories(text, categories):
    """The granular scopes of the ONC (g)(10) test kit and of US Core 7."""
    found = categories_of(scopes_in(text))
    assert found == tuple(categories)
    assert not SENSITIVE.intersection(found)


def test_a_sensitive_category_is_asked_for_by_its_label_alone():
    assert categories_of((scope_in(f"patient/Observation.rs?_security={CATEGORY}|hiv"),)) == (Category.HIV,)
