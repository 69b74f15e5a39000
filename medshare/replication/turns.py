"""Whose body is looked at next: every body once in a cycle, in an order that is drawn anew for each cycle.

Nobody but the vault knows the order. So a round that looks at k of n bodies finds a loss of a share f of them with a
probability of at least 1 - (1 - f)^k, and no body waits longer than n / k rounds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from medshare.hexadecimal import ZERO_32, Bytes32
from medshare.vault import PinTurnRow, Rows

Entropy = Callable[[int], bytes]


def enlist(rows: Rows, leaf: Bytes32, entropy: Entropy) -> None:
    """Give the body of a leaf that is kept from now on a turn in the cycle that runs."""
    rows.add(PinTurnRow(cycle=_cycle(rows), ticket=entropy(32), leaf=leaf))


def hasten(rows: Rows, leaf: Bytes32) -> None:
    """Let the body of a leaf be looked at first in the next round, besides its own turn."""
    rows.put(PinTurnRow(cycle=_cycle(rows), ticket=ZERO_32, leaf=leaf))


def due(rows: Rows, most: int) -> list[PinTurnRow]:
    """Return the next turns, `most` of them."""
    return rows.find(PinTurnRow, limit=most)


def pass_on(rows: Rows, turns: Sequence[PinTurnRow], kept: Callable[[Bytes32], bool], entropy: Entropy) -> None:
    """End `turns`, and give each body that is still kept one in the next cycle."""
    for turn in turns:
        # Another process of this gateway may have ended it; one that was hastened has a turn of its own besides.
        ended = rows.destroy(PinTurnRow, cycle=turn.cycle, ticket=turn.ticket, leaf=turn.leaf)
        if ended and turn.ticket != ZERO_32 and kept(turn.leaf):
            # [ST-006]
            rows.put(PinTurnRow(cycle=turn.cycle + 1, ticket=entropy(32), leaf=turn.leaf))


def chance(*, share: float, sample: int) -> float:
    """Return the least probability with which a round of `sample` bodies notices that a `share` of them is lost."""
    return 1.0 - (1.0 - share) ** sample


def _cycle(rows: Rows) -> int:
    first = rows.find(PinTurnRow, limit=1)
    return first[0].cycle if first else 0
