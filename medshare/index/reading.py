"""Reading blocks from a node, and believing it only what it proves.

For every block the header is fetched: its hash must be that of its fields, and it must name the hash
of the one before. Logs come by `eth_getLogs` for a range of blocks, and each must fit its header's
bloom. Where the bloom or a gap in the numbers says that a log may have been left out, and for every
block from `prove_from` on, the block's receipts are fetched and hashed: what `receiptsRoot` proves
must be what the node gave.

A chain may change between two questions: what does not fit is asked twice more before it is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any, Final, NamedTuple

from medshare.errors import IntegrityError
from medshare.index.errors import HeaderDiffers, LogForged, ParentDiffers
from medshare.index.evidence import header_hash
from medshare.index.logs import NOTHING, Header, RawLog, Sources
from medshare.index.span import Span
from medshare.ledger.chain.rpc import Rpc
from medshare.ledger.errors import BlockGone, NodeRefused, NodeUnreachable

TRIES: Final = 3
"""How often a span is read before what does not fit is an error."""

FIRST: Final = 200
"""Blocks in the first question."""

MOST: Final = 2_000
"""Blocks in one question at most."""

WANTED: Final = 5_000
"""Logs in one answer, about: questions grow and shrink towards it."""


class _Answers(NamedTuple):
    """What a node says of a span: blocks without transactions, and the contracts' logs."""

    blocks: list[Any]
    logs: Any


def spans(rpc: Rpc, sources: Sources, *, start: int, goal: int, prove_from: int) -> Iterator[Span]:
    """Yield the blocks from `start` to `goal`, both included, in spans that follow from one another.

    Raises:
        NodeUnreachable, NodeRefused, BlockGone: The node does not answer for a single block.
        IntegrityError: It contradicts itself; the class says how.
    """
    size = FIRST
    number = start
    with ThreadPoolExecutor(1, "index-ask") as asking:
        # The node works at the next answer while this one is taken apart.
        asked = _Asked(rpc, sources, asking)
        while number <= goal:
            end = min(goal, number + size - 1)
            try:
                span = _read_span(asked, rpc, sources, start=number, end=end, goal=goal, prove_from=prove_from)
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


class _Asked:
    """What the node was asked ahead: one span, which is thrown away where another one is wanted."""

    def __init__(self, rpc: Rpc, sources: Sources, asking: Executor) -> None:
        self._rpc = rpc
        self._sources = sources
        self._asking = asking
        self._ahead: tuple[tuple[int, int], Future[_Answers]] | None = None

    def answers(self, start: int, end: int) -> _Answers:
        """Return what the node says of the blocks from `start` to `end`, both included."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None and ahead[0] == (start, end):
            return ahead[1].result()
        if ahead is not None:
            wait([ahead[1]])
        return _ask(self._rpc, self._sources, start, end)

    def ask(self, start: int, end: int) -> None:
        """Ask ahead."""
        self._ahead = (start, end), self._asking.submit(_ask, self._rpc, self._sources, start, end)


def _read_span(asked: _Asked, rpc: Rpc, sources: Sources, *, start: int, end: int, goal: int, prove_from: int) -> Span:
    """Return the blocks from `start` to `end`, both included, and ask for as many after them. Raises as `spans`."""
    for left in reversed(range(TRIES)):
        answers = asked.answers(start, end)
        if end < goal:
            asked.ask(end + 1, min(goal, end + end - start + 1))
        try:
            return _take(rpc, sources, answers, range(start, end + 1), prove_from)
        except IntegrityError:
            if not left:
                raise
    raise AssertionError


def _alive(rpc: Rpc) -> bool:
    try:
        rpc.chain_id()
    except NodeUnreachable:
        return False
    return True


def _ask(rpc: Rpc, sources: Sources, start: int, end: int) -> _Answers:
    blocks = rpc.batch("eth_getBlockByNumber", [(hex(number), False) for number in range(start, end + 1)])
    question = {"fromBlock": hex(start), "toBlock": hex(end), "address": sources.addresses}
    return _Answers(blocks, rpc.request("eth_getLogs", question))


def _take(rpc: Rpc, sources: Sources, answers: _Answers, numbers: range, prove_from: int) -> Span:
    logs = answers.logs
    rows: list[tuple[Any, ...]] = []
    try:
        headers = [_header(answer, number) for answer, number in zip(answers.blocks, numbers, strict=True)]
        for before, header in pairwise(headers):
            if header.parent != before.hash:
                raise ParentDiffers(number=header.number)
        given = _by_block(logs, headers)
        doubtful = []
        for header in headers:
            some = given.get(header.number, [])
            taken = sources.take(header, some, rows) if some else NOTHING
            if sources.doubts(header, some, taken, prove=header.number >= prove_from):
                doubtful.append((header, some))
        receipts = rpc.batch("eth_getBlockReceipts", [({"blockHash": header.name},) for header, _ in doubtful])
        for (header, some), answer in zip(doubtful, receipts, strict=True):
            sources.prove(header, some, answer)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise NodeUnreachable(node=rpc.place) from error
    return Span(numbers[0], headers[0].parent, [(header.hash, header.time) for header in headers], rows)


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


def _by_block(logs: list[RawLog], headers: list[Header]) -> dict[int, list[RawLog]]:
    """Return the logs of each block that has some; they come in the order of the chain."""
    given: dict[int, list[RawLog]] = {}
    last = -1
    for name, some in groupby(logs, itemgetter("blockNumber")):
        number = int(name, 16)
        if not last < number <= headers[-1].number or number < headers[0].number:
            raise LogForged(number=number)
        given[number] = list(some)
        last = number
    return given
