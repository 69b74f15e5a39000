"""The index on a real chain: Anvil's own headers, receipts and reorganisations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from eth_account import Account

from medshare.deployment.anvil import MNEMONIC, Anvil
from medshare.deployment.deploy import deploy
from medshare.deployment.file import Deployment
from medshare.hexadecimal import to_hex
from medshare.index import ChainReplaced, Index, ReorganisationTooDeep
from medshare.index.evidence import header_hash, receipts_root
from medshare.keys.account import AccountKey
from medshare.ledger import Ledger
from medshare.ledger.chain import ChainLedger, Rpc
from medshare.ledger.events import CLASSES
from tests.scenarios.ledger import NAMES, SCENARIOS, Play

Account.enable_unaudited_hdwallet_features()


def known_key(place: int) -> AccountKey:
    return AccountKey(bytes(Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{place}").key))


KEYS = {name: known_key(place) for place, name in enumerate(NAMES)}


class Stage:
    """The deployed contracts on Anvil, whose next block's second is set by hand."""

    def __init__(self, rpc: Rpc, deployment: Deployment) -> None:
        self.keys = KEYS
        self.rpc = rpc
        self.ledger: Ledger = ChainLedger(rpc, deployment.info)

    def set_time(self, at: int) -> None:
        self.rpc.request("evm_setNextBlockTimestamp", at)

    def play(self, scenario: Callable[[Play], None]) -> None:
        scenario(Play(self, self.rpc.block("latest").time + 100))


@pytest.fixture(scope="module")
def anvil() -> Iterator[Anvil]:
    with Anvil(block_time=0, accounts=len(NAMES)) as running:
        yield running


@pytest.fixture(scope="module")
def deployment(anvil: Anvil) -> Deployment:
    return deploy(anvil.rpc, KEYS["deployer"], KEYS["regulator"].address)


@pytest.fixture
def stage(anvil: Anvil, deployment: Deployment) -> Iterator[Stage]:
    rpc = anvil.rpc
    snapshot = rpc.request("evm_snapshot")
    yield Stage(rpc, deployment)
    rpc.request("evm_revert", snapshot)


@pytest.mark.parametrize("scenario", SCENARIOS[3:12], ids=lambda scenario: scenario.__name__)
def test_headers_and_receipts_of_a_real_client_prove_what_it_says(
    stage: Stage, scenario: Callable[[Play], None]
) -> None:
    stage.play(scenario)
    head = stage.rpc.block("latest").number
    receipts = 0
    for number in range(head + 1):
        header = stage.rpc.request("eth_getBlockByNumber", hex(number), False)
        assert to_hex(header_hash(header)) == header["hash"]
        found = stage.rpc.request("eth_getBlockReceipts", {"blockHash": header["hash"]})
        assert to_hex(receipts_root(found)) == header["receiptsRoot"]
        receipts += len(found)
    assert receipts > 10


def test_every_scenario_leaves_in_the_index_what_the_ledger_tells(
    anvil: Anvil, deployment: Deployment, tmp_path: Path
) -> None:
    """[X-001] [X-002]: between the scenarios the chain is set back, so that the index must follow it to another branch."""
    stage = Stage(anvil.rpc, deployment)
    told, reached = set(), 0
    with Index.open(f"sqlite:///{tmp_path}/index.db") as index:
        for scenario in SCENARIOS:
            snapshot = stage.rpc.request("evm_snapshot")
            stage.play(scenario)
            behind = reached - stage.rpc.block("latest").number + 1
            if behind > 0:
                stage.rpc.request("anvil_mine", hex(behind))
            status = index.follow(stage.rpc, deployment)
            assert status.tip is not None
            reached = status.tip.number
            logs = list(stage.ledger.events(deployment.block + 1))
            assert [entry.log for entry in index.find()] == logs
            times = {number: stage.rpc.block(number).time for number in {log.block_number for log in logs}}
            assert [entry.time for entry in index.find()] == [times[log.block_number] for log in logs]
            told |= {type(log.event) for log in logs}
            with Index.open("sqlite://") as fresh:
                fresh.follow(stage.rpc, deployment, prove=True)
                assert list(fresh.dump()) == list(index.dump())
            stage.rpc.request("evm_revert", snapshot)
        assert status.reorganisations.count > len(SCENARIOS) // 2
    assert set(CLASSES.values()) - told == set()


def reorganise(rpc: Rpc, depth: int) -> None:
    """Let Anvil mine its last blocks anew. Without another transaction it would come to the same blocks."""
    accounts = rpc.request("eth_accounts")
    transfer = {"from": accounts[0], "to": accounts[1], "value": hex(depth)}
    rpc.request("anvil_reorg", depth, [[transfer, 0]])


def test_a_reorganisation_of_a_real_client_is_rolled_back(stage: Stage, deployment: Deployment) -> None:
    """[X-002] R07: by one block, by two, and by as many as the limit; one more stops the index."""
    stage.play(SCENARIOS[0])
    stage.rpc.request("anvil_mine", hex(6))
    with Index.open("sqlite://", limit=4) as index:
        before = index.follow(stage.rpc, deployment)
        for depth in (1, 2, 4):
            reorganise(stage.rpc, depth)
            status = index.follow(stage.rpc, deployment)
            assert status.reorganisations.last == depth
            with Index.open("sqlite://") as fresh:
                fresh.follow(stage.rpc, deployment)
                assert fresh.digest() == index.digest()
        assert status.tip != before.tip
        reorganise(stage.rpc, 5)
        with pytest.raises(ReorganisationTooDeep):
            index.follow(stage.rpc, deployment)
        assert index.status().alarm == ReorganisationTooDeep.code


def test_a_chain_that_was_made_anew_is_not_the_same_chain(deployment: Deployment, stage: Stage) -> None:
    """[X-005] R09: the same id and the same contracts at the same addresses, deployed again on a fresh chain."""
    with Index.open("sqlite://") as index:
        index.follow(stage.rpc, deployment)
        with Anvil(block_time=0, accounts=len(NAMES)) as other:
            again = deploy(other.rpc, KEYS["deployer"], KEYS["regulator"].address)
            assert again.addresses == deployment.addresses
            with pytest.raises(ChainReplaced):
                index.follow(other.rpc, again)
