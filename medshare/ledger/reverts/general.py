"""What a call can end with besides a custom error, and what the consent registry adds to its rules."""

from __future__ import annotations

from medshare.errors import InputError, IntegrityError, RefusedError
from medshare.ledger.errors import Reverted


class Panicked(Reverted, IntegrityError):
    """Raised when a contract met a state that cannot be: Solidity's `Panic(uint256)`."""

    code = "contract.panic"
    cause = "The contract stopped with the panic {number:#x}."
    remedy = "Report this: it is a fault in the contract or in what was sent."


class RevertedWithText(Reverted, RefusedError):
    """Raised when a contract refused with a text; ours never do."""

    code = "contract.text"
    cause = "The contract refused: {text}."
    remedy = "Read the text; it is not one of MedShare's."


class RevertedSilently(Reverted, RefusedError):
    """Raised when a call failed and gave no data: no such function, or a call that ran dry inside."""

    code = "contract.silent"
    cause = "The contract refused and gave no reason."
    remedy = "Check that the deployment file is of this chain and version."


class UnknownRevert(Reverted, RefusedError):
    """Raised when a contract refused with an error that this version does not know."""

    code = "contract.unknown-error"
    cause = "The contract refused with an error that this MedShare does not know: {selector}."
    remedy = "Use the version of MedShare that deployed the contracts."


class OutOfGas(Reverted, InputError):
    """Raised when a transaction used all the gas it was given."""

    code = "contract.out-of-gas"
    cause = "The transaction used all of its {gas} gas."
    remedy = "Send it again; its cost is then estimated anew."


class BadBatch(Reverted, InputError):
    """Raised when a batch holds no item, or more than 100."""

    code = "consent.bad-batch"
    cause = "The batch has {length} items."
    remedy = "Give 1 to 100 items."


class NotParticipantRegistry(Reverted, RefusedError):
    """Raised when anyone but the participant registry retires an address."""

    code = "consent.not-participant-registry"
    cause = "{caller} may not retire an address."
    remedy = "Use `succeed` of the participant registry."
