"""The twin of the chain, for tests and for trying MedShare out: same acts, same answers, same errors."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from medshare.clock import HandClock
from medshare.consent import rules
from medshare.consent.reasons import Reason
from medshare.consent.rules import Query
from medshare.consent.terms import consent_id, request_id
from medshare.digest import keccak
from medshare.hexadecimal import ZERO_32, ZERO_ADDRESS, Address, Bytes32, to_hex
from medshare.ledger.abi import calldata
from medshare.ledger.acts import CONTRACTS, PARTICIPANTS, Acts
from medshare.ledger.errors import BlockGone, NotMined, PathTooLong
from medshare.ledger.events import Event, Log, QuorumSet
from medshare.ledger.memory import records
from medshare.ledger.memory.rules import RULES
from medshare.ledger.memory.world import Service, Turn, Wallet, World, added
from medshare.ledger.modes import DryRun, Prepared
from medshare.ledger.types import (
    AnchorState,
    Block,
    Call,
    ConsentStatus,
    Delegation,
    DeploymentInfo,
    Estimate,
    Participant,
    Power,
    Principal,
    RecordQuery,
    RecordState,
    SignedTransaction,
    Signer,
    Transaction,
)

CHAIN_ID: Final = 31337
GAS: Final = 100_000
"""What the twin says every transaction costs: it does not count."""

LONGEST_PATH: Final = 8

ADDRESSES: Final = {name: f"0x{0xC0DE00 + place:040x}" for place, name in enumerate(CONTRACTS, 1)}


@dataclass(frozen=True, slots=True)
class _Mined:
    block: Block
    world: World
    transaction: Transaction | None = None


class MemoryLedger(Acts[Signer, Transaction]):
    """The five contracts in dictionaries, with blocks of its own: one for each write.

    Args:
        regulator: Who accredits.
        clock: Its second is the time of the next block; blocks never go back in time.
        addresses: Where the contracts pretend to stand.
        finality_depth: How many blocks behind the head the final one is.
    """

    def __init__(
        self,
        regulator: Address,
        clock: HandClock,
        *,
        chain_id: int = CHAIN_ID,
        addresses: Mapping[str, Address] = ADDRESSES,
        finality_depth: int = 0,
    ) -> None:
        self.clock = clock
        self._regulator = regulator
        self._deployment = DeploymentInfo(chain_id=chain_id, addresses=dict(addresses), slot_seconds=1)
        self._depth = finality_depth
        self._wallets: dict[Address, Wallet] = {}
        self._nonces: dict[Address, int] = {}
        self._prepared: dict[Bytes32, tuple[Call, Address]] = {}
        self._lock = threading.RLock()
        genesis = Block(0, keccak(b"medshare/twin" + chain_id.to_bytes(32, "big")), clock.now())
        # The RecordRegistry tells its quorum when it is made.
        made = Log(event=QuorumSet(quorum=3), block_number=0, block_hash=genesis.hash, transaction=ZERO_32, index=0)
        creation = Transaction(hash=ZERO_32, block=genesis, sender=ZERO_ADDRESS, gas_used=GAS, logs=(made,))
        self._chain: list[_Mined] = [_Mined(genesis, World(), creation)]
        self._by_hash: dict[Bytes32, _Mined] = {genesis.hash: self._chain[0]}

    # What only a twin can do

    def mine(self) -> Block:
        """Add an empty block at the clock's second and return it."""
        with self._lock:
            return self._add(self._chain[-1].world, None).block

    def set_wallet(self, address: Address, accepts: Wallet) -> None:
        """Let `address` have the code of a contract wallet."""
        self._wallets[address] = accepts

    def set_service(self, address: Address, answers: Service) -> None:
        """Let `address` have the code of a service, from a new block on."""
        with self._lock:
            world = self._chain[-1].world
            self._add(replace(world, services=added(world.services, address, answers)), None)

    # Acts

    def act(self, call: Call, sender: Signer) -> Transaction:
        """Carry out `call` in a block of its own."""
        return self._run(call, sender.address, None)

    @property
    def dry_run(self) -> Acts[Address, Estimate]:
        """The acts, only estimated."""
        return DryRun(self)

    @property
    def prepared(self) -> Acts[Signer, SignedTransaction]:
        """The acts, only signed."""
        return Prepared(self)

    def estimate(self, call: Call, sender: Address) -> Estimate:
        """Try `call` out on the newest state."""
        with self._lock:
            self._turn(call, sender)
        return Estimate(gas=GAS, max_fee_wei=GAS)

    def prepare(self, call: Call, sender: Signer) -> SignedTransaction:
        """Return `call` as a transaction that `send` takes."""
        with self._lock:
            self.estimate(call, sender.address)
            nonce = self._nonces.get(sender.address, 0)
            raw = b"|".join((sender.address.encode(), str(nonce).encode(), call.contract.encode(), calldata(call)))
            identifier = keccak(raw)
            self._prepared[identifier] = (call, sender.address)
            return SignedTransaction(sender=sender.address, nonce=nonce, hash=identifier, raw=raw)

    def send(self, transaction: SignedTransaction) -> None:
        """Carry out a prepared transaction; a second time changes nothing."""
        with self._lock:
            if transaction.nonce < self._nonces.get(transaction.sender, 0):
                return
            call, sender = self._prepared[transaction.hash]
            self._run(call, sender, transaction.hash)

    def mined(self, transaction: Bytes32) -> Transaction | None:
        """Return the transaction if it is mined."""
        return next(
            (row.transaction for row in self._chain if row.transaction and row.transaction.hash == transaction), None
        )

    def wait(self, transaction: Bytes32) -> Transaction:
        """Return the mined transaction; nothing is ever pending here."""
        found = self.mined(transaction)
        if found is None:
            raise NotMined(transaction=to_hex(transaction), seconds=0)
        return found

    def _turn(self, call: Call, sender: Address) -> tuple[World, Turn]:
        calldata(call)
        turn = Turn(
            sender=sender,
            at=max(self.clock.now(), self._chain[-1].block.time),
            domains=self._deployment.domains,
            participants=self._deployment.addresses[PARTICIPANTS],
            regulator=self._regulator,
            wallets=self._wallets,
        )
        return RULES[call.contract, call.function](self._chain[-1].world, turn, *call.arguments), turn

    def _run(self, call: Call, sender: Address, identifier: Bytes32 | None) -> Transaction:
        with self._lock:
            world, turn = self._turn(call, sender)
            nonce = self._nonces.get(sender, 0)
            self._nonces[sender] = nonce + 1
            if identifier is None:
                identifier = keccak(f"{sender}|{nonce}".encode() + calldata(call))
            transaction = self._add(world, (identifier, sender, turn.events)).transaction
            assert transaction is not None  # noqa: S101  # _add was given one
            return transaction

    def _add(self, world: World, done: tuple[Bytes32, Address, list[Event]] | None) -> _Mined:
        last = self._chain[-1].block
        time = max(self.clock.now(), last.time)
        identifier = done[0] if done else ZERO_32
        block = Block(last.number + 1, keccak(last.hash + time.to_bytes(8, "big") + identifier), time)
        transaction = None
        if done:
            logs = tuple(
                Log(event=event, block_number=block.number, block_hash=block.hash, transaction=identifier, index=index)
                for index, event in enumerate(done[2])
            )
            transaction = Transaction(hash=identifier, block=block, sender=done[1], gas_used=GAS, logs=logs)
        row = _Mined(block, world, transaction)
        self._chain.append(row)
        self._by_hash[block.hash] = row
        return row

    # Blocks

    @property
    def deployment(self) -> DeploymentInfo:
        """The chain id and the pretended addresses."""
        return self._deployment

    def head(self) -> Block:
        """Return the newest block; a new one when the clock has moved on."""
        with self._lock:
            if self.clock.now() > self._chain[-1].block.time:
                self._add(self._chain[-1].world, None)
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

    # Reads

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
