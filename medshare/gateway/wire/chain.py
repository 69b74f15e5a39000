"""The forms of what came from the chain: a mined transaction and its events."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_type_hints

from pydantic import Field

from medshare.canonical_json import LARGEST_INTEGER
from medshare.gateway.wire.fields import AddressText, Count, LargeText, Malformed, Seconds, Wire, Word
from medshare.hexadecimal import from_hex, to_hex
from medshare.ledger import Block, Transaction
from medshare.ledger.events import CLASSES, Event, Log


class BlockForm(Wire):
    """A block."""

    number: Count
    hash: Word
    time: Seconds

    @classmethod
    def of(cls, block: Block) -> BlockForm:
        """Return the form of `block`."""
        return cls(number=block.number, hash=block.hash, time=block.time)

    def value(self) -> Block:
        """Return the block."""
        return Block(number=self.number, hash=self.hash, time=self.time)


class LogForm(Wire):
    """An event: its contract and name as in the Solidity source, its values by their names in Python.

    Bytes are 0x hex, numbers above 2^53 decimal text.
    """

    contract: str
    name: str
    values: dict[str, Count | LargeText | str]
    block_number: Count
    block_hash: Word
    transaction: Word
    index: Count

    @classmethod
    def of(cls, log: Log) -> LogForm:
        """Return the form of `log`."""
        # Every event is a dataclass.
        values = {one.name: _written(getattr(log.event, one.name)) for one in fields(log.event)}  # type: ignore[arg-type]
        return cls(
            contract=log.event.contract,
            name=log.event.name,
            values=values,
            block_number=log.block_number,
            block_hash=log.block_hash,
            transaction=log.transaction,
            index=log.index,
        )

    def value(self) -> Log:
        """Return the event where it stands.

        Raises:
            Malformed: No contract has such an event.
            NotHex: A byte string is none.
        """
        kind = CLASSES.get((self.contract, self.name))
        if kind is None:
            raise Malformed(why="an event is of no contract")
        return Log(
            event=_event(kind, self.values),
            block_number=self.block_number,
            block_hash=self.block_hash,
            transaction=self.transaction,
            index=self.index,
        )


class TransactionForm(Wire):
    """A mined transaction that succeeded."""

    hash: Word
    block: BlockForm
    sender: AddressText
    gas_used: Count
    logs: list[LogForm] = Field(default_factory=list)

    @classmethod
    def of(cls, transaction: Transaction) -> TransactionForm:
        """Return the form of `transaction`."""
        return cls(
            hash=transaction.hash,
            block=BlockForm.of(transaction.block),
            sender=transaction.sender,
            gas_used=transaction.gas_used,
            logs=[LogForm.of(log) for log in transaction.logs],
        )

    def value(self) -> Transaction:
        """Return the transaction. Raises as `LogForm.value`."""
        return Transaction(
            hash=self.hash,
            block=self.block.value(),
            sender=self.sender,
            gas_used=self.gas_used,
            logs=tuple(log.value() for log in self.logs),
        )


def _written(value: Any) -> int | str:
    if isinstance(value, bytes):
        return to_hex(value)
    if isinstance(value, int) and value > LARGEST_INTEGER:
        return str(value)
    return value if isinstance(value, int) else str(value)


def _event(kind: type[Event], values: dict[str, Any]) -> Event:
    hints = get_type_hints(kind)
    names = [one.name for one in fields(kind)]  # type: ignore[arg-type]  # every event is a dataclass
    if set(names) != set(values):
        raise Malformed(why="an event has other values than its kind")
    found: dict[str, Any] = {}
    for name in names:
        value = values[name]
        if hints[name] is bytes:
            found[name] = from_hex(value)
        elif hints[name] is int:
            found[name] = _number(value)
        elif isinstance(value, str):
            found[name] = value
        else:
            raise Malformed(why="an event has a number where a text should be")
    return kind(**found)


def _number(value: int | str) -> int:
    if isinstance(value, str) and not (value.isascii() and value.isdigit()):
        raise Malformed(why="an event has a text where a number should be")
    return int(value)
