"""Permits, why not, holds, covers: every reason, in the order of the design. Case H10."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, permutations

import pytest

from medshare.consent import rules
from medshare.consent.participants import AccountRow, ParticipantTable, principal_of
from medshare.consent.reasons import Reason
from medshare.consent.rules import covers
from medshare.digest import keccak
from medshare.hexadecimal import ZERO_ADDRESS
from tests.unit.consent.world import (
    CLINICIAN,
    DECOY,
    DELEGATE,
    HOSPITAL,
    NURSE,
    OTHER,
    PATIENT,
    SERVICE,
    STRANGER,
    SUSPENDED_NURSE,
)
from tests.vectors.generate_consent import NOW, good_word


@pytest.fixture
def granted(world):
    return world.grant()


def with_account(world, who, row):
    return replace(world, people=replace(world.people, accounts={**world.people.accounts, who: row}))


def test_the_reasons_have_the_numbers_of_the_design():
    assert [reason.name for reason in Reason] == [
        "PERMITTED",
        "NEVER",
        "REVOKED",
        "LOCKED",
        "EARLY",
        "ENDED",
        "SLOT",
        "PURPOSE",
        "ACTION",
        "GRANTEE_SUSPENDED",
        "NOT_ACCESSOR",
        "ACCESSOR_SUSPENDED",
    ]
    assert list(Reason) == list(range(12))


@pytest.mark.parametrize("accessor", [HOSPITAL, NURSE])
def test_the_grantee_and_its_staff_are_permitted(granted, accessor):
    """[C-021]"""
    assert granted.why_not(accessor=accessor) is Reason.PERMITTED
    assert rules.permits(granted.state, granted.query(accessor=accessor), participants=granted.people, at=NOW)


def test_a_consent_never_granted_permits_nothing(world):
    assert world.why_not() is Reason.NEVER
    assert not rules.permits(world.state, world.query(), participants=world.people, at=NOW)


def test_the_period_is_half_open(granted):
    """C11. [C-019]"""
    end = granted.word.not_after
    assert granted.why_not(at=NOW - 1) is Reason.EARLY
    assert granted.why_not(at=NOW) is Reason.PERMITTED
    assert granted.why_not(at=end - 1) is Reason.PERMITTED
    assert granted.why_not(at=end) is Reason.ENDED


@pytest.mark.parametrize("slot", [32, DECOY, 63, 64, 255])
def test_another_slot_is_not_permitted(granted, slot):
    """[C-020]"""
    assert granted.why_not(slot=slot) is Reason.SLOT


def test_every_slot_of_the_scope_is_permitted_since_the_chain_knows_no_decoys(granted):
    assert all(granted.why_not(slot=slot) is Reason.PERMITTED for slot in range(32))


@pytest.mark.parametrize("purpose", [0, 1, 59, 62, 63, 255])
def test_another_purpose_is_not_permitted(granted, purpose):
    """[C-020]"""
    assert granted.why_not(purpose=purpose) is Reason.PURPOSE


@pytest.mark.parametrize("action", [0, 2, 3, 4, 128])
def test_another_action_or_none_is_not_permitted(granted, action):
    """[C-020]"""
    assert granted.why_not(action=action) is Reason.ACTION


def test_several_actions_are_permitted_only_together(world):
    both = replace(world, word=good_word(actions=5)).grant()
    assert both.why_not(action=5) is Reason.PERMITTED
    assert both.why_not(action=7) is Reason.ACTION


@pytest.mark.parametrize(
    "row", [AccountRow(), AccountRow(roles=2, status=2), AccountRow(roles=2, status=3), AccountRow(status=1)]
)
def test_a_grantee_that_is_no_active_participant_is_refused(granted, row):
    """[C-022]"""
    assert with_account(granted, HOSPITAL, row).why_not() is Reason.GRANTEE_SUSPENDED
    assert not with_account(granted, HOSPITAL, row).holds()


def test_a_patient_may_be_a_grantee(world):
    assert replace(world, grantee=PATIENT).grant().why_not() is Reason.PERMITTED


@pytest.mark.parametrize("accessor", [STRANGER, OTHER, CLINICIAN, PATIENT, DELEGATE, SERVICE])
def test_nobody_else_is_permitted(granted, accessor):
    """A hospital cannot stand for anyone, whatever it would answer: only a service can. [C-021]"""
    assert granted.why_not(accessor=accessor) is Reason.NOT_ACCESSOR


def test_suspended_staff_are_refused_and_removed_staff_are_strangers(granted):
    """[C-022]"""
    assert granted.why_not(accessor=SUSPENDED_NURSE) is Reason.ACCESSOR_SUSPENDED
    assert with_account(granted, NURSE, AccountRow(status=3)).why_not(accessor=NURSE) is Reason.NOT_ACCESSOR


def test_a_service_may_stand_for_an_active_accessor(world):
    """[C-021]"""
    service = replace(world, grantee=SERVICE).grant()
    assert service.why_not(accessor=CLINICIAN) is Reason.PERMITTED
    assert service.why_not(accessor=NURSE) is Reason.NOT_ACCESSOR
    suspended = with_account(service, CLINICIAN, AccountRow(status=2, institution=OTHER))
    assert suspended.why_not(accessor=CLINICIAN) is Reason.ACCESSOR_SUSPENDED


def test_the_patients_own_status_is_never_asked(granted):
    """[C-022]"""
    assert with_account(granted, PATIENT, AccountRow(roles=1, status=2)).why_not() is Reason.PERMITTED


def test_the_first_reason_in_the_designs_order_is_given(granted):
    """[C-023]"""
    wrong = {"slot": DECOY, "purpose": 0, "action": 2, "accessor": STRANGER}
    bad = with_account(granted, HOSPITAL, AccountRow())
    locked = bad.lockdown()
    assert locked.revoke().why_not(at=0, **wrong) is Reason.REVOKED
    assert locked.why_not(at=0, **wrong) is Reason.LOCKED
    assert bad.why_not(at=0, **wrong) is Reason.EARLY
    assert bad.why_not(at=2**40, **wrong) is Reason.ENDED
    for last, reason in enumerate((Reason.SLOT, Reason.PURPOSE, Reason.ACTION)):
        assert bad.why_not(**dict(list(wrong.items())[last:])) is reason
    assert bad.why_not(accessor=STRANGER) is Reason.GRANTEE_SUSPENDED


def test_holding_asks_neither_slot_nor_purpose(world):
    writing = replace(world, word=good_word(actions=2)).grant()
    assert writing.holds(action=2)
    assert writing.holds(action=2, accessor=NURSE)
    assert not writing.holds(action=1)
    assert not writing.holds(action=2, accessor=STRANGER)
    assert not writing.holds(action=2, at=writing.word.not_after)
    assert not writing.revoke().holds(action=2)


def test_consents_never_conflict_the_one_that_is_named_decides(world):
    """H10: permit all, a lapsed one, a newer and narrower one; in every order of granting the answers are the same."""
    wide = replace(world, statement=keccak(b"wide"))
    lapsed = replace(world, statement=keccak(b"lapsed"), word=good_word(not_before=1, not_after=2))
    narrow = replace(world, statement=keccak(b"narrow"), word=good_word(scope=0xFFFFFFFF00000000, issued_at=NOW))
    for order in permutations((wide, lapsed, narrow)):
        state = world.state
        for one in order:
            state = replace(one, state=state).grant().state
        answers = [replace(one, state=state).why_not() for one in (wide, lapsed, narrow)]
        assert answers == [Reason.PERMITTED, Reason.ENDED, Reason.SLOT]
        revoked = replace(wide, state=state).revoke().state
        assert replace(wide, state=revoked).why_not() is Reason.REVOKED
        assert replace(narrow, state=revoked).why_not(slot=DECOY) is Reason.PERMITTED


A, B, C = ("0x" + digit * 40 for digit in "abc")


def chain(*addresses):
    following = dict(pairwise(addresses))
    return lambda owner: following.get(owner, ZERO_ADDRESS)


@pytest.mark.parametrize(
    ("patient", "owner", "path", "expected"),
    [
        (A, A, (), True),
        (B, A, (), False),
        (B, A, (A, B), True),
        (C, A, (A, B, C), True),
        (B, A, (A, B, C), False),
        (A, A, (A, B), False),
    ],
)
def test_a_consent_covers_leaves_of_addresses_whose_successors_end_at_its_patient(patient, owner, path, expected):
    """[R-014]"""
    assert covers(patient=patient, owner=owner, successor_of=chain(*path)) is expected


def test_at_most_eight_successors_are_followed():
    addresses = [f"0x{number:040x}" for number in range(1, 11)]
    assert covers(patient=addresses[8], owner=addresses[0], successor_of=chain(*addresses[:9]))
    assert not covers(patient=addresses[9], owner=addresses[0], successor_of=chain(*addresses))
    assert not covers(patient=addresses[8], owner=addresses[0], successor_of=chain(*addresses))


@pytest.mark.parametrize(
    ("who", "principal"),
    [
        (HOSPITAL, HOSPITAL),
        (NURSE, HOSPITAL),
        (SUSPENDED_NURSE, ZERO_ADDRESS),
        (PATIENT, ZERO_ADDRESS),
        (STRANGER, ZERO_ADDRESS),
    ],
)
def test_an_account_acts_for_itself_its_institution_or_nobody(world, who, principal):
    assert principal_of(world.people, who) == principal


def test_staff_of_a_suspended_institution_act_for_nobody(world):
    suspended = with_account(world, HOSPITAL, AccountRow(roles=2, status=2))
    assert principal_of(suspended.people, NURSE) == ZERO_ADDRESS
    assert principal_of(ParticipantTable(), NURSE) == ZERO_ADDRESS
