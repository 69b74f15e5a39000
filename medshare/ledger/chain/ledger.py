"""The five contracts on a chain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from medshare.consent.reasons import Reason
from medshare.consent.rules import Query
from medshare.hexadecimal import ZERO_ADDRESS, Address, Bytes32, to_hex
from medshare.ledger.abi import Function, function, topic_of
from medshare.ledger.acts import AUDIT, CONSENTS, PARTICIPANTS, RECORDS, REQUESTS
from medshare.ledger.chain.wallets import wallet_accepts
from medshare.ledger.chain.writing import ChainWriting
from medshare.ledger.errors import BlockGone, NothingFinal, PathTooLong
from medshare.ledger.events import CLASSES, Event, Log
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
    RecordStatus,
    Role,
)

LOG_BLOCKS: Final = 5_000
"""Blocks in one question for logs: nodes limit it."""

LONGEST_PATH: Final = 8


class ChainLedger(ChainWriting):
    """The contracts of `deployment` on the chain behind `rpc`. Made as `ChainWriting`."""

    # Blocks

    def head(self) -> Block:
        """Return the newest block."""
        return self._rpc.block("latest")

    def final(self) -> Block:
        """Return the last block at the finality tag."""
        try:
            return self._rpc.block(self._deployment.finality)
        except BlockGone as error:
            # geth says "finalized block not found", others answer null.
            raise NothingFinal(block=self._deployment.finality) from error

    def block(self, number: int) -> Block:
        """Return the canonical block at `number`."""
        return self._rpc.block(number)

    def block_named(self, block_hash: Bytes32) -> Block:
        """Return the canonical block with this hash."""
        rpc = self._rpc.pinned()
        found = rpc.block_by_hash(block_hash)
        # A node may still know blocks that a reorganisation took off the chain.
        if rpc.block(found.number).hash != block_hash:
            raise BlockGone(block=to_hex(block_hash))
        return found

    def events(
        self, from_block: int = 0, to_block: int | None = None, kinds: Sequence[type[Event]] = ()
    ) -> Iterator[Log]:
        """Yield the contracts' events, in order."""
        wanted = tuple(kinds) or tuple(CLASSES.values())
        rpc = self._rpc.pinned()
        last = rpc.block("latest").number if to_block is None else to_block
        addresses = sorted({self._deployment.addresses[kind.contract] for kind in wanted})
        topics = sorted({to_hex(topic_of(kind)) for kind in wanted})
        for start in range(from_block, last + 1, LOG_BLOCKS):
            question = {
                "fromBlock": hex(start),
                "toBlock": hex(min(start + LOG_BLOCKS - 1, last)),
                "address": addresses,
                "topics": [topics],
            }
            for entry in rpc.request("eth_getLogs", question):
                log = self._log(entry)
                if log is not None and isinstance(log.event, wanted):
                    yield log

    # Several contracts

    def answers(self, questions: Sequence[Question], *, block: Block) -> tuple[Answer, ...]:
        """Return the answer to each, in one request to the node."""
        views = [_view(question) for question in questions]
        reads = [(self._deployment.addresses[contract], view.encode(arguments)) for contract, view, arguments in views]
        rows = [view.decode(row) for (_, view, _), row in zip(views, self._rpc.calls(reads, block), strict=True)]
        return tuple(_answer(question, row) for question, row in zip(questions, rows, strict=True))

    # Reads

    def wallet_accepts(self, wallet: Address, signed: Bytes32, signature: bytes, *, block: Block | None = None) -> bool:
        """Return whether the contract at `wallet` accepts a signature."""
        return wallet_accepts(self._rpc, wallet, signed, signature, block)

    def is_contract(self, account: Address, *, block: Block) -> bool:
        """Return whether the account has code."""
        return bool(self._rpc.code(account, block=hex(block.number)))

    def account(self, account: Address, *, block: Block | None = None) -> Participant:
        """Return the account."""
        return Participant.unpack(account, self._one(PARTICIPANTS, "account", account, block=block))

    def principal_of(self, account: Address, *, block: Block | None = None) -> Principal:
        """Return whom the account acts for."""
        principal, roles, staff = self._ask(PARTICIPANTS, "standingOf", account, block=block)
        return Principal(address=principal, roles=Role(roles), staff_roles=Role(staff))

    def successor_of(self, patient: Address, *, block: Block | None = None) -> Address:
        """Return the successor."""
        return str(self._one(PARTICIPANTS, "movedTo", patient, block=block))

    def recovery_of(self, patient: Address, *, block: Block | None = None) -> Address:
        """Return the recovery address."""
        return str(self._one(PARTICIPANTS, "recoveryOf", patient, block=block))

    def delegation_of(self, patient: Address, delegate: Address, *, block: Block | None = None) -> Delegation:
        """Return the delegation as stored."""
        powers, issued_at, not_after = self._ask(PARTICIPANTS, "delegationOf", patient, delegate, block=block)
        return Delegation(powers=Power(powers), issued_at=issued_at, not_after=not_after)

    def digest_of(self, account: Address, *, block: Block | None = None) -> Bytes32:
        """Return the digest of directory or key document."""
        return bytes(self._one(PARTICIPANTS, "digestOf", account, block=block))

    def record_of(self, account: Address, *, block: Block | None = None) -> Bytes32:
        """Return the digest of the accreditation record."""
        return bytes(self._one(PARTICIPANTS, "recordOf", account, block=block))

    def path_of(self, patient: Address, *, block: Block | None = None) -> tuple[Address, ...]:
        """Return the path of successors."""
        path: list[Address] = []
        last, one = patient, self.pinned()
        while (last := one.successor_of(last, block=block)) != ZERO_ADDRESS:
            path.append(last)
            if len(path) > LONGEST_PATH:
                raise PathTooLong(patient=patient)
        return tuple(path)

    def consent_of(
        self, patient: Address, grantee: Address, terms: Bytes32, *, block: Block | None = None
    ) -> ConsentStatus:
        """Return the slot of a consent."""
        return ConsentStatus(self._one(CONSENTS, "consentOf", patient, grantee, terms, block=block))

    def mark_of(self, patient: Address, *, block: Block | None = None) -> int:
        """Return the lockdown mark."""
        return int(self._one(CONSENTS, "lockedAt", patient, block=block))

    def empowered(self, patient: Address, delegate: Address, powers: Power, *, block: Block | None = None) -> int:
        """Return until when the delegate has the powers."""
        return int(self._one(CONSENTS, "actsUntil", patient, delegate, int(powers), block=block))

    def permits(self, query: Query, *, block: Block | None = None) -> bool:
        """Return whether it is permitted."""
        return bool(self._one(CONSENTS, "permits", *_permits_arguments(query), block=block))

    def why_not(self, query: Query, *, block: Block | None = None) -> Reason:
        """Return the first reason against it."""
        return Reason(self._one(CONSENTS, "whyNot", *_permits_arguments(query), block=block))

    def why_not_each(self, queries: Sequence[Query], *, block: Block | None = None) -> tuple[Reason, ...]:
        """Return the reason for each query, at one block."""
        rows = [_permits_arguments(query) for query in queries]
        return tuple(Reason(row[0]) for row in self._ask_each(CONSENTS, "whyNot", rows, block=block))

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
        return bool(self._one(CONSENTS, "holds", patient, grantee, terms, accessor, action, block=block))

    def deadline_of(self, requester: Address, digest: Bytes32, *, block: Block | None = None) -> int:
        """Return the deadline of a request."""
        return int(self._one(REQUESTS, "deadlineOf", requester, digest, block=block))

    def record_status(self, query: RecordQuery, *, block: Block | None = None) -> RecordState:
        """Return where a record version stands."""
        return _state(self._ask(RECORDS, "status", *_status_arguments(query), block=block))

    def record_status_each(
        self, queries: Sequence[RecordQuery], *, block: Block | None = None
    ) -> tuple[RecordState, ...]:
        """Return where each stands, at one block."""
        rows = [_status_arguments(query) for query in queries]
        return tuple(_state(row) for row in self._ask_each(RECORDS, "status", rows, block=block))

    def anchor_of(self, provider: Address, root: Bytes32, *, block: Block | None = None) -> AnchorState:
        """Return the anchor."""
        at, count, confirmations = self._ask(RECORDS, "anchorOf", provider, root, block=block)
        return AnchorState(time=at, count=count, confirmations=confirmations)

    def closed_by(self, provider: Address, leaf: Bytes32, *, block: Block | None = None) -> int:
        """Return what closed the leaf."""
        return int(self._one(RECORDS, "closedBy", provider, leaf, block=block))

    def is_erased(self, leaf: Bytes32, *, block: Block | None = None) -> bool:
        """Return whether the leaf has its tombstone."""
        return bool(self._one(RECORDS, "isErased", leaf, block=block))

    def is_erased_all(self, patient: Address, *, block: Block | None = None) -> bool:
        """Return whether the address has its tombstone."""
        return bool(self._one(RECORDS, "isWhollyErased", patient, block=block))

    def quorum(self, *, block: Block | None = None) -> int:
        """Return the quorum."""
        return int(self._one(RECORDS, "validatorsNeeded", block=block))

    def head_of(self, gateway: Address, *, block: Block | None = None) -> Bytes32:
        """Return the gateway's audit head."""
        return bytes(self._one(AUDIT, "headOf", gateway, block=block))

    def _one(self, contract: str, name: str, *arguments: object, block: Block | None) -> Any:
        return self._ask(contract, name, *arguments, block=block)[0]

    def _ask(self, contract: str, name: str, *arguments: object, block: Block | None) -> tuple[Any, ...]:
        view = function(contract, name)
        return view.decode(self._rpc.call(self._deployment.addresses[contract], view.encode(arguments), block))

    def _ask_each(
        self, contract: str, name: str, rows: Sequence[tuple[object, ...]], *, block: Block | None
    ) -> list[tuple[Any, ...]]:
        view = function(contract, name)
        # A batch may straddle two blocks: without a given one, all is read at one head.
        rpc = self._rpc.pinned()
        at = block or rpc.block("latest")
        reads = [(self._deployment.addresses[contract], view.encode(row)) for row in rows]
        return [view.decode(answer) for answer in rpc.calls(reads, at)]


