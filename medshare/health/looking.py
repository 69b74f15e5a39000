"""Asking chain and vault for what the figures are made of. Whatever does not answer is told by its error."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from medshare import canonical_json
from medshare.errors import MedShareError
from medshare.gateway import Gateway
from medshare.health.figures import NOTHING_FINAL, ChainSeen, Health, VaultSeen, health_of
from medshare.health.reads import Reads
from medshare.ledger import Block
from medshare.ledger.finality import final_of
from medshare.outbox.book import FLYING
from medshare.outbox.documents import DOCUMENT, DRAFT
from medshare.vault import (
    ChainTransactionRow,
    DestructionRow,
    ErasedRow,
    ErasureRow,
    HolderRow,
    OutboxRow,
    ReceiptRow,
    Rows,
    Stage,
)
from medshare.vault.audit_rows import FreshRow, PeriodRow

T = TypeVar("T")


class Looking:
    """Looks at one gateway. Between two looks it remembers only which receipts were compared.

    Args:
        gateway: Whose chain, vault and anchors.
        reads: What compares releases with consents.
    """

    def __init__(self, gateway: Gateway, reads: Reads) -> None:
        self._gateway = gateway
        self._office = gateway.office
        self._reads = reads

    def health(self) -> Health:
        """Return the figures of now."""
        return health_of(
            now=self._office.clock.now(),
            chain=_told(self._chain),
            vault=_told(self._vault),
            reads=_told(self._reads.look),
        )

    def _chain(self) -> ChainSeen:
        with self._office.ledger.decision():  # one node says all of it
            return self._chain_at(self._office.ledger.head())

    def _chain_at(self, head: Block) -> ChainSeen:
        office, ledger, account = self._office, self._office.ledger, self._office.address
        final, waiting = final_of(ledger), _flying(office.vault)
        anchored = self._gateway.anchoring.anchored()
        closed = office.vault.find(PeriodRow, after=anchored.seq if anchored else 0, gateway=account)
        unsent = [period for period in closed if period.digests]
        fresh = office.vault.beyond(ReceiptRow, FreshRow, gateway=account)
        return ChainSeen(
            head=head.number,
            head_time=head.time,
            final=NOTHING_FINAL if final is None else final.number,
            relay_balance=ledger.balance_of(account),
            fee=ledger.fees()[0],
            oldest_waiting=ledger.block(min(waiting)).time if waiting else None,
            unanchored=len(fresh) + sum(len(period.digests) for period in unsent),
            unanchored_since=min([row.at for row in unsent] + [row.at for row in fresh], default=None),
        )

    def _vault(self) -> VaultSeen:
        with self._office.vault.reading() as rows:
            return VaultSeen(
                documents=_documents(rows), transactions=len(_flying(rows)), erasures=self._unanswered(rows)
            )

    def _unanswered(self, rows: Rows) -> list[int]:
        """Return the second of each erasure that somebody has not answered, once for each of them."""
        answered = set(rows.pick(ErasedRow, ("leaf", "holder")))
        since = dict(rows.pick(ErasedRow, ("leaf", "at"), holder=self._office.institution))
        holders = set(rows.pick(HolderRow, ("leaf", "holder"))) - answered
        others = [since[leaf] for leaf, _ in holders]
        here = [rows.require(ErasureRow, target=target).at for (target,) in rows.pick(DestructionRow, ("target",))]
        return others + here


def _told(ask: Callable[[], T]) -> T | MedShareError:
    """Return what a source says, or the error that it gives instead: the figures that rest on it are unknown."""
    try:
        return ask()
    except MedShareError as error:
        return error


def _flying(rows: Rows) -> list[int]:
    """Return the numbers of the heads at which the transactions were signed that are not mined."""
    return [at for state in FLYING for (at,) in rows.pick(ChainTransactionRow, ("at",), state=state)]


def _documents(rows: Rows) -> list[int]:
    """Return the second in which each document was taken in that is in no anchor yet."""
    wanted = [(DRAFT, Stage.DRAFT), (DOCUMENT, Stage.SEALED), (DOCUMENT, Stage.STORED)]
    return [
        int(canonical_json.loads(work)["at"])
        for act, state in wanted
        for (work,) in rows.pick(OutboxRow, ("work",), act=act, state=state)
    ]
