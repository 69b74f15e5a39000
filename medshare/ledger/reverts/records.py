"""What RecordRegistry refuses, one class per custom error."""

from __future__ import annotations

from medshare.errors import InputError, NotFoundError, RefusedError
from medshare.ledger.errors import Reverted


class NotInstitution(Reverted, RefusedError):
    """Raised when the caller is not an active institution or its active staff."""

    code = "records.not-institution"
    cause = "The account {caller} acts for no active institution."
    remedy = "Use the account of the institution, or of its staff."


class BadRoot(Reverted, InputError):
    """Raised when the root is 255 or less: such numbers are retraction reasons."""

    code = "records.bad-root"
    cause = "The root {root} is one of the small numbers that mean a retraction."
    remedy = "Build the tree with MedShare."


class ZeroCount(Reverted, InputError):
    """Raised when an anchor counts no leaf."""

    code = "records.zero-count"
    cause = "The anchor counts no leaf."
    remedy = "Anchor a tree with at least one leaf."


class TooMany(Reverted, InputError):
    """Raised when a list in calldata is longer than allowed: 1,000 superseded leaves, 32 signers."""

    code = "records.too-many"
    cause = "The list has {length} items; {limit} is the most."
    remedy = "Split it."


class AlreadyRetracted(Reverted, RefusedError):
    """Raised when the leaf was retracted, or retracted for another reason."""

    code = "records.already-retracted"
    cause = "The leaf {leaf} was retracted with reason {reason}."
    remedy = "A retraction is final; anchor a new leaf."


class AlreadySuperseded(Reverted, RefusedError):
    """Raised when the leaf's successor is confirmed."""

    code = "records.already-superseded"
    cause = "The leaf {leaf} was superseded by the tree {root}."
    remedy = "Supersede the newest version."


class ZeroReason(Reverted, InputError):
    """Raised when a retraction gives reason 0."""

    code = "records.zero-reason"
    cause = "The retraction gives no reason."
    remedy = "Give a reason from 1 to 255."


class NotPatient(Reverted, RefusedError):
    """Raised when the caller or signer is neither the last successor of `patient` nor empowered by it."""

    code = "records.not-the-patient"
    cause = "{signer} may not erase what belongs to {patient}."
    remedy = "Use the last successor of the address, or a delegate with the power to erase."


class HasSuccessor(Reverted, RefusedError):
    """Raised when `patient` has a successor, which alone may erase, and the path does not say so."""

    code = "records.has-successor"
    cause = "The address {patient} moved to {next}, which alone may erase."
    remedy = "Erase as the last successor, and give the path to it."


class NoRecovery(Reverted, InputError):
    """Raised when a recovery signature is given although the address names no recovery."""

    code = "records.no-recovery"
    cause = "{patient} names no recovery address, yet its signature was given."
    remedy = "Leave the recovery signature empty."


class NotAnchored(Reverted, NotFoundError):
    """Raised when there is no such anchor."""

    code = "records.not-anchored"
    cause = "{provider} anchored no tree {root}."
    remedy = "Anchor it first."


class TooFewSignatures(Reverted, RefusedError):
    """Raised when signers and signatures differ in number, or are fewer than the quorum."""

    code = "records.too-few-signatures"
    cause = "There are {signers} signers and {length} bytes of signatures; {quorum} signers are needed, each with 65."
    remedy = "Ask more validators."


class UnsortedSigners(Reverted, InputError):
    """Raised when the signers do not rise strictly: nobody counts twice."""

    code = "records.unsorted-signers"
    cause = "The signer {signer} does not come after {previous}."
    remedy = "Name each validator once, in rising order."


class NotValidator(Reverted, RefusedError):
    """Raised when a signer is not an active validator, or is the provider."""

    code = "records.not-validator"
    cause = "{signer} is no active validator, or is the provider."
    remedy = "Ask an accredited validator other than the provider."


class BadQuorum(Reverted, InputError):
    """Raised when a quorum outside 1 to 16 is set."""

    code = "records.bad-quorum"
    cause = "A quorum of {quorum} is not possible."
    remedy = "Give a number from 1 to 16."
