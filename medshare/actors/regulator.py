"""The regulator: accredits, suspends, reinstates, audits; never reads clinical content by role."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from medshare.hexadecimal import Address
from medshare.keys.account import AccountKey
from medshare.ledger import Ledger, Role, Transaction
from medshare.ledger.events import Event
from medshare.statement import AccreditationRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainAudit:
    """What the chain shows: how many events of each kind there are, up to a block."""

    block: int
    events: Mapping[str, int]


class Regulator:
    """Holds the role that accredits."""

    def __init__(self, account: AccountKey, ledger: Ledger) -> None:
        self.account = account
        self._ledger = ledger

    def accredit(
        self, account: Address, *, roles: Role, names: Mapping[str, str], jurisdiction: int = 158
    ) -> Transaction:
        """Accredit an account under its names by language. `jurisdiction` is ISO 3166 numeric (158 Taiwan)."""
        record = AccreditationRecord(account=account, names=names, roles=int(roles), jurisdiction=jurisdiction)
        return self._ledger.accredit(
            account=account,
            roles=roles,
            jurisdiction=jurisdiction,
            record=record.to_bytes(),
            sender=self.account,
        )

    def suspend(self, account: Address) -> Transaction:
        """Suspend a participant: it is refused from the next block on."""
        return self._ledger.suspend(account=account, sender=self.account)

    def reinstate(self, account: Address) -> Transaction:
        """End a suspension."""
        return self._ledger.reinstate(account=account, sender=self.account)

    def audit(self) -> ChainAudit:
        """Count what happened on the chain, by contract and event."""
        head = self._ledger.head()
        counts: Counter[str] = Counter()
        for log in self._ledger.events(0, head.number):
            counts[_name(log.event)] += 1
        return ChainAudit(block=head.number, events=dict(sorted(counts.items())))


def _name(event: Event) -> str:
    return f"{event.contract}.{event.name}"
