"""The contracts on any chain: deploy, addresses, verify."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from medshare.cli.chain import app
from medshare.cli.frame.command import command
from medshare.cli.frame.config import HomeRole
from medshare.cli.frame.dev_accounts import is_local
from medshare.cli.frame.page import Page
from medshare.cli.frame.plan import Plan, PlannedTransaction, Rehearsed, show_transaction
from medshare.cli.frame.session import Session
from medshare.hexadecimal import address as parse_address

if TYPE_CHECKING:
    from medshare.deployment.file import Deployment
    from medshare.ledger.types import Signer

DEPLOYMENT_GAS = 14_000_000
"""More than the whole deployment takes; for the question only."""


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
        if is_local(session.rpc):
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


def _regulator(session: Session, named: str | None) -> str:
    if named is not None:
        return parse_address(named.lower())
    session.require_role(HomeRole.REGULATOR)
    return session.address(session.config.account)


def _deployer(session: Session) -> Signer:
    from medshare.cli.frame.dev_accounts import dev_account

    if session.options.account is None and is_local(session.rpc):
        return dev_account(0)
    return session.account()


def _ask(session: Session, planned: Deployment) -> None:
    """Say what the deployment costs and ask; with --dry-run stop here."""
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
