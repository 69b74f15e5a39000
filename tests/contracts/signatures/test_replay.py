"""What was signed once: sent twice, sent by others first, sent after its end."""

from __future__ import annotations

from dataclasses import replace

from brownie import TestWallet

from medshare.consent.terms import request_digest
from medshare.digest import keccak
from medshare.typed_data import Accept, Directory, Erase, Recovery, Register
from tests.contracts.chainclock import DAY, mine_at, next_block_at, now, rpc
from tests.contracts.people import low, newcomer
from tests.contracts.refusals import refused
from tests.contracts.world import ALL_POWERS, GRANT, as_tuple

DIGEST, INNER = keccak(b"another directory"), keccak(b"another inner")
DELEGATED = "0xef0100" + "22" * 20
"""The code of an account under EIP-7702: a pointer to somebody else's code."""


def test_bytes_after_the_arguments_do_not_change_the_sender(consents, patient, stranger):
    """[C-013] E14: twenty more bytes are not a sender, as they are with a trusted forwarder."""
    data = consents.lockdown.encode_input() + low(patient)[2:]
    stranger.transfer(consents, 0, data=data)
    assert consents.lockedAt(patient) == 0
    assert consents.lockedAt(stranger) > 0


def test_the_same_signed_consent_sent_twice_counts_once(consents, world, patient, hospital, relayer):
    """[C-011] E01."""
    draft = world.draft(patient, hospital)
    consents.grantBySig(*draft.by(), {"from": relayer})
    assert not consents.grantBySig(*draft.by(), {"from": relayer}).events


def test_whoever_sends_it_first_does_not_make_the_second_fail(consents, world, patient, hospital, stranger, relayer):
    """[C-011] E07: front-running an honest sender gains nothing."""
    draft = world.draft(patient, hospital)
    consents.grantBySig(*draft.by(), {"from": stranger})
    assert consents.grantBySig(*draft.by(), {"from": relayer}).status == 1


def test_a_consent_in_place_is_found_before_its_signature_is_looked_at(consents, world, patient, hospital, relayer):
    """[C-011] E07."""
    draft = world.granted(patient, hospital)
    tx = consents.grantBySig(draft.patient, *draft.direct, b"", {"from": relayer})
    assert tx.return_value == "0x" + draft.id.hex()


def test_a_revoked_consent_is_not_replayed(consents, world, patient, hospital, relayer):
    """[C-012] E03: the patient's own good signature does not bring it back."""
    draft = world.granted(patient, hospital)
    consents.revoke(hospital, draft.terms, {"from": patient})
    with refused("ConsentRegistry_AlreadyRevoked", draft.id):
        consents.grantBySig(*draft.by(), {"from": relayer})


def test_an_ended_consent_stays_ended_when_replayed(consents, world, patient, hospital, relayer):
    """[C-019] E03."""
    draft = world.granted(patient, hospital, not_after=now() + DAY)
    mine_at(draft.word.not_after)
    consents.grantBySig(*draft.by(), {"from": relayer})
    assert world.why_not(draft) == 5


def test_a_signed_and_unsent_consent_is_dead_after_seven_days(consents, world, patient, hospital, relayer):
    """[C-010] E04."""
    draft = world.draft(patient, hospital)
    next_block_at(draft.word.issued_at + 7 * DAY)
    with refused("ConsentRegistry_Stale", draft.word.issued_at, draft.word.issued_at + 7 * DAY):
        consents.grantBySig(*draft.by(), {"from": relayer})


def test_an_older_directory_is_not_replayed_over_a_newer_one(participants, world, patient, relayer):
    """[P-004] E05."""
    message = Directory(patient=low(patient), digest=DIGEST, seq=2)
    arguments = (patient, DIGEST, 2, world.sign(patient, message))
    participants.setDirectoryBySig(*arguments, {"from": relayer})
    participants.setDirectory(keccak(b"a newer one"), 3, {"from": patient})
    with refused("ParticipantRegistry_BadSeq", 2, 4):
        participants.setDirectoryBySig(*arguments, {"from": relayer})


def test_one_number_serves_one_change_of_any_kind(participants, world, patient, recovery, relayer):
    """[P-004] E05: a recovery with the number that a directory took is refused."""
    message = Recovery(patient=low(patient), recovery=low(recovery), seq=2)
    participants.setDirectory(DIGEST, 2, {"from": patient})
    with refused("ParticipantRegistry_BadSeq", 2, 3):
        participants.setRecoveryBySig(patient, recovery, 2, world.sign(patient, message), {"from": relayer})


def test_a_number_ahead_waits_for_the_one_before_it(participants, world, patient, relayer):
    """[P-004] E06: out of order is refused, in order both are accepted."""
    first = Directory(patient=low(patient), digest=DIGEST, seq=2)
    second = replace(first, digest=INNER, seq=3)
    with refused("ParticipantRegistry_BadSeq", 3, 2):
        participants.setDirectoryBySig(patient, INNER, 3, world.sign(patient, second), {"from": relayer})
    for message in (first, second):
        signature = world.sign(patient, message)
        participants.setDirectoryBySig(patient, message.digest, message.seq, signature, {"from": relayer})
    assert world.seq(patient) == 3


