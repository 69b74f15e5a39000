"""`permits`, `whyNot` and `holds`: which question is answered how, and in which order.

Reasons: 1 never 2 revoked 3 locked 4 early 5 ended 6 slot 7 purpose 8 action 9 grantee not active 10 not an accessor
11 accessor not active; 0 permitted.
"""

from __future__ import annotations

import pytest
from brownie import TestBadService, TestService

from tests.contracts.chainclock import mine_at, now
from tests.contracts.people import low, newcomer
from tests.contracts.refusals import refused
from tests.contracts.world import (
    EXPORT,
    INSTITUTION,
    OTHER_SLOT,
    READ,
    RESEARCH,
    SCOPE,
    SERVICE,
    SLOT,
    TREAT,
    WRITE,
)

BAD_SERVICES = ("reverts", "burns gas", "returns much", "returns nothing", "returns two", "returns long")
"""Modes of contracts/test/TestBadService.sol, in their order."""


@pytest.fixture(scope="module")
def consent(world, people):
    """The patient's consent for the hospital: read and write, for treatment."""
    return world.granted(people["patient"], people["hospital"], actions=READ | WRITE)


@pytest.fixture(scope="module")
def service(world, people):
    """An accredited service contract."""
    service = people["deployer"].deploy(TestService)
    world.accredit(service, SERVICE)
    return service


def both(world, draft, *arguments, **named):
    """The reason, after checking that `permits` says the same."""
    reason = world.why_not(draft, *arguments, **named)
    accessor = low(arguments[0] if arguments else named.get("accessor", draft.grantee))
    rest = (named.get("slot", SLOT), named.get("purpose", TREAT), named.get("action", READ))
    asked = (draft.patient, draft.grantee, draft.terms, accessor, *rest)
    assert world.consents.permits(*asked) == (reason == 0)
    return reason


def test_a_consent_permits_its_grantee(world, consent):
    """[C-021]"""
    assert both(world, consent) == 0


def test_a_consent_permits_the_grantees_staff(world, consent, clinician):
    """[C-021]"""
    assert both(world, consent, clinician) == 0


def test_a_gateway_is_staff_too(world, consent, gateway):
    """[C-021]"""
    assert both(world, consent, gateway) == 0


@pytest.mark.parametrize("name", ["patient", "other_patient", "other_hospital", "other_clinician", "researcher"])
def test_a_consent_permits_nobody_else(world, consent, people, name):
    """[C-021] Also not the patient: she needs no consent, and this contract gives her none."""
    assert both(world, consent, people[name]) == 10


@pytest.mark.parametrize("name", ["stranger", "relayer", "deployer", "regulator", "delegate", "validator", "recovery"])
def test_no_role_reads_by_itself(world, consent, people, name):
    """[C-021] C01: neither the regulator nor who deployed."""
    assert both(world, consent, people[name]) == 10


def test_a_consent_for_another_patient_is_none(world, consent, consents, other_patient, hospital):
    """[C-021] C03."""
    assert consents.whyNot(other_patient, hospital, consent.terms, hospital, SLOT, TREAT, READ) == 1


def test_a_consent_for_another_grantee_is_none(world, consent, consents, patient, other_hospital):
    """[C-021] C03."""
    assert consents.whyNot(patient, other_hospital, consent.terms, other_hospital, SLOT, TREAT, READ) == 1


def test_every_slot_answers_for_itself(world, consent):
    """[C-020]"""
    assert [world.why_not(consent, slot=slot) for slot in range(64)] == [
        0 if SCOPE >> slot & 1 else 6 for slot in range(64)
    ]


@pytest.mark.parametrize("slot", [64, 65, 128, 255])
def test_there_is_no_slot_above_63(world, consent, slot):
    """[C-020]"""
    assert both(world, consent, slot=slot) == 6


def test_every_purpose_answers_for_itself(world, patient, hospital):
    """[C-020]"""
    draft = world.granted(patient, hospital, purposes=1 << TREAT | 1 << 3 | 1 << 61)
    assert {purpose for purpose in range(62) if world.why_not(draft, purpose=purpose) == 0} == {3, TREAT, 61}


@pytest.mark.parametrize("purpose", [62, 63, 64, 124, 255])
def test_there_is_no_purpose_above_61(world, patient, hospital, purpose):
    """[C-020]"""
    draft = world.granted(patient, hospital, purposes=(1 << 62) - 1)
    assert both(world, draft, purpose=purpose) == 7


@pytest.mark.parametrize(
    ("action", "reason"), [(READ, 0), (WRITE, 0), (READ | WRITE, 0), (0, 8), (EXPORT, 8), (READ | EXPORT, 8), (255, 8)]
)
def test_every_action_asked_for_must_be_named(world, consent, action, reason):
    """[C-020]"""
    assert both(world, consent, action=action) == reason


