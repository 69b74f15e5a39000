"""I2 and I3 for a reader who sees every store at once: what no gateway can know, and a test can."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from medshare.gateway.holdings import is_closing
from medshare.gateway.office import Office
from medshare.hexadecimal import Bytes32
from medshare.replication.own_copy import DAMAGED
from medshare.replication.possession import measure
from medshare.store import Store
from medshare.vault import CapsuleRow, DeficitRow, OutboxRow, ProofRow

DAY: Final = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Unkept:
    """A confirmed document with fewer whole copies than the rule says, and no alarm anywhere."""

    leaf: Bytes32
    found: int
    needed: int


def unkept(offices: Iterable[Office]) -> tuple[Unkept, ...]:
    """Return what breaks "every confirmed record has enough verified copies, or an open alarm" (I2).

    It reads every body of every office. Between a loss and the next look of an auditor there is no alarm yet;
    whoever asks lets the auditors look first.
    """
    every = tuple(offices)
    found = []
    for office in every:
        for row in office.vault.find(ProofRow, provider=office.institution):
            state = office.ledger.anchor_of(row.provider, row.root, block=office.ledger.final())
            if not state.confirmations or is_closing(office, row) or _is_erased(office, row):
                continue
            copies = sum(_is_whole(other.store, row) for other in every)
            needed = office.ledger.deployment.copies
            alarm = any(other.vault.get(DeficitRow, leaf=row.leaf) is not None for other in every)
            if copies < needed and not alarm:
                found.append(Unkept(leaf=row.leaf, found=copies, needed=needed))
    return tuple(found)


def stray_pins(office: Office, *, since: dict[str, int], grace: int = DAY) -> tuple[str, ...]:
    """Return the pins that break "no pin without a live record is older than a day" (I3).

    `since` is the caller's memory of when each stray pin was first seen; it is brought up to date.
    """
    now = office.clock.now()
    with office.vault.reading() as rows:
        named = {cid for kind in (CapsuleRow, ProofRow) for (cid,) in rows.pick(kind, ("cid",))}
        works = [bytes(work) for (work,) in rows.pick(OutboxRow, ("work",))]
    stray = {cid for cid in office.store.list() if cid not in named and not any(cid.encode() in one for one in works)}
    for cid in since.keys() - stray:
        del since[cid]
    for cid in stray:
        since.setdefault(cid, now)
    return tuple(sorted(cid for cid in stray if now - since[cid] > grace))


def _is_erased(office: Office, row: ProofRow) -> bool:
    return office.ledger.is_erased(row.leaf) or office.ledger.is_erased_all(row.patient)


def _is_whole(store: Store, row: ProofRow) -> bool:
    try:
        if not store.has(row.cid):
            return False
        with store.get(row.cid) as body:
            return measure(body).digest == row.body_digest
    except DAMAGED:
        return False
