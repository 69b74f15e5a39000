"""What the reconciler found, in words: what is wrong, what became of it, and what a person must do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from medshare.cli.frame.page import Page
from medshare.cli.frame.session import Session
from medshare.errors import NotFoundError
from medshare.locale import say, translate
from medshare.outbox.findings import Finding, Outcome, Trouble

if TYPE_CHECKING:
    from medshare.gateway.door import Door
    from medshare.outbox.reconciler import Replica

TROUBLE_TEXTS: Final = {
    Trouble.ERASED_HERE: "The chain erased it, and something of it was still here",
    Trouble.BODY_LOST: "Its body is not in the store any more",
    Trouble.CAPSULE_LOST: "Its capsule is not in the vault any more",
    Trouble.NOT_PLACED: "No document and no proof stands behind its capsule",
    Trouble.ORPHAN: "No row of the vault names this body",
    Trouble.UNKNOWN_ANCHOR: "The vault does not know this anchor",
    Trouble.ANCHOR_LOST: "The chain does not know this anchor",
    Trouble.NOT_CONFIRMED: "Too few validators have confirmed this period so far",
    Trouble.VERDICTS_LOST: "The validators' words on this period are not here",
    Trouble.UPLOAD_STOPPED: "An upload was stopped before its documents were deposited",
    Trouble.NOT_ANCHORED: "A document is deposited and not anchored",
    Trouble.PERIOD_STOPPED: "A period was signed and is not finished",
    Trouble.TRANSACTION_WAITS: "A transaction is not mined",
}
REMEDY_TEXTS: Final = {
    Trouble.BODY_LOST: "Run medshare relay reconcile --from with a validator's gateway, or retract the document.",
    Trouble.CAPSULE_LOST: "Ask the patient to replace the capsule from her own copy, or restore the vault.",
    Trouble.NOT_PLACED: "Restore the vault from a newer backup: what the institution wrote down is missing.",
    Trouble.ORPHAN: "Others use this store too: see whose the body is, and unpin it there.",
    Trouble.UNKNOWN_ANCHOR: "Restore the vault from a newer backup, or find out who else has this account's key.",
    Trouble.ANCHOR_LOST: "See that the home follows the chain that it was made for: medshare doctor",
    Trouble.VERDICTS_LOST: "Restore the vault from a newer backup: else no erasure can tell these validators.",
    Trouble.UPLOAD_STOPPED: "Run medshare record resume.",
    Trouble.NOT_ANCHORED: "Run medshare record resume.",
    Trouble.PERIOD_STOPPED: "Run medshare record resume.",
    Trouble.TRANSACTION_WAITS: "See that medshare serve runs and that its account can pay: medshare relay status",
}
"""What a person must do about what is only reported."""

OUTCOME_TEXTS: Final = {
    Outcome.REPAIRABLE: "can be repaired",
    Outcome.REPAIRED: "repaired",
    Outcome.WAITING: "waits",
    Outcome.REPORTED: "needs you",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingLine:
    """One thing that is wrong: what, of which leaf, root, CID or transaction, what became of it, and what to do."""

    trouble: str
    subject: str
    outcome: Literal["repairable", "repaired", "waiting", "reported"]
    cause: str
    remedy: str

    @classmethod
    def of(cls, finding: Finding, language: str) -> FindingLine:
        """Return the line of a finding."""
        remedy = REMEDY_TEXTS.get(finding.trouble, "") if finding.outcome is Outcome.REPORTED else ""
        return cls(
            trouble=finding.trouble.value,
            subject=finding.subject,
            outcome=finding.outcome.value,
            cause=translate(TROUBLE_TEXTS[finding.trouble], language),
            remedy=translate(remedy, language) if remedy else "",
        )

    def show(self, page: Page) -> None:
        """Write it, and what to do."""
        page.write(self.text(page.language))
        if self.remedy:
            page.write(f"    {self.remedy}")

    def text(self, language: str) -> str:
        """Return one line."""
        outcome = translate(OUTCOME_TEXTS[Outcome(self.outcome)], language)
        return say("{cause}: {subject} ({outcome})", language, cause=self.cause, subject=self.subject, outcome=outcome)


def grace_of(session: Session) -> int | None:
    """Return how long a body may lie in the store without a row; None in a Kubo node, where others pin bodies too."""
    from medshare.outbox.differences import DAY

    return None if session.config.store.kubo else DAY


def body_from(door: Door) -> Replica:
    """Return what fetches a body at another gateway; one that it does not have is had nowhere."""

    def fetch(cid: str) -> bytes | None:
        try:
            return door.body(cid)
        except NotFoundError:
            return None

    return fetch
