"""Why somebody is not signed in: for the log and the metrics, never for the caller."""

from __future__ import annotations

from enum import Enum


class Denial(Enum):
    """The inner reason of a `NotSignedIn`."""

    SIZE = "size"
    MALFORMED = "malformed"
    SCHEME = "scheme"
    DOMAIN = "domain"
    URI = "uri"
    CHAIN = "chain"
    STATEMENT = "statement"
    PERIOD = "period"
    EXPIRED = "expired"
    NOT_YET = "not-yet"
    NONCE_FOREIGN = "nonce-foreign"
    NONCE_EXPIRED = "nonce-expired"
    NONCE_USED = "nonce-used"
    SIGNATURE = "signature"
    SHUT_OUT = "shut-out"
    NO_TOKEN = "no-token"  # noqa: S105  # a reason, no secret
    TOKEN_UNKNOWN = "token-unknown"  # noqa: S105
    SESSION_OVER = "session-over"
    STANDING_CHANGED = "standing-changed"
    WALLET_CHANGED = "wallet-changed"
