"""Reading blocks from a node, and believing it only what it proves.

For every block the header is fetched: its hash must be that of its fields, and it must name the hash
of the one before. Logs come by `eth_getLogs` for a range of blocks, and each must fit its header's
bloom. Where the bloom or a gap in the numbers says that a log may have been left out, and for every
block newer than `prove_from`, the block's receipts are fetched and hashed: what `receiptsRoot` proves
must be what the node gave. What is left open is said in `docs/threat-model.md`.

A chain may change between two questions: what does not fit is asked twice more before it is an error.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from medshare.errors import IntegrityError
from medshare.hexadecimal import Address, Bytes32, to_hex
from medshare.index.errors import HeaderDiffers, LogForged, LogsMissing, ParentDiffers, ReceiptsDiffer
from medshare.index.evidence import bloom_bits, header_hash, receipts_root
from medshare.index.layout import Layout, foreign_topics, layouts
from medshare.index.span import Span
from medshare.index.values import LOG_BITS
from medshare.ledger.acts import CONTRACTS
from medshare.ledger.chain.rpc import Rpc
from medshare.ledger.errors import BadEvent, BlockGone, NodeRefused, NodeUnreachable

TRIES: Final = 3
"""How often a span is read before what does not fit is an error."""

FIRST: Final = 200
"""Blocks in the first question."""

MOST: Final = 2_000
"""Blocks in one question at most."""

WANTED: Final = 5_000
"""Logs in one answer, about: questions grow and shrink towards it."""


@dataclass(frozen=True, slots=True)
class Source:
    """One contract: its address, the bits that it sets in a bloom, and its events by their first topic.

    `events` has for each topic the bits that it sets, `None` as layout for an event that is passed over.
    """

    contract: str
    address: Address
    bits: int
    events: dict[str, tuple[int, Layout | None]]


def sources(addresses: dict[str, Address]) -> dict[Address, Source]:
    """Return the contracts that stand at `addresses`, by address."""
    found: dict[Address, Source] = {}
    for contract in CONTRACTS:
        events: dict[str, tuple[int, Layout | None]] = {
            to_hex(layout.topic): (bloom_bits(layout.topic), layout)
            for (owner, _), layout in layouts().items()
            if owner == contract
        }
        events |= {to_hex(topic): (bloom_bits(topic), None) for topic in foreign_topics(contract)}
        address = addresses[contract]
        found[address] = Source(contract, address, bloom_bits(bytes.fromhex(address[2:])), events)
    return found


@dataclass(frozen=True, slots=True)
class Header:
    """What is kept of a checked header. `name` is the hash in hex."""

    number: int
    name: str
    hash: Bytes32
    parent: Bytes32
    time: int
    bloom: int
    receipts: Bytes32


def spans(rpc: Rpc, contracts: dict[Address, Source], *, start: int, goal: int, prove_from: int) -> Iterator[Span]:
    """Yield the blocks from `start` to `goal`, both included, in spans that follow from one another.

    Raises:
        NodeUnreachable, NodeRefused, BlockGone: The node does not answer for a single block.
        IntegrityError: It contradicts itself; the class says how.
    """
    size = FIRST
    number = start
    while number <= goal:
        end = min(goal, number + size - 1)
        try:
            span = read_span(rpc, contracts, start=number, end=end, prove_from=prove_from)
        except (NodeRefused, NodeUnreachable) as error:
            # Nodes limit blocks, logs or bytes of one answer, each in its own words, or break off.
            if end == number or (isinstance(error, NodeUnreachable) and not _alive(rpc)):
                raise
            size = (end - number + 1) // 2
            continue
        yield span
        number = end + 1
        if len(span.rows) > 2 * WANTED:
            size = max(1, size // 2)
        elif len(span.rows) < WANTED // 2:
            size = min(MOST, size * 2)


def _alive(rpc: Rpc) -> bool:
    try:
        rpc.chain_id()
    except NodeUnreachable:
        return False
    return True


def read_span(rpc: Rpc, contracts: dict[Address, Source], *, start: int, end: int, prove_from: int) -> Span:
    """Return the blocks from `start` to `end`, both included. Raises as `spans`."""
    for left in reversed(range(TRIES)):
        try:
            return _read(rpc, contracts, start, end, prove_from)
        except IntegrityError:
            if not left:
                raise
    raise AssertionError


def _read(rpc: Rpc, contracts: dict[Address, Source], start: int, end: int, prove_from: int) -> Span:
    numbers = range(start, end + 1)
    answers = rpc.batch("eth_getBlockByNumber", [(hex(number), False) for number in numbers])
    question = {"fromBlock": hex(start), "toBlock": hex(end), "address": sorted(contracts)}
    logs = rpc.request("eth_getLogs", question)
    try:
        headers = [_header(answer, number) for answer, number in zip(answers, numbers, strict=True)]
        for before, header in itertools.pairwise(headers):
            if header.parent != before.hash:
                raise ParentDiffers(number=header.number)
        taken = _Taken(contracts, headers)
        for log in logs:
            taken.take(log)
        taken.close_block()
        doubtful = [header for header in headers if taken.doubts(header, prove=header.number >= prove_from)]
        if doubtful:
            _prove(rpc, contracts, doubtful, logs)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise NodeUnreachable(node=rpc.place) from error
    return Span(start, headers[0].parent, [(header.hash, header.time) for header in headers], taken.rows)


def _header(answer: Any, number: int) -> Header:
    if answer is None:
        raise BlockGone(block=number)
    name = answer["hash"]
    block_hash = bytes.fromhex(name[2:])
    if int(answer["number"], 16) != number or header_hash(answer) != block_hash:
        raise HeaderDiffers(number=number)
    return Header(
        number=number,
        name=name,
        hash=block_hash,
        parent=bytes.fromhex(answer["parentHash"][2:]),
        time=int(answer["timestamp"], 16),
        bloom=int(answer["logsBloom"], 16),
        receipts=bytes.fromhex(answer["receiptsRoot"][2:]),
    )


class _Taken:
    """The logs of one answer, taken one by one into rows; and what each block turned out to have.

    `seen` has for each block the (address, topic) pairs of its logs, `gaps` the blocks in whose numbers
    of logs something is missing.
    """

    def __init__(self, contracts: dict[Address, Source], headers: Sequence[Header]) -> None:
        self.rows: list[tuple[Any, ...]] = []
        self.seen: dict[int, set[tuple[str, str]]] = {}
        self.gaps: set[int] = set()
        self._contracts = contracts
        self._headers = {hex(header.number): header for header in headers}
        self._last = ""
        self._header = headers[0]
        self._base = 0
        self._count = 0
        self._index = -1
        self._kinds: set[tuple[str, str]] = set()
        # By (address, topic): the name of the contract, the name of the event, its layout.
        self._known: dict[tuple[str, str], tuple[str, str, Layout | None]] = {
            (source.address, topic): (source.contract, layout.kind.name if layout else "", layout)
            for source in contracts.values()
            for topic, (_, layout) in source.events.items()
        }

    def take(self, log: dict[str, Any]) -> None:
        """Add one log.

        Raises:
            LogForged: It cannot be of its block.
            BadEvent: It is no event of its contract.
        """
        if log["blockNumber"] != self._last:
            self._open_block(log["blockNumber"])
        index = int(log["logIndex"], 16)
        topics = log["topics"]
        transaction = bytes.fromhex(log["transactionHash"][2:])
        if (
            log["blockHash"] != self._header.name
            or index <= self._index
            or index >> LOG_BITS
            or log.get("removed")
            or len(transaction) != 32
        ):
            raise LogForged(number=self._header.number)
        self._index = index
        self._count += 1
        key = (log["address"], topics[0])
        known = self._known.get(key)
        if known is None:
            key = (key[0].lower(), key[1])
            known = self._known.get(key)
            if known is None:
                raise self._stranger(key[0])
        self._kinds.add(key)
        contract, event, layout = known
        if layout is None:
            return
        if len(topics) != layout.indexed + 1:
            raise BadEvent(contract=contract)
        words = bytes.fromhex("".join([topic[2:] for topic in topics[1:]]) + log["data"][2:])
        place = (self._base | index, self._header.hash, transaction, self._header.time, contract, event)
        self.rows.append(place + layout.columns(words))

    def close_block(self) -> None:
        """Note what the block had whose logs were just taken."""
        if not self._last:
            return
        self.seen[self._header.number] = self._kinds
        if self._index != self._count - 1:
            self.gaps.add(self._header.number)

    def doubts(self, header: Header, *, prove: bool) -> bool:
        """Return whether the receipts of a block must be looked at; `prove` asks for it wherever we have a log.

        Raises:
            LogForged: A log was given that the block's bloom excludes.
        """
        seen = self.seen.get(header.number, set())
        unseen = False
        for address, topic in seen:
            source = self._contracts[address]
            bits = source.bits | source.events[topic][0]
            if header.bloom & bits != bits:
                raise LogForged(number=header.number)
        for source in self._contracts.values():
            if header.bloom & source.bits != source.bits:
                continue
            if prove:
                return True
            unseen = unseen or any(
                header.bloom & bits == bits and (source.address, topic) not in seen
                for topic, (bits, _) in source.events.items()
            )
        return unseen or header.number in self.gaps

    def _open_block(self, number: str) -> None:
        self.close_block()
        header = self._headers.get(number)
        if header is None or (self._last and header.number <= self._header.number):
            raise LogForged(number=int(number, 16))
        self._header, self._last = header, number
        self._base = header.number << LOG_BITS
        self._count, self._index, self._kinds = 0, -1, set()

    def _stranger(self, address: str) -> IntegrityError:
        source = self._contracts.get(address)
        if source is None:
            return LogForged(number=self._header.number)
        return BadEvent(contract=source.contract)


def _prove(
    rpc: Rpc, contracts: dict[Address, Source], headers: Sequence[Header], logs: Sequence[dict[str, Any]]
) -> None:
    """Compare what the receipts of these blocks prove with the logs that the node gave for them.

    Raises:
        ReceiptsDiffer: The receipts are not those of the header.
        LogsMissing: They have other logs.
    """
    if not headers:
        return
    given: dict[str, list[tuple[object, ...]]] = {header.name: [] for header in headers}
    for log in logs:
        if log["blockHash"] in given:
            given[log["blockHash"]].append(_essence(log))
    answers = rpc.batch("eth_getBlockReceipts", [({"blockHash": header.name},) for header in headers])
    for header, receipts in zip(headers, answers, strict=True):
        if receipts is None or receipts_root(receipts) != header.receipts:
            raise ReceiptsDiffer(number=header.number)
        proven = [log for receipt in receipts for log in receipt["logs"]]
        ours = [_essence(log, at) for at, log in enumerate(proven) if log["address"].lower() in contracts]
        if given[header.name] != ours:
            raise LogsMissing(number=header.number)


def _essence(log: dict[str, Any], at: int | None = None) -> tuple[object, ...]:
    """Return what receipts prove of a log: where it stands in its block, who wrote it, what it says."""
    index = int(log["logIndex"], 16) if at is None else at
    return index, log["address"].lower(), tuple(log["topics"]), log["data"]
