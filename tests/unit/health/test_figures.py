"""The rules: from what chain and vault said to figures, and from figures to what somebody must do."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from medshare.health import Health, State, health_of, judge
from medshare.health.figures import ChainSeen, ReadsSeen, VaultSeen
from medshare.health.judging import ANSWER_SECONDS, RESERVE_GAS, UNFINALISED_BLOCKS
from medshare.ledger.errors import NodeUnreachable
from medshare.ledger.memory.writing import ADDRESSES
from medshare.ledger.types import DeploymentInfo
from medshare.outbox.differences import STOPPED_SECONDS
from medshare.vault.errors import VaultUnreachable

NOW = 1_800_000_000
GWEI = 10**9
DEPLOYMENT = DeploymentInfo(chain_id=1, addresses=dict(ADDRESSES), head_max_age=36, anchor_seconds=3600)
CHAIN = ChainSeen(
    head=500,
    head_time=NOW - 7,
    final=430,
    relay_balance=5 * 10**18,
    fee=10 * GWEI,
    oldest_waiting=NOW - 90,
    unanchored=3,
    unanchored_since=NOW - 200,
)
VAULT = VaultSeen(documents=(NOW - 30, NOW - 120), transactions=2, erasures=(NOW - 50, NOW - 5))
READS = ReadsSeen(judged=9, break_glass=1, unjudged=4)


def figures(**changes) -> Health:
    return health_of(**{"now": NOW, "chain": CHAIN, "vault": VAULT, "reads": READS, **changes})


def states(health: Health) -> dict[str, State]:
    return {one.name: one.state for one in judge(health, DEPLOYMENT)}


def test_the_figures_follow_from_what_was_seen():
    assert figures() == Health(
        head_age=7,
        unfinalised=70,
        outbox_waiting=4,
        outbox_age=120,
        receipts_unanchored=3,
        receipts_unanchored_age=200,
        reads_without_consent=0,
        reads_break_glass=1,
        reads_unjudged=4,
        relay_balance=5 * 10**18,
        relay_fee=10 * GWEI,
        erasures_unanswered=2,
        erasures_unanswered_age=50,
    )


def test_where_nothing_waits_every_age_is_zero_and_a_head_from_the_future_is_not_younger_than_that():
    chain = replace(CHAIN, head_time=NOW + 3, oldest_waiting=None, unanchored=0, unanchored_since=None, final=501)
    found = figures(chain=chain, vault=VaultSeen(documents=(), transactions=0, erasures=()))
    zero = (
        "head_age",
        "unfinalised",
        "outbox_waiting",
        "outbox_age",
        "receipts_unanchored_age",
        "erasures_unanswered_age",
    )
    assert {name: getattr(found, name) for name in zero} == dict.fromkeys(zero, 0)


@pytest.mark.parametrize(
    ("silent", "unknown"),
    [
        (
            ("chain",),
            {
                "head_age",
                "unfinalised",
                "outbox_waiting",
                "outbox_age",
                "receipts_unanchored",
                "receipts_unanchored_age",
                "relay_balance",
                "relay_fee",
            },
        ),
        (("vault",), {"outbox_waiting", "outbox_age", "erasures_unanswered", "erasures_unanswered_age"}),
        (("reads",), {"reads_without_consent", "reads_break_glass", "reads_unjudged"}),
    ],
)
def test_what_a_silent_source_would_say_is_unknown_and_never_zero(silent, unknown):
    """[OP-004]"""
    found = figures(**dict.fromkeys(silent, NodeUnreachable(node="node.internal")))
    assert {one.name for one in fields(found) if getattr(found, one.name) is None} == unknown
    assert [one.code for one in found.faults] == ["ledger.node-unreachable"]
    for point in judge(found, DEPLOYMENT):
        assert (point.figure is None) == (point.state is State.UNKNOWN)


def test_one_cause_is_told_once():
    node, vault = NodeUnreachable(node="node.internal"), VaultUnreachable(place="here")
    found = figures(chain=node, vault=vault, reads=NodeUnreachable(node="node.internal"))
    assert [one.code for one in found.faults] == [node.code, vault.code]


def test_a_gateway_that_is_well_has_nothing_to_do():
    assert set(states(figures()).values()) == {State.RIGHT}
    assert len(states(figures())) == 7


@pytest.mark.parametrize(
    ("point", "well", "ill", "state"),
    [
        ("reads-without-consent", {"reads_without_consent": 0}, {"reads_without_consent": 1}, State.FAULT),
        ("head-age", {"head_age": 36}, {"head_age": 37}, State.FAULT),
        ("unfinalised", {"unfinalised": UNFINALISED_BLOCKS}, {"unfinalised": UNFINALISED_BLOCKS + 1}, State.FAULT),
        ("receipts-unanchored", {"receipts_unanchored_age": 3600}, {"receipts_unanchored_age": 3601}, State.FAULT),
        ("outbox-age", {"outbox_age": STOPPED_SECONDS}, {"outbox_age": STOPPED_SECONDS + 1}, State.FAULT),
        (
            "relay-balance",
            {"relay_balance": 10 * GWEI * RESERVE_GAS},
            {"relay_balance": 10 * GWEI * RESERVE_GAS - 1},
            State.FAULT,
        ),
        (
            "erasures-unanswered",
            {"erasures_unanswered_age": ANSWER_SECONDS},
            {"erasures_unanswered_age": ANSWER_SECONDS + 1},
            State.NAG,
        ),
    ],
)
def test_each_point_has_its_limit_and_what_is_beyond_has_a_remedy(point, well, ill, state):
    """[OP-002]"""
    assert states(replace(figures(), **well))[point] is State.RIGHT
    found = {one.name: one for one in judge(replace(figures(), **ill), DEPLOYMENT)}
    assert found[point].state is state
    assert found[point].error is not None
    assert found[point].error.remedy
    assert {name for name, one in found.items() if one.state is not State.RIGHT} == {point}
