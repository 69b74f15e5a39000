"""What can be wrong with a record: one class per cause.

No fact here holds a category, a manifest or a text: the reader of the message may not know them.

::

    InputError          TreeEmpty  LeafMalformed  LeafTwice  ProofTooLong  PreviousTwice  TooManySuperseded
                        FactsInvalid  LengthDiffers  DocumentTooLarge
    NotFoundError       LeafMissing
    UnreachableError    BodyUnreadable  TargetUnwritable
    IntegrityError      ProofMismatch  BodyMismatch  CapsuleMismatch  ManifestMalformed  TextTruncated
                        OtherChain  OtherRegistry  OtherPatient  OtherProvider  OtherCategory
                        PadForeign  PadWrongSize  LeafMismatch
"""

from __future__ import annotations

from medshare.errors import InputError, IntegrityError, NotFoundError, UnreachableError


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


class FactsInvalid(InputError):
    """Raised when what a writer says of a document is out of range."""

    code = "record.facts-invalid"
    cause = "This document cannot be sealed: {why}."
    remedy = "Correct the field."


class LengthDiffers(InputError):
    """Raised when a document has more or fewer bytes than was said before sealing it."""

    code = "record.length-differs"
    cause = "The document does not have the {length} bytes that were announced."
    remedy = "Measure it again and seal it anew: nothing that was written may be used."


class DocumentTooLarge(InputError):
    """Raised when a document is larger than the reader allows."""

    code = "record.document-too-large"
    cause = "The document is larger than the {limit} bytes that are allowed here."
    remedy = "Open it to a file, or raise the limit."


class ManifestMalformed(IntegrityError):
    """Raised when the first line of a plaintext is not a manifest in its one form."""

    code = "record.manifest-malformed"
    cause = "What was decrypted does not begin with a manifest: {why}."
    remedy = "Dispute the record: its writer did not seal it by the rules."


class BodyMismatch(IntegrityError):
    """Raised when a body is not the one that was anchored."""

    code = "record.body-mismatch"
    cause = "The body's SHA-256 is not the one that was anchored."
    remedy = "Fetch the body again, from another place."


class BodyUnreadable(UnreachableError):
    """Raised when the place that a body or document is read from fails."""

    code = "record.body-unreadable"
    cause = "The source cannot be read to its end: {why}."
    remedy = "Try again from another copy."


class CapsuleMismatch(IntegrityError):
    """Raised when a capsule opens and its key does not fit the body that was anchored."""

    code = "record.capsule-mismatch"
    cause = "The capsule is not that of this body."
    remedy = "Ask the custodian for the capsule again; if it stays so, dispute the record."


class OtherChain(IntegrityError):
    """Raised when a record was sealed for another chain."""

    code = "record.other-chain"
    cause = "The record was sealed for another chain."
    remedy = "Ask the deployment that it belongs to."


class OtherRegistry(IntegrityError):
    """Raised when a record was sealed for another registry."""

    code = "record.other-registry"
    cause = "The record was sealed for another registry."
    remedy = "Ask the deployment that it belongs to."


class OtherPatient(IntegrityError):
    """Raised when a record is about somebody else."""

    code = "record.other-patient"
    cause = "The record was sealed for another patient."
    remedy = "Do not use it, and tell the institution that sent it."


class OtherProvider(IntegrityError):
    """Raised when a record names another institution than its anchor."""

    code = "record.other-provider"
    cause = "The record names another institution than the one that anchored it."
    remedy = "Do not use it, and tell the institution that sent it."


class OtherCategory(IntegrityError):
    """Raised when a record is of another category than it was handed over as."""

    code = "record.other-category"
    cause = "The record is of another category than it was handed over as."
    remedy = "Do not use it, and tell the patient."


class TextTruncated(IntegrityError):
    """Raised when a plaintext ends before the document does."""

    code = "record.text-truncated"
    cause = "The plaintext ends before the document does."
    remedy = "Dispute the record: its writer did not seal it by the rules."


class PadForeign(IntegrityError):
    """Raised when the pad holds anything but line feeds."""

    code = "record.pad-foreign"
    cause = "The pad holds other bytes than line feeds."
    remedy = "Dispute the record: its writer did not seal it by the rules."


class PadWrongSize(IntegrityError):
    """Raised when a plaintext is not padded to the one size that its length demands."""

    code = "record.pad-wrong-size"
    cause = "The plaintext is not padded to the size that its length demands."
    remedy = "Dispute the record: its writer did not seal it by the rules."


class LeafMismatch(IntegrityError):
    """Raised when body and text do not make the leaf that was anchored."""

    code = "record.leaf-mismatch"
    cause = "Body and text do not make the leaf {leaf}."
    remedy = "It is another record or another version: fetch the one that the leaf names."


class TargetUnwritable(UnreachableError):
    """Raised when the disk does not take the document. Nothing of it stays."""

    code = "record.target-unwritable"
    cause = "The document cannot be written to {path}: {why}."
    remedy = "Make room or choose another place; nothing was written."
