"""From the bytes with which a contract refuses to exactly one exception class.

Source: Solidity's ABI specification, "Error handling"; `Panic(uint256)` and `Error(string)` are the
two that Solidity itself makes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from medshare.digest import keccak
from medshare.errors import MedShareError
from medshare.hexadecimal import to_hex
from medshare.ledger.errors import Reverted
from medshare.ledger.reverts.general import (
    OutOfGas,
    Panicked,
    RevertedSilently,
    RevertedWithText,
    UnknownRevert,
)
from medshare.ledger.reverts.table import CLASSES

__all__ = [
    "CLASSES",
    "REFUSALS",
    "OutOfGas",
    "Panicked",
    "RevertedSilently",
    "RevertedWithText",
    "UnknownRevert",
    "decode_revert",
    "selector_of",
]

REFUSALS: Final[tuple[type[MedShareError], ...]] = (Reverted, *CLASSES.values())
"""For `except`: everything that a contract refuses with."""

_UPPER = re.compile(r"[A-Z]")


@dataclass(frozen=True, slots=True)
class _Known:
    kind: type[MedShareError]
    types: tuple[str, ...]
    names: tuple[str, ...]


def _parse(declaration: str) -> tuple[bytes, tuple[str, ...], tuple[str, ...]]:
    name, _, rest = declaration.partition("(")
    pairs = [argument.split() for argument in rest[:-1].split(",") if argument]
    types = tuple(pair[0] for pair in pairs)
    # An argument without a name (OpenZeppelin has some) is called by its place.
    names = tuple(pair[1] if len(pair) > 1 else f"argument_{place}" for place, pair in enumerate(pairs))
    selector = keccak(f"{name}({','.join(types)})".encode())[:4]
    return selector, types, tuple(_UPPER.sub(lambda match: f"_{match[0].lower()}", text) for text in names)


def _known() -> dict[bytes, _Known]:
    found: dict[bytes, _Known] = {}
    for declaration, kind in CLASSES.items():
        selector, types, names = _parse(declaration)
        found[selector] = _Known(kind, types, names)
    return found


_KNOWN: Final = _known()
_PANIC: Final = keccak(b"Panic(uint256)")[:4]
_TEXT: Final = keccak(b"Error(string)")[:4]


def selector_of(kind: type[MedShareError]) -> bytes:
    """Return the four bytes of the custom error that `kind` stands for.

    Raises:
        KeyError: It stands for none.
    """
    return {known.kind: selector for selector, known in _KNOWN.items()}[kind]


def decode_revert(data: bytes) -> MedShareError:
    """Return the exception for the data of a refusal; it is for the caller to raise.

    Bytes in the facts are lower-case hex.
    """
    if not data:
        return RevertedSilently()
    selector, rest = data[:4], data[4:]
    try:
        if selector == _PANIC:
            return Panicked(number=decode(["uint256"], rest)[0])
        if selector == _TEXT:
            return RevertedWithText(text=decode(["string"], rest)[0])
        if selector in _KNOWN:
            known = _KNOWN[selector]
            values = decode(known.types, rest)
            facts = {
                name: to_hex(value) if isinstance(value, bytes) else value
                for name, value in zip(known.names, values, strict=True)
            }
            return known.kind(**facts)
    except DecodingError:
        pass
    return UnknownRevert(selector=to_hex(selector))
