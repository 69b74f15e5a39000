"""The twin of the chain, for tests and for trying MedShare out: same acts, same answers, same errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Final

from medshare.consent import rules
from medshare.consent.reasons import Reason
from medshare.consent.rules import Query
from medshare.consent.terms import consent_id, request_id
from medshare.hexadecimal import ZERO_32, ZERO_ADDRESS, Address, Bytes32, to_hex
from medshare.ledger.errors import BlockGone, PathTooLong
from medshare.ledger.events import Event, Log
from medshare.ledger.memory import records
from medshare.ledger.memory.world import World
from medshare.ledger.memory.writing import MemoryWriting
from medshare.ledger.questions import ActsUntil, Answer, Question, SuccessorOf
from medshare.ledger.types import (
    AnchorState,
    Block,
    ConsentStatus,
    Delegation,
    Participant,
    Power,
    Principal,
    RecordQuery,
    RecordState,
)

LONGEST_PATH: Final = 8


class MemoryLedger(MemoryWriting):
    """The five contracts in dictionaries. Made as `MemoryWriting`."""

    # One node

    def pinned(self) -> MemoryLedger:
        """Return the twin: there is no other node."""
        return self

    def decision(self) -> AbstractContextManager[None]:
        """Change nothing: there is no other node."""
        return nullcontext()

    # Blocks

    def head(self) -> Block:
        """Return the newest block; a new one when the clock has moved on."""
        with self._lock:
            if self.clock.now() > self._chain[-1].block.time:
                self._add(self._chain[-1].world)
            return self._chain[-1].block

    def final(self) -> Block:
        """Return the block `finality_depth` behind the head."""
        head = self.head()
        return self._chain[max(0, head.number - self._depth)].block

    def block(self, number: int) -> Block:
        """Return the block at `number`."""
        if not 0 <= number < len(self._chain):
            raise BlockGone(block=number)
        return self._chain[number].block

    def block_named(self, block_hash: Bytes32) -> Block:
        """Return the block with this hash."""
        row = self._by_hash.get(block_hash)
        if row is None:
            raise BlockGone(block=to_hex(block_hash))
        return row.block

    def events(
        self, from_block: int = 0, to_block: int | None = None, kinds: Sequence[type[Event]] = ()
    ) -> Iterator[Log]:
        """Yield what happened, in order."""
        last = len(self._chain) - 1 if to_block is None else to_block
        for row in self._chain[from_block : last + 1]:
            for log in row.transaction.logs if row.transaction else ():
                if not kinds or isinstance(log.event, tuple(kinds)):
                    yield log

    def _at(self, block: Block | None) -> tuple[World, int]:
        if block is None:
            block = self.head()
        row = self._by_hash.get(block.hash)
        if row is None:
            raise BlockGone(block=to_hex(block.hash))
        return row.world, row.block.time

    # Several contracts

    def answers(self, questions: Sequence[Question], *, block: Block) -> tuple[Answer, ...]:
        """Return the answer to each."""
        return tuple(self._answer(question, block) for question in questions)

    def _answer(self, question: Question, block: Block) -> Answer:
        match question:
            case Query():
                return self.why_not(question, block=block)
            case RecordQuery():
                return self.record_status(question, block=block)
            case SuccessorOf(patient=patient):
                return self.successor_of(patient, block=block)
            case ActsUntil(patient=patient, delegate=delegate, powers=powers):
                return self.empowered(patient, delegate, powers, block=block)

    # Reads

    def wallet_accepts(self, wallet: Address, signed: Bytes32, signature: bytes, *, block: Block | None = None) -> bool:
        """Return whether a wallet accepts a signature now; the twin does not keep what it said at older blocks."""
        self._at(block)
        accepts = self._wallets.get(wallet)
        return accepts is not None and accepts(signed, signature)

    def is_contract(self, account: Address, *, block: Block) -> bool:
        """Return whether a wallet stands there now; the twin does not keep what stood there at older blocks."""
        self._at(block)
        return account in self._wallets

    def account(self, account: Address, *, block: Block | None = None) -> Participant:
        """Return the account."""
        return self._at(block)[0].account(account)

    def principal_of(self, account: Address, *, block: Block | None = None) -> Principal:
        """Return whom the account acts for."""
        return self._at(block)[0].principal(account)

    def successor_of(self, patient: Address, *, block: Block | None = None) -> Address:
        """Return the successor."""
        return self._at(block)[0].successor(patient)

    def recovery_of(self, patient: Address, *, block: Block | None = None) -> Address:
        """Return the recovery address."""
        return self._at(block)[0].recovery(patient)

    def delegation_of(self, patient: Address, delegate: Address, *, block: Block | None = None) -> Delegation:
        """Return the delegation as stored."""
        return self._at(block)[0].delegation(patient, delegate)

    def digest_of(self, account: Address, *, block: Block | None = None) -> Bytes32:
        """Return the digest of directory or key document."""
        return self._at(block)[0].digest(account)

    def record_of(self, account: Address, *, block: Block | None = None) -> Bytes32:
        """Return the digest of the accreditation record."""
        return self._at(block)[0].records.get(account, ZERO_32)

    def path_of(self, patient: Address, *, block: Block | None = None) -> tuple[Address, ...]:
        """Return the path of successors."""
        world, _ = self._at(block)
        path: list[Address] = []
        last = patient
        while (last := world.successor(last)) != ZERO_ADDRESS:
            path.append(last)
            if len(path) > LONGEST_PATH:
                raise PathTooLong(patient=patient)
        return tuple(path)

    def consent_of(
        self, patient: Address, grantee: Address, terms: Bytes32, *, block: Block | None = None
    ) -> ConsentStatus:
        """Return the slot of a consent."""
        identifier = consent_id(patient=patient, grantee=grantee, terms=terms)
        return ConsentStatus(self._at(block)[0].consents.words.get(identifier, 0))

    def mark_of(self, patient: Address, *, block: Block | None = None) -> int:
        """Return the lockdown mark."""
        return self._at(block)[0].consents.mark(patient)

    def empowered(self, patient: Address, delegate: Address, powers: Power, *, block: Block | None = None) -> int:
        """Return until when the delegate has the powers."""
        world, at = self._at(block)
        if not powers:
            return 0
        return rules.empowered(world.consents, world, patient=patient, delegate=delegate, powers=int(powers), at=at)

    def permits(self, query: Query, *, block: Block | None = None) -> bool:
        """Return whether it is permitted."""
        return self.why_not(query, block=block) is Reason.PERMITTED

    def why_not(self, query: Query, *, block: Block | None = None) -> Reason:
        """Return the first reason against it."""
        world, at = self._at(block)
        return rules.why_not(world.consents, query, participants=world, at=at)

    def why_not_each(self, queries: Sequence[Query], *, block: Block | None = None) -> tuple[Reason, ...]:
        """Return the reason for each query, at one block."""
        block = block or self.head()
        return tuple(self.why_not(query, block=block) for query in queries)

    def holds(
        self,
        *,
        patient: Address,
        grantee: Address,
        terms: Bytes32,
        accessor: Address,
        action: int,
        block: Block | None = None,
    ) -> bool:
        """Return whether the consent is in force with the action."""
        world, at = self._at(block)
        return rules.holds(
            world.consents,
            patient=patient,
            grantee=grantee,
            terms=terms,
            accessor=accessor,
            action=action,
            participants=world,
            at=at,
        )

    def deadline_of(self, requester: Address, digest: Bytes32, *, block: Block | None = None) -> int:
        """Return the deadline of a request."""
        return self._at(block)[0].requests.deadlines.get(request_id(requester=requester, digest=digest), 0)

    def record_status(self, query: RecordQuery, *, block: Block | None = None) -> RecordState:
        """Return where a record version stands."""
        return records.status(self._at(block)[0], query)

    def record_status_each(
        self, queries: Sequence[RecordQuery], *, block: Block | None = None
    ) -> tuple[RecordState, ...]:
        """Return where each stands, at one block."""
        block = block or self.head()
        return tuple(self.record_status(query, block=block) for query in queries)

    def anchor_of(self, provider: Address, root: Bytes32, *, block: Block | None = None) -> AnchorState:
        """Return the anchor."""
        return self._at(block)[0].anchors.get((provider, root), AnchorState())

    def closed_by(self, provider: Address, leaf: Bytes32, *, block: Block | None = None) -> int:
        """Return what closed the leaf."""
        return self._at(block)[0].closed.get((provider, leaf), 0)

    def is_erased(self, leaf: Bytes32, *, block: Block | None = None) -> bool:
        """Return whether the leaf has its tombstone."""
        return leaf in self._at(block)[0].erased

    def is_erased_all(self, patient: Address, *, block: Block | None = None) -> bool:
        """Return whether the address has its tombstone."""
        return patient in self._at(block)[0].erased_all

    def quorum(self, *, block: Block | None = None) -> int:
        """Return the quorum."""
        return self._at(block)[0].quorum

    def head_of(self, gateway: Address, *, block: Block | None = None) -> Bytes32:
        """Return the gateway's audit head."""
        return self._at(block)[0].heads.get(gateway, ZERO_32)
