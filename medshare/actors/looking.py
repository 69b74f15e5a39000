"""Who looked: the receipts of every gateway, checked and put into words that a person understands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from medshare.consent.categories import Category
from medshare.consent.document import ConsentDocument
from medshare.consent.purposes import PURPOSES
from medshare.consent.slots import category_at
from medshare.gateway.values import Logged
from medshare.hexadecimal import ZERO_32, Address, Bytes32
from medshare.keys.state import SeenReceipts
from medshare.release.receipts import ReceiptAltered, ReceiptMissing, check_line, released_digest
from medshare.release.rule import OWN_SLOT, Ground
from medshare.typed_data import ReadRequest

if TYPE_CHECKING:
    from medshare.actors.agent import Agent
    from medshare.gateway.door import Door


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One line: who, for whom, what, why, allowed by which consent, or why refused.

    `category` is None for a list, for the patient's own look, and where the slot is a decoy.
    """

    at: int
    gateway: Address
    number: int
    accessor: Address
    grantee: Address
    category: Category | None
    purpose: str
    consent_id: Bytes32
    ground: Ground
    count: int


def who_looked(agent: Agent) -> tuple[Looked, ...]:
    """Return every line of every gateway, oldest first, and remember how far it was read.

    Raises:
        ReceiptMissing, ReceiptAltered, ReceiptForeign: A gateway dropped, moved or rewrote a receipt.
        The errors of typed data: A receipt, or a request behind one, is not signed.
    """
    consents = {consent.consent_id: consent for consent in agent.consents()}
    lines = [
        _looked(logged, consents)
        for door in agent.doors
        for patient in agent.addresses
        for logged in _checked(agent, door, patient)
        if isinstance(logged.asked.message, ReadRequest)
    ]
    return tuple(sorted(lines, key=lambda line: (line.at, line.gateway, line.number)))


def _checked(agent: Agent, door: Door, patient: Address) -> tuple[Logged, ...]:
    asked = agent.own_request(door, patient=patient)
    log = door.counter.log(asked)
    line = [logged.receipt for logged in log]
    check_line(line, gateway=door.address, patient=patient, domains=agent.domains)
    # The line ends with this very question: an older one would hide who looked since.
    if not line or line[-1].message.read_request != asked.digest(agent.domains):  # [L-001]
        raise ReceiptMissing(expected=len(line) + 1, found=len(line))
    for logged in log:
        digest, message = logged.asked.digest(agent.domains), logged.asked.message
        # A gateway that signs a request itself, or names other leaves than it receipted, would frame somebody.
        asker = message.accessor if isinstance(message, ReadRequest) else logged.asked.signer
        logged.asked.check(agent.domains, signer=asker)
        foreign = isinstance(message, ReadRequest) and message.patient != patient
        other = logged.receipt.message.released != released_digest(logged.leaves)
        if logged.receipt.message.read_request != digest or foreign or other:  # [L-002]
            raise ReceiptAltered(seq=logged.receipt.message.seq, previous=logged.receipt.message.seq - 1)
    seen = next((row for row in agent.state.receipts if (row.gateway, row.patient) == (door.address, patient)), None)
    if seen is not None:
        if len(line) < seen.seq:  # [L-001]
            raise ReceiptMissing(expected=seen.seq, found=len(line))
        if line[seen.seq - 1].digest(agent.domains) != seen.digest:  # [L-002]
            raise ReceiptAltered(seq=seen.seq, previous=seen.seq - 1)
    last = SeenReceipts(gateway=door.address, patient=patient, seq=len(line), digest=line[-1].digest(agent.domains))
    others = tuple(row for row in agent.state.receipts if row != seen)
    agent.state = replace(agent.state, receipts=(*others, last))
    return log


def _looked(logged: Logged, consents: dict[Bytes32, ConsentDocument]) -> Looked:
    receipt, asked = logged.receipt.message, logged.asked.message
    if not isinstance(asked, ReadRequest):
        raise TypeError(type(asked).__name__)
    consent = consents.get(asked.consent_id)
    in_map = consent is not None and asked.slot < OWN_SLOT and asked.leaf != ZERO_32
    return Looked(
        at=receipt.at,
        gateway=receipt.gateway,
        number=receipt.seq,
        accessor=asked.accessor,
        grantee=consent.grantee if consent else logged.grantee,
        category=category_at(consent.nonce, asked.slot) if in_map and consent and asked.slot < 64 else None,
        purpose="" if asked.slot == OWN_SLOT else PURPOSES[asked.purpose] if asked.purpose < len(PURPOSES) else "",
        consent_id=asked.consent_id,
        ground=Ground(receipt.reason),
        count=receipt.count,
    )
