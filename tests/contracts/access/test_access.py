"""The matrix of access: role × function × state, each cell tried on the chain (C01)."""

from __future__ import annotations

from functools import cache

import pytest
from brownie import TestService, web3

from medshare.consent.terms import request_digest
from medshare.digest import keccak
from tests.contracts.access.calls import DIGEST, INNER, ROOT, Stage, call
from tests.contracts.access.matrix import EVERYONE, MATRIX, ROLES, STATES
from tests.contracts.chainclock import DAY, mine_at, now, rpc
from tests.contracts.people import newcomer
from tests.contracts.refusals import errors
from tests.contracts.world import GATEWAY, INSTITUTION, SERVICE


@pytest.fixture(autouse=True)
def _isolation():
    """Nothing here is mined: every cell is only tried."""


@pytest.fixture(scope="module")
def cast(world, people):
    """Every role of the matrix, and the acts that the states are about."""
    cast = dict(people) | {
        name: newcomer(name)
        for name in (
            "removed_staff",
            "suspended_staff",
            "suspended_hospital",
            "staff_of_suspended",
            "gateway_of_suspended",
            "powerless",
        )
    }
    cast["service"] = people["deployer"].deploy(TestService)
    world.accredit(cast["service"], SERVICE)
    world.accredit(cast["suspended_hospital"], INSTITUTION)
    world.join(cast["removed_staff"], cast["hospital"])
    world.join(cast["suspended_staff"], cast["hospital"])
    world.join(cast["staff_of_suspended"], cast["suspended_hospital"])
    world.join(cast["gateway_of_suspended"], cast["suspended_hospital"], GATEWAY)
    world.participants.removeStaff(cast["removed_staff"], {"from": cast["hospital"]})
    world.suspend(cast["suspended_staff"])
    world.suspend(cast["suspended_hospital"])
    return cast


@pytest.fixture(scope="module")
def ordinary(world, cast):
    """The patient has delegates, a recovery address, an open request and an anchored tree."""
    patient = cast["patient"]
    # Named in the past, so that a lockdown now leaves later consents good.
    for name, powers in (("delegate", 15), ("powerless", 48)):
        world.delegate(patient, cast[name], powers, now() + 60 * DAY)
    world.participants.setRecovery(patient, cast["recovery"], world.seq(patient) + 1, {"from": patient})
    opening = world.opening(patient, cast["researcher"], cast["researcher"], not_after=now() + 30 * DAY)
    world.requests.open(request_digest(opening), now() + 10 * DAY, {"from": cast["researcher"]})
    world.records.anchor(ROOT, 1, [], {"from": cast["laboratory"]})
    consent = world.draft(patient, cast["hospital"], not_after=now() + 30 * DAY)
    return Stage(world, cast, consent, opening, world.answer(opening), now())


@pytest.fixture(scope="module", params=STATES)
def stage(request, ordinary):
    """The same in each state in turn; the chain goes back afterwards."""
    snapshot = rpc("evm_snapshot")
    turn(ordinary, request.param)
    yield Stage(
        ordinary.world,
        ordinary.people,
        ordinary.consent,
        ordinary.opening,
        ordinary.answer,
        ordinary.joined_at,
        request.param,
    )
    rpc("evm_revert", snapshot)


def turn(stage: Stage, state: str) -> None:
    """Bring a state about."""
    world, cast = stage.world, stage.people
    patient, relayer = cast["patient"], {"from": cast["relayer"]}
    if state == "ended":
        world.consents.revoke(cast["hospital"], stage.consent.terms, {"from": patient})
        _, arguments, _ = call(stage, row_of("approve"), "patient")
        world.requests.approve(*arguments, relayer)
        world.records.retract(DIGEST, 1, {"from": cast["hospital"]})
        world.records.erase(INNER, {"from": patient})
        _, arguments, _ = call(stage, row_of("confirm"), "validator")
        world.records.confirm(*arguments, relayer)
    elif state == "locked":
        world.consents.lockdown({"from": patient})
    elif state == "moved":
        world.move(patient, cast["next_patient"], cast["recovery"])
    elif state == "late":
        mine_at(now() + 100 * DAY)


def row_of(function: str):
    return next(row for row in MATRIX if row.function == function)


def tried(stage: Stage, row, roles: list[str]) -> dict[str, str]:
    """For each role empty if its cell succeeds, else the name of the error that it meets. One question to the node."""
    batch = []
    for role in roles:
        function, arguments, sender = call(stage, row, role)
        sent = {"from": sender.address, "to": function._address, "data": function.encode_input(*arguments)}
        batch.append(("eth_call", [sent, "latest"]))
    answers = web3.provider.make_batch_request(batch)
    return {role: met(answer) for role, answer in zip(roles, answers, strict=True)}


@cache
def names() -> dict[str, str]:
    """The custom errors by their selectors."""
    return {keccak(f"{name}({','.join(kinds)})".encode())[:4].hex(): name for name, kinds in errors().items()}


def met(answer: dict) -> str:
    if "error" not in answer:
        return ""
    return names()[answer["error"]["data"][2:10]]


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: f"{row.contract}.{row.function}-{row.by}")
def test_only_who_is_listed_may(stage, row):
    """[P-003] [P-001] [D-001] [C-013] [D-011] [A-001] [Q-003] C01: and everyone else meets the error that is listed."""
    roles = [role for role in ROLES if row.by == "caller" or role != "service"]
    outcomes = tried(stage, row, roles)
    allowed = row.allowed(stage.state)
    surprises = {
        role: error or "may"
        for role, error in outcomes.items()
        if bool(error) == (role in allowed) or (error and error != (row.refusal(stage.state) or error))
    }
    assert not surprises, f"{stage.state}: {surprises}"


def test_every_function_has_a_row(world):
    """[G-003] C01: a new function fails here until the matrix says who may call it."""
    contracts = ("participants", "consents", "requests", "records", "audit")
    functions = {
        (name, entry["name"])
        for name in contracts
        for entry in getattr(world, name).abi
        if entry["type"] == "function" and entry["stateMutability"] not in ("view", "pure")
    }
    assert functions == {(row.contract, row.function) for row in MATRIX}


def test_every_row_speaks_of_known_roles_and_states():
    """[P-003] A slip of the pen in the table is no hole."""
    for row in MATRIX:
        assert set(row.may) | set(row.error) <= set(STATES)
        assert all(names <= EVERYONE for names in row.may.values())


def test_no_contract_takes_money_or_has_a_fallback(world, relayer):
    """[P-011] C01: nothing but the functions of the table."""
    for contract in (world.participants, world.consents, world.requests, world.records, world.audit):
        for entry in contract.abi:
            assert entry["type"] not in ("fallback", "receive")
            assert entry.get("stateMutability") != "payable"
        with pytest.raises(RuntimeError, match="revert"):
            rpc("eth_call", {"from": relayer.address, "to": contract.address, "data": "0xdeadbeef"}, "latest")
