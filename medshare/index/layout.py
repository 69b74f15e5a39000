"""Fixed layouts of the contracts' logs: how each event lies in 32-byte words, and in a row.

The words of a log are its topics after the first and its data, one after another. Each event's layout
is computed once from its ABI; a log is then taken apart by one `struct` call. Everything that is not
exactly the form that Solidity writes is refused: a wrong length, a value too wide for its type, bytes
that are not padded with zeros.

Source: Solidity's ABI specification.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from struct import Struct
from typing import Any, Final

from medshare.deployment.artefact import artefact
from medshare.digest import keccak
from medshare.hexadecimal import Bytes32
from medshare.ledger.abi import EventShape, event_shapes
from medshare.ledger.acts import CONTRACTS
from medshare.ledger.errors import BadEvent
from medshare.ledger.events import Event

ADDRESSES: Final = (
    "patient",
    "grantee",
    "provider",
    "requester",
    "account",
    "institution",
    "staff",
    "gateway",
    "delegate",
    "recovery",
    "next",
)
"""Columns of 20 bytes."""

WORDS: Final = ("terms", "consent_id", "digest", "directory", "root", "leaf", "head", "receipts", "heads")
"""Columns of 32 bytes."""

WIDE: Final = ("word", "item")
"""Columns of 32 bytes that are numbers of 256 bits, the top byte first."""

NUMBERS: Final = (
    "seq",
    "powers",
    "issued_at",
    "not_after",
    "roles",
    "jurisdiction",
    "mark",
    "deadline",
    "count",
    "confirmations",
    "quorum",
    "reason",
)
"""Columns of whole numbers below 2**40."""

BYTES: Final = ("selector", "document", "record")
"""Columns of bytes of any length."""

COLUMNS: Final = (*ADDRESSES, *WORDS, *WIDE, *NUMBERS, *BYTES)
"""The typed columns, in order: one for each name of a field; a row has those of its event."""

RENAMED: Final = {("reason", "bytes4"): "selector", ("index", "uint256"): "item"}
"""Fields whose column has another name: two events use one name for two types, and `index` is SQL's own."""

WORD: Final = 32


@dataclass(frozen=True, slots=True)
class Layout:
    """How the logs of one event lie, and the columns of its rows.

    `number` counts the layouts. `size` is the number of bytes of a log's words, for an event that ends
    in `bytes` without those. `zero` has a one for every bit that must be zero. `fields` are in the
    order of the words: the name of the field, its form, its column.
    """

    number: int
    kind: type[Event]
    topic: Bytes32
    indexed: int
    size: int
    zero: int
    unpack: Callable[[bytes], tuple[Any, ...]]
    open_ended: bool
    fields: tuple[tuple[str, str, str], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns that its rows have, in the order of `values`."""
        return tuple(column for _, _, column in self.fields)

    def values(self, words: bytes) -> tuple[Any, ...]:
        """Return the values of the columns for the words of a log.

        Raises:
            BadEvent: The words are not of the layout.
        """
        if not self.open_ended:
            if len(words) != self.size or int.from_bytes(words, "big") & self.zero:
                raise BadEvent(contract=self.kind.contract)
            return self.unpack(words)
        end = self._open_end(words)
        words = words[: self.size]
        if int.from_bytes(words, "big") & self.zero:
            raise BadEvent(contract=self.kind.contract)
        return (*self.unpack(words), end)

    def event(self, values: Iterable[Any]) -> Event:
        """Return the event whose row has these values of `columns`."""
        return self.kind(
            **{name: _VALUES[form](value) for (name, form, _), value in zip(self.fields, values, strict=True)}
        )

    def _open_end(self, words: bytes) -> bytes:
        # The last of the fixed words says where the bytes begin, counted from the beginning of the data.
        data = WORD * self.indexed
        length = int.from_bytes(words[self.size : self.size + WORD], "big")
        end = self.size + WORD + length
        padded = end + -length % WORD
        offset = int.from_bytes(words[self.size - WORD : self.size], "big")
        if len(words) != padded or offset != self.size - data or any(words[end:]):
            raise BadEvent(contract=self.kind.contract)
        return words[self.size + WORD : end]


_VALUES: Final[dict[str, Callable[[Any], Any]]] = {
    "address": lambda value: f"0x{value.hex()}",
    "wide": lambda value: int.from_bytes(value, "big"),
    "plain": lambda value: value,
}
"""From what a column holds to what a field holds."""


def _form(kind: str) -> tuple[str, int, str]:
    """Return the `struct` format of a Solidity type's word, the bits that must be zero, and its form."""
    if kind == "address":
        return "12x20s", (1 << 96) - 1 << 160, "address"
    if kind == "bytes32":
        return "32s", 0, "plain"
    if kind == "uint256":
        return "32s", 0, "wide"
    if kind == "bytes4":
        return "4s28x", (1 << 224) - 1, "plain"
    if kind == "bytes":
        return "32x", 0, "plain"
    bits = int(kind.removeprefix("uint"))
    return "24xQ", (1 << 256 - bits) - 1 << bits, "plain"


def _layout(number: int, shape: EventShape) -> Layout:
    parts = (*shape.indexed, *shape.plain)
    formats, zero = ">", 0
    for _, kind in parts:
        part, zeros, _ = _form(kind)
        formats += part
        zero = zero << 8 * WORD | zeros
    return Layout(
        number=number,
        kind=shape.kind,
        topic=shape.topic,
        indexed=len(shape.indexed),
        size=WORD * len(parts),
        zero=zero,
        unpack=Struct(formats).unpack,
        open_ended=parts[-1][1] == "bytes",
        fields=tuple((name, _form(kind)[2], RENAMED.get((name, kind), name)) for name, kind in parts),
    )


@cache
def layouts() -> tuple[Layout, ...]:
    """Return the layout of every event; its place is its number."""
    shapes = [shape for contract in CONTRACTS for shape in event_shapes(contract).values()]
    return tuple(_layout(number, shape) for number, shape in enumerate(shapes))


@cache
def foreign_topics(contract: str) -> frozenset[Bytes32]:
    """Return the first topics of the events that `contract` inherits and that say nothing about people or records."""
    known = event_shapes(contract)
    topics = {
        keccak(f"{entry['name']}({','.join(part['type'] for part in entry['inputs'])})".encode())
        for entry in artefact(contract).abi
        if entry["type"] == "event"
    }
    return frozenset(topics - known.keys())
