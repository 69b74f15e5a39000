"""Receipts: what a gateway signs before it releases or refuses (design, section 4).

They are numbered from 1 and linked, one line for each patient at each gateway. Each names the
digest of the one before, so that one that is missing, moved or altered is seen by whoever has the
rest (`medshare.audit.judging`). A receipt has a slot's request behind it and never a category.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from medshare.digest import keccak
from medshare.hexadecimal import ZERO_32, Address, Bytes32
from medshare.release.rule import Ground
from medshare.typed_data import Receipt

REFUSED = 0
RELEASED = 1

PAST_MENDING = frozenset((Ground.OTHER_GATEWAY, Ground.REQUEST_TIME, Ground.NONCE_USED))
"""Refusals that rest on the request alone: the very same request is refused for ever, so one receipt says it."""


def released_digest(leaves: Sequence[Bytes32]) -> Bytes32:
    """Return what a receipt says was released: the hash of the sorted leaves; zero for nothing."""
    return keccak(b"".join(sorted(leaves))) if leaves else ZERO_32


@dataclass(frozen=True, slots=True)
class Link:
    """Where a patient's line stands: the number and the digest of its last receipt."""

    seq: int
    digest: Bytes32


BEGINNING: Final = Link(0, ZERO_32)
"""Where a line stands before its first receipt."""


def next_receipt(
    *,
    gateway: Address,
    patient: Address,
    last: Link,
    read_request: Bytes32,
    ground: Ground,
    leaves: Sequence[Bytes32],
    block: Bytes32,
    at: int,
) -> Receipt:
    """Return the receipt that follows `last` in the patient's line.

    Args:
        read_request: Digest of the `ReadRequest` that was answered.
        ground: Why it was refused, or `Ground.RELEASED`.
        leaves: What leaves the gateway; none for a refusal.
        block: Hash of the one block at which everything was read.
        at: The gateway's clock, in seconds.
    """
    return Receipt(
        gateway=gateway,
        patient=patient,
        seq=last.seq + 1,
        previous=last.digest,
        read_request=read_request,
        decision=RELEASED if ground is Ground.RELEASED else REFUSED,
        reason=int(ground),
        released=released_digest(leaves),
        count=len(leaves),
        block=block,
        at=at,
    )
