"""Checking a live deployment: code, addresses, roles, settings, and that no deployer power is left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from medshare.deployment.artefact import DEPLOYED, MANAGER, artefact
from medshare.deployment.errors import PowerLeft, SettingDiffers
from medshare.deployment.file import Deployment
from medshare.digest import keccak
from medshare.hexadecimal import Address, to_hex
from medshare.ledger.abi import function
from medshare.ledger.chain.rpc import Rpc
from medshare.ledger.errors import CodeDiffers, NoContract, WrongChain

ADMIN: Final = 0
"""The access manager's administrator: with a delay, only for what no other role may (the quorum)."""

REGULATOR: Final = 1
"""Who accredits, suspends and reinstates, at once."""

REGULATED: Final = ("accredit", "suspend", "reinstate")
"""What only the regulator may do in the ParticipantRegistry."""

KNOWS: Final = {
    "ParticipantRegistry": (("authority", MANAGER), ("consents", "ConsentRegistry")),
    "ConsentRegistry": (("participants", "ParticipantRegistry"),),
    "AccessRequests": (("participants", "ParticipantRegistry"), ("consents", "ConsentRegistry")),
    "RecordRegistry": (
        ("authority", MANAGER),
        ("participants", "ParticipantRegistry"),
        ("consents", "ConsentRegistry"),
    ),
    "AuditLog": (("participants", "ParticipantRegistry"),),
}
"""Which contract each contract must know, by its public function."""

GRANTED: Final = keccak(b"RoleGranted(uint64,address,uint32,uint48,bool)")
REVOKED: Final = keccak(b"RoleRevoked(uint64,address)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was checked and found right."""

    contract: str
    what: str
    found: object


def standing(rpc: Rpc, manager: Address, role: int, account: Address) -> tuple[bool, int]:
    """Return whether `account` has `role`, and the delay in seconds before its acts count."""
    view = function(MANAGER, "hasRole")
    member, delay = view.decode(rpc.call(manager, view.encode((role, account))))
    return bool(member), int(delay)


def role_of_function(rpc: Rpc, manager: Address, target: Address, selector: bytes) -> int:
    """Return the role that may call `selector` of `target`."""
    view = function(MANAGER, "getTargetFunctionRole")
    return int(view.decode(rpc.call(manager, view.encode((target, selector))))[0])


def _say_nothing(finding: Finding) -> None:
    del finding


def check(rpc: Rpc, deployment: Deployment, *, tell: Callable[[Finding], None] = _say_nothing) -> tuple[Finding, ...]:
    """Return what was checked and found right, if all of it is.

    Raises:
        WrongChain: The node is on another chain.
        NoContract, CodeDiffers: A contract is not there, or is another one.
        SettingDiffers: An address, a role or a setting is not as it must be.
        PowerLeft: Somebody else than the regulator holds a role.
    """
    findings: list[Finding] = []

    def right(contract: str, what: str, found: object, expected: object) -> None:
        if found != expected:
            raise SettingDiffers(contract=contract, what=what, found=found, expected=expected)
        finding = Finding(contract=contract, what=what, found=found)
        findings.append(finding)
        tell(finding)

    found = rpc.chain_id()
    if found != deployment.chain_id:
        raise WrongChain(found=found, expected=deployment.chain_id)
    for name in DEPLOYED:
        place = deployment.addresses[name]
        code = rpc.code(place)
        if not code:
            raise NoContract(contract=name, address=place)
        if not artefact(name).is_code(code):
            raise CodeDiffers(contract=name, address=place)
        right(name, "the code", to_hex(keccak(artefact(name).masked(code))), to_hex(deployment.code_hashes[name]))
    for name, relations in KNOWS.items():
        for getter, other in relations:
            right(name, getter, _address(rpc, deployment, name, getter), deployment.addresses[other])
        expected = deployment.settings.predecessor(name)
        right(name, "predecessor", _address(rpc, deployment, name, "predecessor"), expected)
    _check_roles(rpc, deployment, right)
    return tuple(findings)


def _check_roles(rpc: Rpc, deployment: Deployment, right: Callable[[str, str, object, object], None]) -> None:
    manager, regulator = deployment.addresses[MANAGER], deployment.regulator
    for name in REGULATED:
        selector = function("ParticipantRegistry", name).selector
        role = role_of_function(rpc, manager, deployment.addresses["ParticipantRegistry"], selector)
        right("ParticipantRegistry", f"the role of {name}", role, REGULATOR)
    selector = function("RecordRegistry", "setQuorum").selector
    role = role_of_function(rpc, manager, deployment.addresses["RecordRegistry"], selector)
    right("RecordRegistry", "the role of setQuorum", role, ADMIN)
    for name in ("ParticipantRegistry", "RecordRegistry"):
        view = function(MANAGER, "isTargetClosed")
        closed = view.decode(rpc.call(manager, view.encode((deployment.addresses[name],))))[0]
        right(name, "closed", closed, False)
    for account, role in sorted(members(rpc, deployment)):
        if account != regulator:  # [P-011]
            raise PowerLeft(account=account, role=role)
    right(MANAGER, "the regulator's role", standing(rpc, manager, REGULATOR, regulator), (True, 0))
    expected = (True, deployment.settings.admin_delay)
    right(MANAGER, "the regulator's administration", standing(rpc, manager, ADMIN, regulator), expected)
    right(MANAGER, "the deployer's administration", standing(rpc, manager, ADMIN, deployment.deployer)[0], False)


def members(rpc: Rpc, deployment: Deployment) -> set[tuple[Address, int]]:
    """Return who holds which role of the access manager, from its events."""
    question = {
        "fromBlock": hex(deployment.block),
        "toBlock": "latest",
        "address": deployment.addresses[MANAGER],
        "topics": [[to_hex(GRANTED), to_hex(REVOKED)]],
    }
    held: set[tuple[Address, int]] = set()
    for entry in rpc.request("eth_getLogs", question):
        kind, role, account = (rpc.data(topic) for topic in entry["topics"])
        member = (to_hex(account[12:]), int.from_bytes(role, "big"))
        if kind == GRANTED:
            held.add(member)
        else:
            held.discard(member)
    return held


def _address(rpc: Rpc, deployment: Deployment, contract: str, getter: str) -> Address:
    view = function(contract, getter)
    return str(view.decode(rpc.call(deployment.addresses[contract], view.encode(())))[0])
