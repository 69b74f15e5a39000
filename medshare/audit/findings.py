"""What is wrong with a log: typed findings with their evidence, for the patient and for a regulator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from medshare.audit import errors
from medshare.audit.forms import signed_json
from medshare.errors import IntegrityError
from medshare.hexadecimal import Address
from medshare.signed import Signed
from medshare.typed_data import Message


class Fault(StrEnum):
    """What can be wrong. The first nine are breaches of integrity; the others ask for an answer."""

    FORGED = "forged"
    MISPLACED = "misplaced"
    DROPPED = "dropped"
    REORDERED = "reordered"
    REPEATED = "repeated"
    ALTERED = "altered"
    TAG_CHANGED = "tag-changed"
    TAG_FORGED = "tag-forged"
    WITHHELD = "withheld"
    UNANSWERED = "unanswered"
    UNANCHORED = "unanchored"
    LATE = "late"
    UNPROVEN = "unproven"
    """No key made the signature of a question: the chain alone can say whether the asker's contract accepted it."""

    VANISHED = "vanished"
    """The grant under which something was released is not on the chain any more."""

    @property
    def grave(self) -> bool:
        """Whether it breaks the log, rather than that something is still to come or to be asked."""
        return self not in _WAITING


_WAITING: Final = frozenset((Fault.UNANSWERED, Fault.UNANCHORED, Fault.LATE, Fault.UNPROVEN, Fault.VANISHED))

_ERRORS: Final[Mapping[Fault, type[IntegrityError]]] = {
    Fault.FORGED: errors.ReceiptForged,
    Fault.MISPLACED: errors.ReceiptForeign,
    Fault.DROPPED: errors.ReceiptMissing,
    Fault.REORDERED: errors.ReceiptReordered,
    Fault.REPEATED: errors.ReceiptRepeated,
    Fault.ALTERED: errors.ReceiptAltered,
    Fault.TAG_CHANGED: errors.TagChanged,
    Fault.TAG_FORGED: errors.TagForeign,
    Fault.WITHHELD: errors.ProofWithheld,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong with a patient's log at one gateway.

    `number` is that of the receipt, 0 where it is about no receipt. `why` says it in words.
    `evidence` are the signed messages that show it; for what the gateway itself signed twice
    differently, they are proof to anyone.
    """

    fault: Fault
    gateway: Address
    patient: Address
    number: int = 0
    why: str = ""
    evidence: tuple[Signed[Message], ...] = ()

    def error(self) -> IntegrityError:
        """Return the error that a check which must not go on raises.

        Raises:
            KeyError: Something is still to come; that is no error.
        """
        return _ERRORS[self.fault](number=self.number, gateway=self.gateway, why=self.why)

    def to_json(self) -> dict[str, Any]:
        """Return the finding for a regulator, as canonical JSON takes it."""
        return {
            "fault": self.fault.value,
            "gateway": self.gateway,
            "patient": self.patient,
            "number": self.number,
            "why": self.why,
            "evidence": [signed_json(one) for one in self.evidence],
        }
