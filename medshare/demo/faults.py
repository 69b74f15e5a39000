"""Twelve faults that can be planted, to show that the demo's assertions can fail.

`DEMO_FAULT=name` plants one. Each makes exactly the assertion fail that it is about, since every
other door still holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from medshare.consent.rules import Reason
from medshare.errors import InputError
from medshare.ledger import RecordStatus
from medshare.release.rule import Facts, Ground, decide

FAULTS: Final[dict[str, str]] = {
    "gateway-ignores-scope": "outside-scope-refused",
    "gateway-ignores-purpose": "wrong-purpose-refused",
    "gateway-ignores-stranger": "stranger-refused",
    "gateway-ignores-beginning": "before-time-refused",
    "gateway-ignores-end": "after-time-refused",
    "gateway-ignores-revocation": "revoked-refused",
    "gateway-shows-superseded": "superseded-refused-without-history",
    "validator-keeps-nothing": "validators-keep-every-body",
    "receipt-dropped": "every-look-is-in-the-log",
    "keys-not-rotated": "new-keys-after-the-end-of-a-consent",
    "holder-silent": "every-holder-says-erased",
    "name-on-chain": "nothing-about-a-person-on-the-chain",
}
"""Fault and the assertion that it makes fail."""


class NoSuchFault(InputError):
    """Raised when `DEMO_FAULT` names no fault."""

    code = "demo.no-such-fault"
    cause = "There is no fault called {name}."
    remedy = "Choose one of: {known}."


def check_fault(name: str) -> str:
    """Return `name` if it is empty or a fault.

    Raises:
        NoSuchFault: It is not.
    """
    if name and name not in FAULTS:
        raise NoSuchFault(name=name, known=", ".join(FAULTS))
    return name


_OVERLOOKED: Final[dict[str, Reason]] = {
    "gateway-ignores-scope": Reason.SLOT,
    "gateway-ignores-purpose": Reason.PURPOSE,
    "gateway-ignores-stranger": Reason.NOT_ACCESSOR,
    "gateway-ignores-beginning": Reason.EARLY,
    "gateway-ignores-end": Reason.ENDED,
    "gateway-ignores-revocation": Reason.REVOKED,
}


def rule_with(fault: str) -> Callable[[Facts], Ground]:
    """Return the release rule of a gateway that overlooks one clause; the rule itself for other faults."""

    def overlook(facts: Facts) -> Ground:
        consented, kept = facts.consented, facts.kept
        if consented is not None and consented.reason_at_head is _OVERLOOKED.get(fault):
            consented = replace(consented, reason_at_head=Reason.PERMITTED, revocation_seen=False)
            # What follows from the same fact is overlooked with it.
            if fault == "gateway-ignores-end":
                consented = replace(consented, not_after=facts.now + 1)
            if fault == "gateway-ignores-scope" and kept is not None:
                kept = replace(kept, slot=facts.asked.slot)
        if fault == "gateway-shows-superseded" and kept is not None and kept.status is RecordStatus.SUPERSEDED:
            kept = replace(kept, status=RecordStatus.CONFIRMED)
        return decide(replace(facts, consented=consented, kept=kept))

    return overlook if fault in _OVERLOOKED or fault == "gateway-shows-superseded" else decide
