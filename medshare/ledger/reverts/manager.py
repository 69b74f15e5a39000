"""What OpenZeppelin's AccessManager, and a function it restricts, refuses."""

from __future__ import annotations

from medshare.errors import InputError, NotFoundError, RefusedError
from medshare.ledger.errors import Reverted


class Restricted(Reverted, RefusedError):
    """Raised when the caller of a restricted function does not have its role."""

    code = "governance.restricted"
    cause = "The account {caller} does not have the role that this needs."
    remedy = "Use the regulator's account."


class DelayNeeded(Reverted, RefusedError):
    """Raised when a restricted call must be scheduled first."""

    code = "governance.delay-needed"
    cause = "The account {caller} may do this only {delay} seconds after scheduling it."
    remedy = "Schedule the call with the access manager, wait, and execute it."


class BadAuthority(Reverted, InputError):
    """Raised when an access manager is replaced by something that is none."""

    code = "governance.bad-authority"
    cause = "The address {authority} is no access manager."
    remedy = "Give the address of an access manager."


class AlreadyScheduled(Reverted, RefusedError):
    """Raised when the same operation is scheduled already."""

    code = "governance.already-scheduled"
    cause = "The operation {operation_id} is scheduled already."
    remedy = "Execute or cancel it first."


class NotScheduled(Reverted, NotFoundError):
    """Raised when an operation was never scheduled."""

    code = "governance.not-scheduled"
    cause = "The operation {operation_id} is not scheduled."
    remedy = "Schedule it first."


class NotReady(Reverted, RefusedError):
    """Raised when an operation is executed before its delay is over."""

    code = "governance.not-ready"
    cause = "The delay of the operation {operation_id} is not over."
    remedy = "Wait and try again."


class Expired(Reverted, RefusedError):
    """Raised when a scheduled operation was not executed within a week after its delay."""

    code = "governance.expired"
    cause = "The operation {operation_id} expired."
    remedy = "Schedule it again."


class LockedRole(Reverted, RefusedError):
    """Raised when a role that cannot be changed is to be changed."""

    code = "governance.locked-role"
    cause = "The role {role_id} cannot be changed."
    remedy = "Choose another role."


class LockedFunction(Reverted, RefusedError):
    """Raised when a function that cannot be given to a role is to be given."""

    code = "governance.locked-function"
    cause = "The function {selector} cannot be given to a role."
    remedy = "Choose another function."


class BadConfirmation(Reverted, RefusedError):
    """Raised when somebody renounces a role in another's name."""

    code = "governance.bad-confirmation"
    cause = "A role can only be renounced for oneself."
    remedy = "Confirm with the caller's own address."


class RoleMissing(Reverted, RefusedError):
    """Raised when the caller lacks a role of the access manager."""

    code = "governance.role-missing"
    cause = "The account {msgsender} does not have the role {role_id}."
    remedy = "Use an account that has it."


class CallForbidden(Reverted, RefusedError):
    """Raised when the caller may not call a function through the access manager."""

    code = "governance.call-forbidden"
    cause = "The account {caller} may not call {selector} of {target}."
    remedy = "Use an account that has the role of this function."


class ConsumeForbidden(Reverted, RefusedError):
    """Raised when a target consumes an operation that is not its own."""

    code = "governance.consume-forbidden"
    cause = "The contract {target} may not consume this operation."
    remedy = "Execute the operation through the access manager."


class CancelForbidden(Reverted, RefusedError):
    """Raised when somebody cancels an operation that is not theirs to cancel."""

    code = "governance.cancel-forbidden"
    cause = "The account {msgsender} may not cancel the call of {selector} by {caller}."
    remedy = "Let the caller, or the function's guardian, cancel it."


class BadAdministrator(Reverted, InputError):
    """Raised when an access manager is made with no administrator."""

    code = "governance.bad-administrator"
    cause = "The first administrator cannot be {initial_admin}."
    remedy = "Give the deployer's address."


class NoCode(Reverted, NotFoundError):
    """Raised when the access manager calls an address without code."""

    code = "governance.no-code"
    cause = "There is no contract at {target}."
    remedy = "Give the address of the contract."


class InnerBalance(Reverted, InputError):
    """Raised when the access manager lacks the ether of a call."""

    code = "governance.inner-balance"
    cause = "The call needs {needed} wei; there are {balance}."
    remedy = "Send no ether with it."


class InnerCallFailed(Reverted, RefusedError):
    """Raised when a call of the access manager failed without a reason."""

    code = "governance.inner-call-failed"
    cause = "The call failed and gave no reason."
    remedy = "Try the call by itself."


class NumberTooBig(Reverted, InputError):
    """Raised when a number does not fit the bits that the access manager keeps it in."""

    code = "governance.number-too-big"
    cause = "The number {value} does not fit {bits} bits."
    remedy = "Give a smaller one."
