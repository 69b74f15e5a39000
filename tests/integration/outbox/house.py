"""A hospital whose whole memory is a folder and a chain: any process opens it and goes on.

The keys lie beside the vault in plain JSON: they hold play money on a chain that lives as long as the test.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from medshare.actors import Institution, LocalNetwork, Patient, Regulator
from medshare.actors.requester import Requester
from medshare.age import HybridIdentity
from medshare.clock import ChainClock
from medshare.deployment import file
from medshare.gateway import Gateway
from medshare.gateway.office import Office
from medshare.keys.account import AccountKey
from medshare.keys.root import RootSecret
from medshare.ledger import Role
from medshare.ledger.chain import ChainLedger, Rpc
from medshare.outbox import Policy
from medshare.store import BlockStore
from medshare.vault.sql import SqlVault

ETHER = 10**18
URL = "https://hospital.example"
QUICK = Policy(patience=60, poll=0.01, slowest_poll=0.1)


@dataclass(kw_only=True)
class House:
    """What one process has of the hospital."""

    ledger: ChainLedger
    clock: ChainClock
    network: LocalNetwork
    hospital: Institution
    gateway: Gateway
    folder: Path

    def close(self) -> None:
        self.gateway.office.vault.close()


def ledger_of(folder: Path, node: str, rpc: Rpc | None = None) -> ChainLedger:
    """The contracts, asked more often than a real chain would want."""
    deployment = file.load(folder / "chain.json")
    return ChainLedger(rpc or Rpc.http(node), deployment.info, sleep=lambda seconds: time.sleep(min(seconds, 0.05)))


def open_house(
    folder: Path, node: str, *, step: Callable[[str], None] = lambda _: None, rpc: Rpc | None = None
) -> House:
    """Open the hospital as a new process does."""
    keys = json.loads((folder / "keys.json").read_text())
    ledger = ledger_of(folder, node, rpc)
    clock = ChainClock(lambda: ledger.head().time)
    account = AccountKey(bytes.fromhex(keys["account"]))
    office = Office(
        institution=account.address,
        key=AccountKey(bytes.fromhex(keys["gateway"])),
        ledger=ledger,
        vault=SqlVault(f"sqlite:///{folder / 'vault.db'}"),
        store=BlockStore(folder / "bodies"),
        clock=clock,
        entropy=secrets.token_bytes,
        policy=QUICK,
        step=step,
    )
    gateway, network = Gateway(office, url=URL), LocalNetwork()
    hospital = Institution(
        account=account,
        identity=HybridIdentity.from_seed(bytes.fromhex(keys["seed"])),
        gateway=gateway,
        url=URL,
        network=network,
        ledger=ledger,
        clock=clock,
    )
    network.open(URL, gateway)
    network.join(hospital)
    return House(ledger=ledger, clock=clock, network=network, hospital=hospital, gateway=gateway, folder=folder)


def found_house(
    folder: Path, node: str, regulator: AccountKey, fund: Callable[[str], None]
) -> tuple[House, Patient, str]:
    """Found the hospital, enrol a patient, and accredit another hospital that she may let read; return all three."""
    account, staff, reader = (AccountKey.generate() for _ in range(3))
    identity = HybridIdentity.generate()
    (folder / "keys.json").write_text(
        json.dumps(
            {
                "account": account.secret_bytes().hex(),
                "gateway": staff.secret_bytes().hex(),
                "seed": identity.secret_bytes().hex(),
            }
        )
    )
    for key in (account, staff, reader):
        fund(key.address)
    house = open_house(folder, node)
    authority = Regulator(regulator, house.ledger)
    authority.accredit(account.address, roles=Role.INSTITUTION | Role.CUSTODIAN, names={"en": "City Hospital"})
    authority.accredit(reader.address, roles=Role.INSTITUTION, names={"en": "Hill Hospital"})
    Requester(
        account=reader,
        identity=HybridIdentity.generate(),
        url="https://hill.example",
        network=house.network,
        ledger=house.ledger,
        clock=house.clock,
    ).publish_key()
    house.hospital.publish_key()
    house.hospital.add_staff(staff, roles=Role.GATEWAY)
    anna = Patient(
        account=AccountKey.generate(),
        root=RootSecret.generate(),
        network=house.network,
        ledger=house.ledger,
        clock=house.clock,
    )
    house.hospital.enrol(anna.answer(house.hospital.offer_enrolment()), identity_checked=True)
    return house, anna, reader.address
