"""How copies stand, for people and for what watches. Nothing here changes anything."""

from __future__ import annotations

from dataclasses import dataclass

from medshare.gateway.office import Office
from medshare.hexadecimal import ZERO_32
from medshare.vault import DeficitRow, PinTurnRow, ReplicaRow, ReplicaState


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The numbers of one gateway.

    `kept` bodies are audited, `below` of them stand below the rule since `since` (0: none), `lost` of these have no
    proven copy at all; `unanswered` words of holders that an erased copy is destroyed are missing.
    """

    kept: int
    needed: int
    below: int
    lost: int
    since: int
    unanswered: int


def standing(office: Office) -> Standing:
    """Return the numbers of a gateway; two of them are counted, and only alarms are read."""
    with office.vault.reading() as rows:
        alarms = rows.find(DeficitRow)
        return Standing(
            kept=rows.count(PinTurnRow) - rows.count(PinTurnRow, ticket=ZERO_32),  # those that were hastened have two
            needed=office.ledger.deployment.copies,
            below=len(alarms),
            lost=sum(alarm.found == 0 for alarm in alarms),
            since=min((alarm.at for alarm in alarms), default=0),
            unanswered=rows.count(ReplicaRow, state=ReplicaState.ERASING),
        )
