"""Granting a consent.

given a patient, a grantee and a good word
├── when the patient sends it, or anyone carries her signature: it is granted, in one slot, told by one event
├── when it is in place already: nothing changes
├── when it was revoked: refused
└── when the word is bad: refused with the fault
"""

from __future__ import annotations

import pytest

from medshare.hexadecimal import ZERO_ADDRESS
from tests.contracts.chainclock import DAY, next_block_at
from tests.contracts.people import low
from tests.contracts.refusals import refused, refused_as
from tests.contracts.world import SCOPE, TREAT


def test_a_patient_grants_by_a_transaction_of_her_own(consents, world, patient, hospital):
    """[C-001]"""
    draft = world.draft(patient, hospital)
    consents.grant(*draft.direct, {"from": patient})
    assert world.why_not(draft) == 0


def test_a_transaction_grants_for_nobody_but_its_sender(consents, world, patient, hospital, stranger):
    """[C-001] What a stranger sends is the stranger's own consent."""
    draft = world.draft(patient, hospital)
    consents.grant(*draft.direct, {"from": stranger})
    assert world.status_of(draft) == 0


def test_anyone_carries_a_consent_that_the_patient_signed(consents, world, patient, hospital, stranger):
    """[C-002]"""
    draft = world.draft(patient, hospital)
    consents.grantBySig(*draft.by(patient), {"from": stranger})
    assert world.why_not(draft) == 0


def test_nobody_carries_a_consent_that_the_patient_did_not_sign(consents, world, patient, hospital, stranger):
    """[C-002]"""
    draft = world.draft(patient, hospital)
    with refused("Signatures_WrongSigner", patient, stranger):
        consents.grantBySig(*draft.by(stranger), {"from": stranger})


def test_the_event_of_a_grant_tells_the_stored_word(consents, world, patient, hospital):
    """[G-003] [C-001]"""
    draft = world.draft(patient, hospital)
    event = consents.grant(*draft.direct, {"from": patient}).events["Granted"]
    assert dict(event) == {
        "patient": patient,
        "grantee": hospital,
        "terms": "0x" + draft.terms.hex(),
        "word": draft.word.pack() | 1,
    }


def test_a_grant_returns_the_id_of_the_consent(consents, world, patient, hospital):
    """[C-001]"""
    draft = world.draft(patient, hospital)
    assert consents.grant(*draft.direct, {"from": patient}).return_value == "0x" + draft.id.hex()


def test_the_slot_holds_the_word_with_status_one(consents, world, patient, hospital):
    """[C-001]"""
    draft = world.granted(patient, hospital)
    assert consents.consentOf(patient, hospital, draft.terms) == draft.word.pack() | 1


def test_the_terms_are_the_struct_hash_of_the_message(consents, world, patient, hospital):
    """[C-001] The hash made in Python is the contract's."""
    draft = world.draft(patient, hospital)
    assert consents.termsOf(patient, *draft.direct) == "0x" + draft.terms.hex()


def test_granting_the_very_same_consent_again_changes_nothing(consents, world, patient, hospital):
    """[C-011]"""
    draft = world.granted(patient, hospital)
    assert not consents.grant(*draft.direct, {"from": patient}).events


def test_another_statement_is_another_consent(consents, world, patient, hospital):
    """[C-011]"""
    world.granted(patient, hospital)
    draft = world.draft(patient, hospital, statement="Other words.")
    assert "Granted" in consents.grant(*draft.direct, {"from": patient}).events


def test_another_request_is_another_consent(consents, world, patient, hospital):
    """[C-011]"""
    world.granted(patient, hospital)
    draft = world.draft(patient, hospital, request=bytes(31) + b"\1")
    assert "Granted" in consents.grant(*draft.direct, {"from": patient}).events


def test_a_consent_granted_long_ago_may_be_sent_again(consents, world, patient, hospital):
    """[C-011] The seven days are for what is not in place yet."""
    draft = world.granted(patient, hospital)
    next_block_at(draft.word.issued_at + 30 * DAY)
    assert not consents.grant(*draft.direct, {"from": patient}).events


def test_a_revoked_consent_is_never_granted_again(consents, world, patient, hospital):
    """[C-012] C02."""
    draft = world.granted(patient, hospital)
    consents.revoke(hospital, draft.terms, {"from": patient})
    with refused("ConsentRegistry_AlreadyRevoked", draft.id):
        consents.grant(*draft.direct, {"from": patient})


def test_a_revoked_consent_stays_revoked_for_a_delegate(consents, world, patient, hospital, delegate, relayer):
    """[C-012] C02."""
    world.delegate(patient, delegate, 1, world.draft(patient, hospital).word.not_after + DAY)
    draft = world.granted(patient, hospital)
    consents.revoke(hospital, draft.terms, {"from": patient})
    with refused("ConsentRegistry_AlreadyRevoked", draft.id):
        consents.grantBy(*draft.signed_by(delegate), {"from": relayer})


