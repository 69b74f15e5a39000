"""The moments between the steps of an act, by name: a test stops the process at each of them.

Whoever runs acts is given a `Step`, called with the name of every moment that is reached. In production it
does nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

Step = Callable[[str], None]

QUOTED: Final = "quoted"
"""A transaction was tried out; nothing is leased."""

SAVED: Final = "saved"
"""Its nonce is leased and its bytes are saved; nothing was sent."""

HANDED_OVER: Final = "handed-over"
"""The node has the bytes; that is not written down yet."""

SENT: Final = "sent"
"""It is written down that they were sent."""

MINED: Final = "mined"
"""It is written down where they were mined."""

FINAL: Final = "final"
"""It is written down that no reorganisation takes them back."""

CONSENT_KEPT: Final = "consent-kept"
"""The document of a granted consent is where readers find it."""

ERASURE_KEPT: Final = "erasure-kept"
"""A signed erasure is kept; nothing is destroyed yet."""

DESTROYED: Final = "destroyed"
"""What was here of an erased document is gone; no tombstone is saved yet."""

CLOSED: Final = "closed"
"""Nothing is left to do for a grant or an erasure."""

DRAFTED: Final = "drafted"
"""All documents of an upload are taken in."""

SEALED: Final = "sealed"
"""A batch is sealed; its bodies are not stored yet."""

BODIES_STORED: Final = "bodies-stored"
"""The bodies of a batch are in the store; its capsules are not deposited yet."""

DEPOSITED: Final = "deposited"
"""The capsules of a batch are kept, and its plaintexts are gone."""

PLACED: Final = "placed"
"""The proofs of a period that was mined are kept, and what validators are asked to confirm."""


def no_step(name: str) -> None:
    """Go on."""
    del name
