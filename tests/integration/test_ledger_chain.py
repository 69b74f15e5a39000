"""The ledger on a real chain does what the twin does: the same steps, answers, events and exceptions."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from eth_account import Account

from medshare.clock import HandClock
from medshare.deployment import file
from medshare.deployment.anvil import MNEMONIC, Anvil
from medshare.deployment.artefact import MANAGER
from medshare.deployment.check import check
from medshare.deployment.deploy import creation_data, deploy
from medshare.deployment.errors import DeployerMoved, PowerLeft, SettingDiffers
from medshare.digest import keccak
from medshare.keys.account import AccountKey
from medshare.ledger import (
    CodeDiffers,
    Ledger,
    NoContract,
    NodeRefused,
    NodeUnreachable,
    NotMined,
    Role,
    WrongChain,
)
from medshare.ledger.abi import calldata, function
from medshare.ledger.acts import Call
from medshare.ledger.chain import ChainLedger, Rpc
from medshare.ledger.chain.sender import Sender
from medshare.ledger.errors import NoFunds
from medshare.ledger.memory import MemoryLedger
from medshare.ledger.reverts import OutOfGas, participants
from medshare.ledger.types import UnsignedTransaction
from tests.scenarios.ledger import NAMES, SCENARIOS, Play

Account.enable_unaudited_hdwallet_features()


def known_key(place: int) -> AccountKey:
    return AccountKey(bytes(Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{place}").key))


KEYS = {name: known_key(place) for place, name in enumerate(NAMES)}


@pytest.fixture(scope="module")
def anvil() -> Iterator[Anvil]:
    with Anvil(block_time=0, accounts=len(NAMES)) as running:
        yield running


@pytest.fixture(scope="module")
def deployment(anvil: Anvil) -> file.Deployment:
    return deploy(anvil.rpc, KEYS["deployer"], KEYS["regulator"].address)


@pytest.fixture
def fresh(anvil: Anvil, deployment: file.Deployment) -> Iterator[Rpc]:
    """The chain as it was after the deployment; what a test does is undone."""
    rpc = anvil.rpc
    snapshot = rpc.request("evm_snapshot")
    yield rpc
    rpc.request("evm_revert", snapshot)


class ChainStage:
    """The deployed contracts on Anvil, whose next block's second is set by hand."""

    def __init__(self, rpc: Rpc, deployment: file.Deployment) -> None:
        self.keys = KEYS
        self.rpc = rpc
        self.ledger: Ledger = ChainLedger(rpc, deployment.info)

    def set_time(self, at: int) -> None:
        self.rpc.request("evm_setNextBlockTimestamp", at)


class TwinStage:
    """The twin with the chain's addresses, so that signatures are the same."""

    def __init__(self, deployment: file.Deployment, start: int) -> None:
        self.keys = KEYS
        self.clock = HandClock(start)
        self.ledger: Ledger = MemoryLedger(
            KEYS["regulator"].address,
            self.clock,
            chain_id=deployment.chain_id,
            addresses=deployment.info.addresses,
        )

    def set_time(self, at: int) -> None:
        self.clock.set(at)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_the_chain_and_its_twin_agree(
    fresh: Rpc, deployment: file.Deployment, scenario: Callable[[Play], None]
) -> None:
    start = fresh.block("latest").time + 100
    real, twin = Play(ChainStage(fresh, deployment), start), Play(TwinStage(deployment, start), start)
    scenario(real)
    scenario(twin)
    assert real.outcomes == twin.outcomes


def test_deploying_twice_changes_nothing(fresh: Rpc, deployment: file.Deployment) -> None:
    """[G-001]."""
    before = fresh.block("latest")
    told: list[str] = []
    assert deploy(fresh, KEYS["deployer"], KEYS["regulator"].address, known=deployment, tell=told.append) == deployment
    assert told == []
    assert fresh.block("latest") == before


def test_a_live_deployment_is_checked_to_the_last_role(fresh: Rpc, deployment: file.Deployment) -> None:
    findings = check(fresh, deployment)
    assert {one.contract for one in findings} == set(deployment.addresses)
    assert any(one.what == "the deployer's administration" and one.found is False for one in findings)


