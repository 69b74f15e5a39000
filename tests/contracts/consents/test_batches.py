"""Batches: 1 to 100 items; a bad one is left out and reported, the others go through (C10)."""

from __future__ import annotations

import pytest

from medshare.digest import keccak
from medshare.hexadecimal import ZERO_ADDRESS
from tests.contracts.chainclock import DAY, now
from tests.contracts.people import low
from tests.contracts.refusals import errors, refused


def selector(error):
    """The first four bytes of a custom error, as Brownie gives them."""
    return "0x" + keccak(f"{error}({','.join(errors()[error])})".encode())[:4].hex()


def item(draft, signer=None):
    return draft.by(signer)


def ending(world, draft, signer=None):
    """An item of `revokeBatch`."""
    return draft.patient, draft.grantee, draft.terms, world.sign(signer or draft.patient, draft.revocation)


@pytest.fixture
def drafts(world, patient, hospital):
    """A hundred and one consents that differ in their statement."""
    return [world.draft(patient, hospital, statement=f"Number {number}.") for number in range(101)]


def test_a_batch_of_one_is_granted(consents, world, drafts, relayer):
    """[C-024]"""
    consents.grantBatch([item(drafts[0])], {"from": relayer})
    assert world.why_not(drafts[0]) == 0


def test_a_batch_of_a_hundred_is_granted(consents, world, drafts, relayer):
    """[C-024]"""
    tx = consents.grantBatch([item(draft) for draft in drafts[:100]], {"from": relayer})
    assert [event["terms"] for event in tx.events["Granted"]] == ["0x" + draft.terms.hex() for draft in drafts[:100]]


@pytest.mark.parametrize("count", [0, 101])
def test_a_batch_of_none_or_of_more_is_refused(consents, drafts, relayer, count):
    """[C-024]"""
    with refused("ConsentRegistry_BadBatch", count):
        consents.grantBatch([item(draft) for draft in drafts[:count]], {"from": relayer})


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_bad_item_does_not_hold_up_the_others(consents, world, drafts, relayer, stranger, place):
    """[C-024]"""
    items = [item(draft, stranger if number == place else None) for number, draft in enumerate(drafts[:3])]
    consents.grantBatch(items, {"from": relayer})
    assert [world.status_of(draft) for draft in drafts[:3]] == [int(number != place) for number in range(3)]


def test_a_bad_item_is_reported_with_its_place_and_reason(consents, drafts, relayer, stranger, patient):
    """[C-024]"""
    tx = consents.grantBatch([item(drafts[0]), item(drafts[1], stranger)], {"from": relayer})
    assert dict(tx.events["GrantSkipped"]) == {
        "index": 1,
        "patient": patient,
        "reason": selector("Signatures_WrongSigner"),
    }


def test_every_fault_is_reported_as_it_would_be_met_alone(consents, world, patient, hospital, relayer):
    """[C-024] [C-023]"""
    time = now()
    draft = world.draft(patient, hospital)
    revoked = world.granted(patient, hospital, statement="Revoked.")
    consents.revoke(hospital, revoked.terms, {"from": patient})
    good = draft.by()
    cases = [
        ("ConsentRegistry_AlreadyRevoked", item(revoked)),
        ("ConsentRegistry_ZeroGrantee", item(world.draft(patient, ZERO_ADDRESS))),
        ("ConsentRegistry_StatusSet", item(world.draft(patient, hospital, status=1))),
        ("ConsentRegistry_BadActions", item(world.draft(patient, hospital, actions=32))),
        ("ConsentRegistry_BadPurposes", item(world.draft(patient, hospital, purposes=1 << 62))),
        ("ConsentRegistry_BadScope", item(world.draft(patient, hospital, scope=1))),
        ("ConsentRegistry_BadPeriod", item(world.draft(patient, hospital, not_before=0))),
        ("ConsentRegistry_TooLong", item(world.draft(patient, hospital, not_after=time + 2000 * DAY))),
        ("ConsentRegistry_IssuedInFuture", item(world.draft(patient, hospital, issued_at=time + DAY))),
        ("ConsentRegistry_Stale", item(world.draft(patient, hospital, issued_at=time - 7 * DAY))),
        ("Signatures_BadLength", (*good[:-1], good[-1][:64])),
        ("Signatures_HighS", (*good[:-1], good[-1][:32] + b"\xff" * 32 + good[-1][64:])),
        ("Signatures_BadV", (*good[:-1], good[-1][:64] + b"\0")),
        ("Signatures_WrongSigner", item(draft, relayer)),
    ]
    tx = consents.grantBatch([case for _, case in cases] + [good], {"from": relayer})
    assert [event["reason"] for event in tx.events["GrantSkipped"]] == [selector(error) for error, _ in cases]
    assert world.status_of(draft) == 1


