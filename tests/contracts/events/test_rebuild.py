"""Whoever has the events has the whole state: a scenario that touches everything, and the state made again."""

from __future__ import annotations

import gzip
import json

import pytest
from brownie import TestService, web3

from medshare.consent.terms import request_digest
from medshare.digest import digest_of, keccak
from medshare.hexadecimal import ZERO_32
from medshare.ledger.abi import event_shapes
from medshare.ledger.events import CLASSES
from medshare.typed_data import Confirm
from tests.contracts.chainclock import DAY, mine_at, now, rpc
from tests.contracts.people import low, newcomer
from tests.contracts.rebuild import Rebuilt
from tests.contracts.world import ALL_POWERS, GATEWAY, SERVICE, as_tuple

ROOTS = [keccak(f"root {number}".encode()) for number in range(4)]
LEAVES = [keccak(f"leaf {number}".encode()) for number in range(6)]
TWO_DAYS = 172_800


@pytest.fixture(scope="module")
def lived(world, people):
    """Everything that can happen, at least once, also what changes nothing and what is refused in a batch."""
    people = dict(people)
    _participants(world, people)
    _consents(world, people)
    _requests(world, people)
    _records(world, people)
    _audit(world, people)
    _moving(world, people)
    return world


def _participants(world, people):
    participants, hospital = world.participants, people["hospital"]
    nurse, porter = newcomer("nurse"), newcomer("porter")
    world.register(newcomer("baby"))
    participants.setDirectory(ROOTS[0], 2, {"from": people["patient"]})
    participants.publishKey(b"key one", 1, {"from": hospital})
    participants.publishKey(b"key two", 2, {"from": hospital})
    world.join(nurse, hospital)
    world.join(nurse, hospital, GATEWAY)
    world.join(porter, hospital)
    participants.removeStaff(nurse, {"from": hospital})
    world.suspend(porter)
    participants.removeStaff(porter, {"from": hospital})
    world.join(nurse, people["other_hospital"])
    world.suspend(people["insurer"])
    world.accredit(people["insurer"], 34, b"a new record")
    world.suspend(people["laboratory"])
    world.reinstate(people["laboratory"])
    dismissed = newcomer("dismissed")
    world.join(dismissed, hospital)
    world.suspend(dismissed)
    participants.removeStaff(dismissed, {"from": hospital})
    world.reinstate(dismissed)
    world.accredit(people["deployer"].deploy(TestService), SERVICE)


def _consents(world, people):
    consents, patient, relayer = world.consents, people["patient"], people["relayer"]
    granted = world.granted(patient, people["hospital"])
    kept = world.granted(patient, people["researcher"])
    consents.grantBySig(*kept.by(), {"from": relayer})
    consents.revoke(people["hospital"], granted.terms, {"from": patient})
    never = world.draft(patient, people["hospital"], statement="Never sent.")
    consents.revoke(people["hospital"], never.terms, {"from": patient})
    batch = [world.draft(patient, people["hospital"], statement=f"{number}") for number in range(3)]
    signed = [draft.by(people["stranger"] if number == 1 else None) for number, draft in enumerate(batch)]
    consents.grantBatch(signed, {"from": relayer})
    ends = [(patient, people["hospital"], draft.terms, world.sign(patient, draft.revocation)) for draft in batch[:2]]
    consents.revokeBatch([*ends, (*ends[0][:3], bytes(65))], {"from": relayer})
    consents.lockdown({"from": people["other_patient"]})
    mine_at(now() + 10)
    consents.lockdown({"from": people["other_patient"]})
    world.delegate(patient, people["delegate"], ALL_POWERS, now() + 400 * DAY)
    world.delegate(patient, people["stranger"], 1)
    world.delegate(patient, people["stranger"], 0)
    consents.grantBy(*world.draft(patient, people["insurer"]).signed_by(people["delegate"]), {"from": relayer})


def _requests(world, people):
    requests, who = world.requests, people["researcher"]
    opening = world.opening(people["patient"], who, who)
    requests.open(request_digest(opening), now() + DAY, {"from": who})
    requests.open(ROOTS[0], now() + DAY, {"from": who})
    requests.open(ROOTS[1], now() + DAY, {"from": people["clinician"]})
    requests.withdraw(ROOTS[0], {"from": who})
    answer = world.answer(opening)
    signature = world.sign(people["patient"], answer.message)
    arguments = (as_tuple(opening), answer.word.pack(), answer.statement_hash, signature)
    requests.approve(*arguments, {"from": people["relayer"]})


