"""Erasing: doors first, then the chain, then every holder, who signs that nothing is left (design, section 4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from medshare.actors.agent import NoDoor
from medshare.errors import MedShareError, UnreachableError
from medshare.gateway.door import Door
from medshare.hexadecimal import Address, Bytes32, from_hex, to_hex
from medshare.keys.state import CapsuleCopy
from medshare.ledger import Transaction
from medshare.record.leaf import leaf_hash
from medshare.signed import Signed
from medshare.typed_data import Erase, EraseAll

if TYPE_CHECKING:
    from medshare.actors.agent import Agent

SILENT: Final = "silent:"
"""Note of a holder that has not answered: this, the leaf, the holder; the text is home, owner and inner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureReport:
    """Who said that nothing is left, and who has not answered. Ask these again with `Patient.chase`."""

    transaction: Transaction
    acknowledged: tuple[Address, ...]
    unanswered: tuple[Address, ...]


def erase(agent: Agent, copy: CapsuleCopy) -> ErasureReport:
    """Erase one document everywhere. Where its gateway does not carry the erasure, another one does.

    Raises:
        NoDoor: The agent knows no gateway that answers.
        The errors of the contract: Erased already, or by somebody who may not.
    """
    # Its own gateway first: there the document is.
    doors = sorted(_preferred(agent), key=lambda door: door.address != copy.gateway)
    holders = sorted({copy.provider, *_holders(agent, copy)})
    message, path = agent.sign(Erase(patient=copy.patient, inner=copy.inner)), agent.ledger.path_of(copy.patient)
    home, transaction = agent.by_first(doors, lambda door: door.carry(message, path=path))
    kept = tuple(one for one in agent.state.capsules if one.leaf != copy.leaf)
    agent.state = replace(agent.state, capsules=kept)
    silent = _ask(agent, home, copy.patient, copy.inner, holders, keeper=copy.gateway)
    return ErasureReport(
        transaction=transaction,
        acknowledged=tuple(sorted(home.shelf.acknowledged(copy.leaf))),
        unanswered=tuple(silent),
    )


def erase_all(agent: Agent, *, recovery_signature: bytes = b"") -> ErasureReport:
    """Erase every document of this very address; what an older address left is erased one by one.

    Raises:
        NoDoor: The agent knows no gateway.
        The errors of the contract: The recovery address did not sign, for one.
    """
    mine = [copy for copy in agent.state.capsules if copy.patient == agent.address]
    asked = [(copy, _home(agent, copy.gateway), _holders(agent, copy)) for copy in mine]
    message = agent.sign(EraseAll(patient=agent.address))
    doors = _preferred(agent)
    carrier, transaction = agent.by_first(
        doors, lambda door: door.carry(message, recovery_signature=recovery_signature)
    )
    others = (door for door in doors if door.url != carrier.url)
    agent.through(others, lambda door: door.erase(message, recovery_signature=recovery_signature))
    agent.state = replace(agent.state, capsules=tuple(one for one in agent.state.capsules if one not in mine))
    acknowledged, silent = set[Address](), set[Address]()
    for copy, home, holders in asked:
        silent |= set(_ask(agent, home, copy.patient, copy.inner, holders))
        acknowledged |= set(home.shelf.acknowledged(copy.leaf))
    return ErasureReport(
        transaction=transaction, acknowledged=tuple(sorted(acknowledged)), unanswered=tuple(sorted(silent))
    )


def chase(agent: Agent) -> tuple[tuple[Bytes32, Address], ...]:
    """Ask again every holder that has not answered; return the leaves and holders that still have not."""
    silent = []
    for name, text in list(agent.state.notes.items()):
        if not name.startswith(SILENT):
            continue
        leaf, holder = name.removeprefix(SILENT).rsplit(":", 1)
        home, owner, inner = text.split(" ")
        try:
            answered = not _ask(agent, _home(agent, home), owner, from_hex(inner, 32), [holder])
        except UnreachableError:
            answered = False  # the gateway that keeps the answers is down
        if answered:
            agent.forget_note(name)
        else:
            silent.append((from_hex(leaf, 32), holder))
    return tuple(silent)


def _preferred(agent: Agent) -> tuple[Door, ...]:
    """Return all doors that answer, the ones that serve the address first."""
    doors = {door.url: door for door in (*agent.serving, *agent.doors)}
    return tuple(doors.values())


def _home(agent: Agent, gateway: Address) -> Door:
    for door in agent.doors:
        if door.address == gateway:
            return door
    raise NoDoor


def _holders(agent: Agent, copy: CapsuleCopy) -> list[Address]:
    told = agent.through(agent.doors, lambda door: door.shelf.holders(copy.leaf))
    return sorted({holder for one in told for holder in one})


def _ask(
    agent: Agent, home: Door, owner: Address, inner: Bytes32, holders: Iterable[Address], *, keeper: Address = ""
) -> list[Address]:
    """Ask holders to destroy a document; note and return those that do not say that they did.

    `keeper` is the gateway that keeps the document, where `home` only stands in for it.
    """
    leaf = leaf_hash(patient=owner, inner=inner)
    signed = Signed.by(agent.account, Erase(patient=owner, inner=inner), agent.domains)
    asked = list(holders)
    for account in asked:
        holder = agent.network.holder(account)
        if holder is None:
            continue
        try:
            home.shelf.acknowledge(holder.forget(signed, leaf=leaf))
        except MedShareError:
            continue  # what counts is who signed: the others are listed below
    silent = [account for account in asked if account not in home.shelf.acknowledged(leaf)]
    for account in silent:
        agent.note(f"{SILENT}{to_hex(leaf)}:{account}", f"{keeper or home.address} {owner} {to_hex(inner)}")  # [W-007]
    return silent
