"""Confirming: as many distinct active validators as the quorum says, and never the provider."""

from __future__ import annotations

import pytest

from medshare.digest import keccak
from medshare.hexadecimal import ZERO_ADDRESS
from medshare.typed_data import Confirm, recover
from tests.contracts.chainclock import mine_at, now
from tests.contracts.people import low, newcomer
from tests.contracts.refusals import refused
from tests.contracts.world import INSTITUTION, VALIDATOR

ROOT = keccak(b"root")
TWO_DAYS = 172_800


@pytest.fixture(autouse=True)
def _anchored(records, hospital):
    records.anchor(ROOT, 1, [], {"from": hospital})


@pytest.fixture(scope="module")
def more_validators(world):
    """Thirty more validators, in rising order."""
    found = sorted((newcomer(f"validator {number}") for number in range(33)), key=low)
    for one in found:
        world.accredit(one, VALIDATOR)
    return found


def signed(world, provider, root, signers):
    message = Confirm(provider=low(provider), root=root)
    return provider, root, signers, b"".join(world.sign(signer, message) for signer in signers)


def test_three_validators_confirm(records, confirmation, hospital, stranger):
    """[D-006] Anyone carries their signatures."""
    event = records.confirm(*confirmation(hospital, ROOT), {"from": stranger}).events["Confirmed"]
    assert dict(event) == {"provider": hospital, "root": "0x" + ROOT.hex(), "confirmations": 3}
    assert records.anchorOf(hospital, ROOT)[2] == 3


@pytest.mark.parametrize("names", [("validator",), ("validator", "second_validator")])
def test_fewer_than_the_quorum_do_not(records, confirmation, hospital, relayer, names):
    """[D-006]"""
    with refused("RecordRegistry_TooFewSignatures", len(names), 65 * len(names), 3):
        records.confirm(*confirmation(hospital, ROOT, *names), {"from": relayer})


def test_nobody_confirms_with_nobody(records, hospital, relayer):
    """[D-006]"""
    with refused("RecordRegistry_TooFewSignatures", 0, 0, 3):
        records.confirm(hospital, ROOT, [], b"", {"from": relayer})


def test_each_signer_has_a_signature(records, confirmation, hospital, relayer):
    """[D-006]"""
    provider, root, signers, signatures = confirmation(hospital, ROOT)
    for wrong in (signatures[:130], signatures[:-1], signatures + b"\0", signatures * 2, b""):
        with refused("RecordRegistry_TooFewSignatures", 3, len(wrong), 3):
            records.confirm(provider, root, signers, wrong, {"from": relayer})


def test_nobody_counts_twice(records, world, hospital, validator, second_validator, relayer):
    """[D-006] E05."""
    first, second = sorted((validator, second_validator), key=low)
    for signers in ([first, first, second], [first, second, second]):
        with refused("RecordRegistry_UnsortedSigners", *(signers[:2] if signers[0] == signers[1] else signers[1:])):
            records.confirm(*signed(world, hospital, ROOT, signers), {"from": relayer})


def test_signers_stand_in_rising_order(records, world, confirmation, hospital, relayer):
    """[D-006]"""
    signers = confirmation(hospital, ROOT)[2]
    with refused("RecordRegistry_UnsortedSigners", signers[2], signers[1]):
        records.confirm(*signed(world, hospital, ROOT, signers[::-1]), {"from": relayer})


@pytest.mark.parametrize("name", ["hospital", "laboratory", "researcher", "patient", "clinician", "regulator"])
def test_who_is_no_validator_does_not_count(records, world, people, validator, second_validator, relayer, name):
    """[D-006] C01: in particular not the provider."""
    signers = sorted((validator, second_validator, people[name]), key=low)
    with refused("RecordRegistry_NotValidator", people[name]):
        records.confirm(*signed(world, people["hospital"], ROOT, signers), {"from": relayer})


def test_the_zero_address_does_not_count(records, hospital, confirmation, relayer):
    """[D-006] E10."""
    provider, root, signers, signatures = confirmation(hospital, ROOT)
    with refused("RecordRegistry_UnsortedSigners", ZERO_ADDRESS, ZERO_ADDRESS):
        records.confirm(provider, root, [ZERO_ADDRESS, *signers], bytes(65) + signatures, {"from": relayer})


def test_a_provider_that_is_a_validator_does_not_confirm_itself(records, confirmation, validator, relayer):
    """[D-006]"""
    records.anchor(ROOT, 1, [], {"from": validator})
    with refused("RecordRegistry_NotValidator", validator):
        records.confirm(*confirmation(validator, ROOT), {"from": relayer})


def test_a_suspended_validator_does_not_count(records, world, confirmation, hospital, validator, relayer):
    """[D-006]"""
    world.suspend(validator)
    with refused("RecordRegistry_NotValidator", validator):
        records.confirm(*confirmation(hospital, ROOT), {"from": relayer})


def test_a_validator_that_lost_the_role_does_not_count(records, world, confirmation, hospital, validator, relayer):
    """[D-006]"""
    world.accredit(validator, INSTITUTION)
    with refused("RecordRegistry_NotValidator", validator):
        records.confirm(*confirmation(hospital, ROOT), {"from": relayer})


