"""The logs of one block: taken into rows, and held against what the block's header says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from medshare.hexadecimal import Address, Bytes32, to_hex
from medshare.index.errors import LogForged, LogsMissing, ReceiptsDiffer
from medshare.index.evidence import bloom_bits, receipts_root
from medshare.index.layout import Layout, foreign_topics, layouts
from medshare.index.values import LOG_BITS
from medshare.ledger.acts import CONTRACTS
from medshare.ledger.errors import BadEvent

RawLog = dict[str, Any]
"""A log as JSON-RPC gives it."""

MOST_LOGS: Final = 1 << LOG_BITS


@dataclass(frozen=True, slots=True)
class Header:
    """What is kept of a checked header. `name` is the hash in hex, `time` in seconds since 1970."""

    number: int
    name: str
    hash: Bytes32
    parent: Bytes32
    time: int
    bloom: int
    receipts: Bytes32


@dataclass(frozen=True, slots=True)
class Kind:
    """An event of a contract at its address: the bits that its logs set in a bloom, at least.

    `number` counts the kinds. An event that a contract inherits has no layout, and is passed over.
    """

    number: int
    contract: str
    bits: int
    layout: Layout | None


class Taken(NamedTuple):
    """What the logs of a block turned out to be: the numbers of their kinds; whether one is missing in between."""

    kinds: set[int]
    gap: bool


NOTHING: Final = Taken(set(), gap=False)
"""What a block turned out to be that has no logs of ours."""


class Sources:
    """The five contracts at their addresses: what the logs of a chain are taken by."""

    def __init__(self, addresses: Mapping[str, Address]) -> None:
        self._kinds: list[Kind] = []
        # By address: the bits of the address alone, and the kinds by first topic.
        self._sources: dict[Address, tuple[int, dict[str, Kind]]] = {}
        for contract in CONTRACTS:
            own = {layout.topic: layout for layout in layouts() if layout.kind.contract == contract}
            whose = bloom_bits(bytes.fromhex(addresses[contract][2:]))
            kinds: dict[str, Kind] = {}
            for topic in sorted({*own, *foreign_topics(contract)}):
                kind = Kind(len(self._kinds), contract, whose | bloom_bits(topic), own.get(topic))
                kinds[to_hex(topic)] = kind
                self._kinds.append(kind)
            self._sources[addresses[contract]] = (whose, kinds)

    @property
    def addresses(self) -> list[Address]:
        """The contracts' addresses."""
        return sorted(self._sources)

    def take(self, header: Header, logs: Sequence[RawLog], rows: list[tuple[Any, ...]]) -> Taken:
        """Put the rows of a block's logs, all of them in order, behind `rows`.

        Raises:
            LogForged: One cannot be of the block.
            BadEvent: One is no event of its contract.
        """
        # Every log of a chain passes here: what does not change within a block is looked up once.
        name, block_hash, time = header.name, header.hash, header.time
        base, last, unhex, sources = header.number << LOG_BITS, -1, bytes.fromhex, self._sources
        seen: set[int] = set()
        for log in logs:
            index = int(log["logIndex"], 16)
            transaction = unhex(log["transactionHash"][2:])
            if (
                log["blockHash"] != name or not last < index < MOST_LOGS or log.get("removed") or len(transaction) != 32
            ):
                raise LogForged(number=header.number)
            last = index
            topics, data = log["topics"], log["data"]
            source = sources.get(log["address"]) or self._source(log["address"], header)
            kind = source[1].get(topics[0])
            if kind is None:
                raise BadEvent(contract=next(iter(source[1].values())).contract)
            seen.add(kind.number)
            layout = kind.layout
            if layout is None:
                continue
            if len(topics) != layout.indexed + 1:
                raise BadEvent(contract=kind.contract)
            if layout.indexed == 1:
                words = unhex(topics[1][2:] + data[2:])
            else:
                words = unhex("".join([topic[2:] for topic in topics[1:]]) + data[2:])
            rows.append((layout.number, base | index, block_hash, transaction, time) + layout.values(words))  # noqa: RUF005 - twice as quick
        for number in seen:
            bits = self._kinds[number].bits
            if header.bloom & bits != bits:
                raise LogForged(number=header.number)
        return Taken(seen, gap=last != len(logs) - 1)

    def doubts(self, header: Header, logs: Sequence[RawLog], taken: Taken, *, prove: bool) -> bool:
        """Return whether a block's receipts must be looked at, to know that `logs` are all it has.

        That is where a number is missing among the logs, or where the bloom has the bits of an event
        that is not there, and bits that no log of ours explains. With `prove`, wherever the bloom has
        the bits of a contract.
        """
        here = [kinds for whose, kinds in self._sources.values() if header.bloom & whose == whose]
        if not here or prove or taken.gap:
            return bool(here)
        unseen = any(
            header.bloom & kind.bits == kind.bits and kind.number not in taken.kinds
            for kinds in here
            for kind in kinds.values()
        )
        return unseen and header.bloom != _bloom(logs)

    def prove(self, header: Header, logs: Sequence[RawLog], receipts: Sequence[dict[str, Any]] | None) -> None:
        """Compare the logs that a node gave for a block with those that the block's receipts prove.

        Raises:
            ReceiptsDiffer: The receipts are not those of the header.
            LogsMissing: They have other logs.
        """
        if receipts is None or receipts_root(receipts) != header.receipts:
            raise ReceiptsDiffer(number=header.number)
        proven = enumerate(log for receipt in receipts for log in receipt["logs"])
        ours = [_essence(log, at) for at, log in proven if log["address"].lower() in self._sources]
        if [_essence(log, int(log["logIndex"], 16)) for log in logs] != ours:
            raise LogsMissing(number=header.number)

    def _source(self, address: Address, header: Header) -> tuple[int, dict[str, Kind]]:
        # Some nodes write addresses with capitals.
        source = self._sources.get(address.lower())
        if source is None:
            raise LogForged(number=header.number)
        return source


def _bloom(logs: Sequence[RawLog]) -> int:
    bits = 0
    for value in {value for log in logs for value in (log["address"], *log["topics"])}:
        bits |= _bits(value)
    return bits


@lru_cache(maxsize=1 << 15)
def _bits(value: str) -> int:
    return bloom_bits(bytes.fromhex(value[2:]))


def _essence(log: RawLog, at: int) -> tuple[object, ...]:
    """Return what receipts prove of a log: where it stands in its block, who wrote it, what it says."""
    return at, log["address"].lower(), tuple(log["topics"]), log["data"]
