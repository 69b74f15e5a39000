"""Grant, revoke, lockdown, retire: who may, and what never comes back.

grant
├── the very same consent is in place: nothing changes, before anything else is looked at
├── it was revoked: refused for ever
├── the word, the grantee or the time is wrong: refused
├── signed by the patient: granted
└── signed by another
    ├── a delegate with the power, in force: granted, but not beyond the delegation
    └── anyone else: refused
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from medshare.consent import errors, rules
from medshare.consent.participants import DelegationRow
from medshare.consent.reasons import Reason
from medshare.consent.rules import FOR_EVER, ConsentState
from medshare.consent.terms import consent_id
from medshare.consent.word import Status
from medshare.hexadecimal import ZERO_ADDRESS
from tests.unit.consent.world import DELEGATE, HOSPITAL, OTHER, PATIENT, STRANGER, World
from tests.vectors.generate_consent import NOW, good_word


class Forged(Exception):
    pass


def forged():
    raise Forged


def stored(world):
    return world.state.word(consent_id(patient=PATIENT, grantee=world.grantee, terms=world.terms()))


def delegated(world, **changes):
    row = replace(world.people.delegation(PATIENT, DELEGATE), **changes)
    return replace(world, people=replace(world.people, delegations={(PATIENT, DELEGATE): row}))


def test_a_patient_may_grant(world):
    """[C-001]"""
    after = world.grant()
    assert stored(after) == replace(good_word(), status=Status.GRANTED)
    assert after.why_not() is Reason.PERMITTED


def test_granting_leaves_the_old_state_as_it_was(world):
    world.grant()
    assert stored(world).status == Status.NEVER


def test_the_same_consent_again_changes_nothing_before_its_signature_is_looked_at(world):
    """E01, E07: whoever sent it first, the honest call succeeds. [C-011]"""
    after = world.grant()
    assert after.grant(verify=forged).state is after.state
    assert after.grant(at=NOW + 10**8, signer=STRANGER, verify=forged).state is after.state


def test_a_bad_signature_grants_nothing(world):
    with pytest.raises(Forged):
        world.grant(verify=forged)


def test_a_revoked_consent_may_never_be_granted_again(world):
    """E03, C02. [C-012]"""
    with pytest.raises(errors.AlreadyRevoked):
        world.grant().revoke().grant()
    with pytest.raises(errors.AlreadyRevoked):
        world.revoke().grant()


def test_nobody_may_consent_to_the_zero_address(world):
    """[C-025]"""
    with pytest.raises(errors.ZeroGrantee):
        replace(world, grantee=ZERO_ADDRESS).grant()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"status": 1}, errors.StatusSet),
        ({"actions": 0}, errors.BadActions),
        ({"purposes": 0}, errors.BadPurposes),
        ({"scope": 1}, errors.BadScope),
        ({"not_before": 0}, errors.BadPeriod),
        ({"not_after": 2**40 - 1}, errors.TooLong),
        ({"issued_at": NOW + 1}, errors.IssuedInFuture),
        ({"issued_at": NOW - 7 * 86_400}, errors.Stale),
    ],
)
def test_a_word_of_the_wrong_form_or_time_is_not_granted(world, changes, error):
    with pytest.raises(error):
        replace(world, word=good_word(**changes)).grant()


def test_a_delegate_with_the_power_may_grant_until_the_delegation_ends(world):
    """[C-003, C-004]"""
    short = replace(world, word=good_word(not_after=NOW + 1000))
    assert stored(short.grant(signer=DELEGATE)).status == Status.GRANTED
    with pytest.raises(errors.OutlivesDelegation):
        replace(world, word=good_word(not_after=NOW + 1001)).grant(signer=DELEGATE)


def test_the_patients_own_contract_wallet_may_grant_without_a_bound(world):
    assert stored(world.grant(signer=PATIENT)).status == Status.GRANTED


@pytest.mark.parametrize("changes", [{"powers": 62}, {"powers": 0}, {"not_after": NOW}, {"issued_at": 0}], ids=str)
def test_a_delegate_without_the_power_now_may_not_grant(world, changes):
    """C09. [C-003]"""
    with pytest.raises(errors.NotEmpowered):
        delegated(world, **changes).grant(signer=DELEGATE)


@pytest.mark.parametrize("signer", [STRANGER, HOSPITAL, OTHER])
def test_nobody_else_may_grant_revoke_or_lock(world, signer):
    """[C-003, C-013]"""
    for act in (world.grant, world.revoke, world.lockdown):
        with pytest.raises(errors.NotEmpowered):
            act(signer=signer)


def test_a_delegate_with_the_powers_may_revoke_and_lock(world):
    assert stored(world.grant().revoke(signer=DELEGATE)).status == Status.REVOKED
    assert world.lockdown(signer=DELEGATE).state.mark(PATIENT) == NOW
    with pytest.raises(errors.NotEmpowered):
        delegated(world, powers=5).revoke(signer=DELEGATE)
    with pytest.raises(errors.NotEmpowered):
        delegated(world, powers=3).lockdown(signer=DELEGATE)


def test_a_lockdown_voids_the_delegations_given_before_it(world):
    """[C-017]"""
    locked = world.lockdown(NOW - 100)
    with pytest.raises(errors.NotEmpowered):
        locked.lockdown(signer=DELEGATE)
    assert delegated(locked, issued_at=NOW - 99).revoke(signer=DELEGATE).state is not locked.state


def test_revoking_keeps_the_word_and_ends_it(world):
    after = world.grant().revoke()
    assert stored(after) == replace(good_word(), status=Status.REVOKED)
    assert after.why_not() is Reason.REVOKED


def test_an_id_never_granted_may_be_revoked(world):
    """[C-013]"""
    after = world.revoke()
    assert stored(after).pack() == Status.REVOKED
    assert after.why_not() is Reason.REVOKED


def test_revoking_again_changes_nothing_but_the_signature_is_looked_at(world):
    """[C-014]"""
    after = world.revoke()
    assert after.revoke().state is after.state
    with pytest.raises(Forged):
        after.revoke(verify=forged)


def test_a_bad_signature_revokes_and_locks_nothing(world):
    with pytest.raises(Forged):
        world.revoke(verify=forged)
    with pytest.raises(Forged):
        world.lockdown(verify=forged)


def test_a_lockdown_voids_what_was_signed_at_or_before_it(world):
    """[C-015]"""
    granted = world.grant()
    assert granted.lockdown(NOW - 1).why_not() is Reason.PERMITTED
    assert granted.lockdown(NOW).why_not() is Reason.LOCKED


def test_a_consent_signed_before_a_lockdown_is_dead_on_arrival(world):
    assert world.lockdown().grant().why_not() is Reason.LOCKED


def test_a_consent_signed_after_a_lockdown_works(world):
    """[C-015]"""
    later = replace(world.lockdown(), word=good_word(issued_at=NOW + 1))
    assert later.grant(at=NOW + 1).why_not(at=NOW + 1) is Reason.PERMITTED


def test_the_mark_never_falls(world):
    """[C-016]"""
    locked = world.lockdown(NOW)
    assert locked.lockdown(NOW - 50).state is locked.state
    assert locked.lockdown(NOW).state is locked.state


@pytest.mark.parametrize("time", [0, -1, NOW + 1])
def test_a_lockdown_at_zero_or_in_the_future_is_refused(world, time):
    """[C-016]"""
    with pytest.raises(errors.BadTime):
        world.lockdown(time)


def test_a_retired_address_voids_everything_it_granted_or_will_sign(world):
    """[C-018]"""
    retired = replace(world.grant(), state=rules.retire(world.grant().state, patient=PATIENT))
    assert retired.state.mark(PATIENT) == FOR_EVER
    assert retired.why_not() is Reason.LOCKED
    assert rules.retire(retired.state, patient=PATIENT) is retired.state
    later = replace(retired, word=good_word(issued_at=NOW + 5))
    assert later.grant(at=NOW + 5).why_not(at=NOW + 5) is Reason.LOCKED


def test_nobody_holds_no_power(world):
    asked = {"patient": PATIENT, "delegate": DELEGATE, "at": NOW}
    assert rules.empowered(world.state, world.people, powers=0, **asked) == 0
    assert rules.empowered(world.state, world.people, powers=3, **asked) == NOW + 1000
    assert world.people.delegation(PATIENT, STRANGER) == DelegationRow()


def test_one_patients_lockdown_leaves_another_alone(world):
    """C03."""
    locked = rules.lockdown(world.state, patient=OTHER, time=NOW, at=NOW, participants=world.people)
    assert replace(world, state=locked).grant().why_not() is Reason.PERMITTED


def test_an_empty_state_has_no_consent_and_no_mark():
    assert ConsentState().mark(PATIENT) == 0
    assert World().why_not() is Reason.NEVER
