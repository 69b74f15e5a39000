"""What the AuditLog keeps of a period, and the chain that a gateway's periods make.

    head = keccak256(abi.encode(bytes32 previous, bytes32 receipts, bytes32 heads, uint32 count))

The chain stores the newest head alone, and an event for each. Whoever has all periods of a gateway
computes the same head from them, so that none can be left out, changed or put in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from medshare.audit.errors import AnchorBroken
from medshare.digest import keccak
from medshare.hexadecimal import ZERO_32, Address, Bytes32


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One period of a gateway: `number` from 1, the root of its receipts, the root of its lines, how many receipts.

    `previous` is the head of the period before; zero at the first.
    """

    number: int
    previous: Bytes32
    receipts: Bytes32
    heads: Bytes32
    count: int

    @property
    def head(self) -> Bytes32:
        """What the chain keeps, as the contract computes it."""
        return keccak(self.previous + self.receipts + self.heads + self.count.to_bytes(32, "big"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A period that stands on the chain, and where: the block's number, hash and second."""

    period: Period
    block_number: int
    block_hash: Bytes32
    time: int


def check_periods(periods: Sequence[Period], *, gateway: Address, after: Bytes32 = ZERO_32, first: int = 1) -> Bytes32:
    """Check that `periods` continue each other, and return the head of the last one.

    Args:
        periods: In their order.
        gateway: Whose they are, for the error.
        after: The head before the first of them.
        first: The number of the first of them.

    Raises:
        AnchorBroken: A number is not the next, or a period does not name the head before it.
    """
    head = after
    for number, period in enumerate(periods, start=first):
        if period.number != number or period.previous != head:  # [B-004]
            raise AnchorBroken(number=number, gateway=gateway)
        head = period.head
    return head
