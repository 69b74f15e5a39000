"""Revoking.

given a consent, granted or only signed or neither
├── when the patient, her signature or an empowered delegate revokes it: it is dead for ever
├── when it was revoked: nothing changes
└── when anyone else does: refused, or it is a consent of their own
"""

from __future__ import annotations

from medshare.hexadecimal import ZERO_32
from tests.contracts.refusals import refused
from tests.contracts.world import GRANT, LOCK, REVOKE


def test_a_patient_revokes_by_a_transaction_of_her_own(consents, world, patient, hospital):
    """[C-013]"""
    draft = world.granted(patient, hospital)
    consents.revoke(hospital, draft.terms, {"from": patient})
    assert world.why_not(draft) == 2


def test_anyone_carries_her_signed_revocation(consents, world, patient, hospital, stranger):
    """[C-013]"""
    draft = world.granted(patient, hospital)
    signature = world.sign(patient, draft.revocation)
    consents.revokeBySig(patient, hospital, draft.terms, signature, {"from": stranger})
    assert world.why_not(draft) == 2


def test_nobody_else_revokes(consents, world, patient, hospital, stranger):
    """[C-013] A stranger's transaction touches an id of the stranger's own."""
    draft = world.granted(patient, hospital)
    consents.revoke(hospital, draft.terms, {"from": stranger})
    assert world.why_not(draft) == 0


def test_the_grantee_does_not_revoke(consents, world, patient, hospital, relayer):
    """[C-013]"""
    draft = world.granted(patient, hospital)
    with refused("Signatures_WrongSigner", patient, hospital):
        consents.revokeBySig(patient, hospital, draft.terms, world.sign(hospital, draft.revocation), {"from": relayer})


def test_a_delegate_with_the_power_revokes(consents, world, patient, hospital, delegate, relayer):
    """[C-013]"""
    draft = world.granted(patient, hospital)
    world.delegate(patient, delegate, REVOKE)
    signature = world.sign(delegate, draft.revocation)
    consents.revokeBy(delegate, patient, hospital, draft.terms, signature, {"from": relayer})
    assert world.why_not(draft) == 2


def test_a_delegate_without_the_power_does_not(consents, world, patient, hospital, delegate, relayer):
    """[C-013]"""
    draft = world.granted(patient, hospital)
    world.delegate(patient, delegate, GRANT | LOCK)
    signature = world.sign(delegate, draft.revocation)
    with refused("ConsentRegistry_NotEmpowered", patient, delegate, REVOKE):
        consents.revokeBy(delegate, patient, hospital, draft.terms, signature, {"from": relayer})


def test_a_consent_never_granted_is_revoked_too(consents, world, patient, hospital):
    """[C-013] What was signed and not sent is dead at once."""
    draft = world.draft(patient, hospital)
    consents.revoke(hospital, draft.terms, {"from": patient})
    with refused("ConsentRegistry_AlreadyRevoked", draft.id):
        consents.grant(*draft.direct, {"from": patient})


def test_revoking_twice_changes_nothing(consents, world, patient, hospital):
    """[C-014]"""
    draft = world.granted(patient, hospital)
    consents.revoke(hospital, draft.terms, {"from": patient})
    assert not consents.revoke(hospital, draft.terms, {"from": patient}).events


def test_revoking_twice_by_signature_changes_nothing(consents, world, patient, hospital, relayer):
    """[C-014]"""
    draft = world.granted(patient, hospital)
    arguments = (patient, hospital, draft.terms, world.sign(patient, draft.revocation))
    consents.revokeBySig(*arguments, {"from": relayer})
    assert not consents.revokeBySig(*arguments, {"from": relayer}).events


def test_the_event_of_a_revocation_tells_the_id_alone(consents, world, patient, hospital):
    """[G-003] [C-013]"""
    draft = world.granted(patient, hospital)
    event = consents.revoke(hospital, draft.terms, {"from": patient}).events["Revoked"]
    assert dict(event) == {"patient": patient, "consentId": "0x" + draft.id.hex()}


def test_a_revoked_slot_keeps_its_word(consents, world, patient, hospital):
    """[C-013] Only the status changes."""
    draft = world.granted(patient, hospital)
    consents.revoke(hospital, draft.terms, {"from": patient})
    assert consents.consentOf(patient, hospital, draft.terms) == draft.word.pack() | 2


def test_revoking_touches_no_other_consent(consents, world, patient, hospital):
    """[C-013] C03."""
    draft = world.granted(patient, hospital)
    other = world.granted(patient, hospital, statement="Another.")
    consents.revoke(hospital, draft.terms, {"from": patient})
    assert world.why_not(other) == 0


def test_a_patient_who_moved_may_still_revoke(consents, world, patient, hospital, next_patient, recovery):
    """[C-013] Nothing can refuse a revocation."""
    draft = world.granted(patient, hospital)
    world.move(patient, next_patient, recovery)
    consents.revoke(hospital, draft.terms, {"from": patient})
    assert world.why_not(draft) == 2


def test_anyone_may_revoke_in_their_own_name(consents, stranger, hospital):
    """[C-013] Also who never registered."""
    assert "Revoked" in consents.revoke(hospital, ZERO_32, {"from": stranger}).events
