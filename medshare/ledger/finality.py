"""The last final block of a chain that may have none yet."""

from __future__ import annotations

from medshare.ledger.errors import NothingFinal
from medshare.ledger.seam import Ledger
from medshare.ledger.types import Block


def final_of(ledger: Ledger) -> Block | None:
    """Return the last final block, None while the chain has none: then nothing counts as final.

    Raises:
        NodeUnreachable: As every read.
    """
    try:
        return ledger.final()
    except NothingFinal:
        return None  # [G-010]
