"""What every kind of row is made of: its rule, and the form of a signed message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from medshare.hexadecimal import Address


class Rule(Enum):
    """What may happen to a row after it was put."""

    ONCE = "once"
    """It never changes: the same again is fine, another under the same key is refused."""

    RISING = "rising"
    """A row with a greater `seq` takes its place; a lower one, or another with the same, is refused."""

    NUMBERED = "numbered"
    """Rows are numbered from 1 without a gap and each names the digest of the one before."""

    STAGED = "staged"
    """A row with a later `state` takes its place; a step back is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedBytes:
    """The bytes of a signed message, who signed it, and the signature."""

    message: bytes
    signer: Address
    signature: bytes


class Row:
    """Base of every row."""

    __slots__ = ()
    KEY: ClassVar[tuple[str, ...]]
    RULE: ClassVar[Rule]
