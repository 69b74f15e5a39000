"""What goes wrong between an act and the chain, apart from what ledger, vault and store say."""

from __future__ import annotations

from medshare.errors import NotFoundError


class TransactionGivenUp(NotFoundError):
    """Raised when a transaction was given up: an empty one took its nonce, so that it is never mined."""

    code = "outbox.given-up"
    cause = "The transaction {nonce} of {account} was given up and had no effect."
    remedy = "Do what it was for again, if it is still wanted."