def _view(question: Question) -> tuple[str, Function, tuple[object, ...]]:
    match question:
        case Query():
            return CONSENTS, function(CONSENTS, "whyNot"), _permits_arguments(question)
        case RecordQuery():
            return RECORDS, function(RECORDS, "status"), _status_arguments(question)
        case SuccessorOf(patient=patient):
            return PARTICIPANTS, function(PARTICIPANTS, "movedTo"), (patient,)
        case ActsUntil(patient=patient, delegate=delegate, powers=powers):
            return CONSENTS, function(CONSENTS, "actsUntil"), (patient, delegate, int(powers))


def _answer(question: Question, row: tuple[Any, ...]) -> Answer:
    match question:
        case Query():
            return Reason(row[0])
        case RecordQuery():
            return _state(row)
        case SuccessorOf():
            return str(row[0])
        case ActsUntil():
            return int(row[0])


def _permits_arguments(query: Query) -> tuple[object, ...]:
    return (query.patient, query.grantee, query.terms, query.accessor, query.slot, query.purpose, query.action)


def _status_arguments(query: RecordQuery) -> tuple[object, ...]:
    return (query.provider, query.root, query.patient, query.inner, tuple(query.proof))


def _state(row: tuple[Any, ...]) -> RecordState:
    status, confirmations, at = row
    return RecordState(status=RecordStatus(status), confirmations=confirmations, time=at)
