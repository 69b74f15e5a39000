"""`medshare deploy`: put the contracts on a chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from medshare.cli.chain.contracts import ChainAddresses, addresses_of
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

app = typer.Typer(add_completion=False)

DEPLOYMENT_GAS = 14_000_000
"""More than the whole deployment takes; for the question only."""


@command(
    app,
    sends=True,
    examples=(
        "medshare deploy --yes",
        "medshare deploy --network consortium --account deployer --regulator 0x90f7…b906 --dry-run",
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
    copies: Annotated[
        int, typer.Option("--copies", min=1, max=64, help="Nodes on which every confirmed body must lie.")
    ] = 3,
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
    settings = Settings(slot_seconds=slot_seconds, head_max_age=head_max_age, copies=copies)
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
    return addresses_of(session, done)


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
