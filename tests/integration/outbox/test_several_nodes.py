"""Two real nodes of one chain: one hangs, one is of another chain, one takes back what it called final."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from medshare.deployment import file
from medshare.deployment.anvil import Anvil
from medshare.keys.account import AccountKey
from medshare.ledger import NoGoodNode
from medshare.ledger.acts import PARTICIPANTS
from medshare.ledger.chain import ChainLedger
from medshare.ledger.chain.fitness import Fitness, Known
from medshare.ledger.chain.nodes import EXAMINED_EVERY, Nodes, Route
from medshare.outbox import Outbox
from medshare.vault import ChainTransactionRow, Stage
from medshare.vault.sql import SqlVault
from tests.integration.outbox.test_nodes import QUICK, asking, opened
from tests.integration.test_ledger_chain import KEYS

TIMEOUT = 1.0
"""Seconds that a node has here. A node that hangs costs a few of them."""


class Time:
    """A clock that a test moves on by hand: nobody waits until a node is looked at again."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def twin(anvil: Anvil, sender: AccountKey) -> Iterator[Anvil]:
    """A second node with the blocks and the pool money of the first."""
    anvil.rpc.request("evm_mine")  # a balance that was set by hand stands in the next block's state
    with Anvil(block_time=0, accounts=len(KEYS)) as other:
        other.rpc.request("anvil_loadState", anvil.rpc.request("anvil_dumpState"))
        yield other


@contextmanager
def stopped(node: Anvil) -> Iterator[None]:
    """Let a node hang: its port accepts, and nobody answers."""
    assert node.pid is not None
    os.kill(node.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(node.pid, signal.SIGCONT)


def nodes_of(*anvils: Anvil, deployment: file.Deployment, time: Time | None = None) -> Nodes:
    return Nodes(
        [Route.http(one.url, timeout=TIMEOUT) for one in anvils],
        known=Known(chain_id=deployment.chain_id, contract=deployment.addresses[PARTICIPANTS]),
        monotonic=time or Time(),
    )


def fitness(nodes: Nodes) -> list[Fitness]:
    return [report.fitness for report in nodes.survey()]


def test_an_act_goes_on_at_the_other_node_when_the_first_hangs(
    anvil: Anvil, twin: Anvil, deployment: file.Deployment, sender: AccountKey, tmp_path: Path
) -> None:
    """[G-004, G-008] R04, R14: SIGSTOP between saving and sending; one transaction, under its one nonce."""
    nodes = nodes_of(anvil, twin, deployment=deployment)
    vault = SqlVault(f"sqlite:///{tmp_path / 'vault.db'}")
    outbox = Outbox(ChainLedger(nodes, deployment.info), vault, policy=QUICK)
    row = outbox.save(asking(outbox), sender)
    with stopped(anvil):
        done = outbox.finish(row, sender)
        assert nodes.place == twin.url
        assert opened(outbox, sender) == outbox.ledger.mined_nonce(sender.address) == 1
    assert done.hash == row.transaction
    (kept,) = vault.find(ChainTransactionRow, account=sender.address)
    assert (kept.state, kept.earlier) == (Stage.MINED, ())
    assert fitness(nodes)[1] is Fitness.GOOD
    vault.close()


def test_while_every_node_hangs_nothing_is_answered_and_afterwards_it_goes_on(
    anvil: Anvil, twin: Anvil, deployment: file.Deployment
) -> None:
    """[G-009, G-008] R04, R15."""
    time = Time()
    nodes = nodes_of(anvil, twin, deployment=deployment, time=time)
    ledger = ChainLedger(nodes, deployment.info)
    with stopped(anvil), stopped(twin), pytest.raises(NoGoodNode, match=r"silent.*silent"):
        ledger.head()
    time.seconds += 60
    assert ledger.head().number > 0


def test_a_node_of_another_chain_is_never_used_and_is_named(anvil: Anvil, deployment: file.Deployment) -> None:
    """[G-005] R04: it stands first in the list."""
    with Anvil(block_time=0, chain_id=5) as foreign:
        nodes = nodes_of(foreign, anvil, deployment=deployment)
        assert ChainLedger(nodes, deployment.info).head() == anvil.rpc.block("latest")
        assert nodes.place == anvil.url
        assert fitness(nodes) == [Fitness.OTHER_CHAIN, Fitness.GOOD]


def test_a_node_on_the_other_side_of_a_split_is_refused_while_the_first_is_away(
    anvil: Anvil, twin: Anvil, deployment: file.Deployment
) -> None:
    """[G-006, G-009] R07, R14: two halves with one past, each calling its own blocks final; no door opens on both."""
    time = Time()
    nodes = nodes_of(anvil, twin, deployment=deployment, time=time)
    ledger = ChainLedger(nodes, deployment.info)
    for _ in range(6):
        anvil.rpc.request("evm_mine")
    for _ in range(8):
        # Another second makes another block.
        twin.rpc.request("evm_increaseTime", "0x64")
        twin.rpc.request("evm_mine")
    time.seconds += EXAMINED_EVERY
    ledger.head()
    assert fitness(nodes) == [Fitness.GOOD, Fitness.TWO_CHAINS]
    with stopped(anvil), pytest.raises(NoGoodNode, match=r"silent.*two-chains"):
        ledger.head()
    time.seconds += 60
    assert ledger.head() == anvil.rpc.block("latest")


def test_a_node_that_reorganises_below_its_final_block_is_left_and_above_it_is_not(
    anvil: Anvil, twin: Anvil, deployment: file.Deployment
) -> None:
    """[G-006] R07: `anvil_reorg` by one block, then by more than are unfinal."""
    time = Time()
    nodes = nodes_of(anvil, twin, deployment=deployment, time=time)
    ledger = ChainLedger(nodes, deployment.info)
    for _ in range(4):
        anvil.rpc.request("evm_mine")
    twin.rpc.request("anvil_loadState", anvil.rpc.request("anvil_dumpState"))
    before = ledger.head()
    anvil.rpc.request("anvil_reorg", 1, [])
    time.seconds += EXAMINED_EVERY
    assert ledger.head() != before
    assert nodes.place == anvil.url
    anvil.rpc.request("anvil_reorg", 4, [])
    time.seconds += EXAMINED_EVERY
    assert ledger.head() == twin.rpc.block("latest")
    assert nodes.place == twin.url
    assert fitness(nodes) == [Fitness.TWO_CHAINS, Fitness.GOOD]
