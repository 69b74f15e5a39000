"""Between Python values and the bytes of calls, answers and logs, by the contracts' own ABIs.

Source: Solidity's ABI specification. A value that does not fit its type is refused before anything
is sent; nothing is cut or rounded.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError, ParseError

from medshare.deployment.artefact import artefact
from medshare.digest import keccak
from medshare.errors import InputError, IntegrityError
from medshare.hexadecimal import Bytes32, address
from medshare.ledger.errors import BadEvent
from medshare.ledger.events import CLASSES, Event
from medshare.ledger.types import Call

_UPPER: Final = re.compile(r"[A-Z]")
_FIXED: Final = re.compile(r"bytes[0-9]+")


class BadArgument(InputError):
    """Raised when a value does not fit the type of an argument."""

    code = "ledger.bad-argument"
    cause = "An argument of {contract}.{function} does not fit its type."
    remedy = "Give addresses as lower-case hex, bytes32 as 32 bytes, numbers within their range."


class BadAnswer(IntegrityError):
    """Raised when a contract answers with something else than its ABI says."""

    code = "ledger.bad-answer"
    cause = "{contract}.{function} did not answer as its ABI says."
    remedy = "Use the deployment file of this chain, and a node that can be trusted."


@dataclass(frozen=True, slots=True)
class Function:
    """One function of a contract, ready to encode and decode."""

    contract: str
    name: str
    selector: bytes
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def encode(self, arguments: Sequence[object]) -> bytes:
        """Return the calldata.

        Raises:
            BadArgument: Too many, too few, or one does not fit.
        """
        if len(arguments) != len(self.inputs):
            raise BadArgument(contract=self.contract, function=self.name)
        try:
            for kind, value in zip(self.inputs, arguments, strict=True):
                _check_exact(kind, value)
            return self.selector + encode(self.inputs, arguments)
        except (InputError, EncodingError, ParseError, TypeError, ValueError, OverflowError) as error:
            raise BadArgument(contract=self.contract, function=self.name) from error

    def decode(self, data: bytes) -> tuple[Any, ...]:
        """Return the values of an answer.

        Raises:
            BadAnswer: It is not of the form of the ABI.
        """
        try:
            return decode(self.outputs, data)
        except (DecodingError, OverflowError) as error:
            raise BadAnswer(contract=self.contract, function=self.name) from error


@dataclass(frozen=True, slots=True)
class EventShape:
    """One event of a contract, ready to decode."""

    kind: type[Event]
    topic: Bytes32
    indexed: tuple[tuple[str, str], ...]
    plain: tuple[tuple[str, str], ...]

    def decode(self, topics: Sequence[bytes], data: bytes) -> Event:
        """Return the event of a log.

        Raises:
            BadEvent: The log is not of the form of the ABI.
        """
        if len(topics) != len(self.indexed) + 1:
            raise BadEvent(contract=self.kind.contract)
        try:
            values = {
                name: decode([kind], topic)[0] for (name, kind), topic in zip(self.indexed, topics[1:], strict=True)
            }
            values |= zip([name for name, _ in self.plain], decode([kind for _, kind in self.plain], data), strict=True)
        except DecodingError as error:
            raise BadEvent(contract=self.kind.contract) from error
        return self.kind(**values)


def _check_exact(kind: str, value: Any) -> None:
    """Refuse what eth-abi would pad or convert: short fixed bytes, other forms of an address."""
    if kind.endswith("[]"):
        for item in value:
            _check_exact(kind[:-2], item)
    elif kind.startswith("("):
        # Our structs are flat: no tuple stands within a tuple.
        for part, item in zip(kind[1:-1].split(","), value, strict=True):
            _check_exact(part, item)
    elif kind == "address":
        address(value)
    elif _FIXED.fullmatch(kind) and len(value) != int(kind[5:]):
        raise ValueError(kind)


def _type_of(entry: dict[str, Any]) -> str:
    kind: str = entry["type"]
    if kind.startswith("tuple"):
        return f"({','.join(_type_of(part) for part in entry['components'])}){kind[5:]}"
    return kind


@cache
def function(contract: str, name: str) -> Function:
    """Return the function `name` of `contract`. None of the contracts overloads a name.

    Raises:
        KeyError: There is none.
    """
    for entry in artefact(contract).abi:
        if entry["type"] == "function" and entry["name"] == name:
            inputs = tuple(_type_of(part) for part in entry["inputs"])
            outputs = tuple(_type_of(part) for part in entry["outputs"])
            selector = keccak(f"{name}({','.join(inputs)})".encode())[:4]
            return Function(contract, name, selector, inputs, outputs)
    raise KeyError(contract, name)


@cache
def event_shapes(contract: str) -> dict[Bytes32, EventShape]:
    """Return the events of `contract` by their first topic; OpenZeppelin's own are left out."""
    shapes: dict[Bytes32, EventShape] = {}
    for entry in artefact(contract).abi:
        if entry["type"] != "event" or (contract, entry["name"]) not in CLASSES:
            continue
        kind = CLASSES[contract, entry["name"]]
        types = [_type_of(part) for part in entry["inputs"]]
        topic = keccak(f"{entry['name']}({','.join(types)})".encode())
        names = [_UPPER.sub(lambda match: f"_{match[0].lower()}", part["name"]) for part in entry["inputs"]]
        pairs = list(zip(names, types, entry["inputs"], strict=True))
        shapes[topic] = EventShape(
            kind,
            topic,
            tuple((name, kind_) for name, kind_, part in pairs if part["indexed"]),
            tuple((name, kind_) for name, kind_, part in pairs if not part["indexed"]),
        )
    return shapes


def topic_of(kind: type[Event]) -> Bytes32:
    """Return the first topic of logs of `kind`."""
    for topic, shape in event_shapes(kind.contract).items():
        if shape.kind is kind:
            return topic
    raise BadEvent(contract=kind.contract)


def calldata(call: Call) -> bytes:
    """Return the bytes that `call` sends.

    Raises:
        BadArgument: A value does not fit.
    """
    return function(call.contract, call.function).encode(call.arguments)
