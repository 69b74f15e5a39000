"""One run of one command: the home, the keys that were unlocked, the chain, the person at the keyboard."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from medshare.cli.frame import keystores
from medshare.cli.frame.config import Config, HomeRole, NetworkConfig
from medshare.cli.frame.errors import InitUnfinished, WrongRole
from medshare.cli.frame.home import Home
from medshare.cli.frame.keystores import read_account
from medshare.cli.frame.page import Page
from medshare.cli.frame.plan import Plan, PlannedTransaction, Rehearsed, show_transaction
from medshare.cli.frame.terminal import Terminal
from medshare.clock import Clock, SystemClock

if TYPE_CHECKING:
    from medshare.age import HybridIdentity
    from medshare.cli.frame.sending import CarefulLedger
    from medshare.deployment.file import Deployment
    from medshare.keys.account import AccountKey
    from medshare.keys.root import RootSecret
    from medshare.ledger.chain.fitness import Known
    from medshare.ledger.chain.rpc import Rpc


K = TypeVar("K")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options that every command has. `yes` and `dry_run` only where something is sent."""

    home: Path
    language: str
    json: bool = False
    only: str | None = None
    network: str | None = None
    account: str | None = None
    passphrase_fd: int | None = None
    yes: bool = False
    dry_run: bool = False
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)


class Session:
    """What a command gets as its first argument.

    Args:
        options: What was asked for.
        clock, entropy: The time and the randomness.
        terminal: Where questions are asked.
    """

    def __init__(
        self,
        options: Options,
        *,
        clock: Clock | None = None,
        entropy: Callable[[int], bytes] = secrets.token_bytes,
        terminal: Terminal | None = None,
    ) -> None:
        self.options = options
        self.clock = clock or SystemClock()
        self.entropy = entropy
        self.terminal = terminal or Terminal(options.language, passphrase_fd=options.passphrase_fd)
        self.home = Home(options.home)
        self.statement = ""
        self.at_end = contextlib.ExitStack()
        """What is let go of when the command ends: connections, vaults."""
        self._agreed = options.yes
        self._unlocked: dict[str, AccountKey] = {}
        self._passphrases: dict[str, str] = {}

    # The home

    @cached_property
    def config(self) -> Config:
        """The config, with what the environment says instead."""
        return self.home.config().with_environment(self.options.environment)

    def require_role(self, *roles: HomeRole) -> Config:
        """Return the config of a home with one of these roles.

        Raises:
            WrongRole: It has another.
            InitUnfinished: It is a patient's whose words were not typed back.
        """
        config = self.config
        if config.role not in roles:
            raise WrongRole(role=config.role, wanted=", ".join(roles))
        if config.role is HomeRole.PATIENT and not config.patient.words:  # [M-004]
            raise InitUnfinished
        return config

    @property
    def account_name(self) -> str:
        """The account that acts: --account, else the config's."""
        return self.options.account or self.config.account

    # Keys

    def account(self, name: str | None = None) -> AccountKey:
        """Return an account key, unlocked once in a command; by default the one that acts.

        Raises:
            NoSuchAccount, FileOpen, and the errors of `read_keystore`.
        """
        wanted = name or self.account_name
        if wanted not in self._unlocked:
            self.home.check_account(wanted)
            self._unlocked[wanted] = self._open(wanted, lambda passphrase: read_account(self.home, wanted, passphrase))
        return self._unlocked[wanted]

    def address(self, name: str | None = None) -> str:
        """Return the address of an account without unlocking it."""
        return keystores.address_of_account(self.home, name or self.account_name)

    def root(self) -> RootSecret:
        """Return the patient's root secret; `init` sealed it together with the home's account."""
        return self._open(self.config.account, lambda passphrase: keystores.read_root(self.home, passphrase))

    def encryption(self) -> HybridIdentity:
        """Return the encryption identity; `init` sealed it together with the home's account."""
        return self._open(self.config.account, lambda passphrase: keystores.read_encryption(self.home, passphrase))

    def _open(self, name: str, opener: Callable[[str], K]) -> K:
        """Open a key with the first passphrase that does; one that opened a key of that name is tried first."""
        from medshare.age.errors import WrongPassphrase
        from medshare.keys.errors import KeystorePassphrase

        known = self._passphrases.get(name)
        tries = self.terminal.tries(name) if known is None else (known,)
        for place, passphrase in enumerate(tries, start=1):
            try:
                found = opener(passphrase)
            except (KeystorePassphrase, WrongPassphrase):
                if place == len(tries):
                    raise
            else:
                self._passphrases[name] = passphrase
                return found
        raise AssertionError(name)

    # The chain

    @property
    def network_name(self) -> str:
        """The network: --network, else the config's."""
        return self.options.network or self.config.network

    @property
    def network_config(self) -> NetworkConfig:
        """The network's settings."""
        return self.config.network_called(self.network_name)

    @cached_property
    def rpc(self) -> Rpc:
        """The node, or several that are asked as one."""
        from medshare.ledger.chain.nodes import Nodes, Route
        from medshare.ledger.chain.rpc import Rpc

        urls = self.network_config.urls
        if len(urls) == 1:
            return Rpc.http(urls[0])
        return Nodes([Route.http(url) for url in urls], known=self._known, clock=self.clock)

    @property
    def _known(self) -> Known:
        """What every node must show: that of the deployment file, nothing before there is one."""
        from medshare.ledger.acts import PARTICIPANTS
        from medshare.ledger.chain.fitness import Known

        if not self.deployment_path.exists():
            return Known()
        return Known(
            chain_id=self.deployment.chain_id,
            head_max_age=self.deployment.settings.head_max_age,
            contract=self.deployment.addresses[PARTICIPANTS],
        )

    @property
    def deployment_path(self) -> Path:
        """Where the deployment file of the network is."""
        return self.home.path(self.network_config.deployment)

    @cached_property
    def deployment(self) -> Deployment:
        """Where the contracts stand on the network.

        Raises:
            NoDeployment, BadDeploymentFile, OtherVersion.
        """
        from medshare.deployment import file

        return file.load(self.deployment_path)

    @cached_property
    def ledger(self) -> CarefulLedger:
        """The chain. What is sent is shown first and asked about, unless --yes was given.

        Raises:
            NodeUnreachable, WrongChain, NoContract, CodeDiffers, and as `deployment`.
        """
        from medshare.cli.frame.sending import CarefulLedger

        return CarefulLedger(self.rpc, self.deployment.info).with_care(self.consider)

    def consider(self, *transactions: PlannedTransaction) -> None:
        """Show transactions and ask, once in a command.

        Raises:
            Rehearsed: With --dry-run; nothing is sent.
            SaidNo, AnswerNeeded: The answer is not yes, or nobody is there to give one.
        """
        if self.options.dry_run:  # [M-001]
            raise Rehearsed(Plan(transactions=transactions, statement=self.statement))
        if not self._agreed:
            if self.terminal.interactive:
                self.terminal.tell("This sends:")
                for one in transactions:
                    show_transaction(Page(self.options.language, self.terminal.target), one)
            self.terminal.confirm("Send it?")
            self._agreed = True

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """Keep other commands that change the home away. Raises HomeBusy."""
        with self.home.held():
            yield
