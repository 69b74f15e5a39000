"""What the reconciler says: each thing that chain, vault and store tell differently, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Trouble(Enum):
    """What is wrong with one thing; in brackets, what `Finding.subject` names."""

    ERASED_HERE = "erased here"
    """The chain erased a document at a final block, and something of it is still here [leaf]."""

    BODY_LOST = "body lost"
    """A document is kept here, and its body is not in the store any more [CID]."""

    CAPSULE_LOST = "capsule lost"
    """A document of the institution's own is anchored, and its capsule is not here [leaf]."""

    NOT_PLACED = "not placed"
    """A capsule of the institution's own that no document, no period and no proof stands behind [leaf]."""

    ORPHAN = "orphan"
    """A body in the store that no row names [CID]."""

    UNKNOWN_ANCHOR = "unknown anchor"
    """The chain has an anchor of the institution's that the vault does not know [root]."""

    ANCHOR_LOST = "anchor lost"
    """The vault has proofs of the institution's own under a root that the chain does not know [root]."""

    NOT_CONFIRMED = "not confirmed"
    """A period is anchored, and too few validators have confirmed it so far [root]."""

    VERDICTS_LOST = "verdicts lost"
    """A period is confirmed without its validators' words here: an erasure would not know whom to tell [root]."""

    UPLOAD_STOPPED = "upload stopped"
    """A document was taken in long ago and is not deposited; its plaintext may be in the vault [row]."""

    NOT_ANCHORED = "not anchored"
    """A document is deposited, and no period was closed over it for long [leaf]."""

    PERIOD_STOPPED = "period stopped"
    """A period was signed long ago, and its proofs are not placed [row]."""

    TRANSACTION_WAITS = "transaction waits"
    """A transaction was signed many blocks ago and is not mined [account and nonce]."""


class Outcome(Enum):
    """What becomes of a finding."""

    REPAIRABLE = "repairable"
    """The reconciler can mend it; it was only looked at."""

    REPAIRED = "repaired"
    WAITING = "waiting"
    """It may mend itself, or is mended later: the next run looks again."""

    REPORTED = "reported"
    """Only a person can decide or mend it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong. `subject` names it as its `Trouble` says; never a person."""

    trouble: Trouble
    subject: str
    outcome: Outcome
