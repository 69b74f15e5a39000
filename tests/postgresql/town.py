"""City Hospital on a real chain and on PostgreSQL, with its door in two processes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from medshare.clock import ChainClock
from medshare.consent.categories import Category
from medshare.consent.document import ConsentDocument
from medshare.deployment import file
from medshare.deployment.anvil import Anvil
from medshare.deployment.deploy import deploy
from medshare.keys.account import AccountKey
from medshare.ledger.chain import ChainLedger, Rpc
from medshare.sandbox import Sandbox
from medshare.store import BlockStore
from medshare.vault.sql import SqlVault
from tests.postgresql.cluster import Cluster
from tests.scenarios.doors import DoorProcess, RoundRobin
from tests.unit.actors.world import World

ETHER = 10**18
BLOCK_SECONDS = "0.2"
CHART = (Category.PROBLEMS, Category.LABORATORY)


@dataclass(kw_only=True)
class Town(World):
    """The world of the unit tests on a real chain, City Hospital's vault on PostgreSQL, and its two doors."""

    leaves: tuple[bytes, ...]
    consent: ConsentDocument
    vaults: dict[str, SqlVault]
    origin: str
    doors: tuple[DoorProcess, DoorProcess]

    @property
    def vault(self) -> SqlVault:
        """City Hospital's."""
        return self.vaults["city-hospital"]

    def wait(self, seconds: int) -> None:
        """Let seconds pass on the chain."""
        start = self.ledger.head().time
        while self.ledger.head().time < start + seconds:
            time.sleep(0.05)


@contextmanager
def two_doors(cluster: Cluster, folder: Path) -> Iterator[Town]:
    """Build it: Anna's chart is confirmed at City Hospital, and Hill Hospital may read it."""
    with Anvil(block_time=0, options=("--block-time", BLOCK_SECONDS)) as anvil, RoundRobin() as proxy:
        town = _build(cluster, folder, anvil.rpc, anvil.url, proxy.origin)
        proxy.ports = [door.port for door in town.doors]
        try:
            for door in town.doors:
                door.start()
            yield town
            for door in town.doors:
                door.stop()
        finally:
            for door in town.doors:
                door.kill()
            for vault in town.vaults.values():
                vault.close()


def _build(cluster: Cluster, folder: Path, rpc: Rpc, node: str, origin: str) -> Town:
    def fund(account: str) -> None:
        rpc.request("anvil_setBalance", account, hex(100 * ETHER))

    deployer, regulator = AccountKey.generate(), AccountKey.generate()
    fund(deployer.address)
    fund(regulator.address)
    deployment = deploy(rpc, deployer, regulator.address, file.Settings(slot_seconds=1))
    place = folder / "chain.json"
    file.save(place, deployment)
    ledger = ChainLedger(rpc, deployment.info, sleep=lambda seconds: time.sleep(min(seconds, 0.05)))
    urls: dict[str, str] = {}
    vaults: dict[str, SqlVault] = {}

    def vault(name: str) -> SqlVault:
        urls[name] = cluster.url(cluster.new_database())
        vaults[name] = SqlVault(urls[name])
        return vaults[name]

    def store(name: str) -> BlockStore:
        return BlockStore(folder / name, durable=False)

    sandbox = Sandbox(
        ledger=ledger,
        clock=ChainClock(lambda: ledger.head().time),
        regulator=regulator,
        fund=fund,
        vault=vault,
        store=store,
    )
    city, hill = sandbox.institution("City Hospital"), sandbox.institution("Hill Hospital")
    clinics = tuple(sandbox.institution(f"{name} Clinic") for name in ("Harbour", "Valley"))
    world = World(
        sandbox=sandbox,
        city=city,
        hill=hill,
        clinics=(hill, *clinics),
        researcher=sandbox.researcher("Institute of Heart Research"),
        anna=sandbox.patient(),
    )
    sandbox.enrol(world.anna, city)
    sandbox.enrol(world.anna, hill)
    world.anna.sync()
    leaves = world.write(*CHART)
    world.anna.sync()
    consent = world.anna.grant(hill.address, categories=CHART, purposes=["TREAT"], days=30)
    key = city.gateway.office.key
    assert isinstance(key, AccountKey)
    facts = {
        "vault": urls["city-hospital"],
        "store": str(folder / "city-hospital"),
        "node": node,
        "deployment": str(place),
        "institution": city.address,
        "key": key.secret_bytes().hex(),
    }
    return Town(
        sandbox=sandbox,
        city=city,
        hill=hill,
        clinics=world.clinics,
        researcher=world.researcher,
        anna=world.anna,
        leaves=leaves,
        consent=consent,
        vaults=vaults,
        origin=origin,
        doors=(DoorProcess(origin, **facts), DoorProcess(origin, **facts)),
    )
