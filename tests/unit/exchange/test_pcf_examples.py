"""[H11] The kinds of consent that IHE PCF gives examples of: each becomes drafts that permit what it means, or is refused.

What each means for each kind of user is PCF's; the consents are built by `pcf_policies`. Where a draft permits less, a
remark says so; none permits more.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from fhir.resources.R4B.consent import Consent

from medshare.consent.actions import Action
from medshare.consent.categories import CATEGORIES, SENSITIVE, Category
from medshare.consent.purposes import bit
from medshare.exchange.codes import NORMAL
from medshare.exchange.consent import ConsentDraft
from medshare.exchange.drafting import Choices, Drafted, Narrower, drafts_from_fhir
from medshare.exchange.errors import (
    CodeNotKnown,
    ConsentOver,
    ElementNotKept,
    ExceptionNotKept,
    NothingPermitted,
)
from tests.unit.exchange.pcf_policies import DOCTOR, EMERGENCY, POLICIES, RESEARCHERS

PATIENT, HOSPITAL, PRACTICE, RESEARCH, GROUP = ("0x" + digit * 40 for digit in "12345")
SIGNED = 1_655_078_400
"""2022-06-13, the day of the examples."""
YEAR = 365 * 86_400
CHOICES = Choices(
    patient=PATIENT,
    chain_id=1,
    at=SIGNED,
    until=SIGNED + YEAR,
    grantee=HOSPITAL,
    accounts={
        "Patient/patient": PATIENT,
        DOCTOR: PRACTICE,
        RESEARCHERS: RESEARCH,
        EMERGENCY: GROUP,
    },
)

PERMITTED = {
    # Everybody, for treatment, payment and operations.
    "care": {(HOSPITAL, purpose, "N") for purpose in ("TREAT", "HPAYMT", "HOPERAT")},
    "care-of-an-infant": {(HOSPITAL, purpose, "N") for purpose in ("TREAT", "HPAYMT", "HOPERAT")},
    "care-signed-on-paper": {(HOSPITAL, purpose, "N") for purpose in ("TREAT", "HPAYMT", "HOPERAT")},
    "research": {(HOSPITAL, "HRESCH", "N")},
    "care-until-the-end-of-2022": {(HOSPITAL, purpose, "N") for purpose in ("TREAT", "HPAYMT", "HOPERAT")},
    # Nobody but who breaks the glass.
    "broken-glass-alone": {(GROUP, "BTG", "N")},
    # By confidentiality and sensitivity.
    "normal": {(HOSPITAL, purpose, "N") for purpose in ("TREAT", "HPAYMT", "HOPERAT")},
    "normal-but-restricted": {(HOSPITAL, purpose, "N") for purpose in ("TREAT", "HPAYMT", "HOPERAT")},
    "normal-and-restricted": {
        (HOSPITAL, purpose, label) for purpose in ("TREAT", "HPAYMT", "HOPERAT") for label in ("N", "R", "PSY", "SDV")
    },
    "normal-and-restricted-to-one": {
        *((HOSPITAL, purpose, "N") for purpose in ("TREAT", "HPAYMT", "HOPERAT")),
        *(
            (PRACTICE, purpose, label)
            for purpose in ("TREAT", "HPAYMT", "HOPERAT")
            for label in ("N", "R", "PSY", "SDV")
        ),
    },
    "normal-and-mental-to-one": {
        *((HOSPITAL, purpose, "N") for purpose in ("TREAT", "HPAYMT", "HOPERAT")),
        *((PRACTICE, purpose, "PSY") for purpose in ("TREAT", "HPAYMT", "HOPERAT")),
    },
    "normal-and-mental-or-violence-to-one": {
        *((HOSPITAL, purpose, "N") for purpose in ("TREAT", "HPAYMT", "HOPERAT")),
        *((PRACTICE, purpose, label) for purpose in ("TREAT", "HPAYMT", "HOPERAT") for label in ("PSY", "SDV")),
    },
    "normal-and-restricted-to-broken-glass": {
        *((HOSPITAL, purpose, "N") for purpose in ("TREAT", "HPAYMT", "HOPERAT")),
        *((GROUP, "BTG", label) for label in ("N", "R", "PSY", "SDV")),
    },
}
"""Who may read what for what, by the drafts of each example that can be kept."""

REFUSED = {
    "no-care": (NothingPermitted, None),
    "time": (ElementNotKept, "Consent.provision.dataPeriod"),
    "but-time": (ElementNotKept, "Consent.provision.provision[0].dataPeriod"),
    "author": (ElementNotKept, "Consent.provision.data"),
    "but-author": (ElementNotKept, "Consent.provision.provision[0].data"),
    "visit": (ElementNotKept, "Consent.provision.data"),
    "but-visit": (ElementNotKept, "Consent.provision.provision[0].data"),
    "documents": (ElementNotKept, "Consent.provision.data"),
    "but-documents": (ElementNotKept, "Consent.provision.provision[0].data"),
    "purpose-of-its-own": (CodeNotKnown, "Consent.provision.purpose[0]"),
}
"""What each of the others is refused for, and where."""

LABELS = {
    "N": NORMAL,
    "R": (Category.UNLABELLED, *SENSITIVE),
    "PSY": (Category.MENTAL_HEALTH,),
    "SDV": (Category.VIOLENCE,),
}
ASKED = ("TREAT", "HPAYMT", "HOPERAT", "HRESCH", "HMARKT", "BTG")


def permitted(drafts: Iterable[ConsentDraft]) -> set[tuple[str, str, str]]:
    """Return who may read what for what: a label counts where all of its categories are given."""
    found = set()
    for who in (HOSPITAL, PRACTICE, RESEARCH, GROUP):
        for purpose in ASKED:
            opened = {
                category
                for one in drafts
                if one.grantee == who and one.purposes >> bit(purpose) & 1 and one.actions & Action.READ
                for category in one.categories
            }
            found |= {(who, purpose, label) for label, held in LABELS.items() if opened.issuperset(held)}
    return found


def drafted(name: str) -> Drafted:
    return drafts_from_fhir(POLICIES[name], CHOICES)


def test_every_example_is_read_is_valid_and_has_its_place():
    assert len(POLICIES) == 23
    for value in POLICIES.values():
        Consent.model_validate(value)
    assert PERMITTED.keys() | REFUSED.keys() == POLICIES.keys()
    assert not PERMITTED.keys() & REFUSED.keys()


@pytest.mark.parametrize("name", PERMITTED)
def test_the_drafts_permit_what_the_policy_means_and_nothing_else(name):
    """[Z-004]"""
    assert permitted(drafted(name).drafts) == PERMITTED[name]


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_kept_is_refused_and_says_where(name):
    """[Z-004]"""
    kind, path = REFUSED[name]
    with pytest.raises(kind) as caught:
        drafted(name)
    assert caught.value.facts.get("path") == path


@pytest.mark.parametrize("name", PERMITTED)
def test_no_draft_mixes_what_one_consent_may_not(name):
    for one in drafted(name).drafts:
        assert len(one.categories) == 1 or not SENSITIVE.intersection(one.categories)
        assert one.actions == Action.READ


def test_an_expired_example_is_drafted_until_it_ends_and_not_after():
    (draft,) = drafted("care-until-the-end-of-2022").drafts
    assert draft.not_after == 1_672_531_200  # the first second of 2023 in UTC
    late = Choices(**{**{name: getattr(CHOICES, name) for name in CHOICES.__slots__}, "at": 1_672_531_200})
    with pytest.raises(ConsentOver):
        drafts_from_fhir(POLICIES["care-until-the-end-of-2022"], late)


def test_each_remark_says_in_what_a_draft_permits_less():
    remarks = {(one.path, one.narrower) for one in drafted("care").remarks}
    assert remarks == {
        ("Consent.provision", narrower)
        for narrower in (
            Narrower.GRANTEE_CHOSEN,
            Narrower.SENSITIVE_NOT_NAMED,
            Narrower.ACTION_NOT_NAMED,
            Narrower.PURPOSE_NOT_ADDED,
            Narrower.START_NOT_NAMED,
            Narrower.END_CHOSEN,
        )
    }


def test_a_restricted_example_gives_each_sensitive_category_a_consent_of_its_own():
    drafts = drafted("normal-and-restricted").drafts
    assert len(drafts) == 1 + len(SENSITIVE)
    assert {category for one in drafts for category in one.categories} == set(CATEGORIES)


def test_an_exception_by_time_author_visit_or_document_is_never_dropped():
    """The dangerous half: a deny inside a permit that is not read would permit what it denies."""
    for name in POLICIES:
        if name.startswith("but-"):
            with pytest.raises((ExceptionNotKept, ElementNotKept)):
                drafted(name)
