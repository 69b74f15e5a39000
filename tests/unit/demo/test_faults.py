"""Twelve planted faults: each opens one clause of the release rule, and only that one."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from medshare.consent.rules import Reason
from medshare.demo.faults import FAULTS, NoSuchFault, check_fault, rule_with
from medshare.ledger import Block, RecordStatus
from medshare.release.rule import Asked, Consented, Facts, Ground, Kept, decide

GATEWAY, PATIENT, READER = ("0x" + one * 20 for one in ("0a", "0b", "0c"))
NOW = 1_800_000_000
SLOT, TREAT = 7, 60
GOOD = Facts(
    me=GATEWAY,
    asked=Asked(
        gateway=GATEWAY,
        patient=PATIENT,
        accessor=READER,
        slot=SLOT,
        purpose=TREAT,
        action=1,
        history=False,
        at=NOW,
        names_leaf=True,
    ),
    now=NOW,
    head=Block(number=1, hash=bytes(32), time=NOW),
    head_max_age=36,
    nonce_used=False,
    speaks_for_patient=False,
    consented=Consented(
        terms_match=True,
        reason_at_head=Reason.PERMITTED,
        reason_at_final=Reason.PERMITTED,
        not_after=NOW + 1_000,
        revocation_seen=False,
        slot_granted=True,
    ),
    kept=Kept(slot=SLOT, covered=True, status=RecordStatus.CONFIRMED, erasure_seen=False),
)


def consented(**changes: object) -> Facts:
    return replace(GOOD, consented=replace(GOOD.consented, **changes))


def kept(**changes: object) -> Facts:
    return replace(GOOD, kept=replace(GOOD.kept, **changes))


# What the gateway of each fault lets through, and nothing else does.
OPENED = {
    "gateway-ignores-scope": replace(consented(reason_at_head=Reason.SLOT), kept=replace(GOOD.kept, slot=SLOT + 1)),
    "gateway-ignores-purpose": consented(reason_at_head=Reason.PURPOSE),
    "gateway-ignores-stranger": consented(reason_at_head=Reason.NOT_ACCESSOR),
    "gateway-ignores-beginning": consented(reason_at_head=Reason.EARLY),
    "gateway-ignores-end": consented(reason_at_head=Reason.ENDED, not_after=NOW),
    "gateway-ignores-revocation": consented(reason_at_head=Reason.REVOKED, revocation_seen=True),
    "gateway-shows-superseded": kept(status=RecordStatus.SUPERSEDED),
}
ALWAYS_SHUT = {
    "other gateway": replace(GOOD, me=READER),
    "old request": replace(GOOD, now=NOW + 600),
    "nonce": replace(GOOD, nonce_used=True),
    "stale head": replace(GOOD, head=Block(number=1, hash=bytes(32), time=NOW - 37)),
    "no consent": replace(GOOD, consented=None),
    "other terms": consented(terms_match=False),
    "locked": consented(reason_at_head=Reason.LOCKED),
    "never": consented(reason_at_head=Reason.NEVER),
    "suspended": consented(reason_at_head=Reason.GRANTEE_SUSPENDED),
    "no document": replace(GOOD, kept=None),
    "erased": kept(status=RecordStatus.ERASED),
    "erasure seen": kept(erasure_seen=True),
    "other patient": kept(covered=False),
    "retracted": kept(status=RecordStatus.RETRACTED),
    "not confirmed": kept(status=RecordStatus.ANCHORED),
}


def test_there_are_twelve_faults_and_each_breaks_an_assertion_of_its_own():
    assert len(FAULTS) == len(set(FAULTS.values())) == 12
    assert {fault for fault in FAULTS if fault.startswith("gateway-")} == set(OPENED)


@pytest.mark.parametrize("name", ["", *FAULTS])
def test_a_known_fault_or_none_is_taken(name: str):
    assert check_fault(name) == name


@pytest.mark.parametrize("name", ["gateway", "GATEWAY-IGNORES-SCOPE", " "])
def test_another_name_is_refused_and_the_known_ones_are_listed(name: str):
    with pytest.raises(NoSuchFault) as caught:
        check_fault(name)
    assert caught.value.exit_code == 2
    assert all(fault in str(caught.value) for fault in FAULTS)


@pytest.mark.parametrize("fault", ["", *(fault for fault in FAULTS if fault not in OPENED)])
def test_a_fault_that_is_not_the_gateways_leaves_the_rule_as_it_is(fault: str):
    assert rule_with(fault) is decide


@pytest.mark.parametrize(("fault", "case"), list(itertools.product(OPENED, OPENED)))
def test_a_faulty_gateway_opens_its_own_door_and_no_other(fault: str, case: str):
    assert decide(OPENED[case]) is not Ground.RELEASED
    assert (rule_with(fault)(OPENED[case]) is Ground.RELEASED) == (fault == case)


@pytest.mark.parametrize("fault", OPENED)
def test_what_a_consent_opens_stays_open(fault: str):
    assert rule_with(fault)(GOOD) is decide(GOOD) is Ground.RELEASED


@pytest.mark.parametrize(("fault", "case"), list(itertools.product(OPENED, ALWAYS_SHUT)))
def test_every_other_clause_still_holds_with_its_own_reason(fault: str, case: str):
    facts = ALWAYS_SHUT[case]
    assert rule_with(fault)(facts) is decide(facts) is not Ground.RELEASED
