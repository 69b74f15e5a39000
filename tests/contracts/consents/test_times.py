"""Every bound of time, at its exact second, one before and one after (C11, E04)."""

from __future__ import annotations

import pytest

from tests.contracts.chainclock import DAY, mine_at, next_block_at, now
from tests.contracts.refusals import refused

WEEK = 7 * DAY
LONGEST = 1827 * DAY


@pytest.mark.parametrize("late", [0, 1, WEEK - 1])
def test_a_consent_is_carried_from_its_second_on_for_seven_days(consents, world, patient, hospital, late):
    """[C-010]"""
    draft = world.draft(patient, hospital, issued_at=now() + 100)
    next_block_at(draft.word.issued_at + late)
    consents.grant(*draft.direct, {"from": patient})
    assert world.status_of(draft) == 1


@pytest.mark.parametrize("late", [WEEK, WEEK + 1, 4 * WEEK])
def test_a_consent_of_seven_days_ago_is_stale(consents, world, patient, hospital, late):
    """[C-010]"""
    draft = world.draft(patient, hospital, issued_at=now() + 100)
    second = draft.word.issued_at + late
    next_block_at(second)
    with refused("ConsentRegistry_Stale", draft.word.issued_at, second):
        consents.grant(*draft.direct, {"from": patient})


@pytest.mark.parametrize("early", [1, 2, DAY])
def test_a_consent_of_the_future_is_refused(consents, world, patient, hospital, early):
    """[C-010]"""
    second = now() + 100
    draft = world.draft(patient, hospital, issued_at=second + early)
    next_block_at(second)
    with refused("ConsentRegistry_IssuedInFuture", second + early, second):
        consents.grant(*draft.direct, {"from": patient})


def test_a_consent_without_a_date_is_stale(consents, world, patient, hospital):
    """[C-010] E04: zero is the year 1970."""
    draft = world.draft(patient, hospital, issued_at=0, not_before=1, not_after=2)
    second = now() + 100
    next_block_at(second)
    with refused("ConsentRegistry_Stale", 0, second):
        consents.grant(*draft.direct, {"from": patient})


def test_a_consent_may_last_five_years(consents, world, patient, hospital):
    """[C-009]"""
    time = now()
    draft = world.draft(patient, hospital, issued_at=time, not_after=time + LONGEST)
    consents.grant(*draft.direct, {"from": patient})
    assert world.status_of(draft) == 1


@pytest.mark.parametrize("more", [1, DAY])
def test_a_consent_may_not_last_longer(consents, world, patient, hospital, more):
    """[C-009]"""
    time = now()
    with refused("ConsentRegistry_TooLong", time, time + LONGEST + more):
        consents.grant(
            *world.draft(patient, hospital, issued_at=time, not_after=time + LONGEST + more).direct,
            {"from": patient},
        )


def test_a_consent_is_not_for_ever(consents, world, patient, hospital):
    """[C-009] E04: the greatest number is no end."""
    time = now()
    with refused("ConsentRegistry_TooLong", time, 2**40 - 1):
        consents.grant(*world.draft(patient, hospital, issued_at=time, not_after=2**40 - 1).direct, {"from": patient})


def test_a_consent_has_a_beginning(consents, world, patient, hospital):
    """[C-009] E04."""
    draft = world.draft(patient, hospital, not_before=0)
    with refused("ConsentRegistry_BadPeriod", 0, draft.word.not_after):
        consents.grant(*draft.direct, {"from": patient})


@pytest.mark.parametrize("shorter", [0, 1])
def test_a_consent_ends_after_it_begins(consents, world, patient, hospital, shorter):
    """[C-009] The same second is refused too."""
    time = now()
    with refused("ConsentRegistry_BadPeriod", time + 5, time + 5 - shorter):
        consents.grant(
            *world.draft(patient, hospital, not_before=time + 5, not_after=time + 5 - shorter).direct,
            {"from": patient},
        )


def test_a_consent_of_one_second_is_a_consent(consents, world, patient, hospital):
    """[C-009]"""
    time = now()
    draft = world.draft(patient, hospital, not_before=time + 5, not_after=time + 6)
    consents.grant(*draft.direct, {"from": patient})
    assert world.status_of(draft) == 1


@pytest.mark.parametrize(("second", "reason"), [(-1, 4), (0, 0), (1, 0)])
def test_a_consent_permits_from_its_beginning_on(world, patient, hospital, second, reason):
    """[C-019]"""
    draft = world.granted(patient, hospital, not_before=now() + 100)
    mine_at(draft.word.not_before + second)
    assert world.why_not(draft) == reason


@pytest.mark.parametrize(("second", "reason"), [(-1, 0), (0, 5), (1, 5)])
def test_a_consent_permits_no_longer_at_its_end(world, patient, hospital, second, reason):
    """[C-019]"""
    draft = world.granted(patient, hospital, not_after=now() + 100)
    mine_at(draft.word.not_after + second)
    assert world.why_not(draft) == reason


def test_a_consent_may_begin_before_it_was_signed(world, patient, hospital):
    """[C-009] A beginning in the past permits at once."""
    assert world.why_not(world.granted(patient, hospital, not_before=1)) == 0


def test_a_consent_may_be_granted_after_its_end(world, patient, hospital):
    """[C-019] It is dead on arrival."""
    time = now()
    assert world.why_not(world.granted(patient, hospital, not_before=1, not_after=time)) == 5
