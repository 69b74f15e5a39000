"""Each gateway continues its own chain of audit anchors; a gap or a rewritten past is refused."""

from __future__ import annotations

import pytest

from medshare.digest import digest_of, keccak
from medshare.hexadecimal import ZERO_32
from tests.contracts.people import newcomer
from tests.contracts.refusals import refused
from tests.contracts.world import GATEWAY

RECEIPTS, HEADS = keccak(b"receipts"), keccak(b"heads")


def head(previous, receipts=RECEIPTS, heads=HEADS, count=5):
    return digest_of(("bytes32", "bytes32", "bytes32", "uint32"), previous, receipts, heads, count)


def test_a_gateway_anchors(audit, gateway, hospital):
    """[A-001]"""
    event = audit.anchor(ZERO_32, RECEIPTS, HEADS, 5, {"from": gateway}).events["Anchored"]
    assert dict(event) == {
        "gateway": gateway,
        "institution": hospital,
        "head": "0x" + head(ZERO_32).hex(),
        "receipts": "0x" + RECEIPTS.hex(),
        "heads": "0x" + HEADS.hex(),
        "count": 5,
    }
    assert audit.headOf(gateway) == "0x" + head(ZERO_32).hex()


@pytest.mark.parametrize(
    "name", ["hospital", "clinician", "patient", "researcher", "regulator", "deployer", "stranger"]
)
def test_nobody_else_anchors(audit, people, name):
    """[A-001] C01: not even the institution itself."""
    with refused("AuditLog_NotGateway", people[name]):
        audit.anchor(ZERO_32, RECEIPTS, HEADS, 5, {"from": people[name]})


def test_a_suspended_gateway_does_not_anchor(audit, world, gateway):
    """[A-001]"""
    world.suspend(gateway)
    with refused("AuditLog_NotGateway", gateway):
        audit.anchor(ZERO_32, RECEIPTS, HEADS, 5, {"from": gateway})


def test_a_dismissed_gateway_does_not_anchor(audit, participants, gateway, hospital):
    """[A-001]"""
    participants.removeStaff(gateway, {"from": hospital})
    with refused("AuditLog_NotGateway", gateway):
        audit.anchor(ZERO_32, RECEIPTS, HEADS, 5, {"from": gateway})


def test_a_gateway_without_its_bit_does_not_anchor(audit, world, gateway, hospital):
    """[A-001]"""
    world.join(gateway, hospital, 0)
    with refused("AuditLog_NotGateway", gateway):
        audit.anchor(ZERO_32, RECEIPTS, HEADS, 5, {"from": gateway})


def test_the_gateway_of_a_suspended_institution_still_logs(audit, world, gateway, hospital):
    """[A-001] What it logs is evidence; a refused anchor would be a gap."""
    world.suspend(hospital)
    audit.anchor(ZERO_32, RECEIPTS, HEADS, 5, {"from": gateway})
    assert audit.headOf(gateway) == "0x" + head(ZERO_32).hex()


def test_an_anchor_continues_the_one_before(audit, gateway):
    """[A-002]"""
    first = head(ZERO_32)
    audit.anchor(ZERO_32, RECEIPTS, HEADS, 5, {"from": gateway})
    audit.anchor(first, HEADS, RECEIPTS, 0, {"from": gateway})
    assert audit.headOf(gateway) == "0x" + head(first, HEADS, RECEIPTS, 0).hex()


@pytest.mark.parametrize("previous", [RECEIPTS, keccak(b"a rewritten past")])
def test_the_first_anchor_continues_nothing(audit, gateway, previous):
    """[A-002]"""
    with refused("AuditLog_NotContinued", previous, ZERO_32):
        audit.anchor(previous, RECEIPTS, HEADS, 5, {"from": gateway})


def test_a_stale_anchor_is_refused(audit, gateway):
    """[A-002] Two sheets after the same one are a fork."""
    audit.anchor(ZERO_32, RECEIPTS, HEADS, 5, {"from": gateway})
    with refused("AuditLog_NotContinued", ZERO_32, head(ZERO_32)):
        audit.anchor(ZERO_32, RECEIPTS, HEADS, 6, {"from": gateway})


def test_the_same_anchor_again_changes_nothing(audit, gateway):
    """[A-002] E01."""
    audit.anchor(ZERO_32, RECEIPTS, HEADS, 5, {"from": gateway})
    assert not audit.anchor(ZERO_32, RECEIPTS, HEADS, 5, {"from": gateway}).events


def test_an_older_anchor_is_not_the_same_again(audit, gateway):
    """[A-002]"""
    audit.anchor(ZERO_32, RECEIPTS, HEADS, 5, {"from": gateway})
    audit.anchor(head(ZERO_32), RECEIPTS, HEADS, 5, {"from": gateway})
    with refused("AuditLog_NotContinued", ZERO_32, head(head(ZERO_32))):
        audit.anchor(ZERO_32, RECEIPTS, HEADS, 5, {"from": gateway})


def test_each_gateway_has_its_own_chain(audit, world, gateway, other_hospital):
    """[A-002] C03."""
    other = newcomer("another gateway")
    world.join(other, other_hospital, GATEWAY)
    audit.anchor(ZERO_32, RECEIPTS, HEADS, 5, {"from": gateway})
    audit.anchor(ZERO_32, HEADS, RECEIPTS, 1, {"from": other})
    assert audit.headOf(other) == "0x" + head(ZERO_32, HEADS, RECEIPTS, 1).hex()


def test_a_gateway_that_changed_houses_keeps_its_chain(audit, world, participants, gateway, hospital, other_hospital):
    """[A-002]"""
    audit.anchor(ZERO_32, RECEIPTS, HEADS, 5, {"from": gateway})
    participants.removeStaff(gateway, {"from": hospital})
    world.join(gateway, other_hospital, GATEWAY)
    event = audit.anchor(head(ZERO_32), RECEIPTS, HEADS, 5, {"from": gateway}).events["Anchored"]
    assert event["institution"] == other_hospital
