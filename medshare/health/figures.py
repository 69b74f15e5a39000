"""The figures themselves, and the rule that makes them from what chain and vault said. Nothing is asked here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from medshare.errors import MedShareError

NOTHING_FINAL: Final = -1
"""The number of the last final block before there is one: every block stands above it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainSeen:
    """What the node said.

    `head` and `final` are numbers of blocks (`NOTHING_FINAL` while none is), `head_time` a second. `relay_balance` is
    what the gateway's account holds, `fee` the most that a unit of gas costs now, both in wei. `oldest_waiting` is the
    second of the oldest transaction that is not mined, `unanchored_since` that of the oldest receipt whose period the
    chain does not have; None where there is none. `unanchored` counts these receipts.
    """

    head: int
    head_time: int
    final: int
    relay_balance: int
    fee: int
    oldest_waiting: int | None
    unanchored: int
    unanchored_since: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultSeen:
    """What the vault said: seconds in which something was begun that is not finished.

    `documents` are taken in and not anchored, `transactions` counts what is not mined. `erasures` has one second for
    each holder of an erased document who has not said that its copies are gone, the institution itself counted
    while something is still to be destroyed here.
    """

    documents: Sequence[int]
    transactions: int
    erasures: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadsSeen:
    """What came of comparing releases with what the chain allowed at their blocks; see `reads`.

    `without_consent` must be 0. `break_glass` are releases for the purpose BTG that the chain allowed.
    `unjudged` are receipts that wait for their period or for a final block.
    """

    judged: int = 0
    without_consent: int = 0
    break_glass: int = 0
    unjudged: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One institution's gateway in figures. A figure whose source did not answer is None, and `faults` says why.

    Args:
        head_age: Seconds since the newest block.
        unfinalised: Blocks above the last final one.
        outbox_waiting: Transactions that are not mined, and documents that are not anchored.
        outbox_age: Seconds since the oldest of them was begun; 0 if there is none.
        receipts_unanchored: Receipts whose period the chain does not have.
        receipts_unanchored_age: Seconds since the oldest of them was written, or since a period was closed over it.
        reads_without_consent: Releases that the chain did not allow.
        reads_break_glass: Releases in an emergency, apart.
        reads_unjudged: Receipts that are not compared yet.
        relay_balance: Wei that the gateway's account holds.
        relay_fee: Wei that a unit of gas costs at most now.
        erasures_unanswered: Holders who have not said that they destroyed an erased document, each counted for each.
        erasures_unanswered_age: Seconds since the oldest of these erasures.
        faults: What could not be asked.
    """

    head_age: int | None = None
    unfinalised: int | None = None
    outbox_waiting: int | None = None
    outbox_age: int | None = None
    receipts_unanchored: int | None = None
    receipts_unanchored_age: int | None = None
    reads_without_consent: int | None = None
    reads_break_glass: int | None = None
    reads_unjudged: int | None = None
    relay_balance: int | None = None
    relay_fee: int | None = None
    erasures_unanswered: int | None = None
    erasures_unanswered_age: int | None = None
    faults: tuple[MedShareError, ...] = ()


def health_of(
    *,
    now: int,
    chain: ChainSeen | MedShareError,
    vault: VaultSeen | MedShareError,
    reads: ReadsSeen | MedShareError,
) -> Health:
    """Return the figures at second `now` from what each source said, or from the error that it gave instead."""
    found: dict[str, int] = {}
    if isinstance(chain, ChainSeen):  # [OP-004]
        found |= {
            "head_age": _age(now, chain.head_time),
            "unfinalised": max(chain.head - chain.final, 0),
            "receipts_unanchored": chain.unanchored,
            "receipts_unanchored_age": _age(now, chain.unanchored_since),
            "relay_balance": chain.relay_balance,
            "relay_fee": chain.fee,
        }
    if isinstance(vault, VaultSeen):
        found |= {
            "erasures_unanswered": len(vault.erasures),
            "erasures_unanswered_age": _age(now, min(vault.erasures, default=None)),
        }
    if isinstance(chain, ChainSeen) and isinstance(vault, VaultSeen):
        begun = [*vault.documents, *([] if chain.oldest_waiting is None else [chain.oldest_waiting])]
        found |= {
            "outbox_waiting": vault.transactions + len(vault.documents),
            "outbox_age": _age(now, min(begun, default=None)),
        }
    if isinstance(reads, ReadsSeen):
        found |= {
            "reads_without_consent": reads.without_consent,
            "reads_break_glass": reads.break_glass,
            "reads_unjudged": reads.unjudged,
        }
    # One cause is told once, though several figures lack it.
    faults = {one.code: one for one in (chain, vault, reads) if isinstance(one, MedShareError)}
    return Health(**found, faults=tuple(faults.values()))


def _age(now: int, since: int | None) -> int:
    return 0 if since is None else max(now - since, 0)
