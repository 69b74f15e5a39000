"""Every act that somebody signs, ready to be carried, so that each fault is tried on each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from brownie import TestWallet
from brownie.network.contract import ContractTx

from medshare.consent.terms import request_digest
from medshare.digest import keccak
from medshare.typed_data import (
    Accept,
    Confirm,
    Directory,
    Erase,
    EraseAll,
    Join,
    Message,
    Recovery,
    Register,
)
from tests.contracts.chainclock import DAY, now
from tests.contracts.people import low, newcomer
from tests.contracts.world import ALL_POWERS, World, as_tuple

ROOT, INNER, DIGEST = keccak(b"root"), keccak(b"inner"), keccak(b"digest")


@dataclass(frozen=True)
class Act:
    """A signed act: its message, who signs, who carries, and the call with the signature put in."""

    message: Message
    signer: Any
    carrier: Any
    function: ContractTx
    arguments: Callable[[bytes], tuple[Any, ...]]

    def tried(self, signature: bytes) -> Any:
        """Carry the act without leaving a trace: a refusal raises."""
        return self.function.call(*self.arguments(signature), {"from": self.carrier})


ACTS = (
    "registerBySig",
    "setDirectoryBySig",
    "setRecoveryBySig",
    "delegateBySig",
    "addStaff",
    "succeed",
    "grantBySig",
    "grantBy",
    "revokeBySig",
    "revokeBy",
    "lockdownBySig",
    "lockdownBy",
    "approve",
    "approveBy",
    "eraseBySig",
    "eraseBy",
    "eraseAllBySig",
    "eraseAllBy",
    "eraseAll",
    "confirm",
)
"""Names of functions: the acts of `all_acts`."""


@pytest.fixture(scope="module")
def all_acts(world, people):
    """Acts by the name of their function. The signer is the patient or a delegate with every power."""
    return {act.function._name.split(".")[1]: act for act in build(world, people)}


def build(world: World, people: dict) -> list[Act]:
    patient, delegate, relayer = people["patient"], people["delegate"], people["relayer"]
    hospital, recovery, movable = people["hospital"], people["recovery"], people["other_patient"]
    validator = people["validator"]
    baby, nurse = newcomer("baby"), newcomer("nurse")
    world.delegate(patient, delegate, ALL_POWERS, now() + 400 * DAY)
    world.participants.setRecovery(movable, recovery, 2, {"from": movable})
    world.records.anchor(ROOT, 1, [], {"from": hospital})
    time = now()
    consent = world.draft(patient, hospital)
    opening = world.opening(patient, people["researcher"], people["researcher"])
    world.requests.open(request_digest(opening), time + DAY, {"from": people["researcher"]})
    answer = world.answer(opening)
    seq = world.seq(patient) + 1
    home, who, by = low(patient), low(hospital), low(delegate)
    delegation = world.delegation(patient, people["stranger"], 1)
    erase, erase_all = Erase(patient=home, inner=INNER), EraseAll(patient=home)
    participants, consents = world.participants, world.consents
    requests, records = world.requests, world.records
    return [
        Act(
            Register(patient=low(baby), directory=DIGEST),
            baby,
            relayer,
            participants.registerBySig,
            lambda s: (baby, DIGEST, s),
        ),
        Act(
            Directory(patient=home, digest=DIGEST, seq=seq),
            patient,
            relayer,
            participants.setDirectoryBySig,
            lambda s: (patient, DIGEST, seq, s),
        ),
        Act(
            Recovery(patient=home, recovery=low(recovery), seq=seq),
            patient,
            relayer,
            participants.setRecoveryBySig,
            lambda s: (patient, recovery, seq, s),
        ),
        Act(
            delegation,
            patient,
            relayer,
            participants.delegateBySig,
            lambda s: (patient, delegation.delegate, 1, delegation.issued_at, delegation.not_after, seq, s),
        ),
        Act(
            Join(institution=who, staff=low(nurse), roles=0, at=time),
            nurse,
            hospital,
            participants.addStaff,
            lambda s: (nurse, 0, time, s),
        ),
        Act(
            Accept(patient=low(movable), next=low(people["next_patient"])),
            people["next_patient"],
            recovery,
            participants.succeed,
            lambda s: (movable, people["next_patient"], s),
        ),
        Act(consent.message, patient, relayer, consents.grantBySig, lambda s: (patient, *consent.direct, s)),
        Act(
            consent.message,
            delegate,
            relayer,
            consents.grantBy,
            lambda s: (delegate, patient, *consent.direct, s),
        ),
        Act(
            consent.revocation,
            patient,
            relayer,
            consents.revokeBySig,
            lambda s: (patient, hospital, consent.terms, s),
        ),
        Act(
            consent.revocation,
            delegate,
            relayer,
            consents.revokeBy,
            lambda s: (delegate, patient, hospital, consent.terms, s),
        ),
        Act(
            world.lockdown(patient, time),
            patient,
            relayer,
            consents.lockdownBySig,
            lambda s: (patient, time, s),
        ),
        Act(
            world.lockdown(patient, time),
            delegate,
            relayer,
            consents.lockdownBy,
            lambda s: (delegate, patient, time, s),
        ),
        Act(
            answer.message,
            patient,
            relayer,
            requests.approve,
            lambda s: (as_tuple(opening), answer.word.pack(), answer.statement_hash, s),
        ),
        Act(
            answer.message,
            delegate,
            relayer,
            requests.approveBy,
            lambda s: (by, as_tuple(opening), answer.word.pack(), answer.statement_hash, s),
        ),
        Act(erase, patient, relayer, records.eraseBySig, lambda s: (patient, [], INNER, s)),
        Act(erase, delegate, relayer, records.eraseBy, lambda s: (delegate, patient, [], INNER, s)),
        Act(erase_all, patient, relayer, records.eraseAllBySig, lambda s: (patient, [], s, b"")),
        Act(erase_all, delegate, relayer, records.eraseAllBy, lambda s: (delegate, patient, [], s, b"")),
        Act(
            EraseAll(patient=low(movable)),
            recovery,
            movable,
            records.eraseAll,
            lambda s: (movable, [], s),
        ),
        Act(
            Confirm(provider=who, root=ROOT),
            validator,
            relayer,
            records.confirm,
            lambda s: (hospital, ROOT, *in_order(world, people, validator, s)),
        ),
    ]


def in_order(world: World, people: dict, one: Any, signature: bytes) -> tuple[list[Any], bytes]:
    """The three validators in rising order with their signatures; that of `one` is given."""
    message = Confirm(provider=low(people["hospital"]), root=ROOT)
    three = sorted((people[name] for name in ("validator", "second_validator", "third_validator")), key=low)
    return three, b"".join(signature if who == one else world.sign(who, message) for who in three)


@pytest.fixture(params=ACTS)
def act(request, all_acts):
    """Each signed act in turn."""
    return all_acts[request.param]


@pytest.fixture(scope="module")
def wallet(world, people):
    """A contract wallet that its owner, the stranger, made a patient."""
    wallet = people["stranger"].deploy(TestWallet, people["stranger"])
    message = Register(patient=low(wallet), directory=DIGEST)
    signature = world.sign(people["stranger"], message)
    world.participants.registerByWallet(wallet, DIGEST, signature, {"from": people["relayer"]})
    return wallet
