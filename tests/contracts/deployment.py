"""Deploys through `scripts/deploy.py` and lets the usual people in.

What is deployed is what Brownie compiled a moment ago, also in a copy of the tree whose contracts were changed on
purpose and whose shipped artefacts were not.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import brownie
from brownie import project

from medshare.deployment import artefact as artefacts
from medshare.deployment import check, deploy, file
from medshare.deployment.artefact import DEPLOYED, MANAGER, Artefact
from medshare.ledger import abi
from scripts import deploy as script
from tests.contracts.people import key_of, low
from tests.contracts.world import CUSTODIAN, GATEWAY, INSTITUTION, INSURER, RESEARCHER, VALIDATOR, World

shipped = artefacts.artefact


class Compiled(Artefact):
    """A contract as Brownie compiled it. Brownie does not say where immutables stand: they are zeros."""

    def masked(self, code: bytes) -> bytes:
        return bytes(byte if there else 0 for byte, there in zip(code, self.runtime, strict=False))


@cache
def compiled(name: str) -> Artefact:
    """The artefact of one of our contracts; the access manager is OpenZeppelin's and never ours to change."""
    if name == MANAGER:
        return shipped(name)
    build = project.get_loaded_projects()[0]._build.get(name)
    return Compiled(
        contract=name,
        abi=tuple(build["abi"]),
        creation=bytes.fromhex(build["bytecode"].removeprefix("0x")),
        runtime=bytes.fromhex(build["deployedBytecode"].removeprefix("0x")),
        immutables=(),
        source_hash="",
    )


def use_compiled() -> None:
    """Let the package deploy what Brownie compiled."""
    for module in (deploy, check, file, abi):
        module.artefact = compiled
    abi.function.cache_clear()


def deployed(people: dict[str, Any], folder: Path) -> World:
    """An empty deployment by the script: nobody is registered or accredited. `folder` takes the deployment file."""
    use_compiled()
    deployer, regulator = people["deployer"], people["regulator"]
    done = script.run(
        script.brownie_rpc(),
        key_of(deployer),
        low(regulator),
        path=folder / f"deployment-{deployer.nonce}.json",
        ask=lambda _: "yes",
        tell=lambda _: None,
    )
    contracts = {name: getattr(brownie, name) for name in DEPLOYED if name != MANAGER}
    found = {name: contract.at(done.addresses[name]) for name, contract in contracts.items()}
    return World(
        # Under its name in our sources: a contract made from an ABI alone upsets Brownie with several workers.
        manager=brownie.Authority.at(done.addresses[MANAGER]),
        participants=found["ParticipantRegistry"],
        consents=found["ConsentRegistry"],
        requests=found["AccessRequests"],
        records=found["RecordRegistry"],
        audit=found["AuditLog"],
        domains=done.info.domains,
        regulator=regulator,
        relayer=people["relayer"],
    )


def populate(world: World, people: dict) -> World:
    """Accredit the institutions, take their staff in, register the patients."""
    for name, roles in (
        ("hospital", INSTITUTION | CUSTODIAN),
        ("other_hospital", INSTITUTION),
        ("laboratory", INSTITUTION),
        ("validator", INSTITUTION | VALIDATOR),
        ("second_validator", INSTITUTION | VALIDATOR),
        ("third_validator", INSTITUTION | VALIDATOR),
        ("researcher", RESEARCHER),
        ("insurer", INSURER),
    ):
        world.accredit(people[name], roles)
    world.join(people["clinician"], people["hospital"])
    world.join(people["gateway"], people["hospital"], GATEWAY)
    world.join(people["other_clinician"], people["other_hospital"])
    for name in ("patient", "other_patient", "next_patient"):
        world.register(people[name])
    brownie.network.history.clear()
    return world
