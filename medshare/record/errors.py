"""What can be wrong with a record: one class per cause.

No fact here holds a category, a manifest or a text: the reader of the message may not know them.
"""

from __future__ import annotations

from medshare.errors import InputError, IntegrityError, NotFoundError


class TreeEmpty(InputError):
    """Raised when a tree of no leaves is asked for."""

    code = "tree.empty"
    cause = "A tree needs at least one leaf."
    remedy = "Anchor a period only when something was sealed in it."


class LeafMalformed(InputError):
    """Raised when a leaf, root or proof step is not 32 bytes."""

    code = "tree.leaf-malformed"
    cause = "A {what} of a tree has {length} bytes."
    remedy = "Give exactly 32 bytes."


class LeafTwice(InputError):
    """Raised when the same leaf would stand in a tree twice."""

    code = "tree.leaf-twice"
    cause = "The leaf {leaf} is in this tree already."
    remedy = "Add each record version once."


class LeafMissing(NotFoundError):
    """Raised when a proof is asked for a leaf that the tree does not hold."""

    code = "tree.leaf-missing"
    cause = "The leaf {leaf} is not in this tree."
    remedy = "Ask the anchor that holds it."


class ProofTooLong(InputError):
    """Raised when a proof has more steps than any tree needs."""

    code = "tree.proof-too-long"
    cause = "The proof has {steps} steps; no tree needs more than {most}."
    remedy = "Ask for the proof again."


class ProofMismatch(IntegrityError):
    """Raised when a proof does not lead from the leaf to the root."""

    code = "tree.proof-mismatch"
    cause = "The proof does not lead from the leaf {leaf} to the root {root}."
    remedy = "Ask for the proof again, and treat the record as not anchored until it fits."


class PreviousTwice(InputError):
    """Raised when two new versions of one period replace the same leaf."""

    code = "anchor.previous-twice"
    cause = "Two versions in this period replace the leaf {leaf}."
    remedy = "Let the second version replace the first."


class TooManySuperseded(InputError):
    """Raised when one period replaces more leaves than one transaction can close."""

    code = "anchor.too-many-superseded"
    cause = "This period replaces {count} leaves; one anchor closes {most} at most."
    remedy = "Split the period."
