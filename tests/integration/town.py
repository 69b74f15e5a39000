"""A town over HTTP: a fresh Anvil, the contracts, and every gateway behind a server of its own; no actor reaches another."""

from __future__ import annotations

import contextlib
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from medshare.actors import Institution, Patient, Regulator, Researcher
from medshare.actors.network import Network
from medshare.age import HybridIdentity
from medshare.clock import ChainClock
from medshare.deployment.anvil import Anvil
from medshare.deployment.deploy import deploy
from medshare.deployment.file import Settings as DeploymentSettings
from medshare.deployment.file import save
from medshare.gateway import Gateway
from medshare.gateway.http.serve import Server, server
from medshare.gateway.http.settings import Rate, Settings
from medshare.gateway.office import Office
from medshare.gateway.remote import RemoteNetwork
from medshare.keys.account import AccountKey
from medshare.keys.root import RootSecret
from medshare.ledger import Role
from medshare.ledger.chain import ChainLedger
from medshare.ledger.chain.rpc import Rpc
from medshare.sandbox import WRITES_AND_CHECKS
from medshare.store import BlockStore
from medshare.vault.sql import SqlVault

ETHER = 10**18
WIDE = Rate(10_000, 10_000)


class Served(Protocol):
    """What answers for one gateway at `url`, from `start` to `stop`."""

    url: str

    def start(self, place: Town, gateway: Callable[[], Gateway]) -> None:
        """Answer; `gateway` opens the gateway anew, on the same vault and store."""

    def stop(self) -> None: ...


class InAThread:
    """A gateway behind uvicorn in a thread, on a socket that is bound before."""

    def __init__(self) -> None:
        self._listening = socket.socket()
        self._listening.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def start(self, place: Town, gateway: Callable[[], Gateway]) -> None:  # noqa: ARG002 (others need it)
        settings = Settings(origin=self.url, address_rate=WIDE, account_rate=WIDE)
        self._opened = gateway()
        self._server: Server = server(self._opened, "127.0.0.1", 0, settings, log=_Silent())
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listening]}, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=20)
        self._opened.office.vault.close()


class _Silent:
    def info(self, *_: object, **__: object) -> None: ...

    warning = error = info


@dataclass(kw_only=True)
class Town:
    """Everybody in the town."""

    rpc: Rpc
    ledger: ChainLedger
    clock: ChainClock
    folder: Path
    node: str
    deployment: Path
    regulator: Regulator
    vault: Callable[[Path], str] = lambda place: f"sqlite:///{place / 'vault.db'}"
    door: Callable[[str], Served] = lambda name: InAThread()
    way: Callable[[RemoteNetwork], Network] = lambda network: network
    """How people go to doors: as they are told, or more stubbornly."""

    owned: list[SqlVault] = field(default_factory=list)
    served: dict[str, Served] = field(default_factory=dict)
    networks: list[RemoteNetwork] = field(default_factory=list)

    def account(self) -> AccountKey:
        key = AccountKey.generate()
        self.rpc.request("anvil_setBalance", key.address, hex(100 * ETHER))
        return key

    def network(self, key: AccountKey, **own: Gateway) -> Network:
        network = RemoteNetwork(key, ledger=self.ledger, clock=self.clock, own=own.get("own"))
        self.networks.append(network)
        return self.way(network)

    def institution(self, name: str, *, roles: Role = WRITES_AND_CHECKS) -> Institution:
        """Return an institution that works on its own vault; its gateway is another process's, on the same files."""
        account, staff = self.account(), self.account()
        self.regulator.accredit(account.address, roles=roles, names={"en": name})
        place = self.folder / name.lower().replace(" ", "-")
        place.mkdir()
        vault = self.vault(place)
        served = self.door(name)
        url = served.url

        def gateway() -> Gateway:
            office = Office(
                institution=account.address,
                key=staff,
                ledger=self.ledger,
                vault=SqlVault(vault),
                store=BlockStore(place / "bodies"),
                clock=self.clock,
                entropy=secrets.token_bytes,
            )
            return Gateway(office, url=url)

        own = gateway()
        self.owned.append(own.office.vault)
        institution = Institution(
            account=account,
            identity=HybridIdentity.generate(),
            gateway=own,
            url=url,
            network=self.network(account, own={url: own}),
            ledger=self.ledger,
            clock=self.clock,
        )
        institution.publish_key()
        institution.add_staff(staff, roles=Role.GATEWAY)
        self.served[url] = served
        served.start(self, gateway)
        return institution

    def researcher(self, name: str) -> Researcher:
        account = self.account()
        self.regulator.accredit(account.address, roles=Role.RESEARCHER, names={"en": name})
        researcher = Researcher(
            account=account,
            identity=HybridIdentity.generate(),
            url="https://research.example",
            network=self.network(account),
            ledger=self.ledger,
            clock=self.clock,
        )
        researcher.publish_key()
        return researcher

    def patient(self) -> Patient:
        account = AccountKey.generate()
        return Patient(
            account=account,
            root=RootSecret.generate(),
            network=self.network(account),
            ledger=self.ledger,
            clock=self.clock,
        )

    def final(self) -> None:
        """Wait until what stands now is final."""
        number = self.ledger.head().number
        while self.ledger.final().number < number:
            time.sleep(0.05)


@contextlib.contextmanager
def town(folder: Path, **ways: Any) -> Iterator[Town]:
    """Build a town, and take all of it down again. `ways` are fields of `Town`: another database, other doors."""
    with Anvil(block_time=0, options=("--block-time", "0.2")) as anvil:
        rpc = anvil.rpc
        deployer, regulator = AccountKey.generate(), AccountKey.generate()
        for key in (deployer, regulator):
            rpc.request("anvil_setBalance", key.address, hex(100 * ETHER))
        deployment = deploy(rpc, deployer, regulator.address, DeploymentSettings(slot_seconds=1))
        ledger = ChainLedger(rpc, deployment.info, sleep=lambda seconds: time.sleep(min(seconds, 0.05)))
        clock = ChainClock(lambda: ledger.head().time)
        written = folder / "chain.json"
        save(written, deployment)
        place = Town(
            rpc=rpc,
            ledger=ledger,
            clock=clock,
            folder=folder,
            node=anvil.url,
            deployment=written,
            regulator=Regulator(regulator, ledger),
            **ways,
        )
        try:
            yield place
        finally:
            for network in place.networks:
                network.close()
            for one in place.served.values():
                one.stop()
            for vault in place.owned:
                vault.close()
