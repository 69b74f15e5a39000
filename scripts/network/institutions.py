"""The homes of `medshare` and the gateways that run on them: regulator, four institutions."""

from __future__ import annotations

import secrets
import signal
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import httpx

from medshare.cli.frame.home import Home
from scripts.network.command_line import CommandLine
from scripts.network.databases import Databases
from scripts.network.folder import HOST, INSTITUTIONS, NAMES, Folder
from scripts.network.node_rpc import CLIENT
from scripts.network.pairs import CHAIN_ID, Pairs
from scripts.network.processes import Processes, Program
from scripts.network.swarm import Swarm
from scripts.network.treasury import pay
from scripts.network.waiting import until

ROLES = ("institution", "custodian", "validator")
SLOT_SECONDS = 2
AT_ONCE = 4
"""Commands side by side: each waits for the chain most of its time."""


class Institutions:
    """Everybody's homes, and the gateways."""

    def __init__(
        self, folder: Folder, processes: Processes, *, pairs: Pairs, swarm: Swarm, databases: Databases
    ) -> None:
        self._folder = folder
        self._processes = processes
        self._pairs = pairs
        self._swarm = swarm
        self._databases = databases
        self.medshare = CommandLine(folder.place / "homes", folder.place / "passphrase")

    @property
    def deployment(self) -> str:
        """Where the deployment file is."""
        return str(self.medshare.homes / "regulator" / "deployments" / f"{CHAIN_ID}.json")

    def gateway(self, name: str) -> str:
        """Return the URL of an institution's gateway."""
        return f"http://{HOST}:{self._folder.read().ports.gateway(number_of(name))}"

    def address(self, home: str, account: str = "main") -> str:
        """Return the address of an account of a home."""
        return str(self.medshare(home, "account", "show", account, "--offline")["address"])

    def make_homes(self) -> None:
        """Make every home with its keys; no chain is needed."""
        self._folder.private("homes")
        passphrase = self._folder.place / "passphrase"
        passphrase.touch(mode=0o600)
        passphrase.write_text(f"{secrets.token_hex(16)}\n")
        with ThreadPoolExecutor(AT_ONCE) as pool:
            made = [pool.submit(self._make_regulator), *(pool.submit(self._make_home, one) for one in INSTITUTIONS)]
            for one in made:
                one.result()

    def deploy(self) -> None:
        """Pay everybody, and put the contracts on the chain."""
        who = [("regulator", "main"), ("regulator", "deployer")]
        who += [(name, account) for name in INSTITUTIONS for account in ("main", "gateway")]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            accounts = dict(zip(who, pool.map(lambda one: self.address(*one), who), strict=True))
        pay(self._pairs.rpc(1), CHAIN_ID, accounts.values())
        self.medshare(
            *("regulator", "deploy", "--account", "deployer", "--regulator", accounts["regulator", "main"]),
            *("--slot-seconds", str(SLOT_SECONDS), "--yes"),
        )

    def accredit(self) -> None:
        """Let the regulator accredit every institution; each publishes its key and names its gateway's account."""
        for name in INSTITUTIONS:  # one account sends, so one after the other
            roles = [word for role in ROLES for word in ("--role", role)]
            words = ("org", "register", self.address(name), "--name", NAMES[name], *roles, "--yes")
            self.medshare("regulator", *words)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self._join, INSTITUTIONS))

    def start(self, *names: str) -> None:
        """Start gateways and wait until they answer."""
        for name in names:
            with self.medshare.passphrase.open("rb") as passphrase:
                self._processes.start(self._serving(name, passphrase.fileno()))
        for name in names:
            until(f"the gateway of {name}", 90, partial(self._answers, name), yet=(httpx.HTTPError,))

    def stop(self, *names: str, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop gateways; SIGKILL is a crash."""
        self._processes.stop(*(f"gateway-{name}" for name in names), how=how)

    def _serving(self, name: str, passphrase: int) -> Program:
        words = self.medshare.words(name, "serve", "--passphrase-fd", str(passphrase))
        return Program(
            name=f"gateway-{name}",
            command=tuple(words),
            folder=self.medshare.homes / name,
            environment=self.medshare.environment(),
            files=(passphrase,),
        )

    def _answers(self, name: str) -> bool:
        return bool(CLIENT.get(f"{self.gateway(name)}/metrics").raise_for_status().content)

    def _make_regulator(self) -> None:
        words = ("init", "regulator", "--light", "--rpc", self._pairs.rpc(1))
        self.medshare("regulator", *words, "--deployment", f"deployments/{CHAIN_ID}.json")
        self.medshare("regulator", "account", "new", "deployer", "--light")

    def _make_home(self, name: str) -> None:
        """Make an institution's home on its own node, database and Kubo, with everybody's gateway known."""
        number = number_of(name)
        words = ("init", "institution", "--light", "--rpc", self._pairs.rpc(number), "--deployment", self.deployment)
        self.medshare(name, *words, "--gateway-url", self.gateway(name))
        self.medshare(name, "account", "new", "gateway", "--light")
        home = Home(self.medshare.homes / name)
        config = home.config()
        home.write_config(
            replace(
                config,
                vault=replace(config.vault, url=self._databases.url(name)),
                store=replace(config.store, kubo=self._swarm.multiaddress(number)),
                gateways={one: self.gateway(one) for one in INSTITUTIONS},
            )
        )

    def _join(self, name: str) -> None:
        self.medshare(name, "org", "publish-key", "--yes")
        self.medshare(name, "org", "add-staff", "gateway", "--gateway", "--yes")


def number_of(name: str) -> int:
    """Return the number of an institution's pair and Kubo node."""
    return INSTITUTIONS.index(name) + 1


def names_of_gateways(names: Iterable[str] = INSTITUTIONS) -> list[str]:
    """Return the names of the processes of gateways."""
    return [f"gateway-{name}" for name in names]
