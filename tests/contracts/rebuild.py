"""The whole state of the five contracts from their events alone: what a newcomer with a node can know.

`storage` says where each value stands, by Solidity's rules for mappings, so that the comparison leaves nothing out:
whatever else a contract keeps would show as a slot too many.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import singledispatchmethod

from medshare.consent.terms import consent_id, request_id
from medshare.digest import keccak
from medshare.hexadecimal import Address, Bytes32
from medshare.ledger import events
from medshare.ledger.events import Event

ACTIVE, SUSPENDED, REMOVED = 1, 2, 3


@dataclass
class Account:
    """One account word, in its parts."""

    roles: int = 0
    status: int = 0
    jurisdiction: int = 0
    institution: int = 0
    seq: int = 0

    def pack(self) -> int:
        return self.roles << 224 | self.status << 216 | self.jurisdiction << 200 | self.institution << 40 | self.seq


@dataclass
class Rebuilt:
    """State by contract, built up one event at a time. `second` is the time of the event's block."""

    accounts: dict[Address, Account] = field(default_factory=lambda: defaultdict(Account))
    digests: dict[Address, Bytes32] = field(default_factory=dict)
    records: dict[Address, Bytes32] = field(default_factory=dict)
    moved: dict[Address, Address] = field(default_factory=dict)
    recoveries: dict[Address, Address] = field(default_factory=dict)
    delegations: dict[tuple[Address, Address], int] = field(default_factory=dict)
    consents: dict[Bytes32, int] = field(default_factory=dict)
    marks: dict[Address, int] = field(default_factory=dict)
    deadlines: dict[Bytes32, int] = field(default_factory=dict)
    anchors: dict[tuple[Address, Bytes32], int] = field(default_factory=dict)
    closed: dict[tuple[Address, Bytes32], int] = field(default_factory=dict)
    erased: set[Bytes32] = field(default_factory=set)
    wholly_erased: set[Address] = field(default_factory=set)
    quorum: int = 0
    heads: dict[Address, Bytes32] = field(default_factory=dict)
    second: int = 0

    def take(self, happened: Iterable[tuple[Event, int]]) -> Rebuilt:
        for event, second in happened:
            self.second = second
            self.on(event)
        return self

    @singledispatchmethod
    def on(self, event: Event) -> None:
        """An event that is no part of the state: what a batch left out."""
        assert isinstance(event, (events.GrantSkipped, events.RevocationSkipped)), event

    @on.register
    def _(self, event: events.Registered) -> None:
        self.accounts[event.patient] = Account(roles=1, status=ACTIVE, seq=1)
        self.digests[event.patient] = event.directory

    @on.register
    def _(self, event: events.DirectorySet) -> None:
        self.accounts[event.patient].seq = event.seq
        self.digests[event.patient] = event.digest

    @on.register
    def _(self, event: events.KeyPublished) -> None:
        assert keccak(event.document) == event.digest
        self.accounts[event.account].seq = event.seq
        self.digests[event.account] = event.digest

    @on.register
    def _(self, event: events.RecoverySet) -> None:
        self.accounts[event.patient].seq = event.seq
        self.recoveries[event.patient] = event.recovery

    @on.register
    def _(self, event: events.Delegated) -> None:
        self.accounts[event.patient].seq = event.seq
        word = event.powers << 80 | event.issued_at << 40 | event.not_after
        self.delegations[event.patient, event.delegate] = word if event.powers else 0

    @on.register
    def _(self, event: events.Succeeded) -> None:
        self.moved[event.patient] = event.next
        self.accounts[event.patient].status = REMOVED

    @on.register
    def _(self, event: events.Accredited) -> None:
        assert keccak(event.record) == event.digest
        account = self.accounts[event.account]
        account.roles, account.jurisdiction, account.institution = event.roles, event.jurisdiction, 0
        account.status = SUSPENDED if account.status == SUSPENDED else ACTIVE
        self.records[event.account] = event.digest

    @on.register
    def _(self, event: events.Suspended) -> None:
        self.accounts[event.account].status = SUSPENDED

    @on.register
    def _(self, event: events.Reinstated) -> None:
        account = self.accounts[event.account]
        account.status = ACTIVE if account.roles or account.institution else REMOVED

    @on.register
    def _(self, event: events.StaffAdded) -> None:
        account = self.accounts[event.staff]
        account.roles, account.status, account.institution = event.roles, ACTIVE, int(event.institution, 16)

    @on.register
    def _(self, event: events.StaffRemoved) -> None:
        account = self.accounts[event.staff]
        account.roles, account.institution = 0, 0
        account.status = SUSPENDED if account.status == SUSPENDED else REMOVED

    @on.register
    def _(self, event: events.Granted) -> None:
        identifier = consent_id(patient=event.patient, grantee=event.grantee, terms=event.terms)
        self.consents[identifier] = event.word

    @on.register
    def _(self, event: events.Revoked) -> None:
        self.consents[event.consent_id] = self.consents.get(event.consent_id, 0) >> 8 << 8 | 2

    @on.register
    def _(self, event: events.LockedDown) -> None:
        self.marks[event.patient] = event.mark

    @on.register
    def _(self, event: events.Opened) -> None:
        self.deadlines[request_id(requester=event.requester, digest=event.digest)] = event.deadline

    @on.register
    def _(self, event: events.Withdrawn) -> None:
        self.deadlines[request_id(requester=event.requester, digest=event.digest)] = 0

    @on.register
    def _(self, event: events.Approved) -> None:
        self.deadlines[request_id(requester=event.requester, digest=event.digest)] = 0

    @on.register
    def _(self, event: events.Anchored) -> None:
        self.anchors[event.provider, event.root] = self.second << 40 | event.count << 8

    @on.register
    def _(self, event: events.Confirmed) -> None:
        self.anchors[event.provider, event.root] |= event.confirmations

    @on.register
    def _(self, event: events.Superseded) -> None:
        self.closed[event.provider, event.leaf] = int.from_bytes(event.root, "big")

    @on.register
    def _(self, event: events.Retracted) -> None:
        self.closed[event.provider, event.leaf] = event.reason

    @on.register
    def _(self, event: events.Erased) -> None:
        self.erased.add(event.leaf)

    @on.register
    def _(self, event: events.ErasedAll) -> None:
        self.wholly_erased.add(event.patient)

    @on.register
    def _(self, event: events.QuorumSet) -> None:
        self.quorum = event.quorum

    @on.register
    def _(self, event: events.ReceiptsAnchored) -> None:
        self.heads[event.gateway] = event.head

    def storage(self) -> dict[str, dict[int, int]]:
        """Every slot that is not zero, by contract. The numbers are the places of the mappings in the contracts."""
        words = {who: account.pack() for who, account in self.accounts.items()}
        return {
            "ParticipantRegistry": slots(
                {at(who, 3): word for who, word in words.items()},
                {at(to, at(who, 4)): word for (who, to), word in self.delegations.items()},
                {at(who, 5): number(digest) for who, digest in self.digests.items()},
                {at(who, 6): number(digest) for who, digest in self.records.items()},
                {at(who, 7): number(following) for who, following in self.moved.items()},
                {at(who, 8): number(recovery) for who, recovery in self.recoveries.items()},
            ),
            "ConsentRegistry": slots(
                {number(identifier): word for identifier, word in self.consents.items()},
                {at(who, 2): mark for who, mark in self.marks.items()},
            ),
            "AccessRequests": slots({at(request, 0): deadline for request, deadline in self.deadlines.items()}),
            "RecordRegistry": slots(
                {at(root, at(provider, 3)): word for (provider, root), word in self.anchors.items()},
                {at(leaf, at(provider, 4)): word for (provider, leaf), word in self.closed.items()},
                {at(leaf, 5): 1 for leaf in self.erased},
                {at(who, 6): 1 for who in self.wholly_erased},
                {7: self.quorum},
            ),
            "AuditLog": slots({at(gateway, 0): number(head) for gateway, head in self.heads.items()}),
        }


def number(value: Address | Bytes32) -> int:
    return int.from_bytes(value, "big") if isinstance(value, bytes) else int(value, 16)


def at(key: Address | Bytes32, place: int) -> int:
    """Where a mapping at `place` keeps the value of `key`."""
    return number(keccak(number(key).to_bytes(32, "big") + place.to_bytes(32, "big")))


def slots(*parts: dict[int, int]) -> dict[int, int]:
    """All parts together, without what is zero: the chain does not keep it."""
    return {place: value for part in parts for place, value in part.items() if value}