def test_a_deployment_that_was_interrupted_goes_on(fresh: Rpc) -> None:
    saved: list[file.Deployment] = []

    class Interrupted(Exception):
        pass

    def stop_at_the_third(line: str) -> None:
        if line.startswith("ConsentRegistry"):
            raise Interrupted

    key, regulator = KEYS["stranger"], KEYS["regulator"].address
    with pytest.raises(Interrupted):
        deploy(fresh, key, regulator, save=saved.append, tell=stop_at_the_third)
    told: list[str] = []
    done = deploy(fresh, key, regulator, known=saved[0], tell=told.append)
    assert done == saved[0]
    assert [line.split()[0] for line in told[:3]] == ["AccessRequests", "RecordRegistry", "AuditLog"]
    deploy(fresh, key, regulator, known=done)


def test_a_deployer_that_did_something_else_meanwhile_cannot_go_on(fresh: Rpc) -> None:
    key, regulator = KEYS["stranger"], KEYS["regulator"].address
    planned: list[file.Deployment] = []

    class Enough(Exception):
        pass

    def stop(plan: file.Deployment) -> None:
        planned.append(plan)
        raise Enough

    with pytest.raises(Enough):
        deploy(fresh, key, regulator, save=stop)
    Sender(fresh, 31337).run(key, key.address, b"")
    with pytest.raises(DeployerMoved):
        deploy(fresh, key, regulator, known=planned[0])


def test_power_that_is_left_is_found(fresh: Rpc) -> None:
    """[P-011] A deployer that grants itself a role before it renounces is found out."""
    key, regulator = KEYS["stranger"], KEYS["regulator"].address
    sender = Sender(fresh, 31337)

    def grab(line: str) -> None:
        if line.startswith("setTargetFunctionRole"):
            data = function(MANAGER, "grantRole").encode((7, key.address, 0))
            sender.run(key, plans[0].addresses[MANAGER], data)

    plans: list[file.Deployment] = []
    with pytest.raises(PowerLeft):
        deploy(fresh, key, regulator, save=plans.append, tell=grab)


def test_settings_that_differ_are_found(fresh: Rpc, deployment: file.Deployment) -> None:
    with pytest.raises(SettingDiffers):
        check(fresh, replace(deployment, settings=file.Settings(admin_delay=1)))
    with pytest.raises(PowerLeft):
        check(fresh, replace(deployment, regulator=KEYS["stranger"].address))
    with pytest.raises(WrongChain):
        check(fresh, replace(deployment, chain_id=1))


def test_a_wrong_chain_an_address_without_a_contract_and_other_code_are_refused(
    fresh: Rpc, deployment: file.Deployment
) -> None:
    info = deployment.info
    with pytest.raises(WrongChain, match="chain 31337, the deployment on chain 1"):
        ChainLedger(fresh, replace(info, chain_id=1))
    with pytest.raises(WrongChain):
        deploy(fresh, KEYS["deployer"], KEYS["regulator"].address, known=replace(deployment, chain_id=1))
    moved = {**info.addresses, "AuditLog": KEYS["stranger"].address}
    with pytest.raises(NoContract, match="AuditLog is not deployed on this chain"):
        ChainLedger(fresh, replace(info, addresses=moved))
    with pytest.raises(NoContract):
        check(fresh, replace(deployment, addresses=moved))
    swapped = {**info.addresses, "AuditLog": info.addresses["AccessRequests"]}
    with pytest.raises(CodeDiffers):
        ChainLedger(fresh, replace(info, addresses=swapped))
    with pytest.raises(CodeDiffers):
        check(fresh, replace(deployment, addresses=swapped))
    with pytest.raises(CodeDiffers):
        deploy(fresh, KEYS["deployer"], KEYS["regulator"].address, known=replace(deployment, addresses=swapped))


