"""A patient reads a document of her own: on her own signature, with a receipt, and never more than one copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medshare.actors.agent import NoDoor
from medshare.age.errors import NoIdentityMatches
from medshare.gateway.values import Release
from medshare.record.opening import ExpectedRecord, VerifiedDocument, open_document

if TYPE_CHECKING:
    from medshare.actors.agent import Agent
    from medshare.gateway.door import Door
    from medshare.keys.state import CapsuleCopy


def door_of(agent: Agent, copy: CapsuleCopy) -> Door:
    """Return the door that keeps a document.

    Raises:
        NoDoor: The agent does not know it any more.
        NoSuchDoor: It does not answer.
    """
    for door in agent.doors:
        if door.address == copy.gateway:
            return door
    raise NoDoor


def ask_for(agent: Agent, copy: CapsuleCopy) -> Release:
    """Return what the gateway releases of one of the patient's own documents. Raises `Refused`, and as `door_of`."""
    door = door_of(agent, copy)
    return door.counter.read(agent.own_request(door, leaf=copy.leaf))


def read_own(agent: Agent, copy: CapsuleCopy) -> VerifiedDocument:
    """Return one of the patient's own documents, checked against leaf and anchor.

    The capsule is the agent's own copy where the gateway's does not open: nobody locks a patient out of it.

    Raises:
        Refused: It was erased.
        NoIdentityMatches: No key of hers opens it.
        The errors of `open_document`, and as `door_of`.
    """
    release = ask_for(agent, copy)
    placement = release.sealed.placement
    body = door_of(agent, copy).body(release.sealed.cid)
    expected = ExpectedRecord(
        chain_id=agent.domains.chain_id,
        registry=agent.domains.records,
        provider=placement.provider,
        patient=placement.patient,
        category=copy.category,
        leaf=copy.leaf,
        root=placement.root,
        proof=placement.proof,
    )
    for capsule, epoch in ((release.sealed.capsule, release.sealed.epoch), (copy.capsule, copy.epoch)):
        for identity in agent.identities(copy.category, epoch, placement.patient):
            try:
                return open_document(capsule=capsule, body=body, identity=identity, expected=expected)
            except NoIdentityMatches:
                continue
    raise NoIdentityMatches
