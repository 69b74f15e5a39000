"""`medshare chain`: the local chain, and the contracts on any chain."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from medshare.cli.frame.command import command
from medshare.cli.frame.config import HomeRole
from medshare.cli.frame.errors import ChainRuns, NotLocal
from medshare.cli.frame.page import Page
from medshare.cli.frame.plan import Plan, PlannedTransaction, Rehearsed
from medshare.cli.frame.session import Session
from medshare.hexadecimal import address as parse_address

if TYPE_CHECKING:
    from medshare.deployment.file import Deployment
    from medshare.ledger.types import Signer

app = typer.Typer(name="chain", no_args_is_help=True)

ETHER = 10**18
DEPLOYMENT_GAS = 14_000_000
"""More than the whole deployment takes; for the question only."""


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
    """What the node says. `deployed` is whether every contract stands where the deployment file says."""

    node: str
    client: str
    chain_id: int
    block: int
    age_seconds: int
    final_block: int
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
            final=self.final_block,
        )
        if self.deployed:
            page.say("The contracts stand where {file} says.", file=self.deployment)
        else:
            page.say("The contracts are not deployed on this chain.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractLine:
    """One contract: where it stands, and the hash of its code."""

    name: str
    address: str
    code_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainAddresses:
    """A deployment: its file, its chain, who governs it, and its contracts."""

    file: str
    chain_id: int
    block: int
    deployer: str
    regulator: str
    contracts: tuple[ContractLine, ...]

    def show(self, page: Page) -> None:
        """Write a line for each contract."""
        facts = {"chain_id": self.chain_id, "block": self.block, "file": self.file}
        page.say("Chain {chain_id}, from block {block}: {file}.", **facts)
        page.say("Regulator {regulator}.", regulator=self.regulator)
        page.table(("contract", "address"), [(one.name, one.address) for one in self.contracts])


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingLine:
    """One thing that was checked and found right."""

    contract: str
    what: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainVerified:
    """Everything that was checked on the live deployment; all of it is right."""

    findings: tuple[FindingLine, ...]

    def show(self, page: Page) -> None:
        """Write a line for each."""
        page.table(("contract", "what", "found"), [(one.contract, one.what, one.found) for one in self.findings])
        page.say("All {count} points are right.", count=len(self.findings))


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
        final_block=rpc.block("finalized").number,
        deployment=str(session.deployment_path),
        deployed=deployed,
    )


@command(
    app,
    sends=True,
    examples=(
        "medshare chain deploy --yes",
        "medshare chain deploy --network consortium --account deployer --regulator 0x90f7…b906 --dry-run",
    ),
)
def deploy(
    session: Session,
    regulator: Annotated[
        str | None, typer.Option("--regulator", help="The account that accredits; by default a regulator's own.")
    ] = None,
    head_max_age: Annotated[
        int, typer.Option("--head-max-age", min=1, help="Seconds after which a gateway calls a head stale.")
    ] = 36,
    slot_seconds: Annotated[int, typer.Option("--slot-seconds", min=1, help="Seconds between blocks.")] = 12,
) -> ChainAddresses:
    """Deploy the contracts, or finish a deployment that was interrupted, and check what stands there.

    On a local chain play money pays. Elsewhere --account names the deployer, who keeps no power.
    """
    from medshare.cli.frame.dev_accounts import fund
    from medshare.deployment import file
    from medshare.deployment.deploy import deploy as send_all
    from medshare.deployment.deploy import propose
    from medshare.deployment.errors import NoDeployment
    from medshare.deployment.file import Settings

    rpc, path = session.rpc, session.deployment_path
    governs = _regulator(session, regulator)
    signer = _deployer(session)
    try:
        known: Deployment | None = file.load(path)
    except NoDeployment:
        known = None
    settings = Settings(slot_seconds=slot_seconds, head_max_age=head_max_age)
    planned = known or propose(rpc, deployer=signer.address, regulator=governs, settings=settings)
    if any(not rpc.code(place) for place in planned.addresses.values()):
        _ask(session, planned)
    with session.working():
        done = send_all(
            rpc,
            signer,
            planned.regulator,
            known=known,
            settings=planned.settings,
            save=lambda it: file.save(path, it),
            tell=session.terminal.show,
        )
        if is_local(session):
            fund(rpc, planned.regulator)
    return _addresses(session, done)


@command(app, examples=("medshare chain addresses --json",))
def addresses(session: Session) -> ChainAddresses:
    """List the contracts of the network's deployment file; no node is asked."""
    return _addresses(session, session.deployment)


@command(app, examples=("medshare chain verify",))
def verify(session: Session) -> ChainVerified:
    """Check the live deployment as an auditor would: code, roles, settings, and that nobody kept a power."""
    from medshare.deployment.check import check
    from medshare.hexadecimal import to_hex

    found = check(session.rpc, session.deployment)
    return ChainVerified(
        findings=tuple(
            FindingLine(
                contract=one.contract,
                what=one.what,
                found=to_hex(one.found) if isinstance(one.found, bytes) else str(one.found),
            )
            for one in found
        )
    )


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
    if not is_local(session):
        raise NotLocal(node=session.rpc.place)
    give(session.rpc, place, ether=ether)
    return Funded(account=place, balance_wei=ether * ETHER)


def is_local(session: Session) -> bool:
    """Return whether the node is an Anvil, whose money is play money."""
    return str(session.rpc.request("web3_clientVersion")).lower().startswith("anvil")


def _regulator(session: Session, named: str | None) -> str:
    if named is not None:
        return parse_address(named.lower())
    session.require_role(HomeRole.REGULATOR)
    return session.address(session.config.account)


def _deployer(session: Session) -> Signer:
    from medshare.cli.frame.dev_accounts import dev_account

    if session.options.account is None and is_local(session):
        return dev_account(0)
    return session.account()


def _ask(session: Session, planned: Deployment) -> None:
    """Say what the deployment costs and ask; with --dry-run stop here."""
    from medshare.cli.frame.plan import show_transaction
    from medshare.deployment.artefact import DEPLOYED

    price = session.rpc.number(session.rpc.request("eth_gasPrice"))
    share = DEPLOYMENT_GAS // len(DEPLOYED)
    transactions = tuple(
        PlannedTransaction(
            payer=planned.deployer, contract=name, function="constructor", gas=share, max_fee_wei=share * price
        )
        for name in DEPLOYED
        if not session.rpc.code(planned.addresses[name])
    )
    if session.options.dry_run:
        raise Rehearsed(Plan(transactions=transactions, statement=""))
    if not session.options.yes:
        page = Page(session.options.language, session.terminal.target)
        for one in transactions:
            show_transaction(page, one)
        session.terminal.confirm("Send these transactions?")


def _addresses(session: Session, deployment: Deployment) -> ChainAddresses:
    return ChainAddresses(
        file=str(session.deployment_path),
        chain_id=deployment.chain_id,
        block=deployment.block,
        deployer=deployment.deployer,
        regulator=deployment.regulator,
        contracts=tuple(
            ContractLine(name=name, address=place, code_hash=deployment.code_hashes[name])
            for name, place in deployment.addresses.items()
        ),
    )
