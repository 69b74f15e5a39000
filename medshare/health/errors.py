"""What a figure can say that somebody must do, one class per cause."""

from __future__ import annotations

from medshare.errors import IntegrityError, NotFoundError, UnreachableError


class HeadStale(UnreachableError):
    """Raised when the newest block is old."""

    code = "doctor.head-stale"
    cause = "The newest block of the node is {age} seconds old; {most} are allowed."
    remedy = "Check that the node follows the chain, and that this machine's clock is right."


class NotFinalising(UnreachableError):
    """Told when the chain goes on and its blocks do not become final."""

    code = "status.not-finalising"
    cause = "{blocks} blocks are not final; {most} are usual at most."
    remedy = "See that enough validators of the chain run: without final blocks only care is released."


class OutboxStuck(UnreachableError):
    """Told when something that was begun has not reached the chain for long."""

    code = "status.outbox-stuck"
    cause = "{count} things wait to reach the chain, the oldest for {age} seconds."
    remedy = "Run medshare record resume, and see that medshare serve runs and its account can pay."


class ReceiptsNotAnchored(UnreachableError):
    """Told when receipts wait for their anchor longer than the deployment allows."""

    code = "status.receipts-not-anchored"
    cause = "{count} receipts are in no anchor, the oldest for {age} seconds; {most} are allowed."
    remedy = "See that medshare serve runs and its account can pay; nothing is lost while the vault is there."


class ReadsWithoutConsent(IntegrityError):
    """Told when something was released that the chain did not allow."""

    code = "status.reads-without-consent"
    cause = "{count} documents or lists were released without a consent."
    remedy = "Stop the gateway, keep its vault, and tell the regulator: medshare audit anomalies names each of them."


class RelayPoor(NotFoundError):
    """Told when the gateway's account could not pay for shutting one patient's doors for a day."""

    code = "status.relay-poor"
    cause = "The gateway's account holds {balance} ether; {needed} are needed for a day."
    remedy = "Send it ether now: when it is empty, no revocation and no erasure goes out from here."


class ErasuresUnanswered(UnreachableError):
    """Told when holders of erased documents have not said for long that their copies are gone."""

    code = "status.erasures-unanswered"
    cause = "{count} answers to erasures are missing, the oldest for {days} days."
    remedy = "Ask the holders that medshare audit anomalies names to run medshare sync; see that medshare serve runs."
