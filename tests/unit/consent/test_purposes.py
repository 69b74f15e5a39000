"""The 62 purposes of use: their bits, and what a parent permits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.consent import purposes
from medshare.consent.errors import BadPurposes, PurposesNotClosed, UnknownPurpose
from medshare.consent.purposes import PURPOSES, bit, closed, closure, codes_of, mask_of
from tests.unit.consent.steady import STEADY

CLOSURES = {
    "TREAT": "COC ERTREAT ETREAT TREAT TREATDS",
    "ETREAT": "ERTREAT ETREAT",
    "BTG": "BTG",
    "CLINTRL": "CLINTRL",
    "POPHLTH": "POPHLTH",
    "HRESCH": "BIORCH DSRCH HRESCH POARCH TRANSRCH",
    "CLINTRCH": "CLINTRCH",
    "PRECLINTRCH": "PRECLINTRCH",
    "HPAYMT": "CLMATTCH COVAUTH COVERAGE ELIGDTRM ELIGVER ENROLLM HPAYMT MILDCRG PMTDS REMITADV",
    "COVERAGE": "COVERAGE ELIGDTRM ELIGVER ENROLLM MILDCRG",
    "PATRQT": "FAMRQT PATRQT PWATRNY SUPNWK",
    "PUBHLTH": "DISASTER PUBHLTH THREAT",
    "HSYSADMIN": "HSYSADMIN LABELING METAMGT",
    "SYSDEV": "HTEST SYSDEV",
    "HMARKT": "HMARKT",
    "MLTRAINING": "MLTRAINING",
    "HOPERAT": (
        "CAREMGT DONAT FRAUD GOV HACCRED HCOMPL HDECD HDIRECT HDM HLEGAL HOPERAT HOUTCOMS HPRGRP HQUALIMP HSYSADMIN"
        " HTEST LABELING MEMADMIN METAMGT MILCDM PATADMIN PATSFTY PERFMSR RECORDMGT SYSDEV TRAIN"
    ),
}


def test_there_are_62_codes_in_ascii_order():
    assert len(PURPOSES) == 62
    assert list(PURPOSES) == sorted(PURPOSES)


@pytest.mark.parametrize(("code", "number"), [("BIORCH", 0), ("BTG", 1), ("TREAT", 60), ("TREATDS", 61)])
def test_a_code_has_the_bit_of_the_design(code, number):
    assert bit(code) == number


@pytest.mark.parametrize("code", ["", "treat", "TREAT ", "PurposeOfUse", "NOPE"])
def test_a_code_outside_the_62_has_no_bit(code):
    with pytest.raises(UnknownPurpose):
        bit(code)
    with pytest.raises(UnknownPurpose):
        purposes.descendants(code)


@pytest.mark.parametrize(("code", "expected"), CLOSURES.items())
def test_a_parent_permits_its_children(code, expected):
    """[S-008]"""
    assert codes_of(closure((code,))) == tuple(expected.split())


@pytest.mark.parametrize("code", sorted(set(PURPOSES) - set(CLOSURES)))
def test_a_leaf_permits_itself_alone(code):
    assert codes_of(closure((code,))) == (code,)


def test_the_closure_never_adds_emergency_trial_population_or_training_codes():
    """[S-008]"""
    for code in PURPOSES:
        assert not closure((code,)) & mask_of(purposes.NEVER_ADDED - {code})


@given(st.sets(st.sampled_from(PURPOSES), min_size=1))
@STEADY
def test_a_named_code_counts_even_when_no_parent_would_add_it(codes):
    mask = closure(codes)
    assert codes <= set(codes_of(mask))
    assert set(codes_of(mask)) & purposes.NEVER_ADDED == codes & purposes.NEVER_ADDED


@given(st.sets(st.sampled_from(PURPOSES), min_size=1))
@STEADY
def test_closing_twice_is_closing_once(codes):
    mask = closure(codes)
    assert closure(codes_of(mask)) == mask
    assert closed(mask) == mask


@given(st.integers(min_value=1, max_value=purposes.ALL))
@STEADY
def test_codes_and_mask_are_the_same_set(mask):
    assert mask_of(codes_of(mask)) == mask


def test_a_parent_without_its_child_is_not_closed():
    with pytest.raises(PurposesNotClosed, match="COC ERTREAT"):
        closed(mask_of(("TREAT", "ETREAT", "TREATDS")))


@pytest.mark.parametrize("mask", [0, 1 << 62, 1 << 63, purposes.ALL | 1 << 62, -1])
def test_a_mask_without_codes_or_beyond_them_is_refused(mask):
    with pytest.raises(BadPurposes):
        codes_of(mask)
    with pytest.raises(BadPurposes):
        closed(mask)


def test_care_research_and_marketing_share_no_code():
    assert mask_of(["TREAT", "COC", "TREATDS", "ETREAT", "ERTREAT", "BTG"]) == purposes.CARE_BITS
    assert not purposes.CARE_BITS & purposes.RESEARCH_BITS
    assert not (purposes.CARE_BITS | purposes.RESEARCH_BITS) & purposes.MARKETING_BITS
    assert {"HRESCH", "PRECLINTRCH", "CLINTRL", "MLTRAINING"} <= purposes.RESEARCH
