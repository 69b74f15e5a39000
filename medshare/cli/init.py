"""`medshare init`: a home with its keys.

A patient's is not finished before the 24 words were typed back and a recovery address was named or
declined: whoever skips that loses everything with the device.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from medshare.cli.frame import keystores
from medshare.cli.frame.command import command
from medshare.cli.frame.config import Config, HomeRole, NetworkConfig, PatientConfig
from medshare.cli.frame.errors import HomeExists, PassphraseFd
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session
from medshare.cli.frame.terminal import read_fd
from medshare.errors import InputError
from medshare.hexadecimal import address as parse_address

if TYPE_CHECKING:
    from medshare.keys.root import RootSecret

app = typer.Typer(add_completion=False)


class WordsDiffer(InputError):
    """Raised when the words that were typed back are not the ones that were shown."""

    code = "init.words-differ"
    cause = "The words that you typed are not the ones that were shown."
    remedy = "Run medshare init patient again: it shows them once more."


@dataclass(frozen=True, slots=True, kw_only=True)
class InitResult:
    """The home that was made. `recovery` is an address, "declined", or empty where the role has none."""

    role: HomeRole
    place: str
    address: str
    recovery: str

    def show(self, page: Page) -> None:
        """Say what comes next."""
        page.say("The home of this {role} is {place}.", role=page.word(self.role), place=self.place)
        page.say("Its account is {address}.", address=self.address)
        if self.recovery == "declined":
            page.say("Without a recovery address a lost or stolen account key cannot be replaced.")
        elif self.recovery:
            page.say("The recovery address goes to the chain at the first sync after enrolment.")


@command(
    app,
    examples=(
        "medshare init patient",
        "medshare init institution --home ~/city --rpc http://10.0.0.5:8545 --deployment ~/31337.json",
    ),
)
def init(
    session: Session,
    role: Annotated[HomeRole, typer.Argument(help="Whose home it is.")],
    rpc: Annotated[
        list[str] | None, typer.Option("--rpc", help="The node's JSON-RPC URL; more than once for several nodes.")
    ] = None,
    deployment: Annotated[str | None, typer.Option("--deployment", help="The deployment file.")] = None,
    gateway_url: Annotated[
        str | None, typer.Option("--gateway-url", help="Where an institution's gateway will answer.")
    ] = None,
    recovery: Annotated[
        str | None, typer.Option("--recovery", help="An address that alone can move a patient to another.")
    ] = None,
    no_recovery: Annotated[  # noqa: FBT002 (a flag)
        bool, typer.Option("--no-recovery", help="Decline a recovery address.")
    ] = False,
    words_fd: Annotated[
        int | None, typer.Option("--words-fd", help="Read 24 words that you have from this file descriptor.")
    ] = None,
    show_words_fd: Annotated[
        int | None, typer.Option("--show-words-fd", help="Show the new words on this file descriptor.")
    ] = None,
    typed_words_fd: Annotated[
        int | None, typer.Option("--typed-words-fd", help="Read the typed words from this file descriptor.")
    ] = None,
    light: Annotated[  # noqa: FBT002 (a flag)
        bool, typer.Option("--light", help="Derive keys quickly; a passphrase is guessed 64 times sooner.")
    ] = False,
) -> InitResult:
    """Make a home: config, an account under a passphrase, and the keys of its role.

    A patient is shown 24 words once, and types them back before the home is finished. They and the account's
    keystore bring everything back on another device.
    """
    network = NetworkConfig()
    if rpc:
        network = replace(network, rpc=rpc[0] if len(rpc) == 1 else tuple(rpc))
    if deployment is not None:
        network = replace(network, deployment=deployment)
    config = Config(role=role, language=session.options.language, networks={"local": network})
    if gateway_url is not None:
        url = gateway_url.rstrip("/")
        config = replace(config, gateway=replace(config.gateway, url=url, listen=_listen_at(url, config)))
    if role is not HomeRole.PATIENT:
        return _make(session, config, light=light)
    if recovery is not None:
        recovery = parse_address(recovery.lower())
    return _make_patient(
        session,
        config,
        choice="declined" if no_recovery else recovery,
        known=None if words_fd is None else read_fd(words_fd),
        fds=(show_words_fd, typed_words_fd),
        light=light,
    )


def _listen_at(url: str, config: Config) -> str:
    """Return where a gateway with this public URL listens: there itself on this machine, else behind a proxy."""
    parts = urlsplit(url)
    return parts.netloc if parts.hostname in {"127.0.0.1", "localhost", "::1"} else config.gateway.listen


def _make(session: Session, config: Config, *, light: bool) -> InitResult:
    from medshare.keys.account import AccountKey

    home = session.home
    if home.exists:
        raise HomeExists(place=home.place)
    key, passphrase = AccountKey.generate(session.entropy), session.terminal.new_secret(config.account)
    home.make(config)
    keystores.write_account(home, config.account, key, passphrase, light=light)
    if config.role in {HomeRole.INSTITUTION, HomeRole.RESEARCHER}:
        from medshare.age import HybridIdentity

        keystores.write_encryption(home, HybridIdentity.generate(session.entropy), passphrase, light=light)
    return InitResult(role=config.role, place=str(home.place), address=key.address, recovery="")


def _make_patient(
    session: Session,
    config: Config,
    *,
    choice: str | None,
    known: str | None,
    fds: tuple[int | None, int | None],
    light: bool,
) -> InitResult:
    """Make a patient's home, or finish one whose words were never typed back."""
    from medshare.keys.account import AccountKey
    from medshare.keys.root import RootSecret

    home = session.home
    if home.exists:
        config = home.config()
        if config.role is not HomeRole.PATIENT or config.patient.words:
            raise HomeExists(place=home.place)
        address, root = session.account().address, session.root()
    else:
        root = RootSecret.generate(session.entropy) if known is None else RootSecret.from_secret_words(known)
        key, passphrase = AccountKey.generate(session.entropy), session.terminal.new_secret(config.account)
        home.make(config)
        keystores.write_account(home, config.account, key, passphrase, light=light)
        keystores.write_root(home, root, passphrase, light=light)
        address = key.address
    if known is None:
        _confirm_words(session, root, *fds)
    if choice is None:
        choice = _ask_recovery(session)
    home.write_config(replace(config, patient=PatientConfig(words=True, recovery=choice)))  # [M-004]
    return InitResult(role=config.role, place=str(home.place), address=address, recovery=choice)


