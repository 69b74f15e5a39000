"""What AuditLog refuses, one class per custom error."""

from __future__ import annotations

from medshare.errors import IntegrityError, RefusedError
from medshare.ledger.errors import Reverted


class NotGateway(Reverted, RefusedError):
    """Raised when the caller is not an active staff account with the gateway bit of an active participant."""

    code = "audit.not-gateway"
    cause = "The account {caller} is no active gateway of an active participant."
    remedy = "Use the gateway account of the institution."


class NotContinued(Reverted, IntegrityError):
    """Raised when the anchor does not continue the gateway's stored head."""

    code = "audit.not-continued"
    cause = "The anchor continues {previous}, the chain of anchors stands at {head}."
    remedy = "Read the head and continue it; if nobody else uses this account, look into it."
