"""A chain with the contracts, and homes on it, made with the command line alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from medshare.deployment import file
from medshare.deployment.anvil import Anvil
from medshare.deployment.deploy import deploy
from medshare.deployment.file import Settings
from medshare.keys.account import AccountKey
from tests.unit.cli.running import PASSPHRASE, Outcome, Runner

ETHER = 10**18


@dataclass(frozen=True, slots=True)
class Consortium:
    """A running chain, its deployment file, and a runner for homes beside it."""

    anvil: Anvil
    run: Runner

    @property
    def deployment(self) -> Path:
        """The deployment file, beside the homes."""
        return self.run.place / "31337.json"

    def home(self, role: str, name: str, *more: str) -> str:
        """Make a home on this chain and return its address."""
        place = ("--rpc", self.anvil.url, "--deployment", "../31337.json")
        done = self.run.init(role, *place, *more, "--json", home=name)
        assert done.code == 0, done.err
        return str(done.result["address"])

    def fund(self, address: str) -> None:
        """Give play money."""
        self.anvil.rpc.request("anvil_setBalance", address, hex(100 * ETHER))

    def __call__(self, *words: str, home: str, passphrases: tuple[str, ...] = (PASSPHRASE,)) -> Outcome:
        """Run a command, unlocked."""
        return self.run(*words, home=home, passphrases=passphrases)

    def sent(self, *words: str, home: str) -> Outcome:
        """Run a command that sends, without asking; it must succeed."""
        done = self(*words, "--yes", "--json", home=home)
        assert done.code == 0, (words, done.out, done.err)
        return done

    def accredited(self, name: str, *roles: str) -> str:
        """Make an institution with a gateway account, accredited, its key published."""
        address = self.home("institution", name)
        self.fund(address)
        self.sent("org", "register", address, "--name", name, *_options(roles), home="regulator")
        self.sent("org", "publish-key", home=name)
        gateway = self("account", "new", "gateway", "--light", "--json", home=name).result["address"]
        self.fund(gateway)
        self.sent("org", "add-staff", "gateway", "--gateway", home=name)
        return address


def begin(anvil: Anvil, place: Path) -> Consortium:
    """Deploy on a fresh chain, with the account of a regulator's home."""
    consortium = Consortium(anvil, Runner(place))
    regulator = consortium.home("regulator", "regulator")
    deployer = AccountKey.generate()
    consortium.fund(deployer.address)
    consortium.fund(regulator)
    deployment = deploy(anvil.rpc, deployer, regulator, Settings(slot_seconds=1, head_max_age=3600))
    file.save(consortium.deployment, deployment)
    return consortium


def _options(roles: tuple[str, ...]) -> list[str]:
    return [word for role in roles or ("institution", "custodian", "validator") for word in ("--role", role)]