def test_a_consent_never_granted_permits_nothing(world, patient, hospital):
    """[C-023]"""
    assert both(world, world.draft(patient, hospital)) == 1


def test_a_suspended_grantee_is_refused(world, consent, hospital):
    """[C-022]"""
    world.suspend(hospital)
    assert both(world, consent) == 9


def test_the_staff_of_a_suspended_grantee_is_refused(world, consent, hospital, clinician):
    """[C-022]"""
    world.suspend(hospital)
    assert both(world, consent, clinician) == 9


def test_a_reinstated_grantee_is_permitted_again(world, consent, hospital):
    """[C-022]"""
    world.suspend(hospital)
    world.reinstate(hospital)
    assert both(world, consent) == 0


def test_a_suspended_staff_account_is_refused(world, consent, clinician):
    """[C-022]"""
    world.suspend(clinician)
    assert both(world, consent, clinician) == 11


def test_a_dismissed_staff_account_is_nobodys_accessor(world, consent, participants, hospital, clinician):
    """[C-021]"""
    participants.removeStaff(clinician, {"from": hospital})
    assert both(world, consent, clinician) == 10


def test_staff_that_changed_houses_reads_for_the_new_one_only(world, consent, participants, people):
    """[C-021]"""
    participants.removeStaff(people["clinician"], {"from": people["hospital"]})
    world.join(people["clinician"], people["other_hospital"])
    other = world.granted(people["patient"], people["other_hospital"])
    assert both(world, consent, people["clinician"]) == 10
    assert both(world, other, people["clinician"]) == 0


def test_an_unaccredited_grantee_is_refused(world, patient, stranger):
    """[C-022]"""
    assert both(world, world.granted(patient, stranger)) == 9


def test_a_staff_account_is_no_grantee(world, patient, clinician):
    """[C-022] It acts for its institution, which is to be named."""
    assert both(world, world.granted(patient, clinician)) == 9


def test_a_patient_may_be_a_grantee(world, patient, other_patient):
    """[C-021] A relative who reads."""
    assert both(world, world.granted(patient, other_patient)) == 0


def test_the_patients_own_status_is_never_asked(world, stranger, hospital):
    """[C-022] Not even whether she is registered."""
    assert both(world, world.granted(stranger, hospital)) == 0


def test_a_retired_patients_consents_are_void(world, consent, patient, next_patient, recovery):
    """[C-018]"""
    world.move(patient, next_patient, recovery)
    assert both(world, consent) == 3


def test_a_retired_patient_permits_nothing_she_signs_later(world, patient, next_patient, recovery, hospital):
    """[C-018] For ever."""
    world.move(patient, next_patient, recovery)
    mine_at(now() + 100)
    assert both(world, world.granted(patient, hospital)) == 3


@pytest.mark.parametrize("name", ["patient", "regulator", "deployer", "recovery", "stranger"])
def test_nobody_but_the_participant_registry_retires(consents, people, patient, name):
    """[C-018]"""
    with refused("ConsentRegistry_NotParticipantRegistry", people[name]):
        consents.retireAddress(patient, {"from": people[name]})


def test_a_service_lets_in_whom_it_stands_for(world, patient, service, clinician):
    """[C-021]"""
    draft = world.granted(patient, service)
    service.set(patient, clinician, True, {"from": clinician})
    assert both(world, draft, clinician) == 0


def test_a_service_lets_nobody_else_in(world, patient, service, clinician, other_clinician):
    """[C-021]"""
    draft = world.granted(patient, service)
    service.set(patient, clinician, True, {"from": clinician})
    assert both(world, draft, other_clinician) == 10


def test_a_service_stands_for_one_patient_at_a_time(world, patient, other_patient, service, clinician):
    """[C-021]"""
    draft = world.granted(other_patient, service)
    service.set(patient, clinician, True, {"from": clinician})
    assert both(world, draft, clinician) == 10


def test_a_service_stands_for_no_suspended_account(world, patient, service, clinician):
    """[C-022]"""
    draft = world.granted(patient, service)
    service.set(patient, clinician, True, {"from": clinician})
    world.suspend(clinician)
    assert both(world, draft, clinician) == 11


def test_a_service_stands_for_no_stranger(world, patient, service, stranger):
    """[C-022] An account without status is not active."""
    draft = world.granted(patient, service)
    service.set(patient, stranger, True, {"from": stranger})
    assert both(world, draft, stranger) == 11


def test_a_suspended_service_stands_for_nobody(world, patient, service, clinician):
    """[C-022]"""
    draft = world.granted(patient, service)
    service.set(patient, clinician, True, {"from": clinician})
    world.suspend(service)
    assert both(world, draft, clinician) == 9


def test_only_the_role_makes_a_service(world, patient, people, clinician):
    """[C-021] An institution that answers like a service is not asked."""
    contract = people["deployer"].deploy(TestService)
    world.accredit(contract, INSTITUTION)
    draft = world.granted(patient, contract)
    contract.set(patient, clinician, True, {"from": clinician})
    assert both(world, draft, clinician) == 10


