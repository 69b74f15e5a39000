"""The rule of the reconciler: three snapshots in, what they disagree on out. It asks nobody and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from medshare.hexadecimal import Bytes32, to_hex
from medshare.outbox.findings import Finding, Outcome, Trouble
from medshare.outbox.periods import period_id
from medshare.outbox.snapshots import ChainSnapshot, StoreSnapshot, VaultSnapshot
from medshare.vault import Stage

DAY: Final = 86_400
STOPPED_SECONDS: Final = 900
"""What was begun longer ago is named; its process may be alive until then."""

WAITING_BLOCKS: Final = 50
"""A transaction that waits longer is named."""


def differences(
    chain: ChainSnapshot, vault: VaultSnapshot, store: StoreSnapshot, *, now: int, grace: int | None = DAY
) -> tuple[Finding, ...]:
    """Return everything that chain, vault and store tell differently, each once.

    Args:
        chain: What the chain says.
        vault: What the vault says.
        store: What the store holds.
        now: The time, in seconds.
        grace: Seconds after which a body that no row names may be destroyed; None where others use the store too.
    """
    erased = _erased(chain, vault)
    return (
        *(_finding(Trouble.ERASED_HERE, to_hex(leaf), Outcome.REPAIRABLE) for leaf in sorted(erased)),  # [U-017]
        *_documents(vault, store, erased),
        *_orphans(vault, store, now, grace),
        *_anchors(chain, vault),
        *_acts(chain, vault, now),
    )


def _erased(chain: ChainSnapshot, vault: VaultSnapshot) -> frozenset[Bytes32]:
    held = (*vault.capsules.items(), *vault.proofs.items())
    return frozenset(leaf for leaf, one in held if leaf in chain.erased or one.patient in chain.erased_all)


def _documents(vault: VaultSnapshot, store: StoreSnapshot, erased: frozenset[Bytes32]) -> Iterator[Finding]:
    lost: set[str] = set()
    for leaf, one in sorted(vault.capsules.items()):
        if leaf in erased or one.provider != vault.institution:
            continue
        if leaf not in vault.proofs and leaf not in vault.documents:
            yield _finding(Trouble.NOT_PLACED, to_hex(leaf), Outcome.REPORTED)
        elif one.cid not in store.bodies:
            lost.add(one.cid)
    for leaf, one in sorted(vault.proofs.items()):
        if leaf in erased or leaf in vault.capsules:
            continue
        if one.provider == vault.institution:
            yield _finding(Trouble.CAPSULE_LOST, to_hex(leaf), Outcome.REPORTED)
        elif one.cid not in store.bodies:
            lost.add(one.cid)  # a validator keeps what it confirmed
    for cid in sorted(lost):
        yield _finding(Trouble.BODY_LOST, cid, Outcome.REPAIRABLE)  # [U-018]


def _orphans(vault: VaultSnapshot, store: StoreSnapshot, now: int, grace: int | None) -> Iterator[Finding]:
    for cid in sorted(store.bodies - vault.named):
        if grace is None:
            yield _finding(Trouble.ORPHAN, cid, Outcome.REPORTED)
        else:
            over = now - vault.orphans.get(cid, now) >= grace
            yield _finding(Trouble.ORPHAN, cid, Outcome.REPAIRABLE if over else Outcome.WAITING)  # [U-019]


def _anchors(chain: ChainSnapshot, vault: VaultSnapshot) -> Iterator[Finding]:
    placed = vault.placed
    for root, confirmations in sorted(chain.anchors.items()):
        if period_id(root) not in vault.closed:
            yield _finding(Trouble.UNKNOWN_ANCHOR, to_hex(root), Outcome.REPORTED)
        elif confirmations < chain.quorum:
            if root in placed:  # else it was anchored again without what was rejected, or all of it was erased
                yield _finding(Trouble.NOT_CONFIRMED, to_hex(root), Outcome.WAITING)
        elif root not in vault.verdicts:
            yield _finding(Trouble.VERDICTS_LOST, to_hex(root), Outcome.REPORTED)
    for root in sorted(placed - chain.anchors.keys()):
        yield _finding(Trouble.ANCHOR_LOST, to_hex(root), Outcome.REPORTED)


def _acts(chain: ChainSnapshot, vault: VaultSnapshot, now: int) -> Iterator[Finding]:
    late = now - STOPPED_SECONDS
    for row, at in sorted(vault.drafts.items()):
        if at <= late:
            yield _finding(Trouble.UPLOAD_STOPPED, to_hex(row), Outcome.REPORTED)
    for leaf, one in sorted(vault.documents.items()):
        if one.state is Stage.STORED and one.at <= late:
            yield _finding(Trouble.NOT_ANCHORED, to_hex(leaf), Outcome.REPORTED)
    for row, signed in sorted(vault.periods.items()):
        if signed is None or chain.head - signed > WAITING_BLOCKS:
            yield _finding(Trouble.PERIOD_STOPPED, to_hex(row), Outcome.REPORTED)
    for account, nonce, signed in sorted(vault.waiting):
        if chain.head - signed > WAITING_BLOCKS:
            yield _finding(Trouble.TRANSACTION_WAITS, f"{account} {nonce}", Outcome.REPORTED)


def _finding(trouble: Trouble, subject: str, outcome: Outcome) -> Finding:
    return Finding(trouble=trouble, subject=subject, outcome=outcome)