def test_a_withdrawn_delegation_is_not_replayed(participants, world, patient, delegate, relayer):
    """[P-004] E03."""
    message = world.delegation(patient, delegate, ALL_POWERS)
    times = (message.issued_at, message.not_after)
    arguments = (patient, delegate, ALL_POWERS, *times, 2, world.sign(patient, message))
    participants.delegateBySig(*arguments, {"from": relayer})
    participants.delegate(delegate, 0, *times, 3, {"from": patient})
    with refused("ParticipantRegistry_BadSeq", 2, 4):
        participants.delegateBySig(*arguments, {"from": relayer})


def test_registering_twice_by_signature_counts_once(participants, world, relayer):
    """[P-001] E01."""
    baby = newcomer("baby")
    arguments = (baby, DIGEST, world.sign(baby, Register(patient=low(baby), directory=DIGEST)))
    participants.registerBySig(*arguments, {"from": relayer})
    assert not participants.registerBySig(*arguments, {"from": relayer}).events


def test_a_registration_does_not_bring_an_older_directory_back(participants, world, relayer):
    """[P-001] E03."""
    baby = newcomer("baby")
    arguments = (baby, DIGEST, world.sign(baby, Register(patient=low(baby), directory=DIGEST)))
    participants.registerBySig(*arguments, {"from": relayer})
    participants.setDirectory(INNER, 2, {"from": baby})
    with refused("ParticipantRegistry_AlreadyKnown", baby):
        participants.registerBySig(*arguments, {"from": relayer})


def test_an_erasure_is_sent_twice_and_counts_once(records, world, patient, relayer):
    """[D-007] E01."""
    signature = world.sign(patient, Erase(patient=low(patient), inner=INNER))
    records.eraseBySig(patient, [], INNER, signature, {"from": relayer})
    assert not records.eraseBySig(patient, [], INNER, signature, {"from": relayer}).events


def test_an_older_lockdown_does_not_lower_the_mark(consents, world, patient, relayer):
    """[C-016] E03."""
    time = now()
    signature = world.sign(patient, world.lockdown(patient, time - 10))
    consents.lockdownBySig(patient, time, world.sign(patient, world.lockdown(patient, time)), {"from": relayer})
    assert not consents.lockdownBySig(patient, time - 10, signature, {"from": relayer}).events
    assert consents.lockedAt(patient) == time


def test_an_approval_sent_twice_counts_once(requests, world, patient, researcher, relayer, stranger):
    """[Q-005] E01 E07."""
    opening = world.opening(patient, researcher, researcher)
    requests.open(request_digest(opening), now() + DAY, {"from": researcher})
    answer = world.answer(opening)
    signature = world.sign(patient, answer.message)
    arguments = (as_tuple(opening), answer.word.pack(), answer.statement_hash, signature)
    requests.approve(*arguments, {"from": stranger})
    again = requests.approve(*arguments, {"from": relayer})
    assert not again.events
    assert again.return_value == "0x" + answer.id.hex()


def test_an_acceptance_is_no_second_move(participants, world, patient, next_patient, recovery):
    """[P-009] E03."""
    signature = world.sign(next_patient, Accept(patient=low(patient), next=low(next_patient)))
    participants.setRecovery(patient, recovery, 2, {"from": patient})
    participants.succeed(patient, next_patient, signature, {"from": recovery})
    with refused("ParticipantRegistry_HasSuccessor", patient, next_patient):
        participants.succeed(patient, next_patient, signature, {"from": recovery})


def test_an_account_with_delegated_code_signs_as_before(consents, world, patient, hospital, relayer):
    """[C-002] E13: an ordinary key stays one when its account has code of EIP-7702."""
    rpc("anvil_setCode", patient.address, DELEGATED)
    draft = world.draft(patient, hospital)
    consents.grantBySig(*draft.by(), {"from": relayer})
    assert world.why_not(draft) == 0


def test_an_account_with_delegated_code_revokes_by_itself(consents, world, patient, hospital):
    """[C-013] E13."""
    draft = world.granted(patient, hospital)
    rpc("anvil_setCode", patient.address, DELEGATED)
    consents.revoke(hospital, draft.terms, {"from": patient})
    assert world.why_not(draft) == 2


def test_a_delegate_with_delegated_code_signs_as_before(consents, world, patient, hospital, delegate, relayer):
    """[C-003] E13: the key is tried first."""
    world.delegate(patient, delegate, GRANT, now() + 400 * DAY)
    rpc("anvil_setCode", delegate.address, DELEGATED)
    draft = world.draft(patient, hospital)
    consents.grantBy(*draft.signed_by(delegate), {"from": relayer})
    assert world.why_not(draft) == 0


def test_a_wallet_that_changes_its_mind_changes_no_stored_consent(consents, world, wallet, hospital, stranger, relayer):
    """[C-005] E12: the consent stays as it is, a new act is refused."""
    draft = world.draft(wallet, hospital)
    consents.grantBy(*draft.signed_by(wallet, stranger), {"from": relayer})
    changed = relayer.deploy(TestWallet, relayer)
    rpc("anvil_setCode", wallet.address, "0x" + bytes(rpc_code(changed)).hex())
    assert world.why_not(draft) == 0
    later = world.draft(wallet, hospital, statement="A later statement.")
    with refused("Signatures_WalletRefused", wallet):
        consents.grantBy(*later.signed_by(wallet, stranger), {"from": relayer})


def rpc_code(contract) -> bytes:
    return bytes.fromhex(rpc("eth_getCode", contract.address, "latest")[2:])
