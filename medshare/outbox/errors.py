"""What goes wrong between an act and the chain, apart from what ledger, vault and store say."""

from __future__ import annotations

from medshare.errors import IntegrityError, NotFoundError, UnreachableError


class TransactionGivenUp(NotFoundError):
    """Raised when a transaction was given up: an empty one took its nonce, so that it is never mined."""

    code = "outbox.given-up"
    cause = "The transaction {nonce} of {account} was given up and had no effect."
    remedy = "Do what it was for again, if it is still wanted."


class UploadUnfinished(UnreachableError):
    """Raised when an upload failed and could not be withdrawn either: what was taken in is still there."""

    code = "outbox.upload-unfinished"
    cause = "An upload of {documents} documents is not finished, and cannot be withdrawn now."
    remedy = "Make room, or bring the vault back; it is then completed by itself. Do not upload the same again."


class UploadElsewhere(IntegrityError):
    """Raised when another process has completed an upload that this one was at."""

    code = "outbox.upload-elsewhere"
    cause = "Another process has completed this upload."
    remedy = "Look at what was written; nothing is missing and nothing is there twice."


class PeriodTaken(IntegrityError):
    """Raised when another process has anchored, or an erasure has taken, some of the documents of a period."""

    code = "outbox.period-taken"
    cause = "Some of these documents are in another period by now, or erased."
    remedy = "Close the period again: it takes what is left."


class PeriodAnchored(IntegrityError):
    """Raised when a period is to be abandoned that is on the chain."""

    code = "outbox.period-anchored"
    cause = "The period {root} is on the chain; it cannot be abandoned any more."
    remedy = "Retract its documents, or let their patients erase them."