def test_the_grantee_is_not_the_zero_address(consents, world, patient):
    """[C-025]"""
    with refused("ConsentRegistry_ZeroGrantee"):
        consents.grant(*world.draft(patient, ZERO_ADDRESS).direct, {"from": patient})


def test_the_status_of_a_word_in_a_call_is_zero(consents, world, patient, hospital):
    """[C-011] A word cannot come already granted."""
    for status in (1, 2, 255):
        with refused("ConsentRegistry_StatusSet", status):
            consents.grant.call(*world.draft(patient, hospital, status=status).direct, {"from": patient})


@pytest.mark.parametrize("actions", [1, 2, 4, 8, 16, 31])
def test_known_actions_are_accepted(consents, world, patient, hospital, actions):
    """[C-006]"""
    consents.grant.call(*world.draft(patient, hospital, actions=actions).direct, {"from": patient})


@pytest.mark.parametrize("actions", [0, 32, 64, 128, 33, 255])
def test_no_action_or_an_unknown_one_is_refused(consents, world, patient, hospital, actions):
    """[C-006]"""
    with refused("ConsentRegistry_BadActions", actions):
        consents.grant.call(*world.draft(patient, hospital, actions=actions).direct, {"from": patient})


@pytest.mark.parametrize("purposes", [1, 1 << TREAT, 1 << 61, (1 << 62) - 1])
def test_known_purposes_are_accepted(consents, world, patient, hospital, purposes):
    """[C-007]"""
    consents.grant.call(*world.draft(patient, hospital, purposes=purposes).direct, {"from": patient})


@pytest.mark.parametrize("purposes", [0, 1 << 62, 1 << 63, 1 << 62 | 1, 2**64 - 1])
def test_no_purpose_or_an_unknown_one_is_refused(consents, world, patient, hospital, purposes):
    """[C-007]"""
    with refused("ConsentRegistry_BadPurposes", purposes):
        consents.grant.call(*world.draft(patient, hospital, purposes=purposes).direct, {"from": patient})


@pytest.mark.parametrize("scope", [SCOPE, 2**32 - 1, 2**64 - 2**32, 0x5555555555555555, 0xAAAAAAAAAAAAAAAA])
def test_a_scope_of_32_bits_is_accepted(consents, world, patient, hospital, scope):
    """[C-008]"""
    consents.grant.call(*world.draft(patient, hospital, scope=scope).direct, {"from": patient})


@pytest.mark.parametrize("scope", [0, 1, 2**31 - 1, 2**33 - 1, 2**64 - 1, SCOPE | 2, SCOPE & ~1, 2**63])
def test_a_scope_of_any_other_number_of_bits_is_refused(consents, world, patient, hospital, scope):
    """[C-008]"""
    with refused("ConsentRegistry_BadScope", scope):
        consents.grant.call(*world.draft(patient, hospital, scope=scope).direct, {"from": patient})


def test_the_first_fault_of_a_word_is_told(consents, world, patient, hospital):
    """[C-023] Status, actions, purposes, scope, period: in this order."""
    draft = world.draft(patient, hospital, actions=0, purposes=0, scope=0, not_before=0, status=9)
    for error, repair in (
        ("ConsentRegistry_StatusSet", {"status": 0}),
        ("ConsentRegistry_BadActions", {"actions": 1}),
        ("ConsentRegistry_BadPurposes", {"purposes": 1}),
        ("ConsentRegistry_BadScope", {"scope": SCOPE}),
        ("ConsentRegistry_BadPeriod", {"not_before": 1}),
    ):
        with refused_as(error):
            consents.grant.call(*draft.direct, {"from": patient})
        draft = draft.with_word(**repair)
    consents.grant.call(*draft.direct, {"from": patient})


def test_a_bad_word_is_refused_before_the_signature_is_looked_at(consents, world, patient, hospital, relayer):
    """[C-008]"""
    draft = world.draft(patient, hospital, scope=0)
    with refused("ConsentRegistry_BadScope", 0):
        consents.grantBySig(draft.patient, *draft.direct, b"", {"from": relayer})


def test_the_grantee_of_a_consent_may_be_anyone(consents, world, patient, stranger):
    """[C-021] Whether it may read is asked when it reads."""
    draft = world.draft(patient, stranger)
    consents.grant(*draft.direct, {"from": patient})
    assert world.why_not(draft) == 9


def test_one_patients_consent_is_not_anothers(consents, world, patient, other_patient, hospital):
    """[C-021] C03: the same terms under another patient are nothing."""
    draft = world.granted(patient, hospital)
    assert consents.whyNot(low(other_patient), hospital, draft.terms, hospital, 0, TREAT, 1) == 1
