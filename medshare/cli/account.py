"""`medshare account`: the account keys of a home."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medshare.cli.frame import keystores
from medshare.cli.frame.command import command
from medshare.cli.frame.errors import FileKept, HomeUnwritable
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session
from medshare.hexadecimal import address as parse_address

if TYPE_CHECKING:
    from medshare.keys.account import AccountKey

app = typer.Typer(name="account", no_args_is_help=True, add_completion=False)

Name = Annotated[str, typer.Argument(help="Its name: lower-case letters, digits, hyphens.")]
Light = Annotated[
    bool, typer.Option("--light", help="Derive the key quickly; its passphrase is guessed 64 times sooner.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """One account of a home. `acts` marks the one that acts when no other is named."""

    name: str
    address: str
    acts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountList:
    """The accounts of a home."""

    accounts: tuple[AccountLine, ...]

    def show(self, page: Page) -> None:
        """Write a line for each."""
        page.table(
            ("account", "address", ""),
            [(one.name, one.address, "*" if one.acts else "") for one in self.accounts],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMade:
    """An account that is now in the home, and its keystore file."""

    name: str
    address: str
    file: str

    def show(self, page: Page) -> None:
        """Say where it is."""
        page.say("Account {name} is {address}.", name=self.name, address=self.address)
        page.say("Its key lies in {file}. Keep a copy elsewhere, and the passphrase apart from it.", file=self.file)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountShown:
    """What is known of an account. `roles` and `status` are null where no chain was asked."""

    name: str
    address: str
    file: str
    status: str | None
    roles: tuple[str, ...] | None
    balance_wei: int | None

    def show(self, page: Page) -> None:
        """Say who it is."""
        page.say("Account {name} is {address}.", name=self.name, address=self.address)
        if self.status is not None:
            roles = ", ".join(page.word(one) for one in self.roles or ()) or page.word("none")
            page.say("On the chain: {status}. Roles: {roles}.", status=page.word(self.status), roles=roles)
        if self.balance_wei is not None:
            page.say("It holds {ether} ether.", ether=f"{self.balance_wei / 10**18:.6f}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountBackup:
    """A copy of a keystore file."""

    name: str
    file: str

    def show(self, page: Page) -> None:
        """Say where it is."""
        page.say("A copy of {name} is in {file}, under the same passphrase.", name=self.name, file=self.file)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryNamed:
    """A recovery address that stands on the chain."""

    patient: str
    recovery: str
    transaction: bytes

    def show(self, page: Page) -> None:
        """Say so."""
        page.say("{recovery} alone can move you to another account now.", recovery=self.recovery)


@command(app, "list", examples=("medshare account list", "medshare account list --json"))
def list_accounts(session: Session) -> AccountList:
    """List the accounts of the home; no passphrase is needed."""
    acts = session.account_name
    return AccountList(
        accounts=tuple(
            AccountLine(name=name, address=keystores.address_of_account(session.home, name), acts=name == acts)
            for name in session.home.accounts()
        )
    )


@command(app, examples=("medshare account new gateway",))
def new(session: Session, name: Name, light: Light = False) -> AccountMade:  # noqa: FBT002 (a flag)
    """Make an account under a passphrase of its own."""
    from medshare.keys.account import AccountKey

    return _keep(session, name, AccountKey.generate(session.entropy), light=light)


@command(app, "import", examples=("medshare account import old ~/old-wallet.json",))
def import_account(
    session: Session,
    name: Name,
    file: Annotated[Path, typer.Argument(help="A keystore file of version 3, of any wallet.")],
    light: Light = False,  # noqa: FBT002 (a flag)
) -> AccountMade:
    """Take in the keystore file of a wallet. It is opened with its passphrase and kept under a new one."""
    from medshare.keys.keystore import read_keystore

    try:
        data = file.read_bytes()
    except OSError as error:
        raise HomeUnwritable(place=file, why=error.strerror or "it cannot be read") from error
    return _keep(session, name, read_keystore(data, session.terminal.secret(file.name)), light=light)


@command(app, examples=("medshare account show", "medshare account show gateway --json"))
def show(
    session: Session,
    name: Annotated[str | None, typer.Argument(help="Its name; by default the one that acts.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no chain.")] = False,  # noqa: FBT002 (a flag)
) -> AccountShown:
    """Show an account: its address, what it is on the chain, and what it holds."""
    wanted = name or session.account_name
    address, file = session.address(wanted), str(session.home.place / session.home.account_file(wanted))
    if offline:
        return AccountShown(name=wanted, address=address, file=file, status=None, roles=None, balance_wei=None)
    found = session.ledger.account(address)
    return AccountShown(
        name=wanted,
        address=address,
        file=file,
        status=found.status.name.lower(),
        roles=tuple(role.name.lower() for role in found.roles if role.name),
        balance_wei=session.rpc.number(session.rpc.request("eth_getBalance", address, "latest")),
    )


@command(app, examples=("medshare account backup main /media/usb/main.json",))
def backup(
    session: Session,
    name: Name,
    file: Annotated[Path, typer.Argument(help="Where the copy goes; it must not exist.")],
) -> AccountBackup:
    """Copy a keystore file to another place, and open the copy to prove that it is good."""
    from medshare.cli.frame.home import Home

    source = session.home.check_account(name)
    session.account(name)
    place = file.expanduser().absolute()
    Home(place.parent).write(place.name, session.home.read_key_file(source))
    return AccountBackup(name=name, file=str(place))


@command(app, sends=True, examples=("medshare account recovery 0x15d3…6a65 --yes",))
def recovery(
    session: Session,
    address: Annotated[str, typer.Argument(help="An address whose key is kept on another device.")],
) -> RecoveryNamed:
    """Name the address that alone may move you to another account; for a patient. Once set, only it can change it."""
    from medshare.cli.frame.people import patient
    from medshare.cli.frame.rehearsal import consider_message
    from medshare.typed_data import Recovery

    place = parse_address(address.lower())
    with patient(session) as agent:
        seq = agent.ledger.account(agent.address).seq + 1
        consider_message(session, agent, Recovery(patient=agent.address, recovery=place, seq=seq))
        done = agent.name_recovery(place)
    config = session.home.config()
    session.home.write_config(replace(config, patient=replace(config.patient, recovery=place)))
    return RecoveryNamed(patient=agent.address, recovery=place, transaction=done.hash)


def _keep(session: Session, name: str, key: AccountKey, *, light: bool) -> AccountMade:
    home = session.home
    file, _ = home.account_file(name), session.config
    if home.has(file):
        raise FileKept(place=home.place / file)
    keystores.write_account(home, name, key, session.terminal.new_secret(name), light=light)
    return AccountMade(name=name, address=key.address, file=str(home.place / file))
