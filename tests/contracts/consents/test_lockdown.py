"""The lockdown: one number that voids everything signed at or before it."""

from __future__ import annotations

from tests.contracts.chainclock import DAY, mine_at, next_block_at, now
from tests.contracts.refusals import refused
from tests.contracts.world import ALL_POWERS, GRANT, LOCK, REVOKE


def test_a_lockdown_voids_every_consent_signed_before(consents, world, patient, hospital, researcher):
    """[C-015]"""
    drafts = [world.granted(patient, who) for who in (hospital, researcher)]
    consents.lockdown({"from": patient})
    assert [world.why_not(draft) for draft in drafts] == [3, 3]


def test_a_lockdown_voids_what_was_signed_in_its_very_second(consents, world, patient, hospital, relayer):
    """[C-015]"""
    draft = world.granted(patient, hospital)
    time = draft.word.issued_at
    signature = world.sign(patient, world.lockdown(patient, time))
    consents.lockdownBySig(patient, time, signature, {"from": relayer})
    assert world.why_not(draft) == 3


def test_a_lockdown_voids_nothing_signed_after_it(consents, world, patient, hospital, relayer):
    """[C-015]"""
    draft = world.granted(patient, hospital)
    time = draft.word.issued_at - 1
    signature = world.sign(patient, world.lockdown(patient, time))
    consents.lockdownBySig(patient, time, signature, {"from": relayer})
    assert world.why_not(draft) == 0


def test_a_consent_signed_before_a_lockdown_is_dead_on_arrival(consents, world, patient, hospital, relayer):
    """[C-015] Granting does not look; permitting does."""
    draft = world.draft(patient, hospital)
    next_block_at(now() + 10)
    consents.lockdown({"from": patient})
    consents.grantBySig(*draft.by(), {"from": relayer})
    assert world.why_not(draft) == 3


def test_a_patient_may_grant_again_after_a_lockdown(consents, world, patient, hospital):
    """[C-015]"""
    consents.lockdown({"from": patient})
    mine_at(now() + 1)
    assert world.why_not(world.granted(patient, hospital)) == 0


def test_a_lockdown_is_the_patients_own(consents, world, patient, other_patient, hospital):
    """[C-015] C03."""
    draft = world.granted(patient, hospital)
    consents.lockdown({"from": other_patient})
    assert world.why_not(draft) == 0


def test_a_direct_lockdown_is_dated_by_its_block(consents, patient):
    """[C-016]"""
    second = now() + 77
    next_block_at(second)
    event = consents.lockdown({"from": patient}).events["LockedDown"]
    assert dict(event) == {"patient": patient, "mark": second}


def test_a_lockdown_dated_this_second_is_accepted(consents, world, patient, relayer):
    """[C-016]"""
    second = now() + 50
    signature = world.sign(patient, world.lockdown(patient, second))
    next_block_at(second)
    consents.lockdownBySig(patient, second, signature, {"from": relayer})
    assert consents.lockedAt(patient) == second


def test_a_lockdown_is_never_dated_in_the_future(consents, world, patient, relayer):
    """[C-016]"""
    second = now() + 50
    signature = world.sign(patient, world.lockdown(patient, second + 1))
    next_block_at(second)
    with refused("ConsentRegistry_BadTime", second + 1, second):
        consents.lockdownBySig(patient, second + 1, signature, {"from": relayer})


def test_a_lockdown_has_a_date(consents, world, patient, relayer):
    """[C-016]"""
    second = now() + 50
    signature = world.sign(patient, world.lockdown(patient, 0))
    next_block_at(second)
    with refused("ConsentRegistry_BadTime", 0, second):
        consents.lockdownBySig(patient, 0, signature, {"from": relayer})


def test_a_mark_never_goes_back(consents, world, patient, relayer):
    """[C-016]"""
    consents.lockdown({"from": patient})
    mark = consents.lockedAt(patient)
    signature = world.sign(patient, world.lockdown(patient, mark - 1))
    assert not consents.lockdownBySig(patient, mark - 1, signature, {"from": relayer}).events
    assert consents.lockedAt(patient) == mark


def test_the_same_mark_again_changes_nothing(consents, world, patient, relayer):
    """[C-016]"""
    consents.lockdown({"from": patient})
    mark = consents.lockedAt(patient)
    signature = world.sign(patient, world.lockdown(patient, mark))
    assert not consents.lockdownBySig(patient, mark, signature, {"from": relayer}).events


def test_a_delegate_with_the_power_locks(consents, world, patient, delegate, relayer):
    """[C-015]"""
    world.delegate(patient, delegate, LOCK)
    time = now()
    signature = world.sign(delegate, world.lockdown(patient, time))
    consents.lockdownBy(delegate, patient, time, signature, {"from": relayer})
    assert consents.lockedAt(patient) == time


def test_a_delegate_without_the_power_does_not_lock(consents, world, patient, delegate, relayer):
    """[C-015]"""
    world.delegate(patient, delegate, GRANT | REVOKE)
    time = now()
    signature = world.sign(delegate, world.lockdown(patient, time))
    with refused("ConsentRegistry_NotEmpowered", patient, delegate, LOCK):
        consents.lockdownBy(delegate, patient, time, signature, {"from": relayer})


def test_a_lockdown_voids_the_delegations_given_before_it(consents, world, patient, delegate, hospital, relayer):
    """[C-017]"""
    world.delegate(patient, delegate, ALL_POWERS, now() + 400 * DAY)
    consents.lockdown({"from": patient})
    mine_at(now() + 1)
    with refused("ConsentRegistry_NotEmpowered", patient, delegate, GRANT):
        consents.grantBy(*world.draft(patient, hospital).signed_by(delegate), {"from": relayer})


def test_a_delegation_of_the_lockdowns_very_second_is_void(consents, world, patient, delegate, relayer):
    """[C-017]"""
    message = world.delegate(patient, delegate, ALL_POWERS)
    time = message.issued_at
    consents.lockdownBySig(patient, time, world.sign(patient, world.lockdown(patient, time)), {"from": relayer})
    assert consents.actsUntil(patient, delegate, GRANT) == 0


def test_a_delegation_of_the_next_second_is_good(consents, world, patient, delegate, relayer):
    """[C-017]"""
    message = world.delegate(patient, delegate, ALL_POWERS)
    time = message.issued_at - 1
    consents.lockdownBySig(patient, time, world.sign(patient, world.lockdown(patient, time)), {"from": relayer})
    assert consents.actsUntil(patient, delegate, GRANT) == message.not_after


def test_a_delegation_named_anew_after_a_lockdown_is_good(consents, world, patient, delegate):
    """[C-017]"""
    consents.lockdown({"from": patient})
    mine_at(now() + 5)
    message = world.delegate(patient, delegate, GRANT)
    assert consents.actsUntil(patient, delegate, GRANT) == message.not_after


def test_an_accepted_date_does_not_serve_another_patient(consents, world, patient, other_patient, relayer):
    """[C-015] C03."""
    message = world.lockdown(patient, now())
    with refused("Signatures_WrongSigner", other_patient, patient):
        consents.lockdownBySig.call(
            other_patient,
            message.time,
            world.sign(patient, world.lockdown(other_patient, message.time)),
            {"from": relayer},
        )