def test_a_node_that_is_down_or_speaks_something_else_is_unreachable(deployment: file.Deployment) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(NodeUnreachable, match=f"127.0.0.1:{port}"):
        ChainLedger(Rpc.http(f"http://user:hidden@127.0.0.1:{port}/secret-key"), deployment.info)

    class Page(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with pytest.raises(NodeUnreachable) as caught:
        Rpc.http(f"http://127.0.0.1:{server.server_port}/secret-key").chain_id()
    assert "secret-key" not in str(caught.value)
    server.shutdown()
    server.server_close()


def test_an_account_without_ether_cannot_pay(fresh: Rpc, deployment: file.Deployment) -> None:
    poor = AccountKey(keccak(b"poor"))
    ledger = ChainLedger(fresh, deployment.info)
    with pytest.raises(NoFunds):
        ledger.register(directory=keccak(b"1"), sender=poor)


def test_a_transaction_that_is_not_mined_in_time_says_so(fresh: Rpc, deployment: file.Deployment) -> None:
    ledger = ChainLedger(fresh, deployment.info, patience=0.2)
    fresh.request("evm_setAutomine", False)
    try:
        with pytest.raises(NotMined):
            ledger.register(directory=keccak(b"1"), sender=KEYS["patient"])
    finally:
        fresh.request("evm_setAutomine", True)
        fresh.request("evm_mine")


def test_a_transaction_that_was_overtaken_says_why_it_was_refused(fresh: Rpc, deployment: file.Deployment) -> None:
    """Two senders race; the later one is mined and refused, with the contract's own reason."""
    ledger = ChainLedger(fresh, deployment.info)
    ledger.register(directory=keccak(b"1"), sender=KEYS["patient"])
    fresh.request("evm_setAutomine", False)
    try:
        first = ledger.prepared.set_directory(digest=keccak(b"2"), seq=2, sender=KEYS["patient"])
        ledger.send(first)
        unsigned = UnsignedTransaction(
            to=deployment.addresses["ParticipantRegistry"],
            data=calldata(Call("ParticipantRegistry", "setDirectory", (keccak(b"3"), 2))),
            gas=200_000,
            fee=10**10,
            tip=10**9,
        )
        late = ledger.sign(unsigned, KEYS["patient"], nonce=first.nonce + 1)
        ledger.send(late)
    finally:
        fresh.request("evm_setAutomine", True)
        fresh.request("evm_mine")
    ledger.wait(first.hash)
    with pytest.raises(participants.BadSeq):
        ledger.wait(late.hash)


def test_another_transaction_under_the_same_nonce_is_refused_by_the_node(
    fresh: Rpc, deployment: file.Deployment
) -> None:
    ledger = ChainLedger(fresh, deployment.info)
    old = ledger.prepared.register(directory=keccak(b"1"), sender=KEYS["patient"])
    ledger.register(directory=keccak(b"2"), sender=KEYS["patient"])
    with pytest.raises(NodeRefused):
        ledger.send(old)


def test_a_transaction_that_ran_dry_says_so(fresh: Rpc, deployment: file.Deployment) -> None:
    sender = Sender(fresh, deployment.chain_id)
    key = KEYS["patient"]
    data = calldata(Call("ParticipantRegistry", "register", (keccak(b"1"),)))
    to = deployment.addresses["ParticipantRegistry"]
    unsigned = UnsignedTransaction(to=to, data=data, gas=30_000, fee=10**10, tip=10**9)
    short = sender.sign(unsigned, key, nonce=sender.next_nonce(key.address))
    sender.send(short)
    with pytest.raises(OutOfGas, match="30000"):
        sender.wait(short.hash)


def test_two_threads_of_one_account_do_not_take_the_same_nonce(fresh: Rpc, deployment: file.Deployment) -> None:
    ledger = ChainLedger(fresh, deployment.info)
    ledger.accredit(
        account=KEYS["hospital"].address,
        roles=Role.INSTITUTION,
        jurisdiction=840,
        record=b"r",
        sender=KEYS["regulator"],
    )
    done: list[int] = []

    def anchor(number: int) -> None:
        mined = ledger.anchor(root=keccak(bytes([number])), count=1, sender=KEYS["hospital"])
        done.append(mined.block.number)

    threads = [threading.Thread(target=anchor, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(done) == 6


def test_anvil_keeps_its_chain_in_a_file_and_mines_on_an_interval(tmp_path: Path) -> None:
    """T10: after a restart the contracts are still there."""
    state = tmp_path / "chain.json"
    with Anvil(block_time=1, state=state) as running:
        key, regulator = known_key(0), known_key(1).address
        deployed = deploy(running.rpc, key, regulator)
        assert running.pid is not None
    assert running.pid is None
    running.stop()
    with Anvil(block_time=1, state=state) as again:
        check(again.rpc, deployed)
        ledger = ChainLedger(again.rpc, deployed.info)
        first = ledger.head()
        assert ledger.final().number <= first.number


def test_the_creation_code_names_the_predecessors(deployment: file.Deployment) -> None:
    before = {name: KEYS["stranger"].address for name in deployment.addresses if name != MANAGER}
    named = replace(deployment, settings=file.Settings(predecessors=before))
    for name in before:
        assert creation_data(named, name).endswith(bytes.fromhex(KEYS["stranger"].address[2:]))
