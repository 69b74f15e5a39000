"""Releases held against what the chain allowed: the institution's own audit, by the regulator's rule.

`medshare.audit` has the rule (`Standing`, `disclosure_of`); here it goes on from look to look, so that each receipt
is compared once. A receipt is compared when its period is closed and a final block is behind its own: until then
the branch may change.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from medshare.audit.chain import block_of_receipt
from medshare.audit.overseeing import Disclosure, disclosure_of
from medshare.audit.standing import KINDS, Standing
from medshare.audit.values import HandedReceipt
from medshare.gateway.counter import logged_of
from medshare.gateway.office import Office
from medshare.health.figures import ReadsSeen
from medshare.hexadecimal import Address
from medshare.ledger import Block, Role
from medshare.ledger.finality import final_of
from medshare.release.rule import Ground
from medshare.vault import ReceiptRow
from medshare.vault.audit_rows import FreshRow, LineStepRow, PeriodRow

DAY: Final = 86_400
DAYS: Final = 30
"""How far back receipts are compared, unless told otherwise; a regulator compares all of them."""
MOST: Final = 2_000
"""Receipts that one look takes in: a scrape must not take long. The rest is counted as not compared yet."""
BREAK_GLASS: Final = "BTG"


@dataclass(frozen=True, slots=True)
class Compared:
    """A release and what the chain says of it. `by_service`: its consent is for an accredited service contract."""

    disclosure: Disclosure
    by_service: bool

    @property
    def breaks_glass(self) -> bool:
        """Whether it is a release in an emergency that the chain allowed, or that a service answered for.

        What a service says of an accessor is in no event: of such a consent alone "not an accessor" is no breach.
        """
        one = self.disclosure
        if one.purpose != BREAK_GLASS:
            return False
        return one.allowed or (self.by_service and one.why_not is Ground.NOT_ACCESSOR)  # [OP-003]

    @property
    def breaks_consent(self) -> bool:
        """Whether the chain did not allow it."""
        return not self.disclosure.allowed and not self.breaks_glass  # [OP-002]


def tally(before: ReadsSeen, found: Iterable[Compared], *, judged: int) -> ReadsSeen:
    """Return the counts after `judged` more receipts, `found` of which released something to somebody else."""
    new = tuple(found)
    return replace(
        before,
        judged=before.judged + judged,
        without_consent=before.without_consent + sum(one.breaks_consent for one in new),
        break_glass=before.break_glass + sum(one.breaks_glass for one in new),
    )


class Reads:
    """Compares the releases of one gateway with the consents at their blocks.

    Args:
        office: Whose receipts, and the chain.
        since: Only periods that were closed at or after this second.
        most: How many receipts one look takes in, but at least one period.
    """

    def __init__(self, office: Office, *, since: int = 0, most: int = MOST) -> None:
        self._office = office
        self._most = most
        self._since = since
        self._period: int | None = None
        self._waiting: list[ReceiptRow] = []
        self._standing = Standing()
        self._next_block = 0
        self._seen = ReadsSeen()

    def look(self) -> ReadsSeen:
        """Go on with what is new, and return the counts so far.

        Raises:
            NodeUnreachable, BlockGone, VaultUnreachable: Nothing is counted twice; look again.
        """
        with self._office.ledger.decision():  # the blocks, and which of them are final, as one node says it
            return self._look(final_of(self._office.ledger))

    def _look(self, final: Block | None) -> ReadsSeen:
        office = self._office
        period, fresh = self._fresh()
        # What is released from now on names a younger block than this: the standing need not go back.
        settled = office.clock.now() - 2 * office.ledger.deployment.head_max_age
        ready: list[tuple[Block, ReceiptRow]] = []
        waiting: list[ReceiptRow] = []
        for row in (*self._waiting, *fresh):
            block = self._block(row) if row.at <= settled else None
            if block is None or final is None or block.number > final.number:
                waiting.append(row)
            else:
                ready.append((block, row))
        found = [self._compare(row, block) for block, row in sorted(ready, key=lambda pair: pair[0].number)]
        self._seen = tally(self._seen, (one for one in found if one is not None), judged=len(ready))
        self._period, self._waiting = period, waiting
        return replace(self._seen, unjudged=len(waiting) + self._behind(period))

    def _fresh(self) -> tuple[int, list[ReceiptRow]]:
        """Return the receipts of the next periods, and the number of the last of these."""
        office, found = self._office, list[ReceiptRow]()
        period = self._begin() if self._period is None else self._period
        while len(found) < self._most and self._has(period + 1):
            period += 1
            for step in office.vault.find(LineStepRow, gateway=office.address, period=period):
                found += self._receipts(step)
        return period, found

    def _begin(self) -> int:
        """Return the number of the last period that was closed before `since`, 0 if there is none."""
        office = self._office
        periods = office.vault.pick(PeriodRow, ("seq", "at"), gateway=office.address)
        return max((seq for seq, at in periods if at < self._since), default=0)

    def _has(self, period: int) -> bool:
        return self._office.vault.get(PeriodRow, gateway=self._office.address, seq=period) is not None

    def _receipts(self, step: LineStepRow) -> list[ReceiptRow]:
        """Return what a line grew by in the period of a step."""
        vault, line = self._office.vault, {"gateway": step.gateway, "patient": step.patient}
        before = [seq for (seq,) in vault.pick(LineStepRow, ("seq",), **line) if seq < step.seq]
        start = max(before, default=0)
        return vault.find(ReceiptRow, after=start, limit=step.seq - start, **line)

    def _behind(self, period: int) -> int:
        """Return how many receipts are in later periods, or in none yet."""
        office = self._office
        later = office.vault.find(PeriodRow, after=period, gateway=office.address)
        return sum(len(row.digests) for row in later) + len(
            office.vault.beyond(ReceiptRow, FreshRow, gateway=office.address)
        )

    def _block(self, row: ReceiptRow) -> Block:
        return block_of_receipt(self._office.ledger, logged_of(row).receipt.message)

    def _compare(self, row: ReceiptRow, block: Block) -> Compared | None:
        logged = logged_of(row)
        standing = self._standing_at(block)
        one = disclosure_of(
            HandedReceipt(receipt=logged.receipt, asked=logged.asked),
            standing,
            block,
            head_max_age=self._office.ledger.deployment.head_max_age,
        )
        if one is None:
            return None
        return Compared(one, by_service=_is_service(standing, one.institution))

    def _standing_at(self, block: Block) -> Standing:
        """Return what stood at the end of a final block."""
        if block.number < self._next_block - 1:
            # A receipt that names an older block than one before it: seldom, and never of an honest gateway.
            return self._advance(Standing(), 0, block.number)
        standing = self._advance(self._standing, self._next_block, block.number)
        self._next_block = block.number + 1
        return standing

    def _advance(self, standing: Standing, first: int, last: int) -> Standing:
        if first <= last:
            for log in list(self._office.ledger.events(first, last, KINDS)):
                standing.take(log.event)
        return standing


def _is_service(standing: Standing, account: Address) -> bool:
    row = standing.accounts.get(account)
    return row is not None and bool(row.roles & Role.SERVICE)
