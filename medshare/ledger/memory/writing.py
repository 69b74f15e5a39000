"""What the twin of the chain writes: blocks of its own, one for each transaction, and a pool of what waits.

Transactions are real ones, signed and encoded as for a chain: they can be saved, sent again, replaced at a
higher fee, lost, and taken back by a reorganisation.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from medshare.clock import HandClock
from medshare.digest import keccak
from medshare.errors import MedShareError
from medshare.hexadecimal import ZERO_32, ZERO_ADDRESS, Address, Bytes32, to_hex
from medshare.ledger import raw
from medshare.ledger.abi import calldata
from medshare.ledger.acts import CONTRACTS, PARTICIPANTS, Acts
from medshare.ledger.errors import NonceTaken, NotMined, Underpriced
from medshare.ledger.events import Event, Log, QuorumSet
from medshare.ledger.memory.rules import RULES
from medshare.ledger.memory.world import Service, Turn, Wallet, World, added
from medshare.ledger.modes import DryRun, Prepared
from medshare.ledger.types import (
    Block,
    Call,
    DeploymentInfo,
    Estimate,
    Quote,
    SignedTransaction,
    Signer,
    Transaction,
    UnsignedTransaction,
)

CHAIN_ID: Final = 31337
GAS: Final = 100_000
"""What the twin says every transaction costs: it does not count."""

TIP: Final = 10**9
FEE: Final = 3 * 10**9
"""Wei per gas that the twin asks for. It takes less too."""

ADDRESSES: Final = {name: f"0x{0xC0DE00 + place:040x}" for place, name in enumerate(CONTRACTS, 1)}


@dataclass(frozen=True, slots=True)
class Mined:
    """One block, the world after it, and the transaction in it: succeeded, or failed with an error."""

    block: Block
    world: World
    transaction: Transaction | None = None
    signed: SignedTransaction | None = None
    failure: MedShareError | None = None


class MemoryWriting(Acts[Signer, Transaction]):
    """The five contracts in dictionaries, with blocks of its own: one for each write.

    Args:
        regulator: Who accredits.
        clock: Its second is the time of the next block; blocks never go back in time.
        addresses: Where the contracts pretend to stand.
        finality_depth: How many blocks behind the head the final one is.
        automatic: Whether what is sent is mined at once; otherwise it waits for `mine`.
    """

    def __init__(
        self,
        regulator: Address,
        clock: HandClock,
        *,
        chain_id: int = CHAIN_ID,
        addresses: Mapping[str, Address] = ADDRESSES,
        finality_depth: int = 0,
        automatic: bool = True,
    ) -> None:
        self.clock = clock
        self.automatic = automatic
        self._regulator = regulator
        self._deployment = DeploymentInfo(chain_id=chain_id, addresses=dict(addresses), slot_seconds=1)
        self._depth = finality_depth
        self._wallets: dict[Address, Wallet] = {}
        self._nonces: dict[Address, int] = {}
        self._balances: dict[Address, int] = {}
        self._calls: dict[tuple[Address | None, bytes], Call] = {}
        self._pool: dict[tuple[Address, int], SignedTransaction] = {}
        self._done: dict[Bytes32, Mined] = {}
        self._branch = 0
        self._lock = threading.RLock()
        genesis = Block(0, keccak(b"medshare/twin" + chain_id.to_bytes(32, "big")), clock.now())
        # The RecordRegistry tells its quorum when it is made.
        made = Log(event=QuorumSet(quorum=3), block_number=0, block_hash=genesis.hash, transaction=ZERO_32, index=0)
        creation = Transaction(hash=ZERO_32, block=genesis, sender=ZERO_ADDRESS, gas_used=GAS, logs=(made,))
        self._chain: list[Mined] = [Mined(genesis, World(), creation)]
        self._by_hash: dict[Bytes32, Mined] = {genesis.hash: self._chain[0]}

    # What only a twin can do

    def mine(self) -> Block:
        """Mine what waits and can be mined, or else an empty block, at the clock's second; return the last one."""
        with self._lock:
            return self._mine_pool() or self._add(self._chain[-1].world).block

    def lose_pool(self) -> None:
        """Forget what waits, as a node that restarts does."""
        with self._lock:
            self._pool.clear()

    def take_back(self, depth: int) -> None:
        """Drop the newest `depth` blocks, as a reorganisation does; what was sent waits again."""
        with self._lock:
            self._branch += 1
            for row in self._chain[-depth:]:
                del self._by_hash[row.block.hash]
                if row.signed is not None:
                    self._nonces[row.signed.sender] -= 1
                    self._pool[row.signed.sender, row.signed.nonce] = row.signed
                    del self._done[row.signed.hash]
                elif row.transaction is not None:
                    self._nonces[row.transaction.sender] -= 1
                    del self._done[row.transaction.hash]
            del self._chain[-depth:]

    def set_balance(self, address: Address, wei: int) -> None:
        """Let `address` hold that much; nothing is taken from it."""
        self._balances[address] = wei

    def set_wallet(self, address: Address, accepts: Wallet) -> None:
        """Let `address` have the code of a contract wallet."""
        self._wallets[address] = accepts

    def set_service(self, address: Address, answers: Service) -> None:
        """Let `address` have the code of a service, from a new block on."""
        with self._lock:
            world = self._chain[-1].world
            self._add(replace(world, services=added(world.services, address, answers)))

    # Acts

    @property
    def deployment(self) -> DeploymentInfo:
        """The chain id and the pretended addresses."""
        return self._deployment

    def act(self, call: Call, sender: Signer) -> Transaction:
        """Carry out `call` in a block of its own."""
        with self._lock:
            world, turn = self._turn(call, sender.address)
            nonce = self._nonces.get(sender.address, 0)
            self._nonces[sender.address] = nonce + 1
            identifier = keccak(f"{sender.address}|{nonce}".encode() + calldata(call))
            row = self._add(world, identifier=identifier, sender=sender.address, told=turn.events)
            assert row.transaction is not None  # noqa: S101  # _add was given one
            return row.transaction

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
        return Estimate(gas=GAS, max_fee_wei=GAS * FEE)

    def prepare(self, call: Call, sender: Signer) -> SignedTransaction:
        """Return `call` as a transaction that `send` takes."""
        quote = self.quote(call, sender.address)
        return self.sign(quote.transaction, sender, nonce=quote.next_nonce)

    # Transactions

    def quote(self, call: Call, sender: Address) -> Quote:
        """Try `call` out and return what is needed to sign it."""
        with self._lock:
            self._turn(call, sender)
            to, data = self._deployment.addresses[call.contract], calldata(call)
            self._calls[to, data] = call
            next_nonce = self._nonces.get(sender, 0)
            while (sender, next_nonce) in self._pool:
                next_nonce += 1
            unsigned = UnsignedTransaction(to=to, data=data, gas=GAS, fee=FEE, tip=TIP)
            return Quote(transaction=unsigned, next_nonce=next_nonce, head=self._chain[-1].block.number)

    def sign(self, unsigned: UnsignedTransaction, sender: Signer, *, nonce: int) -> SignedTransaction:
        """Return `unsigned` signed under `nonce`."""
        return raw.sign(unsigned, sender, nonce=nonce, chain_id=self._deployment.chain_id)

    @staticmethod
    def unsigned(transaction: bytes) -> UnsignedTransaction:
        """Return what stands in signed bytes."""
        return raw.unsigned_of(transaction)

    @staticmethod
    def fees() -> tuple[int, int]:
        """Return what the twin asks for."""
        return FEE, TIP

    def mined_nonce(self, account: Address, *, final: bool = False) -> int:
        """Return how many transactions of the account are mined, at the head or at the final block."""
        with self._lock:
            after = self._chain[len(self._chain) - self._depth :] if final else []
            senders = [row.signed.sender for row in after if row.signed is not None]
            return self._nonces.get(account, 0) - senders.count(account)

    def balance_of(self, account: Address) -> int:
        """Return what `set_balance` said, 0 otherwise: in the twin nobody pays."""
        return self._balances.get(account, 0)

    def send(self, transaction: SignedTransaction) -> None:
        """Take a signed transaction into the pool; the same again changes nothing."""
        with self._lock:
            key = (transaction.sender, transaction.nonce)
            waiting = self._pool.get(key)
            if transaction.hash in self._done or (waiting and waiting.hash == transaction.hash):
                return
            if transaction.nonce < self._nonces.get(transaction.sender, 0):
                raise NonceTaken(method="eth_sendRawTransaction", message="nonce too low")
            if waiting is not None:
                _check_replaces(waiting.raw, transaction.raw)
            self._pool[key] = transaction
            if self.automatic:
                self._mine_pool()

    def mined(self, transaction: Bytes32) -> Transaction | None:
        """Return the transaction if it is mined; raises if it was refused."""
        row = self._done.get(transaction)
        if row is not None and row.failure is not None:
            raise row.failure
        return None if row is None else row.transaction

    def wait(self, transaction: Bytes32) -> Transaction:
        """Return the mined transaction; nothing is waited for here."""
        found = self.mined(transaction)
        if found is None:
            raise NotMined(transaction=to_hex(transaction), seconds=0)
        return found

    def _mine_pool(self) -> Block | None:
        last = None
        while ready := [key for key in self._pool if key[1] == self._nonces.get(key[0], 0)]:
            for key in ready:
                last = self._mine(self._pool.pop(key)).block
        return last

    def _mine(self, signed: SignedTransaction) -> Mined:
        unsigned = raw.unsigned_of(signed.raw)
        world, told, failure = self._chain[-1].world, list[Event](), None
        if not raw.is_filler(unsigned, signed.sender):
            try:
                world, turn = self._turn(self._calls[unsigned.to, unsigned.data], signed.sender)
                told = turn.events
            except MedShareError as error:
                failure = error
        self._nonces[signed.sender] = signed.nonce + 1
        row = self._add(world, identifier=signed.hash, sender=signed.sender, told=told)
        row = replace(row, signed=signed, failure=failure)
        self._chain[-1] = self._by_hash[row.block.hash] = self._done[signed.hash] = row
        return row

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

    def _add(
        self,
        world: World,
        *,
        identifier: Bytes32 = ZERO_32,
        sender: Address = ZERO_ADDRESS,
        told: Sequence[Event] = (),
    ) -> Mined:
        last = self._chain[-1].block
        time = max(self.clock.now(), last.time)
        branch = self._branch.to_bytes(4, "big") if self._branch else b""
        block = Block(last.number + 1, keccak(last.hash + time.to_bytes(8, "big") + identifier + branch), time)
        transaction = None
        if identifier != ZERO_32:
            logs = tuple(
                Log(event=event, block_number=block.number, block_hash=block.hash, transaction=identifier, index=index)
                for index, event in enumerate(told)
            )
            transaction = Transaction(hash=identifier, block=block, sender=sender, gas_used=GAS, logs=logs)
        row = Mined(block, world, transaction)
        self._chain.append(row)
        self._by_hash[block.hash] = row
        if transaction is not None:
            self._done[identifier] = row
        return row


def _check_replaces(waiting: bytes, offered: bytes) -> None:
    old, new = raw.unsigned_of(waiting), raw.unsigned_of(offered)
    if new.fee * 10 < old.fee * 11 or new.tip * 10 < old.tip * 11:
        raise Underpriced(method="eth_sendRawTransaction", message="replacement transaction underpriced")