def _confirm_words(session: Session, root: RootSecret, show_fd: int | None, typed_fd: int | None) -> None:
    """Show the words and have them typed back.

    Raises:
        WordsDiffer: They are not the same.
        AnswerNeeded, SaidNo: Nobody types.
    """
    from medshare.keys.errors import WordsWrong
    from medshare.keys.root import RootSecret

    words, terminal = root.secret_words(), session.terminal
    if show_fd is None:
        if not terminal.interactive:
            terminal.ask("Type the 24 words:", option="--show-words-fd, --typed-words-fd")
        terminal.tell("Write these 24 words down on paper. They are shown once; whoever has them has your keys.")
        terminal.show("\n".join(f"{place:3} {word}" for place, word in enumerate(words.split(), start=1)))
    else:
        try:
            os.write(show_fd, words.encode() + b"\n")
        except OSError as error:
            raise PassphraseFd(number=show_fd) from error
    typed = read_fd(typed_fd) if typed_fd is not None else terminal.ask("Type them:", option="--typed-words-fd")
    try:
        same = RootSecret.from_secret_words(typed).same_secret(root)
    except WordsWrong as error:
        raise WordsDiffer from error
    if not same:  # [M-004]
        raise WordsDiffer


def _ask_recovery(session: Session) -> str:
    answer = session.terminal.ask(
        "A recovery address alone can move you to a new account if this one is lost. Its address, or no:",
        option="--recovery, --no-recovery",
    )
    return "declined" if answer.lower() in {"no", "n", "否"} else parse_address(answer.lower())
