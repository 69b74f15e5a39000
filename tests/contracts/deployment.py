"""Deploys the compiled contracts and lets the usual people in."""

from __future__ import annotations

import brownie
from brownie import AccessRequests, AuditLog, Authority, ConsentRegistry, ParticipantRegistry, RecordRegistry, web3

from medshare.typed_data import Domains
from tests.contracts.people import low
from tests.contracts.world import CUSTODIAN, GATEWAY, INSTITUTION, INSURER, RESEARCHER, VALIDATOR, World

TWO_DAYS = 48 * 3600
REGULATOR_ROLE = 1
ZERO = "0x" + "00" * 20


def deploy(people: dict) -> World:
    """An empty deployment: nobody is registered or accredited."""
    deployer, regulator = people["deployer"], people["regulator"]
    manager = deployer.deploy(Authority, deployer)
    predicted = deployer.get_deployment_address(deployer.nonce + 1)
    participants = deployer.deploy(ParticipantRegistry, manager, predicted, ZERO)
    consents = deployer.deploy(ConsentRegistry, participants, ZERO)
    requests = deployer.deploy(AccessRequests, participants, consents, ZERO)
    records = deployer.deploy(RecordRegistry, manager, participants, consents, ZERO)
    audit = deployer.deploy(AuditLog, participants, ZERO)
    selectors = [participants.signatures[name] for name in ("accredit", "suspend", "reinstate")]
    manager.setTargetFunctionRole(participants, selectors, REGULATOR_ROLE, {"from": deployer})
    manager.grantRole(REGULATOR_ROLE, regulator, 0, {"from": deployer})
    manager.grantRole(0, regulator, TWO_DAYS, {"from": deployer})
    manager.renounceRole(0, deployer, {"from": deployer})
    domains = Domains(
        chain_id=web3.eth.chain_id,
        participants=low(participants),
        consents=low(consents),
        requests=low(requests),
        records=low(records),
        audit=low(audit),
    )
    return World(
        manager=manager,
        participants=participants,
        consents=consents,
        requests=requests,
        records=records,
        audit=audit,
        domains=domains,
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
