"""The reconciler: chain, vault and store compared, what can be mended mended, and all of it said.

It runs at every start and now and then, and mends nothing twice. What the institution's own commands began,
uploads and periods, only they complete, since they have its account; here such things are found and named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from medshare import canonical_json
from medshare.digest import keccak
from medshare.gateway import Gateway
from medshare.hexadecimal import from_hex
from medshare.outbox.differences import DAY, differences
from medshare.outbox.findings import Finding, Outcome, Trouble
from medshare.outbox.snapshots import ORPHAN, VaultSnapshot, look
from medshare.store import Store, cid_of
from medshare.vault import CapsuleRow, OutboxRow, ProofRow, Stage

Replica = Callable[[str], bytes | None]
"""Gives a body by its CID from somewhere else, or None."""


def no_replica(cid: str) -> None:
    """Give nothing."""
    del cid


def reconcile(
    gateway: Gateway, *, repair: bool = True, grace: int | None = DAY, replica: Replica = no_replica
) -> tuple[Finding, ...]:
    """Compare chain, vault and store of a gateway, mend what can be mended, and return everything that was wrong.

    Args:
        gateway: Whose.
        repair: Without it nothing is changed, not even remembered.
        grace: Seconds after which a body that no row names is destroyed; None where others use the store too.
        replica: Where a lost body may be had.

    Raises:
        NodeUnreachable, VaultUnreachable, StoreUnreachable: Nothing can be compared; what was mended stays mended.
    """
    office = gateway.office
    chain, vault, store = look(office)
    found = differences(chain, vault, store, now=office.clock.now(), grace=grace)
    if not repair:
        return found
    _remember_orphans(gateway, vault, found)
    return tuple(_mend(gateway, one, replica) if one.outcome is Outcome.REPAIRABLE else one for one in found)


def _mend(gateway: Gateway, finding: Finding, replica: Replica) -> Finding:
    """Mend one thing, and say whether that went well."""
    if finding.trouble is Trouble.ERASED_HERE:
        gateway.shelf.destroy_erased(from_hex(finding.subject, 32))  # [U-017]
        mended = True
    elif finding.trouble is Trouble.ORPHAN:
        if not _destroy_orphan(gateway, finding.subject):
            return replace(finding, outcome=Outcome.WAITING)
        mended = True
    else:
        mended = _fetch(gateway.office.store, finding.subject, replica)
    return replace(finding, outcome=Outcome.REPAIRED if mended else Outcome.REPORTED)


def _fetch(store: Store, cid: str, replica: Replica) -> bool:
    """Bring a lost body back: only the very bytes that its CID names, never others in their place."""
    body = replica(cid)
    if body is None or str(cid_of(body)) != cid:  # [U-018]
        return False
    return store.put(body) == cid


def _destroy_orphan(gateway: Gateway, cid: str) -> bool:
    """Destroy a body that no row names, unless one names it by now."""
    office = gateway.office
    office.vault.destroy(OutboxRow, id=keccak(cid.encode()))
    if any(office.vault.count(kind, cid=cid) for kind in (CapsuleRow, ProofRow)):
        return False
    office.store.unpin(cid)
    office.store.delete(cid)  # [U-019]
    return True


def _remember_orphans(gateway: Gateway, vault: VaultSnapshot, found: tuple[Finding, ...]) -> None:
    """Write down when a body was first seen without a row, and forget those that have one again or are gone."""
    office = gateway.office
    waiting = {one.subject for one in found if (one.trouble, one.outcome) == (Trouble.ORPHAN, Outcome.WAITING)}
    with office.vault.transaction() as rows:
        for cid in sorted(waiting - vault.orphans.keys()):
            work = canonical_json.dumps({"at": office.clock.now(), "cid": cid})
            rows.put(OutboxRow(id=keccak(cid.encode()), act=ORPHAN, state=Stage.DRAFT, work=work))
        due = {one.subject for one in found if one.trouble is Trouble.ORPHAN}
        for cid in sorted(vault.orphans.keys() - due):
            rows.destroy(OutboxRow, id=keccak(cid.encode()))
