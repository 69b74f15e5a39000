"""People and institutions by name on a development chain: what the scripts for Brownie users work on.

Keys are made from the names, so anybody can make them again: only for a local test chain. Vaults and
bodies stand in `.medshare/<chain id>-<deployment>/`, so that one script finds what another one did, and a restarted
chain finds everything again.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from pathlib import Path

from medshare.actors import Institution, LocalNetwork, Patient, Regulator, Researcher
from medshare.actors.moving import restore
from medshare.age import HybridIdentity
from medshare.clock import ChainClock
from medshare.deployment import file
from medshare.digest import keccak
from medshare.gateway import Gateway
from medshare.gateway.office import Office
from medshare.hexadecimal import ZERO_32
from medshare.keys.account import AccountKey
from medshare.keys.root import RootSecret
from medshare.ledger import Role
from medshare.ledger.chain import ChainLedger
from medshare.ledger.chain.rpc import Rpc
from medshare.sandbox import WRITES_AND_CHECKS
from medshare.store import BlockStore
from medshare.vault.sql import SqlVault
from scripts.deploy import brownie_account, brownie_rpc

ETHER = 10**18
VALIDATORS = ("Harbour Clinic", "Valley Clinic", "Meadow Clinic")
FOLDER = Path(".medshare")


class Playground:
    """Everybody on one development chain.

    Args:
        rpc: The node, an Anvil.
        regulator: Who accredits.
        path: The deployment file; by default the chain's own.
        folder: Where vaults and bodies are kept.

    Raises:
        NoDeployment, and what `ChainLedger` raises: The contracts do not stand on this chain.
    """

    def __init__(self, rpc: Rpc, regulator: AccountKey, *, path: Path | None = None, folder: Path = FOLDER) -> None:
        deployment = file.load(path or file.default_path(rpc.chain_id()))
        self.rpc = rpc
        self.ledger = ChainLedger(rpc, deployment.info, sleep=lambda seconds: time.sleep(min(seconds, 0.2)))
        self.clock = ChainClock(lambda: self.ledger.head().time)
        self.regulator = Regulator(regulator, self.ledger)
        self.network = LocalNetwork()
        self._folder = folder / f"{deployment.chain_id}-{deployment.addresses['ConsentRegistry'][2:10]}"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._names = self._folder / "institutions.json"
        self._institutions: dict[str, Institution] = {}
        for name in json.loads(self._names.read_text()) if self._names.exists() else ():
            self.institution(name)

    @classmethod
    def of_brownie(cls) -> Playground:
        """Return the playground on Brownie's network; its second account is the regulator."""
        return cls(brownie_rpc(), brownie_account(1))

    def institution(self, name: str) -> Institution:
        """Return the institution of this name; a new one is accredited and opens its gateway."""
        if name in self._institutions:
            return self._institutions[name]
        account, staff = self._account(name), self._account(f"{name}/gateway")
        new = not self.ledger.account(account.address).active
        if new:
            self.regulator.accredit(account.address, roles=WRITES_AND_CHECKS, names={"en": name})
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower())
        place, url = self._folder / slug, f"https://{slug}.example"
        place.mkdir(exist_ok=True)
        office = Office(
            institution=account.address,
            key=staff,
            ledger=self.ledger,
            vault=SqlVault(f"sqlite:///{place / 'vault.db'}"),
            store=BlockStore(place / "bodies"),
            clock=self.clock,
            entropy=secrets.token_bytes,
        )
        gateway = Gateway(office, url=url)
        found = Institution(
            account=account,
            identity=HybridIdentity.from_seed(self._secret(f"{name}/key")),
            gateway=gateway,
            url=url,
            network=self.network,
            ledger=self.ledger,
            clock=self.clock,
        )
        self.network.open(url, gateway)
        self.network.join(found)
        if new:
            found.publish_key()
            found.add_staff(staff, roles=Role.GATEWAY)
        self._institutions[name] = found
        self._names.write_text(json.dumps(sorted(self._institutions)))
        return found

    def validators(self) -> tuple[Institution, ...]:
        """Return three clinics that check what others upload."""
        return tuple(self.institution(name) for name in VALIDATORS)

    def researcher(self, name: str) -> Researcher:
        """Return the researcher of this name; a new one is accredited."""
        account = self._account(name)
        found = Researcher(
            account=account,
            identity=HybridIdentity.from_seed(self._secret(f"{name}/key")),
            url="https://research.example",
            network=self.network,
            ledger=self.ledger,
            clock=self.clock,
        )
        if not self.ledger.account(account.address).active:
            self.regulator.accredit(account.address, roles=Role.RESEARCHER, names={"en": name})
            found.publish_key()
        self.network.join(found)
        return found

    def patient(self, name: str, hospital: Institution) -> Patient:
        """Return the person of this name with her agent, enrolled at `hospital`."""
        account, root = self._account(name, pay=False), RootSecret(self._secret(f"{name}/root"))
        network, ledger, clock = self.network, self.ledger, self.clock
        if ledger.digest_of(account.address) == ZERO_32:
            patient = Patient(account=account, root=root, network=network, ledger=ledger, clock=clock)
        else:
            urls = [one.url for one in self._institutions.values()]
            patient = restore(account=account, root=root, urls=urls, network=network, ledger=ledger, clock=clock)
        if not hospital.gateway.postbox.enrolled(patient.address):
            hospital.enrol(patient.answer(hospital.offer_enrolment()), identity_checked=True)
            patient.sync()
        return patient

    def _account(self, name: str, *, pay: bool = True) -> AccountKey:
        key = AccountKey(self._secret(f"{name}/account"))
        if pay and not int(self.rpc.request("eth_getBalance", key.address, "latest"), 16):
            self.rpc.request("anvil_setBalance", key.address, hex(100 * ETHER))
        return key

    @staticmethod
    def _secret(name: str) -> bytes:
        return keccak(b"medshare playground, no secret: " + name.encode())
