"""The copy that lies in an institution's own store: read whole, checked, and pinned again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from medshare.errors import MedShareError
from medshare.hexadecimal import Bytes32
from medshare.replication.possession import Challenge, measure
from medshare.store import Store
from medshare.store.errors import BlockCorrupted, BlockMissing, BodyNotFound, TreeForeign
from medshare.store.protocol import DEFAULT_LIMIT
from medshare.vault import ProofRow

DAMAGED: Final[tuple[type[MedShareError], ...]] = (BodyNotFound, BlockMissing, BlockCorrupted, TreeForeign)
"""What a store says of a body that is not whole there."""


def answers_from(store: Store, row: ProofRow, challenges: Sequence[Challenge] = ()) -> tuple[Bytes32, ...] | None:
    """Return the right answers from the copy in `store`, and pin it; None where there is no whole copy.

    The store itself must hold it: a node of a swarm would fetch what it lacks and look whole.

    Raises:
        StoreUnreadable, NodeUnreachable and their like: It cannot be told.
    """
    try:
        if not store.has(row.cid):
            return None
        with store.get(row.cid, limit=max(row.size, DEFAULT_LIMIT)) as body:
            measured = measure(body, challenges)
        if measured.digest != row.body_digest:
            return None
        store.pin(row.cid)  # another tenant of the node may have let go of it
    except DAMAGED:
        return None
    return measured.answers
