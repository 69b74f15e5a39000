"""Deploying the contracts: a pure function of its inputs and a node.

OpenZeppelin's AccessManager comes first, then the five contracts at addresses that follow from the
deployer's nonce, so that they can know each other as immutables. The deployer sets the roles and
gives up its own. What is done already is not done again: an interrupted deployment goes on, and a
finished one changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from eth_abi.abi import encode

from medshare.deployment.artefact import DEPLOYED, MANAGER, artefact
from medshare.deployment.check import ADMIN, REGULATED, REGULATOR, check, role_of_function, standing
from medshare.deployment.errors import DeployerIsRegulator, DeployerMoved
from medshare.deployment.file import Deployment, Settings
from medshare.digest import keccak
from medshare.hexadecimal import Address, address, to_hex
from medshare.ledger.abi import function
from medshare.ledger.chain.rpc import Rpc
from medshare.ledger.chain.sender import Sender
from medshare.ledger.errors import CodeDiffers, WrongChain
from medshare.ledger.types import Signer

CONSTRUCTORS: Final[dict[str, tuple[str, ...]]] = {
    MANAGER: ("deployer",),
    "ParticipantRegistry": (MANAGER, "ConsentRegistry", "predecessor"),
    "ConsentRegistry": ("ParticipantRegistry", "predecessor"),
    "AccessRequests": ("ParticipantRegistry", "ConsentRegistry", "predecessor"),
    "RecordRegistry": (MANAGER, "ParticipantRegistry", "ConsentRegistry", "predecessor"),
    "AuditLog": ("ParticipantRegistry", "predecessor"),
}
"""The addresses that each constructor takes, in order."""


def contract_address(deployer: Address, nonce: int) -> Address:
    """Return where the contract created by `deployer` with `nonce` stands (Yellow Paper, section 7)."""
    number = nonce.to_bytes((nonce.bit_length() + 7) // 8, "big")
    item = number if len(number) == 1 and number[0] < 0x80 else bytes([0x80 + len(number)]) + number
    body = b"\x94" + bytes.fromhex(deployer[2:]) + item
    return to_hex(keccak(bytes([0xC0 + len(body)]) + body)[12:])


def plan(
    *, chain_id: int, block: int, first_nonce: int, deployer: Address, regulator: Address, settings: Settings
) -> Deployment:
    """Return the deployment that these inputs lead to; nothing is asked and nothing sent.

    Raises:
        DeployerIsRegulator: One account for both.
        NotAnAddress: The regulator is not an address.
    """
    if deployer == address(regulator):
        raise DeployerIsRegulator(account=deployer)
    return Deployment(
        chain_id=chain_id,
        block=block,
        first_nonce=first_nonce,
        deployer=deployer,
        regulator=regulator,
        settings=settings,
        addresses={name: contract_address(deployer, first_nonce + place) for place, name in enumerate(DEPLOYED)},
        abi_hashes={name: artefact(name).abi_hash for name in DEPLOYED},
        code_hashes={name: artefact(name).code_hash for name in DEPLOYED},
    )


def propose(rpc: Rpc, *, deployer: Address, regulator: Address, settings: Settings) -> Deployment:
    """Return the deployment that `deployer` would make on the node's chain now. Nothing is sent."""
    nonce = rpc.number(rpc.request("eth_getTransactionCount", deployer, "pending"))
    return plan(
        chain_id=rpc.chain_id(),
        block=rpc.block("latest").number,
        first_nonce=nonce,
        deployer=deployer,
        regulator=regulator,
        settings=settings,
    )


def _ignore(told: object) -> None:
    del told


def deploy(
    rpc: Rpc,
    deployer: Signer,
    regulator: Address,
    settings: Settings | None = None,
    *,
    known: Deployment | None = None,
    save: Callable[[Deployment], None] = _ignore,
    tell: Callable[[str], None] = _ignore,
    sender: Sender | None = None,
) -> Deployment:
    """Deploy the contracts, or finish `known`, and return the checked deployment.

    Args:
        rpc: The node.
        deployer: The account that pays and keeps no power.
        regulator: The account that accredits.
        settings: Times, finality, predecessors.
        known: A deployment made before, finished or not: only what is missing is sent.
        save: Called with the plan before anything is sent.
        tell: Called with a sentence for each transaction.
        sender: Sends; by default for the node's chain.

    Raises:
        DeployerIsRegulator, DeployerMoved, WrongChain, CodeDiffers: It cannot be done.
        SettingDiffers, PowerLeft: What stands there at the end is not as it must be.
    """
    deployment = known or propose(rpc, deployer=deployer.address, regulator=regulator, settings=settings or Settings())
    found = rpc.chain_id()
    if found != deployment.chain_id:
        raise WrongChain(found=found, expected=deployment.chain_id)
    if known is None:
        save(deployment)
    sender = sender or Sender(rpc, deployment.chain_id)
    for place, name in enumerate(DEPLOYED):
        _create(rpc, sender, deployer, deployment, name, deployment.first_nonce + place, tell)
    _set_roles(rpc, sender, deployer, deployment, tell)
    check(rpc, deployment)
    return deployment


def creation_data(deployment: Deployment, name: str) -> bytes:
    """Return the creation code of `name` with its constructor's arguments."""
    known = {**deployment.addresses, "deployer": deployment.deployer}
    known["predecessor"] = deployment.settings.predecessor(name)
    values = [known[argument] for argument in CONSTRUCTORS[name]]
    return artefact(name).creation + encode(["address"] * len(values), values)


def _create(
    rpc: Rpc,
    sender: Sender,
    deployer: Signer,
    deployment: Deployment,
    name: str,
    nonce: int,
    tell: Callable[[str], None],
) -> None:
    place = deployment.addresses[name]
    code = rpc.code(place)
    if not code:  # [G-001]
        found = sender.next_nonce(deployer.address)
        if found != nonce or deployer.address != deployment.deployer:
            raise DeployerMoved(deployer=deployer.address, nonce=found, expected=nonce)
        receipt = sender.run(deployer, None, creation_data(deployment, name))
        tell(f"{name} stands at {place} ({rpc.number(receipt['gasUsed']):,} gas).")
        code = rpc.code(place)
    if not artefact(name).is_code(code):
        raise CodeDiffers(contract=name, address=place)


def _set_roles(rpc: Rpc, sender: Sender, deployer: Signer, deployment: Deployment, tell: Callable[[str], None]) -> None:
    manager, regulator = deployment.addresses[MANAGER], deployment.regulator
    registry = deployment.addresses["ParticipantRegistry"]

    def send(name: str, *arguments: Any) -> None:
        sender.run(deployer, manager, function(MANAGER, name).encode(arguments))
        tell(f"{name} is done.")

    selectors = [function("ParticipantRegistry", name).selector for name in REGULATED]
    missing = [one for one in selectors if role_of_function(rpc, manager, registry, one) != REGULATOR]
    if missing:
        send("setTargetFunctionRole", registry, missing, REGULATOR)
    if standing(rpc, manager, REGULATOR, regulator) != (True, 0):
        send("grantRole", REGULATOR, regulator, 0)
    delay = deployment.settings.admin_delay
    if standing(rpc, manager, ADMIN, regulator) != (True, delay):
        send("grantRole", ADMIN, regulator, delay)
    if standing(rpc, manager, ADMIN, deployment.deployer)[0]:
        send("renounceRole", ADMIN, deployment.deployer)
