"""What ParticipantRegistry refuses, one class per custom error."""

from __future__ import annotations

from medshare.errors import InputError, NotFoundError, RefusedError
from medshare.ledger.errors import Reverted


class ZeroDigest(Reverted, InputError):
    """Raised when a digest is zero."""

    code = "participants.zero-digest"
    cause = "The digest is zero."
    remedy = "Give the digest of the document."


class AlreadyKnown(Reverted, RefusedError):
    """Raised when the account exists already in another form (or with another directory)."""

    code = "participants.already-known"
    cause = "The account {account} is known already, in another form."
    remedy = "Change its directory instead, or use another account."


class NotPatient(Reverted, NotFoundError):
    """Raised when the account is not a registered patient."""

    code = "participants.not-patient"
    cause = "The account {account} is not a registered patient."
    remedy = "Register it first."


class HasSuccessor(Reverted, RefusedError):
    """Raised when the address has a successor: it changes nothing more."""

    code = "participants.has-successor"
    cause = "The address {patient} moved to {next} and changes nothing more."
    remedy = "Use the new address."


class BadSeq(Reverted, RefusedError):
    """Raised when `seq` is not the stored one plus one."""

    code = "participants.bad-seq"
    cause = "The change has number {seq}, but {expected} is next."
    remedy = "Read the account and sign again with the next number."


class NotAccredited(Reverted, RefusedError):
    """Raised when the account is not accredited and active."""

    code = "participants.not-accredited"
    cause = "The account {account} is not accredited and active."
    remedy = "Ask the regulator for accreditation, or use another account."


class BadSize(Reverted, InputError):
    """Raised when a document or record is empty or longer than 8,192 bytes."""

    code = "participants.bad-size"
    cause = "The document has {size} bytes."
    remedy = "Give 1 to 8,192 bytes."


class BadRecovery(Reverted, InputError):
    """Raised when a recovery address is zero or the patient's own."""

    code = "participants.bad-recovery"
    cause = "The recovery address {recovery} is zero or the patient."
    remedy = "Name another address, whose key is kept elsewhere."


class NotRecovery(Reverted, RefusedError):
    """Raised when the caller is not the one who may: the patient while no recovery is set, then only it."""

    code = "participants.not-recovery"
    cause = "{caller} may not do this for {patient}."
    remedy = "Use the recovery address; while none is set, the patient."


class BadSuccessor(Reverted, InputError):
    """Raised when a patient names themselves as successor."""

    code = "participants.bad-successor"
    cause = "The address {next} cannot be the successor."
    remedy = "Name another registered address."


class BadDelegate(Reverted, InputError):
    """Raised when a delegate is zero or the patient."""

    code = "participants.bad-delegate"
    cause = "The delegate {delegate} is zero or the patient."
    remedy = "Name another address."


class BadPowers(Reverted, InputError):
    """Raised when powers have a bit above the six known ones."""

    code = "participants.bad-powers"
    cause = "The powers {powers:#x} name one that does not exist."
    remedy = "Add up 1 grant, 2 revoke, 4 lock, 8 erase, 16 read, 32 refuse."


class BadPeriod(Reverted, InputError):
    """Raised when a delegation is dated zero or after the block, or ends at or before its date."""

    code = "participants.bad-period"
    cause = "The delegation is dated {issued_at} and ends at {not_after}."
    remedy = "Date it now or earlier, and let it end later than that."


class BadRoles(Reverted, InputError):
    """Raised when roles are empty, or hold a bit that this call cannot give."""

    code = "participants.bad-roles"
    cause = "The roles {roles:#x} are none, or cannot be given this way."
    remedy = "Give roles that this call can give."


class ZeroJurisdiction(Reverted, InputError):
    """Raised when the jurisdiction is zero."""

    code = "participants.zero-jurisdiction"
    cause = "The jurisdiction is zero."
    remedy = "Give the ISO 3166 number of the country."


class BadStatus(Reverted, RefusedError):
    """Raised when the account is not in the status the call needs (1 active, 2 suspended)."""

    code = "participants.bad-status"
    cause = "The account {account} has the status {status}, which does not allow this."
    remedy = "Read the account first."


class NotAvailable(Reverted, RefusedError):
    """Raised when the staff account has a role of its own, is suspended, or is another institution's."""

    code = "participants.not-available"
    cause = "The account {staff} cannot become staff here."
    remedy = "Use an account of its own that belongs to no other institution."


class NotStaff(Reverted, NotFoundError):
    """Raised when the account is not on the caller's staff."""

    code = "participants.not-staff"
    cause = "The account {staff} is not on the staff of {institution}."
    remedy = "Check the address."


class BadJoinTime(Reverted, RefusedError):
    """Raised when a `Join` is dated after the block, or seven days ago or earlier."""

    code = "participants.bad-join-time"
    cause = "The consent to join is dated {at}, and now is {time}."
    remedy = "Let the staff member sign again; it holds for seven days."


class BadPath(Reverted, RefusedError):
    """Raised when a path of successors is longer than 8, broken, or ends before the last one."""

    code = "participants.bad-path"
    cause = "The path of successors from {patient} is wrong at step {index}."
    remedy = "Read the path again; it has at most eight steps."