def test_an_item_in_place_is_passed_over_in_silence(consents, world, drafts, patient, relayer):
    """[C-011]"""
    consents.grant(*drafts[0].direct, {"from": patient})
    tx = consents.grantBatch([item(drafts[0]), item(drafts[1])], {"from": relayer})
    assert len(tx.events) == 1


def test_an_item_twice_in_a_batch_counts_once(consents, drafts, relayer):
    """[C-011]"""
    assert len(consents.grantBatch([item(drafts[0])] * 2, {"from": relayer}).events) == 1


def test_a_batch_serves_several_patients(consents, world, patient, other_patient, hospital, relayer):
    """[C-024]"""
    drafts = [world.draft(who, hospital) for who in (patient, other_patient)]
    consents.grantBatch([item(draft) for draft in drafts], {"from": relayer})
    assert [world.why_not(draft) for draft in drafts] == [0, 0]


def test_a_batch_of_a_hundred_revocations(consents, world, drafts, relayer):
    """[C-024] [C-013] Also of consents never granted."""
    consents.grantBatch([item(draft) for draft in drafts[:10]], {"from": relayer})
    consents.revokeBatch([ending(world, draft) for draft in drafts[:100]], {"from": relayer})
    assert {world.status_of(draft) for draft in drafts[:100]} == {2}


@pytest.mark.parametrize("count", [0, 101])
def test_a_batch_of_no_or_more_revocations_is_refused(consents, world, drafts, relayer, count):
    """[C-024]"""
    with refused("ConsentRegistry_BadBatch", count):
        consents.revokeBatch([ending(world, draft) for draft in drafts[:count]], {"from": relayer})


def test_one_bad_revocation_does_not_hold_up_the_others(consents, world, drafts, relayer, stranger, patient):
    """[C-024] [C-013]"""
    consents.grantBatch([item(draft) for draft in drafts[:3]], {"from": relayer})
    items = [ending(world, draft, stranger if number == 1 else None) for number, draft in enumerate(drafts[:3])]
    tx = consents.revokeBatch(items, {"from": relayer})
    assert [world.status_of(draft) for draft in drafts[:3]] == [2, 1, 2]
    assert dict(tx.events["RevocationSkipped"]) == {
        "index": 1,
        "patient": patient,
        "reason": selector("Signatures_WrongSigner"),
    }


def test_every_fault_of_a_revocation_is_reported(consents, world, drafts, relayer):
    """[C-024] [T-001] [T-002] [T-003]"""
    good = ending(world, drafts[0])
    cases = {
        "Signatures_BadLength": good[-1][:64],
        "Signatures_HighS": good[-1][:32] + b"\xff" * 32 + good[-1][64:],
        "Signatures_BadV": good[-1][:64] + b"\x1d",
        "Signatures_WrongSigner": ending(world, drafts[0], relayer)[-1],
    }
    tx = consents.revokeBatch([(*good[:-1], signature) for signature in cases.values()], {"from": relayer})
    assert [event["reason"] for event in tx.events["RevocationSkipped"]] == [selector(error) for error in cases]


def test_a_revocation_twice_in_a_batch_counts_once(consents, world, drafts, relayer):
    """[C-014]"""
    assert len(consents.revokeBatch([ending(world, drafts[0])] * 2, {"from": relayer}).events) == 1


def test_a_batch_of_wallets_is_left_out(consents, world, wallet_consent, relayer):
    """[C-024] Contract wallets have their own entry."""
    tx = consents.grantBatch([wallet_consent], {"from": relayer})
    assert tx.events["GrantSkipped"]["reason"] == selector("Signatures_WrongSigner")


@pytest.fixture
def wallet_consent(world, stranger, hospital):
    """A consent of a contract wallet, signed by its owner."""
    from brownie import TestWallet

    wallet = stranger.deploy(TestWallet, stranger)
    return world.draft(low(wallet), hospital).by(stranger)