def _records(world, people):
    records, hospital = world.records, people["hospital"]
    records.anchor(ROOTS[0], 7, [], {"from": hospital})
    records.anchor(ROOTS[1], 2**32 - 1, LEAVES[:2], {"from": people["clinician"]})
    records.anchor(ROOTS[2], 1, LEAVES[1:3], {"from": hospital})
    records.anchor(ROOTS[0], 9, LEAVES, {"from": people["other_hospital"]})
    records.anchor(ROOTS[0], 9, LEAVES, {"from": hospital})
    records.retract(LEAVES[0], 255, {"from": hospital})
    records.retract(LEAVES[3], 1, {"from": hospital})
    three = sorted((people[name] for name in ("validator", "second_validator", "third_validator")), key=low)
    message = Confirm(provider=low(hospital), root=ROOTS[1])
    signatures = b"".join(world.sign(one, message) for one in three)
    records.confirm(hospital, ROOTS[1], three, signatures, {"from": people["relayer"]})
    records.erase(LEAVES[0], {"from": people["patient"]})
    records.erase(LEAVES[0], {"from": people["patient"]})
    records.eraseAll(people["other_patient"], [], b"", {"from": people["other_patient"]})
    data = records.setQuorum.encode_input(5)
    world.manager.schedule(records, data, 0, {"from": people["regulator"]})
    mine_at(now() + TWO_DAYS)
    records.setQuorum(5, {"from": people["regulator"]})


def _audit(world, people):
    gateway = people["gateway"]
    world.audit.anchor(ZERO_32, ROOTS[0], ROOTS[1], 3, {"from": gateway})
    previous = digest_of(("bytes32", "bytes32", "bytes32", "uint32"), ZERO_32, ROOTS[0], ROOTS[1], 3)
    world.audit.anchor(previous, ROOTS[1], ROOTS[2], 0, {"from": gateway})
    world.audit.anchor(previous, ROOTS[1], ROOTS[2], 0, {"from": gateway})


def _moving(world, people):
    world.participants.setRecovery(
        people["patient"], people["stranger"], world.seq(people["patient"]) + 1, {"from": people["patient"]}
    )
    number = world.seq(people["patient"]) + 1
    world.participants.setRecovery(people["patient"], people["recovery"], number, {"from": people["stranger"]})
    world.move(people["patient"], people["next_patient"], people["recovery"])


@pytest.fixture(scope="module")
def happened(lived):
    """Every event of the five contracts, with the second of its block."""
    addresses = addresses_of(lived)
    logs = web3.eth.get_logs({"fromBlock": 0, "address": [contract.address for contract in addresses.values()]})
    names = {low(contract): name for name, contract in addresses.items()}
    found = []
    for log in logs:
        shapes = event_shapes(names[log["address"].lower()])
        topics = [bytes(topic) for topic in log["topics"]]
        # OpenZeppelin's AuthorityUpdated and EIP712DomainChanged are no state of ours.
        if topics[0] in shapes:
            event = shapes[topics[0]].decode(topics, bytes(log["data"]))
            found.append((event, int(web3.eth.get_block(log["blockNumber"])["timestamp"])))
    return found


def addresses_of(world):
    return {
        "ParticipantRegistry": world.participants,
        "ConsentRegistry": world.consents,
        "AccessRequests": world.requests,
        "RecordRegistry": world.records,
        "AuditLog": world.audit,
    }


def stored(world):
    """Every slot of every contract, as the node keeps it."""
    dump = bytes.fromhex(rpc("anvil_dumpState")[2:])
    accounts = {who.lower(): kept for who, kept in json.loads(gzip.decompress(dump))["accounts"].items()}
    return {
        name: {
            int(slot, 16): int(value, 16)
            for slot, value in accounts[low(contract)]["storage"].items()
            if int(value, 16)
        }
        for name, contract in addresses_of(world).items()
    }


def without_openzeppelins(name, kept):
    """Slot 0 of what is managed names the access manager."""
    managed = name in ("ParticipantRegistry", "RecordRegistry")
    return {slot: value for slot, value in kept.items() if not (managed and slot == 0)}


def test_every_event_happened(happened):
    """[G-003] The scenario leaves none out."""
    assert {type(event) for event, _ in happened} == set(CLASSES.values())


@pytest.mark.parametrize(
    "name", ["ParticipantRegistry", "ConsentRegistry", "AccessRequests", "RecordRegistry", "AuditLog"]
)
def test_the_events_give_the_whole_state(lived, happened, name):
    """[G-003] Every slot, and not one more."""
    rebuilt = Rebuilt().take(happened).storage()
    assert rebuilt[name] == without_openzeppelins(name, stored(lived)[name])


def test_the_views_say_the_same(lived, happened):
    """[G-003]"""
    rebuilt = Rebuilt().take(happened)
    for who, account in rebuilt.accounts.items():
        assert lived.participants.account(who) == account.pack()
    for who, mark in rebuilt.marks.items():
        assert lived.consents.lockedAt(who) == mark
    for (provider, root), word in rebuilt.anchors.items():
        assert lived.records.anchorOf(provider, root) == (word >> 40, word >> 8 & 0xFFFFFFFF, word & 0xFF)
    assert lived.records.validatorsNeeded() == rebuilt.quorum


def test_one_event_less_gives_another_state(lived, happened):
    """[G-003] None of them is only for show, but for what batches left out and what a later one replaced."""
    whole = Rebuilt().take(happened).storage()
    different = [type(event) for place, (event, _) in enumerate(happened) if _without(happened, place) != whole]
    skipped = {"GrantSkipped", "RevocationSkipped"}
    assert {kind.__name__ for kind in different} >= {kind.__name__ for kind in CLASSES.values()} - skipped


def _without(happened, place):
    try:
        return Rebuilt().take(happened[:place] + happened[place + 1 :]).storage()
    except KeyError:
        return None  # a confirmation without its anchor
