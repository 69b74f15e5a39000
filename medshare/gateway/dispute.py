"""A dispute with its answer, as a gateway tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from medshare.gateway.errors import NotWhatWasSigned
from medshare.hexadecimal import Address
from medshare.ledger import Ledger
from medshare.signed import Signed, check_at, domains_of
from medshare.typed_data import Dispute, Settle

ANSWER_DAYS: Final = 30
"""Days that a provider has for an answer: the month of GDPR, article 12(3)."""


class Outcome(IntEnum):
    """What a provider answers."""

    STANDS = 1
    TAKEN_BACK = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Disputed:
    """A patient's dispute of a document, as the gateway keeps it; `at` is when it came, in seconds."""

    patient: Address
    provider: Address
    at: int
    signed: Signed[Dispute]
    answer: Signed[Settle] | None

    @property
    def deadline(self) -> int:
        """When the answer is due, in seconds."""
        return self.at + ANSWER_DAYS * 86_400

    def overdue(self, now: int) -> bool:
        """Return whether the answer should have come by `now`."""
        return self.answer is None and now >= self.deadline


def check_answer(ledger: Ledger, dispute: Disputed, answer: Signed[Settle]) -> None:
    """Check that `answer` is of this dispute, and its provider's word.

    Raises:
        NotWhatWasSigned: It answers another dispute, or another than the provider signed it.
        The errors of typed data: The signature is not the signer's.
    """
    check_at(answer, ledger, signer=answer.signer)
    if answer.message.dispute != dispute.signed.digest(domains_of(ledger.deployment)):  # [W-013]
        raise NotWhatWasSigned(what="dispute")
    if answer.signer != dispute.provider:  # [W-013]
        raise NotWhatWasSigned(what="answer")
