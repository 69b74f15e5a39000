"""The stage: a fresh Anvil, the contracts, stores and vaults in a folder of its own, and the people."""

from __future__ import annotations

import contextlib
import importlib.resources
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medshare.actors import Institution, Patient, Researcher
from medshare.clock import ChainClock
from medshare.demo.faults import rule_with
from medshare.deployment.anvil import Anvil
from medshare.deployment.check import check
from medshare.deployment.deploy import deploy
from medshare.deployment.file import Deployment, Settings
from medshare.hexadecimal import Address
from medshare.keys.account import AccountKey
from medshare.ledger.chain import ChainLedger
from medshare.ledger.chain.rpc import Rpc
from medshare.ledger.types import Block
from medshare.sandbox import Sandbox
from medshare.store import BlockStore
from medshare.vault.sql import SqlVault

BLOCK_SECONDS = "0.2"
"""Seconds between blocks of the demo's chain; a real one has 12, or 2."""

ETHER = 10**18


@dataclass(kw_only=True)
class Stage:
    """Everything that the story plays with."""

    fault: str
    rpc: Rpc
    deployment: Deployment
    ledger: ChainLedger
    sandbox: Sandbox
    folder: Path
    deployed_in: int
    city: Institution
    hill: Institution
    laboratory: Institution
    validators: tuple[Institution, ...]
    researcher: Researcher
    jacob: Patient
    florida: Patient

    @property
    def institutions(self) -> tuple[Institution, ...]:
        """Every institution, each a validator too."""
        return (self.city, self.hill, self.laboratory, *self.validators)

    def travel(self, seconds: int) -> None:
        """Let `seconds` pass on the chain; every clock of the demo follows it."""
        start = self.ledger.head().time
        self.rpc.request("evm_increaseTime", seconds)
        self.until(lambda head: head.time >= start + seconds)

    def until(self, reached: Any) -> Block:
        """Wait until `reached(head)` is true and return that head."""
        while not reached(head := self.ledger.head()):
            pass
        return head

    def fund(self, account: Address) -> None:
        """Give an account play money."""
        self.rpc.request("anvil_setBalance", account, hex(100 * ETHER))

    def money_and_transactions(self, account: Address) -> tuple[int, int]:
        """Return the balance in wei, and how many transactions the account ever sent."""
        balance = self.rpc.request("eth_getBalance", account, "latest")
        sent = self.rpc.request("eth_getTransactionCount", account, "latest")
        return int(balance, 16), int(sent, 16)

    def findings(self) -> int:
        """Check the deployment as an auditor would; return how many things were found right."""
        return len(check(self.rpc, self.deployment))

    def everything_on_the_chain(self) -> bytes:
        """Return every byte that an outsider sees: calldata, logs, code and what was created."""
        parts: list[bytes] = []
        for number in range(self.ledger.head().number + 1):
            block = self.rpc.request("eth_getBlockByNumber", hex(number), True)
            parts += [bytes.fromhex(transaction["input"][2:]) for transaction in block["transactions"]]
        for log in self.rpc.request("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"}):
            parts += [bytes.fromhex(topic[2:]) for topic in log["topics"]]
            parts.append(bytes.fromhex(log["data"][2:]))
        return b"\x00".join(parts)


def chart(name: str) -> Path:
    """Return the path of a synthetic patient that ships with the package, by the begin of its file name."""
    folder = importlib.resources.files("medshare.demo") / "data"
    with importlib.resources.as_file(folder) as path:
        return next(file for file in sorted(path.iterdir()) if file.name.startswith(name))


@contextlib.contextmanager
def set_up(fault: str) -> Iterator[Stage]:
    """Build the stage, and take all of it down again.

    Raises:
        AnvilMissing, AnvilFailed: There is no chain to play on.
    """
    with (
        tempfile.TemporaryDirectory(prefix="medshare-demo-") as folder,
        Anvil(block_time=0, options=("--block-time", BLOCK_SECONDS)) as anvil,
    ):
        yield _people(fault, anvil.rpc, Path(folder))


def _people(fault: str, rpc: Rpc, folder: Path) -> Stage:
    def fund(account: Address) -> None:
        rpc.request("anvil_setBalance", account, hex(100 * ETHER))

    def place(name: str) -> Path:
        path = folder / re.sub(r"[^a-z0-9-]", "", name)
        path.mkdir(exist_ok=True)
        return path

    deployer, regulator = AccountKey.generate(), AccountKey.generate()
    fund(deployer.address)
    fund(regulator.address)
    deployment = deploy(rpc, deployer, regulator.address, Settings(slot_seconds=1))
    # Blocks come five times a second: ask more often than a real chain would want.
    ledger = ChainLedger(rpc, deployment.info, sleep=lambda seconds: time.sleep(min(seconds, 0.05)))
    deployed_in = ledger.head().number
    sandbox = Sandbox(
        ledger=ledger,
        clock=ChainClock(lambda: ledger.head().time),
        regulator=regulator,
        fund=fund,
        vault=lambda name: SqlVault(f"sqlite:///{place(name) / 'vault.db'}"),
        store=lambda name: BlockStore(place(name) / "bodies"),
        rule=rule_with(fault),
    )
    return Stage(
        fault=fault,
        rpc=rpc,
        deployment=deployment,
        ledger=ledger,
        sandbox=sandbox,
        folder=folder,
        deployed_in=deployed_in,
        city=sandbox.institution({"en": "City Hospital", "zh-Hant": "市立醫院"}),
        hill=sandbox.institution({"en": "Hill Hospital", "zh-Hant": "山丘醫院"}),
        laboratory=sandbox.institution({"en": "North Laboratory", "zh-Hant": "北區檢驗所"}),
        validators=(
            sandbox.institution({"en": "Harbour Clinic", "zh-Hant": "港灣診所"}),
            sandbox.institution({"en": "Valley Clinic", "zh-Hant": "山谷診所"}),
        ),
        researcher=sandbox.researcher({"en": "Institute of Heart Research", "zh-Hant": "心臟研究所"}),
        jacob=sandbox.patient(),
        florida=sandbox.patient(),
    )
