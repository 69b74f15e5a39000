"""What can go wrong with a vault, one class per cause."""

from __future__ import annotations

from medshare.errors import InputError, IntegrityError, NotFoundError, UnreachableError


class VaultUnreachable(UnreachableError):
    """Raised when the database does not answer, is locked for too long, or cannot be written."""

    code = "vault.unreachable"
    cause = "The vault at {place} does not answer."
    remedy = "Check that the database runs, that the address is right, and that nobody holds it."


class VaultForbidden(UnreachableError):
    """Raised when the database knows its user, who may not do what a vault needs."""

    code = "vault.forbidden"
    cause = "The vault at {place} does not give its user the right to do this."
    remedy = "Let this user own the database, or the schema that it works in."


class VaultDriver(InputError):
    """Raised when the library that speaks to a database is not installed."""

    code = "vault.driver"
    cause = "The library {driver}, which speaks to this database, is not installed."
    remedy = "Install it, for PostgreSQL with: pip install 'medshare[postgresql]'."


class VaultNotDurable(InputError):
    """Raised when a database answers before what it was given is on the disk."""

    code = "vault.not-durable"
    cause = "The database at {place} does not wait for its disk: fsync is off."
    remedy = "Turn fsync on in the server's settings; a receipt must outlive a loss of power."


class VaultVersion(InputError):
    """Raised when a vault was made by another version of MedShare."""

    code = "vault.version"
    cause = "This vault has version {found}, this MedShare reads version {expected}."
    remedy = "Migrate the vault, or use the MedShare that wrote it."


class NeverOlder(InputError):
    """Raised when a vault is to be taken back to an older form."""

    code = "vault.never-older"
    cause = "A vault is never taken back to an older form."
    remedy = "Restore a backup that the older MedShare made."


class NotAVault(InputError):
    """Raised when a database is not a vault, or is damaged."""

    code = "vault.not-a-vault"
    cause = "The database at {place} is not a vault."
    remedy = "Give the place of a vault, or of a new file."


class VaultMissing(NotFoundError):
    """Raised when there is no vault and none is to be made."""

    code = "vault.missing"
    cause = "There is no vault at {place}."
    remedy = "Create one, or give the right place."


class RowMissing(NotFoundError):
    """Raised when a row that must be there is not."""

    code = "vault.row-missing"
    cause = "The vault has no such {kind}."
    remedy = "Check the key; it may have been erased."


class RowConflict(IntegrityError):
    """Raised when another row stands under the same key."""

    code = "vault.row-conflict"
    cause = "The vault has another {kind} under this key already."
    remedy = "Read the one that is there."


class RowOutdated(IntegrityError):
    """Raised when a row is not newer than the one that is kept."""

    code = "vault.row-outdated"
    cause = "This {kind} has number {given}; the vault has {kept} already."
    remedy = "Read the newer one first and give a greater number."


class ReceiptGap(IntegrityError):
    """Raised when a receipt does not continue the chain of receipts."""

    code = "vault.receipt-gap"
    cause = "The receipt {given} does not continue the receipts of this patient."
    remedy = "Number receipts without a gap and name the digest of the one before."


class GroupAbandoned(UnreachableError):
    """Raised when the thread that wrote for several was stopped: nothing was kept, or nobody knows."""

    code = "vault.group-abandoned"
    cause = "Writing to the vault was broken off."
    remedy = "Ask again: what was kept is not kept twice."


class RowForm(InputError):
    """Raised when a field of a row cannot be kept."""

    code = "vault.row-form"
    cause = "The field {field} of a {kind} has not its form."
    remedy = "Give what the row's description says."
