"""What the chain says of a log: the anchors, gateway by gateway, and the blocks that receipts name."""

from __future__ import annotations

from dataclasses import dataclass

from medshare.audit.anchors import Anchor, Period
from medshare.audit.errors import AnchorBroken
from medshare.hexadecimal import ZERO_32, Address, Bytes32
from medshare.ledger import Block, BlockGone, Ledger
from medshare.ledger.events import Log, ReceiptsAnchored
from medshare.typed_data import Receipt


@dataclass(frozen=True)
class ChainAnchors:
    """Every anchor of the AuditLog up to one block, in order, read once."""

    ledger: Ledger
    logs: dict[Address, list[tuple[Period, Log]]]

    @classmethod
    def read(cls, ledger: Ledger) -> ChainAnchors:
        """Return the anchors up to the head.

        Raises:
            AnchorBroken: The node tells a chain of anchors that the contract cannot have.
        """
        logs: dict[Address, list[tuple[Period, Log]]] = {}
        for log in ledger.events(kinds=(ReceiptsAnchored,)):
            event = log.event
            if not isinstance(event, ReceiptsAnchored):
                continue
            before = logs.setdefault(event.gateway, [])
            period = Period(
                number=len(before) + 1,
                previous=before[-1][0].head if before else ZERO_32,
                receipts=event.receipts,
                heads=event.heads,
                count=event.count,
            )
            if period.head != event.head:  # [B-004]
                raise AnchorBroken(number=period.number, gateway=event.gateway)
            before.append((period, log))
        return cls(ledger, logs)

    def of(self, gateway: Address) -> tuple[Period, ...]:
        """Return the periods of a gateway, oldest first."""
        return tuple(period for period, _ in self.logs.get(gateway, ()))

    def anchor(self, gateway: Address, number: int) -> Anchor:
        """Return the anchor `number` of a gateway, counted from 1, with its block.

        Raises:
            BlockGone: Its block is not on the chain any more.
        """
        period, log = self.logs[gateway][number - 1]
        time = self.ledger.block(log.block_number).time
        return Anchor(period=period, block_number=log.block_number, block_hash=log.block_hash, time=time)

    def number_of(self, gateway: Address, head: Bytes32) -> int | None:
        """Return the number of the period whose head is `head`, or None if the chain has none."""
        return next((period.number for period, _ in self.logs.get(gateway, ()) if period.head == head), None)


def block_of_receipt(ledger: Ledger, receipt: Receipt) -> Block:
    """Return the block that a receipt names; where a reorganisation took it, the one that stood at its second."""
    try:
        return ledger.block_named(receipt.block)
    except BlockGone:
        low, high = 0, ledger.head().number
    while low < high:
        middle = (low + high + 1) // 2
        if ledger.block(middle).time <= receipt.at:
            low = middle
        else:
            high = middle - 1
    return ledger.block(low)
