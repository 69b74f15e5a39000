"""Changing the locks: capsules are wrapped anew, headers only; bodies and CIDs stay (design, section 4)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from medshare.age import rewrap as rewrap_header
from medshare.age.errors import NoIdentityMatches
from medshare.consent.categories import Category
from medshare.digest import keccak
from medshare.gateway.values import Sealed
from medshare.signed import Signed
from medshare.typed_data import Replace

if TYPE_CHECKING:
    from medshare.actors.agent import Agent
    from medshare.gateway.door import Door

LOCKS_OWED: Final = "locks-owed"
"""Note of the categories whose capsules could not be wrapped anew at every door."""


def rewrap(agent: Agent, categories: Collection[Category]) -> int:
    """Re-wrap the capsules of these categories to the present root and epoch; return how many.

    What does not open was disputed and is not among the agent's copies; it stays as it is.

    Where a door is down, the next sync does it again.

    Raises:
        The errors of `Shelf.replace`.
    """
    doors = agent.doors
    done = agent.through(doors, lambda door: _rewrap_at(agent, door, categories))
    if len(done) == len(agent.urls):
        agent.forget_note(LOCKS_OWED)
    else:
        agent.note(LOCKS_OWED, " ".join(str(int(category)) for category in sorted(categories)))
    return sum(done)


def _rewrap_at(agent: Agent, door: Door, categories: Collection[Category]) -> int:
    count = 0
    for row in door.counter.listing(agent.own_request(door)).rows:
        sealed, deposit = row.sealed, row.deposit
        if sealed is None or deposit is None or row.leaf not in agent.copies():
            continue
        compartment, epoch = deposit.message.compartment, agent.state.epoch
        if compartment not in categories or (sealed.epoch == epoch and sealed.placement.patient == agent.address):
            continue
        capsule = _rewrapped(agent, sealed, compartment)
        message = Replace(
            leaf=row.leaf,
            seq=agent.next_number(f"replace:{row.leaf.hex()}"),
            old_capsule=keccak(sealed.capsule),
            new_capsule=keccak(capsule),
        )
        door.shelf.replace(Signed.by(agent.keys.agent_key, message, agent.domains), capsule=capsule, epoch=epoch)
        copies = tuple(
            replace(copy, capsule=capsule, epoch=epoch) if copy.leaf == row.leaf else copy
            for copy in agent.state.capsules
        )
        agent.state = replace(agent.state, capsules=copies)
        count += 1
    return count


def _rewrapped(agent: Agent, sealed: Sealed, compartment: int) -> bytes:
    recipient = agent.keys.identity(compartment, agent.state.epoch).recipient
    for identity in agent.identities(compartment, sealed.epoch, sealed.placement.patient):
        try:
            return rewrap_header(sealed.capsule, identity, [recipient], agent.entropy)
        except NoIdentityMatches:
            continue
    raise NoIdentityMatches
