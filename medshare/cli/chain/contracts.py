"""The contracts on any chain: addresses, verify."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from medshare.cli.chain import app
from medshare.cli.frame.command import command
from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session

if TYPE_CHECKING:
    from medshare.deployment.file import Deployment


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


@command(app, examples=("medshare chain addresses --json",))
def addresses(session: Session) -> ChainAddresses:
    """List the contracts of the network's deployment file; no node is asked."""
    return addresses_of(session, session.deployment)


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


def addresses_of(session: Session, deployment: Deployment) -> ChainAddresses:
    """Return what the deployment file says, as it is shown."""
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
