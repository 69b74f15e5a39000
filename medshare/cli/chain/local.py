"""The local chain of a home: up, down, status, reset, play money."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from medshare.cli.chain import app
from medshare.cli.frame.command import command
from medshare.cli.frame.dev_accounts import ETHER, is_local
from medshare.cli.frame.errors import ChainRuns, NotLocal
from medshare.cli.frame.page import Page
from medshare.cli.frame.plan import Plan, Rehearsed
from medshare.cli.frame.session import Session
from medshare.hexadecimal import address as parse_address

if TYPE_CHECKING:
    from medshare.ledger.chain.rpc import Rpc


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainUp:
    """The local chain that runs now. `started` is false where it ran already."""

    url: str
    pid: int
    chain_id: int
    block: int
    started: bool

    def show(self, page: Page) -> None:
        """Say where it answers."""
        page.say("The local chain runs at {url}, block {block}.", url=self.url, block=self.block)
        page.say("Its accounts hold play money. It is not for real patients.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainDown:
    """Whether a chain ran and was stopped. Its state stays on disk."""

    stopped: bool

    def show(self, page: Page) -> None:
        """Say so."""
        page.say("The local chain is stopped; it goes on from here." if self.stopped else "No local chain ran.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainStatus:
    """What the node says. `deployed` is whether every contract stands where the deployment file says.

    `final_block` is None while the chain has no final block.
    """

    node: str
    client: str
    chain_id: int
    block: int
    age_seconds: int
    final_block: int | None
    deployment: str
    deployed: bool

    def show(self, page: Page) -> None:
        """Say what it is."""
        page.say(
            "{client} at {node}: chain {chain_id}, block {block}, {age} seconds old; final up to block {final}.",
            client=self.client,
            node=self.node,
            chain_id=self.chain_id,
            block=self.block,
            age=self.age_seconds,
            final="-" if self.final_block is None else self.final_block,
        )
        if self.deployed:
            page.say("The contracts stand where {file} says.", file=self.deployment)
        else:
            page.say("The contracts are not deployed on this chain.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReset:
    """The local chain was forgotten: `removed` files are gone."""

    removed: tuple[str, ...]

    def show(self, page: Page) -> None:
        """Say so."""
        page.say("The local chain and its deployment file are gone. Deploy anew after chain up.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Funded:
    """Play money that an account got."""

    account: str
    balance_wei: int

    def show(self, page: Page) -> None:
        """Say how much."""
        page.say("{account} holds {ether} ether of play money.", account=self.account, ether=self.balance_wei // ETHER)


@command(app, examples=("medshare chain up", "medshare chain up --port 0 --block-seconds 2"))
def up(
    session: Session,
    port: Annotated[int, typer.Option("--port", help="Its port on the loopback; 0 takes a free one.")] = 8545,
    block_seconds: Annotated[int, typer.Option("--block-seconds", min=1, max=60, help="Seconds between blocks.")] = 1,
) -> ChainUp:
    """Run a local chain in the background: Anvil, its state kept in the home between runs."""
    from medshare.cli.frame.local_chain import LocalChain

    config, chain = session.config, LocalChain(session.home)
    with session.working():
        started = chain.start(port=port, block_seconds=block_seconds)
        name = session.network_name
        if config.network_called(name).rpc != chain.url:
            networks = {**config.networks, name: replace(config.networks[name], rpc=chain.url)}
            session.home.write_config(replace(session.home.config(), networks=networks))
    return ChainUp(
        url=chain.url,
        pid=chain.pid,
        chain_id=chain.rpc.chain_id(),
        block=chain.rpc.block("latest").number,
        started=started,
    )


@command(app, examples=("medshare chain down",))
def down(session: Session) -> ChainDown:
    """Stop the local chain of this home; its state stays on disk."""
    from medshare.cli.frame.local_chain import LocalChain

    with session.working():
        return ChainDown(stopped=LocalChain(session.home).stop())


@command(app, examples=("medshare chain status --json",))
def status(session: Session) -> ChainStatus:
    """Say what the node is, how fresh its head is, and whether the contracts stand on its chain."""
    from medshare.deployment.errors import NoDeployment
    from medshare.ledger.chain.writing import check_contracts
    from medshare.ledger.errors import NoContract, WrongChain

    rpc = session.rpc
    head, client = rpc.block("latest"), str(rpc.request("web3_clientVersion"))
    try:
        check_contracts(rpc, session.deployment.info)
    except (NoDeployment, NoContract, WrongChain):
        deployed = False
    else:
        deployed = True
    return ChainStatus(
        node=rpc.place,
        client=client,
        chain_id=rpc.chain_id(),
        block=head.number,
        age_seconds=session.clock.now() - head.time,
        final_block=_final_block(rpc),
        deployment=str(session.deployment_path),
        deployed=deployed,
    )


def _final_block(rpc: Rpc) -> int | None:
    from medshare.ledger.errors import BlockGone

    try:
        return rpc.block("finalized").number
    except BlockGone:
        return None  # a network in its first minute


@command(app, sends=True, examples=("medshare chain reset --yes",))
def reset(session: Session) -> ChainReset:
    """Forget the local chain of this home and its deployment file; keys and config stay."""
    from medshare.cli.frame.local_chain import LocalChain

    chain = LocalChain(session.home)
    if chain.running:
        raise ChainRuns
    if session.options.dry_run:
        raise Rehearsed(Plan(transactions=(), statement=""))
    if not session.options.yes:
        session.terminal.confirm("Forget the local chain and everything on it?")
    with session.working():
        removed = list(chain.forget())
        path = session.deployment_path
        if path.is_relative_to(session.home.place) and path.exists():
            path.unlink()
            removed.append(path)
    return ChainReset(removed=tuple(str(place) for place in removed))


@command(app, examples=("medshare chain fund 0x70997970c51812dc3a010c7d01b50e0d17dc79c8",))
def fund(
    session: Session,
    account: Annotated[str, typer.Argument(help="The address, or the name of an account of this home.")],
    ether: Annotated[int, typer.Option("--ether", min=1, help="How much it holds then.")] = 100,
) -> Funded:
    """Give an account play money; only a local test chain does that."""
    from medshare.cli.frame.dev_accounts import fund as give

    place = session.address(account) if account in session.home.accounts() else parse_address(account.lower())
    if not is_local(session.rpc):
        raise NotLocal(node=session.rpc.place)
    give(session.rpc, place, ether=ether)
    return Funded(account=place, balance_wei=ether * ETHER)
