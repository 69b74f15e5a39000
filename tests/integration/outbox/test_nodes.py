"""Real nodes that misbehave, lose, reorganise and grow dear: every act is one transaction all the same."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from medshare.deployment import file
from medshare.deployment.anvil import Anvil
from medshare.digest import keccak
from medshare.errors import MedShareError
from medshare.keys.account import AccountKey
from medshare.ledger import Call, Transaction
from medshare.ledger.chain import ChainLedger, Rpc
from medshare.ledger.events import Opened
from medshare.ledger.raw import is_filler, unsigned_of
from medshare.outbox import Outbox, Policy
from medshare.outbox.tending import Fate, tend
from medshare.vault import ChainTransactionRow, LeaseRow, Stage
from medshare.vault.sql import SqlVault
from tests.integration.outbox.proxy import FAULTS, FaultyNode

QUICK = Policy(patience=60, poll=0.01, slowest_poll=0.2)
ASKED = ("eth_sendRawTransaction", "eth_getTransactionReceipt", "eth_estimateGas", "eth_getBlockByHash")
NUMBERS = count()
WORKERS = 50
MANY = 200
"""Transactions of all workers together."""


@pytest.fixture
def outbox(anvil: Anvil, deployment: file.Deployment, tmp_path: Path) -> Iterator[Outbox]:
    vault = SqlVault(f"sqlite:///{tmp_path / 'vault.db'}")
    yield Outbox(ChainLedger(anvil.rpc, deployment.info), vault, policy=QUICK)
    vault.close()


def asking(outbox: Outbox) -> Call:
    """A call that anybody may make, another one each time."""
    digest = keccak(next(NUMBERS).to_bytes(8, "big"))
    return Call("AccessRequests", "open", (digest, outbox.ledger.head().time + 86_400))


def opened(outbox: Outbox, key: AccountKey) -> int:
    told = (log.event for log in outbox.ledger.events(kinds=(Opened,)))
    return sum(isinstance(event, Opened) and event.requester == key.address for event in told)


def wait_for(fate: Fate, outbox: Outbox, key: AccountKey) -> None:
    """Mine empty blocks until the one transaction there is has met its fate."""
    for _ in range(200):
        if tend(outbox, [key]).fates.get(fate):
            return
        outbox.ledger._rpc.request("evm_mine")
    raise AssertionError(fate)


# R04


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("method", ASKED)
def test_whatever_a_node_does_to_one_answer_the_act_is_one_transaction(
    anvil: Anvil, deployment: file.Deployment, outbox: Outbox, sender: AccountKey, fault: str, method: str
) -> None:
    """[U-001, U-004] R04: before the bytes are saved the caller hears of it; afterwards it heals by itself."""
    with FaultyNode(anvil.url, hang=1.2) as node:
        rpc = Rpc.http(node.url, timeout=0.6)
        through = Outbox(ChainLedger(rpc, deployment.info), outbox.vault, policy=QUICK)
        call = asking(outbox)
        node.script = [(method, fault)]
        done = _patiently(through, call, sender)
        assert node.done == [(method, fault)]
    assert outbox.ledger.mined_nonce(sender.address) == 1
    assert opened(outbox, sender) == 1
    (row,) = outbox.vault.find(ChainTransactionRow, account=sender.address)
    assert (row.nonce, row.state, row.transaction, row.earlier) == (0, Stage.MINED, done.hash, ())


def _patiently(outbox: Outbox, call: Call, sender: AccountKey) -> Transaction:
    """Act as a person does: try again while nothing was leased."""
    for _ in range(3):
        try:
            return outbox.act(call, sender)
        except MedShareError:
            assert outbox.vault.count(LeaseRow, account=sender.address) == 0
    raise AssertionError(call)


def test_a_node_that_is_away_for_long_costs_nothing_but_time(
    anvil: Anvil, deployment: file.Deployment, outbox: Outbox, sender: AccountKey
) -> None:
    """[U-004] R04, R15: the caller is told; the transaction goes when the node is back."""
    with FaultyNode(anvil.url, hang=0.1) as node:
        brief = Policy(patience=0.5, poll=0.01, slowest_poll=0.1)
        through = Outbox(ChainLedger(Rpc.http(node.url), deployment.info), outbox.vault, policy=brief)
        node.script = [("eth_sendRawTransaction", "500")] * 1_000
        with pytest.raises(MedShareError):
            through.act(asking(outbox), sender)
        assert outbox.ledger.mined_nonce(sender.address) == 0
        assert tend(through, [sender]).fates == {Fate.UNREACHABLE: 1}
        node.script = []
        assert tend(through, [sender]).fates.keys() <= {Fate.MINED, Fate.WAITS}
    wait_for(Fate.MINED, outbox, sender)
    assert opened(outbox, sender) == 1


# R05


def test_fifty_workers_of_one_account_use_every_nonce_once(outbox: Outbox, sender: AccountKey, anvil: Anvil) -> None:
    """[U-002] R05: no gap among the nonces and none twice, in their order on the chain."""
    calls = [asking(outbox) for _ in range(MANY)]
    anvil.rpc.request("evm_setAutomine", False)
    mining = threading.Event()

    def mine() -> None:
        while not mining.wait(0.2):
            anvil.rpc.request("evm_mine")

    miner = threading.Thread(target=mine, daemon=True)
    miner.start()
    try:
        with ThreadPoolExecutor(WORKERS) as workers:
            done = list(workers.map(lambda call: outbox.act(call, sender), calls))
    finally:
        mining.set()
        miner.join()
        anvil.rpc.request("evm_setAutomine", True)
    rows = outbox.vault.find(ChainTransactionRow, account=sender.address)
    assert [row.nonce for row in rows] == list(range(MANY))
    assert {row.state for row in rows} == {Stage.MINED}
    assert len({one.hash for one in done}) == MANY
    assert outbox.ledger.mined_nonce(sender.address) == MANY
    assert opened(outbox, sender) == MANY


# R06


def test_a_gap_made_by_hand_is_filled(outbox: Outbox, sender: AccountKey) -> None:
    """[U-008] R06: two nonces leased by a process that never signed them hold back what comes after."""
    outbox.vault.put(LeaseRow(account=sender.address, seq=2))
    row = outbox.save(asking(outbox), sender)
    outbox.hand_over(row)
    assert outbox.settle(row) is None
    assert tend(outbox, [sender]).filled == 2
    assert outbox.finish(row, sender).hash == row.transaction
    rows = outbox.vault.find(ChainTransactionRow, account=sender.address)
    assert [is_filler(unsigned_of(one.raw), sender.address) for one in rows] == [True, True, False]
    assert outbox.ledger.mined_nonce(sender.address) == 3
    assert opened(outbox, sender) == 1


def test_what_is_too_cheap_for_the_next_blocks_is_replaced_at_the_same_nonce(
    outbox: Outbox, sender: AccountKey, anvil: Anvil
) -> None:
    """[U-005] R06: the base fee rises above what it offers; then "replacement underpriced" on the way."""
    anvil.rpc.request("evm_setAutomine", False)
    try:
        row = outbox.save(asking(outbox), sender)
        outbox.hand_over(row)
        dear = unsigned_of(row.raw).fee * 3
        for _ in range(outbox.policy.replace_after + 1):
            anvil.rpc.request("anvil_setNextBlockBaseFeePerGas", hex(dear))
            anvil.rpc.request("evm_mine")
        assert outbox.settle(row) is None
        report = tend(outbox, [sender])
        assert (report.replaced, report.fates) == (1, {Fate.WAITS: 1})
        anvil.rpc.request("evm_mine")
    finally:
        anvil.rpc.request("evm_setAutomine", True)
    wait_for(Fate.MINED, outbox, sender)
    (kept,) = outbox.vault.find(ChainTransactionRow, account=sender.address)
    assert kept.earlier == (row.transaction,)
    assert unsigned_of(kept.raw).fee >= dear
    assert opened(outbox, sender) == outbox.ledger.mined_nonce(sender.address) == 1
    anvil.rpc.request("anvil_setNextBlockBaseFeePerGas", hex(10**9))


def test_a_replacement_that_the_node_finds_underpriced_is_made_dearer(
    outbox: Outbox, sender: AccountKey, anvil: Anvil
) -> None:
    """[U-005] R06: somebody with the same key put a dearer one there."""
    anvil.rpc.request("evm_setAutomine", False)
    try:
        row = outbox.save(asking(outbox), sender)
        stranger = outbox.give_up(row, sender)
        outbox.hand_over(stranger)
        back = outbox.vault.require(ChainTransactionRow, account=sender.address, nonce=0)
        again = outbox._book.replace(back, sender, unsigned_of(row.raw), at=outbox.ledger.head().number)
        assert again.transaction == row.transaction
        reports = [tend(outbox, [sender]) for _ in range(2)]
        assert [report.replaced for report in reports] == [1, 1]
        assert reports[1].fates == {Fate.WAITS: 1}
    finally:
        anvil.rpc.request("evm_setAutomine", True)
        anvil.rpc.request("evm_mine")
    wait_for(Fate.MINED, outbox, sender)
    assert opened(outbox, sender) == outbox.ledger.mined_nonce(sender.address) == 1


def test_a_node_that_lost_its_pool_gets_the_same_bytes_again(outbox: Outbox, sender: AccountKey, anvil: Anvil) -> None:
    """[U-004] R02: dropped."""
    anvil.rpc.request("evm_setAutomine", False)
    try:
        row = outbox.save(asking(outbox), sender)
        outbox.hand_over(row)
        anvil.rpc.request("anvil_dropTransaction", "0x" + row.transaction.hex())
        assert tend(outbox, [sender]).fates == {Fate.WAITS: 1}
    finally:
        anvil.rpc.request("evm_setAutomine", True)
        anvil.rpc.request("evm_mine")
    assert outbox.finish(row, sender).hash == row.transaction


# R08


def test_a_reorganisation_takes_a_transaction_back_and_it_is_mined_again(
    outbox: Outbox, sender: AccountKey, anvil: Anvil
) -> None:
    """[U-007] R08: mined only on the branch that is gone; the very same bytes."""
    done = outbox.act(asking(outbox), sender)
    anvil.rpc.request("anvil_reorg", 1, [])
    assert outbox.ledger.mined(done.hash) is None
    report = tend(outbox, [sender])
    assert report.taken_back == 1
    wait_for(Fate.MINED, outbox, sender)
    again = outbox.ledger.wait(done.hash)
    assert again.block != done.block
    assert opened(outbox, sender) == outbox.ledger.mined_nonce(sender.address) == 1
    wait_for(Fate.FINAL, outbox, sender)