def test_the_staff_of_a_validator_does_not_sign_for_it(records, world, hospital, validator, people, relayer):
    """[D-006] The institution's own account signs."""
    nurse = newcomer("nurse")
    world.join(nurse, validator)
    signers = sorted((nurse, people["second_validator"], people["third_validator"]), key=low)
    with refused("RecordRegistry_NotValidator", nurse):
        records.confirm(*signed(world, hospital, ROOT, signers), {"from": relayer})


def test_a_confirmation_of_another_tree_is_worth_nothing(records, world, confirmation, hospital, relayer):
    """[T-007] [D-006]"""
    _, _, signers, signatures = confirmation(hospital, keccak(b"another root"))
    message = Confirm(provider=low(hospital), root=ROOT)
    with refused("Signatures_WrongSigner", signers[0], recover(message, world.domains, signatures[:65])):
        records.confirm(hospital, ROOT, signers, signatures, {"from": relayer})


def test_signatures_belong_to_their_signers(records, confirmation, hospital, relayer):
    """[D-006] In the same order."""
    provider, root, signers, signatures = confirmation(hospital, ROOT)
    turned = signatures[65:130] + signatures[:65] + signatures[130:]
    with refused("Signatures_WrongSigner", signers[0], signers[1]):
        records.confirm(provider, root, signers, turned, {"from": relayer})


def test_a_tree_that_is_not_anchored_is_not_confirmed(records, confirmation, other_hospital, relayer):
    """[D-006] Not under another provider either."""
    with refused("RecordRegistry_NotAnchored", other_hospital, ROOT):
        records.confirm(*confirmation(other_hospital, ROOT), {"from": relayer})


def test_a_later_confirmation_changes_nothing(records, confirmation, hospital, relayer):
    """[D-006]"""
    records.confirm(*confirmation(hospital, ROOT), {"from": relayer})
    assert not records.confirm(hospital, ROOT, [], b"", {"from": relayer}).events


def test_anchoring_again_keeps_the_confirmation(records, confirmation, hospital, relayer):
    """[D-002]"""
    records.confirm(*confirmation(hospital, ROOT), {"from": relayer})
    records.anchor(ROOT, 5, [], {"from": hospital})
    assert records.anchorOf(hospital, ROOT)[1:] == (1, 3)


def test_more_than_the_quorum_may_confirm(records, world, hospital, more_validators, relayer):
    """[D-006] Up to 32."""
    records.confirm(*signed(world, hospital, ROOT, more_validators[:32]), {"from": relayer})
    assert records.anchorOf(hospital, ROOT)[2] == 32


def test_33_signers_are_too_many(records, world, hospital, more_validators, relayer):
    """[D-006] C10."""
    with refused("RecordRegistry_TooMany", 33, 32):
        records.confirm(*signed(world, hospital, ROOT, more_validators), {"from": relayer})


def set_quorum(world, regulator, quorum):
    """Schedule and carry out, two days later."""
    data = world.records.setQuorum.encode_input(quorum)
    world.manager.schedule(world.records, data, 0, {"from": regulator})
    mine_at(now() + TWO_DAYS)
    return world.records.setQuorum(quorum, {"from": regulator})


@pytest.mark.parametrize("quorum", [1, 2, 16])
def test_governance_sets_the_quorum(records, world, regulator, quorum):
    """[D-011]"""
    assert set_quorum(world, regulator, quorum).events["QuorumSet"]["quorum"] == quorum
    assert records.validatorsNeeded() == quorum


@pytest.mark.parametrize("quorum", [0, 17, 255])
def test_a_quorum_lies_within_1_and_16(world, regulator, quorum):
    """[D-011]"""
    with refused("RecordRegistry_BadQuorum", quorum):
        set_quorum(world, regulator, quorum)


@pytest.mark.parametrize("name", ["hospital", "validator", "patient", "deployer", "stranger", "clinician"])
def test_nobody_else_sets_it(records, people, name):
    """[D-011] C01."""
    with refused("AccessManagedUnauthorized", people[name]):
        records.setQuorum(1, {"from": people[name]})


def test_not_even_the_regulator_sets_it_at_once(records, world, regulator):
    """[D-011] C06."""
    operation = world.manager.hashOperation(regulator, records, records.setQuorum.encode_input(1))
    with refused("AccessManagerNotScheduled", bytes(operation)):
        records.setQuorum(1, {"from": regulator})


def test_the_quorum_is_three_at_first(records):
    """[D-006]"""
    assert records.validatorsNeeded() == 3


def test_one_validator_is_enough_when_governance_says_so(records, world, regulator, confirmation, hospital, relayer):
    """[D-006] [D-011]"""
    set_quorum(world, regulator, 1)
    records.confirm(*confirmation(hospital, ROOT, "validator"), {"from": relayer})
    assert records.anchorOf(hospital, ROOT)[2] == 1


def test_a_higher_quorum_leaves_what_is_confirmed(records, world, regulator, confirmation, hospital, relayer):
    """[D-006]"""
    records.confirm(*confirmation(hospital, ROOT), {"from": relayer})
    set_quorum(world, regulator, 16)
    assert records.anchorOf(hospital, ROOT)[2] == 3