def test_a_service_without_code_stands_for_nobody(world, patient, clinician):
    """[C-021]"""
    account = newcomer("a service without code")
    world.accredit(account, SERVICE)
    assert both(world, world.granted(patient, account), clinician) == 10


@pytest.mark.parametrize("mode", range(len(BAD_SERVICES)), ids=BAD_SERVICES)
def test_anything_but_a_clean_yes_is_a_no(world, patient, people, clinician, mode):
    """[C-021] E11: at a bounded price, without failing the question."""
    service = people["deployer"].deploy(TestBadService, mode)
    world.accredit(service, SERVICE)
    assert both(world, world.granted(patient, service), clinician) == 10


def test_the_first_reason_in_the_fixed_order_is_told(world, consents, participants, people):
    """[C-023] One fault after another is put right, and the next one is told."""
    patient, hospital, clinician = people["patient"], people["hospital"], people["clinician"]
    start = now() + 1000
    draft = world.draft(patient, hospital, not_before=start, not_after=start + 10)
    wrong = {"accessor": people["stranger"], "slot": OTHER_SLOT, "purpose": RESEARCH, "action": EXPORT}
    assert world.why_not(draft, **wrong) == 1
    world.granted(patient, hospital, not_before=start, not_after=start + 10, issued_at=draft.word.issued_at)
    world.suspend(clinician)
    world.suspend(hospital)
    assert world.why_not(draft, **wrong) == 4
    mine_at(start + 10)
    assert world.why_not(draft, **wrong) == 5
    longer = world.granted(patient, hospital)
    assert world.why_not(longer, **wrong) == 6
    assert world.why_not(longer, **wrong | {"slot": SLOT}) == 7
    assert world.why_not(longer, **wrong | {"slot": SLOT, "purpose": TREAT}) == 8
    assert world.why_not(longer, people["stranger"]) == 9
    world.reinstate(hospital)
    assert world.why_not(longer, people["stranger"]) == 10
    assert world.why_not(longer, clinician) == 11
    world.reinstate(clinician)
    assert world.why_not(longer, clinician) == 0
    consents.lockdown({"from": patient})
    assert world.why_not(longer, **wrong) == 3
    consents.revoke(hospital, longer.terms, {"from": patient})
    assert world.why_not(longer, **wrong) == 2


@pytest.mark.parametrize(("action", "held"), [(READ, True), (WRITE, True), (EXPORT, False), (0, False)])
def test_holds_asks_for_the_action_whatever_slot_and_purpose(consents, consent, hospital, patient, action, held):
    """[C-020] What validators ask."""
    assert consents.holds(patient, hospital, consent.terms, hospital, action) is held


def test_holds_knows_staff_and_strangers(consents, consent, patient, hospital, clinician, stranger):
    """[C-021]"""
    asked = (patient, hospital, consent.terms)
    assert consents.holds(*asked, clinician, WRITE) is True
    assert consents.holds(*asked, stranger, WRITE) is False


def test_holds_ends_with_a_revocation(consents, consent, patient, hospital):
    """[C-013]"""
    consents.revoke(hospital, consent.terms, {"from": patient})
    assert consents.holds(patient, hospital, consent.terms, hospital, WRITE) is False


def test_holds_ends_with_a_lockdown(consents, consent, patient, hospital):
    """[C-015]"""
    consents.lockdown({"from": patient})
    assert consents.holds(patient, hospital, consent.terms, hospital, WRITE) is False


@pytest.mark.parametrize(("second", "held"), [(-1, False), (0, True)])
def test_holds_begins_with_the_consent(consents, world, patient, hospital, second, held):
    """[C-019]"""
    draft = world.granted(patient, hospital, not_before=now() + 100)
    mine_at(draft.word.not_before + second)
    assert consents.holds(patient, hospital, draft.terms, hospital, READ) is held


@pytest.mark.parametrize(("second", "held"), [(-1, True), (0, False)])
def test_holds_ends_with_the_consent(consents, world, patient, hospital, second, held):
    """[C-019]"""
    draft = world.granted(patient, hospital, not_after=now() + 100)
    mine_at(draft.word.not_after + second)
    assert consents.holds(patient, hospital, draft.terms, hospital, READ) is held


def test_holds_refuses_suspended_grantees(consents, world, consent, patient, hospital):
    """[C-022]"""
    world.suspend(hospital)
    assert consents.holds(patient, hospital, consent.terms, hospital, WRITE) is False


def test_a_delegate_reads_by_no_consent(world, consent, patient, delegate):
    """[C-021] The power to read is the gateway's business, and no consent."""
    world.delegate(patient, delegate, 63)
    assert both(world, consent, delegate) == 10
